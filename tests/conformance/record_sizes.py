"""Records which pairs of sizes torch.export takes: export/tests/data/sizes.json. Run it with a Python that has torch 2.13.0."""

import json
import pathlib
import warnings

import torch
from torch.export import Dim

warnings.filterwarnings("ignore")


class Model(torch.nn.Module):
    def forward(self, x):
        return x + 1


def tensor(layout, n):
    if layout == "contiguous":
        return torch.arange(float(n * 4)).reshape(n, 4)
    if layout == "transposed":
        return torch.arange(float(n * 4)).reshape(4, n).t()
    if layout == "expanded":
        return torch.arange(4.0).reshape(1, 4).expand(n, 4)
    return torch.arange(float(2 * n * 4)).reshape(2 * n, 4)[::2]


def case(layout, first, second):
    shapes = ({0: Dim.DYNAMIC},) if first != second else (None,)
    answer = {"layout": layout, "first": first, "second": second, "export": "ok", "call": None}
    try:
        program = torch.export.export(Model(), (tensor(layout, first),), dynamic_shapes=shapes, strict=False)
    except Exception as error:
        return {**answer, "export": type(error).__name__}
    try:
        program.module()(tensor(layout, second))
        return {**answer, "call": "ok"}
    except Exception as error:
        return {**answer, "call": type(error).__name__}


def main():
    sizes = [0, 1, 2, 5]
    layouts = ["contiguous", "transposed", "expanded", "sliced"]
    cases = [case(layout, a, b) for layout in layouts for a in sizes for b in sizes]
    text = ",\n  ".join(json.dumps(case) for case in cases)
    out = pathlib.Path(__file__).parent / "../../export/tests/data/sizes.json"
    version = torch.__version__.split("+")[0]
    out.write_text(f'{{"torch": "{version}", "cases": [\n  {text}\n]}}\n')


if __name__ == "__main__":
    main()
