use libtorch_link::VERSION;

use crate::process::cargo;
use crate::python::Python;
use crate::scratch::Scratch;
use crate::{Error, Place};

/// The environment variable that tells the conformance program which Python to ask.
const PYTHON_VARIABLE: &str = "TORCH_EXPORT_PYTHON";

/// What is compared: exported programs; symbols, ranges and constraint messages of random inputs; random trees.
const PROGRAMS: [&str; 3] = ["conformance", "conformance_shapes", "conformance_trees"];

/// Compares what we compute with what a live PyTorch computes.
///
/// The Python is `$TORCH_EXPORT_PYTHON` if set, else the one in `.venv`, made if need be.
pub(crate) fn run(place: &Place) -> Result<(), Error> {
    let (python, _) = python(place)?;
    for program in PROGRAMS {
        cargo(place, &["run", "-p", "conformance", "--bin", program]).env(PYTHON_VARIABLE, python.program()).run()?;
    }
    Ok(())
}

/// The Python that has torch, and whether it is the one in `.venv`: another is the user's, and left as it is.
pub(crate) fn python(place: &Place) -> Result<(Python, bool), Error> {
    match std::env::var_os(PYTHON_VARIABLE) {
        Some(python) => Ok((Python::at(python), false)),
        None => Ok((venv(place)?, true)),
    }
}

/// The Python in `.venv` with torch and numpy, made anew unless it is whole.
fn venv(place: &Place) -> Result<Python, Error> {
    let folder = place.venv();
    let inside = Python::of_venv(&folder);
    if is_whole(&inside) {
        return Ok(inside);
    }
    let python = Python::of_user();
    check(&python)?;
    eprintln!("bringing PyTorch {VERSION} into {} (once; 4.7 GB on Linux x86-64)", folder.display());
    let unfinished = Scratch::at(&folder)?;
    // What an interrupted run has left is not worth keeping.
    python.module("venv").args(["--clear".as_ref(), folder.as_os_str()]).run()?;
    inside.pip_install().args([&format!("torch=={VERSION}"), "numpy"]).run()?;
    unfinished.keep();
    Ok(inside)
}

fn is_whole(python: &Python) -> bool {
    python.has("numpy") && python.torch().is_some_and(|version| version.split('+').next() == Some(VERSION))
}

/// Whether this Python can make a virtual environment, and torch is published for it.
fn check(python: &Python) -> Result<(), Error> {
    let name = python.name();
    let Some((major, minor)) = python.version() else {
        let what = format!("Python 3: no `{name}` that runs (Debian, Ubuntu: `apt install python3 python3-venv`)");
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
