//! Ints computed in the graph: sizes read from tensors, and Python's operators on them.

use super::{Call, Family, Output, Outputs};
use crate::expr::Expr;

pub(super) const FAMILY: &[Family] = &[
    (&["aten.sym_size.int"], sym_size),
    (&["aten.sym_numel.default"], sym_numel),
    (&["operator.add", "operator.sub", "operator.mul", "operator.floordiv", "operator.mod", "operator.pow"], binary),
    (&["operator.neg"], negate),
    (&["sym_max", "sym_min"], extremum),
];

fn sym_size(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    let dim = call.dim(call.number("dim", 0)?, sizes.len())?;
    match sizes.get(dim) {
        Some(size) => Ok(vec![Output::Int(size.clone())]),
        None => call.mismatch("a scalar has no sizes".to_owned()),
    }
}

fn sym_numel(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    Ok(vec![Output::Int(call.product(&sizes)?)])
}

/// Operands go by position, since Python's operators have no names for them.
fn binary(call: &mut Call<'_>) -> Outputs {
    let (a, b) = (call.int("0")?, call.int("1")?);
    let value = match call.op {
        "operator.add" => a.try_add(&b),
        "operator.sub" => a.try_sub(&b),
        "operator.mul" => a.try_mul(&b),
        "operator.floordiv" => a.floor_div(&b),
        "operator.mod" => a.modulo(&b),
        _ => a.try_pow(&b),
    };
    Ok(vec![Output::Int(call.math(value)?)])
}

fn negate(call: &mut Call<'_>) -> Outputs {
    let a = call.int("0")?;
    Ok(vec![Output::Int(call.math(a.try_neg())?)])
}

fn extremum(call: &mut Call<'_>) -> Outputs {
    let items = [call.int("0")?, call.int("1")?];
    let value = if call.op == "sym_max" { Expr::max_of(items) } else { Expr::min_of(items) };
    Ok(vec![Output::Int(call.math(value)?)])
}
