//! Programs of Python that Rust goes on with, and of Rust that Python goes on with: language models that generate the same
//! tokens, and a network that is trained in both.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::process::cargo;
use crate::python::Python;
use crate::scratch::Scratch;
use crate::{Error, RepoRoot, progress};

/// Compares generation and training with a live Python. A Python without `transformers` or `safetensors` is an error.
pub(crate) fn run(repo: &RepoRoot, python: &Python) -> Result<(), Error> {
    let scratch = Scratch::in_folder(&repo.third_party())?;
    generation(repo, python, &scratch.folder("generated")?)?;
    training(repo, python, &scratch.folder("trained")?)
}

/// Runs an example and gives what it prints.
fn example(repo: &RepoRoot, name: &str, arguments: &[&OsStr]) -> Result<String, Error> {
    let run = cargo(repo, &["run", "-q", "-p", "examples", "--example", name, "--"]);
    Ok(run.args(arguments).read()?.trim().to_owned())
}

fn script(repo: &RepoRoot, python: &Python, name: &str) -> crate::process::Process {
    python.script(&repo.path().join("tests/conformance").join(name)).env("OMP_NUM_THREADS", "1")
}

fn differ(what: &str, found: &str, expected: &str) -> Error {
    Error::Differs { what: what.to_owned(), found: found.to_owned(), expected: expected.to_owned() }
}

fn generation(repo: &RepoRoot, python: &Python, folder: &Path) -> Result<(), Error> {
    script(repo, python, "generate.py").args([folder]).run()?;
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(Error::file(&path, "read")).map(|text| text.trim().to_owned())
    };
    let (prompt, expected) = (read("prompt.txt")?, read("tokens.txt")?);
    for model in ["dynamic", "static"] {
        let file = folder.join(format!("{model}.pt2"));
        let mut arguments = vec![file.as_os_str(), OsStr::new("20")];
        arguments.extend(prompt.split(' ').map(OsStr::new));
        let found = example(repo, "generate", &arguments)?;
        if found != expected {
            return Err(differ(&format!("the tokens of the Llama with a {model} cache"), &found, &expected));
        }
    }
    let printed = example(repo, "generate_own", &[folder.as_os_str()])?;
    let (prompt, ours) = printed.split_once('\n').unwrap_or((&printed, ""));
    let own = folder.join("generate_own.pt2");
    let mut arguments = vec![OsStr::new("--own"), own.as_os_str()];
    arguments.extend(prompt.split(' ').map(OsStr::new));
    let theirs = script(repo, python, "generate.py").args(arguments).read()?;
    if ours != theirs.trim() {
        return Err(differ("the tokens of a program of Rust in Python", theirs.trim(), ours));
    }
    progress::say("generation: three models give the same 20 tokens in Rust and in Python");
    Ok(())
}

fn training(repo: &RepoRoot, python: &Python, folder: &Path) -> Result<(), Error> {
    script(repo, python, "train.py").args([OsStr::new("make"), folder.as_os_str()]).run()?;
    let path = |name: &str| folder.join(name);
    let (model, data, trained) = (path("model.pt2"), path("data.safetensors"), path("trained.pt2"));
    let losses = example(repo, "fine_tune", &[model.as_os_str(), data.as_os_str(), trained.as_os_str()])?;
    let mut check = vec![OsStr::new("check"), folder.as_os_str()];
    check.extend(losses.split_whitespace().map(OsStr::new));
    script(repo, python, "train.py").args(check).run()
}
