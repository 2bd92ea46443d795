use std::ffi::OsString;

use crate::nearest::nearest;
use crate::process::cargo;
use crate::{Error, RepoRoot, bench, conformance, fuzz, libtorch, schemas, zoo};

/// A command of `cargo xtask`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Setup,
    Demo,
    Test,
    Conformance,
    Models,
    Bench,
    Schemas,
    Zoo,
    Fuzz { target: Option<String>, seconds: u64 },
    Help,
    HelpOn { word: &'static str, what: &'static str },
}

/// How long each target is fuzzed by default.
const FUZZ_SECONDS: u64 = 60;

/// Each command's name and what it does, in the order of `help`.
static COMMANDS: [(Command, &str, &str); 10] = [
    (Command::Demo, "demo", "start here: set up libtorch, then run the two example pages"),
    (Command::Test, "test", "set up libtorch, then run all tests except the comparison with Python"),
    (Command::Setup, "setup", "download libtorch 2.13.0 into third_party (0.5 GB: the CPU part of the torch wheel)"),
    (Command::Conformance, "conformance", "compare with a live PyTorch 2.13.0, which is installed into .venv (4.7 GB)"),
    (
        Command::Models,
        "models",
        "export all models, compare them in Python and ONNX, write docs/models.md (half an hour)",
    ),
    (
        Command::Bench,
        "bench",
        "run our benchmarks, loops written by hand and the peers in Python, and print one table (a minute, once built)",
    ),
    (
        Command::Fuzz { target: None, seconds: FUZZ_SECONDS },
        "fuzz",
        "fuzz [TARGET] [SECONDS]: give the readers random texts, 60 s for each target; needs nightly and cargo-fuzz",
    ),
    (Command::Schemas, "schemas", "write the schemas of libtorch's operators into the crate program"),
    (Command::Zoo, "zoo", "export all programs of the zoo by a live PyTorch, run and compare (several minutes)"),
    (Command::Help, "help", "print this list"),
];

impl Command {
    /// Reads the command line without the program name. An empty one is `help`.
    pub(crate) fn from_args(args: impl Iterator<Item = OsString>) -> Result<Self, Error> {
        let words: Vec<String> = args.map(|word| word.to_string_lossy().into_owned()).collect();
        match words.as_slice() {
            [] => Ok(Command::Help),
            [word] if matches!(word.as_str(), "-h" | "--help") => Ok(Command::Help),
            [word, rest @ ..]
                if word == "fuzz" && !rest.iter().any(|word| matches!(word.as_str(), "-h" | "--help")) =>
            {
                fuzz_from(rest).ok_or_else(|| Error::UnknownCommand {
                    words: words.join(" "),
                    meant: None,
                    list: list(),
                })
            }
            [word] => Ok(find(word)?.0.clone()),
            [help, word] | [word, help] if matches!(help.as_str(), "help" | "-h" | "--help") => {
                let (_, word, what) = find(word)?;
                Ok(Command::HelpOn { word, what })
            }
            _ => Err(Error::UnknownCommand { words: words.join(" "), meant: None, list: list() }),
        }
    }

    pub(crate) fn run(self, repo: &RepoRoot) -> Result<(), Error> {
        match self {
            Command::Help => {
                println!("{}", list());
                Ok(())
            }
            Command::HelpOn { word, what } => {
                println!("usage: cargo xtask {word}\n\n{what}");
                Ok(())
            }
            Command::Setup => libtorch::setup(repo),
            Command::Demo => {
                libtorch::setup(repo)?;
                for example in ["export_with_dynamic_cache", "custom_class_inputs"] {
                    cargo(repo, &["run", "-p", "examples", "--example", example]).run()?;
                }
                Ok(())
            }
            Command::Test => {
                libtorch::setup(repo)?;
                // Alone, `pt2` with this feature would compile tch a second time. Without the feature it needs no libtorch.
                cargo(repo, &["test", "--workspace", "--features", "pt2/run"]).run()?;
                cargo(repo, &["test", "--package", "pt2"]).run()?;
                cargo(repo, &["run", "-q", "-p", "tests", "--bin", "golden", "--", "tests/golden"]).run()
            }
            Command::Conformance => {
                libtorch::setup(repo)?;
                conformance::run(repo)
            }
            Command::Models => {
                libtorch::setup(repo)?;
                conformance::models(repo)
            }
            Command::Bench => bench::run(repo),
            Command::Schemas => schemas::run(repo),
            Command::Zoo => zoo::run(repo, None),
            Command::Fuzz { target, seconds } => fuzz::run(repo, target.as_deref(), seconds),
        }
    }
}

/// The command of this name.
fn find(word: &str) -> Result<&'static (Command, &'static str, &'static str), Error> {
    COMMANDS.iter().find(|(_, name, _)| *name == word).ok_or_else(|| {
        let meant = nearest(word, COMMANDS.iter().map(|(_, name, _)| *name));
        Error::UnknownCommand { words: word.to_owned(), meant, list: list() }
    })
}

/// Reads `[TARGET] [SECONDS]`. The name of a target is not a number.
fn fuzz_from(words: &[String]) -> Option<Command> {
    let (target, seconds) = match words {
        [] => (None, FUZZ_SECONDS),
        [word] => word.parse().map_or((Some(word), FUZZ_SECONDS), |seconds| (None, seconds)),
        [target, seconds] => (Some(target), seconds.parse().ok()?),
        _ => return None,
    };
    Some(Command::Fuzz { target: target.cloned(), seconds })
}

/// The text of `help`.
fn list() -> String {
    let mut text = String::from("usage: cargo xtask COMMAND\n");
    for (_, word, what) in &COMMANDS {
        text += &format!("\n  {word:<12} {what}");
    }
    text + "\n\nSet PYTHON to choose the python3. Set LIBTORCH or LIBTORCH_USE_PYTORCH to use a libtorch 2.13.0 that you have."
}
