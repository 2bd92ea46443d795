//! A file in memory, without reading it.

use std::fs::File;
use std::io;
use std::ops::Deref;

/// The bytes of a file, which the operating system reads when they are used.
///
/// If another process makes the file shorter while it is mapped, reading a lost page ends this process. Read a file that may
/// change into memory, and give its bytes to [`ExportedProgram::read`](crate::ExportedProgram::read).
#[derive(Debug)]
pub(crate) struct Mapping(memmap2::Mmap);

impl Mapping {
    /// Maps a whole file.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        // SAFETY: the mapping is private and read-only, and nothing here writes to the file. What remains is a change of the
        // file by another program, which the documentation of `load` excludes: the bytes are only compared, copied and parsed
        // with bounds checks, so that a change gives an error or other values, and a file cut short ends the process.
        #[allow(unsafe_code, reason = "a file can only be mapped by unsafe code; the proof is above")]
        let map = unsafe { memmap2::MmapOptions::new().map_copy_read_only(file) }?;
        Ok(Mapping(map))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
