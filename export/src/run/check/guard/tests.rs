//! Tests of conditions.
#![allow(clippy::unreachable, reason = "a test")]

use super::super::sources::{Leaves, Source};
use super::*;
use PythonFunction as P;

struct Sizes;

impl Values for Sizes {
    fn size(&self, leaf: usize, dim: usize) -> Option<i64> {
        [[12, 5], [7, 3]].get(leaf)?.get(dim).copied()
    }

    fn number(&self, leaf: usize) -> Option<Number> {
        (leaf == 2).then_some(Number::Int(-4))
    }
}

fn leaves() -> Leaves {
    let leaves = [("L['x']", "x"), ("L['cache'].keys[0]['a b']", "cache.keys[0]['a b']"), ("L['n']", "n")];
    let sources = leaves.map(|(code, name)| Source {
        hook: name.to_owned(),
        name: name.to_owned(),
        codes: vec![code.to_owned()],
    });
    Leaves::of(sources.iter())
}

fn parse(text: &str) -> Result<Code, String> {
    Code::parse(text, &leaves()).map_err(|error| error.to_string())
}

#[test]
fn code_is_evaluated_and_written_as_in_python() {
    // The second text is what `ast.unparse` gives for the first one with the inputs by name.
    let cases: [(&str, &str, Number); 35] = [
        ("L['x'].size()[0] % 2 == 0", "x.size()[0] % 2 == 0", Number::Bool(true)),
        ("((1 + L['x'].size()[0]) // 2) == L['n']", "(1 + x.size()[0]) // 2 == n", Number::Bool(false)),
        ("L['cache'].keys[0]['a b'].size()[1] != 1", "cache.keys[0]['a b'].size()[1] != 1", Number::Bool(true)),
        ("((-1) + L['x'].size()[1])*(2 + L['n']) >= 2", "(-1 + x.size()[1]) * (2 + n) >= 2", Number::Bool(false)),
        ("max(1, L['n'], L['x'].size()[0])", "max(1, n, x.size()[0])", Number::Int(12)),
        ("min(8, 16*L['x'].size()[0])", "min(8, 16 * x.size()[0])", Number::Int(8)),
        (
            "math.trunc(0.5*torch.sym_float(L['x'].size()[1])) != 1",
            "math.trunc(0.5 * torch.sym_float(x.size()[1])) != 1",
            Number::Bool(true),
        ),
        ("L['n'] == 2 or (L['n'] % 2) == 0 and True", "n == 2 or (n % 2 == 0 and True)", Number::Bool(true)),
        ("not L['n'] == 2", "not n == 2", Number::Bool(true)),
        ("2 - (3 - 4)", "2 - (3 - 4)", Number::Int(3)),
        ("2 - 3 - 4", "2 - 3 - 4", Number::Int(-5)),
        ("2 * (3 // 2)", "2 * (3 // 2)", Number::Int(2)),
        ("-2 ** 2", "-2 ** 2", Number::Int(-4)),
        ("(-2) ** 2", "(-2) ** 2", Number::Int(4)),
        ("2 ** 3 ** 2", "2 ** 3 ** 2", Number::Int(512)),
        ("(2 ** 3) ** 2", "(2 ** 3) ** 2", Number::Int(64)),
        ("2 ** -1", "2 ** (-1)", Number::Float(0.5)),
        ("7 / 2", "7 / 2", Number::Float(3.5)),
        ("1e3 + .5", "1000.0 + 0.5", Number::Float(1000.5)),
        ("-7 // 2", "-7 // 2", Number::Int(-4)),
        ("-L['n'] % 3", "-n % 3", Number::Int(1)),
        ("1 < 2 < 2", "1 < 2 and 2 < 2", Number::Bool(false)),
        ("int(7 / 2)", "int(7 / 2)", Number::Int(3)),
        ("L['n'] + math.floor(L['x'].size()[1] / 2) > 5", "n + math.floor(x.size()[1] / 2) > 5", Number::Bool(false)),
        ("math.ceil(L['x'].size()[1] / 2)", "math.ceil(x.size()[1] / 2)", Number::Int(3)),
        ("round(L['x'].size()[1] / 2)", "round(x.size()[1] / 2)", Number::Int(2)),
        ("round(2.675, 2)", "round(2.675, 2)", Number::Float(2.67)),
        ("abs(L['n'] + ((-1)*L['x'].size()[0])) < 20", "abs(n + -1 * x.size()[0]) < 20", Number::Bool(true)),
        ("(L['n'] if L['x'].size()[0] > 3 else 1 // 0) + 1", "(n if x.size()[0] > 3 else 1 // 0) + 1", Number::Int(-3)),
        ("L['x'].size()[0] & 6 | 1 ^ 3 == 2", "x.size()[0] & 6 | 1 ^ 3 == 2", Number::Bool(false)),
        ("1 << 2 + 1 >> 1", "1 << 2 + 1 >> 1", Number::Int(4)),
        ("math.sqrt(16) == 4.0", "math.sqrt(16) == 4.0", Number::Bool(true)),
        ("0 or 3", "0 or 3", Number::Int(3)),
        ("False or L['n'] < 0", "False or n < 0", Number::Bool(true)),
        ("1==2 or 1==3 or 1==4 or 1==1", "1 == 2 or 1 == 3 or 1 == 4 or (1 == 1)", Number::Bool(true)),
    ];
    for (text, shown, value) in cases {
        let code = parse(text).unwrap_or_else(|error| unreachable!("{text}: {error}"));
        assert_eq!(code.eval(&Sizes), Ok(value), "{text}");
        assert_eq!(code.to_string(), shown, "{text}");
    }
}

#[test]
fn other_code_is_refused() {
    for (text, problem) in [
        ("L['y'].size()[0] == 1", "an input that the program does not have"),
        ("__import__('os')", "a name that is not known"),
        ("L['x'].size()[0", "a `]` is missing"),
        ("L['x'].size()[-1] == 1", "a dimension that is not a number"),
        ("(1 + 2", "a `)` is missing"),
        ("1 + 2)", "unexpected text"),
        ("math.gamma(1.0)", "a name that is not known"),
        ("torch.sym_float(1, 2)", "a function of another number of arguments"),
        ("1 +", "a name that is not known"),
        ("", "a name that is not known"),
        ("99999999999999999999 == 1", "a number that cannot be read"),
    ] {
        let error = parse(text).map(|code| code.to_string());
        assert!(error.as_ref().is_err_and(|error| error.starts_with(problem)), "{text}: {error:?}");
    }
    for deep in [format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)), "-".repeat(100_000), "not ".repeat(100_000)]
    {
        assert!(parse(&deep).is_err_and(|error| error.starts_with("code that is nested too deeply")));
    }
}

#[test]
fn what_has_no_value_does_not_hold() {
    for text in ["1 // 0 == 1", "L['x'].size()[7] == 1", "L['x'] == 1", "9223372036854775807 + 1 > 0"] {
        assert!(parse(text).is_ok_and(|code| code.eval(&Sizes).is_err()), "{text}");
    }
    assert_eq!(apply(P::Add, &[Number::Int(1)]), Err(NoResult::Operands));
}
