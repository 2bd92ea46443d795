//! Inputs that do not fit a program.

use pytree_core::LeafKind;

/// An input of a program, or a size of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPath(Box<[String; 2]>);

impl InputPath {
    pub(super) fn new(name: String, pytorch: String) -> Self {
        InputPath(Box::new([name, pytorch]))
    }

    /// By the name of the parameter: `x.shape[0]`, `cache['a'][0]`.
    pub fn name(&self) -> &str {
        &self.0[0]
    }

    /// As PyTorch writes it: `*args[0].shape[0]`.
    pub fn pytorch(&self) -> &str {
        &self.0[1]
    }
}

impl std::fmt::Display for InputPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.name())
    }
}

/// Inputs that do not fit the program. The messages are PyTorch's with the parameters by name, and say in one place what
/// differs; [`pytorch`](InputMismatch::pytorch) has PyTorch's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputMismatch {
    /// The structure differs.
    #[error("the arguments do not fit the program: {problem}")]
    Structure {
        /// The structure of the program's inputs.
        expected: String,
        /// The structure of the given inputs.
        found: String,
        /// The parameter or the place where they differ, and how.
        problem: String,
    },
    /// The arguments that are given by name are others.
    #[error(
        "Ran into a kwarg keyword mismatch: Got the following keywords {} but expected {}: {problem}",
        keywords(found),
        keywords(expected)
    )]
    Keywords {
        /// The names in the program.
        expected: Vec<String>,
        /// The given names.
        found: Vec<String>,
        /// The parameter that is missing or not known.
        problem: String,
    },
    /// The number of leaves differs.
    #[error("the program takes {expected} inputs, but {found} were given")]
    Count {
        /// The number of inputs of the program.
        expected: usize,
        /// The number of given inputs.
        found: usize,
    },
    /// An input that must be a tensor is not one.
    #[error("Expected input at {path} to be a tensor, but got {}", value(*.found))]
    NotATensor {
        /// The path of the input.
        path: InputPath,
        /// The given value.
        found: LeafKind,
    },
    /// An input is a tensor that is not defined.
    #[error("Expected input at {path} to be a tensor with sizes, but it is undefined or nested")]
    Undefined {
        /// The path of the input.
        path: InputPath,
    },
    /// The number of dimensions differs.
    #[error(
        "Unexpected number of dimensions in input at {path}.shape (expected torch.Size([{expected}]), got \
         torch.Size({found:?})){}",
        too_few(found.len(), *.dimensions)
    )]
    Rank {
        /// The path of the input.
        path: InputPath,
        /// How many dimensions the program has.
        dimensions: usize,
        /// The program's sizes.
        expected: String,
        /// The given sizes.
        found: Vec<i64>,
    },
    /// A size or a constant differs.
    #[error("Expected input at {path} to be equal to {expected}, but got {found}{}", advice(*.fixed))]
    NotEqual {
        /// The path of the input.
        path: InputPath,
        /// The value that the program has, or that follows from other inputs.
        expected: String,
        /// The given value.
        found: String,
        /// Whether the size is static in the program.
        fixed: bool,
    },
    /// A size is outside its range.
    #[error("Expected input at {path} to be {relation} {bound}, but got {found}")]
    Range {
        /// The path of the input.
        path: InputPath,
        /// `>=` or `<=`.
        relation: &'static str,
        /// The bound.
        bound: i128,
        /// The given value.
        found: i64,
    },
    /// A size is not of the form that the program has.
    #[error("Expected input {path} = {found} to be of the form {expected}, where {symbol} is an integer")]
    Form {
        /// The path of the input.
        path: InputPath,
        /// The form: `2*s68`.
        expected: String,
        /// The symbol in it.
        symbol: String,
        /// The given size.
        found: i64,
    },
    /// A condition under which the program was exported does not hold.
    #[error("Guard failed: {code}{}", with_values(values))]
    Guard {
        /// The condition as Python code, with the parameters by name: `x.size()[0] % 2 == 0`.
        code: String,
        /// What it depends on, with the given values: `x.size()[0] = 3`.
        values: String,
    },
    /// The element type differs. PyTorch does not check this; an op would fail or compute something else.
    #[error("Expected input at {path} to be of element type {expected}, but got {found}")]
    DType {
        /// The path of the input.
        path: InputPath,
        /// The element type in the program.
        expected: pytree_core::DType,
        /// The element type of the given tensor.
        found: pytree_core::DType,
    },
}

impl InputMismatch {
    /// The message as PyTorch words it. Where its hook and its guards have different words for a mistake, it has both.
    pub fn pytorch(&self) -> String {
        let text = self.to_string();
        match self {
            InputMismatch::Structure { expected, found, problem } => {
                format!(
                    "Trying to flatten user inputs with exported input tree spec: \n{expected}\nbut actually got inputs \
                     with tree spec of: \n{found}.\nPlease check that the inputs have the same number and type of args \
                     and kwargs as the ones you used when tracing. {problem}"
                )
            }
            InputMismatch::NotATensor { path, found } => {
                let class = class(*found);
                format!(
                    "Expected input at {} to be a tensor, but got <class '{class}'> ('{class}' object has no attribute \
                     'size')",
                    path.pytorch()
                )
            }
            InputMismatch::Undefined { path }
            | InputMismatch::Rank { path, .. }
            | InputMismatch::NotEqual { path, .. }
            | InputMismatch::Range { path, .. }
            | InputMismatch::Form { path, .. }
            | InputMismatch::DType { path, .. } => text.replacen(&path.to_string(), path.pytorch(), 1),
            InputMismatch::Keywords { .. } | InputMismatch::Count { .. } | InputMismatch::Guard { .. } => text,
        }
    }
}

/// A value in words.
fn value(kind: LeafKind) -> &'static str {
    match kind {
        LeafKind::Tensor => "a tensor",
        LeafKind::Int => "an `i64`",
        LeafKind::Float => "an `f64`",
        LeafKind::Bool => "a `bool`",
        LeafKind::Str => "a text",
        LeafKind::None => "`None`",
    }
}

fn keywords(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| pytree_core::python::Str(name).to_string()).collect();
    format!("[{}]", quoted.join(", "))
}

fn with_values(values: &str) -> String {
    if values.is_empty() { String::new() } else { format!(" (with {values})") }
}

/// The class of a value in Python.
fn class(kind: LeafKind) -> &'static str {
    match kind {
        LeafKind::Tensor => "Tensor",
        LeafKind::Int => "int",
        LeafKind::Float => "float",
        LeafKind::Bool => "bool",
        LeafKind::Str => "str",
        LeafKind::None => "NoneType",
    }
}

/// What Python says when guards ask for a size that the tensor does not have.
fn too_few(found: usize, dimensions: usize) -> &'static str {
    if found < dimensions { ": tuple index out of range" } else { "" }
}

fn advice(fixed: bool) -> &'static str {
    if fixed {
        ". If you meant for this dimension to be dynamic, please re-export and specify dynamic_shapes (e.g. with Dim.DYNAMIC)"
    } else {
        ""
    }
}
