//! Which argument of a call something is about.

use pytree_core::{KeyPath, python};
use std::fmt;

/// An argument, by its position or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The positional argument of this number.
    Position(usize),
    /// The argument of this name.
    Name(String),
}

impl From<usize> for Input {
    fn from(position: usize) -> Input {
        Input::Position(position)
    }
}

impl From<&str> for Input {
    fn from(name: &str) -> Input {
        Input::Name(name.to_owned())
    }
}

impl From<String> for Input {
    fn from(name: String) -> Input {
        Input::Name(name)
    }
}

/// `Positional argument 0`, `Named argument 'y'`.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Position(index) => write!(f, "Positional argument {index}"),
            Input::Name(name) => write!(f, "Named argument {}", python::Str(name)),
        }
    }
}

/// A value in the inputs: the argument it belongs to, and the way from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentPath {
    /// The argument.
    pub input: Input,
    /// The way from the argument to the value; empty for the argument itself.
    pub path: KeyPath,
}

/// `input 0`, `input 'y' at ['a'][0]`.
impl fmt::Display for ArgumentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.input {
            Input::Position(index) => write!(f, "input {index}")?,
            Input::Name(name) => write!(f, "input {}", python::Str(name))?,
        }
        if self.path.entries().is_empty() { Ok(()) } else { write!(f, " at {}", self.path) }
    }
}
