//! Programs of guards on sizes against what `torch.export` answered: the program's symbols and guards, or the error.
#![allow(clippy::expect_used, clippy::panic, reason = "a golden that cannot be read is a failing test")]

#[path = "support/inputs.rs"]
mod inputs;
#[allow(dead_code, reason = "the printing half serves the tests of expressions")]
#[path = "support/python.rs"]
mod python;

use serde_json::{Value, json};
use shapes::{ConstraintError, EnvError, Expr, Naming, PlaceholderShape, Rel, RelOp, SymbolicInputs, Tolerance};

fn cases() -> Vec<Value> {
    let path = format!("{}/../tests/golden/constraint_cases.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

type Answer<T> = Result<T, ConstraintError>;

/// A size by row and dimension, `[0, 1]`, an int input `[2, null]`, or a number.
fn operand(inputs: &SymbolicInputs, at: &Value) -> Answer<Expr> {
    match at.as_array() {
        None => Ok(Expr::int(at.as_i64().expect("int"))),
        Some(at) => {
            let (row, dim) = (at[0].as_u64().expect("row") as usize, at[1].as_u64().unwrap_or(0) as usize);
            Ok(inputs.sizes(row)?[dim].clone())
        }
    }
}

/// Whether the operand is a plain int from the start: a literal or a static size.
fn plain(inputs: &SymbolicInputs, at: &Value) -> bool {
    match at.as_array() {
        None => true,
        Some(at) => {
            let leaf = &inputs.leaves()[at[0].as_u64().expect("row") as usize];
            at[1].as_u64().is_some_and(|i| leaf.spec.dim(i as usize).is_static())
        }
    }
}

fn ask(inputs: &mut SymbolicInputs, op: RelOp, a: Expr, b: Expr) -> Answer<()> {
    if a.is_number() && b.is_number() {
        return Ok(());
    }
    let rel = if a.is_number() { Rel::new(op, a, b).mirrored() } else { Rel::new(op, a, b) };
    inputs.env_mut().evaluate(&rel, "program")?;
    Ok(())
}

fn run(inputs: &mut SymbolicInputs, step: &Value) -> Answer<()> {
    let env = |e: shapes::ExprError| ConstraintError::from(EnvError::from(e));
    if let Some(text) = step["branch"].as_str().or(step["check"].as_str()) {
        let rel = python::read(text).map_err(env)?.rel();
        let mut with = indexmap::IndexMap::new();
        for symbol in rel.free_symbols() {
            let name = symbol.name();
            let (row, dim) = name[1..].split_once('_').unwrap_or((&name[1..], "0"));
            let (row, dim): (usize, usize) = (row.parse().expect("row"), dim.parse().expect("dim"));
            let size = inputs.sizes(row)?[dim].clone();
            with.insert(symbol, size);
        }
        let rel = rel.substitute(&with).map_err(env)?;
        return ask(inputs, rel.op, rel.lhs, rel.rhs);
    }
    if step["int"].is_array() {
        let size = operand(inputs, &step["int"])?;
        inputs.env_mut().specialize(&size, "program")?;
    } else if let Some(parts) = step["cat"].as_array() {
        let parts = parts.iter().map(|p| operand(inputs, p)).collect::<Answer<Vec<_>>>()?;
        let total = Expr::sum(parts).map_err(env)?;
        let other = operand(inputs, &step["eq"])?;
        ask(inputs, RelOp::Eq, total, other)?;
    } else if let Some(parts) = step["outer"].as_array() {
        let parts = parts.iter().map(|p| operand(inputs, p)).collect::<Answer<Vec<_>>>()?;
        let total = Expr::product(parts).map_err(env)?;
        let other = operand(inputs, &step["eq"])?;
        ask(inputs, RelOp::Eq, total, other)?;
    } else if step["slice"].is_array() {
        let (of, start) = (operand(inputs, &step["slice"])?, Expr::int(step["start"].as_i64().expect("start")));
        ask(inputs, RelOp::Ge, of.clone(), start.clone())?;
        let rest = of.try_sub(&start).map_err(env)?;
        ask(inputs, RelOp::Ge, rest.clone(), Expr::int(2))?;
        let (rest, other) = (inputs.env().replace(&rest)?, operand(inputs, &step["eq"])?);
        ask(inputs, RelOp::Eq, rest, other)?;
    } else if step["reshape"].is_array() {
        let (of, by) = (operand(inputs, &step["reshape"])?, Expr::int(step["by"].as_i64().expect("by")));
        let quotient = of.floor_div(&by).map_err(env)?;
        ask(inputs, RelOp::Eq, of.modulo(&by).map_err(env)?, Expr::int(0))?;
        ask(inputs, RelOp::Ge, quotient.try_mul(&by).map_err(env)?, Expr::int(2))?;
        ask(inputs, RelOp::Eq, quotient, Expr::int(1))?;
    } else {
        let (pair, add) = match step["eq"].as_array() {
            Some(pair) => (pair, false),
            None => (step["add"].as_array().expect("a known step"), true),
        };
        let (mut a, mut b) = (operand(inputs, &pair[0])?, operand(inputs, &pair[1])?);
        // Python's reflected `==` puts the symbolic side first where the left one is a plain int; a size that a guard has
        // specialised is none.
        if plain(inputs, &pair[0]) || (add && a.is_number()) {
            std::mem::swap(&mut a, &mut b);
        }
        if !(a.is_number() && b.is_number()) {
            inputs.env_mut().evaluate(&Rel::eq(a, b), "program")?;
        }
    }
    Ok(())
}

fn solve(case: &Value) -> Answer<Value> {
    let read = inputs::read(case);
    let mut inputs = SymbolicInputs::declare(read.leaves, &read.signature_order, Naming::Hashed)?;
    for step in case["program"].as_array().expect("program") {
        run(&mut inputs, step)?;
    }
    let solved = inputs.finish(Tolerance::Strict)?;
    let annotation = |shape: &PlaceholderShape| match shape {
        PlaceholderShape::Tensor(sizes) => {
            let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
            format!("f32[{}]", sizes.join(", ")).into()
        }
        PlaceholderShape::Int(value) => format!("Sym({value})").into(),
        _ => Value::Null,
    };
    let placeholders: Vec<Value> =
        solved.placeholders.iter().map(|p| json!({"name": p.name, "annotation": annotation(&p.shape)})).collect();
    let mut ranges: Vec<String> = solved.ranges.0.iter().map(|(e, r)| format!("{e}: {r}")).collect();
    ranges.sort();
    Ok(json!({"placeholders": placeholders, "ranges": ranges, "guards_code": solved.guards_code()}))
}

fn difference(case: &Value) -> Option<String> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    match (solve(case), &case["expected"]) {
        (Ok(got), want) if want["ok"].is_object() => {
            let want = &want["ok"];
            let recorded = want["ranges"].as_array().expect("ranges").iter();
            let mut ranges: Vec<String> = recorded.map(|r| format!("{}: {}", text(&r[0]), text(&r[1]))).collect();
            ranges.sort();
            let want =
                json!({"placeholders": want["placeholders"], "ranges": ranges, "guards_code": want["guards_code"]});
            (got != want).then(|| format!("\n   want {want}\n   got  {got}"))
        }
        (Err(e), want) if want["error"].is_object() => {
            let (want, got) = (text(&want["error"]["message"]), e.to_string());
            (in_any_order(&got) != in_any_order(&want)).then(|| format!("\n   want {want}\n   got  {got}"))
        }
        (Ok(got), want) => Some(format!("\n   want {want}\n   got  {got}")),
        (Err(e), want) => Some(format!("\n   want {want}\n   got  error {e}")),
    }
}

/// Bullets that differ only in the range text come from a set in torch: each run of them is sorted.
fn in_any_order(message: &str) -> Vec<Vec<String>> {
    let blank = |l: &str| match (l.find("in the specified range"), l.find(" satisfy")) {
        (Some(a), Some(b)) if a < b => format!("{}{}", &l[..a], &l[b..]),
        _ => l.to_owned(),
    };
    let mut runs: Vec<Vec<String>> = Vec::new();
    for line in message.lines() {
        match runs.last_mut().filter(|run| blank(&run[0]) == blank(line)) {
            Some(run) => run.push(line.to_owned()),
            None => runs.push(vec![line.to_owned()]),
        }
    }
    runs.iter_mut().for_each(|run| run.sort());
    runs
}

/// Where torch suggests a dim by the name of `b*b`, which no spec can say; here nothing is suggested.
const SQUARES: [&str; 4] = ["expr-30-named", "expr-30-bounded", "expr-31-bounded", "random-20260-14"];

#[test]
fn answers_as_torch() {
    let cases = cases();
    assert!(cases.len() >= 850, "{} cases", cases.len());
    let (squares, others): (Vec<&Value>, Vec<&Value>) =
        cases.iter().partition(|c| SQUARES.contains(&c["id"].as_str().expect("id")));
    let wrong: Vec<String> = others.iter().filter_map(|c| Some(format!("{}: {}", c["id"], difference(c)?))).collect();
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), others.len(), wrong.join("\n"));
    assert_eq!(squares.len(), SQUARES.len());
    for case in squares {
        let want = case["expected"]["error"]["message"].as_str().expect("an error");
        let (bullets, fix) = want.split_once("\nSuggested fixes:\n").expect("a suggestion");
        assert!(fix.starts_with("  b*b = Dim('b*b', max="), "{fix}");
        assert_eq!(solve(case).expect_err("a violation").to_string(), bullets);
    }
}
