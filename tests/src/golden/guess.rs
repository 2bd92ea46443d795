//! Guessed dynamic shapes, compared with onnx-diagnostic's.

use crate::json::{Miss, Outcome, array, fail, member, text};
use crate::read::{self, Layout};
use crate::recorded::{RecordedValue, describe};
use pytree_core::{Key, flatten};
use serde_json::Value;
use shapes::{Auto, DynamicShapes, GuessError, GuessOptions, InputSet, InputSets, InputsError};

pub(super) fn run(case: &Value) -> Outcome {
    check(case, Layout::Interleaved, "expected", "error")?;
    // A case without these gives the same in the nested layout, or cannot be run there in Python.
    if case.get("expected_nested").is_some() || case.get("error_nested").is_some() {
        check(case, Layout::Nested, "expected_nested", "error_nested")?;
    }
    Ok(())
}

fn check(case: &Value, layout: Layout, expected: &str, error: &str) -> Outcome {
    let guessed = guess(case, layout)?;
    match (guessed, case.get(expected), case.get(error)) {
        (Ok(got), Some(want), _) => compare(case, got, read::shapes_pair(want)?),
        (Err((kind, _)), _, Some(want)) if kind == text(member(want, "kind")?)? => Ok(()),
        (Err((kind, message)), _, want) => fail(format!("got {kind}: {message}\n   want {want:?}")),
        (Ok(got), None, want) => fail(format!("got {}\n   want {want:?}", got.repr())),
    }
}

type Guessed = Result<DynamicShapes, (&'static str, String)>;

fn guess(case: &Value, layout: Layout) -> Outcome<Guessed> {
    let inputs = match sets(case, layout)? {
        Ok(inputs) => inputs,
        Err(e) => return Ok(Err((inputs_label(&e), e.to_string()))),
    };
    let inputs = match member(case, "signature")? {
        Value::Null => inputs,
        signature => inputs.with_model("Model", read::signature(signature)?),
    };
    let mut options = GuessOptions::from(match member(case, "auto")? {
        Value::Bool(auto) => {
            if *auto {
                Auto::Auto
            } else {
                Auto::Dynamic
            }
        }
        name => Auto::Names(text(name)?.to_owned()),
    });
    if member(case, "registered_caches")? == false {
        for class in ["DynamicCache", "StaticCache", "EncoderDecoderCache"] {
            options = options.unregistered(format!("transformers.cache_utils.{class}"));
        }
    }
    Ok(inputs.guess_with(options).map_err(|e: GuessError| (guess_label(&e), e.to_string())))
}

/// The sets of a case, or why they are not input sets.
fn sets(case: &Value, layout: Layout) -> Outcome<Result<InputSets, InputsError>> {
    let sets: Vec<RecordedValue> =
        array(member(case, "sets")?)?.iter().map(|s| set(s, layout)).collect::<Outcome<_>>()?;
    match case.get("container").and_then(Value::as_str) {
        Some("tuple") => return Ok(InputSets::of_list(&RecordedValue::tuple(sets))),
        Some("dict") => return Ok(InputSets::of_list(&RecordedValue::dict(sets.into_iter().map(|s| ("set", s))))),
        _ => {}
    }
    let mut described = Vec::new();
    for set in &sets {
        let flat = flatten(set).map_err(|e| Miss::Failed(e.to_string()))?;
        match InputSet::new(&flat.spec, flat.leaves.into_iter().map(describe)) {
            Ok(set) => described.push(set),
            Err(e) => return Ok(Err(e)),
        }
    }
    Ok(Ok(InputSets::new(described)))
}

fn set(json: &Value, layout: Layout) -> Outcome<RecordedValue> {
    let nothing = Value::Array(Vec::new());
    match text(member(json, "form")?)? {
        "args" => read::value(&serde_json::json!({ "tuple": member(json, "args")? }), layout),
        "kwargs" => read::value(&serde_json::json!({ "dict": member(json, "kwargs")? }), layout),
        "both" => {
            let part = |name| json.get(name).unwrap_or(&nothing);
            read::args_kwargs(part("args"), part("kwargs"), layout)
        }
        "raw" => read::value(member(json, "value")?, layout),
        other => fail(format!("a set of form `{other}`")),
    }
}

/// Compares the shapes. Where Python iterates over a set, the order of the named shapes and their symbols are not compared.
fn compare(case: &Value, got: DynamicShapes, want: DynamicShapes) -> Outcome {
    let is_false = |name: &str| case.get(name) == Some(&Value::Bool(false));
    let (Some((args, kwargs)), Some((want_args, want_kwargs))) = (got.as_pair(), want.as_pair()) else {
        return fail(format!("not a pair: {}", got.repr()));
    };
    let keys = |shapes: &mut Vec<&Key>, sort: bool| {
        if sort {
            shapes.sort_by_key(|k| k.to_string());
        }
    };
    let (mut names, mut want_names): (Vec<_>, Vec<_>) = (kwargs.keys().collect(), want_kwargs.keys().collect());
    keys(&mut names, is_false("kwargs_order_deterministic"));
    keys(&mut want_names, is_false("kwargs_order_deterministic"));
    // Maps compare without order.
    let same_shapes = is_false("symbols_deterministic") || kwargs == want_kwargs;
    if args == want_args && names == want_names && same_shapes {
        return Ok(());
    }
    fail(format!("got  {}\n   want {}", got.repr(), want.repr()))
}

/// onnx-diagnostic's case of the same mistake, by the label that recorded cases use.
///
/// Python cannot build three of its messages without a model, and fails with `model_was_none` instead.
pub fn guess_label(error: &GuessError) -> &'static str {
    match error {
        GuessError::RankMismatch { model: None, .. }
        | GuessError::ArgsCountMismatch { model: None, .. }
        | GuessError::ReservedName { model: None, .. } => "model_was_none",
        GuessError::OneSet => "one_set",
        GuessError::TypeMismatch { .. } => "type_mismatch",
        GuessError::RankMismatch { .. } => "rank_mismatch",
        GuessError::ArgsCountMismatch { .. } => "args_count_mismatch",
        GuessError::TupleLengthMismatch { .. } => "tuple_length_mismatch",
        GuessError::ListLengthMismatch { .. } => "list_length_mismatch",
        GuessError::DictLengthMismatch { .. } => "dict_length_mismatch",
        GuessError::DictKeyMissing { .. } => "dict_key_missing",
        GuessError::NodeArityMismatch { .. } | GuessError::FieldMismatch { .. } => "node_arity_mismatch",
        GuessError::NoneAfterTensor { .. } => "none_after_value",
        GuessError::NoneAfterContainer { .. } => "type_error",
        GuessError::OnlyTensorsAllowed { .. } => "only_tensors_allowed",
        GuessError::ReservedName { .. } => "reserved_name",
        _ => "other",
    }
}

/// The same for inputs that are wrong before anything is guessed.
pub fn inputs_label(error: &InputsError) -> &'static str {
    match error {
        InputsError::NotAList { .. } => "inputs_not_list",
        InputsError::Form { .. } | InputsError::Name { .. } => "bad_input_form",
        InputsError::Rank { .. } => "rank_mismatch",
        InputsError::Structure { .. } => "type_mismatch",
        _ => "other",
    }
}
