//! Inputs paired with shapes, compared with onnx-diagnostic's `CoupleInputsDynamicShapes`.

use crate::json::{Miss, Outcome, fail, flag, int, member, text, texts, unexpected};
use crate::read::{self, Layout};
use crate::recorded::{Recorded, RecordedValue};
use pytree_core::{DescribeTensor, LeafRef, flatten};
use serde_json::Value;
use shapes::{ChangeOptions, CoupleError, CoupleInputsDynamicShapes, Dim, DimSpec, DynamicShapes};

pub(super) fn run(case: &Value) -> Outcome {
    let inputs = read::args_kwargs(member(case, "args")?, member(case, "kwargs")?, Layout::Interleaved)?;
    let shapes = read::shapes(member(case, "ds")?)?;
    let names = match case.get("args_names") {
        None | Some(Value::Null) => None,
        Some(names) => Some(texts(names)?),
    };
    let answer = match (CoupleInputsDynamicShapes::new(&inputs, shapes), names) {
        (Ok(couple), None) => answer(case, &couple)?,
        (Ok(couple), Some(names)) => answer(case, &couple.with_args_names(names))?,
        (Err(e), _) => Err(e),
    };
    match (answer, case.get("error")) {
        (Ok(answer), None) => answer.compare(case),
        (Err(e), Some(error)) if raised(&e) == text(member(error, "type")?)? => Ok(()),
        // Python crashed on a name that it never set: there the documented intent is kept.
        (Ok(_), Some(error)) if member(error, "type")? == "UnboundLocalError" => Ok(()),
        (Ok(answer), Some(error)) => fail(format!("got {answer}, want {error}")),
        (Err(e), error) => fail(format!("got {}: {e}\n   want {error:?}", raised(&e))),
    }
}

/// The exception that onnx-diagnostic raises for the same mistake.
fn raised(error: &CoupleError) -> &'static str {
    match error {
        CoupleError::NoNames | CoupleError::NoName { .. } => "NotImplementedError",
        CoupleError::StaticDim { .. } => "AttributeError",
        CoupleError::GrowFromZero { .. } => "ZeroDivisionError",
        CoupleError::NegativeSize { .. } | CoupleError::Tensor { .. } => "RuntimeError",
        _ => "AssertionError",
    }
}

enum Answer {
    Shapes(Option<DynamicShapes>),
    Values(Box<RecordedValue>),
    Text(String),
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Shapes(None) => f.write_str("None"),
            Answer::Shapes(Some(shapes)) => f.write_str(&shapes.repr()),
            Answer::Values(values) => write!(f, "{values:?}"),
            Answer::Text(text) => f.write_str(text),
        }
    }
}

fn answer(case: &Value, couple: &CoupleInputsDynamicShapes<'_, Recorded>) -> Outcome<Result<Answer, CoupleError>> {
    let options = member(case, "options")?;
    Ok(match text(member(case, "method")?)? {
        "invalid_dimensions_for_export" => couple.invalid_dimensions_for_export().map(Answer::Shapes),
        "replace_by_string" => couple.replace_by_string().map(Answer::Shapes),
        "replace_string_by" => match options.get("value") {
            None | Some(Value::Null) => couple.replace_string().map(Answer::Shapes),
            Some(value) => couple.replace_string_by(replacement(value)?).map(Answer::Shapes),
        },
        "change_dynamic_dimensions" => {
            let mut change = ChangeOptions::default();
            for (name, size) in options.get("desired_values").and_then(Value::as_object).into_iter().flatten() {
                change = change.desired(name, int(size)?);
            }
            if options.get("only_desired").map_or(Ok(false), flag)? {
                change = change.only_desired();
            }
            let args_kwargs = options.get("args_kwargs").map_or(Ok(false), flag)?;
            couple.change_as_python(&change, args_kwargs).map(|values| Answer::Values(Box::new(values)))
        }
        "str" | "__str__" => Ok(Answer::Text(couple.describe().map_err(unexpected)?)),
        other => return fail(format!("an unknown method `{other}`")),
    })
}

/// Reads what a name is replaced by: a value is recorded as its text, a hint as its name.
fn replacement(json: &Value) -> Outcome<DimSpec> {
    Ok(match json.as_str() {
        Some("AUTO") => Dim::auto().into(),
        Some("DYNAMIC") => Dim::dynamic().into(),
        Some(name) => DimSpec::Text(name.to_owned()),
        None => read::dim_spec(json)?,
    })
}

impl Answer {
    fn compare(&self, case: &Value) -> Outcome {
        match self {
            Answer::Shapes(got) => {
                let want = match member(case, "expected")? {
                    Value::Null => None,
                    json => Some(read::shapes(json)?),
                };
                if *got == want && keys(got.as_ref()) == keys(want.as_ref()) {
                    return Ok(());
                }
                fail(format!("got  {self}\n   want {}", Answer::Shapes(want)))
            }
            Answer::Values(got) => {
                let want = member(case, "expected_values")?;
                let want = match (want.get("args"), want.get("kwargs")) {
                    (Some(args), Some(kwargs)) => read::args_kwargs(args, kwargs, Layout::Interleaved)?,
                    _ => read::value(want, Layout::Interleaved)?,
                };
                if described(got)? == described(&want)? {
                    return Ok(());
                }
                fail(format!("got  {got:?}\n   want {want:?}"))
            }
            Answer::Text(got) => {
                let want = text(case.get("expected_str").map_or_else(|| member(case, "expected"), Ok)?)?;
                if got == want { Ok(()) } else { fail(format!("got  {got}\n   want {want}")) }
            }
        }
    }
}

/// The names of a dict in order, since the comparison of maps ignores the order.
fn keys(shapes: Option<&DynamicShapes>) -> Vec<String> {
    match shapes {
        Some(DynamicShapes::Dict(items)) => items.keys().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// Structure, sizes and data. Python gives the positional arguments of a mixed call as a list, so the two are taken as equal.
fn described(value: &RecordedValue) -> Outcome<(String, Vec<String>)> {
    let flat = flatten(value).map_err(|e| Miss::Failed(e.to_string()))?;
    let leaf = |leaf: &LeafRef<'_, Recorded>| match leaf {
        LeafRef::Tensor(t) => match &t.data {
            Some(data) => format!("{} {data:?}", Recorded::describe(t)),
            None => Recorded::describe(t).to_string(),
        },
        other => format!("{other:?}"),
    };
    let spec = flat.spec.to_string();
    let list = "TreeSpec(tuple, None, [TreeSpec(list, None";
    let spec = if spec.starts_with(list) { spec.replacen("list", "tuple", 1) } else { spec };
    Ok((spec, flat.leaves.iter().map(leaf).collect()))
}
