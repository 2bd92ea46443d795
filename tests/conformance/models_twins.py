"""The same architectures in Python, exported by Python, and how Rust's programs differ from theirs.

Each twin is a function that returns a module for the example's inputs. The programs are compared by the sizes of inputs and
outputs (which dimensions are dynamic, which are the same symbol), by the ranges of these symbols, and by how often each op is
called. `DIFFERENCES` lists what differs; a difference that is not listed fails, and so does one that is listed and not found.
"""

import collections

import torch
from torch.utils import _pytree

TWINS = {}
DIFFERENCES = {}
SHAPES = {}

# Ops of tch or of Python for the same expression. Each counts as those on the right.
DIALECT = {
    # `x.i((.., ..n))` of tch is `narrow`, `x[:, :n]` of Python is `slice`.
    "aten.narrow.default": ["aten.slice.Tensor"],
    # `1.0 - x` of tch is `(x - 1.0).neg()`.
    "aten.rsub.Scalar": ["aten.sub.Tensor", "aten.neg.default"],
}


def twin(name, shapes=None):
    """Makes a function the twin of this name. `shapes` gives its dynamic shapes where they are not just dynamic or static."""

    def added(make):
        TWINS[name] = make
        if shapes is not None:
            SHAPES[name] = shapes
        return make

    return added


class MinGpt(torch.nn.Module):
    """GPT as in minGPT."""

    def __init__(self, vocabulary=65, width=32, heads=4, layers=2, longest=48):
        super().__init__()
        self.tok_emb = torch.nn.Embedding(vocabulary, width)
        self.pos_emb = torch.nn.Parameter(torch.zeros(1, longest, width))
        self.blocks = torch.nn.ModuleList(MinGptBlock(width, heads, longest) for _ in range(layers))
        self.ln_f = torch.nn.LayerNorm(width)
        self.head = torch.nn.Linear(width, vocabulary, bias=False)

    def forward(self, xs):
        _, length = xs.size()
        x = torch.dropout(self.tok_emb(xs) + self.pos_emb[:, :length, :], 0.1, False)
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln_f(x))


class MinGptBlock(torch.nn.Module):
    def __init__(self, width, heads, longest):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.key, self.query, self.value, self.proj = (torch.nn.Linear(width, width) for _ in range(4))
        self.lin1, self.lin2 = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)
        self.register_buffer("mask", torch.tril(torch.ones(longest, longest)).view(1, 1, longest, longest))

    def attention(self, x):
        batch, length, width = x.size()
        k, q, v = (f(x).view(batch, length, self.heads, -1).transpose(1, 2) for f in (self.key, self.query, self.value))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / (width // self.heads) ** 0.5)
        scores = scores.masked_fill(self.mask[:, :, :length, :length] == 0, float("-inf"))
        scores = torch.dropout(torch.softmax(scores, dim=-1), 0.1, False)
        seen = (scores @ v).transpose(1, 2).contiguous().view(batch, length, width)
        return torch.dropout(self.proj(seen), 0.1, False)

    def forward(self, x):
        x = x + self.attention(self.ln1(x))
        y = self.lin2(torch.nn.functional.gelu(self.lin1(self.ln2(x))))
        return x + torch.dropout(y, 0.1, False)


@twin("min_gpt")
def min_gpt():
    return MinGpt().eval()


def export_twin(name, program, args, kwargs, measured):
    """Python's own export of the architecture, with dimensions that are dynamic where the program's are. `measured` is a
    context for the export alone."""
    module = TWINS[name]()
    shapes = SHAPES[name]() if name in SHAPES else dynamic_shapes(program, module, args, kwargs)
    with torch.no_grad(), measured:
        return torch.export.export(module, args, kwargs, dynamic_shapes=shapes, strict=False)


def compare_twin(name, program, twin):
    """Returns a text with the number of differences."""
    found = differences(program, twin)
    listed = DIFFERENCES.get(name, {})
    new = {key: text for key, text in found.items() if listed.get(key) != text}
    gone = [key for key in listed if key not in found]
    assert not new and not gone, f"not listed: {new}, listed and not found: {gone}"
    return str(len(found))


def dynamic_shapes(program, module, args, kwargs):
    """Dynamic where the program is."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    collection = torch.export.ShapesCollection()
    auto, static = torch.export.Dim.AUTO, torch.export.Dim.STATIC
    for name, leaf in zip(program.graph_signature.user_inputs, _pytree.tree_leaves((args, kwargs))):
        if isinstance(leaf, torch.Tensor):
            collection[leaf] = [static if isinstance(size, int) else auto for size in values[name].shape]
    return collection.dynamic_shapes(module, args, kwargs)


def differences(program, twin):
    """What differs, as a dict of texts."""
    found = {}
    ours, theirs = sizes(program), sizes(twin)
    if ours != theirs:
        found["sizes"] = f"{ours} instead of {theirs}"
    ours, theirs = ranges(program), ranges(twin)
    if ours != theirs:
        found["ranges"] = f"{ours} instead of {theirs}"
    ours, theirs = ops(program), ops(twin)
    for op in sorted(ours.keys() | theirs.keys()):
        if ours[op] != theirs[op]:
            found[op] = f"{ours[op]} instead of {theirs[op]}"
    return found


def user_values(program):
    by_name = {node.name: node for node in program.graph.nodes}
    signature = program.graph_signature
    for name in [*signature.user_inputs, *signature.user_outputs]:
        node = by_name.get(name)
        if node is not None and isinstance(node.meta.get("val"), torch.Tensor):
            yield node.meta["val"]


def symbols(program):
    """The symbols in the order in which the inputs have them, by new names."""
    names = {}
    for value in user_values(program):
        for size in value.shape:
            if isinstance(size, torch.SymInt):
                for symbol in sorted(size.node.expr.free_symbols, key=str):
                    names.setdefault(symbol, f"n{len(names)}")
    return names


def sizes(program):
    names = symbols(program)
    text = []
    for value in user_values(program):
        shown = []
        for size in value.shape:
            expression = str(size.node.expr) if isinstance(size, torch.SymInt) else str(size)
            for symbol, name in sorted(names.items(), key=lambda item: -len(str(item[0]))):
                expression = expression.replace(str(symbol), name)
            shown.append(expression)
        text.append(f"[{', '.join(shown)}]")
    return " ".join(text)


def ranges(program):
    names = symbols(program)
    found = {names[symbol]: range for symbol, range in program.range_constraints.items() if symbol in names}
    return ", ".join(f"{name} {found[name].lower}..{found[name].upper}" for name in sorted(found))


NUMBERS = (int, float, bool, torch.SymInt, torch.SymFloat, torch.SymBool)


def ops(program):
    """How often each op is called, where what is only a matter of style is left out.

    Nodes that compute numbers are not counted: Python records the arithmetic on sizes as the model writes it, and Rust solves
    the numbers and writes them in its own way (`2 * (h // 2)` of an even `h` is `h`). What the numbers are shows in the sizes
    of the outputs, and in the results at unseen sizes."""
    counts = collections.Counter()
    for node in program.graph.nodes:
        if node.op == "call_function" and not isinstance(node.meta.get("val"), NUMBERS):
            op = same_op(str(node.target))
            counts.update(DIALECT.get(op, [op]))
    return counts


def same_op(name):
    """`relu_` counts as `relu`: `nn.ReLU(inplace=True)` and `+=` save memory in Python, and change only what nobody reads."""
    namespace, _, rest = name.partition(".")
    op, dot, overload = rest.partition(".")
    return f"{namespace}.{op.removesuffix('_')}{dot}{overload}"


# The twins of the families, which register themselves.
import models_twins_images  # noqa: E402, F401
import models_twins_language  # noqa: E402, F401
import models_twins_mixed  # noqa: E402, F401
import models_twins_relative  # noqa: E402, F401
import models_twins_vision  # noqa: E402, F401
