use std::env;
use std::fs;
use std::path::Path;
use std::time::Instant;

use libtorch_link::{Libtorch, VERSION};

use crate::progress::Progress;
use crate::python::{self, Python};
use crate::scratch::Scratch;
use crate::{Error, RepoRoot, wheel};

/// Makes sure that the workspace has a libtorch to build with.
///
/// A libtorch that the user selects, with `LIBTORCH_USE_PYTORCH` or `LIBTORCH` as torch-sys reads them, is only checked.
/// Otherwise the one in `third_party` is checked, or downloaded if it does not exist.
pub(crate) fn setup(repo: &RepoRoot) -> Result<(), Error> {
    if env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        return check_python_torch();
    }
    let ours = repo.libtorch();
    // .cargo/config.toml sets it to ours unless the user has set it.
    let named = env::var_os("LIBTORCH").filter(|named| Path::new(named) != ours);
    if let Some(named) = named {
        if named.is_empty() {
            return Err(Error::EmptyVariable { name: "LIBTORCH" });
        }
        let cure = "LIBTORCH points there; unset it to set up a libtorch in third_party";
        return check(Path::new(&named), cure);
    }
    if !ours.exists() {
        download(repo, &ours)?;
    }
    let cure = format!("remove the folder {} and run `cargo xtask setup`", ours.display());
    if wheel::is_outdated(&ours) {
        eprintln!("this libtorch cannot load AOTInductor packages, since an earlier version set it up: {cure}");
    }
    check(&ours, &cure)
}

/// Prints which libtorch is in `root`, or fails if it cannot be used.
fn check(root: &Path, cure: &str) -> Result<(), Error> {
    let libtorch = Libtorch::at(root).map_err(|source| Error::Libtorch { cure: cure.to_owned(), source })?;
    eprintln!("libtorch {} is in {}", libtorch.version(), root.display());
    Ok(())
}

fn check_python_torch() -> Result<(), Error> {
    let python = Python::of_torch_sys();
    let found = python.torch();
    let is_wanted = found.as_deref().is_some_and(|version| version.split('+').next() == Some(VERSION));
    let found = found.map_or_else(|| "no torch".to_owned(), |version| format!("torch {version}"));
    if !is_wanted && env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_none() {
        return Err(Error::PythonTorch { python: python.name(), found });
    }
    eprintln!("LIBTORCH_USE_PYTORCH is set: libtorch is the one of {found} in {}", python.name());
    Ok(())
}

/// Makes the folder `ours`, completely or not at all.
fn download(repo: &RepoRoot, ours: &Path) -> Result<(), Error> {
    let wheels = wheel::Wheels::for_this_platform()?;
    let python = Python::of_user();
    python::check_tools(&python)?;

    let start = Instant::now();
    eprintln!("downloading libtorch {VERSION} into {} (once; 0.5 GB)", repo.third_party().display());
    let scratch = Scratch::in_folder(&repo.third_party())?;
    let mut progress = Progress::of(2);
    let site = progress.step_of_pip("download and unpack the wheels", || wheels.unpack(&python, &scratch))?;
    let made = scratch.path().join("libtorch");
    progress.step("take the part for the CPU", || wheel::extract_cpu(&site, &made))?;
    // Before it is moved, so that what cannot be used is not left in its place.
    let cure = "nothing was changed; set LIBTORCH to the folder of another libtorch";
    Libtorch::at(&made).map_err(|source| Error::Libtorch { cure: cure.to_owned(), source })?;
    match fs::rename(&made, ours) {
        Ok(()) => eprintln!("done in {:.0} s", start.elapsed().as_secs_f64()),
        // Another run was faster, and its folder is as good.
        Err(_) if ours.exists() => {}
        Err(source) => {
            return Err(Error::File { path: made, doing: "move", source });
        }
    }
    Ok(())
}
