//! Values in one line, compared with onnx-diagnostic's `string_type`.

use super::described::{described, torch_summary};
use crate::json::{Miss, Outcome, fail, flag, index, member, not_yet, text};
use crate::read::{self, Layout};
use crate::recorded::{Recorded, RecordedClass, RecordedTensor};
use pytree_core::{LeafRef, leaves};
use serde_json::Value;
use shapes::{StringTypeError, StringTypeOptions, TensorError, TensorSummary, string_type_with};

pub(super) fn run(case: &Value) -> Outcome {
    let input = member(case, "input")?;
    if input.is_null() {
        return not_yet("a value that only Python can write down");
    }
    if case.get("deterministic") == Some(&Value::Bool(false)) {
        return not_yet("a text that changes from run to run");
    }
    let options = options(member(case, "options")?)?;
    compare(case, described(input)?.string_type(options))?;
    // A value that can be a tree of tensors is also asked as a tree, in both layouts of a cache.
    for layout in [Layout::Nested, Layout::Interleaved] {
        let tree = match read::value(input, layout) {
            Ok(tree) => tree,
            Err(Miss::NotYet(_)) => continue,
            Err(e) => return Err(e),
        };
        let tensor = |l: &LeafRef<'_, Recorded>| !matches!(l, LeafRef::Tensor(t) if t.class != RecordedClass::Tensor);
        if leaves(&tree).iter().all(tensor) {
            compare(case, string_type_with(&tree, options, summarize))?;
        }
    }
    Ok(())
}

fn compare(case: &Value, got: Result<String, StringTypeError>) -> Outcome {
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
            "ignore" => options.ignore = flag(value)?,
            "limit" => {
                options.limit = index(value)?;
            }
            other => return fail(format!("an unknown option `{other}`")),
        }
    }
    Ok(options)
}

fn summarize(tensor: &RecordedTensor) -> Result<TensorSummary, TensorError> {
    torch_summary(tensor.data.as_ref().ok_or_else(|| TensorError::new("the case has no data"))?, &tensor.meta)
}
