"""The models of the Rust side, written for PyTorch, with the dynamic shapes that Rust gives or guesses."""

import torch
from torch.export import Dim
from torch.nn import functional as F
from torch.utils import _pytree

D = Dim.DYNAMIC


def registered(name):
    """The class that the registrations written by Rust made."""
    return _pytree.SERIALIZED_TYPE_TO_PYTHON_TYPE[name]


class Add(torch.nn.Module):
    def forward(self, x, y):
        return x + y


class AddCache(torch.nn.Module):
    def forward(self, cache, z):
        return z + cache.key_cache[0] + cache.key_cache[1] + cache.value_cache[0] + cache.value_cache[1]


class CustomCache(torch.nn.Module):
    def forward(self, x, dc):
        kc = torch.cat(dc.key_cache, axis=1)
        vc = torch.cat(dc.value_cache, axis=1)
        first = dc.key_cache[0].shape
        ones = torch.zeros((first[0], first[1], first[2], first[-1]))
        w = vc + kc + ones
        y = w.sum(axis=2, keepdim=True)
        return x + y


class View(torch.nn.Module):
    def forward(self, x):
        batch, length, _ = x.shape
        rows = x.view(batch * length, 6)
        halves = x.reshape(batch, length * 2, 3)
        return rows.relu(), halves.tanh()


class Half(torch.nn.Module):
    def forward(self, x):
        half = x.shape[0] // 2
        return torch.narrow(x, 0, 0, half) + torch.narrow(x, 0, half, half)


class Several(torch.nn.Module):
    def forward(self, x):
        parts = torch.split(x, [2, 2, 2], dim=1)
        largest, _ = torch.max(x, dim=1)
        return parts[0] + parts[2], largest


class Chunks(torch.nn.Module):
    def forward(self, x):
        return torch.stack(torch.split(x, 3, dim=1), 0).mean([0])


class Positions(torch.nn.Module):
    def forward(self, x):
        return x + torch.arange(x.shape[1], dtype=torch.int64).unsqueeze(-1)


class Scalar(torch.nn.Module):
    def forward(self, x):
        return (x + 1.5).sigmoid()


class Dataclasses(torch.nn.Module):
    def forward(self, inputs):
        x = inputs.x if inputs.bias is None else inputs.x + inputs.bias
        masked = x.masked_fill(inputs.mask, 0.0)
        return registered("conformance.Outputs")(masked=masked, total=masked.sum([1]))


class Nested(torch.nn.Module):
    def forward(self, pairs, width):
        sums = [a + b for a, b in pairs]
        return sums, torch.narrow(torch.cat(sums, 0), 1, 0, width)


class Grow(torch.nn.Module):
    def forward(self, cache, key, value):
        keys = torch.cat([cache.keys[0], key], 2)
        values = torch.cat([cache.values[0], value], 2)
        scores = key.matmul(keys.transpose(2, 3)).softmax(-1)
        return scores.matmul(values), registered("conformance.Cache")(keys=[keys], values=[values])


class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 8)
        self.norm = torch.nn.LayerNorm(8)
        self.second = torch.nn.Linear(8, 3)

    def forward(self, x):
        return self.second(F.gelu(self.norm(self.first(x))))


class Conv(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 5, 3, stride=2, padding=1)

    def forward(self, image):
        return self.conv(image).relu()


class Embed(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = torch.nn.Embedding(20, 6)
        self.positions = torch.nn.Embedding(4096, 6)

    def forward(self, ids):
        positions = torch.arange(ids.shape[1], dtype=torch.int64)
        return self.tokens(ids) + self.positions(positions)


class Held(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.randn(6))
        self.offset = torch.randn(6)

    def forward(self, x):
        return x * self.scale + self.offset


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.query = torch.nn.Linear(32, 32)
        self.key = torch.nn.Linear(32, 32)
        self.value = torch.nn.Linear(32, 32)

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = (
            layer(x).view(batch, length, 4, 8).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(q, k, v)
        return mixed.transpose(1, 2).reshape(batch, length, 32)


def custom_class_shapes():
    batch, clength = Dim("batch", min=1, max=1024), Dim("clength", min=1, max=1024)
    layer = {0: batch, 2: clength}
    return {0: batch}, [[layer], [layer]]


ADD = {"x": {0: D, 1: D}, "y": {1: D}}
LAYER = {0: D, 2: D, 3: D}

# By name: the model, and its dynamic shapes.
TWINS = {
    "page_static": lambda: (Add(), None),
    "page_args": lambda: (Add(), ADD),
    "page_kwargs": lambda: (Add(), ADD),
    "page_mixed": lambda: (Add(), ADD),
    "page_cache": lambda: (AddCache(), ([[LAYER, LAYER], [LAYER, LAYER]], {3: D})),
    "page_custom_class": lambda: (CustomCache(), custom_class_shapes()),
    "view": lambda: (View(), ({0: D, 1: D},)),
    "half": lambda: (Half(), ({0: 2 * Dim("half", min=1, max=50)},)),
    "several": lambda: (Several(), ({0: D},)),
    "chunks": lambda: (Chunks(), ({0: D},)),
    "positions": lambda: (Positions(), ({0: D, 1: D},)),
    "scalar": lambda: (Scalar(), ({0: D},)),
    "dataclasses": lambda: (Dataclasses(), ([{0: D}, {0: D}],)),
    "nested": lambda: (Nested(), {"pairs": [({0: D}, {0: D}), (None, None)], "width": None}),
    "grow": lambda: (Grow(), ([[{0: D, 2: D}], [{0: D, 2: D}]], {0: D, 2: D}, {0: D, 2: D})),
    "mlp": lambda: (Mlp(), ({0: Dim("batch", min=1, max=64)},)),
    "conv": lambda: (Conv(), ({0: D, 2: D, 3: D},)),
    "embed": lambda: (Embed(), ((D, Dim("length", min=2, max=4096)),)),
    "held": lambda: (Held(), ({0: D},)),
    "attention": lambda: (Attention(), ({0: D, 1: D},)),
}
