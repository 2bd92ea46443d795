//! Compares names, sizes, ranges, guards and messages with a live PyTorch 2.13 on random cases:
//! `cargo run -q -p conformance --bin conformance_shapes -- [--seed N] [--naming N] [--constraint N]`.
//!
//! `TORCH_EXPORT_PYTHON` names a Python with torch 2.13. A run compares 500 naming and 200 constraint cases. The seed is that
//! of `--seed`, a fixed one if `CI` is set, and otherwise a new one. Cases on which torch itself fails are counted apart,
//! since there is nothing to compare, and so are cases that torch answers differently from process to process. The last line
//! is `N passed, M failed`.

mod constraint;
mod dims;
mod naming;
mod torch;

use std::process::ExitCode;

use conformance::Python;
use serde_json::Value;
use tests::golden::constraint::run as compare;
use tests::json::Miss;
use tests::random::Random;
use torch::Answer;

fn main() -> ExitCode {
    match Options::read().and_then(|options| run(&options)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance_shapes: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Options {
    seed: u64,
    naming: usize,
    constraint: usize,
}

impl Options {
    fn read() -> Result<Options, String> {
        let mut options = Options { seed: conformance::seed(), naming: 500, constraint: 200 };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let number = args.next().and_then(|n| n.parse::<u64>().ok());
            let number = number.ok_or_else(|| format!("`{name}` needs a number"))?;
            let count = usize::try_from(number).map_err(|e| format!("{name} {number}: {e}"))?;
            match name.as_str() {
                "--seed" => options.seed = number,
                "--naming" => options.naming = count,
                "--constraint" => options.constraint = count,
                _ => {
                    return Err(format!(
                        "`{name}` is not an option; the options are --seed, --naming and --constraint"
                    ));
                }
            }
        }
        Ok(options)
    }
}

/// Runs the cases, and returns how many differ.
fn run(options: &Options) -> Result<usize, String> {
    let Options { seed, naming, constraint } = *options;
    let python = Python::find().map_err(|e| format!("{e:#}"))?;
    println!("seed {seed}: {naming} naming cases, {constraint} constraint cases");
    let mut random = Random::new(seed);
    let mut cases: Vec<Value> = (0..naming).map(|i| naming::case(&mut random, i)).collect();
    cases.extend((0..constraint).map(|i| constraint::case(&mut random, i)));

    let (mut passed, mut programs, mut crashed) = (0, 0, Vec::new());
    let mut wrong: Vec<(usize, String)> = Vec::new();
    for (i, answer) in torch::answers(&python, &cases, 0)?.into_iter().enumerate() {
        match answer {
            Answer::Fails(how) => {
                // Our answer is not compared, but computing it must not panic.
                cases[i]["expected"] = Value::Null;
                _ = compare(&cases[i]);
                crashed.push(how);
            }
            Answer::Says(expected) => {
                programs += usize::from(expected.get("ok").is_some());
                cases[i]["expected"] = expected;
                match compare(&cases[i]) {
                    Ok(()) => passed += 1,
                    Err(Miss::Failed(reason) | Miss::NotYet(reason)) => wrong.push((i, reason)),
                }
            }
        }
    }
    let unsteady = forgive_unsteady(&python, &cases, &mut wrong)?;
    println!("{programs} of them give a program, the others an error");
    crashed.sort_unstable();
    for how in crashed.chunk_by(|a, b| a == b) {
        println!("torch fails on {}: {}", how.len(), how[0]);
    }
    if unsteady > 0 {
        println!("torch answers {unsteady} of them differently from process to process");
    }
    for (i, reason) in &wrong {
        println!("{}\n   {reason}", cases[*i]);
    }
    println!("{passed} passed, {} failed", wrong.len());
    Ok(wrong.len())
}

/// Removes the cases whose answer depends on Python's hash seed, and returns how many there were.
fn forgive_unsteady(python: &Python, cases: &[Value], wrong: &mut Vec<(usize, String)>) -> Result<usize, String> {
    let before = wrong.len();
    for hash_seed in 1..=3 {
        let again: Vec<Value> = wrong.iter().map(|(i, _)| cases[*i].clone()).collect();
        let mut answers = torch::answers(python, &again, hash_seed)?.into_iter();
        wrong.retain(|(i, _)| match answers.next() {
            Some(Answer::Says(expected)) => expected == cases[*i]["expected"],
            _ => false,
        });
    }
    Ok(before - wrong.len())
}
