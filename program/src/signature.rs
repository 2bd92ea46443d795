//! What the placeholders and outputs of a program are.

use crate::graph::{GraphOutput, NodeId};
use std::fmt;

/// What a placeholder is (`torch.export.graph_signature.InputKind`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputKind {
    /// An argument of the call.
    UserInput,
    /// A parameter.
    Parameter {
        /// Its fully qualified name.
        name: String,
    },
    /// A buffer.
    Buffer {
        /// Its fully qualified name.
        name: String,
        /// Whether the state dict has it; else it is among the constants.
        persistent: bool,
    },
    /// A constant tensor.
    ConstantTensor {
        /// Its name.
        name: String,
    },
}

/// One placeholder (`InputSpec`).
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// The placeholder.
    pub node: NodeId,
    /// What it is.
    pub kind: InputKind,
}

/// What an output is (`torch.export.graph_signature.OutputKind`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputKind {
    /// What the model returns.
    UserOutput,
    /// The new value of a buffer.
    BufferMutation {
        /// The fully qualified name of the buffer.
        buffer: String,
    },
    /// The new value of an input.
    UserInputMutation {
        /// The name of the input's placeholder.
        input: String,
    },
}

/// One output (`OutputSpec`).
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// The value.
    pub value: GraphOutput,
    /// What it is.
    pub kind: OutputKind,
}

/// What each placeholder and output of a program is, in order (`ExportGraphSignature`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GraphSignature {
    /// One per placeholder, in order.
    pub inputs: Vec<InputSpec>,
    /// One per output, in order.
    pub outputs: Vec<OutputSpec>,
}

impl InputKind {
    /// The name under which the program holds the tensor; `None` of a user's input.
    pub fn target(&self) -> Option<&str> {
        match self {
            InputKind::UserInput => None,
            InputKind::Parameter { name } | InputKind::Buffer { name, .. } | InputKind::ConstantTensor { name } => {
                Some(name)
            }
        }
    }
}

impl OutputKind {
    /// The name of what is mutated.
    pub fn target(&self) -> Option<&str> {
        match self {
            OutputKind::UserOutput => None,
            OutputKind::BufferMutation { buffer } => Some(buffer),
            OutputKind::UserInputMutation { input } => Some(input),
        }
    }
}

impl fmt::Display for InputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InputKind::UserInput => "USER_INPUT",
            InputKind::Parameter { .. } => "PARAMETER",
            InputKind::Buffer { .. } => "BUFFER",
            InputKind::ConstantTensor { .. } => "CONSTANT_TENSOR",
        })
    }
}

impl fmt::Display for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OutputKind::UserOutput => "USER_OUTPUT",
            OutputKind::BufferMutation { .. } => "BUFFER_MUTATION",
            OutputKind::UserInputMutation { .. } => "USER_INPUT_MUTATION",
        })
    }
}
