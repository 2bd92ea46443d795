//! The zip container.

use super::{SaveError, place};
use crate::data::Storage;
use ::zip::result::ZipError;
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};
use std::io::{self, Seek, Write};
use std::path::Path;

/// The members of an archive, in order. All are below one root folder.
pub(crate) struct Members {
    members: Vec<(String, Content)>,
}

/// The bytes of a member. Those of a tensor are shared, not copied.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    Tensor(Storage),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Content::Bytes(bytes) => bytes,
            Content::Tensor(storage) => storage.as_bytes(),
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Content::Bytes(text.into())
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Content::Bytes(bytes)
    }
}

impl From<Storage> for Content {
    fn from(storage: Storage) -> Self {
        Content::Tensor(storage)
    }
}

impl Members {
    /// An archive with the members that every `.pt2` file has.
    pub(crate) fn new() -> Self {
        let mut archive = Members { members: Vec::new() };
        // Neither of the first two may end in a line break.
        archive.add("archive_format", "pt2");
        archive.add("archive_version", "0");
        archive.add(".data/version", "6\n");
        archive.add("byteorder", "little");
        archive
    }

    pub(crate) fn add(&mut self, name: impl Into<String>, content: impl Into<Content>) {
        self.members.push((name.into(), content.into()));
    }

    /// Writes the archive to `path`; see [`place`].
    pub(crate) fn write(self, path: &Path) -> Result<(), SaveError> {
        let stem = path.file_stem().ok_or_else(|| SaveError::NoFileName(path.to_owned()))?;
        // The names of members may not have these characters.
        let root = stem.to_string_lossy().replace(|c: char| c == '/' || c == '\\' || c.is_control(), "_");
        let written = place::write(path, |file| self.write_to(&root, io::BufWriter::new(file)));
        // Whatever could not be written, it was this file.
        written.map_err(|source| match source {
            ZipError::Io(source) => SaveError::Io { path: path.to_owned(), source },
            source => SaveError::Archive(source),
        })
    }

    /// The archive as bytes, with the root folder that PyTorch uses for buffers.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, SaveError> {
        // A member takes its content, at most 64 bytes to align it, and its name twice, with less than 200 bytes besides.
        let sizes = self.members.iter().map(|(name, content)| content.bytes().len() + 2 * name.len() + 264);
        let mut bytes = io::Cursor::new(Vec::with_capacity(sizes.sum()));
        self.write_to("archive", &mut bytes)?;
        Ok(bytes.into_inner())
    }

    fn write_to(&self, root: &str, out: impl Write + Seek) -> Result<(), ZipError> {
        let mut zip = ZipWriter::new(out);
        for (name, content) in &self.members {
            let content = content.bytes();
            // Members are stored, aligned to 64 bytes as in PyTorch, and undated, so that equal programs give equal bytes.
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .with_alignment(64)
                .last_modified_time(::zip::DateTime::default())
                .large_file(content.len() > u32::MAX as usize / 2);
            zip.start_file(format!("{root}/{name}"), options)?;
            zip.write_all(content)?;
        }
        zip.finish()?.flush()?;
        Ok(())
    }
}
