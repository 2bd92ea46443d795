"""Twins of the language models, written as the models in Rust are."""

import math

import torch

from models_twins import twin

F = torch.nn.functional


def linear(width_in, width_out):
    return torch.nn.Linear(width_in, width_out, bias=False)


class RmsNorm(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(width))

    def forward(self, x):
        variance = x.pow(2).mean(-1, keepdim=True, dtype=torch.float)
        return x * torch.rsqrt(variance + 1e-5) * self.weight


class Rotary(torch.nn.Module):
    def __init__(self, width, longest):
        super().__init__()
        frequencies = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2).float() / width)
        angles = torch.outer(torch.arange(longest).float(), frequencies)
        angles = torch.cat([angles, angles], -1)
        # As in Rust: tensors that are neither parameters nor buffers.
        self.cos, self.sin = angles.cos(), angles.sin()

    def forward(self, x, past):
        length = x.shape[2]
        first, second = x.chunk(2, -1)
        turned = torch.cat([-second, first], -1)
        return x * self.cos.narrow(0, past, length) + turned * self.sin.narrow(0, past, length)


class LlamaLayer(torch.nn.Module):
    def __init__(self, width, inner, heads, groups):
        super().__init__()
        self.heads, self.groups, self.head = heads, groups, width // heads
        self.before, self.after = RmsNorm(width), RmsNorm(width)
        self.query, self.out = linear(width, width), linear(width, width)
        self.key, self.value = linear(width, groups * self.head), linear(width, groups * self.head)
        self.gate, self.up, self.down = linear(width, inner), linear(width, inner), linear(inner, width)

    def attention(self, x, rotary, mask, keys, values):
        batch, length, width = x.shape
        split = lambda layer, n: layer(x).view(batch, length, n, self.head).transpose(1, 2)
        past = keys.shape[2]
        query = rotary(split(self.query, self.heads), past)
        keys = torch.cat([keys, rotary(split(self.key, self.groups), past)], 2)
        values = torch.cat([values, split(self.value, self.groups)], 2)
        total = past + length

        def repeat(x):
            each = x.unsqueeze(2).expand(batch, self.groups, self.heads // self.groups, total, self.head)
            return each.reshape(batch, self.heads, total, self.head)

        scores = query @ repeat(keys).transpose(2, 3) / math.sqrt(self.head)
        scores = scores.masked_fill(mask.narrow(0, past, length).narrow(1, 0, total), -math.inf)
        scores = torch.softmax(scores, -1, dtype=torch.float)
        seen = (scores @ repeat(values)).transpose(1, 2).reshape(batch, length, width)
        return self.out(seen), keys, values

    def forward(self, x, rotary, mask, keys, values):
        seen, keys, values = self.attention(self.before(x), rotary, mask, keys, values)
        x = x + seen
        normal = self.after(x)
        return x + self.down(F.silu(self.gate(normal)) * self.up(normal)), keys, values


class Llama(torch.nn.Module):
    def __init__(self, vocabulary=67, width=32, inner=48, heads=4, groups=2, layers=2, longest=64):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary, width)
        self.layers = torch.nn.ModuleList(LlamaLayer(width, inner, heads, groups) for _ in range(layers))
        self.norm, self.head = RmsNorm(width), linear(width, vocabulary)
        self.rotary = Rotary(width // heads, longest)
        self.mask = torch.ones(longest, longest, dtype=torch.bool).triu(1)

    def forward(self, ids, cache):
        x = self.words(ids)
        keys, values = [], []
        for layer, *state in zip(self.layers, cache.key_cache, cache.value_cache):
            x, key, value = layer(x, self.rotary, self.mask, *state)
            keys.append(key)
            values.append(value)
        cache.key_cache, cache.value_cache = keys, values
        return self.head(self.norm(x)), cache


@twin("llama")
@twin("llama_returned")
@twin("llama_library_cache")
def llama():
    return Llama().eval()
