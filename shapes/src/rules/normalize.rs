//! Normalisations: the sizes stay, the parameters must fit.

use super::{Call, Output, Outputs, Row, RuleError, one, shown};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[
    (SOFTMAX, softmax),
    (LAYER_NORM, layer_norm),
    (NATIVE_LAYER_NORM, native_layer_norm),
    (BATCH_NORM, batch_norm),
    (GROUP_NORM, group_norm),
];

const SOFTMAX: &[&str] = &[
    "aten._log_softmax.default",
    "aten._softmax.default",
    "aten.log_softmax.int",
    "aten.softmax.int",
    "aten.softmin.int",
];
const LAYER_NORM: &[&str] = &["aten.layer_norm.default", "aten.rms_norm.default"];
const NATIVE_LAYER_NORM: &[&str] = &["aten.native_layer_norm.default"];
const BATCH_NORM: &[&str] = &["aten.batch_norm.default", "aten.instance_norm.default"];
const GROUP_NORM: &[&str] = &["aten.group_norm.default"];

fn softmax(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    call.dim(call.number("dim", -1)?, sizes.len())?;
    one(sizes)
}

/// The input's sizes and how many of them are normalised over.
fn normalized(call: &mut Call<'_>) -> Result<(Vec<Expr>, usize), RuleError> {
    let (sizes, shape) = (call.tensor("input")?, call.ints("normalized_shape")?);
    let Some(skip) = sizes.len().checked_sub(shape.len()).filter(|_| !shape.is_empty()) else {
        return call.mismatch(format!("normalized_shape {} does not fit the input {}", shown(&shape), shown(&sizes)));
    };
    for (i, size) in shape.iter().enumerate() {
        let dim = skip + i;
        call.same(&sizes[dim], size, || format!("normalized_shape does not fit the input at dimension {dim}"))?;
    }
    for name in ["weight", "bias"] {
        let Some(parameter) = call.maybe_tensor(name)? else { continue };
        if parameter.len() != shape.len() {
            return call.mismatch(format!("{name} is {}, normalized_shape {}", shown(&parameter), shown(&shape)));
        }
        for (i, (a, b)) in parameter.iter().zip(&shape).enumerate() {
            call.same(a, b, || format!("{name} does not fit normalized_shape at dimension {i}"))?;
        }
    }
    Ok((sizes, skip))
}

fn layer_norm(call: &mut Call<'_>) -> Outputs {
    one(normalized(call)?.0)
}

fn native_layer_norm(call: &mut Call<'_>) -> Outputs {
    let (sizes, skip) = normalized(call)?;
    let statistics: Vec<Expr> =
        sizes.iter().enumerate().map(|(i, s)| if i < skip { s.clone() } else { Expr::int(1) }).collect();
    Ok(vec![Output::Tensor(sizes), Output::Tensor(statistics.clone()), Output::Tensor(statistics)])
}

fn batch_norm(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("input")?;
    let Some(channels) = sizes.get(1).cloned() else {
        return call.mismatch(format!("the input {} has no channel dimension", shown(&sizes)));
    };
    for name in ["weight", "bias", "running_mean", "running_var"] {
        if let Some(parameter) = call.maybe_tensor(name)? {
            let [size] = parameter.as_slice() else {
                return call.mismatch(format!("{name} is {}, expected one dimension", shown(&parameter)));
            };
            call.same(&channels, size, || format!("{name} does not fit the channels"))?;
        }
    }
    one(sizes)
}

fn group_norm(call: &mut Call<'_>) -> Outputs {
    let (sizes, groups) = (call.tensor("input")?, call.int("num_groups")?);
    let Some(channels) = sizes.get(1).cloned() else {
        return call.mismatch(format!("the input {} has no channel dimension", shown(&sizes)));
    };
    let rest = call.math(channels.modulo(&groups))?;
    call.require(RelOp::Eq, &rest, &Expr::int(0), || {
        format!("{channels} channels do not divide into {groups} groups")
    })?;
    one(sizes)
}
