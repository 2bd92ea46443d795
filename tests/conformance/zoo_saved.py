"""Checks in Python what `zoo --save` has written: `zoo_saved.py ZOO SAVED`.

Every saved file loads, prints as the original does, and gives the outputs that are recorded for the original.
Programs whose libraries are missing here are skipped, as `zoo.py` skips them.
"""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import zoo  # noqa: E402


def texts(original, saved):
    import torch

    return str(torch.export.load(original)), str(torch.export.load(saved))


def main(folder, saved):
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in sorted(os.listdir(folder)):
            here, there = os.path.join(folder, name), os.path.join(saved, f"{name}.pt2")
            if not os.path.exists(os.path.join(here, "model.pt2")):
                continue
            if not os.path.exists(there):
                failed += 1
                print(f"FAIL {name}: it was not saved", flush=True)
                continue
            pair, error = zoo.in_child(lambda: (zoo.prepare(name), texts(os.path.join(here, "model.pt2"), there))[1], 240)
            if error or pair[0] != pair[1]:
                failed += 1
                print(f"FAIL {name}: {error[:600] if error else 'the saved file prints another text'}", flush=True)
                continue
            shutil.copytree(here, os.path.join(scratch, name))
            shutil.copyfile(there, os.path.join(scratch, name, "model.pt2"))
        return zoo.main(["--check", scratch]) or failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
