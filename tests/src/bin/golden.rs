//! Runs a folder of recorded cases: `golden [-v] FOLDER`. Exits with 1 when a case fails.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (flags, folders): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|a| a.starts_with('-'));
    let verbose = flags.iter().any(|f| f == "-v");
    let ([folder], true) = (folders.as_slice(), flags.iter().all(|f| f == "-v")) else {
        eprintln!("usage: golden [-v] FOLDER\n  -v  print why each case failed");
        return ExitCode::from(2);
    };
    let reports = match tests::golden::run_folder(Path::new(folder)) {
        Ok(reports) => reports,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(2);
        }
    };
    let mut out = std::io::stdout().lock();
    for report in &reports {
        // A closed pipe is not a failure: the reader has seen enough.
        _ = if verbose { writeln!(out, "{report:#}") } else { writeln!(out, "{report}") };
    }
    if reports.iter().all(|r| r.failed.is_empty()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
