"""Language models that Rust runs: `python generate.py FOLDER` exports a Llama of transformers with random weights, with a
dynamic and with a static cache, and writes what it generates itself. `python generate.py --own FILE ID...` generates with a
program that Rust exported, and prints the tokens."""

import json
import os
import sys

import torch
from torch.export import Dim

PROMPT = [5, 17, 3, 42, 8]
TOKENS = 20
LONGEST = 32


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
    )
    return LlamaForCausalLM(config).eval()


def generated(model):
    """What `generate` of transformers gives after the prompt."""
    prompt = torch.tensor([PROMPT])
    settings = dict(max_new_tokens=TOKENS, min_new_tokens=TOKENS, do_sample=False, pad_token_id=0, eos_token_id=None)
    with torch.no_grad():
        return model.generate(prompt, attention_mask=torch.ones_like(prompt), **settings)[0, len(PROMPT) :].tolist()


def export_dynamic(model, path):
    from transformers import DynamicCache
    from transformers.exporters.exporter_dynamo import patch_forward_signature
    from transformers.integrations.executorch import register_dynamic_cache_export_support

    register_dynamic_cache_export_support()
    batch, length, past = 2, 3, 5
    heads, width = model.config.num_key_value_heads, model.config.hidden_size // model.config.num_attention_heads
    cache = DynamicCache()
    for layer in range(model.config.num_hidden_layers):
        cache.update(torch.randn(batch, heads, past, width), torch.randn(batch, heads, past, width), layer)
    inputs = dict(
        input_ids=torch.randint(0, 64, (batch, length)),
        attention_mask=torch.ones(batch, past + length, dtype=torch.int64),
        past_key_values=cache,
    )
    auto = Dim.AUTO
    states = [{0: auto, 2: auto}] * model.config.num_hidden_layers
    shapes = dict(input_ids={0: auto, 1: auto}, attention_mask={0: auto, 1: auto}, past_key_values=[states, states])
    with torch.no_grad(), patch_forward_signature(model, inputs):
        program = torch.export.export(model, (), inputs, dynamic_shapes=shapes, strict=False)
    torch.export.save(program, path)


def export_static(model, path):
    from transformers import GenerationConfig
    from transformers.integrations.executorch import TorchExportableModuleWithStaticCache

    model.generation_config = GenerationConfig(
        use_cache=True,
        cache_implementation="static",
        max_length=LONGEST,
        cache_config={"batch_size": 1, "max_cache_len": LONGEST},
    )
    wrapped = TorchExportableModuleWithStaticCache(model, batch_size=1, max_cache_len=LONGEST, device=torch.device("cpu"))
    inputs = dict(input_ids=torch.tensor([[1]]), cache_position=torch.tensor([0]))
    with torch.no_grad():
        torch.export.save(torch.export.export(wrapped, (), inputs, strict=False), path)


def make(folder):
    os.makedirs(folder, exist_ok=True)
    tokens = generated(llama())
    export_dynamic(llama(), os.path.join(folder, "dynamic.pt2"))
    export_static(llama(), os.path.join(folder, "static.pt2"))
    for name, text in (("prompt", " ".join(map(str, PROMPT))), ("tokens", json.dumps(tokens))):
        with open(os.path.join(folder, f"{name}.txt"), "w") as file:
            file.write(text)


def run_own(path, prompt):
    """Greedy tokens of a program `forward(ids, cache)` that Rust saved, beside the module that registers its cache."""
    sys.path.insert(0, os.path.dirname(path))
    import generate_own_nodes as nodes

    program = torch.export.load(path)
    module = program.module()
    sizes = [node.meta["val"].shape for node in program.graph.nodes if node.name == "cache_key_cache_0"][0]
    empty = lambda: torch.zeros(1, int(sizes[1]), 0, int(sizes[3]))
    layers = sum(node.name.startswith("cache_key_cache_") for node in program.graph.nodes)
    cache = nodes.DynamicCache(key_cache=[empty() for _ in range(layers)], value_cache=[empty() for _ in range(layers)])
    ids, tokens = torch.tensor([prompt]), []
    with torch.no_grad():
        for _ in range(TOKENS):
            logits, cache = module(ids, cache=cache)
            ids = logits[:, -1:].argmax(-1)
            tokens.append(int(ids))
    return tokens


if __name__ == "__main__":
    if sys.argv[1] == "--own":
        print(json.dumps(run_own(sys.argv[2], [int(id) for id in sys.argv[3:]])))
    else:
        make(sys.argv[1])
