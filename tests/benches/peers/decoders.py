"""The decoders of `tests/decoder` in Python, and ResNet-18.

`python decoders.py torch LAYERS...` measures PyTorch on them, `python decoders.py files FOLDER LAYERS...` writes their
TorchScript and one exported program, and `python decoders.py start FILE` makes the first call of that program.
"""

import math
import os
import sys
import time

import torch
from torch import nn
from torch.export import Dim

from timing import DynamicCache, register_in_torch

HEADS, WIDTH, INNER, WORDS = 4, 16, 176, 256
MODEL = HEADS * WIDTH


def normed(x, weight):
    return x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt() * weight


def rotated(x, cos, sin):
    half = WIDTH // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        linear = lambda i, o: nn.Linear(i, o, bias=False)
        self.norm = nn.Parameter(torch.ones(MODEL))
        self.query, self.key, self.value, self.out = (linear(MODEL, MODEL) for _ in range(4))
        self.second_norm = nn.Parameter(torch.ones(MODEL))
        self.gate, self.up, self.down = linear(MODEL, INNER), linear(MODEL, INNER), linear(INNER, MODEL)

    def forward(self, x, cos, sin, mask, past_keys, past_values):
        batch, length, _ = x.shape
        h = normed(x, self.norm)
        heads = lambda layer: layer(h).view(batch, length, HEADS, WIDTH).transpose(1, 2)
        query = rotated(heads(self.query), cos, sin)
        keys = torch.cat([past_keys, rotated(heads(self.key), cos, sin)], 2)
        values = torch.cat([past_values, heads(self.value)], 2)
        scores = query.matmul(keys.transpose(2, 3)) * (1 / math.sqrt(WIDTH)) + mask
        mixed = scores.softmax(-1).matmul(values)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, MODEL))
        h = normed(x, self.second_norm)
        return x + self.down(nn.functional.silu(self.gate(h)) * self.up(h)), keys, values


class Decoder(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.words = nn.Embedding(WORDS, MODEL)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.norm = nn.Parameter(torch.ones(MODEL))
        self.head = nn.Linear(MODEL, WORDS, bias=False)
        self.register_buffer("frequencies", (-torch.arange(0, WIDTH, 2) / WIDTH * math.log(10000)).exp())

    def forward(self, ids, cache):
        length, past = ids.shape[1], cache.key_cache[0].shape[2]
        positions = torch.arange(past, past + length, dtype=torch.float32)
        angles = positions.unsqueeze(1) * self.frequencies
        angles = torch.cat([angles, angles], -1)
        cos, sin = angles.cos(), angles.sin()
        places = torch.arange(past + length, dtype=torch.float32)
        later = places.unsqueeze(0) > positions.unsqueeze(1)
        mask = torch.zeros(length, past + length).masked_fill(later, -math.inf)
        x = self.words(ids)
        keys, values = [], []
        for layer, past_keys, past_values in zip(self.layers, cache.key_cache, cache.value_cache):
            x, k, v = layer(x, cos, sin, mask, past_keys, past_values)
            keys.append(k)
            values.append(v)
        return self.head(normed(x, self.norm)), DynamicCache(keys, values)


def inputs(layers, batch, length, past):
    ids = (torch.arange(batch * length) % WORDS).view(batch, length)
    states = lambda: [torch.randn(batch, HEADS, past, WIDTH) for _ in range(layers)]
    return ids, DynamicCache(states(), states())


def fastest(times, call):
    readings = []
    for _ in range(times):
        start = time.perf_counter_ns()
        call()
        readings.append(time.perf_counter_ns() - start)
    return min(readings)


def exported(layers):
    """The decoder of so many layers, and a function that exports it with all dimensions that move: the batch, the new words,
    and the words in the cache."""
    model = Decoder(layers).eval()
    state = {0: Dim.DYNAMIC, 2: Dim.DYNAMIC}
    shapes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC}, [[state] * layers, [state] * layers])
    return lambda: torch.export.export(model, inputs(layers, 2, 3, 5), dynamic_shapes=shapes)


def measure(layers):
    tell = lambda name, figure: print(f"torch {name}_{layers} {figure}", flush=True)
    export = exported(layers)
    program = export()
    tell("export", fastest(1 if layers > 12 else 3, export))
    args = inputs(layers, 1, 1, 8)
    module = program.module()
    with torch.inference_mode():
        module(*args)
        tell("call", fastest(2000 // layers + 20, lambda: module(*args)))


def resnet():
    """ResNet-18 of torchvision for a batch that may change, or `None` without torchvision."""
    try:
        from torchvision.models import resnet18
    except ImportError:
        return None
    return resnet18().eval(), torch.randn(1, 3, 224, 224)


def measure_resnet():
    if resnet() is None:
        print("torchvision is not installed, so ResNet-18 has no figure", file=sys.stderr)
        return
    model, x = resnet()
    export = lambda: torch.export.export(model, (torch.randn(2, 3, 224, 224),), dynamic_shapes=({0: Dim.DYNAMIC},))
    print(f"torch export_resnet {fastest(3, export)}", flush=True)
    module = export().module()
    with torch.inference_mode():
        module(x)
        print(f"torch call_resnet {fastest(30, lambda: module(x))}", flush=True)


class Flat(nn.Module):
    """A decoder on tensors alone, for TorchScript."""

    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, ids, *states):
        half = len(states) // 2
        logits, cache = self.decoder(ids, DynamicCache(states[:half], states[half:]))
        return (logits, *cache.key_cache, *cache.value_cache)


def files(folder, layers):
    for count in layers:
        ids, cache = inputs(count, 1, 1, 8)
        flat = Flat(Decoder(count).eval())
        with torch.no_grad():
            traced = torch.jit.trace(flat, (ids, *cache.key_cache, *cache.value_cache), check_trace=False)
        traced.save(os.path.join(folder, f"decoder_{count}.ts"))
    if resnet() is not None:
        model, x = resnet()
        with torch.no_grad():
            torch.jit.trace(model, x).save(os.path.join(folder, "resnet.ts"))
    torch.export.save(exported(12)(), os.path.join(folder, "start.pt2"))


def start(file):
    module = torch.export.load(file).module()
    with torch.inference_mode():
        logits, _ = module(*inputs(12, 1, 1, 8))
    print(logits.shape)


def main():
    torch.set_num_threads(1)
    register_in_torch()
    command, *rest = sys.argv[1:]
    if command == "files":
        files(rest[0], [int(count) for count in rest[1:]])
    elif command == "start":
        start(rest[0])
    else:
        for layers in rest:
            measure(int(layers))
        measure_resnet()


if __name__ == "__main__":
    main()
