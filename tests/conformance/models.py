"""What PyTorch and its tools make of the models that Rust exported: `python models.py FOLDER PROGRAM ROUNDS`.

It reads `index.json` and the file of each model, and writes `results.json`. PROGRAM exports a model again, to measure that
(`PROGRAM --seconds NAME FOLDER`), in so many rounds. Exits with 1 unless everything passes."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback
import warnings

import torch
from torch.utils import _pytree

from check import leaves, register
from models_onnx import onnx_session
from models_exceptions import EXCEPTIONS
from models_twins import compare_twin, export_twin

TOKENS = 20

# Exports that take longer than so many seconds are measured once.
LONG = 30.0

MEMORY, FORGET = pathlib.Path("/proc/self/status"), pathlib.Path("/proc/self/clear_refs")


def main(folder, program, rounds):
    warnings.filterwarnings("ignore")
    results, failed = {}, 0
    names = json.loads((folder / "index.json").read_text())["models"]
    for i, name in enumerate(names):
        # `cargo xtask` shows them in a line, where it has a terminal.
        if "TORCH_EXPORT_STEPS" in os.environ:
            print(f"step {i + 1} of {len(names)}: compare {name}", flush=True)
        started = time.time()
        model = Model(folder, name, program, rounds)
        model.check()
        failed += bool(model.errors)
        results[name] = model.result
        for error in model.errors:
            print(f"FAIL {name}: {error}")
        if not model.errors:
            shown = ", ".join(f"{key} {value}" for key, value in model.result.items() if isinstance(value, str))
            print(f"ok   {name}: {shown} ({time.time() - started:.0f} s)")
        sys.stdout.flush()
        # After each model, so that a run that is stopped leaves what it has found.
        (folder / "results.json").write_text(json.dumps(results, indent=1))
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


class Model:
    """One exported model, and what was found out about it."""

    def __init__(self, folder, name, program, rounds):
        self.folder, self.name, self.exporter, self.rounds = folder, name, program, rounds
        self.recorded = json.loads((folder / f"{name}.json").read_text())
        self.result, self.errors, self.exported_twin = {}, [], None

    def check(self):
        if "error" in self.recorded:
            self.errors.append(f"the export failed: {self.recorded['error']}")
            return
        steps = [("loads", self.load), ("equal", self.equal), ("decomposes", self.decompose), ("onnx", self.onnx)]
        if self.recorded["generation"]:
            steps.append(("tokens", self.generate))
        if self.recorded["compiled"]:
            steps.append(("package", self.compile))
        steps += [("twin", self.twin), ("export", self.seconds)]
        for step, run in steps:
            try:
                self.result[step] = self.excepted(step) if (self.name, step) in EXCEPTIONS else run()
            except Exception as error:
                self.result[step] = "failed"
                last = traceback.extract_tb(error.__traceback__)[-1]
                text = (str(error) or repr(error)).strip().split("\n")[0]
                self.errors.append(f"{step}: {type(error).__name__}: {text} ({pathlib.Path(last.filename).name}:{last.lineno})")
                if step == "loads":
                    return

    def excepted(self, step):
        """A step that fails, and that fails in the same way on the program that Python exported, saved and loaded."""
        texts = EXCEPTIONS[self.name, step]
        ours, python = (texts, texts) if isinstance(texts, str) else texts
        run = {"decomposes": self.decompose_of, "onnx": self.onnx_of}[step]
        failed_as(ours, lambda: run(self.loaded(), list(self.runs())))
        with tempfile.TemporaryDirectory() as folder:
            torch.export.save(self.twin_program(), f"{folder}/twin.pt2")
            theirs = torch.export.load(f"{folder}/twin.pt2")
        failed_as(python, lambda: run(theirs, [(inputs, self.outputs_of(theirs, inputs)) for inputs, _ in self.runs()]))
        return "PyTorch fails"

    def outputs_of(self, program, inputs):
        args, kwargs = self.tree(inputs)
        with torch.no_grad():
            return _pytree.tree_leaves(program.module()(*args, **kwargs))

    def load(self):
        register(self.folder / f"{self.name}.py", self.name)
        self.program = self.loaded()
        self.in_spec = _pytree.treespec_loads(self.recorded["in_spec"])
        return "yes"

    def loaded(self):
        """The program, for a step that may change it: a decomposition that fixes a size fixes it in its source too."""
        return torch.export.load(self.folder / f"{self.name}.pt2")

    def tree(self, described):
        return _pytree.tree_unflatten(leaves(self.folder, described), self.in_spec)

    def runs(self):
        for run in self.recorded["runs"]:
            yield run["inputs"], leaves(self.folder, run["outputs"])

    def compare(self, found, expected):
        """The largest difference of tensors, relative to the largest element."""
        assert len(found) == len(expected), f"{len(found)} outputs instead of {len(expected)}"
        worst = 0.0
        for i, (ours, theirs) in enumerate(zip(expected, found)):
            if not isinstance(ours, torch.Tensor):
                theirs = theirs.item() if isinstance(theirs, torch.Tensor) else theirs
                assert ours == theirs, f"output {i} is {theirs} instead of {ours}"
                continue
            assert ours.shape == theirs.shape, f"output {i} is {tuple(theirs.shape)} instead of {tuple(ours.shape)}"
            assert ours.dtype == theirs.dtype, f"output {i} is {theirs.dtype} instead of {ours.dtype}"
            if self.recorded["random"] or not ours.numel():
                continue
            largest = max(1.0, ours.double().abs().max().item())
            difference = (ours.double() - theirs.double()).abs().max().item() / largest
            assert difference <= self.recorded["tolerance"], f"output {i} differs by {difference:.1e} of the largest element"
            worst = max(worst, difference)
        return worst

    def all_runs(self, module):
        return self.all_of(module, self.runs())

    def all_of(self, module, runs):
        worst = 0.0
        for inputs, expected in runs:
            args, kwargs = self.tree(inputs)
            with torch.no_grad():
                found = _pytree.tree_leaves(module(*args, **kwargs))
            worst = max(worst, self.compare(found, expected))
        return f"{worst:.0e}"

    def equal(self):
        module = self.program.module()
        found = self.all_runs(module)
        self.compare_buffers(module)
        return found

    def compare_buffers(self, module):
        """What the model's buffers are after the runs, if it updates them."""
        recorded = self.recorded.get("buffers", {})
        buffers = dict(module.named_buffers())
        expected = leaves(self.folder, list(recorded.values()))
        self.compare([buffers[name.replace("|", ".")] for name in recorded], expected)

    def decompose(self):
        return self.decompose_of(self.loaded(), list(self.runs()), buffers=True)

    def decompose_of(self, program, runs, buffers=False):
        # With guards, the message for a size that became fixed depends on the names of the inputs. What batch norm does to its
        # buffers are outputs of the decomposed program (BUFFER_MUTATION).
        module = program.run_decompositions().module(check_guards=False)
        self.all_of(module, runs)
        if buffers:
            self.compare_buffers(module)
        return "yes"

    def onnx(self):
        return self.onnx_of(self.loaded(), list(self.runs()))

    def onnx_of(self, program, runs):
        self.session = onnx_session(program, self.folder / f"{self.name}.onnx")
        inputs, expected = runs[0]
        found = self.session(leaves(self.folder, inputs))
        return f"{self.compare(found, expected):.0e}"

    def generate(self):
        """Tokens, by Python and by onnxruntime: those that Rust generated."""
        module = self.program.module()

        def by_python(values):
            args, kwargs = _pytree.tree_unflatten(values, self.in_spec)
            return _pytree.tree_leaves(module(*args, **kwargs))

        expected = self.recorded["generation"]["tokens"]
        for where, run in [("Python", by_python), ("onnxruntime", self.session)]:
            values = leaves(self.folder, self.recorded["generation"]["prompt"])
            tokens = []
            for _ in range(TOKENS):
                with torch.no_grad():
                    logits, *state = run(values)
                ids = logits[:, -1].argmax(-1)
                tokens.append(int(ids[0]))
                values = [ids[:, None], *state, *values[1 + len(state) :]]
            assert tokens == expected, f"{where} generates {tokens}, Rust {expected}"
        return f"{TOKENS}"

    def compile(self):
        path = self.folder / f"{self.name}.package.pt2"
        # The compiler wants an example, and a file of Rust has none.
        program = self.loaded()
        program.example_inputs = self.tree(self.recorded["example"])
        torch._inductor.aoti_compile_and_package(program, package_path=str(path))
        package = torch._inductor.aoti_load_package(str(path))
        return self.all_runs(package)

    def twin_program(self):
        if self.exported_twin is None:
            args, kwargs = self.tree(self.recorded["example"])
            self.exported_twin = export_twin(self.name, self.program, args, kwargs, measured(self.result, "python"))
        return self.exported_twin

    def seconds(self):
        """Measures Python's export and that of Rust in turn. The first one of Python was the one with which all steps ran."""
        self.twin_program()
        ours, python = [], [self.result["python"]["seconds"]]
        for _ in range(self.rounds):
            run = subprocess.run([self.exporter, "--seconds", self.name, self.folder], stdout=subprocess.PIPE, check=True)
            ours.append(json.loads(run.stdout))
            if python[0] + ours[0]["next"]["seconds"] > LONG:
                break
            args, kwargs = self.tree(self.recorded["example"])
            cost = {}
            export_twin(self.name, self.program, args, kwargs, measured(cost, "python"))
            python.append(cost["python"]["seconds"])
        self.result["python"]["seconds"] = min(python)
        self.result["first"], export = (min((run[k] for run in ours), key=lambda cost: cost["seconds"]) for k in ("first", "next"))
        return export

    def twin(self):
        return compare_twin(self.name, self.program, self.twin_program())


@contextlib.contextmanager
def measured(into, key):
    """Seconds, and how many megabytes more were in use at the most expensive moment than before; only Linux says that."""
    before = None
    if MEMORY.exists():
        FORGET.write_text("5")
        before = megabytes("VmRSS:")
    started = time.perf_counter()
    yield
    seconds = time.perf_counter() - started
    into[key] = {"seconds": seconds, "megabytes": None if before is None else megabytes("VmHWM:") - before}


def megabytes(name):
    line = next(line for line in MEMORY.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def failed_as(failure, run):
    """Runs what must raise this error."""
    try:
        run()
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        assert failure in text, f"it fails with {text}, and not with {failure}"
        return
    raise AssertionError(f"it does not fail with {failure} any more")


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
