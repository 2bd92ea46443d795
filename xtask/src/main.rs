//! Set-up and chores of this repository. `cargo xtask help` lists them.
//!
//! It uses the standard library only and builds without libtorch, since it is what downloads libtorch.

#![forbid(unsafe_code)]

mod bench;
mod command;
mod conformance;
mod error;
mod fuzz;
mod generation;
mod libtorch;
mod nearest;
mod process;
mod progress;
mod python;
mod recipes;
mod repo_root;
mod schemas;
mod scratch;
mod wheel;
mod zoo;

use std::process::ExitCode;

use command::Command;
use error::Error;
use repo_root::RepoRoot;

fn main() -> ExitCode {
    let outcome = Command::from_args(std::env::args_os().skip(1)).and_then(|command| command.run(&RepoRoot::find()?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
