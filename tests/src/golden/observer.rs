//! Shapes and arguments inferred from observed calls, compared with onnx-diagnostic's `InputObserver`.

use crate::json::{Outcome, array, fail, flag, index, int, member, pairs, text, unexpected};
use crate::read::{self, Layout};
use crate::recorded::{Recorded, RecordedValue};
use pytree_core::{Leaf, LeafRef, Value as Tree, flatten};
use serde_json::Value;
use shapes::{Batch, Constant, Input, InputObserver, ObserverError};

/// The cases hold caches in this layout.
const LAYOUT: Layout = Layout::Interleaved;

pub(super) fn run(case: &Value) -> Outcome {
    let mut observer = InputObserver::<Recorded>::new(&read::signature(member(case, "signature")?)?);
    for (name, value) in case.get("defaults").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = constant(value)? {
            observer = observer.default_value(name, value);
        }
    }
    for (input, value) in missing(case.get("value_if_missing"))? {
        observer = observer.value_if_missing(input, value);
    }
    if let Some(count) = case.get("store_n_calls").filter(|count| !count.is_null()) {
        observer.store(index(count)?);
    }
    let mut recorded = Ok(());
    for call in array(member(case, "calls")?)? {
        let inputs = read::args_kwargs(member(call, "args")?, member(call, "kwargs")?, LAYOUT)?;
        recorded = recorded.and_then(|()| observer.record(&inputs).map(|_| ()));
    }
    // An error while recording ends the case's Python program.
    if let (Err(e), Some(error)) = (&recorded, case.get("error")) {
        return same_error(e, error);
    }
    if let Some(count) = case.get("num_obs") {
        let got = i64::try_from(observer.num_obs()).unwrap_or(i64::MAX);
        if recorded.is_ok() && got != int(count)? {
            return fail(format!("num_obs: got {got}, want {count}"));
        }
    }
    let batch = batch(case.get("set_batch_dimension_for"))?;
    let shapes = recorded.clone().and_then(|()| observer.infer_dynamic_shapes(&batch));
    let want = (case.get("dynamic_shapes"), case.get("dynamic_shapes_error"));
    match (shapes, want) {
        (Ok(got), (Some(want), None)) => {
            let want = read::shapes(want)?;
            // The comparison of maps ignores the order, the comparison of texts does not.
            if got != want || got.repr() != want.repr() {
                return fail(format!("got  {}\n   want {}", got.repr(), want.repr()));
            }
        }
        (Err(e), (_, Some(error))) => same_error(&e, error)?,
        (Ok(got), (None, None)) => return fail(format!("got {}, and nothing is expected", got.repr())),
        (got, want) => return fail(format!("got {:?}, want {want:?}", got.map(|g| g.repr()))),
    }
    match (recorded.and_then(|()| arguments(case, &observer)), case.get("arguments"), case.get("arguments_error")) {
        (Ok(got), Some(want), None) => same_values(&got, &read::value(want, LAYOUT)?),
        (Err(e), _, Some(error)) => same_error(&e, error),
        (Ok(_), None, None) => Ok(()),
        (got, want, error) => fail(format!("arguments: got {got:?}, want {:?}", want.or(error))),
    }
}

fn constant(json: &Value) -> Outcome<Option<Constant>> {
    Ok(Some(match json {
        Value::Null => return Ok(None),
        Value::Bool(b) => Constant::Bool(*b),
        Value::Number(n) => n.as_i64().map_or_else(|| Constant::Float(n.as_f64().unwrap_or(f64::NAN)), Constant::Int),
        Value::String(s) => Constant::Str(s.clone()),
        other => match read::value(other, LAYOUT)? {
            Tree::Leaf(Leaf::Int(v)) => Constant::Int(v),
            Tree::Leaf(Leaf::Float(v)) => Constant::Float(v),
            Tree::Leaf(Leaf::Bool(v)) => Constant::Bool(v),
            Tree::Leaf(Leaf::Str(v)) => Constant::Str(v),
            Tree::Leaf(Leaf::None) => return Ok(None),
            _ => return fail(format!("a default that is not a number or text: {json}")),
        },
    }))
}

/// Recorded as a list of pairs or as an object.
fn missing(json: Option<&Value>) -> Outcome<Vec<(Input, RecordedValue)>> {
    match json {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(items)) => {
            items.iter().map(|(name, v)| Ok((Input::from(name.as_str()), read::value(v, LAYOUT)?))).collect()
        }
        Some(items) => pairs(items)?.into_iter().map(|(k, v)| Ok((input(k)?, read::value(v, LAYOUT)?))).collect(),
    }
}

fn input(json: &Value) -> Outcome<Input> {
    match json {
        Value::String(name) => Ok(Input::from(name.as_str())),
        Value::Object(_) => input(member(json, "int")?),
        _ => Ok(Input::from(index(json)?)),
    }
}

fn batch(json: Option<&Value>) -> Outcome<Batch> {
    match json {
        None | Some(Value::Null) => Ok(Batch::none()),
        Some(Value::Bool(all)) => Ok(if *all { Batch::all() } else { Batch::none() }),
        Some(json) => Ok(Batch::of(array(json)?.iter().map(input).collect::<Outcome<Vec<_>>>()?)),
    }
}

fn arguments(case: &Value, observer: &InputObserver<Recorded>) -> Result<RecordedValue, ObserverError> {
    let options = case.get("infer_arguments");
    let option = |name: &str| options.and_then(|o| o.get(name));
    let given = option("index_or_args_or_kwargs").or_else(|| option("index"));
    let is = |name: &str| option(name).is_some_and(|json| flag(json).unwrap_or(false));
    let index = given.and_then(Value::as_u64).and_then(|i| usize::try_from(i).ok());
    if is("flat") {
        return Ok(RecordedValue::list(observer.infer_flat(index)?.into_iter().map(Tree::Leaf)));
    }
    if is("as_args_kwargs") {
        observer.infer_args_kwargs(index)
    } else if let Some(index) = index {
        observer.infer_arguments_of(index)
    } else if let Some(inputs) = given.filter(|g| g.is_object()).and_then(|g| read::value(g, LAYOUT).ok()) {
        observer.complete_arguments(&inputs)
    } else {
        observer.infer_arguments()
    }
}

/// The exception that onnx-diagnostic raises for the same mistake.
fn raised(error: &ObserverError) -> &'static str {
    match error {
        ObserverError::NameCollision { .. } | ObserverError::NotInSignature { .. } | ObserverError::Variadic { .. } => {
            "ValueError"
        }
        ObserverError::NotGiven { .. } => "NotImplementedError",
        _ => "RuntimeError",
    }
}

fn same_error(error: &ObserverError, want: &Value) -> Outcome {
    if raised(error) == text(member(want, "type")?)? {
        return Ok(());
    }
    fail(format!("got {}: {error}\n   want {want}", raised(error)))
}

/// Compares structure, element types and sizes. The data of made-up arguments is not compared.
fn same_values(got: &RecordedValue, want: &RecordedValue) -> Outcome {
    let (a, b) = (flatten(got).map_err(unexpected)?, flatten(want).map_err(unexpected)?);
    let leaf = |leaf: &LeafRef<'_, Recorded>| match leaf {
        LeafRef::Tensor(t) => t.meta.to_string(),
        other => format!("{other:?}"),
    };
    if a.spec == b.spec && a.leaves.iter().map(leaf).eq(b.leaves.iter().map(leaf)) {
        return Ok(());
    }
    fail(format!("arguments: got  {got:?}\n   want {want:?}"))
}
