//! Conditions joined by `And`, `Or` and `Not` are ordered, simplified, printed and saved as by PyTorch 2.13
//! (`tests/conformance/record_conditions.py`).
#![allow(clippy::unwrap_used, reason = "a test")]

use symbolic::{BoolExpr, parse_srepr_bool};

/// A recorded text with its symbols.
fn whole(text: &str) -> String {
    let text = text.replace("<u0>", "Symbol('u0', integer=True)");
    text.replace("<s", "Symbol('s").replace('>', "', positive=True, integer=True)")
}

#[test]
fn conditions_are_those_of_sympy() {
    let cases: Vec<[String; 3]> =
        serde_json::from_str(include_str!("../golden/programs/condition_cases.json")).unwrap();
    assert_eq!(cases.len(), 150);
    let mut wrong = Vec::new();
    for [given, printed, saved] in &cases {
        let condition = parse_srepr_bool(&whole(given)).unwrap();
        if condition.to_string() != *printed || condition.srepr() != whole(saved) {
            wrong.push(format!("{given}\n  {condition}\n  {printed}"));
        }
        // Put together by hand, in whatever order.
        let by_hand = match condition.clone() {
            BoolExpr::And(parts) => BoolExpr::And(parts.into_iter().rev().collect()),
            BoolExpr::Or(parts) => BoolExpr::Or(parts.into_iter().rev().collect()),
            other => other,
        };
        assert_eq!((by_hand.to_string(), by_hand.srepr()), (condition.to_string(), condition.srepr()));
        assert_eq!(parse_srepr_bool(&by_hand.srepr()).unwrap(), condition);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
