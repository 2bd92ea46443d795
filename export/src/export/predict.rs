//! What a solution says of runs that it has not seen.

use super::ExportError;
use super::probe::Movable;
use super::resolve::Resolved;
use super::sample::{OutputLeaf, Sample};
use shapes::{Expr, PlaceholderShape, Solved, Symbol};
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

/// Whether a run shows what was solved: every integer, every size, every integer output.
pub(crate) fn agrees(resolved: &Resolved, sample: &Sample) -> Result<bool, ExportError> {
    let leaves = resolved.created.iter().zip(&sample.values).filter_map(|(exprs, v)| Some((exprs, v.as_ref()?)));
    let dims = leaves.flat_map(|(exprs, v)| exprs.iter().zip(v));
    let values: HashMap<Symbol, i64> = dims.filter_map(|(e, v)| Some((e.as_symbol()?.clone(), *v))).collect();
    let eval = |expr: &Expr| expr.eval(&|symbol| values.get(symbol).copied());
    for ((call, arguments), sizes) in sample.trace.calls.iter().zip(&resolved.arguments).zip(&resolved.sizes) {
        for (seen, solved) in call.args.iter().zip(arguments) {
            for (seen, solved) in seen.value.ints().iter().zip(solved.ints()) {
                if eval(solved)? != *seen {
                    return Ok(false);
                }
            }
        }
        for (output, sizes) in call.output_tensors().zip(sizes) {
            for (seen, solved) in output.info.sizes.iter().zip(sizes) {
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
