"""Makes the program of the benchmarks, a decoder of 32 layers with its cache, and measures PyTorch on it:

    python programs.py make FILE
    python programs.py torch FILE
"""

import io
import sys
import time

import torch

from decoders import exported
from timing import register_in_torch

LAYERS = 32


def make(path):
    torch.manual_seed(0)
    torch.export.save(exported(LAYERS)(), path)


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
    register_in_torch()
    {"make": make, "torch": measure}[sys.argv[1]](sys.argv[2])
