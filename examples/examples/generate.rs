//! Generates tokens with a language model that Python exported: a Llama of `transformers`, with its cache as an input and
//! output (`DynamicCache`), or in the buffers of the program (`TorchExportableModuleWithStaticCache`).
//!
//! ```text
//! cargo run -p examples --example generate -- MODEL.pt2 TOKENS ID...
//! ```
//!
//! It prints the ids of the next tokens, those with the largest logits. `tests/conformance/generate.py` makes such models.

use anyhow::{Context, Result, bail};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::program::NodeValue;
use torch_export::pytree::cache::DynamicCache;

/// The arguments of `LlamaForCausalLM.forward` that the program takes, by name.
#[derive(PyTree)]
#[pytree(as = "dict")]
struct Inputs {
    input_ids: Tensor,
    attention_mask: Tensor,
    past_key_values: DynamicCache<Tensor>,
}

/// What it returns, with the names that transformers 5.24 gives the fields.
#[derive(PyTree)]
#[pytree(name = "transformers.modeling_outputs.CausalLMOutputWithPast", as = "mapping")]
struct Output {
    logits: Tensor,
    cache: DynamicCache<Tensor>,
}

/// The arguments of a program whose cache is in its buffers: one token, and its position.
#[derive(PyTree)]
#[pytree(as = "dict")]
struct Step {
    input_ids: Tensor,
    cache_position: Tensor,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: generate MODEL.pt2 TOKENS ID...";
    let (path, count) = (arguments.next().context(usage)?, arguments.next().context(usage)?);
    let count: usize = count.parse().context("the number of tokens")?;
    let prompt = arguments.map(|id| id.parse()).collect::<Result<Vec<i64>, _>>().context("the ids of the prompt")?;
    if prompt.is_empty() {
        bail!(usage);
    }
    let program = ExportedProgram::load(&path)?;
    let tokens = if program.argument_names.iter().any(|name| name == "past_key_values") {
        with_cache(&program, &prompt, count)?
    } else {
        with_buffers(&program, &prompt, count)?
    };
    println!("{tokens:?}");
    Ok(())
}

/// The whole prompt in one call, then one token in each: the cache goes in and comes out longer.
fn with_cache(program: &ExportedProgram, prompt: &[i64], count: usize) -> Result<Vec<i64>> {
    let module = program.module()?;
    let mut cache = empty_cache(program)?;
    let mut ids = Tensor::from_slice(prompt).unsqueeze(0);
    let mut tokens = Vec::new();
    while tokens.len() < count {
        let length = i64::try_from(prompt.len() + tokens.len())?;
        let attention_mask = Tensor::ones([1, length], (Kind::Int64, Device::Cpu));
        let inputs = Inputs { input_ids: ids, attention_mask, past_key_values: cache };
        let output: Output = module.call(&((), inputs))?;
        (ids, cache) = (next(&output.logits), output.cache);
        tokens.push(ids.int64_value(&[0, 0]));
    }
    Ok(tokens)
}

/// One token in each call, those of the prompt as well. A session has buffers of its own.
fn with_buffers(program: &ExportedProgram, prompt: &[i64], count: usize) -> Result<Vec<i64>> {
    let session = program.module()?.session()?;
    let mut tokens: Vec<i64> = Vec::new();
    for position in 0..prompt.len() + count - 1 {
        let id = prompt.get(position).or_else(|| tokens.get(position - prompt.len())).context("a token")?;
        let input_ids = Tensor::from_slice(&[*id]).unsqueeze(0);
        let cache_position = Tensor::from_slice(&[i64::try_from(position)?]);
        let logits: Tensor = session.call(&((), Step { input_ids, cache_position }))?;
        if position + 1 >= prompt.len() {
            tokens.push(next(&logits).int64_value(&[0, 0]));
        }
    }
    Ok(tokens)
}

/// The token with the largest logit at the last position: `[1, 1]`.
fn next(logits: &Tensor) -> Tensor {
    logits.select(1, -1).argmax(-1, true)
}

/// A cache of length 0 with the heads and widths of the program's inputs: `[1, heads, 0, width]`.
fn empty_cache(program: &ExportedProgram) -> Result<DynamicCache<Tensor>> {
    let mut states = Vec::new();
    for (_, node) in program.graph.placeholders() {
        if let (NodeValue::Tensor(tensor), Some(_)) = (&node.value, node.name.strip_prefix("past_key_values_")) {
            let size = |dim: usize| tensor.sizes.get(dim).and_then(|size| size.as_int()).context("a fixed size");
            states.push(Tensor::zeros([1, size(1)?, 0, size(3)?], (Kind::Float, Device::Cpu)));
        }
    }
    let value_cache = states.split_off(states.len() / 2);
    let windows = Some(vec![None; value_cache.len()]);
    Ok(DynamicCache { key_cache: states, value_cache, windows })
}
