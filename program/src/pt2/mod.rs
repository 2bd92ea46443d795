//! The `.pt2` file: a zip archive of JSON and raw tensors, without pickle. Both ways.

mod archive;
mod budget;
mod error;
mod fx_names;
mod json;
mod map;
mod open;
mod payload;
mod pickle;
mod place;
mod read;
mod read_argument;
mod read_graph;
mod schema;
mod symbols;
mod unread;
mod values;
mod write;
mod write_argument;
mod write_graph;
mod write_signature;
mod write_values;
mod zip;

pub(crate) use error::cut;
pub use error::{ContentError, LoadError};
pub(crate) use map::Mapping;
pub use open::Archive;
pub(crate) use payload::check_bounds;
pub(crate) use schema::Hint;
pub use zip::{Limits, ZipError};

use pytree_core::DType;
use std::path::{Path, PathBuf};
use symbolic::Symbol;

/// A program could not be written to a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file could not be written.
    #[error("cannot write {}: {source}; {}", path.display(), place::cure(path, source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The format cannot hold the program that was to be written to a file; [`cause`](SaveError::cause) is the reason.
    #[error("cannot write {}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// Why it was not written.
        source: Box<SaveError>,
    },
    /// The path has no file name.
    #[error("{} does not name a file; give a path such as `model.pt2`", .0.display())]
    NoFileName(PathBuf),
    /// A file cannot hold this element type.
    #[error("`{name}` has the element type {dtype}, which a .pt2 file cannot hold; convert it to another type")]
    DType {
        /// The name of the tensor or node.
        name: String,
        /// Its element type.
        dtype: DType,
    },
    /// A file cannot hold this layout or memory format.
    #[error("`{name}` has {what}, which a .pt2 file cannot hold; use another layout or memory format")]
    NoNumber {
        /// The name of the tensor or node.
        name: String,
        /// PyTorch's name of the layout or memory format.
        what: String,
    },
    /// An expression could not be written.
    #[error("a size of `{name}` cannot be written: {source}")]
    Expr {
        /// The name of the tensor or node.
        name: String,
        /// The error of the expression.
        source: symbolic::ExprError,
    },
    /// An output is a str. PyTorch itself writes such a file and cannot read it.
    #[error("output {0} is a str, which torch.export.load cannot read; return it outside the exported model")]
    StrOutput(usize),
    /// An output is a bool that is computed from sizes. PyTorch cannot save such a program either.
    #[error(
        "output {0} is a bool computed from sizes, which a .pt2 file cannot hold; return it outside the exported model, or \
         as a tensor"
    )]
    BoolOutput(usize),
    /// A symbol has no range, and PyTorch does not open a file with such a symbol.
    #[error(
        "`{symbol}` in the value of node `{node}` has no range, so torch.export.load would refuse the file; give the symbol \
         an entry in `range_constraints`"
    )]
    NoRange {
        /// The first node whose value has the symbol.
        node: String,
        /// The symbol.
        symbol: Symbol,
    },
    /// The structure of the inputs or outputs cannot be written as treespec JSON.
    #[error("cannot write the structure of the inputs and outputs: {0}")]
    TreeSpec(#[from] pytree_core::DumpError),
    /// The JSON of the program could not be written.
    #[error("cannot write the program as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The zip archive could not be written.
    #[error("cannot write the zip archive: {0}")]
    Archive(#[from] ::zip::result::ZipError),
    /// The bytes of a loaded tensor are damaged.
    #[error("`{name}` cannot be copied: {source}")]
    Damaged {
        /// The name of the tensor.
        name: String,
        /// What is wrong with its bytes.
        source: crate::ChecksumError,
    },
}

impl SaveError {
    /// The error without the file that was to be written.
    pub fn cause(&self) -> &SaveError {
        match self {
            SaveError::InFile { source, .. } => source.cause(),
            other => other,
        }
    }

    /// The error for this file. A message has the path once.
    fn in_file(self, path: &Path) -> Self {
        match self {
            SaveError::Io { .. } | SaveError::NoFileName(_) | SaveError::InFile { .. } => self,
            source => SaveError::InFile { path: path.to_owned(), source: Box::new(source) },
        }
    }
}
