//! Why a file could not be loaded.

use super::zip::ZipError;
use pytree_core::TreeSpecError;
use std::path::{Path, PathBuf};
use symbolic::ExprError;

/// A file could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file could not be opened.
    #[error("cannot open {}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file cannot be read as a program; [`cause`](LoadError::cause) is what is wrong with it.
    #[error("{}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<LoadError>,
    },
    /// The archive is damaged, or not one that PyTorch writes.
    #[error("cannot read the archive: {0}")]
    Zip(#[from] ZipError),
    /// The archive does not hold exported programs.
    #[error("this is not a .pt2 file: {0}")]
    NotPt2(String),
    /// A member that every program has is missing.
    #[error("the archive has no member {name:?}, so the program is incomplete")]
    Missing {
        /// The name of the member.
        name: String,
    },
    /// The archive has several programs, and no name was given.
    #[error("the archive has several programs; open it with `Archive::open` and choose one of {}", names.join(", "))]
    SeveralPrograms {
        /// The names of the programs.
        names: Vec<String>,
    },
    /// The archive has no program of this name.
    #[error("the archive has no program {name:?}; it has {}", list(names, compiled))]
    NoProgram {
        /// The name that was given; empty for the only program.
        name: String,
        /// The names of the programs.
        names: Vec<String>,
        /// The names of the AOTInductor models, which are machine code and not programs.
        compiled: Vec<String>,
    },
    /// The archive is an AOTInductor package, which holds machine code and no program.
    #[error(
        "the archive holds no exported program, but the AOTInductor model{} {}, which {} machine code: run it with \
         `AotiModule::load` of torch-export (feature `aoti`), or save the program itself with torch.export.save",
        if models.len() == 1 { "" } else { "s" },
        models.join(", "),
        if models.len() == 1 { "is" } else { "are" }
    )]
    Compiled {
        /// The names of the models.
        models: Vec<String>,
    },
    /// The schema of the program has another major version.
    #[error(
        "the program has version {major}.{minor} of the schema, and this library reads version 8; save it again with a \
         release of PyTorch from 2.8 to 2.15"
    )]
    SchemaVersion {
        /// The major version.
        major: u32,
        /// The minor version.
        minor: u32,
    },
    /// The schema is newer than this library, and the program uses something new.
    #[error(
        "the program has version 8.{minor} of the schema, and this library does not know its field `{field}`; save it with a \
         release of PyTorch up to 2.15, or use a newer version of this library"
    )]
    UnknownField {
        /// The minor version.
        minor: u32,
        /// The path of the field.
        field: String,
    },
    /// A JSON member is not JSON, or not of the schema.
    #[error("the member {member:?} does not have the form of the schema: {source}")]
    Json {
        /// The name of the member.
        member: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A part of the program is wrong.
    #[error("{place}: {problem}")]
    Content {
        /// The part: a node, an entry of the signature, a weight.
        place: String,
        /// What is wrong with it.
        #[source]
        problem: Box<ContentError>,
    },
    /// The program breaks a rule.
    #[error("the program is not valid: {0}")]
    Invalid(#[source] Box<crate::Finding>),
}

impl LoadError {
    /// The error without the file in which it was found.
    pub fn cause(&self) -> &LoadError {
        match self {
            LoadError::InFile { source, .. } => source.cause(),
            other => other,
        }
    }

    /// The error in this file. A message has the path once.
    pub(super) fn in_file(self, path: &Path) -> Self {
        match self {
            LoadError::Io { .. } | LoadError::InFile { .. } => self,
            source => LoadError::InFile { path: path.to_owned(), source: Box::new(source) },
        }
    }
}

fn list(names: &[String], compiled: &[String]) -> String {
    let mut parts = Vec::new();
    if !names.is_empty() {
        parts.push(format!("the programs {}", names.join(", ")));
    }
    if !compiled.is_empty() {
        parts.push(format!("the AOTInductor models {}, which are machine code", compiled.join(", ")));
    }
    if parts.is_empty() { "none".to_owned() } else { parts.join(", and ") }
}

/// What is wrong with a part of a program.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// A part is not of the schema.
    #[error("it does not have the form of the schema: {problem}")]
    Form {
        /// What is wrong with it.
        problem: String,
    },
    /// The file would take much more memory than it has bytes, which no program of PyTorch does.
    #[error("the program would take more than {limit} bytes of memory, four times what the file unpacks to")]
    Memory {
        /// The memory that a program of this file may take.
        limit: usize,
    },
    /// A name is used that no value before it has.
    #[error("`{name}` is not a value that is defined before")]
    UndefinedName {
        /// The name.
        name: String,
    },
    /// Two values have one name.
    #[error("the name `{name}` is used twice")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A value is not in the table of its kind.
    #[error("`{name}` has no entry in `{table}`")]
    NoValue {
        /// The name of the value.
        name: String,
        /// The table.
        table: &'static str,
    },
    /// An expression cannot be read.
    #[error("cannot read the expression `{text}`: {source}")]
    Expr {
        /// The text in the file, cut at 200 characters.
        text: String,
        /// What is wrong with it.
        source: ExprError,
    },
    /// A number has no meaning in the schema.
    #[error("{number} is not {what}")]
    Number {
        /// The number in the file.
        number: i64,
        /// What it should be: `a ScalarType`.
        what: &'static str,
    },
    /// A device is not known.
    #[error("the device {device:?} is not known")]
    Device {
        /// The text in the file.
        device: String,
    },
    /// A function is not one that a program may call.
    #[error("the target {target:?} is not an op, a higher-order op or a function on numbers")]
    Target {
        /// The text in the file.
        target: String,
    },
    /// A construct that this library cannot represent.
    #[error("{what} is not supported")]
    Unsupported {
        /// The construct.
        what: String,
    },
    /// Two parts that belong together do not fit.
    #[error("{what}: expected {expected}, found {found}")]
    Mismatch {
        /// What was compared.
        what: &'static str,
        /// What fits.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// A treespec cannot be read.
    #[error("cannot read its structure: {0}")]
    TreeSpec(#[source] Box<TreeSpecError>),
    /// A tensor lies outside of its bytes.
    #[error("the tensor needs {needed} bytes, and `{payload}` has {available}")]
    Bounds {
        /// The member that holds the bytes.
        payload: String,
        /// The smallest sufficient number of bytes.
        needed: i128,
        /// The number of bytes.
        available: usize,
    },
    /// The weights of a file of torch 2.8 are not a pickle that torch writes.
    #[error("cannot read the pickle at byte {at}: {problem}")]
    Pickle {
        /// The position.
        at: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An archive inside the archive is damaged.
    #[error("cannot read the inner archive: {0}")]
    Zip(#[source] Box<ZipError>),
}

impl From<ZipError> for ContentError {
    fn from(error: ZipError) -> Self {
        ContentError::Zip(Box::new(error))
    }
}

impl From<crate::Finding> for LoadError {
    fn from(finding: crate::Finding) -> Self {
        LoadError::Invalid(Box::new(finding))
    }
}

/// A part of a list could not be read.
pub(super) enum Failure {
    /// It is wrong itself.
    Here(ContentError),
    /// A part of it is wrong, and the error has its place.
    Inside(LoadError),
}

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        Failure::Here(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Failure::Inside(error)
    }
}

impl Failure {
    /// The error with the part that it is about, if it has none.
    pub(super) fn at(self, place: impl FnOnce() -> String) -> LoadError {
        match self {
            Failure::Here(error) => error.at(place()),
            Failure::Inside(error) => error,
        }
    }
}

/// A text of a file in an error, cut where it is longer than anyone reads.
pub(crate) fn cut(text: &str) -> String {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl ContentError {
    /// The error with the part that it is about.
    pub(crate) fn at(self, place: impl Into<String>) -> LoadError {
        LoadError::Content { place: place.into(), problem: Box::new(self) }
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        ContentError::Unsupported { what: what.into() }
    }

    pub(crate) fn expr(text: &str, source: ExprError) -> Self {
        ContentError::Expr { text: cut(text), source }
    }
}
