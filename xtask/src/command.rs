use std::ffi::OsString;

use crate::process::cargo;
use crate::{Error, Place, bench, conformance, fuzz, libtorch};

/// What `cargo xtask` can be told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Setup,
    Demo,
    Test,
    Conformance,
    Bench,
    Fuzz { target: Option<String>, seconds: u64 },
    Help,
}

/// How long each target is fuzzed unless it is said.
const FUZZ_SECONDS: u64 = 60;

/// Each command's word and what it does, in the order of `help`.
const COMMANDS: [(Command, &str, &str); 7] = [
    (Command::Demo, "demo", "set up, then run the two example programs: start here"),
    (Command::Test, "test", "set up, then run every test that needs no Python torch"),
    (Command::Setup, "setup", "put libtorch 2.13.0 into third_party (0.5 GB, the CPU's part of the torch wheel)"),
    (Command::Conformance, "conformance", "compare with a live PyTorch 2.13.0, brought into .venv (4.7 GB)"),
    (
        Command::Bench,
        "bench",
        "measure ours, loops by hand and the peers in Python, and show one table (a minute, once it is built)",
    ),
    (
        Command::Fuzz { target: None, seconds: FUZZ_SECONDS },
        "fuzz",
        "fuzz [TARGET] [SECONDS]: random texts for what reads texts, 60 s a target; needs nightly and cargo-fuzz",
    ),
    (Command::Help, "help", "show this list"),
];

impl Command {
    /// Reads the command line, program name left out. Nothing said is `help`.
    pub(crate) fn from_args(args: impl Iterator<Item = OsString>) -> Result<Self, Error> {
        let words: Vec<String> = args.map(|word| word.to_string_lossy().into_owned()).collect();
        match words.as_slice() {
            [] => Ok(Command::Help),
            [word] if matches!(word.as_str(), "-h" | "--help") => Ok(Command::Help),
            [word, rest @ ..] if word == "fuzz" => fuzz_from(rest).ok_or_else(|| {
                let list = list();
                Error::UnknownCommand { words: words.join(" "), list }
            }),
            [word] => COMMANDS
                .iter()
                .find_map(|(command, name, _)| (name == word).then(|| command.clone()))
                .ok_or_else(|| Error::UnknownCommand { words: word.clone(), list: list() }),
            _ => Err(Error::UnknownCommand { words: words.join(" "), list: list() }),
        }
    }

    pub(crate) fn run(self, place: &Place) -> Result<(), Error> {
        match self {
            Command::Help => {
                println!("{}", list());
                Ok(())
            }
            Command::Setup => libtorch::setup(place),
            Command::Demo => {
                libtorch::setup(place)?;
                for example in ["export_with_dynamic_cache", "custom_class_inputs"] {
                    cargo(place, &["run", "-p", "examples", "--example", example]).run()?;
                }
                Ok(())
            }
            Command::Test => {
                libtorch::setup(place)?;
                cargo(place, &["test", "--workspace"]).run()?;
                cargo(place, &["run", "-q", "-p", "tests", "--bin", "golden", "--", "tests/golden"]).run()
            }
            Command::Conformance => {
                libtorch::setup(place)?;
                conformance::run(place)
            }
            Command::Bench => bench::run(place),
            Command::Fuzz { target, seconds } => fuzz::run(place, target.as_deref(), seconds),
        }
    }
}

/// `[TARGET] [SECONDS]`; no target's name is a number.
fn fuzz_from(words: &[String]) -> Option<Command> {
    let (target, seconds) = match words {
        [] => (None, FUZZ_SECONDS),
        [word] => word.parse().map_or((Some(word), FUZZ_SECONDS), |seconds| (None, seconds)),
        [target, seconds] => (Some(target), seconds.parse().ok()?),
        _ => return None,
    };
    Some(Command::Fuzz { target: target.cloned(), seconds })
}

/// What `help` shows.
fn list() -> String {
    let mut text = String::from("usage: cargo xtask COMMAND\n");
    for (_, word, what) in COMMANDS {
        text += &format!("\n  {word:<12} {what}");
    }
    text + "\n\nPYTHON names the python3 to use; LIBTORCH, or LIBTORCH_USE_PYTORCH, a libtorch 2.13.0 you already have."
}
