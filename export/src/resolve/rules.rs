//! Applies the shape rules to recorded calls.

use crate::ExportError;
use crate::record::{Call, ValueId};
use program::Value;
use pytree_core::{DType, TensorType};
use shapes::rules::{ArgValue, Args, Index, Output, rule};
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
    let mut args = Vec::with_capacity(arguments.len());
    for (argument, value) in call.args.iter().zip(arguments) {
        let value = match (argument.name.as_str(), value) {
            ("indices", Value::Tensors(_) | Value::OptionalTensors(_)) => {
                ArgValue::Indices(indices(value, known, infos))
            }
            _ => self::argument(value.clone().map(|id| known.get(&id).cloned().unwrap_or_default())),
        };
        args.push((argument.name.as_str(), value));
    }
    let outputs = rule.apply(&Args::new(args), env)?;
    let tensors = outputs.into_iter().filter_map(|output| match output {
        Output::Tensor(sizes) => Some(sizes),
        _ => None,
    });
    Ok(Some(tensors.collect()))
}

/// The tensors of an advanced indexing, each as numbers or as a mask.
fn indices(
    value: &Value<ValueId, Expr>,
    known: &HashMap<ValueId, Vec<Expr>>,
    infos: &HashMap<ValueId, TensorType>,
) -> Vec<Option<Index>> {
    let is_mask = |id: &ValueId| infos.get(id).is_some_and(|info| matches!(info.dtype, DType::Bool | DType::UInt8));
    let index = |id: &ValueId| {
        let sizes = known.get(id).cloned().unwrap_or_default();
        if is_mask(id) { Index::Mask(sizes) } else { Index::Numbers(sizes) }
    };
    match value {
        Value::OptionalTensors(ids) => ids.iter().map(|id| id.as_ref().map(index)).collect(),
        other => other.tensors().map(|id| Some(index(id))).collect(),
    }
}

fn argument(value: Value<Vec<Expr>, Expr>) -> ArgValue {
    match value {
        Value::None => ArgValue::None,
        Value::Tensor(sizes) => ArgValue::Tensor(sizes),
        Value::Tensors(all) => ArgValue::Tensors(all),
        Value::OptionalTensors(all) => {
            ArgValue::Indices(all.into_iter().map(|sizes| sizes.map(Index::Numbers)).collect())
        }
        Value::Int(v) => ArgValue::Int(v),
        Value::Ints(v) => ArgValue::Ints(v),
        Value::Float(v) => ArgValue::Float(v),
        Value::Complex(re, im) => ArgValue::Complex(re, im),
        Value::Bool(v) => ArgValue::Bool(v),
        Value::Str(v) => ArgValue::Text(v),
        Value::DType(v) => ArgValue::Text(v.to_string()),
        Value::Layout(v) => ArgValue::Text(v.to_string()),
        Value::MemoryFormat(v) => ArgValue::Text(v.to_string()),
        Value::Device(v) => ArgValue::Text(v.to_string()),
        Value::Floats(_) | Value::Bools(_) | Value::Strs(_) => ArgValue::Text(String::new()),
    }
}
