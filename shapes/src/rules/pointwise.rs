//! One output element per input element: unary ops keep the sizes, the others broadcast.

use super::{ArgValue, Call, Output, Outputs, Row, one};

pub(super) const FAMILY: &[Row] = &[
    (UNARY, unary),
    // A scalar base with a tensor exponent takes the exponent's sizes.
    (&["aten.pow.Scalar"], |call| one(call.tensor("exponent")?)),
    (&["aten.native_dropout.default"], dropout_and_mask),
    (FAST, fast_binary),
    (BINARY, |call| binary(call, "other")),
    (&["aten.pow.Tensor_Tensor"], |call| binary(call, "exponent")),
    (WHERE, condition),
    (TERNARY, ternary),
    (IN_PLACE, in_place),
];

const UNARY: &[&str] = &[
    "aten.abs.default",
    "aten.acos.default",
    "aten.alias.default",
    "aten.asin.default",
    "aten.atan.default",
    "aten.bernoulli.default",
    "aten.bernoulli.p",
    "aten.bitwise_not.default",
    "aten.ceil.default",
    "aten.celu.default",
    "aten.clamp.default",
    "aten.clamp_max.default",
    "aten.clamp_min.default",
    "aten.clip.default",
    "aten.clone.default",
    "aten.contiguous.default",
    "aten.cos.default",
    "aten.cosh.default",
    "aten.cumprod.default",
    "aten.cumsum.default",
    "aten.detach.default",
    "aten.detach_.default",
    "aten.dropout.default",
    "aten.dropout_.default",
    "aten.elu.default",
    "aten.erf.default",
    "aten.erfc.default",
    "aten.exp.default",
    "aten.exp2.default",
    "aten.expm1.default",
    "aten.feature_dropout.default",
    "aten.fill.Scalar",
    "aten.fill_.Scalar",
    "aten.flip.default",
    "aten.floor.default",
    "aten.frac.default",
    "aten.gelu.default",
    "aten.gelu_.default",
    "aten.hardsigmoid.default",
    "aten.hardswish.default",
    "aten.hardtanh.default",
    "aten.hardtanh_.default",
    "aten.isfinite.default",
    "aten.isinf.default",
    "aten.isnan.default",
    "aten.leaky_relu.default",
    "aten.leaky_relu_.default",
    "aten.lift_fresh_copy.default",
    "aten.log.default",
    "aten.log10.default",
    "aten.log1p.default",
    "aten.log2.default",
    "aten.log_sigmoid.default",
    "aten.logcumsumexp.default",
    "aten.logical_not.default",
    "aten.logit.default",
    "aten.mish.default",
    "aten.nan_to_num.default",
    "aten.neg.default",
    "aten.neg_.default",
    "aten.positive.default",
    "aten.reciprocal.default",
    "aten.relu.default",
    "aten.relu6.default",
    "aten.relu_.default",
    "aten.roll.default",
    "aten.round.decimals",
    "aten.round.default",
    "aten.rsqrt.default",
    "aten.selu.default",
    "aten.sigmoid.default",
    "aten.sigmoid_.default",
    "aten.sign.default",
    "aten.silu.default",
    "aten.silu_.default",
    "aten.sin.default",
    "aten.sinh.default",
    "aten.softplus.default",
    "aten.sqrt.default",
    "aten.square.default",
    "aten.tan.default",
    "aten.tanh.default",
    "aten.tanh_.default",
    "aten.threshold.default",
    "aten.to.device",
    "aten.to.dtype",
    "aten.to.dtype_layout",
    "aten.to.other",
    "aten._to_copy.default",
    "aten.tril.default",
    "aten.triu.default",
    "aten.trunc.default",
    "aten.type_as.default",
    "aten.zero_.default",
    // With a number for the second operand.
    "aten.__and__.Scalar",
    "aten.__or__.Scalar",
    "aten.__rsub__.Scalar",
    "aten.add.Scalar",
    "aten.add_.Scalar",
    "aten.bitwise_and.Scalar",
    "aten.bitwise_or.Scalar",
    "aten.div.Scalar",
    "aten.div.Scalar_mode",
    "aten.div_.Scalar",
    "aten.eq.Scalar",
    "aten.floor_divide.Scalar",
    "aten.fmod.Scalar",
    "aten.ge.Scalar",
    "aten.gt.Scalar",
    "aten.le.Scalar",
    "aten.lt.Scalar",
    "aten.masked_fill.Scalar",
    "aten.masked_fill_.Scalar",
    "aten.mul.Scalar",
    "aten.mul_.Scalar",
    "aten.ne.Scalar",
    "aten.pow.Tensor_Scalar",
    "aten.pow_.Scalar",
    "aten.remainder.Scalar",
    "aten.rsub.Scalar",
    "aten.sub.Scalar",
    "aten.sub_.Scalar",
];

/// Torch compares these as `self == other`.
const FAST: &[&str] = &["aten.add.Tensor", "aten.sub.Tensor", "aten.mul.Tensor", "aten.div.Tensor"];

/// Torch compares these as `other == self`.
const BINARY: &[&str] = &[
    "aten.__and__.Tensor",
    "aten.__or__.Tensor",
    "aten.__xor__.Tensor",
    "aten.atan2.default",
    "aten.bitwise_and.Tensor",
    "aten.bitwise_or.Tensor",
    "aten.bitwise_xor.Tensor",
    "aten.div.Tensor_mode",
    "aten.eq.Tensor",
    "aten.floor_divide.default",
    "aten.fmax.default",
    "aten.fmin.default",
    "aten.fmod.Tensor",
    "aten.ge.Tensor",
    "aten.gt.Tensor",
    "aten.hypot.default",
    "aten.le.Tensor",
    "aten.logical_and.default",
    "aten.logical_or.default",
    "aten.logical_xor.default",
    "aten.lt.Tensor",
    "aten.max.other",
    "aten.maximum.default",
    "aten.min.other",
    "aten.minimum.default",
    "aten.multiply.Tensor",
    "aten.ne.Tensor",
    "aten.remainder.Tensor",
    "aten.rsub.Tensor",
    "aten.subtract.Tensor",
    "aten.true_divide.Tensor",
];

const WHERE: &[&str] = &["aten.where.self", "aten.where.Scalar", "aten.where.ScalarOther", "aten.where.ScalarSelf"];

const TERNARY: &[&str] = &[
    "aten.addcdiv.default",
    "aten.addcmul.default",
    "aten.lerp.Scalar",
    "aten.lerp.Tensor",
    "aten.masked_fill.Tensor",
];

/// The first operand keeps its sizes, the others broadcast into it.
const IN_PLACE: &[&str] = &[
    "aten.add_.Tensor",
    "aten.copy_.default",
    "aten.div_.Tensor",
    "aten.logical_and_.default",
    "aten.logical_or_.default",
    "aten.masked_fill_.Tensor",
    "aten.mul_.Tensor",
    "aten.pow_.Tensor",
    "aten.sub_.Tensor",
];

fn unary(call: &mut Call<'_>) -> Outputs {
    let name = if call.args.get("self").is_some() || call.args.get("input").is_none() { "self" } else { "input" };
    let mut sizes = call.tensor(name)?;
    if let Some(ArgValue::Tensor(_)) = call.args.get("mask") {
        let mask = call.tensor("mask")?;
        sizes = call.broadcast(&[sizes, mask])?;
    }
    one(sizes)
}

/// The mask that was drawn comes out beside the result.
fn dropout_and_mask(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor(if call.args.get("input").is_some() { "input" } else { "self" })?;
    Ok(vec![Output::Tensor(sizes.clone()), Output::Tensor(sizes)])
}

fn fast_binary(call: &mut Call<'_>) -> Outputs {
    let (a, b) = (call.tensor("self")?, call.tensor("other")?);
    one(call.infer_size(&a, &b)?)
}

fn binary(call: &mut Call<'_>, second: &'static str) -> Outputs {
    let shapes = [call.tensor("self")?, call.tensor(second)?];
    one(call.broadcast(&shapes)?)
}

fn condition(call: &mut Call<'_>) -> Outputs {
    let shapes = [call.tensor("condition")?, call.tensor("self")?, call.tensor("other")?];
    one(call.broadcast(&shapes)?)
}

fn ternary(call: &mut Call<'_>) -> Outputs {
    let mut shapes = vec![call.tensor("self")?];
    for name in ["mask", "tensor1", "tensor2", "end", "weight", "value"] {
        if let Some(ArgValue::Tensor(_)) = call.args.get(name) {
            shapes.push(call.tensor(name)?);
        }
    }
    one(call.broadcast(&shapes)?)
}

fn in_place(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    for name in ["other", "src", "exponent", "mask", "value"] {
        if let Some(ArgValue::Tensor(_)) = call.args.get(name) {
            let other = call.tensor(name)?;
            let both = call.broadcast(&[sizes.clone(), other])?;
            if both.len() != sizes.len() {
                return call.mismatch(format!(
                    "{} cannot be stretched in place to {}",
                    super::shown(&sizes),
                    super::shown(&both)
                ));
            }
        }
    }
    one(sizes)
}
