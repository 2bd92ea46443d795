//! Ints computed in the graph: sizes read from tensors, Python's operators on them, and what is asserted of sizes.

use super::{Call, Output, Outputs, Row, shown};
use symbolic::{Expr, ExprError};

pub(super) const FAMILY: &[Row] = &[
    (&["aten.sym_size.int"], sym_size),
    (&["aten.sym_numel.default"], sym_numel),
    (&["operator.add"], |call| binary(call, Expr::try_add)),
    (&["operator.sub"], |call| binary(call, Expr::try_sub)),
    (&["operator.mul"], |call| binary(call, Expr::try_mul)),
    (&["operator.floordiv"], |call| binary(call, Expr::floor_div)),
    (&["operator.mod"], |call| binary(call, Expr::modulo)),
    (&["operator.pow"], |call| binary(call, Expr::try_pow)),
    (&["operator.neg"], negate),
    (&["sym_max"], |call| binary(call, |a, b| Expr::max_of([a.clone(), b.clone()]))),
    (&["sym_min"], |call| binary(call, |a, b| Expr::min_of([a.clone(), b.clone()]))),
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
fn binary(call: &mut Call<'_>, operator: fn(&Expr, &Expr) -> Result<Expr, ExprError>) -> Outputs {
    let (a, b) = (call.int("0")?, call.int("1")?);
    Ok(vec![Output::Int(call.math(operator(&a, &b))?)])
}

fn negate(call: &mut Call<'_>) -> Outputs {
    let a = call.int("0")?;
    Ok(vec![Output::Int(call.math(a.try_neg())?)])
}

/// Sizes, where it asserts them; there is no result.
fn assert_metadata(call: &mut Call<'_>) -> Outputs {
    if let Some(wanted) = call.maybe_ints("size")? {
        let sizes = call.tensor("a")?;
        if sizes.len() != wanted.len() {
            return call.mismatch(format!("the tensor {} does not have the sizes {}", shown(&sizes), shown(&wanted)));
        }
        for (d, (size, wanted)) in sizes.iter().zip(&wanted).enumerate() {
            call.same(size, wanted, || format!("dimension {d}"))?;
        }
    }
    Ok(Vec::new())
}
