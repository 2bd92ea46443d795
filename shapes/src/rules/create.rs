//! New tensors.

use super::{Call, Outputs, Row, RuleError, one};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[
    (SIZED, sized),
    (LIKE, like),
    (&["aten.arange.default"], arange),
    (&["aten.arange.start"], arange),
    (&["aten.arange.start_step"], arange),
    (&["aten.linspace.default"], linspace),
    (&["aten.eye.default"], eye),
    (&["aten.eye.m"], eye),
    (&["aten.scalar_tensor.default"], scalar),
];

const SIZED: &[&str] = &[
    "aten.empty.memory_format",
    "aten.full.default",
    "aten.new_empty.default",
    "aten.new_full.default",
    "aten.new_ones.default",
    "aten.new_zeros.default",
    "aten.ones.default",
    "aten.rand.default",
    "aten.randint.default",
    "aten.randint.low",
    "aten.randn.default",
    "aten.zeros.default",
];

const LIKE: &[&str] = &[
    "aten.empty_like.default",
    "aten.full_like.default",
    "aten.ones_like.default",
    "aten.rand_like.default",
    "aten.randint_like.default",
    "aten.randn_like.default",
    "aten.zeros_like.default",
];

fn sized(call: &mut Call<'_>) -> Outputs {
    let sizes = call.ints("size")?;
    for size in &sizes {
        call.require(RelOp::Ge, size, &Expr::int(0), || "a size is negative".to_owned())?;
    }
    one(sizes)
}

fn like(call: &mut Call<'_>) -> Outputs {
    one(call.tensor("self")?)
}

fn arange(call: &mut Call<'_>) -> Outputs {
    let start = call.maybe_int("start")?.unwrap_or(Expr::int(0));
    let (end, step) = (call.int("end")?, call.maybe_int("step")?.unwrap_or(Expr::int(1)));
    call.require(RelOp::Ne, &step, &Expr::int(0), || "the step is zero".to_owned())?;
    let up = call.ask(RelOp::Gt, &step, &Expr::int(0))?;
    let span = call.sub(&end, &start)?;
    let sign = if up { RelOp::Ge } else { RelOp::Le };
    call.require(sign, &span, &Expr::int(0), || "the bounds do not fit the sign of the step".to_owned())?;
    one(vec![length(call, &span, &step, up)?])
}

/// The quotient rounded up.
fn length(call: &Call<'_>, span: &Expr, step: &Expr, up: bool) -> Result<Expr, RuleError> {
    let unit = Expr::int(if up { 1 } else { -1 });
    let padded = call.sub(&call.add(span, step)?, &unit)?;
    call.floor_div(&padded, step)
}

fn linspace(call: &mut Call<'_>) -> Outputs {
    one(vec![call.int("steps")?])
}

fn eye(call: &mut Call<'_>) -> Outputs {
    let n = call.int("n")?;
    let m = call.maybe_int("m")?.unwrap_or_else(|| n.clone());
    one(vec![n, m])
}

fn scalar(_call: &mut Call<'_>) -> Outputs {
    one(Vec::new())
}
