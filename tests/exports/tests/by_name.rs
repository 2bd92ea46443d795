//! The export cases build on the facade, and run by name. Those that PyTorch exports must be right, and the others must be
//! right or refused.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the program prints for one case.
fn run(case: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_export-cases"));
    let output = command.arg(case).env("OMP_NUM_THREADS", "1").env("EXPORT_CASES_FORMULAS", FORMULAS.to_string()).output().unwrap();
    assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The names in the list of cases.
fn names() -> Vec<String> {
    let source = include_str!("../public.rs");
    let quoted = source.split('"').skip(1).step_by(2);
    let is_name = |text: &&str| {
        let mut chars = text.chars();
        chars.next().is_some_and(|c| ('A'..='I').contains(&c)) && chars.next().is_some_and(|c| c.is_ascii_digit())
    };
    let mut names: Vec<String> = quoted.filter(is_name).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn every_named_case_is_right_or_refused() {
    let names = names();
    assert!(names.len() >= 55, "{names:?}");
    for name in &names {
        let verdict = run(name);
        assert!(matches!(verdict.as_str(), "VERDICT ok\n" | "VERDICT ok, refused\n"), "{name}: {verdict}");
    }
    // An unknown name is reported, so each verdict above is that of a case.
    assert_eq!(run("Z9"), "VERDICT no such case\n");
}

/// How many random formulas of two sizes are tried. CONTRIBUTING.md says how to try more.
const FORMULAS: usize = 150;

/// The seed of the recorded list of cases.
const SEED: &str = "20261128";

#[test]
fn random_formulas_are_right_or_refused() {
    let next = AtomicUsize::new(0);
    let refused = Mutex::new([0; 3]);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(4) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= FORMULAS {
                        break;
                    }
                    let name = format!("formula-{SEED}-{}-{at}", 1 + at % 3);
                    match run(&name).as_str() {
                        "VERDICT ok\n" => {}
                        "VERDICT ok, refused\n" => refused.lock().unwrap()[at % 3] += 1,
                        verdict => panic!("{name}: {verdict}"),
                    }
                }
            });
        }
    });
    // Of 50 each: at most one in twenty of depth 1 and 2, and three in twenty of depth 3.
    let refused = refused.into_inner().unwrap();
    assert!(refused[0] <= 2 && refused[1] <= 2 && refused[2] <= 7, "{refused:?}");
}
