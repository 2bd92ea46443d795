//! Set-up and chores of this repository. `cargo xtask help` lists them.
//!
//! It builds with the standard library alone and without libtorch, which it is here to bring.

#![forbid(unsafe_code)]

mod bench;
mod command;
mod conformance;
mod error;
mod fuzz;
mod libtorch;
mod place;
mod process;
mod python;
mod scratch;
mod wheel;

use std::process::ExitCode;

use command::Command;
use error::Error;
use place::Place;

fn main() -> ExitCode {
    let outcome = Command::from_args(std::env::args_os().skip(1)).and_then(|command| command.run(&Place::find()?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
