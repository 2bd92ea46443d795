//! `cat` and `stack`.

use super::{Call, Outputs, Row, one, shown};
use symbolic::Expr;

pub(super) const FAMILY: &[Row] =
    &[(&["aten.cat.default", "aten.concat.default"], cat), (&["aten.stack.default"], stack)];

fn cat(call: &mut Call<'_>) -> Outputs {
    let all = call.tensors("tensors")?;
    // An empty one-dimensional tensor fits anything, by old habit.
    let empty = |sizes: &Vec<Expr>| matches!(sizes.as_slice(), [only] if only.as_int() == Some(0));
    let tensors: Vec<Vec<Expr>> = all.iter().filter(|t| !empty(t)).cloned().collect();
    let Some(first) = tensors.first() else {
        return match all.first() {
            Some(sizes) => one(sizes.clone()),
            None => call.mismatch("expected at least one tensor".to_owned()),
        };
    };
    if first.is_empty() {
        return call.mismatch("tensors without dimensions cannot be concatenated; stack them".to_owned());
    }
    let dim = call.dim(call.number("dim", 0)?, first.len())?;
    let mut total = first[dim].clone();
    for (i, sizes) in tensors.iter().enumerate().skip(1) {
        if sizes.len() != first.len() {
            return call.mismatch(format!("tensor {i} is {}, the first is {}", shown(sizes), shown(first)));
        }
        for d in (0..first.len()).filter(|d| *d != dim) {
            call.same(&sizes[d], &first[d], || format!("tensor {i} and the first do not fit at dimension {d}"))?;
        }
        total = call.add(&total, &sizes[dim])?;
    }
    let mut out = first.clone();
    out[dim] = total;
    one(out)
}

fn stack(call: &mut Call<'_>) -> Outputs {
    let tensors = call.tensors("tensors")?;
    let Some(first) = tensors.first() else { return call.mismatch("expected at least one tensor".to_owned()) };
    for (i, sizes) in tensors.iter().enumerate().skip(1) {
        if sizes.len() != first.len() {
            return call.mismatch(format!("tensor {i} is {}, the first is {}", shown(sizes), shown(first)));
        }
        for d in 0..first.len() {
            call.same(&sizes[d], &first[d], || format!("tensor {i} and the first do not fit at dimension {d}"))?;
        }
    }
    let dim = call.dim(call.number("dim", 0)?, first.len() + 1)?;
    let mut out = first.clone();
    out.insert(dim, Expr::int(tensors.len() as i64));
    one(out)
}
