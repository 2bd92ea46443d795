//! `pt2`: inspects and runs the files that `torch.export.save` writes, without PyTorch.

mod check;
mod cli;
mod diff;
mod error;
mod guards;
mod output;
#[cfg(feature = "run")]
mod run;
mod show;
mod source;
mod summary;
mod tree;
mod weights;

use clap::Parser;
use cli::{Cli, Command};
use error::Error;
use output::Output;
use std::process::ExitCode;

/// A check found something, or programs or outputs differ.
const FOUND: u8 = 1;

/// The command could not do its work.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    let mut out = Output::stdout();
    let done = run(cli.command, &mut out).and_then(|found| {
        out.flush()?;
        Ok(found)
    });
    match done {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(FOUND),
        // Whoever reads a pipe has seen enough when it closes it.
        Err(Error::Output(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // One line: an error of a library may have several.
            let text = error.to_string().replace('\n', " ");
            anstream::eprintln!("{}error{}: {text}", output::ERROR.render(), output::ERROR.render_reset());
            ExitCode::from(FAILED)
        }
    }
}

/// Runs a command; whether it found something that a caller should know.
fn run(command: Command, out: &mut Output) -> Result<bool, Error> {
    match command {
        Command::Show { source, release } => show::run(&source, release, out).map(|()| false),
        Command::Tree { source, svg, json } => tree::run(&source, svg, json, out).map(|()| false),
        Command::Summary { source, json } => summary::run(&source, json, out).map(|()| false),
        Command::Check { source, json } => check::run(&source, json, out),
        Command::Diff { a, b, json } => diff::run(&a, &b, json, out),
        Command::Guards { source, json } => guards::run(&source, json, out).map(|()| false),
        Command::Weights { source, json, extract } => {
            weights::run(&source, json, extract.as_deref(), out).map(|()| false)
        }
        #[cfg(feature = "run")]
        Command::Run(arguments) => run::run(&arguments, out),
        #[cfg(not(feature = "run"))]
        Command::Run(_) => Err(Error::NoRun),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "pt2", &mut text);
            out.plain(&String::from_utf8_lossy(&text)).map(|()| false)
        }
    }
}
