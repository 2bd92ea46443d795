//! One program of a zoo.

use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// A folder with a program.
#[derive(Clone, Debug)]
pub struct ZooProgram {
    /// The folder.
    pub folder: PathBuf,
    /// The name of the folder.
    pub name: String,
    /// What must work.
    pub expect: Expect,
    /// Why a program is refused: `unknown operator zoo::twice`.
    pub why: String,
    /// The release of PyTorch that wrote it.
    pub torch_version: String,
}

/// What must work with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Everything.
    Equal,
    /// It loads and prints, and cannot be run.
    Print,
    /// It loads and prints and is refused when it is run, or it is refused at once.
    Refused,
}

impl ZooProgram {
    /// Reads the `meta.json` of a folder.
    ///
    /// # Errors
    /// When the file is missing or not of the form.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let meta: Value = serde_json::from_slice(&std::fs::read(folder.join("meta.json"))?)?;
        let text = |key: &str| meta[key].as_str().unwrap_or_default().to_owned();
        let expect = match text("expect").as_str() {
            "equal" => Expect::Equal,
            "print" => Expect::Print,
            "refused" => Expect::Refused,
            other => return Err(io::Error::other(format!("{}: `expect` is {other:?}", folder.display()))),
        };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(ZooProgram {
            folder: folder.to_owned(),
            name,
            expect,
            why: text("why"),
            torch_version: text("torch_version"),
        })
    }

    /// The text that Python prints for the file, and whether it is that of a release from 2.15 on.
    ///
    /// # Errors
    /// When the folder has no text.
    pub fn text(&self) -> io::Result<(String, bool)> {
        let by_2_13 = self.folder.join("text_by_2.13.txt");
        if by_2_13.is_file() {
            return Ok((std::fs::read_to_string(by_2_13)?, false));
        }
        let minor = self.torch_version.split('.').nth(1).and_then(|minor| minor.parse().ok());
        let text = std::fs::read_to_string(self.folder.join("text_loaded.txt"))?;
        Ok((text, minor.is_some_and(|minor: u32| minor >= 15)))
    }
}
