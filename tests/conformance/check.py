"""Checks what the Rust side recorded: `python check.py FOLDER`. Exits with 1 unless every program passes."""

import importlib.util
import json
import pathlib
import re
import sys
import tempfile
import warnings

import torch
from torch.utils import _pytree

from compare import compare
from mutate import unnoticed
from twins import TWINS

TOLERANCE = 1e-6

# The classes of the program that is checked.
REGISTERED = []


def main(folder):
    warnings.filterwarnings("ignore")
    programs = json.loads((folder / "index.json").read_text())["programs"]
    untested = TWINS.keys() - {program["name"] for program in programs}
    failed = 0
    for name in sorted(untested):
        failed += 1
        print(f"FAIL {name}: Rust recorded no program for this twin")
    for program in programs:
        try:
            print(f"ok   {program['name']}: {check(folder, program)}")
        except Exception as error:
            failed += 1
            text = str(error) or repr(error)
            print(f"FAIL {program['name']}: {type(error).__name__}: {text}")
        sys.stdout.flush()
    print(f"{len(programs) + len(untested) - failed} passed, {failed} failed")
    return 1 if failed or not programs else 0


def check(folder, recorded):
    """Runs every check of one program. Returns a text that says what was checked."""
    if "error" in recorded:
        raise AssertionError(f"the export failed: {recorded['error']}")
    name = recorded["name"]
    register(folder / f"{name}.py", name)
    path = folder / f"{name}.pt2"
    runs = [(tree(folder, recorded["in_spec"], run["inputs"]), leaves(folder, run["outputs"])) for run in recorded["runs"]]

    loaded = torch.export.load(path)
    worst = run_all(loaded, runs)
    with tempfile.TemporaryDirectory() as again:
        torch.export.save(loaded, f"{again}/again.pt2")
        worst = max(worst, run_all(torch.export.load(f"{again}/again.pt2"), runs))

    args, kwargs = tree(folder, recorded["in_spec"], recorded["example"])
    if name.startswith("cache_"):
        by_hand(args)
    model, shapes = TWINS[name]()
    twin = torch.export.export(model.eval(), args, kwargs, dynamic_shapes=shapes)
    specs(recorded, loaded, twin)
    decomposed, note = decompose(loaded, twin)
    if decomposed is not None:
        worst = max(worst, run_all(decomposed, runs, other_kernels=True))
    allowed = compare(recorded["text"], str(twin))
    # The loaded program prints what Rust printed, without the ranges that are not in the file. Comments come from stack
    # traces, which both keep.
    compare(written(recorded["text"]), str(loaded))
    tried, missed = unnoticed(recorded["text"], str(twin))
    assert tried and not missed, f"the comparison does not notice a change of {', '.join(missed) or 'anything'}"
    return (
        f"{len(runs)} unseen sizes as loaded, saved again and {note} (largest difference {worst:.0e}), specs, "
        f"text ({allowed}), {tried} changes of it noticed"
    )


def written(text):
    """A printed program as a file holds it: without the ranges of compound expressions, which Rust prints and does not write,
    and without the difference between an unbounded float and an unbounded int."""
    *lines, ranges, end = text.split("\n")
    keys = re.findall(r"(?:\{|, )([^:{]+): (VR\[[^]]*\])", ranges)
    unbounded = {"VR[-oo, oo]": "VR[-int_oo, int_oo]"}
    kept = ", ".join(f"{key}: {unbounded.get(range, range)}" for key, range in keys if key.isidentifier())
    assert ranges == "Range constraints: {" + ", ".join(f"{key}: {range}" for key, range in keys) + "}", ranges
    return "\n".join([*lines, "Range constraints: {" + kept + "}", end])


def decompose(loaded, twin):
    """Runs `run_decompositions()`, and returns the result and a note. It may only fail if it fails on torch's own file too."""
    try:
        return loaded.run_decompositions(), "decomposed"
    except Exception as error:
        ours = repr(error)
    with tempfile.TemporaryDirectory() as folder:
        torch.export.save(twin, f"{folder}/twin.pt2")
        try:
            torch.export.load(f"{folder}/twin.pt2").run_decompositions()
        except Exception as error:
            assert repr(error) == ours, f"run_decompositions: {ours}, and on torch's own file {error!r}"
            return None, "not decomposed, which torch cannot do with its own file either"
    raise AssertionError(f"run_decompositions: {ours}")


def register(path, name):
    """Imports the registrations that Rust wrote, instead of those of the last program: both may have the same names."""
    while REGISTERED:
        cls = REGISTERED.pop()
        _pytree._deregister_pytree_node(cls)
        torch.fx._pytree._deregister_pytree_flatten_spec(cls)
    # It keeps the specs that it has read, with the classes of then.
    _pytree.treespec_loads.cache_clear()
    before = set(_pytree.SUPPORTED_NODES)
    spec = importlib.util.spec_from_file_location(f"registrations_{name}", path)
    module = importlib.util.module_from_spec(spec)
    # As an import does, since pickle looks classes up in their module.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    REGISTERED.extend(set(_pytree.SUPPORTED_NODES) - before)


def by_hand(args):
    """Checks that a value is flattened as in the file when only its children are given, in another order."""
    for value in args:
        if not type(value).__module__.startswith("registrations_") or not hasattr(value, "_rest"):
            continue
        if value._rest != type(value)._rest:
            continue  # the rest of its context is not the one that the class has by default
        children = {name: child for name, child in vars(value).items() if name != "_rest"}
        again = type(value)(**dict(reversed(children.items())))
        found, expected = _pytree.tree_structure(again), _pytree.tree_structure(value)
        assert found == expected, f"{found}, but the file has {expected}"


def leaf(folder, described):
    if "tensor" not in described:
        return described["value"]
    dtype = getattr(torch, described["dtype"])
    data = bytearray((folder / described["tensor"]).read_bytes())
    tensor = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
    return tensor.reshape(described["sizes"])


def leaves(folder, described):
    return [leaf(folder, item) for item in described]


def tree(folder, spec, described):
    return _pytree.tree_unflatten(leaves(folder, described), _pytree.treespec_loads(spec))


def run_all(program, runs, other_kernels=False):
    """Runs a program on every set of inputs. Returns the largest difference from the outputs of the Rust model.

    With other kernels, sums are rounded in another order: the error of an element is then relative to the largest one.
    """
    module = program.module()
    worst = 0.0
    for (args, kwargs), expected in runs:
        got = _pytree.tree_leaves(module(*args, **kwargs))
        assert len(got) == len(expected), f"{len(got)} outputs, and {len(expected)} from Rust"
        for i, (ours, theirs) in enumerate(zip(expected, got)):
            if not isinstance(ours, torch.Tensor):
                assert ours == theirs, f"output {i} is {theirs}, and {ours} from Rust"
                continue
            largest = ours.abs().max().item() if other_kernels and ours.numel() else 1.0
            torch.testing.assert_close(theirs, ours, rtol=TOLERANCE, atol=TOLERANCE * max(1.0, largest))
            if ours.numel():
                worst = max(worst, (theirs.double() - ours.double()).abs().max().item())
    return worst


def specs(recorded, loaded, twin):
    """Checks that torch reads our treespecs as its own, and that it writes the same text."""
    for which in ("in_spec", "out_spec"):
        ours = _pytree.treespec_loads(recorded[which])
        theirs = getattr(twin.call_spec, which)
        assert ours == theirs, f"{which}: {ours}, but torch has {theirs}"
        assert ours == getattr(loaded.call_spec, which), f"{which} of the file differs"
        dumped = _pytree.treespec_dumps(theirs)
        assert json.loads(dumped) == json.loads(recorded[which]), f"{which} as JSON: {recorded[which]}, torch: {dumped}"


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
