//! Matrix products.

use super::{Call, Outputs, Row, RuleError, one, shown};
use symbolic::Expr;

pub(super) const FAMILY: &[Row] = &[
    (&["aten.mm.default"], mm),
    (&["aten.bmm.default"], bmm),
    (&["aten.matmul.default"], matmul),
    (&["aten.linear.default"], linear),
    (&["aten.addmm.default"], addmm),
    (&["aten.baddbmm.default"], baddbmm),
    (&["aten.mv.default"], matrix_vector),
    (&["aten.dot.default"], |call| dot(call, "tensor")),
    (&["aten.vdot.default"], |call| dot(call, "other")),
    (&["aten.outer.default", "aten.ger.default"], outer),
];

/// The operands when both have the rank the operator needs.
fn operands<const A: usize, const B: usize>(
    call: &Call<'_>,
    names: [&'static str; 2],
) -> Result<([Expr; A], [Expr; B]), RuleError> {
    let (a, b) = (call.tensor(names[0])?, call.tensor(names[1])?);
    match (<[Expr; A]>::try_from(a.clone()), <[Expr; B]>::try_from(b.clone())) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        _ => call.mismatch(format!("expected tensors of {A} and {B} dimensions, got {} and {}", shown(&a), shown(&b))),
    }
}

fn inner(call: &mut Call<'_>, a: &Expr, b: &Expr) -> Result<(), RuleError> {
    call.same(a, b, || "the inner dimensions do not fit".to_owned())
}

fn mm(call: &mut Call<'_>) -> Outputs {
    let ([n, k], [l, m]) = operands::<2, 2>(call, ["self", "mat2"])?;
    inner(call, &k, &l)?;
    one(vec![n, m])
}

fn bmm(call: &mut Call<'_>) -> Outputs {
    one(batched(call, ["self", "mat2"])?)
}

fn batched(call: &mut Call<'_>, names: [&'static str; 2]) -> Result<Vec<Expr>, RuleError> {
    let ([b, n, k], [c, l, m]) = operands::<3, 3>(call, names)?;
    call.same(&c, &b, || "the batch dimensions do not fit".to_owned())?;
    inner(call, &l, &k)?;
    Ok(vec![b, n, m])
}

fn matrix_vector(call: &mut Call<'_>) -> Outputs {
    let ([n, k], [l]) = operands::<2, 1>(call, ["self", "vec"])?;
    inner(call, &k, &l)?;
    one(vec![n])
}

fn dot(call: &mut Call<'_>, second: &'static str) -> Outputs {
    let ([n], [m]) = operands::<1, 1>(call, ["self", second])?;
    inner(call, &n, &m)?;
    one(Vec::new())
}

fn outer(call: &mut Call<'_>) -> Outputs {
    let ([n], [m]) = operands::<1, 1>(call, ["self", "vec2"])?;
    one(vec![n, m])
}

fn matmul(call: &mut Call<'_>) -> Outputs {
    let (a, b) = (call.tensor("self")?, call.tensor("other")?);
    let (Some(k), Some(_)) = (a.last().cloned(), b.last()) else {
        return call.mismatch(format!("both tensors need at least one dimension, got {} and {}", shown(&a), shown(&b)));
    };
    // A vector on the left is a row, on the right a column; that dimension does not appear in the result.
    let l = b[b.len().saturating_sub(2)].clone();
    let (batch_a, batch_b) = (&a[..a.len().saturating_sub(2)], &b[..b.len().saturating_sub(2)]);
    let mut out = if batch_a.is_empty() || batch_b.is_empty() {
        [batch_a, batch_b].concat()
    } else {
        call.infer_size(batch_a, batch_b)?
    };
    inner(call, &k, &l)?;
    if a.len() >= 2 {
        out.push(a[a.len() - 2].clone());
    }
    if b.len() >= 2 {
        out.push(b[b.len() - 1].clone());
    }
    one(out)
}

fn linear(call: &mut Call<'_>) -> Outputs {
    let (input, weight) = (call.tensor("input")?, call.tensor("weight")?);
    let (Some((k, batch)), true) = (input.split_last(), (1..=2).contains(&weight.len())) else {
        return call.mismatch(format!("the input {} and the weight {} do not fit", shown(&input), shown(&weight)));
    };
    inner(call, k, &weight[weight.len() - 1])?;
    let mut out = batch.to_vec();
    if let [features, _] = weight.as_slice() {
        out.push(features.clone());
    }
    if let Some(bias) = call.maybe_tensor("bias")? {
        out = call.broadcast(&[out, bias])?;
    }
    one(out)
}

fn addmm(call: &mut Call<'_>) -> Outputs {
    let ([n, k], [l, m]) = operands::<2, 2>(call, ["mat1", "mat2"])?;
    inner(call, &k, &l)?;
    let (own, out) = (call.tensor("self")?, vec![n, m]);
    call.stretched(&own, &out)?;
    one(out)
}

fn baddbmm(call: &mut Call<'_>) -> Outputs {
    let out = batched(call, ["batch1", "batch2"])?;
    let own = call.tensor("self")?;
    call.stretched(&own, &out)?;
    one(out)
}
