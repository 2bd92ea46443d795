//! Expressions against what PyTorch's sympy printed for them.
#![allow(clippy::expect_used, clippy::panic, reason = "a golden that cannot be read is a failing test")]

#[path = "support/python.rs"]
mod python;

use serde_json::Value;

fn golden(path: &str) -> Value {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))).expect("JSON")
}

/// Rows `[construction, str, srepr?]`.
fn check(rows: &[Value]) {
    let mut wrong = Vec::new();
    for row in rows {
        let (source, want) = (row[0].as_str().expect("text"), row[1].as_str().expect("text"));
        let value = python::read(source).unwrap_or_else(|e| panic!("{source}: {e}"));
        if value.text() != want {
            wrong.push(format!("{source}\n   want {want}\n   got  {}", value.text()));
        }
        if let Some(want) = row[2].as_str() {
            let e = value.expr();
            if e.srepr() != want {
                wrong.push(format!("{source}\n   want {want}\n   got  {}", e.srepr()));
            }
            let back = shapes::parse_srepr(want).unwrap_or_else(|e| panic!("{want}: {e}"));
            if back != e {
                wrong.push(format!("{source}: reading back gives {back}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn prints_as_torch() {
    let cases = golden("../tests/golden/shape_expr_cases.json");
    let rows = cases["exprs"].as_array().expect("rows");
    assert!(rows.len() >= 100);
    check(rows);
}

#[test]
fn prints_random_expressions_as_torch() {
    let cases = golden("tests/data/random_exprs.json");
    let rows = cases["exprs"].as_array().expect("rows");
    assert!(rows.len() >= 1000);
    check(rows);
}
