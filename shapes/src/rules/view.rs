//! Reshaping: the same elements under other sizes.

use super::{Call, Outputs, Row, RuleError, one, shown};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[
    (&["aten.view.default", "aten._unsafe_view.default"], view),
    (&["aten.reshape.default"], reshape),
    (&["aten.view_as.default", "aten.reshape_as.default"], view_as),
    (&["aten.flatten.using_ints"], flatten),
    (&["aten.unflatten.int"], unflatten),
    (&["aten.pixel_shuffle.default"], pixel_shuffle),
];

fn view(call: &mut Call<'_>) -> Outputs {
    let (sizes, shape) = (call.tensor("self")?, call.ints("size")?);
    one(call.reshaped(&sizes, &shape)?)
}

fn reshape(call: &mut Call<'_>) -> Outputs {
    let (sizes, shape) = (call.tensor("self")?, call.ints("shape")?);
    one(call.reshaped(&sizes, &shape)?)
}

fn view_as(call: &mut Call<'_>) -> Outputs {
    let (sizes, shape) = (call.tensor("self")?, call.tensor("other")?);
    one(call.reshaped(&sizes, &shape)?)
}

fn flatten(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    let start = call.dim(call.number("start_dim", 0)?, sizes.len())?;
    let end = call.dim(call.number("end_dim", -1)?, sizes.len())?;
    if start > end {
        return call.mismatch(format!("start_dim {start} comes after end_dim {end}"));
    }
    match sizes.len() {
        0 => one(vec![Expr::int(1)]),
        _ if start == end => one(sizes),
        _ => {
            let merged = call.product(&sizes[start..=end])?;
            let shape = [&sizes[..start], &[merged], &sizes[end + 1..]].concat();
            one(call.reshaped(&sizes, &shape)?)
        }
    }
}

fn unflatten(call: &mut Call<'_>) -> Outputs {
    let (sizes, parts) = (call.tensor("self")?, call.ints("sizes")?);
    let dim = call.dim(call.number("dim", 0)?, sizes.len())?;
    let Some(size) = sizes.get(dim) else { return call.mismatch("a scalar has no dimension to split".to_owned()) };
    let parts = call.inferred(&parts, size, &sizes)?;
    let shape = [&sizes[..dim], &parts, &sizes[dim + 1..]].concat();
    one(call.reshaped(&sizes, &shape)?)
}

fn pixel_shuffle(call: &mut Call<'_>) -> Outputs {
    let (sizes, factor) = (call.tensor("self")?, call.int("upscale_factor")?);
    let [batch @ .., channels, height, width] = sizes.as_slice() else {
        return call.mismatch(format!("expected at least 3 dimensions, got {}", shown(&sizes)));
    };
    let square = call.mul(&factor, &factor)?;
    let rest = call.math(channels.modulo(&square))?;
    call.require(RelOp::Eq, &rest, &Expr::int(0), || format!("{channels} channels do not divide by {square}"))?;
    let mut out = batch.to_vec();
    out.extend([call.floor_div(channels, &square)?, call.mul(height, &factor)?, call.mul(width, &factor)?]);
    one(out)
}

impl Call<'_> {
    /// The sizes with -1 worked out from the number of elements: torch's `infer_size`.
    fn inferred(&mut self, shape: &[Expr], numel: &Expr, sizes: &[Expr]) -> Result<Vec<Expr>, RuleError> {
        let invalid = || format!("shape {} is invalid for a tensor of sizes {}", shown(shape), shown(sizes));
        let holes: Vec<usize> = (0..shape.len()).filter(|i| shape[*i].as_int() == Some(-1)).collect();
        if holes.len() > 1 {
            return self.mismatch("only one dimension can be inferred".to_owned());
        }
        let known: Vec<Expr> = shape.iter().filter(|s| s.as_int() != Some(-1)).cloned().collect();
        if let Some(negative) = known.iter().find(|s| s.as_int().is_some_and(|n| n < 0)) {
            return self.mismatch(format!("invalid size {negative} in {}", shown(shape)));
        }
        let known = self.product(&known)?;
        let Some(hole) = holes.first() else {
            self.require(RelOp::Eq, numel, &known, invalid)?;
            return Ok(shape.to_vec());
        };
        self.require(RelOp::Ne, &known, &Expr::int(0), invalid)?;
        let rest = self.math(numel.modulo(&known))?;
        self.require(RelOp::Eq, &rest, &Expr::int(0), invalid)?;
        let mut shape = shape.to_vec();
        shape[*hole] = self.floor_div(numel, &known)?;
        Ok(shape)
    }

    /// Torch's `_reshape_view_helper` for a contiguous tensor: dimensions are merged and split greedily from the left,
    /// which decides the form of the sizes.
    pub(super) fn reshaped(&mut self, sizes: &[Expr], shape: &[Expr]) -> Result<Vec<Expr>, RuleError> {
        let numel = self.product(sizes)?;
        let shape = self.inferred(shape, &numel, sizes)?;
        if numel.as_int() == Some(0) || sizes.is_empty() || shape.is_empty() {
            return Ok(shape);
        }
        match (sizes.len(), shape.len()) {
            (2.., 1) => return Ok(vec![numel]),
            (1, 2) => return Ok(shape),
            _ => {}
        }
        let total = self.product(&shape)?;
        self.require(RelOp::Eq, &numel, &total, || {
            format!("could not reshape a tensor of sizes {} into {}", shown(sizes), shown(&shape))
        })?;
        let mut current = sizes.to_vec();
        for (idx, length) in shape.iter().enumerate() {
            if idx >= current.len() {
                self.require(RelOp::Eq, length, &Expr::int(1), || {
                    format!("cannot append a dimension to {}", shown(sizes))
                })?;
                current.push(Expr::int(1));
                continue;
            }
            if self.ask(RelOp::Eq, length, &current[idx])? {
                continue;
            }
            let (mut merged, mut end) = (current[idx].clone(), idx);
            loop {
                let rest = self.math(merged.modulo(length))?;
                if !self.ask(RelOp::Ne, &rest, &Expr::int(0))? {
                    break;
                }
                end += 1;
                let Some(next) = current.get(end) else {
                    return self.mismatch(format!(
                        "could not reshape a tensor of sizes {} into {}",
                        shown(sizes),
                        shown(&shape)
                    ));
                };
                merged = self.mul(&merged, next)?;
            }
            current.splice(idx..=end, [merged.clone()]);
            if self.ask(RelOp::Ne, &merged, length)? {
                let inner = self.floor_div(&merged, length)?;
                current.splice(idx..=idx, [length.clone(), inner]);
            }
        }
        while current.len() > shape.len() {
            let last = current[shape.len()].clone();
            self.require(RelOp::Eq, &last, &Expr::int(1), || format!("sizes {} do not end in 1", shown(sizes)))?;
            current.remove(shape.len());
        }
        Ok(current)
    }
}
