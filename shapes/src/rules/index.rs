//! Elements picked by an index tensor.

use super::{Call, Index, Outputs, Row, RuleError, one, shown};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[
    (&["aten.embedding.default"], embedding),
    (&["aten.index_select.default"], index_select),
    (&["aten.gather.default"], gather),
    (SCATTER, scatter),
    (&["aten.index.Tensor"], index),
    (INTO, into),
    (&["aten.one_hot.default"], one_hot),
];

const SCATTER: &[&str] =
    &["aten.scatter.src", "aten.scatter.value", "aten.scatter_add.default", "aten.scatter_reduce.two"];
const INTO: &[&str] =
    &["aten.index_put.default", "aten.index_put_.default", "aten.index_add.default", "aten.index_copy.default"];

fn embedding(call: &mut Call<'_>) -> Outputs {
    let (weight, mut out) = (call.tensor("weight")?, call.tensor("indices")?);
    let [_, width] = weight.as_slice() else {
        return call.mismatch(format!("the weight {} does not have 2 dimensions", shown(&weight)));
    };
    out.push(width.clone());
    one(out)
}

fn index_select(call: &mut Call<'_>) -> Outputs {
    let (mut sizes, index) = (call.tensor("self")?, call.tensor("index")?);
    let dim = call.dim(call.number("dim", 0)?, sizes.len())?;
    let count = match index.as_slice() {
        [] => Expr::int(1),
        [count] => count.clone(),
        _ => return call.mismatch(format!("the index {} has more than one dimension", shown(&index))),
    };
    if !sizes.is_empty() {
        sizes[dim] = count;
    }
    one(sizes)
}

/// An index of the tensor's rank that is not larger outside the indexed dimension.
fn check_index(call: &mut Call<'_>, all: bool) -> Result<Vec<Expr>, RuleError> {
    let (sizes, index) = (call.tensor("self")?, call.tensor("index")?);
    let dim = call.dim(call.number("dim", 0)?, sizes.len())?;
    if sizes.len().max(1) != index.len().max(1) {
        return call.mismatch(format!("the index {} does not have the rank of {}", shown(&index), shown(&sizes)));
    }
    for (d, (i, s)) in index.iter().zip(&sizes).enumerate() {
        if all || d != dim {
            call.require(RelOp::Le, i, s, || format!("the index exceeds the tensor at dimension {d}"))?;
        }
    }
    Ok(index)
}

fn gather(call: &mut Call<'_>) -> Outputs {
    one(check_index(call, false)?)
}

fn scatter(call: &mut Call<'_>) -> Outputs {
    check_index(call, false)?;
    one(call.tensor("self")?)
}

/// Advanced indexing: the indices broadcast and stand where the first one was, or in front when they are apart.
fn index(call: &mut Call<'_>) -> Outputs {
    let (sizes, indices) = (call.tensor("self")?, call.indices("indices")?.to_vec());
    if let Some(mask) = indices.iter().position(|index| matches!(index, Some(Index::Mask(_)))) {
        let cure = "use `where` or `masked_fill`, which keep the size, or index with numbers";
        return Err(RuleError::DataDependent { op: call.op, what: format!("the mask at place {mask}"), cure });
    }
    if indices.len() > sizes.len() {
        return call.mismatch(format!("{} indices for a tensor of sizes {}", indices.len(), shown(&sizes)));
    }
    let used: Vec<usize> = (0..indices.len()).filter(|i| indices[*i].is_some()).collect();
    let sizes_of = |index| match index {
        Index::Numbers(sizes) | Index::Mask(sizes) => sizes,
    };
    let shapes: Vec<Vec<Expr>> = indices.into_iter().flatten().map(sizes_of).collect();
    let picked = call.broadcast(&shapes)?;
    let together = used.windows(2).all(|w| w[0] + 1 == w[1]);
    let at = if together { used.first().copied().unwrap_or(0) } else { 0 };
    let mut out: Vec<Expr> = (0..sizes.len()).filter(|d| !used.contains(d)).map(|d| sizes[d].clone()).collect();
    out.splice(at..at, picked);
    one(out)
}

fn into(call: &mut Call<'_>) -> Outputs {
    one(call.tensor("self")?)
}

fn one_hot(call: &mut Call<'_>) -> Outputs {
    let (mut sizes, classes) = (call.tensor("self")?, call.number("num_classes", -1)?);
    if classes < 0 {
        return call.mismatch("the number of classes must be given, it would depend on data".to_owned());
    }
    sizes.push(Expr::int(classes));
    one(sizes)
}
