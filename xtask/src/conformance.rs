use libtorch_link::VERSION;

use crate::process::cargo;
use crate::progress::Progress;
use crate::python::Python;
use crate::scratch::Scratch;
use crate::{Error, RepoRoot, generation, recipes, zoo};

/// The environment variable that names the Python of the conformance programs.
const PYTHON_VARIABLE: &str = "TORCH_EXPORT_PYTHON";

/// They compare exported programs; symbols, ranges and constraint messages of random inputs; random trees; the results of
/// packages that AOTInductor compiles; whole models, from the export to ONNX.
const PROGRAMS: [&str; 5] =
    ["conformance", "conformance_shapes", "conformance_trees", "conformance_aoti", "conformance_models"];

/// Compares this project with a live PyTorch, and its reader with a sample of programs that PyTorch exports.
///
/// The Python is `$TORCH_EXPORT_PYTHON` if it is set, otherwise the one in `.venv`, which is made if it does not exist.
pub(crate) fn run(repo: &RepoRoot) -> Result<(), Error> {
    let (python, _) = python(repo)?;
    let mut progress = Progress::of(PROGRAMS.len() + 3);
    for program in PROGRAMS {
        let run = cargo(repo, &["run", "-p", "conformance", "--bin", program]).env(PYTHON_VARIABLE, python.program());
        progress.step(program, || run.run())?;
    }
    progress.step("generation and training", || generation::run(repo, &python))?;
    progress.step("the blocks of the documents", || recipes::run(repo, &python))?;
    progress.step("programs of the zoo", || zoo::run(repo, Some(zoo::SAMPLE)))
}

/// Exports all models by whole, compares them in Python, and writes the table of the documents.
pub(crate) fn models(repo: &RepoRoot) -> Result<(), Error> {
    let (python, _) = python(repo)?;
    let program = ["run", "--release", "-p", "conformance", "--bin", "conformance_models", "--"];
    let all = cargo(repo, &program).args(["--all", "--table", "docs/models.md"]);
    // With one thread each, the times of Rust and Python compare.
    let all = all.env(PYTHON_VARIABLE, python.program()).env("OMP_NUM_THREADS", "1");
    Progress::of(1).step("all models", || all.run())
}

/// The Python that has torch, and whether it is the one in `.venv`. Any other is the user's, and nothing is installed there.
pub(crate) fn python(repo: &RepoRoot) -> Result<(Python, bool), Error> {
    match std::env::var_os(PYTHON_VARIABLE) {
        Some(python) => Ok((Python::at(python), false)),
        None => Ok((venv(repo)?, true)),
    }
}

/// What the Python has besides torch. Transformers is of one version, since its models and caches change from one to the next.
const PACKAGES: [&str; 7] =
    ["numpy", "safetensors", "transformers==5.24.0", "torchvision==0.28.0", "onnx", "onnxscript", "onnxruntime"];

/// The Python in `.venv` with torch and the packages. It is made again unless it is complete.
fn venv(repo: &RepoRoot) -> Result<Python, Error> {
    let folder = repo.venv();
    let inside = Python::of_venv(&folder);
    if is_complete(&inside) {
        return Ok(inside);
    }
    let python = Python::of_user();
    check(&python)?;
    eprintln!("installing PyTorch {VERSION} into {} (once; 4.7 GB on Linux x86-64)", folder.display());
    let unfinished = Scratch::at(&folder)?;
    // `--clear` removes what an interrupted run has left.
    python.module("venv").args(["--clear".as_ref(), folder.as_os_str()]).run()?;
    // pip's cache of these wheels would take more disk than a second download is worth.
    inside.pip_install().args(["--no-cache-dir", &format!("torch=={VERSION}")]).args(PACKAGES).run()?;
    unfinished.keep();
    Ok(inside)
}

fn is_complete(python: &Python) -> bool {
    python.has("numpy, safetensors, transformers, torchvision, onnx, onnxscript, onnxruntime")
        && python.torch().is_some_and(|version| version.split('+').next() == Some(VERSION))
}

/// Checks that this Python can make a virtual environment, and that torch is published for it.
fn check(python: &Python) -> Result<(), Error> {
    let name = python.name();
    let Some((major, minor)) = python.version() else {
        let what = format!("Python 3: `{name}` does not run (Debian, Ubuntu: `apt install python3 python3-venv`)");
        return Err(Error::Missing { what: vec![what] });
    };
    if major != 3 || !(10..=14).contains(&minor) {
        return Err(Error::PythonVersion { python: name, found: format!("{major}.{minor}") });
    }
    if !python.has("venv, ensurepip") {
        let what = format!("venv: `{name} -m venv` does not run (Debian, Ubuntu: `apt install python3-venv`)");
        return Err(Error::Missing { what: vec![what] });
    }
    Ok(())
}
