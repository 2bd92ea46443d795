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


@twin("llama_deep")
def llama_deep():
    return Llama(layers=32).eval()


@twin("llama_wide")
def llama_wide():
    return Llama(width=4096, inner=11_008, heads=32, groups=8, layers=1).eval()


class MultiHead(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (torch.nn.Linear(width, width) for _ in range(4))

    def split(self, layer, x):
        batch, length, width = x.shape
        return layer(x).view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def states(self, x):
        return self.split(self.key, x), self.split(self.value, x)

    def look(self, x, keys, values, mask=None):
        batch, length, width = x.shape
        query = self.split(self.query, x) / math.sqrt(width // self.heads)
        scores = query.matmul(keys.transpose(-1, -2))
        if mask is not None:
            scores = scores + mask
        seen = torch.softmax(scores, -1, dtype=scores.dtype).matmul(values)
        return self.out(seen.transpose(1, 2).contiguous().view(batch, length, width))

    def forward(self, x, mask=None):
        return self.look(x, *self.states(x), mask)


class FeedForward(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


def padding(mask, dtype):
    return (1.0 - mask.unsqueeze(1).unsqueeze(1).to(dtype)) * -10000.0


class Gpt2Layer(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.before, self.after = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.attention, self.inner = MultiHead(width, heads), FeedForward(width)

    def forward(self, x, mask, keys, values):
        normal = self.before(x)
        new_keys, new_values = self.attention.states(normal)
        keys, values = torch.cat([keys, new_keys], 2), torch.cat([values, new_values], 2)
        x = x + self.attention.look(normal, keys, values, mask)
        return x + self.inner(self.after(x)), (keys, values)


@twin("gpt2_masked")
class Gpt2(torch.nn.Module):
    def __init__(self, vocabulary=73, width=32, heads=4, layers=2, longest=64):
        super().__init__()
        self.words, self.positions = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(longest, width)
        self.layers = torch.nn.ModuleList(Gpt2Layer(width, heads) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(width)

    def forward(self, input_ids, past, attention_mask):
        batch, length = input_ids.shape
        before = past[0][0].shape[2]
        positions = (attention_mask.cumsum(-1, dtype=torch.int64) - 1).clamp_min(0).narrow(1, before, length)
        causal = torch.full((length, before + length), -10000.0).triu(before + 1)
        mask = padding(attention_mask, torch.float) + causal
        x = self.words(input_ids) + self.positions(positions)
        present = []
        for layer, states in zip(self.layers, past):
            x, states = layer(x, mask, *states)
            present.append(states)
        logits = self.norm(x).matmul(self.words.weight.t())
        one = torch.ones(batch, 1, dtype=torch.int64)
        return logits, present, torch.cat([attention_mask, one], 1)


class PostNormLayer(torch.nn.Module):
    """A layer of BERT, and of the encoder of BART."""

    def __init__(self, width, heads):
        super().__init__()
        self.attention, self.inner = MultiHead(width, heads), FeedForward(width)
        self.after, self.last = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)

    def forward(self, x, mask):
        x = self.after(x + self.attention(x, mask))
        return self.last(x + self.inner(x))


class BertEncoder(torch.nn.Module):
    def __init__(self, vocabulary=71, width=32, heads=4, layers=2, longest=40):
        super().__init__()
        self.words, self.positions = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(longest, width)
        self.types = torch.nn.Embedding(2, width)
        self.norm = torch.nn.LayerNorm(width)
        self.layers = torch.nn.ModuleList(PostNormLayer(width, heads) for _ in range(layers))
        self.position_ids = torch.arange(longest).unsqueeze(0)

    def forward(self, ids, mask, types=None):
        _, length = ids.shape
        positions = self.positions(self.position_ids.narrow(1, 0, length))
        types = self.types(torch.zeros_like(ids) if types is None else types)
        x = self.norm(self.words(ids) + types + positions)
        mask = padding(mask, x.dtype)
        for layer in self.layers:
            x = layer(x, mask)
        return x


@twin("bert")
class Bert(torch.nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.encoder, self.pooler = BertEncoder(), torch.nn.Linear(width, width)

    def forward(self, input_ids, attention_mask, token_type_ids):
        hidden = self.encoder(input_ids, attention_mask, token_type_ids)
        return hidden, torch.tanh(self.pooler(hidden.select(1, 0)))


class Embedder(torch.nn.Module):
    def __init__(self, dtype):
        super().__init__()
        self.encoder = BertEncoder().to(dtype)

    def forward(self, input_ids, attention_mask):
        hidden = self.encoder(input_ids, attention_mask)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum([1]) / mask.sum([1]).clamp_min(1e-9)
        return mean / torch.ops.aten.norm(mean, 2, [1], True).clamp_min(1e-12)


@twin("embedder_bf16")
def embedder_bf16():
    return Embedder(torch.bfloat16)


@twin("embedder_f64")
def embedder_f64():
    return Embedder(torch.float64)


class BartEmbeddings(torch.nn.Module):
    def __init__(self, width, longest):
        super().__init__()
        self.positions, self.norm = torch.nn.Embedding(longest + 2, width), torch.nn.LayerNorm(width)

    def forward(self, words, ids, past):
        positions = torch.arange(past, past + ids.shape[1]) + 2
        return self.norm(words(ids) * math.sqrt(words.embedding_dim) + self.positions(positions))


class BartDecoderLayer(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.itself, self.cross = PostNormLayer(width, heads), MultiHead(width, heads)
        self.norm = torch.nn.LayerNorm(width)


class BartParts(torch.nn.Module):
    def __init__(self, vocabulary=61, width=32, heads=4, layers=2, longest=48):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary, width)
        self.encoder, self.decoder = BartEmbeddings(width, longest), BartEmbeddings(width, longest)
        self.encoder_layers = torch.nn.ModuleList(PostNormLayer(width, heads) for _ in range(layers))
        self.decoder_layers = torch.nn.ModuleList(BartDecoderLayer(width, heads) for _ in range(layers))

    def encode(self, ids, mask):
        x = self.encoder(self.words, ids, 0)
        for layer in self.encoder_layers:
            x = layer(x, mask)
        return x

    def decode(self, ids, past_states, cross, mask):
        """Returns the logits and the states of the decoder itself."""
        past, length = past_states[0][0].shape[2] if past_states else 0, ids.shape[1]
        causal = torch.full((length, past + length), -math.inf).triu(past + 1)
        x = self.decoder(self.words, ids, past)
        present = []
        for i, layer in enumerate(self.decoder_layers):
            states = layer.itself.attention.states(x)
            if past_states:
                states = tuple(torch.cat(both, 2) for both in zip(past_states[i], states))
            present.append(states)
            x = layer.itself.after(x + layer.itself.attention.look(x, *states, causal))
            x = layer.norm(x + layer.cross.look(x, *cross[i], mask))
            x = layer.itself.last(x + layer.itself.inner(x))
        return x.matmul(self.words.weight.t()), present


@twin("bart")
class Bart(BartParts):
    def forward(self, input_ids, attention_mask, decoder_input_ids):
        mask = padding(attention_mask, torch.float)
        encoded = self.encode(input_ids, mask)
        cross = [layer.cross.states(encoded) for layer in self.decoder_layers]
        return self.decode(decoder_input_ids, [], cross, mask)[0]


def pairs(leaves):
    return list(zip(leaves[::2], leaves[1::2]))


@twin("bart_decoder")
class BartDecoder(BartParts):
    def forward(self, decoder_input_ids, past_key_values, attention_mask):
        leaves = torch.utils._pytree.tree_leaves(past_key_values)
        itself, cross = pairs(leaves[: len(leaves) // 2]), pairs(leaves[len(leaves) // 2 :])
        logits, itself = self.decode(decoder_input_ids, itself, cross, padding(attention_mask, torch.float))
        return logits, itself, cross
