"""Compiles two models with AOTInductor: `python aoti.py FOLDER`.

It writes the packages `tensors.pt2` and `mixed.pt2`, and for each case the inputs and outputs as `CASE.npz`.
"""

import pathlib
import sys
import warnings

import numpy
import torch
from torch._inductor import aot_compile, aoti_compile_and_package, aoti_load_package
from torch.export import Dim
from torch.export.pt2_archive._package import package_pt2


class Tensors(torch.nn.Module):
    """Tensors only: a dict among the inputs, an argument by name, outputs in a dict."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)

    def forward(self, x, extra, *, scale):
        y = (self.linear(x) + extra["bias"].sin()) * scale
        return {"y": y, "parts": (y.sum(1), x)}


class Mixed(torch.nn.Module):
    """A number and None among inputs and outputs, and an input that is not contiguous."""

    def forward(self, x, n, nothing, z):
        return {"out": (x * n + z.t()).relu(), "n": n + 1, "nothing": None, "rows": x.shape[0]}


def main(folder):
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    tensors(folder)
    mixed(folder)


def tensors(folder):
    model = Tensors().eval()
    rows = Dim("rows", max=64)

    def inputs(n):
        return (torch.randn(n, 4), {"bias": torch.randn(n, 3)}), {"scale": torch.tensor(1.5)}

    shapes = {"x": {0: rows}, "extra": {"bias": {0: rows}}, "scale": None}
    program = torch.export.export(model, *inputs(5), dynamic_shapes=shapes)
    path = str(folder / "tensors.pt2")
    aoti_compile_and_package(program, package_path=path, inductor_configs={"aot_inductor.metadata": {"author": "a test"}})
    for n in [2, 5, 64]:
        save(folder / f"tensors_{n}.npz", model, *inputs(n))
    package = aoti_load_package(path)
    constants = {name: model.state_dict()[name] * 2 + 1 for name in package.get_constant_fqns()}
    numpy.savez(folder / "tensors_constants.npz", **{name: value.numpy() for name, value in constants.items()})
    model.load_state_dict(constants, strict=False)
    save(folder / "tensors_replaced.npz", model, *inputs(7))


def mixed(folder):
    model = Mixed().eval()
    rows = Dim("rows", max=64)

    def inputs(n):
        return (torch.randn(n, 6), 3, None, torch.randn(6, n)), {}

    shapes = {"x": {0: rows}, "n": None, "nothing": None, "z": {1: rows}}
    program = torch.export.export(model, *inputs(5), dynamic_shapes=shapes)
    files = aot_compile(program.module(), *inputs(5), options={"aot_inductor.package": True})
    programs = {"first": program}
    package_pt2(str(folder / "mixed.pt2"), exported_programs=programs, aoti_files={"first": files, "second": files})
    for n in [2, 9]:
        save(folder / f"mixed_{n}.npz", model, *inputs(n))


def save(path, model, args, kwargs):
    with torch.no_grad():
        outputs = model(*args, **kwargs)
    leaves = {"in": torch.utils._pytree.tree_leaves((args, kwargs)), "out": torch.utils._pytree.tree_leaves(outputs)}
    # A number is an array without dimensions, as a package returns it; None is left out.
    arrays = {f"{side}{i}": value for side, list in leaves.items() for i, value in enumerate(list) if value is not None}
    numpy.savez(path, **{name: numpy.asarray(value) for name, value in arrays.items()})


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
