//! Errors of AOTInductor packages.

use super::super::{CallError, InputMismatch};
use program::{LoadError, ZipError};
use pytree_core::{LeafKind, TreeError, TreeSpecError, UnflattenError};
use std::path::PathBuf;

/// An AOTInductor package could not be loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AotiError {
    /// The file could not be opened, or is not an archive of PyTorch.
    #[error(transparent)]
    Archive(#[from] LoadError),
    /// A member of the archive is damaged, so its code was not run.
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first damaged member.
        source: ZipError,
    },
    /// The archive does not hold the model.
    #[error("{} holds {}", path.display(), held(name.as_deref(), models, programs))]
    NoModel {
        /// The file.
        path: PathBuf,
        /// The name that was asked for, if any.
        name: Option<String>,
        /// The AOTInductor models of the archive.
        models: Vec<String>,
        /// The exported programs of the archive.
        programs: Vec<String>,
    },
    /// The model was compiled for another type of device.
    #[error("the model was compiled for `{expected}` and cannot run on `{found}`; compile it again for that device")]
    Device {
        /// The type of device of the model.
        expected: String,
        /// The device that was asked for.
        found: String,
    },
    /// libtorch could not load the code.
    #[error(
        "libtorch {libtorch} cannot load the model: {message}; a package runs on the machine and with the release of \
         PyTorch for which it was compiled"
    )]
    Load {
        /// The release of libtorch.
        libtorch: &'static str,
        /// The message of libtorch.
        message: String,
    },
    /// The structure of the inputs or outputs cannot be read.
    #[error("the structure of the model's {part} cannot be read: {source}")]
    Spec {
        /// `inputs` or `outputs`.
        part: &'static str,
        /// What is wrong with it.
        source: Box<TreeSpecError>,
    },
    /// The exported program has other inputs than the package, or its inputs cannot be checked.
    #[error("the exported program does not belong to this model: {problem}")]
    OtherProgram {
        /// What does not fit.
        problem: String,
    },
    /// The conditions of the exported program cannot be checked.
    #[error(transparent)]
    Program(#[from] CallError),
    /// The inputs do not fit the model.
    #[error(transparent)]
    Inputs(#[from] InputMismatch),
    /// The inputs could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// An input is a plain value. A compiled model has the value of the export in its code, and does not say which one.
    #[error(
        "the input at {path} is {found}, whose value is compiled into the model and unknown here: give the exported program \
         (`AotiOptions::program`), which says it, or leave such inputs unchecked as in Python \
         (`AotiOptions::skip_plain_values`)"
    )]
    PlainValue {
        /// The path of the input in `(args, kwargs)`.
        path: String,
        /// What it is.
        found: LeafKind,
    },
    /// The elements of an input lie in another order in memory. The compiled code would read the wrong ones.
    #[error(
        "Expected input at {path} to have the strides {expected:?}, but got {found:?}; make it contiguous, or compile the \
         model with such an input"
    )]
    Strides {
        /// The path of the input.
        path: String,
        /// The strides for which the model was compiled, at these sizes.
        expected: Vec<i64>,
        /// The given strides.
        found: Vec<i64>,
    },
    /// The code failed.
    #[error("the model failed: {message}")]
    Run {
        /// The message of libtorch.
        message: String,
    },
    /// The code gave another number of outputs than the structure has.
    #[error("the model gave {found} outputs, and its structure has {expected}")]
    OutputCount {
        /// The number of leaves of the structure.
        expected: usize,
        /// The number of outputs.
        found: usize,
    },
    /// The result does not fit the requested type.
    #[error("the model does not return the requested type: {0}")]
    Output(#[from] UnflattenError),
    /// Constants could not be listed or replaced. If they do not fit, none was changed.
    #[error("Error(s) in loading constants: {message}")]
    Constants {
        /// What does not fit.
        message: String,
    },
}

fn held(name: Option<&str>, models: &[String], programs: &[String]) -> String {
    let quoted = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (name, models) {
        (_, []) if !programs.is_empty() => format!(
            "no AOTInductor model, but the exported program {}; load it with `ExportedProgram::load`, or compile it with \
             `torch._inductor.aoti_compile_and_package`",
            quoted(programs)
        ),
        (_, []) => "no AOTInductor model".to_owned(),
        (Some(name), models) => {
            format!("no AOTInductor model `{name}`; it has {}", quoted(models))
        }
        (None, models) => {
            format!("the AOTInductor models {}; choose one with `AotiOptions::model`", quoted(models))
        }
    }
}
