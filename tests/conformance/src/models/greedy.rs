//! Greedy generation with a model or a program, by its leaves.

use anyhow::{Context, Result, bail};
use tch::{Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::Leaf;

/// How many tokens are generated.
const TOKENS: usize = 20;

/// Generates tokens: `run` makes a call of the leaves of one, which are the ids and the state.
pub(crate) fn tokens(
    mut leaves: Vec<Leaf<Tch>>,
    mut run: impl FnMut(Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>>,
) -> Result<Vec<i64>> {
    let mut tokens = Vec::with_capacity(TOKENS);
    for _ in 0..TOKENS {
        let copies = leaves.iter().map(|leaf| leaf.as_ref().map(Tensor::shallow_clone)).collect();
        let mut outputs = run(copies)?.into_iter();
        let Some(Leaf::Tensor(logits)) = outputs.next() else { bail!("the first output of a decoder is its logits") };
        let next = logits.select(1, -1).argmax(-1, false).to_kind(Kind::Int64);
        tokens.push(next.int64_value(&[0]));
        let first = leaves.first_mut().context("a decoder takes ids")?;
        *first = Leaf::Tensor(next.unsqueeze(-1));
        for (leaf, output) in leaves.iter_mut().skip(1).zip(outputs) {
            *leaf = output;
        }
    }
    Ok(tokens)
}
