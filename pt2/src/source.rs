//! Opening the file of a command.

use crate::cli::Source;
use crate::error::Error;
use program::{Archive, ExportedProgram};
use std::io::Read;
use std::path::Path;

impl Source {
    pub(crate) fn archive(&self) -> Result<Archive, Error> {
        archive(&self.file)
    }

    /// The name of the program: the one that was chosen, or the only one.
    pub(crate) fn name(&self, archive: &Archive) -> Result<String, Error> {
        match (&self.program, archive.programs()) {
            (Some(name), _) => Ok(name.clone()),
            (None, [name]) => Ok(name.clone()),
            (None, []) => Ok(String::new()),
            (None, names) => Err(Error::SeveralPrograms { path: self.file.clone(), names: names.to_vec() }),
        }
    }

    pub(crate) fn load(&self) -> Result<ExportedProgram, Error> {
        self.program(&self.archive()?)
    }

    /// The program in an archive that is open.
    pub(crate) fn program(&self, archive: &Archive) -> Result<ExportedProgram, Error> {
        archive.program(&self.name(archive)?).map_err(Error::from)
    }
}

/// Opens an archive; `-` is the standard input.
pub(crate) fn archive(file: &Path) -> Result<Archive, Error> {
    let opened = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(Error::Input)?;
        Archive::read(bytes)
    } else {
        Archive::open(file)
    };
    Ok(opened?)
}
