use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, VERSION};

/// A version and the file that it was read from.
pub(crate) struct Found {
    /// The version as the file has it: `2.13.0+cpu`.
    pub(crate) version: String,
    /// The file.
    pub(crate) file: PathBuf,
}

impl Found {
    /// True if this is the release that `tch` needs. The part after a `+` names a build of it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.version.split('+').next() == Some(VERSION)
    }
}

/// Reads the version of the libtorch in `root`, whose headers are in `include_dir`.
///
/// # Errors
/// [`Error::UnknownVersion`] when none of the known files has it.
pub(crate) fn read(root: &Path, include_dir: &Path) -> Result<Found, Error> {
    let known: [(PathBuf, Reader); 4] = [
        // The archives of libtorch have this file,
        (root.join("build-version"), from_build_version),
        // Python's torch has this one,
        (root.join("version.py"), from_python),
        // and a distribution's package has only its headers. This one moved to `headeronly` in 2.9.
        (include_dir.join("torch/headeronly/version.h"), from_header),
        (include_dir.join("torch/csrc/api/include/torch/version.h"), from_header),
    ];
    for (file, reader) in &known {
        let version = fs::read_to_string(file).ok().and_then(|text| reader(&text));
        if let Some(version) = version {
            return Ok(Found { version, file: file.clone() });
        }
    }
    Err(Error::UnknownVersion { looked_in: known.map(|(file, _)| file).to_vec() })
}

type Reader = fn(&str) -> Option<String>;

/// Reads a file that holds only the version.
fn from_build_version(text: &str) -> Option<String> {
    let version = text.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

/// Reads `__version__ = '2.13.0+cu130'`.
fn from_python(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let value = line.strip_prefix("__version__")?.trim_start().strip_prefix('=')?.trim();
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        value.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned)
    })
}

/// Reads `#define TORCH_VERSION_MAJOR 2` and the same for `MINOR` and `PATCH`.
fn from_header(text: &str) -> Option<String> {
    let number = |part: &str| {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let is_it = words.next() == Some("#define")
                && words.next().and_then(|name| name.strip_prefix("TORCH_VERSION_")) == Some(part);
            words.next().filter(|word| is_it && word.parse::<u32>().is_ok())
        })
    };
    Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
}
