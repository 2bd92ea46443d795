//! Judges programs that Python exported: `zoo [--run] [--save TO] FOLDER`. Exits with 1 when a program fails.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: zoo [--run] [--save TO] FOLDER
  --run      also run the cases of every program
  --save TO  write every program that passes to TO/NAME.pt2";

fn main() -> ExitCode {
    let (mut run, mut save, mut folders) = (false, None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--run" => run = true,
            "--save" => save = arguments.next(),
            _ => folders.push(argument),
        }
    }
    let [folder] = folders.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if folder.starts_with('-') {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let programs = match tests::zoo::programs(Path::new(folder)) {
        Ok(programs) if programs.is_empty() => {
            eprintln!("{folder} has no program; a program is a folder with a model.pt2");
            return ExitCode::from(2);
        }
        Ok(programs) => programs,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(2);
        }
    };
    let mut out = std::io::stdout().lock();
    let mut failed = 0;
    for program in &programs {
        let mut verdict = judge(program, run);
        if let (Some(to), None) = (&save, &verdict.failure)
            && let Err(e) = program.save_to(Path::new(to))
        {
            verdict.failure = Some((tests::zoo::Step::Save, e));
        }
        failed += usize::from(verdict.failure.is_some());
        // A closed pipe is not a failure: the reader has seen enough.
        _ = writeln!(out, "{verdict}");
    }
    _ = writeln!(out, "{} passed, {failed} failed", programs.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(feature = "tch")]
fn judge(program: &tests::zoo::ZooProgram, run: bool) -> tests::zoo::Verdict {
    if run { program.judge_run() } else { program.judge() }
}

#[cfg(not(feature = "tch"))]
fn judge(program: &tests::zoo::ZooProgram, run: bool) -> tests::zoo::Verdict {
    if run {
        eprintln!("running needs the feature `tch`");
    }
    program.judge()
}
