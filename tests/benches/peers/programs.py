"""Makes the program of the benchmarks, a decoder of 32 layers with its cache, and measures PyTorch on it:

    python programs.py make FILE
    python programs.py torch FILE
"""

import io
import math
import sys
import time

import torch
from torch import nn

LAYERS, HIDDEN, HEADS, INNER, VOCABULARY = 32, 64, 4, 176, 256
WIDTH = HIDDEN // HEADS


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(HIDDEN))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotated(x, cos, sin):
    half = WIDTH // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(HIDDEN, HIDDEN, bias=False) for _ in range(4))

    def forward(self, x, cos, sin, mask, past_key, past_value):
        batch, length, _ = x.shape
        q, k, v = (f(x).view(batch, length, HEADS, WIDTH).transpose(1, 2) for f in (self.q, self.k, self.v))
        key = torch.cat((past_key, rotated(k, cos, sin)), dim=2)
        value = torch.cat((past_value, v), dim=2)
        scores = rotated(q, cos, sin) @ key.transpose(2, 3) * (1.0 / math.sqrt(WIDTH)) + mask
        y = (torch.softmax(scores, dim=-1) @ value).transpose(1, 2).reshape(batch, length, HIDDEN)
        return self.o(y), key, value


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.attention, self.norm2 = Norm(), Attention(), Norm()
        self.gate, self.up = (nn.Linear(HIDDEN, INNER, bias=False) for _ in range(2))
        self.down = nn.Linear(INNER, HIDDEN, bias=False)

    def forward(self, x, *rest):
        y, key, value = self.attention(self.norm1(x), *rest)
        x = x + y
        h = self.norm2(x)
        return x + self.down(nn.functional.silu(self.gate(h)) * self.up(h)), key, value


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, HIDDEN)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm, self.head = Norm(), nn.Linear(HIDDEN, VOCABULARY, bias=False)

    def forward(self, ids, keys, values):
        past, length = keys[0].shape[2], ids.shape[1]
        at = torch.arange(past + length)
        own = at[past:]
        mask = torch.where(at[None, :] <= own[:, None], 0.0, float("-inf"))
        angles = own.float()[:, None] * torch.arange(WIDTH).float()[None, :]
        cos, sin = angles.cos(), angles.sin()
        x, new_keys, new_values = self.embed(ids), [], []
        for layer, key, value in zip(self.layers, keys, values):
            x, key, value = layer(x, cos, sin, mask, key, value)
            new_keys.append(key)
            new_values.append(value)
        return self.head(self.norm(x)), new_keys, new_values


def make(path):
    torch.manual_seed(0)
    past = lambda: [torch.randn(2, HEADS, 5, WIDTH) for _ in range(LAYERS)]
    dynamic = {0: torch.export.Dim.DYNAMIC}
    cache = [dynamic | {2: torch.export.Dim.DYNAMIC}] * LAYERS
    ids = torch.randint(0, VOCABULARY, (2, 1))
    program = torch.export.export(
        Decoder().eval(), (ids, past(), past()), dynamic_shapes=(dynamic, cache, list(cache))
    )
    torch.export.save(program, path)


def fastest(call):
    """The fastest of three calls, after one that is not counted, in nanoseconds."""
    readings = []
    for _ in range(4):
        start = time.perf_counter_ns()
        call()
        readings.append(time.perf_counter_ns() - start)
    return min(readings[1:])


def measure(path):
    torch.set_num_threads(1)
    program = torch.export.load(path)
    calls = {
        "load": lambda: torch.export.load(path),
        "print": lambda: str(program),
        "save": lambda: torch.export.save(program, io.BytesIO()),
    }
    for name, call in calls.items():
        print("torch", name, fastest(call), flush=True)


if __name__ == "__main__":
    {"make": make, "torch": measure}[sys.argv[1]](sys.argv[2])
