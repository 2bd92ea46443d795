//! Values in one line against onnx-diagnostic's `string_type`.

use crate::json::{Miss, Outcome, fail, flag, int, member, not_yet, text};
use crate::read::{self, Layout};
use crate::recorded::{RecordedClass, RecordedTensor};
use pytree_core::{DType, LeafRef, leaves};
use serde_json::Value;
use shapes::string_type::Number;
use shapes::{StringTypeOptions, TensorSummary, string_type_with};

pub(super) fn run(case: &Value) -> Outcome {
    let input = member(case, "input")?;
    if input.is_null() {
        return not_yet("a value that only Python can write down");
    }
    if case.get("deterministic") == Some(&Value::Bool(false)) {
        return not_yet("a text that changes from run to run");
    }
    check(case, input, Layout::Nested)?;
    check(case, input, Layout::Interleaved)
}

fn check(case: &Value, input: &Value, layout: Layout) -> Outcome {
    let tree = read::value(input, layout)?;
    if leaves(&tree).iter().any(|l| matches!(l, LeafRef::Tensor(t) if t.class != RecordedClass::Tensor)) {
        return not_yet("an array or an object of an unknown class");
    }
    let got = string_type_with(&tree, options(member(case, "options")?)?, summarize);
    match (got, case.get("output"), case.get("error")) {
        (Ok(got), Some(want), _) if got == text(want)? => Ok(()),
        (Err(_), None, Some(_)) => Ok(()),
        (Ok(got), want, error) => fail(format!("got  {got}\n   want {}", want.or(error).unwrap_or(&Value::Null))),
        (Err(e), want, _) => fail(format!("got error: {e}\n   want {}", want.unwrap_or(&Value::Null))),
    }
}

fn options(json: &Value) -> Outcome<StringTypeOptions> {
    let mut options = StringTypeOptions::default();
    for (name, value) in json.as_object().into_iter().flatten() {
        match name.as_str() {
            "with_shape" => options.with_shape = flag(value)?,
            "with_min_max" => options.with_min_max = flag(value)?,
            "with_device" => options.with_device = flag(value)?,
            "limit" => {
                options.limit = usize::try_from(int(value)?).map_err(|e| Miss::Failed(format!("limit: {e}")))?;
            }
            // Says what to do with values of unknown classes, of which Rust has none.
            "ignore" => {}
            other => return fail(format!("an unknown option `{other}`")),
        }
    }
    Ok(options)
}

/// Range and mean of recorded data, as torch computes them.
fn summarize(tensor: &RecordedTensor) -> Result<TensorSummary, String> {
    let data = tensor.data.as_ref().ok_or("the case has no data")?;
    match data.as_slice() {
        [] => return Ok(TensorSummary::Empty),
        [only] if tensor.meta.rank() == 0 => return Ok(TensorSummary::Scalar(*only)),
        _ => {}
    }
    if matches!(tensor.meta.dtype, DType::UInt16 | DType::UInt32 | DType::UInt64) {
        return Err(format!("\"min_all\" not implemented for '{}'", tensor.meta.dtype));
    }
    let nans = data.iter().filter(|n| n.as_f64().is_nan()).count();
    let complex = |n: &Number| matches!(n, Number::Complex(..));
    if nans > 0 && data.iter().any(complex) {
        return Err("torch cannot print complex numbers with nans".to_owned());
    }
    let real: Vec<Number> = data.iter().map(|n| if complex(n) { Number::Float(n.as_f64()) } else { *n }).collect();
    let sum: f64 = real.iter().map(|n| n.as_f64()).sum();
    let (min, max) = match nans {
        0 => Number::range(&real).ok_or("no elements")?,
        _ => (Number::Float(f64::NAN), Number::Float(f64::NAN)),
    };
    Ok(TensorSummary::Range { min, max, mean: sum / real.len() as f64, nans })
}
