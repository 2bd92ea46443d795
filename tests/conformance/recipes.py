"""Runs the Python blocks of a page of the documents: `python recipes.py PAGE`, in the folder that has `out`."""

import pathlib
import re
import sys
import warnings


def main(page):
    warnings.filterwarnings("ignore")
    blocks = re.findall(r"^```python\n(.*?)^```", pathlib.Path(page).read_text(), re.MULTILINE | re.DOTALL)
    assert blocks, f"{page} has no Python blocks"
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    print(f"ok   {page}: {len(blocks)} blocks run")


if __name__ == "__main__":
    main(sys.argv[1])
