//! A recorded call as the shape rules take it.

use super::ExportError;
use crate::dispatch::{OpName, Value};
use shapes::rules::{ArgValue, Args, Output, rule};
use shapes::{Expr, ShapeEnv};

/// The sizes of the tensors that a call gives, in order; `None` for an op without a rule. The rule may unify, relate or
/// specialise symbols of `env`.
pub(crate) fn sizes(
    op: &OpName,
    args: &[(&str, Value<Vec<Expr>, Expr>)],
    env: &mut ShapeEnv,
) -> Result<Option<Vec<Vec<Expr>>>, ExportError> {
    let Some(rule) = rule(&op.to_string()) else { return Ok(None) };
    let args = Args::new(args.iter().map(|(name, value)| (*name, argument(value))));
    let outputs = rule.apply(&args, env)?;
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
