"""Twins of T5 and DeBERTa, whose attention knows relative positions."""

import math

import torch

from models_twins import twin
from models_twins_language import FeedForward, linear

F = torch.nn.functional


class T5Norm(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(width))

    def forward(self, x):
        variance = x.to(torch.float32).square().mean(-1, keepdim=True)
        return x * torch.rsqrt(variance + 1e-6) * self.weight


def t5_buckets(relative, both_sides, count=16, farthest=40.0):
    if both_sides:
        count //= 2
        first, distance = relative.gt(0).to(torch.int64) * count, relative.abs()
    else:
        first, distance = torch.zeros_like(relative), -torch.minimum(relative, torch.zeros_like(relative))
    exact = count // 2
    near = distance.lt(exact)
    logarithm = torch.log(distance.to(torch.float) / exact) / math.log(farthest / exact)
    far = (logarithm * (count - exact)).to(torch.int64) + exact
    far = torch.minimum(far, torch.full_like(far, count - 1))
    return first + torch.where(near, distance, far)


class T5Attention(torch.nn.Module):
    def __init__(self, width, heads, head):
        super().__init__()
        self.heads, self.head = heads, head
        self.query, self.key, self.value = (linear(width, heads * head) for _ in range(3))
        self.out = linear(heads * head, width)

    def split(self, layer, x):
        batch, length, _ = x.shape
        return layer(x).view(batch, length, self.heads, self.head).transpose(1, 2)

    def states(self, x):
        return self.split(self.key, x), self.split(self.value, x)

    def look(self, x, keys, values, bias):
        batch, length, _ = x.shape
        scores = self.split(self.query, x).matmul(keys.transpose(3, 2)) + bias
        seen = torch.softmax(scores, -1, dtype=torch.float).type_as(scores).matmul(values)
        return self.out(seen.transpose(1, 2).contiguous().view(batch, length, self.heads * self.head))


def clamped(x):
    infinite = x.isinf().any()
    largest = torch.full_like(infinite.to(torch.float), 64504.0)
    return torch.clamp(x, -largest, largest) if x.dtype == torch.half else x


class T5Layer(torch.nn.Module):
    def __init__(self, width, heads, head, decodes):
        super().__init__()
        self.before, self.attention = T5Norm(width), T5Attention(width, heads, head)
        if decodes:
            self.cross_norm, self.cross = T5Norm(width), T5Attention(width, heads, head)
        self.after, self.up, self.down = T5Norm(width), linear(width, 2 * width), linear(2 * width, width)

    def forward(self, x, bias, past=None, text=None):
        normal = self.before(x)
        states = self.attention.states(normal)
        if past is not None:
            states = tuple(torch.cat(both, 2) for both in zip(past, states))
        x = clamped(x + self.attention.look(normal, *states, bias))
        if text is not None:
            encoded, mask = text
            keys, values = self.cross.states(encoded)
            x = clamped(x + self.cross.look(self.cross_norm(x), keys, values, mask))
        return clamped(x + self.down(F.relu(self.up(self.after(x))))), states


class T5Stack(torch.nn.Module):
    def __init__(self, width, heads, head, layers, decodes):
        super().__init__()
        self.table = torch.nn.Embedding(16, heads)
        self.layers = torch.nn.ModuleList(T5Layer(width, heads, head, decodes) for _ in range(layers))
        self.norm = T5Norm(width)

    def bias(self, past, length, both_sides):
        start, end = torch.arange(past, past + length).unsqueeze(1), torch.arange(past + length).unsqueeze(0)
        return self.table(t5_buckets(end - start, both_sides)).permute(2, 0, 1).unsqueeze(0)


class T5Parts(torch.nn.Module):
    def __init__(self, vocabulary=59, width=32, heads=4, head=8, layers=2):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary, width)
        self.encoder = T5Stack(width, heads, head, layers, False)
        self.decoder = T5Stack(width, heads, head, layers, True)

    def encode(self, ids, mask):
        batch, length = ids.shape
        mask = mask.unsqueeze(1).unsqueeze(1).expand(batch, 1, length, length)
        bias = self.encoder.bias(0, length, True) + (1.0 - mask.to(torch.float)) * -10000.0
        x = self.words(ids)
        for layer in self.encoder.layers:
            x, _ = layer(x, bias)
        return self.encoder.norm(x)

    def decode(self, ids, cache, text, mask):
        length = ids.shape[1]
        past = cache[0][0].shape[2] if cache else 0
        causal = torch.full((length, past + length), -10000.0).triu(past + 1)
        bias = self.decoder.bias(past, length, False) + causal
        mask = (1.0 - mask.unsqueeze(1).unsqueeze(1).to(torch.float)) * -10000.0
        x, present = self.words(ids), []
        for i, layer in enumerate(self.decoder.layers):
            x, states = layer(x, bias, cache[i] if cache else None, (text, mask))
            present.append(states)
        return (self.decoder.norm(x) * 32**-0.5).matmul(self.words.weight.t()), present


@twin("t5")
class T5(T5Parts):
    def forward(self, input_ids, attention_mask, decoder_input_ids):
        return self.decode(decoder_input_ids, None, self.encode(input_ids, attention_mask), attention_mask)[0]


@twin("t5_decoder")
class T5Decoder(T5Parts):
    def forward(self, decoder_input_ids, past_key_values, encoder_outputs, attention_mask):
        cache = [(state.keys, state.values) for state in past_key_values]
        return self.decode(decoder_input_ids, cache, encoder_outputs, attention_mask)


def deberta_positions(length, buckets=8, farthest=32):
    ids = torch.arange(length)
    relative = ids.unsqueeze(1) - ids.unsqueeze(0)
    middle = buckets // 2
    near = relative.lt(middle).logical_and(relative.gt(-middle))
    distance = torch.where(near.logical_not(), relative.abs(), torch.full_like(relative, middle - 1))
    step = math.log((farthest - 1) / middle)
    logarithm = torch.log(distance.to(torch.float) / middle) / step * (middle - 1)
    far = torch.ceil(logarithm) + middle
    far = (far * relative.sign()).to(torch.int64)
    return torch.where(distance.le(middle), relative, far)


class DebertaLayer(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.query, self.key, self.value, self.out = (torch.nn.Linear(width, width) for _ in range(4))
        self.after, self.last = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.inner = FeedForward(width)

    def split(self, layer, x):
        batch, length, _ = x.shape
        heads = layer(x).view(batch, length, self.heads, self.head).permute(0, 2, 1, 3)
        return heads.contiguous().view(-1, length, self.head)

    def attention(self, x, mask, relative, table, buckets=8):
        batch, length, width = x.shape
        query, key, value = (self.split(layer, x) for layer in (self.query, self.key, self.value))
        scale = math.sqrt(3.0 * self.head)
        scores = query.bmm(key.transpose(-1, -2) / scale)
        positions = table.unsqueeze(0)
        repeat = lambda layer: self.split(layer, positions).repeat(batch, 1, 1)
        position_keys, position_queries = repeat(self.key), repeat(self.query)
        expanded = lambda index: index.unsqueeze(0).expand(batch * self.heads, length, length)
        there = (relative + buckets).clamp(0, 2 * buckets - 1)
        back = (-relative + buckets).clamp(0, 2 * buckets - 1)
        to_positions = query.bmm(position_keys.transpose(-1, -2)).gather(-1, expanded(there))
        to_contents = key.bmm(position_queries.transpose(-1, -2)).gather(-1, expanded(back))
        scores = scores + to_positions / scale + to_contents.transpose(-1, -2) / scale
        scores = scores.view(-1, self.heads, length, length)
        unseen = mask.logical_not()
        scores = scores.masked_fill(unseen, torch.finfo(torch.float).min)
        scores = torch.softmax(scores, -1, dtype=torch.float).masked_fill(unseen, 0.0)
        seen = scores.view(-1, length, length).bmm(value).view(-1, self.heads, length, self.head)
        return self.out(seen.permute(0, 2, 1, 3).contiguous().view(batch, length, width))

    def forward(self, x, *others):
        x = self.after(x + self.attention(x, *others))
        return self.last(x + self.inner(x))


@twin("deberta")
class Deberta(torch.nn.Module):
    def __init__(self, vocabulary=83, width=32, heads=4, layers=2, buckets=8):
        super().__init__()
        self.words, self.relative = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(2 * buckets, width)
        self.norm, self.relative_norm = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.layers = torch.nn.ModuleList(DebertaLayer(width, heads) for _ in range(layers))

    def forward(self, input_ids, attention_mask):
        mask = attention_mask.unsqueeze(1).unsqueeze(2)
        mask = (mask * mask.squeeze(-2).unsqueeze(-1)).to(torch.bool)
        relative = deberta_positions(input_ids.shape[1])
        table = self.relative_norm(self.relative.weight)
        x = self.norm(self.words(input_ids)) * attention_mask.unsqueeze(2).to(torch.float)
        for layer in self.layers:
            x = layer(x, mask, relative, table)
        return x
