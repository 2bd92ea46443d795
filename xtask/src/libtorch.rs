use std::env;
use std::fs;
use std::path::Path;
use std::time::Instant;

use libtorch_link::{Libtorch, VERSION};

use crate::python::{self, Python};
use crate::scratch::Scratch;
use crate::{Error, Place, wheel};

/// Sees to it that there is the libtorch that the workspace builds with.
///
/// One of the user's, by `LIBTORCH_USE_PYTORCH` or `LIBTORCH` as torch-sys has them, is checked and left alone. Else the
/// one in `third_party` is checked, or made if it is not there.
pub(crate) fn setup(place: &Place) -> Result<(), Error> {
    if env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        return check_python_torch();
    }
    let ours = place.libtorch();
    // Cargo sets it to ours, by .cargo/config.toml, when the user has not.
    let named = env::var_os("LIBTORCH").filter(|named| Path::new(named) != ours);
    if let Some(named) = named {
        let cure = "that is where LIBTORCH points; unset it to have a libtorch set up in third_party";
        return check(Path::new(&named), cure);
    }
    if !ours.exists() {
        bring(place, &ours)?;
    }
    let cure = format!("remove the folder {} and run `cargo xtask setup`", ours.display());
    check(&ours, &cure)
}

/// Says which libtorch is in `root`, or what is wrong with it.
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
    eprintln!("LIBTORCH_USE_PYTORCH is set: libtorch is that of {found} in {}", python.name());
    Ok(())
}

/// Makes the folder `ours`, all of it or nothing.
fn bring(place: &Place, ours: &Path) -> Result<(), Error> {
    let wheels = wheel::Wheels::for_this_platform()?;
    let python = Python::of_user();
    python::check_tools(&python)?;

    let start = Instant::now();
    eprintln!("bringing libtorch {VERSION} into {} (once; a download of 0.5 GB)", place.third_party().display());
    let scratch = Scratch::in_folder(&place.third_party())?;
    let site = wheels.unpack(&python, &scratch)?;
    let made = scratch.path().join("libtorch");
    wheel::extract_cpu(&site, &made)?;
    match fs::rename(&made, ours) {
        Ok(()) => eprintln!("done in {:.0} s", start.elapsed().as_secs_f64()),
        // Another run was faster: its folder is as good as ours.
        Err(_) if ours.exists() => {}
        Err(source) => {
            return Err(Error::File { path: made, doing: "move", source });
        }
    }
    Ok(())
}
