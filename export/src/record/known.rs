//! The tensors that a forward may use although it did not make them.

use std::fmt;

use tch::Tensor;

/// The role of a tensor in the program: which kind of placeholder it becomes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// A user input: the index of its leaf among the flattened inputs.
    Input(usize),
    /// A parameter, by its fully qualified name.
    Parameter(String),
    /// A buffer, by its fully qualified name.
    Buffer(String),
    /// A tensor that the caller declares constant, by name.
    Constant(String),
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Input(index) => write!(f, "input {index}"),
            Role::Parameter(name) => write!(f, "parameter `{name}`"),
            Role::Buffer(name) => write!(f, "buffer `{name}`"),
            Role::Constant(name) => write!(f, "constant `{name}`"),
        }
    }
}

/// Tensors with their roles, in order. [`ValueId::Known`](super::ValueId::Known) is an index into this list.
///
/// A tensor that is listed twice (tied weights) has its first role.
#[derive(Debug, Default)]
pub struct Known<'a> {
    pub(crate) entries: Vec<(Role, &'a Tensor)>,
}

impl<'a> Known<'a> {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor and returns its index.
    pub fn add(&mut self, role: Role, tensor: &'a Tensor) -> usize {
        self.entries.push((role, tensor));
        self.entries.len() - 1
    }

    /// Adds a tensor.
    #[must_use]
    pub fn with(mut self, role: Role, tensor: &'a Tensor) -> Self {
        self.add(role, tensor);
        self
    }

    /// Adds these tensors as the inputs 0, 1, 2, ...
    #[must_use]
    pub fn with_inputs(mut self, tensors: impl IntoIterator<Item = &'a Tensor>) -> Self {
        for (index, tensor) in tensors.into_iter().enumerate() {
            self.add(Role::Input(index), tensor);
        }
        self
    }

    /// The number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no tensors.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
