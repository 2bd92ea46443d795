//! Asks PyTorch, with one process for all cases.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use conformance::Python;
use serde_json::Value;

/// Torch's answer to a case.
pub(crate) enum Answer {
    /// A program, or an error for users.
    Says(Value),
    /// A failure inside torch.
    Fails(String),
}

/// Failures inside torch, by exception and the start of its message.
const FAILURES: [(&str, &str); 10] = [
    ("AssertionError", "Expected op to be '==', got"),
    ("AssertionError", "Cannot create Dim with inconsistent"),
    ("KeyError", "'max'"),
    ("KeyError", "'min'"),
    // A dim that is tied to a hint before it and forced to one value by guards.
    ("KeyError", "\"L["),
    ("StopIteration", ""),
    ("TypeError", "'Symbol' object is not subscriptable"),
    ("TypeError", "'NoneType' object is not subscriptable"),
    // Any `**kwargs` with dynamic shapes.
    ("AssertionError", "Must provide a tree_name when there might be a mismatch"),
    ("AttributeError", "'Symbol' object has no attribute"),
];

/// Asks torch for its answers. `hash_seed` determines the order of Python's sets.
pub(crate) fn answers(python: &Python, cases: &[Value], hash_seed: u32) -> Result<Vec<Answer>, String> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut child = python
        .script("shapes.py")
        .env("PYTHONHASHSEED", hash_seed.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("Python could not be started: {e}"))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("Python has no pipes".to_owned());
    };
    let text: String = cases.iter().map(|case| format!("{case}\n")).collect();
    // Another thread writes, since both pipes can fill up.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let mut answers = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|e| e.to_string())?;
        let answer: Value = serde_json::from_str(&line).map_err(|e| format!("{e}: {line}"))?;
        answers.push(sorted(answer));
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    _ = writer.join();
    if !status.success() || answers.len() != cases.len() {
        return Err(format!("Python ended ({status}) after {} of {} cases", answers.len(), cases.len()));
    }
    Ok(answers)
}

fn sorted(answer: Value) -> Answer {
    let of = |key: &str| answer["error"][key].as_str().unwrap_or_default();
    let (kind, message) = (of("type"), of("message"));
    match FAILURES.iter().find(|(k, start)| *k == kind && message.starts_with(start)) {
        Some((kind, start)) => Answer::Fails(format!("{kind}: {start}")),
        None => Answer::Says(answer),
    }
}
