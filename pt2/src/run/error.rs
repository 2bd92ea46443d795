//! Why a program could not be run.

use program_dtype::DType;
use std::path::PathBuf;
use torch_export::CallError;
use torch_export::dispatch::DispatchError;

use crate::error::program_dtype;

/// A program could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("cannot read {}: {source}; check the path and its permissions", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot read {}: {problem}", path.display())]
    File { path: PathBuf, problem: String },
    #[error("`{text}` is not of the form {form}")]
    Form { text: String, form: &'static str },
    #[error("the program has no {what} `{name}`{}{}", meant(nearest.as_deref()), listed(what, known))]
    Unknown { what: &'static str, name: String, nearest: Option<String>, known: Vec<String> },
    #[error("the input `{name}` is given twice")]
    Twice { name: String },
    #[error("the input `{name}`, {ty}, is not given; give it by --input or --inputs, or use --random")]
    Missing { name: String, ty: String },
    #[error("the value of `{name}` is not {expected}: {problem}")]
    Value { name: String, expected: String, problem: String },
    #[error("random values cannot be made for `{name}`: {problem}; give it by --input or --inputs")]
    Random { name: String, problem: String },
    #[error("{source}{}", remarks(notes))]
    Call { source: Box<CallError>, notes: Vec<String> },
    #[error("{place}: {source}")]
    Dispatch { place: String, source: Box<DispatchError> },
    #[error("{place}: libtorch: {message}")]
    Torch { place: String, message: String },
    #[error("`{name}` is not in {}; it has {}", path.display(), known.join(", "))]
    NotRecorded { name: String, path: PathBuf, known: Vec<String> },
    #[error("`{name}` has the element type {dtype}, which a safetensors file cannot hold")]
    DType { name: String, dtype: DType },
}

impl From<CallError> for RunError {
    fn from(error: CallError) -> Self {
        RunError::Call { source: Box::new(error), notes: Vec::new() }
    }
}

impl RunError {
    /// The first line of libtorch's message; a C++ stack follows it.
    pub(super) fn torch(place: &str, error: &tch::TchError) -> Self {
        let text = error.to_string();
        RunError::Torch { place: place.to_owned(), message: text.lines().next().unwrap_or_default().to_owned() }
    }

    pub(super) fn dispatch(place: &str, source: DispatchError) -> Self {
        RunError::Dispatch { place: place.to_owned(), source: Box::new(source) }
    }
}

/// What may be the reason: inputs that the user did not choose.
fn remarks(notes: &[String]) -> String {
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

fn listed(what: &str, known: &[String]) -> String {
    const SHOWN: usize = 12;
    if known.is_empty() {
        return format!(" (it has no {what}s)");
    }
    let more = if known.len() > SHOWN { ", ..." } else { "" };
    let shown: Vec<&str> = known.iter().take(SHOWN).map(String::as_str).collect();
    format!(" (it has {}{more})", shown.join(", "))
}
