//! The `.pt2` file: a zip archive of JSON and raw tensors. No pickle is written, and none is needed to read it.

mod archive;
mod schema;
mod write;

use pytree_core::DType;
use std::path::PathBuf;

/// A program could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file could not be made.
    #[error("cannot write {}: {source}; check that the folder exists and may be written to", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The path has no file name.
    #[error("{} does not name a file; give a path such as `model.pt2`", .0.display())]
    NoFileName(PathBuf),
    /// A file cannot hold this element type.
    #[error("`{name}` is of element type {dtype}, which a .pt2 file has no number for")]
    DType {
        /// The tensor.
        name: String,
        /// Its element type.
        dtype: DType,
    },
    /// A file cannot hold this layout or memory format.
    #[error("`{name}` has {what}, which a .pt2 file has no number for")]
    NoNumber {
        /// The tensor or node.
        name: String,
        /// torch's name of the layout or memory format.
        what: String,
    },
    /// An expression could not be written.
    #[error("a size of `{name}` cannot be written: {source}")]
    Expr {
        /// The tensor.
        name: String,
        /// Why.
        source: symbolic::ExprError,
    },
    /// A text output: torch itself writes such a file and cannot read it back.
    #[error("output {0} is a str, which torch.export.load cannot read; return it outside the exported model")]
    StrOutput(usize),
    /// The structure of the inputs or outputs has no treespec JSON.
    #[error("cannot write the structure of the inputs and outputs: {0}")]
    TreeSpec(#[from] pytree_core::DumpError),
    /// The JSON of the program could not be written.
    #[error("cannot write the program as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The archive could not be put together.
    #[error("cannot put the archive together: {0}")]
    Archive(#[from] zip::result::ZipError),
}
