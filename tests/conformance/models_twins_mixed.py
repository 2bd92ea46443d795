"""Twins of the recurrent models, of the mixtures of experts and of CLIP."""

import math

import torch

from models_twins import twin
from models_twins_language import FeedForward, MultiHead, linear

BOTH_WAYS = {"num_layers": 2, "bidirectional": True, "batch_first": True}


@twin("lstm")
class Lstm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(12, 20, **BOTH_WAYS)

    def forward(self, x, state):
        return self.lstm(x, state)


@twin("gru")
class Gru(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = torch.nn.GRU(12, 20, **BOTH_WAYS)

    def forward(self, x, state):
        return self.gru(x, state)


@twin("lstm_tagger")
class Tagger(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(53, 12)
        self.lstm, self.gru = torch.nn.LSTM(12, 20, **BOTH_WAYS), torch.nn.GRU(40, 20, **BOTH_WAYS)
        self.out = torch.nn.Linear(40, 5)

    def forward(self, ids):
        zeros = torch.zeros(4, ids.shape[0], 20)
        x, _ = self.lstm(self.words(ids), (zeros, zeros))
        x, _ = self.gru(x, torch.zeros(4, ids.shape[0], 20))
        return self.out(x)


@twin("char_rnn")
class CharRnn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.linear = torch.nn.LSTM(53, 20, batch_first=True), torch.nn.Linear(20, 53)

    def forward(self, ids, state):
        one_hot = torch.zeros(*ids.shape, 53).scatter_(-1, ids.unsqueeze(-1).to(torch.int64), 1.0)
        output, state = self.lstm(one_hot, state)
        return self.linear(output), state


def choose(router, tokens):
    weights, experts = torch.softmax(router(tokens), -1, dtype=torch.float).topk(2, -1)
    return weights / weights.sum([-1], keepdim=True), experts


@twin("experts_routed")
class Routed(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.router, self.experts = linear(16, 4), torch.nn.ModuleList(FeedForward(16) for _ in range(4))

    def forward(self, x):
        batch, length, width = x.shape
        tokens = x.view(batch * length, width)
        weights, experts = choose(self.router, tokens)
        out = torch.zeros_like(tokens)
        for number, expert in enumerate(self.experts):
            hits = experts.eq(number).nonzero()
            rows, places = hits.select(1, 0), hits.select(1, 1)
            weight = weights.index_select(0, rows).gather(1, places.unsqueeze(1))
            out = out.index_add(0, rows, expert(tokens.index_select(0, rows)) * weight)
        return out.view(batch, length, width)


@twin("experts_dense")
class Dense(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.router = linear(16, 4)
        self.up, self.down = torch.nn.Parameter(torch.ones(4, 16, 32)), torch.nn.Parameter(torch.ones(4, 32, 16))

    def forward(self, x):
        batch, length, width = x.shape
        tokens = x.view(-1, width)
        weights, experts = choose(self.router, tokens)
        all = torch.zeros(batch * length, 4).scatter(1, experts, weights)
        inner = torch.nn.functional.silu(torch.einsum("tw,ewi->eti", tokens, self.up))
        return torch.einsum("te,etw->tw", all, inner.bmm(self.down)).view(batch, length, width)


class ClipLayer(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.before, self.after = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.attention, self.inner = MultiHead(width, heads), FeedForward(width)

    def forward(self, x, mask=None):
        x = x + self.attention(self.before(x), mask)
        return x + self.inner(self.after(x))


class TextTower(torch.nn.Module):
    def __init__(self, vocabulary=79, width=32, heads=4, layers=2, shared=24, longest=32):
        super().__init__()
        self.words, self.positions = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(longest, width)
        self.layers = torch.nn.ModuleList(ClipLayer(width, heads) for _ in range(layers))
        self.norm, self.projection = torch.nn.LayerNorm(width), linear(width, shared)
        self.position_ids = torch.arange(longest)
        self.mask = torch.full((longest, longest), -math.inf).triu(1)

    def forward(self, ids):
        batch, length = ids.shape
        mask = self.mask.narrow(0, 0, length).narrow(1, 0, length)
        x = self.words(ids) + self.positions(self.position_ids.narrow(0, 0, length))
        for layer in self.layers:
            x = layer(x, mask)
        return self.projection(self.norm(x)[torch.arange(batch), ids.argmax(-1)])


class ImageTower(torch.nn.Module):
    def __init__(self, width=32, heads=4, layers=2, shared=24, image=32, patch=8):
        super().__init__()
        tokens = (image // patch) ** 2 + 1
        self.patches = torch.nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.cls = torch.nn.Parameter(torch.zeros(width))
        self.positions = torch.nn.Embedding(tokens, width)
        self.before, self.after = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.layers = torch.nn.ModuleList(ClipLayer(width, heads) for _ in range(layers))
        self.projection = linear(width, shared)
        self.position_ids = torch.arange(tokens).unsqueeze(0)

    def forward(self, images):
        patches = self.patches(images).flatten(2, -1).transpose(1, 2)
        cls = self.cls.expand(images.shape[0], 1, -1)
        x = self.before(torch.cat([cls, patches], 1) + self.positions(self.position_ids))
        for layer in self.layers:
            x = layer(x)
        return self.projection(self.after(x.select(1, 0)))


@twin("clip")
class Clip(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.text, self.image = TextTower(), ImageTower()
        self.scale = torch.nn.Parameter(torch.tensor(2.6592))

    def forward(self, input_ids, pixel_values):
        unit = lambda x: x / torch.ops.aten.norm(x, 2, [-1], True)
        text, image = unit(self.text(input_ids)), unit(self.image(pixel_values))
        logits = text.matmul(image.t()) * self.scale.exp()
        return logits.t(), logits, text, image
