//! Forwards that do what a forward should not do, each in a process of its own with limits of memory and time. An export of each
//! ends in a typed error, or in a program that computes what the model computes.
#![cfg(all(feature = "tch", unix))]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;
#[path = "hostile/forwards/mod.rs"]
mod forwards;

use forwards::rows;
use std::num::NonZero;
use std::process::{Command, Output};
use std::sync::Mutex;
use torch_export::ExportError;

/// What an export must end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// A program, which was compared with the model.
    Program,
    /// An error whose variant and text have these parts.
    Error(&'static str, &'static str),
    /// Either a program that is right, or an error.
    Either,
}

/// A hostile forward.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) ends: Ends,
    /// Exports it, and compares a program with the model.
    pub(crate) run: fn() -> Result<(), ExportError>,
}

/// The address space of a child in kilobytes. libtorch takes two gigabytes of it.
const MEMORY: u64 = 12 << 20;

/// The seconds of a processor that a child may take, and half of what it may take of the clock.
const SECONDS: u64 = 60;

/// The variable that says to a child which forward it exports.
const WHICH: &str = "TORCH_EXPORT_HOSTILE_FORWARD";

/// How a child says what its export ended in.
const SAYS: &str = "the export ended in ";

/// Runs in a child process.
#[test]
#[ignore = "run by another test"]
fn one_forward() {
    // `--include-ignored` runs it too.
    let Ok(name) = std::env::var(WHICH) else { return };
    let row = rows().find(|row| row.name == name).unwrap();
    let text = match (row.run)() {
        Ok(()) => "a program".to_owned(),
        Err(error) => {
            let variant: String = format!("{error:?}").chars().take(400).collect();
            format!("an error: {} | {error}", variant.replace('\n', " "))
        }
    };
    // After it the process is as before: another export runs, and a panic is printed.
    forwards::an_ordinary_export();
    println!("\n{SAYS}{}", text.replace('\n', " "));
}

fn child(row: &Row) -> Output {
    let limits = format!("ulimit -v {MEMORY}; ulimit -t {SECONDS}; ulimit -c 0; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limits]);
    // A forward that waits takes no time of a processor.
    if Command::new("timeout").arg("--version").output().is_ok_and(|output| output.status.success()) {
        command.args(["timeout", &(2 * SECONDS).to_string()]);
    }
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "one_forward", "--ignored", "--nocapture"]);
    command.env(WHICH, row.name).output().unwrap()
}

/// Runs a row in a child, and says what is wrong with how it ended.
fn judged(row: &Row) -> Option<String> {
    let output = child(row);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let found = out.lines().find_map(|line| line.strip_prefix(SAYS)).unwrap_or_default();
    let right = match row.ends {
        Ends::Program => found == "a program",
        Ends::Error(variant, text) => {
            found.starts_with("an error: ") && found.contains(variant) && found.contains(text)
        }
        Ends::Either => !found.is_empty(),
    };
    println!("{}: {found}", row.name);
    let tail = || err.lines().rev().take(6).collect::<Vec<&str>>();
    (!output.status.success() || !right)
        .then(|| format!("{} ({:?}): {} {found:?}\n{:?}", row.name, row.ends, output.status, tail()))
}

#[test]
fn every_export_ends_in_an_error_or_in_a_right_program() {
    let only = std::env::var("ONLY").ok();
    let rows = rows().filter(|row| only.as_deref().is_none_or(|only| row.name.contains(only)));
    let rows = Mutex::new(rows);
    let worker = || -> Vec<String> {
        let next = || rows.lock().unwrap().next();
        std::iter::from_fn(next).filter_map(judged).collect()
    };
    // A child computes on one processor.
    let count = std::thread::available_parallelism().map_or(1, NonZero::get).min(4);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The limits are there: a child that exceeds one of them ends.
#[test]
fn the_limits_hold() {
    for script in ["head -c 200000000 /dev/zero | tail -c 200000000", "while :; do :; done"] {
        let limits = format!("ulimit -v 100000; ulimit -t 1; {script}");
        let output = Command::new("sh").args(["-c", &limits]).output().unwrap();
        assert!(!output.status.success() || !output.stderr.is_empty(), "{script}: {output:?}");
    }
}
