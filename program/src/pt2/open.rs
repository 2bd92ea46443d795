//! Opening archives, and finding the programs in them.

use super::error::LoadError;
use super::map::Mapping;
use super::zip::{Limits, Zip, ZipError};
use crate::ExportedProgram;
use crate::data::Storage;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A `.pt2` archive, which can hold several programs (`torch.export.pt2_archive`).
///
/// ```no_run
/// let archive = program::Archive::open("models.pt2")?;
/// for name in archive.programs() {
///     println!("{name}: {} nodes", archive.program(name)?.graph.nodes.len());
/// }
/// # Ok::<(), program::LoadError>(())
/// ```
pub struct Archive {
    zip: Zip,
    /// The folder of all members, with `/` at its end.
    root: String,
    programs: Vec<String>,
    compiled: Vec<String>,
    /// The file that it was opened from, for messages.
    path: Option<PathBuf>,
}

impl ExportedProgram {
    /// Loads the only program of a file (`torch.export.load`).
    ///
    /// The weights are mapped and read when they are used, so a large file opens at once. Do not make the file shorter while
    /// the program is in use, or read it into memory and give its bytes to [`read`](ExportedProgram::read).
    ///
    /// Nothing in the file is executed: expressions are read by a closed grammar, and pickles are not unpickled.
    ///
    /// # Errors
    /// [`LoadError`] when the file cannot be opened, when a part of it is damaged or unknown, and when the archive has several
    /// programs or none; see [`Archive`] for the former.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let _span = tracing::info_span!("load", path = %path.display()).entered();
        Archive::open(path)?.only_program()
    }

    /// Loads the only program of a file in memory.
    ///
    /// # Errors
    /// The same as [`load`](ExportedProgram::load), except those of the file system.
    pub fn read(bytes: impl Into<Arc<[u8]>>) -> Result<Self, LoadError> {
        Archive::read(bytes)?.only_program()
    }
}

impl Archive {
    /// Opens a file, and finds the programs in it. See [`ExportedProgram::load`].
    ///
    /// # Errors
    /// [`LoadError`] when the file cannot be opened, or is not an archive of PyTorch.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::open_with(path, Limits::default())
    }

    /// Opens a file with these limits on what it may claim.
    ///
    /// # Errors
    /// The same as [`open`](Archive::open).
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let io = |source| LoadError::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        // A pipe and an empty file cannot be mapped.
        let bytes = if metadata.is_file() && metadata.len() > 0 {
            Storage::mapped(Mapping::of(&file).map_err(io)?)
        } else {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(io)?;
            Storage::new(bytes)
        };
        let mut archive = Self::of(bytes, limits).map_err(|error| error.in_file(path))?;
        archive.path = Some(path.to_owned());
        Ok(archive)
    }

    /// Opens an archive in memory.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are not an archive of PyTorch.
    pub fn read(bytes: impl Into<Arc<[u8]>>) -> Result<Self, LoadError> {
        Self::read_with(bytes, Limits::default())
    }

    /// Opens an archive in memory with these limits on what it may claim.
    ///
    /// # Errors
    /// The same as [`read`](Archive::read).
    pub fn read_with(bytes: impl Into<Arc<[u8]>>, limits: Limits) -> Result<Self, LoadError> {
        Self::of(Storage::new(bytes), limits)
    }

    fn of(bytes: Storage, limits: Limits) -> Result<Self, LoadError> {
        let zip = Zip::open(bytes, limits)?;
        let root = zip.names().next().and_then(|name| Some(format!("{}/", name.split_once('/')?.0)));
        let Some(root) = root else {
            return Err(LoadError::NotPt2("the archive is empty, or its members are not in a folder".to_owned()));
        };
        if let Some(other) = zip.names().find(|name| !name.starts_with(&root)) {
            return Err(LoadError::NotPt2(format!("the member {other:?} is outside of the folder {root:?}")));
        }
        if zip.names().any(|name| name.ends_with("serialized_exported_program.json")) {
            let what = "it has the layout of torch 2.7 or older; save it again with torch 2.8 to 2.15";
            return Err(LoadError::NotPt2(what.to_owned()));
        }
        let mut archive = Archive { zip, root, programs: Vec::new(), compiled: Vec::new(), path: None };
        for (name, expected) in [("archive_format", "pt2"), ("archive_version", "0")] {
            let found =
                archive.member(name)?.ok_or_else(|| LoadError::NotPt2(format!("the member `{name}` is missing")))?;
            if found.as_bytes() != expected.as_bytes() {
                let found =
                    String::from_utf8_lossy(found.as_bytes().get(..20).unwrap_or(found.as_bytes())).into_owned();
                return Err(LoadError::NotPt2(format!("`{name}` is {found:?}, and {expected:?} is expected")));
            }
        }
        if let Some(order) = archive.member("byteorder")?
            && order.as_bytes() != b"little"
        {
            return Err(LoadError::NotPt2("its byte order is not `little`".to_owned()));
        }
        let Archive { zip, root, programs, compiled, .. } = &mut archive;
        let mut known = HashSet::new();
        for name in zip.names().filter_map(|name| name.strip_prefix(root.as_str())) {
            if let Some(model) = name.strip_prefix("models/").and_then(|name| name.strip_suffix(".json")) {
                programs.push(model.to_owned());
            }
            if let Some((model, _)) = name.strip_prefix("data/aotinductor/").and_then(|name| name.split_once('/'))
                && known.insert(model)
            {
                compiled.push(model.to_owned());
            }
        }
        Ok(archive)
    }

    /// The names of the programs, in the order of the archive.
    pub fn programs(&self) -> &[String] {
        &self.programs
    }

    /// The names of the AOTInductor models. They are machine code for one machine, and not programs: this library lists them
    /// and describes them ([`compiled_model`](Archive::compiled_model)). `AotiModule::load` of `torch-export` runs them.
    pub fn compiled_models(&self) -> &[String] {
        &self.compiled
    }

    /// The names of all members below the root folder, with their unpacked sizes in bytes.
    pub fn members(&self) -> impl Iterator<Item = (&str, usize)> {
        let own = |name: &'_ str| self.zip.size(name).unwrap_or_default();
        self.zip.names().map(move |name| (name.strip_prefix(&self.root).unwrap_or(name), own(name)))
    }

    /// Checks the checksums of all members; the errors that were found.
    pub fn verify(&self) -> Vec<ZipError> {
        self.zip.names().filter_map(|name| self.zip.read_checked(name).err()).collect()
    }

    /// Loads the program of this name.
    ///
    /// # Errors
    /// [`LoadError`] when there is none, and when a part of it is damaged or unknown.
    pub fn program(&self, name: &str) -> Result<ExportedProgram, LoadError> {
        self.located(if self.programs.iter().any(|known| known == name) {
            super::read::program(self, name)
        } else {
            Err(self.no_program(name))
        })
    }

    fn no_program(&self, name: &str) -> LoadError {
        let (names, compiled) = (self.programs.clone(), self.compiled.clone());
        if names.is_empty() && !compiled.is_empty() {
            return LoadError::Compiled { models: compiled };
        }
        LoadError::NoProgram { name: name.to_owned(), names, compiled }
    }

    fn only_program(&self) -> Result<ExportedProgram, LoadError> {
        self.located(match self.programs.as_slice() {
            [] => Err(self.no_program("")),
            [name] => super::read::program(self, name),
            names => Err(LoadError::SeveralPrograms { names: names.to_vec() }),
        })
    }

    /// The same with the file in the error, if there is a file.
    pub(crate) fn located<T>(&self, result: Result<T, LoadError>) -> Result<T, LoadError> {
        result.map_err(|error| match &self.path {
            Some(path) => error.in_file(path),
            None => error,
        })
    }

    /// The bytes of a member with its checksum checked.
    pub(crate) fn member(&self, name: &str) -> Result<Option<Storage>, LoadError> {
        Ok(self.zip.read_checked(&format!("{}{name}", self.root))?)
    }

    /// The bytes of a member, whose checksum is checked when they are copied.
    pub(super) fn payload(&self, name: &str) -> Result<Option<Storage>, LoadError> {
        Ok(self.zip.read(&format!("{}{name}", self.root))?)
    }

    /// How many bytes all members have when unpacked.
    pub(super) fn unpacked(&self) -> usize {
        self.zip.unpacked_size()
    }

    pub(super) fn limits(&self) -> Limits {
        self.zip.limits()
    }
}
