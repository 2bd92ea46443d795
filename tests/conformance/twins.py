"""The models of the Rust side in PyTorch, with the dynamic shapes that Rust declares or guesses."""

import torch
from torch.export import Dim
from torch.nn import functional as F
from torch.utils import _pytree

D = Dim.DYNAMIC


def registered(name):
    """The class from the registrations that Rust wrote."""
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


class Masked(torch.nn.Module):
    def forward(self, x):
        mask = x.sum([1]).gt(0.0)
        rows = x[mask]
        return rows + rows.exp(), mask.logical_not().nonzero()


class Taken(torch.nn.Module):
    def forward(self, x, count, scale):
        count, scale = count.item(), scale.item()
        steps = torch.arange(count, dtype=torch.int64)
        return x.narrow(0, 0, count) * (2 * count + 1), steps, x * (scale * 0.75)


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


class Leaves(torch.nn.Module):
    def forward(self, x, cache, other):
        for leaf in _pytree.tree_leaves((cache, other)):
            if leaf is not None:
                x = x + leaf.sum(dtype=torch.float32)
        return x


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


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        layer = lambda a, b: torch.nn.Linear(a, b, bias=False)
        self.query, self.key, self.value, self.out = (layer(8, 8) for _ in range(4))
        self.gate, self.up, self.down = layer(8, 12), layer(8, 12), layer(12, 8)
        self.norm = torch.nn.Module()
        self.norm.weight = torch.nn.Parameter(torch.ones(8))

    def normed(self, x):
        return self.norm.weight * (x * (x.pow(2).mean([-1], keepdim=True) + 1e-5).rsqrt())

    @staticmethod
    def rotated(x, cos, sin):
        first, second = x.chunk(2, -1)
        turned = torch.cat([second.neg(), first], -1)
        return x * cos + turned * sin

    def forward(self, x, cos, sin, mask, keys, values):
        batch, length, _ = x.shape
        normed = self.normed(x)
        query, key, value = (
            layer(normed).view(batch, length, 2, 4).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        query, key = self.rotated(query, cos, sin), self.rotated(key, cos, sin)
        keys, values = torch.cat([keys, key], 2), torch.cat([values, value], 2)
        scores = query.matmul(keys.transpose(2, 3)) * 0.5 + mask
        mixed = scores.softmax(-1).matmul(values)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, 8))
        normed = self.normed(x)
        return x + self.down(F.silu(self.gate(normed)) * self.up(normed)), keys, values


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = torch.nn.Embedding(20, 8)
        self.block0, self.block1 = Block(), Block()
        self.register_buffer("frequencies", torch.tensor([1.0, 0.1]))

    def forward(self, ids, positions, mask, past):
        angles = positions.unsqueeze(-1) * self.frequencies
        angles = torch.cat([angles, angles], -1).unsqueeze(1)
        cos, sin = angles.cos(), angles.sin()
        x = self.tokens(ids)
        keys, values = [], []
        for i, block in enumerate((self.block0, self.block1)):
            x, k, v = block(x, cos, sin, mask, past.keys[i], past.values[i])
            keys.append(k)
            values.append(v)
        logits = x.select(1, -1).matmul(self.tokens.weight.transpose(0, 1))
        return logits, registered("conformance.Past")(keys=keys, values=values)


class Residual(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.norm = torch.nn.BatchNorm2d(4)
        # tch does not count batches.
        self.norm.num_batches_tracked = None
        self.first = torch.nn.Conv2d(4, 4, 3, padding=1)
        self.second = torch.nn.Conv2d(4, 4, 3, padding=1)
        self.head = torch.nn.Linear(4, 5)

    def forward(self, image):
        norm = self.norm
        x = self.stem(image)
        x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, False, 0.1, 1e-5).relu()
        x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1])
        y = self.second(self.first(x).relu())
        x = (x + y).relu()
        return self.head(F.adaptive_avg_pool2d(x, [1, 1]).flatten(1, -1))


class Skip(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.down = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.up = torch.nn.ConvTranspose2d(4, 3, 2, stride=2)

    def forward(self, image):
        low = F.leaky_relu(self.down(image))
        high = self.up(low)
        high = torch.ops.aten.upsample_nearest2d.default(high, [image.shape[2], image.shape[3]])
        return torch.cat([image, high], 1)


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Module()
        sizes = {"weight_ih_l0": (16, 3), "weight_hh_l0": (16, 4), "bias_ih_l0": (16,), "bias_hh_l0": (16,)}
        for name, size in sizes.items():
            self.layer.register_parameter(name, torch.nn.Parameter(torch.zeros(size)))

    def forward(self, x):
        layer = self.layer
        state = torch.zeros((1, x.shape[0], 4))
        weights = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0]
        out, _, _ = torch.lstm(x, [state, state], weights, True, 1, 0.0, True, False, True)
        return out.select(1, -1)


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.joint = torch.nn.Linear(4, 12)
        self.norm = torch.nn.LayerNorm(4)

    def forward(self, x, padding):
        parts = self.joint(x).chunk(3, -1)
        scores = parts[0].bmm(parts[1].transpose(1, 2)) / 2.0
        scores = scores.masked_fill(padding.unsqueeze(1), float("-inf"))
        mixed = torch.dropout(scores.softmax(-1).bmm(parts[2]), 0.1, False)
        out = self.norm(F.gelu(x + mixed, approximate="tanh"))
        kept = padding.logical_not().unsqueeze(-1).to(torch.float32)
        return (out * kept).sum([1]) / kept.sum([1])


class Picks(torch.nn.Module):
    def forward(self, x, index):
        largest, places = x.topk(2, 1)
        ordered, _ = x.sort(1, True)
        running = ordered.softmax(-1).cumsum(1)
        nucleus = running.le(0.9).logical_or(ordered.eq(ordered.amax([1], True)))
        gathered = x.gather(1, index)
        counts = torch.zeros_like(x).scatter_add(1, index, torch.ones_like(gathered))
        return largest * places, torch.where(nucleus, ordered, ordered.neg()), gathered, counts + x.argmax(1, True)


class Losses(torch.nn.Module):
    def forward(self, logits, classes):
        loss = torch.ops.aten.nll_loss.default(logits.log_softmax(-1), classes)
        picked = logits.gather(1, classes.unsqueeze(1)).squeeze(1)
        distance = torch.ops.aten.mse_loss.default(picked, torch.zeros_like(picked))
        return loss + distance, distance


def custom_class_shapes():
    batch, clength = Dim("batch", min=1, max=1024), Dim("clength", min=1, max=1024)
    layer = {0: batch, 2: clength}
    return {0: batch}, [[layer], [layer]]


ADD = {"x": {0: D, 1: D}, "y": {1: D}}
LAYER = {0: D, 2: D, 3: D}

# The model and its dynamic shapes, by name.
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
    "masked": lambda: (Masked(), ({0: D},)),
    "taken": lambda: (Taken(), ({0: D}, None, None)),
    "dataclasses": lambda: (Dataclasses(), ([{0: D}, {0: D}],)),
    "nested": lambda: (Nested(), {"pairs": [({0: D}, {0: D}), (None, None)], "width": None}),
    "grow": lambda: (Grow(), ([[{0: D, 2: D}], [{0: D, 2: D}]], {0: D, 2: D}, {0: D, 2: D})),
    "mlp": lambda: (Mlp(), ({0: Dim("batch", min=1, max=64)},)),
    "conv": lambda: (Conv(), ({0: D, 2: D, 3: D},)),
    "embed": lambda: (Embed(), ((D, Dim("length", min=2, max=4096)),)),
    "held": lambda: (Held(), ({0: D},)),
    "attention": lambda: (Attention(), ({0: D, 1: D},)),
    "decoder": lambda: (Decoder(), ({0: D, 1: D}, {0: D, 1: D}, {0: D, 2: D, 3: D}, [[{0: D, 2: D}] * 2] * 2)),
    "residual": lambda: (Residual(), ({0: D, 2: D, 3: D},)),
    "skip": lambda: (Skip(), ({0: D, 2: D, 3: D},)),
    "recurrent": lambda: (Recurrent(), ({0: D},)),
    "encoder": lambda: (Encoder(), ({0: D, 1: D}, {0: D, 1: D})),
    "picks": lambda: (Picks(), ({0: D}, {0: D, 1: D})),
    "losses": lambda: (Losses(), ({0: D}, {0: D})),
}
TWINS |= {
    name: lambda: (Leaves(), None)
    for name in [
        "cache_lists",
        "cache_windows",
        "cache_some_windows",
        "cache_mixed_windows",
        "cache_exporters",
        "cache_exporters_static",
        "cache_exporters_pair",
        "cache_exporters_pair_new",
        "cache_layers",
        "cache_layer_kinds",
        "cache_layer_kinds_mixed",
        "cache_static",
        "cache_sliding",
        "cache_hybrid",
        "cache_pair",
        "cache_pair_windows",
        "cache_mamba",
        "cache_dataclass",
        "cache_statics",
        "cache_namedtuple",
    ]
}
