//! What a solution says of runs that it has not seen.

use crate::ExportError;
use super::sizes::Movable;
use crate::record::{OutputLeaf, Sample};
use crate::resolve::Resolved;
use shapes::{PlaceholderShape, Solved};
use symbolic::{Expr, Symbol};
use std::collections::HashMap;

/// A symbol that is still free, with what it may be.
#[derive(Clone, Debug)]
pub(crate) struct Free {
    pub(crate) symbol: Symbol,
    pub(crate) movable: Movable,
}

/// The symbols that are left, with the range that both the program and the spec give them.
pub(crate) fn free_symbols(solved: &Solved) -> Vec<Free> {
    let mut free: Vec<Free> = Vec::new();
    for placeholder in &solved.placeholders {
        let exprs = match &placeholder.shape {
            PlaceholderShape::Tensor(sizes) => sizes.as_slice(),
            PlaceholderShape::Int(expr) => std::slice::from_ref(expr),
            _ => continue,
        };
        for symbol in exprs.iter().flat_map(Expr::free_symbols) {
            if free.iter().any(|known| known.symbol == symbol) {
                continue;
            }
            let mut range = solved.env.range(&symbol);
            if let Some(declared) = solved.ranges.0.get(&Expr::symbol(&symbol)) {
                range = range.intersect(declared);
            }
            let example = solved.env.info(&symbol).and_then(|info| info.hint).unwrap_or_default();
            free.push(Free { symbol, movable: Movable { example, range } });
        }
    }
    free
}

/// Whether every guard holds when the symbols have these values.
pub(crate) fn guards_hold(solved: &Solved, values: &HashMap<Symbol, i64>) -> bool {
    let value = |symbol: &Symbol| values.get(symbol).copied();
    solved.env.guards().iter().all(|guard| guard.rel.eval(&value).unwrap_or(true))
}

/// What every symbol is when the inputs have these sizes: read off the dimension it was made for, or, for the hidden root
/// of derived dims, off a dimension that is an affine function of it.
pub(crate) fn symbol_values(resolved: &Resolved, values: &[Option<Vec<i64>>]) -> HashMap<Symbol, i64> {
    let leaves = resolved.created.iter().zip(values).filter_map(|(exprs, v)| Some((exprs, v.as_ref()?)));
    let dims = leaves.flat_map(|(exprs, v)| exprs.iter().zip(v));
    let mut all: HashMap<Symbol, i64> = dims.filter_map(|(e, v)| Some((e.as_symbol()?.clone(), *v))).collect();
    for (placeholder, values) in resolved.solved.placeholders.iter().zip(values) {
        let (PlaceholderShape::Tensor(sizes), Some(values)) = (&placeholder.shape, values) else { continue };
        for (expr, size) in sizes.iter().zip(values) {
            let [symbol] = &expr.free_symbols().into_iter().collect::<Vec<_>>()[..] else { continue };
            if let (false, Some(root)) = (all.contains_key(symbol), root_of(expr, *size)) {
                all.insert(symbol.clone(), root);
            }
        }
    }
    all
}

/// The value of its one symbol at which an affine expression is `size`.
fn root_of(expr: &Expr, size: i64) -> Option<i64> {
    let at = |value: i64| expr.eval(&|_| Some(value)).ok();
    let (add, mul) = (at(0)?, at(1)?.checked_sub(at(0)?)?);
    let root = size.checked_sub(add)?.checked_div(mul)?;
    (at(root)? == size).then_some(root)
}

/// Whether a run shows what was solved: every integer, every size, every integer output.
pub(crate) fn agrees(resolved: &Resolved, sample: &Sample) -> Result<bool, ExportError> {
    Ok(integers_agree(resolved, sample)? && sizes_agree(resolved, sample)?)
}

/// Whether a run shows the integers that were solved. It does so at any sizes the model accepts, whatever the guards say.
pub(crate) fn integers_agree(resolved: &Resolved, sample: &Sample) -> Result<bool, ExportError> {
    let values = symbol_values(resolved, &sample.values);
    let eval = |expr: &Expr| expr.eval(&|symbol| values.get(symbol).copied());
    for (call, arguments) in sample.trace.calls.iter().zip(&resolved.arguments) {
        for (seen, solved) in call.args.iter().zip(arguments) {
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
    let values = symbol_values(resolved, &sample.values);
    for (call, sizes) in sample.trace.calls.iter().zip(&resolved.sizes) {
        for (output, sizes) in call.output_tensors().zip(sizes) {
            for (seen, solved) in output.tensor.sizes.iter().zip(sizes) {
                if solved.eval(&|symbol| values.get(symbol).copied())? != *seen {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}
