//! Placeholder names, symbolic sizes and range constraints against what PyTorch printed (2.13 and 2.7, both modes).
#![allow(clippy::expect_used, clippy::panic, reason = "a golden that cannot be read is a failing test")]

#[path = "support/inputs.rs"]
mod inputs;

use serde_json::Value;
use shapes::{ConstraintError, Naming, PlaceholderShape, Solved, SymbolicInputs, Tolerance};

fn cases() -> Vec<Value> {
    let path = format!("{}/../tests/golden/naming_cases.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

fn solve(case: &Value) -> Result<Solved, ConstraintError> {
    let read = inputs::read(case);
    let naming = if case["mode"] == "seq27" { Naming::Sequential } else { Naming::Hashed };
    let mut symbolic = SymbolicInputs::declare(read.leaves, &read.signature_order, naming)?;
    let at = |v: &Value| (v[0].as_u64().expect("row") as usize, v[1].as_u64().expect("dim") as usize);
    for equality in case["extra_eq"].as_array().into_iter().flatten() {
        let ((a, i), (b, j)) = (at(&equality[0]), at(&equality[1]));
        let (x, y) = (symbolic.sizes(a)?[i].clone(), symbolic.sizes(b)?[j].clone());
        assert!(symbolic.env_mut().guard_eq(&x, &y, "program")?);
    }
    symbolic.finish(Tolerance::Strict)
}

fn annotation(shape: &PlaceholderShape) -> Value {
    match shape {
        PlaceholderShape::Tensor(sizes) => {
            let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
            format!("f32[{}]", sizes.join(", ")).into()
        }
        PlaceholderShape::Int(value) => format!("Sym({value})").into(),
        _ => Value::Null,
    }
}

/// What differs from the recorded result, if anything.
fn difference(case: &Value) -> Option<String> {
    let solved = match solve(case) {
        Ok(solved) => solved,
        Err(e) => return Some(e.to_string()),
    };
    let got: Vec<Value> = solved
        .placeholders
        .iter()
        .map(|p| serde_json::json!({"name": p.name, "annotation": annotation(&p.shape)}))
        .collect();
    if Value::from(got.clone()) != case["expected"]["placeholders"] {
        return Some(format!("want {}\n   got  {}", case["expected"]["placeholders"], Value::from(got)));
    }
    // Torch iterates a set for the roots that come last, so ranges compare as a set.
    let mut got: Vec<String> = solved.ranges.0.iter().map(|(e, r)| format!("{e}: {r}")).collect();
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    let recorded = case["expected"]["ranges"].as_array().expect("ranges");
    let mut want: Vec<String> = recorded.iter().map(|r| format!("{}: {}", text(&r[0]), text(&r[1]))).collect();
    got.sort();
    want.sort();
    if got != want {
        return Some(format!("want {want:?}\n   got  {got:?}"));
    }
    let created: Vec<Value> =
        solved.env.symbols().map(|(s, info)| serde_json::json!([info.source, info.hint, s.name()])).collect();
    let allocations = &case["allocations"];
    (case["mode"] != "seq27" && allocations.is_array() && Value::from(created.clone()) != *allocations)
        .then(|| format!("want {allocations}\n   got  {}", Value::from(created)))
}

#[test]
fn names_as_torch() {
    let cases = cases();
    for mode in ["nonstrict", "strict", "seq27"] {
        let of_mode: Vec<&Value> = cases.iter().filter(|c| c["mode"] == mode).collect();
        assert!(of_mode.len() >= 18, "{mode}: {} cases", of_mode.len());
        let wrong: Vec<String> =
            of_mode.iter().filter_map(|c| Some(format!("{}: {}", c["id"], difference(c)?))).collect();
        assert!(wrong.is_empty(), "{mode}: {} of {} differ\n{}", wrong.len(), of_mode.len(), wrong.join("\n"));
    }
}
