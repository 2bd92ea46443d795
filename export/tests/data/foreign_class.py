"""Writes foreign_class.pt2: a program with an input of a class whose keys only Python knows. `python foreign_class.py FILE`."""

import sys

import torch
from torch.utils import _pytree as pytree


class Box:
    def __init__(self, a, b):
        self.a, self.b = a, b


pytree.register_pytree_node(
    Box,
    lambda box: ([box.a, box.b], None),
    lambda children, _: Box(*children),
    serialized_type_name="own.Box",
    to_dumpable_context=lambda _: {"v": 1},
    from_dumpable_context=lambda _: None,
    flatten_with_keys_fn=lambda box: ([(pytree.GetAttrKey("a"), box.a), (pytree.MappingKey("big one"), box.b)], None),
)


class Model(torch.nn.Module):
    def forward(self, x, box):
        return x + box.a[0] + box.b["k"]


def tensor():
    return torch.randn(3, 4)


dim = torch.export.Dim.DYNAMIC
shapes = ({0: dim}, [[{0: dim}], {"k": {0: dim}}])
program = torch.export.export(Model(), (tensor(), Box([tensor()], {"k": tensor()})), dynamic_shapes=shapes)
# The lines of this file, which have its path.
for node in program.graph.nodes:
    node.meta.pop("stack_trace", None)
torch.export.save(program, sys.argv[1])
