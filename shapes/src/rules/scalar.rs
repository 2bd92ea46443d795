//! Ints computed in the graph: sizes read from tensors, Python's operators on them, and what is asserted of sizes.

use super::{Call, Family, Output, Outputs, shown};
use symbolic::Expr;

pub(super) const FAMILY: &[Family] = &[
    (&["aten.sym_size.int"], sym_size),
    (&["aten.sym_numel.default"], sym_numel),
    (&["operator.add", "operator.sub", "operator.mul", "operator.floordiv", "operator.mod", "operator.pow"], binary),
    (&["operator.neg"], negate),
    (&["sym_max", "sym_min"], extremum),
    (&["aten._assert_tensor_metadata.default"], assert_metadata),
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

/// Sizes, where it asserts them; there is no result.
fn assert_metadata(call: &mut Call<'_>) -> Outputs {
    if let Some(wanted) = call.maybe_ints("size")? {
        let sizes = call.tensor("a")?;
        if sizes.len() != wanted.len() {
            return call.mismatch(format!("the tensor {} has not the sizes {}", shown(&sizes), shown(&wanted)));
        }
        for (d, (size, wanted)) in sizes.iter().zip(&wanted).enumerate() {
            call.same(size, wanted, || format!("dimension {d}"))?;
        }
    }
    Ok(Vec::new())
}
