//! Parts of a tensor along one dimension.

use super::{Call, Output, Outputs, Row, RuleError, one, shown};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[
    (&["aten.slice.Tensor"], slice),
    (&["aten.select.int"], select),
    (&["aten.narrow.default"], narrow),
    (&["aten.split.Tensor"], split),
    (&["aten.split_with_sizes.default"], |call| split_with_sizes(call, "split_sizes")),
    (&["aten.split.sizes"], |call| split_with_sizes(call, "split_size")),
    (&["aten.chunk.default"], chunk),
    (&["aten.tensor_split.sections"], tensor_split),
    (&["aten.unbind.int"], unbind),
];

/// More outputs than any graph has; a size from a stranger's file must not fill the memory.
const MAX_PARTS: i64 = 1 << 20;

/// The sizes, the dimension, and its size.
fn along(call: &Call<'_>) -> Result<(Vec<Expr>, usize, Expr), RuleError> {
    let sizes = call.tensor("self")?;
    let dim = call.dim(call.number("dim", 0)?, sizes.len())?;
    match sizes.get(dim).cloned() {
        Some(size) => Ok((sizes, dim, size)),
        None => call.mismatch("a scalar has no dimension to take a part of".to_owned()),
    }
}

fn with(sizes: &[Expr], dim: usize, size: Expr) -> Output {
    let mut out = sizes.to_vec();
    out[dim] = size;
    Output::Tensor(out)
}

/// Torch's `slice_forward`: ends beyond the dimension are cut, and each cut is a question to the env.
fn slice(call: &mut Call<'_>) -> Outputs {
    let (sizes, dim, size) = along(call)?;
    let step = call.maybe_int("step")?.unwrap_or(Expr::int(1));
    call.require(RelOp::Gt, &step, &Expr::int(0), || "the step must be positive".to_owned())?;
    let (start, end) = (call.maybe_int("start")?.unwrap_or(Expr::int(0)), call.maybe_int("end")?);
    let length = call.sliced(&size, start, end)?;
    let last = call.sub(&call.add(&length, &step)?, &Expr::int(1))?;
    let length = call.floor_div(&last, &step)?;
    Ok(vec![with(&sizes, dim, length)])
}

impl Call<'_> {
    /// Elements between `start` and `end` of a dimension.
    fn sliced(&mut self, size: &Expr, start: Expr, end: Option<Expr>) -> Result<Expr, RuleError> {
        let zero = Expr::int(0);
        let open = end.as_ref().is_none_or(|e| e.as_int() == Some(i64::MAX));
        let (mut start, mut end) = (start, end.unwrap_or(Expr::int(i64::MAX)));
        if self.ask(RelOp::Lt, &start, &zero)? {
            start = self.add(&start, size)?;
        }
        if !open && self.ask(RelOp::Lt, &end, &zero)? {
            end = self.add(&end, size)?;
        }
        if self.ask(RelOp::Lt, &start, &zero)? {
            start = zero;
        } else if self.ask(RelOp::Gt, &start, size)? {
            start = size.clone();
        }
        if open {
            end = size.clone();
        } else if self.ask(RelOp::Lt, &end, &start)? {
            end = start.clone();
        } else if self.ask(RelOp::Gt, &end, size)? {
            end = size.clone();
        }
        self.sub(&end, &start)
    }
}

fn select(call: &mut Call<'_>) -> Outputs {
    let (mut sizes, dim, size) = along(call)?;
    let index = call.int("index")?;
    let what = || format!("index {index} is out of range for dimension {dim}");
    if call.ask_or_false(RelOp::Lt, &index, &Expr::int(0))? {
        let from_end = call.add(&index, &size)?;
        call.require(RelOp::Ge, &from_end, &Expr::int(0), what)?;
    } else {
        call.require(RelOp::Gt, &size, &index, what)?;
    }
    sizes.remove(dim);
    one(sizes)
}

fn narrow(call: &mut Call<'_>) -> Outputs {
    let (sizes, dim, size) = along(call)?;
    let (mut start, length) = (call.int("start")?, call.int("length")?);
    let what = || format!("start and length exceed dimension {dim} of {}", shown(&sizes));
    if call.ask(RelOp::Lt, &start, &Expr::int(0))? {
        start = call.add(&start, &size)?;
    }
    let room = call.sub(&size, &length)?;
    call.require(RelOp::Le, &start, &room, what)?;
    let end = call.add(&start, &length)?;
    let length = call.sliced(&size, start, Some(end))?;
    Ok(vec![with(&sizes, dim, length)])
}

fn split(call: &mut Call<'_>) -> Outputs {
    let (sizes, dim, size) = along(call)?;
    let part = call.int("split_size")?;
    parts(call, &sizes, dim, &size, &part)
}

fn chunk(call: &mut Call<'_>) -> Outputs {
    let (sizes, dim, size) = along(call)?;
    let chunks = call.int("chunks")?;
    call.require(RelOp::Gt, &chunks, &Expr::int(0), || "chunks must be positive".to_owned())?;
    let last = call.sub(&call.add(&size, &chunks)?, &Expr::int(1))?;
    let part = call.floor_div(&last, &chunks)?;
    parts(call, &sizes, dim, &size, &part)
}

/// A number of outputs, which specialises it.
fn counted(call: &mut Call<'_>, count: &Expr) -> Result<i64, RuleError> {
    let count = call.env.specialize(count, call.op).map_err(call.env_error())?;
    if count > MAX_PARTS {
        call.mismatch(format!("{count} outputs, at most {MAX_PARTS} are supported"))
    } else {
        Ok(count)
    }
}

/// Parts of one size, the last one shorter. Their number is a plain int, which guards it.
fn parts(call: &mut Call<'_>, sizes: &[Expr], dim: usize, size: &Expr, part: &Expr) -> Outputs {
    call.require(RelOp::Gt, part, &Expr::int(0), || "the size of a part must be positive".to_owned())?;
    let last = call.sub(&call.add(size, part)?, &Expr::int(1))?;
    let count = call.floor_div(&last, part)?;
    let count = counted(call, &count)?.max(1);
    let covered = call.mul(part, &Expr::int(count))?;
    let tail = call.sub(part, &call.sub(&covered, size)?)?;
    let tail = call.replace(&tail)?;
    call.require(RelOp::Ge, &tail, &Expr::int(0), || format!("{count} parts of {part} exceed {size}"))?;
    let mut out = vec![with(sizes, dim, part.clone()); (count - 1) as usize];
    out.push(with(sizes, dim, tail));
    Ok(out)
}

fn split_with_sizes(call: &mut Call<'_>, name: &'static str) -> Outputs {
    let (sizes, dim, size) = along(call)?;
    let parts = call.ints(name)?;
    let total = parts.iter().try_fold(Expr::int(0), |sum, p| call.add(&sum, p))?;
    call.same(&size, &total, || format!("the parts {} do not add up to dimension {dim}", shown(&parts)))?;
    Ok(parts.into_iter().map(|p| with(&sizes, dim, p)).collect())
}

fn tensor_split(call: &mut Call<'_>) -> Outputs {
    let (sizes, dim, size) = along(call)?;
    let sections = call.number("sections", 0)?;
    if !(1..=MAX_PARTS).contains(&sections) {
        return call.mismatch(format!("sections must be 1 to {MAX_PARTS}, got {sections}"));
    }
    // The first `size % sections` parts are one longer, so the size must be known.
    let size = call.env.specialize(&size, call.op).map_err(call.env_error())?;
    let (base, longer) = (size / sections, size % sections);
    Ok((0..sections).map(|i| with(&sizes, dim, Expr::int(base + i64::from(i < longer)))).collect())
}

fn unbind(call: &mut Call<'_>) -> Outputs {
    let (mut sizes, dim, size) = along(call)?;
    let count = counted(call, &size)?;
    sizes.remove(dim);
    Ok((0..count).map(|_| Output::Tensor(sizes.clone())).collect())
}
