//! Windows sliding over the last dimensions: convolutions and pooling.

use super::{Call, Outputs, Row, RuleError, one, shown};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[
    (&["aten.conv1d.default"], convolution::<1>),
    (&["aten.conv2d.default"], convolution::<2>),
    (&["aten.conv3d.default"], convolution::<3>),
    (&["aten.conv_transpose1d.default"], transposed::<1>),
    (&["aten.conv_transpose2d.input"], transposed::<2>),
    (&["aten.conv_transpose3d.input"], transposed::<3>),
    (&["aten.avg_pool1d.default", "aten.max_pool1d.default"], pooling::<1>),
    (&["aten.avg_pool2d.default", "aten.max_pool2d.default"], pooling::<2>),
    (&["aten.avg_pool3d.default", "aten.max_pool3d.default"], pooling::<3>),
    (&["aten.adaptive_avg_pool1d.default"], adaptive::<1>),
    (&["aten.adaptive_avg_pool2d.default"], adaptive::<2>),
    (&["aten.adaptive_avg_pool3d.default"], adaptive::<3>),
];

/// One number per window dimension; a lone one counts for all.
fn spread(call: &Call<'_>, name: &'static str, rank: usize, default: i64) -> Result<Vec<i64>, RuleError> {
    match call.numbers(name)?.filter(|n| !n.is_empty()) {
        None => Ok(vec![default; rank]),
        Some(n) if n.len() == 1 => Ok(vec![n[0]; rank]),
        Some(n) if n.len() == rank => Ok(n),
        Some(n) => call.mismatch(format!("{name} has {} entries, expected {rank}", n.len())),
    }
}

struct Window {
    kernel: Expr,
    stride: i64,
    padding: i64,
    dilation: i64,
    ceil: bool,
}

impl Window {
    /// Positions of the window along a dimension.
    fn positions(&self, call: &mut Call<'_>, size: &Expr) -> Result<Expr, RuleError> {
        let one = Expr::int(1);
        let reach = call.mul(&call.sub(&self.kernel, &one)?, &Expr::int(self.dilation))?;
        let twice = self.padding.checked_mul(2).map(Expr::int);
        let Some(twice) = twice else { return call.mismatch(format!("padding {} is too large", self.padding)) };
        let room = call.sub(&call.sub(&call.add(size, &twice)?, &reach)?, &one)?;
        // With `ceil_mode` a window may be larger than what it looks at.
        if !self.ceil {
            let padded = call.add(size, &twice)?;
            let needed = call.add(&reach, &one)?;
            call.require(RelOp::Ge, &padded, &needed, || "the window does not fit the padded size".to_owned())?;
        }
        let room = if self.ceil { call.add(&room, &Expr::int(self.stride - 1))? } else { room };
        call.add(&call.floor_div(&room, &Expr::int(self.stride))?, &one)
    }
}

/// What a convolution works on.
struct Convolved {
    input: Vec<Expr>,
    weight: Vec<Expr>,
    /// How many dimensions of the input come before its channels: 1 for a batch, or 0.
    batched: usize,
    groups: i64,
}

impl Convolved {
    /// `rank` is how many dimensions the window has.
    fn of(call: &Call<'_>, rank: usize) -> Result<Self, RuleError> {
        let (input, weight) = (call.tensor("input")?, call.tensor("weight")?);
        let batched = (input.len() + 1).checked_sub(rank + 2).filter(|b| *b <= 1 && weight.len() == rank + 2);
        let Some(batched) = batched else {
            return call.mismatch(format!("the input {} and the weight {} do not fit", shown(&input), shown(&weight)));
        };
        Ok(Convolved { input, weight, batched, groups: call.number("groups", 1)? })
    }

    /// The batch, if any, and the channels of the result, once channels and bias are known to fit.
    fn outer(&self, call: &mut Call<'_>, channels: &Expr, made: Expr) -> Result<Vec<Expr>, RuleError> {
        call.same(&self.input[self.batched], channels, || "the channels do not fit the weight".to_owned())?;
        if let Some(bias) = call.maybe_tensor("bias")? {
            let [size] = bias.as_slice() else {
                return call.mismatch(format!("the bias {} does not have 1 dimension", shown(&bias)));
            };
            call.same(size, &made, || "the bias does not fit the weight".to_owned())?;
        }
        Ok([&self.input[..self.batched], &[made]].concat())
    }
}

fn convolution<const RANK: usize>(call: &mut Call<'_>) -> Outputs {
    let convolved = Convolved::of(call, RANK)?;
    let channels = call.mul(&convolved.weight[1], &Expr::int(convolved.groups))?;
    let mut out = convolved.outer(call, &channels, convolved.weight[0].clone())?;
    let Convolved { input, weight, batched, .. } = convolved;
    let (strides, paddings, dilations) =
        (spread(call, "stride", RANK, 1)?, spread(call, "padding", RANK, 0)?, spread(call, "dilation", RANK, 1)?);
    for i in 0..RANK {
        let window = Window {
            kernel: weight[2 + i].clone(),
            stride: positive(call, "stride", strides[i])?,
            padding: paddings[i],
            dilation: dilations[i],
            ceil: false,
        };
        out.push(window.positions(call, &input[batched + 1 + i])?);
    }
    one(out)
}

/// `(size - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1`, in torch's order.
fn transposed<const RANK: usize>(call: &mut Call<'_>) -> Outputs {
    let convolved = Convolved::of(call, RANK)?;
    let made = call.mul(&convolved.weight[1], &Expr::int(convolved.groups))?;
    let mut out = convolved.outer(call, &convolved.weight[0], made)?;
    let Convolved { input, weight, batched, .. } = convolved;
    let (strides, paddings) = (spread(call, "stride", RANK, 1)?, spread(call, "padding", RANK, 0)?);
    let (extra, dilations) = (spread(call, "output_padding", RANK, 0)?, spread(call, "dilation", RANK, 1)?);
    let one_less = Expr::int(-1);
    for i in 0..RANK {
        let steps = call.mul(&call.add(&input[batched + 1 + i], &one_less)?, &Expr::int(strides[i]))?;
        let reach = call.mul(&call.add(&weight[2 + i], &one_less)?, &Expr::int(dilations[i]))?;
        let padding = call.mul(&Expr::int(paddings[i]), &Expr::int(-2))?;
        let size = call.add(&call.add(&steps, &padding)?, &call.add(&reach, &Expr::int(extra[i]))?)?;
        out.push(call.add(&size, &Expr::int(1))?);
    }
    one(out)
}

fn positive(call: &Call<'_>, name: &str, value: i64) -> Result<i64, RuleError> {
    if value > 0 { Ok(value) } else { call.mismatch(format!("{name} must be positive, got {value}")) }
}

fn pooling<const RANK: usize>(call: &mut Call<'_>) -> Outputs {
    let input = call.tensor("self")?;
    let Some(skip) = input.len().checked_sub(RANK) else {
        return call.mismatch(format!("expected at least {RANK} dimensions, got {}", shown(&input)));
    };
    let kernels = spread(call, "kernel_size", RANK, 1)?;
    let strides = match call.numbers("stride")?.filter(|n| !n.is_empty()) {
        None => kernels.clone(),
        Some(_) => spread(call, "stride", RANK, 1)?,
    };
    let (paddings, dilations) = (spread(call, "padding", RANK, 0)?, spread(call, "dilation", RANK, 1)?);
    let ceil = call.flag("ceil_mode")?;
    let mut out = input[..skip].to_vec();
    for i in 0..RANK {
        let stride = positive(call, "stride", strides[i])?;
        let kernel = Expr::int(kernels[i]);
        let window = Window { kernel, stride, padding: paddings[i], dilation: dilations[i], ceil };
        let mut positions = window.positions(call, &input[skip + i])?;
        if ceil {
            // The last window must start inside the input or its left padding.
            let start = call.mul(&call.sub(&positions, &Expr::int(1))?, &Expr::int(stride))?;
            let limit = call.add(&input[skip + i], &Expr::int(paddings[i]))?;
            if call.ask(RelOp::Ge, &start, &limit)? {
                positions = call.sub(&positions, &Expr::int(1))?;
            }
            call.require(RelOp::Ge, &positions, &Expr::int(1), || "the window does not fit the padded size".to_owned())?;
        }
        out.push(positions);
    }
    one(out)
}

fn adaptive<const RANK: usize>(call: &mut Call<'_>) -> Outputs {
    let (input, size) = (call.tensor("self")?, call.ints("output_size")?);
    let Some(skip) = input.len().checked_sub(RANK).filter(|_| size.len() == RANK || size.len() == 1) else {
        return call.mismatch(format!("output_size {} does not fit {}", shown(&size), shown(&input)));
    };
    let mut out = input[..skip].to_vec();
    out.extend((0..RANK).map(|i| size[if size.len() == 1 { 0 } else { i }].clone()));
    one(out)
}
