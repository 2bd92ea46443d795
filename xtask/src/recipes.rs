//! The commands and blocks of the pages about ONNX and AOTInductor.

use std::ffi::OsStr;

use crate::process::cargo;
use crate::python::Python;
use crate::scratch::Scratch;
use crate::{Error, RepoRoot};

/// Goes through the pages as a reader would, with a model that Rust exports.
pub(crate) fn run(repo: &RepoRoot, python: &Python) -> Result<(), Error> {
    let scratch = Scratch::in_folder(&repo.third_party())?;
    let out = scratch.folder("out")?;
    let example = |options: &[&str], arguments: &[&OsStr]| {
        let run = ["run", "-q", "-p", "examples"].iter().chain(options).copied().collect::<Vec<_>>();
        cargo(repo, &run).args(["--"]).args(arguments).run()
    };
    example(&["--example", "export_classifier"], &[out.as_os_str()])?;
    for page in ["docs/onnx.md", "docs/aotinductor.md"] {
        let script = python.script(&repo.path().join("tests/conformance/recipes.py"));
        let page = repo.path().join(page);
        script.args([&page]).env("OMP_NUM_THREADS", "1").in_folder(scratch.path()).run()?;
    }
    let (package, case) = (out.join("package.pt2"), out.join("case.safetensors"));
    let features = ["--features", "aoti", "--example", "run_package"];
    example(&features, &[package.as_os_str(), case.as_os_str()])
}
