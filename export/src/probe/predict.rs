//! What a solution predicts for other runs.

use super::sizes::DynamicDim;
use crate::ExportError;
use crate::record::{OutputLeaf, Sample};
use crate::resolve::{Resolved, created_values};
use crate::variable::LeafSizes;
use shapes::{PlaceholderShape, Solved};
use std::collections::HashMap;
use symbolic::{Affine, Expr, Symbol};

/// A symbol that is still free, with its possible values.
#[derive(Clone, Debug)]
pub(crate) struct FreeSymbol {
    pub(crate) symbol: Symbol,
    pub(crate) dim: DynamicDim,
}

/// The sizes of a tensor, or the value of an int, as expressions.
pub(super) fn sizes_of(shape: &PlaceholderShape) -> Option<&[Expr]> {
    match shape {
        PlaceholderShape::Tensor(sizes) => Some(sizes),
        PlaceholderShape::Int(expr) => Some(std::slice::from_ref(expr)),
        _ => None,
    }
}

/// The free symbols, each with the intersection of the ranges of the program and the spec.
pub(crate) fn free_symbols(solved: &Solved) -> Vec<FreeSymbol> {
    let mut free: Vec<FreeSymbol> = Vec::new();
    for placeholder in &solved.placeholders {
        let Some(exprs) = sizes_of(&placeholder.shape) else { continue };
        for symbol in exprs.iter().flat_map(Expr::free_symbols) {
            if free.iter().any(|known| known.symbol == symbol) {
                continue;
            }
            let mut range = solved.env.range(&symbol);
            if let Some(declared) = solved.ranges.0.get(&Expr::symbol(&symbol)) {
                range = range.intersect(declared);
            }
            let example = solved.env.info(&symbol).and_then(|info| info.hint).unwrap_or_default();
            free.push(FreeSymbol { symbol, dim: DynamicDim { example, range } });
        }
    }
    free
}

/// Whether every guard holds when the symbols have these values.
pub(crate) fn guards_hold(solved: &Solved, values: &HashMap<Symbol, i64>) -> bool {
    let value = |symbol: &Symbol| values.get(symbol).copied();
    solved.env.guards().iter().all(|guard| guard.rel.eval(&value).unwrap_or(true))
}

/// The value of every symbol when the inputs have these sizes: the value of the variable that it was created for. The value
/// of the hidden root of derived dims follows from a dimension that is affine in it.
pub(crate) fn symbol_values(resolved: &Resolved, sizes: &LeafSizes) -> HashMap<Symbol, i64> {
    let mut all = created_values(&resolved.created, sizes);
    for (placeholder, sizes) in resolved.solved.placeholders.iter().zip(sizes.iter()) {
        let (PlaceholderShape::Tensor(exprs), Some(sizes)) = (&placeholder.shape, sizes) else { continue };
        for (expr, size) in exprs.iter().zip(sizes) {
            let Some((symbol, affine)) = Affine::of(expr) else { continue };
            if let (false, Some(root)) = (all.contains_key(&symbol), affine.root(*size)) {
                all.insert(symbol, root);
            }
        }
    }
    all
}

/// Whether a run agrees with the solution in every integer, every size and every integer output.
pub(crate) fn agrees(resolved: &Resolved, sample: &Sample) -> Result<bool, ExportError> {
    Ok(integers_agree(resolved, sample)? && sizes_agree(resolved, sample)?)
}

/// Whether a run agrees with the solution in every integer. This must hold at all sizes that the model accepts, even where
/// the guards do not.
pub(crate) fn integers_agree(resolved: &Resolved, sample: &Sample) -> Result<bool, ExportError> {
    let values = symbol_values(resolved, &sample.sizes);
    let eval = |expr: &Expr| expr.eval(&|symbol| values.get(symbol).copied());
    for (call, solved) in sample.trace.calls.iter().zip(&resolved.calls) {
        for (seen, solved) in call.args.iter().zip(&solved.arguments) {
            for (seen, solved) in seen.value.ints().iter().zip(solved.ints()) {
                if eval(solved)? != *seen {
                    return Ok(false);
                }
            }
        }
    }
    for (seen, solved) in sample.outputs.iter().zip(&resolved.output_ints) {
        if let (OutputLeaf::Int(seen), Some(solved)) = (seen, solved)
            && eval(solved)? != *seen
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn sizes_agree(resolved: &Resolved, sample: &Sample) -> Result<bool, ExportError> {
    let values = symbol_values(resolved, &sample.sizes);
    for (call, solved) in sample.trace.calls.iter().zip(&resolved.calls) {
        for (output, tensor) in call.output_tensors().zip(&solved.results) {
            for (seen, solved) in output.tensor.sizes.iter().zip(&tensor.sizes) {
                if solved.eval(&|symbol| values.get(symbol).copied())? != *seen {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}
