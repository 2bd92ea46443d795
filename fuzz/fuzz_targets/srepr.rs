//! Sympy expressions as a `.pt2` file has them, from anybody: read or refused, and what is read can be written and read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shapes::parse_srepr;

fuzz_target!(|text: &str| {
    let Ok(expr) = parse_srepr(text) else { return };
    let written = expr.srepr();
    assert_eq!(parse_srepr(&written).as_ref(), Ok(&expr), "{written}");
    let _ = (expr.to_string(), expr.expand());
});
