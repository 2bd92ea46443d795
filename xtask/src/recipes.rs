//! The Python of the README, and the commands and blocks of the pages about ONNX and AOTInductor.

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
    // The example of the README writes to `out` in the workspace.
    example(&["--example", "readme"], &[])?;
    example(&["--example", "export_classifier"], &[out.as_os_str()])?;
    let pages = [("README.md", repo.path()), ("docs/onnx.md", scratch.path()), ("docs/aotinductor.md", scratch.path())];
    for (page, folder) in pages {
        let script = python.script(&repo.path().join("tests/conformance/recipes.py"));
        script.args([repo.path().join(page)]).env("OMP_NUM_THREADS", "1").in_folder(folder).run()?;
    }
    let (package, case) = (out.join("package.pt2"), out.join("case.safetensors"));
    let features = ["--features", "aoti", "--example", "run_package"];
    example(&features, &[package.as_os_str(), case.as_os_str()])
}
