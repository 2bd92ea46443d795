//! Reductions over some or all dimensions, and selections along one.

use super::{Call, Output, Outputs, Row, RuleError, one};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[(ALL, all), (DIMS, dims), (DIMS_TWO, two), (SAME_TWO, same_two), (TOPK, topk)];

const ALL: &[&str] = &[
    "aten.all.default",
    "aten.any.default",
    "aten.dist.default",
    "aten.max.default",
    "aten.mean.default",
    "aten.median.default",
    "aten.min.default",
    "aten.norm.Scalar",
    "aten.prod.default",
    "aten.std.default",
    "aten.sum.default",
    "aten.var.default",
];

const DIMS: &[&str] = &[
    "aten.all.dim",
    "aten.all.dims",
    "aten.amax.default",
    "aten.amin.default",
    "aten.any.dim",
    "aten.any.dims",
    "aten.argmax.default",
    "aten.argmin.default",
    "aten.count_nonzero.dim_IntList",
    "aten.linalg_vector_norm.default",
    "aten.logsumexp.default",
    "aten.mean.dim",
    "aten.nanmean.default",
    "aten.nansum.default",
    "aten.norm.ScalarOpt_dim",
    "aten.prod.dim_int",
    "aten.std.correction",
    "aten.std.dim",
    "aten.sum.dim_IntList",
    "aten.var.correction",
    "aten.var.dim",
];

const DIMS_TWO: &[&str] =
    &["aten.max.dim", "aten.median.dim", "aten.min.dim", "aten.std_mean.correction", "aten.var_mean.correction"];

const SAME_TWO: &[&str] = &["aten.cummax.default", "aten.cummin.default", "aten.sort.default", "aten.sort.stable"];

const TOPK: &[&str] = &["aten.topk.default"];

fn all(_call: &mut Call<'_>) -> Outputs {
    one(Vec::new())
}

impl Call<'_> {
    /// Sizes without the reduced dimensions; no dimension given means all of them.
    fn reduced(&self, sizes: &[Expr]) -> Result<Vec<Expr>, RuleError> {
        let given = self.numbers("dim")?.filter(|d| !d.is_empty());
        let keep = self.flag("keepdim")?;
        let mut reduced = vec![given.is_none(); sizes.len()];
        for dim in given.into_iter().flatten() {
            let dim = self.dim(dim, sizes.len())?;
            if let Some(slot) = reduced.get_mut(dim) {
                if *slot {
                    return self.mismatch(format!("dimension {dim} appears twice"));
                }
                *slot = true;
            }
        }
        let kept = sizes.iter().zip(reduced);
        Ok(kept.filter_map(|(s, r)| if !r { Some(s.clone()) } else { keep.then(|| Expr::int(1)) }).collect())
    }
}

fn dims(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    one(call.reduced(&sizes)?)
}

fn two(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    let out = call.reduced(&sizes)?;
    Ok(vec![Output::Tensor(out.clone()), Output::Tensor(out)])
}

fn same_two(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    Ok(vec![Output::Tensor(sizes.clone()), Output::Tensor(sizes)])
}

fn topk(call: &mut Call<'_>) -> Outputs {
    let (mut sizes, k) = (call.tensor("self")?, call.int("k")?);
    let dim = call.dim(call.number("dim", -1)?, sizes.len())?;
    if let Some(size) = sizes.get(dim).cloned() {
        call.require(RelOp::Le, &k, &size, || "k exceeds the dimension".to_owned())?;
        sizes[dim] = k;
    }
    Ok(vec![Output::Tensor(sizes.clone()), Output::Tensor(sizes)])
}
