//! Applies the shape rules to recorded calls.

use crate::ExportError;
use crate::record::{Call, ValueId};
use program::Value;
use pytree_core::{DType, TensorType};
use shapes::rules::{ArgValue, Args, Output, rule};
use std::collections::HashMap;
use symbolic::{Expr, ShapeEnv};

/// The sizes of the tensors that a call returns, in order; `None` for an op without a rule. The rule may unify, relate or
/// specialise symbols of `env`.
pub(crate) fn sizes(
    call: &Call,
    arguments: &[Value<ValueId, Expr>],
    known: &HashMap<ValueId, Vec<Expr>>,
    infos: &HashMap<ValueId, TensorType>,
    env: &mut ShapeEnv,
) -> Result<Option<Vec<Vec<Expr>>>, ExportError> {
    let Some(rule) = rule(&call.op.to_string()) else { return Ok(None) };
    let mut args = Vec::with_capacity(arguments.len() + 1);
    for (argument, value) in call.args.iter().zip(arguments) {
        if argument.name == "indices" {
            args.push(("masks", ArgValue::Ints(masks(value, infos))));
        }
        let sized = value.clone().map(|id| known.get(&id).cloned().unwrap_or_default());
        args.push((argument.name.as_str(), self::argument(&sized)));
    }
    let args = Args::new(args);
    let outputs = rule.apply(&args, env)?;
    same_length(call, arguments, known, env)?;
    Ok(Some(
        outputs
            .into_iter()
            .filter_map(|output| match output {
                Output::Tensor(sizes) => Some(sizes),
                _ => None,
            })
            .collect(),
    ))
}

/// PyTorch accepts an attention whose key and value have different lengths, and then reads outside the shorter one.
fn same_length(
    call: &Call,
    arguments: &[Value<ValueId, Expr>],
    known: &HashMap<ValueId, Vec<Expr>>,
    env: &mut ShapeEnv,
) -> Result<(), ExportError> {
    if call.op.name() != "scaled_dot_product_attention" {
        return Ok(());
    }
    let length = |name: &str| {
        let (_, value) = call.args.iter().zip(arguments).find(|(argument, _)| argument.name == name)?;
        known.get(value.tensors().next()?)?.iter().nth_back(1)
    };
    if let (Some(key), Some(value)) = (length("key"), length("value")) {
        env.guard_eq(key, value, &call.op.to_string())?;
    }
    Ok(())
}

/// The positions of the masks among the indices. A mask selects as many elements as it has ones, which no size determines.
fn masks(indices: &Value<ValueId, Expr>, infos: &HashMap<ValueId, TensorType>) -> Vec<Expr> {
    let is_mask = |id: &ValueId| infos.get(id).is_some_and(|info| matches!(info.dtype, DType::Bool | DType::UInt8));
    let ids: Vec<Option<&ValueId>> = match indices {
        Value::OptionalTensors(ids) => ids.iter().map(Option::as_ref).collect(),
        other => other.tensors().map(Some).collect(),
    };
    (0_i64..).zip(ids).filter(|(_, id)| id.is_some_and(is_mask)).map(|(place, _)| Expr::int(place)).collect()
}

fn argument(value: &Value<Vec<Expr>, Expr>) -> ArgValue {
    match value {
        Value::None => ArgValue::None,
        Value::Tensor(sizes) => ArgValue::Tensor(sizes.clone()),
        Value::Tensors(all) => ArgValue::Tensors(all.clone()),
        Value::OptionalTensors(all) => ArgValue::OptionalTensors(all.clone()),
        Value::Int(v) => ArgValue::Int(v.clone()),
        Value::Ints(v) => ArgValue::Ints(v.clone()),
        Value::Float(v) | Value::Complex(v, _) => ArgValue::Float(*v),
        Value::Bool(v) => ArgValue::Bool(*v),
        Value::Str(v) => ArgValue::Text(v.clone()),
        Value::DType(v) => ArgValue::Text(v.to_string()),
        Value::Layout(v) => ArgValue::Text(v.to_string()),
        Value::MemoryFormat(v) => ArgValue::Text(v.to_string()),
        Value::Device(v) => ArgValue::Text(v.to_string()),
        Value::Floats(_) | Value::Bools(_) | Value::Strs(_) => ArgValue::Text(String::new()),
    }
}
