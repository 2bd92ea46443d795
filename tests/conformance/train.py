"""A program that Rust trains further: `python train.py make FOLDER` exports it with data, and `python train.py check FOLDER
BEFORE AFTER` opens what Rust has saved, compares the losses with those of Rust, and trains on."""

import os
import sys

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 32), nn.Linear(32, 1)
        self.norm = nn.BatchNorm1d(32)

    def forward(self, x):
        return self.second(self.norm(self.first(x)).tanh()).squeeze(-1)


def data():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(64, 4, generator=generator)
    return x, (x[:, 0] * x[:, 1]).sin() + x[:, 2]


def loss(module):
    x, y = data()
    return (module(x) - y).square().mean()


def make(folder):
    from safetensors.torch import save_file

    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(0)
    x, y = data()
    program = torch.export.export(Net().train(), (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, os.path.join(folder, "model.pt2"))
    save_file({"x": x, "y": y}, os.path.join(folder, "data.safetensors"))


def check(folder, before, after):
    first = torch.export.load(os.path.join(folder, "model.pt2")).module()
    trained = torch.export.load(os.path.join(folder, "trained.pt2")).module()
    found = [loss(first).item(), loss(trained).item()]
    for name, here, there in zip(("before", "after"), found, (before, after)):
        if abs(here - there) > 1e-5 * max(1, abs(there)):
            sys.exit(f"the loss {name} the training is {here}, and {there} in Rust")
    if not found[1] < found[0] / 5:
        sys.exit(f"Rust has not trained the program: {found}")
    tracked = lambda module: {name: value for name, value in module.named_buffers()}["norm.num_batches_tracked"].item()
    if tracked(trained) < 200:
        sys.exit(f"the buffers of the batch norm do not come from the training: {tracked(trained)} batches")
    optimizer = torch.optim.AdamW(trained.parameters(), 1e-3)
    for _ in range(50):
        optimizer.zero_grad()
        loss(trained).backward()
        optimizer.step()
    last = loss(trained).item()
    if not last < found[1]:
        sys.exit(f"Python cannot train on: {found} and {last}")
    print(f"loss {found[0]:.4f} as exported, {found[1]:.5f} after Rust, {last:.5f} after Python")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        check(sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
