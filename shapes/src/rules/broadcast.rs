//! Broadcasting: a size 1 stretches only where it is statically 1, two dynamic sizes unify.

use super::{Call, Outputs, Row, RuleError, one, shown};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[
    (&["aten.expand.default"], expand),
    (&["aten.expand_as.default"], expand_as),
    (&["aten.broadcast_to.default"], broadcast_to),
];

impl Call<'_> {
    /// Torch's `infer_size`, which asks `a == b`: the fast path of add, sub, mul and div.
    pub(super) fn infer_size(&mut self, a: &[Expr], b: &[Expr]) -> Result<Vec<Expr>, RuleError> {
        let rank = a.len().max(b.len());
        let mut out = vec![Expr::int(1); rank];
        for i in (0..rank).rev() {
            let one = Expr::int(1);
            let x = (i + a.len()).checked_sub(rank).map_or(&one, |i| &a[i]);
            let y = (i + b.len()).checked_sub(rank).map_or(&one, |i| &b[i]);
            let (x_one, y_one) = (self.is_one(x)?, self.is_one(y)?);
            if !x_one && !y_one {
                self.agree(x, y, i, a, b)?;
            }
            out[i] = if x_one { y.clone() } else { x.clone() };
        }
        Ok(out)
    }

    /// Torch's `_broadcast_shapes`, which compares each shape with what the earlier ones gave.
    pub(super) fn broadcast(&mut self, shapes: &[Vec<Expr>]) -> Result<Vec<Expr>, RuleError> {
        let rank = shapes.iter().map(Vec::len).max().unwrap_or(0);
        let mut out = vec![Expr::int(1); rank];
        for shape in shapes {
            let skip = rank - shape.len();
            for i in (0..shape.len()).rev() {
                let common = out[skip + i].clone();
                if self.is_one(&common)? {
                    out[skip + i] = shape[i].clone();
                } else if !self.is_one(&shape[i])? {
                    self.agree(&shape[i], &common, skip + i, shape, &out.clone())?;
                }
            }
        }
        Ok(out)
    }

    fn agree(&mut self, x: &Expr, y: &Expr, dim: usize, a: &[Expr], b: &[Expr]) -> Result<(), RuleError> {
        if self.ask(RelOp::Eq, x, y)? {
            return Ok(());
        }
        self.mismatch(format!(
            "the sizes {} and {} do not broadcast: {x} and {y} differ at dimension {dim} and neither is 1",
            shown(a),
            shown(b)
        ))
    }

    /// `sizes` stretched to `target`; -1 keeps a size.
    pub(super) fn stretched(&mut self, sizes: &[Expr], target: &[Expr]) -> Result<Vec<Expr>, RuleError> {
        let Some(skip) = target.len().checked_sub(sizes.len()) else {
            return self.mismatch(format!("the tensor {} has more dimensions than {}", shown(sizes), shown(target)));
        };
        let mut out = target.to_vec();
        for (i, size) in sizes.iter().enumerate() {
            let wanted = target[skip + i].clone();
            if wanted.as_int() == Some(-1) {
                out[skip + i] = size.clone();
            } else if !self.is_one(size)? {
                let dim = skip + i;
                self.same(size, &wanted, || format!("cannot expand {} at dimension {dim}", shown(sizes)))?;
            }
        }
        if out.iter().any(|s| s.as_int() == Some(-1)) {
            return self.mismatch(format!("-1 in {} stands for a dimension that does not exist", shown(target)));
        }
        Ok(out)
    }
}

fn expand(call: &mut Call<'_>) -> Outputs {
    let (sizes, target) = (call.tensor("self")?, call.ints("size")?);
    one(call.stretched(&sizes, &target)?)
}

fn broadcast_to(call: &mut Call<'_>) -> Outputs {
    expand(call)
}

fn expand_as(call: &mut Call<'_>) -> Outputs {
    let (sizes, target) = (call.tensor("self")?, call.tensor("other")?);
    one(call.stretched(&sizes, &target)?)
}
