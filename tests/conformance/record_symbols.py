"""Records what PyTorch 2.13 prints and saves for values computed from sizes, and what the programs return:

    python record_symbols.py

writes `tests/golden/programs/symbol_cases.json`. Only the JSON of the graph is kept, not the file.
"""

import io
import json
import math
import pathlib
import warnings
import zipfile

import torch
from torch.export import Dim
from torch.nn import functional as F

D = Dim.DYNAMIC
HERE = pathlib.Path(__file__).resolve()


def rows(n, m=2):
    return torch.arange(n * m, dtype=torch.float32).reshape(n, m) / 4 - 1


# The forward, the arguments of the example, the dynamic shapes, and the arguments of more runs.
CASES = {}


def case(example, shapes, *runs):
    def add(forward):
        CASES[forward.__name__] = (forward, example, shapes, runs)
        return forward

    return add


def size(example=5, others=(2, 7, 30)):
    """A tensor with a dynamic first dimension."""
    return case((rows(example),), ({0: D},), *[(rows(n),) for n in others])


def with_number(number, others):
    """A tensor with a dynamic first dimension, and a tensor that holds a number."""
    return case((rows(5), torch.tensor(number)), ({0: D}, None), *[(rows(n), torch.tensor(v)) for n, v in others])


@with_number(3, [(7, 0), (7, 7), (7, 5), (7, 8), (7, -1)])
def item_as_length(x, n):
    return x.narrow(0, 0, n.item())


@with_number(3, [(7, 0), (7, 4), (7, -1)])
def item_as_size(x, n):
    return torch.zeros(n.item()) + x.sum()


@with_number(3, [(7, 0), (2, -4)])
def item_as_int(x, n):
    return x * n.item()


@with_number(3, [(7, 0), (7, 5), (7, -1), (2, 3)])
def item_twice(x, n):
    return x.narrow(0, 0, n.item()) * n.item()


@with_number(3, [(7, 0), (2, -4)])
def item_unused(x, n):
    n.item()
    return x * 2


@with_number(3, [(7, 0), (2, -4), (2, -7), (2, 1000)])
def item_in_arithmetic(x, n):
    k = n.item()
    return x * (k % 3) + k // 2


@with_number(3, [(7, 0), (2, -1), (2, 9)])
def item_as_shape(x, n):
    k = n.item()
    return torch.zeros(k * 2).view(k, 2)


@with_number(3, [(7, 0), (2, -1), (2, 9)])
def item_expands(x, n):
    return x.sum().expand(n.item())


@with_number([3, 1, 0, 4, 1], [(7, [0, 0, 0, 0, 0]), (2, [2, 9, 2, 0, 1])])
def counted(x, n):
    return torch.bincount(n)


@with_number([3, 1, 0, 4, 1], [(7, [0, 0, 0, 0, 0]), (2, [2, 9, 2, 0, 1])])
def repeated(x, n):
    return torch.repeat_interleave(n)


@with_number(1.5, [(7, 0.0), (2, -4.25)])
def item_as_float(x, n):
    return x * n.item()


@with_number(1.5, [(7, 0.0), (2, -4.25)])
def item_scaled(x, n):
    return x * (n.item() * 2.5), x + (n.item() + 0.25)


@size()
def nonzero(x):
    return x.nonzero()


@size()
def nonzero_size(x):
    found = (x > 0).nonzero()
    return torch.arange(found.shape[0]), found.shape[0]


@size()
def masked_select(x):
    return x.masked_select(x.gt(0.0)) * 2


@size()
def selected(x):
    return x[x.gt(0.0)]


@size()
def selected_rows(x):
    return x[x.sum(1).gt(0.0)] * 2


@size()
def selected_twice(x):
    mask = x.sum(1).gt(0.0)
    return x[mask] + x[mask].exp()


@size()
def selected_parts(x):
    return torch.cat([x[x.gt(0.0)], x[x.lt(0.0)]])


@case((rows(4),), (None,), (rows(4) * 0,), (rows(4) * -1,))
def nonzero_of_four(x):
    return x.nonzero()


@size()
def scaled(x):
    return x * (1 / x.shape[0] ** 0.5)


@size()
def scaled_by_root(x):
    return x / torch._sym_sqrt(x.shape[0])


@size()
def float_output(x):
    return x + 1, x.shape[0] / 3


@size(others=(2, 49, 50, 51))
def int_output(x):
    return x + 1, torch.sym_min(x.shape[0], 50), x.shape[0] * 3 - 1


@case((torch.ones(1, 1, 4, 6),), ({2: D, 3: D},), (torch.ones(1, 1, 5, 7),), (torch.ones(1, 1, 2, 3),))
def interpolate(x):
    return F.interpolate(x, scale_factor=1.5, mode="nearest")


@case((torch.ones(1, 1, 4, 6), rows(8, 9)), ({2: D}, {0: D}), (torch.ones(1, 1, 5, 6), rows(10, 9)))
def interpolate_to(x, y):
    return F.interpolate(x, size=(math.trunc(y.shape[0] * 1.5), x.shape[2] * 2), mode="nearest")


@with_number(3, [(7, 2), (7, 7), (7, 1), (7, 8)])
def check(x, n):
    k = n.item()
    torch._check(k >= 2)
    torch._check(k <= x.shape[0])
    return x[:k]


@size()
def size_as_tensor(x):
    return x * torch.tensor(x.shape[0])


@size()
def halved(x):
    return x * (x.shape[0] * 0.5)


@size()
def ratio(x):
    return x * (x.shape[0] / x.shape[1]) * (1 / x.shape[0])


@size()
def arithmetic(x):
    n = x.shape[0]
    return x * ((n / 3) * (n / 4)), x * (n / 2 - 0.25), x * -(n / 2), x * ((n / 3) ** 2)


def encode(value):
    if isinstance(value, torch.Tensor):
        data = value.flatten().tolist()
        return {"dtype": str(value.dtype).removeprefix("torch."), "sizes": list(value.shape), "data": data}
    return value


def run(module, args):
    try:
        outputs = torch.utils._pytree.tree_leaves(module(*args))
    except RuntimeError as error:
        return {"inputs": [encode(a) for a in args], "error": str(error).split("\n")[0]}
    return {"inputs": [encode(a) for a in args], "outputs": [encode(o) for o in outputs]}


def saved(program):
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as archive:
        name = next(name for name in archive.namelist() if name.endswith("models/model.json"))
        return json.loads(archive.read(name))


def record(name):
    forward, example, shapes, runs = CASES[name]

    class Model(torch.nn.Module):
        if len(example) == 1:

            def forward(self, x):
                return forward(x)

        elif name == "interpolate_to":

            def forward(self, x, y):
                return forward(x, y)

        else:

            def forward(self, x, n):
                return forward(x, n)

    program = torch.export.export(Model(), example, dynamic_shapes=shapes)
    model = saved(program)
    graph = model["graph_module"]["graph"]
    for node in graph["nodes"]:
        node["metadata"] = {key: v for key, v in node["metadata"].items() if key == "stack_trace"}
    signature = model["graph_module"]["module_call_graph"][0]["signature"]
    called = program.module(check_guards=False)
    return {
        "name": name,
        "text": str(program),
        "graph": graph,
        "signature": model["graph_module"]["signature"],
        "in_spec": signature["in_spec"],
        "out_spec": signature["out_spec"],
        "forward_arg_names": signature["forward_arg_names"],
        "range_constraints": model["range_constraints"],
        "guards_code": model["guards_code"],
        "runs": [run(called, args) for args in (example, *runs)],
    }


def main():
    warnings.filterwarnings("ignore")
    cases = json.dumps([record(name) for name in CASES], indent=1, ensure_ascii=False)
    # The paths of the comments are relative to this script, wherever it is.
    cases = cases.replace(f"{HERE.parent}/", "")
    (HERE.parents[1] / "golden" / "programs" / "symbol_cases.json").write_text(cases + "\n")


if __name__ == "__main__":
    main()
