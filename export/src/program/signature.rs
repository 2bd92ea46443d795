//! What the placeholders and outputs of a program are.

use super::{GraphOutput, NodeId};
use std::fmt;

/// What a placeholder is (`torch.export.graph_signature.InputKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputKind {
    /// An argument of the call.
    UserInput,
    /// A parameter.
    Parameter,
    /// A buffer; whether it belongs to the state dict.
    Buffer {
        /// Whether the state dict has it; else it is among the constants.
        persistent: bool,
    },
    /// A constant tensor.
    ConstantTensor,
}

/// One placeholder (`InputSpec`).
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// What it is.
    pub kind: InputKind,
    /// The placeholder.
    pub node: NodeId,
    /// The fully qualified name of a parameter, buffer or constant.
    pub target: Option<String>,
}

/// What an output is (`torch.export.graph_signature.OutputKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputKind {
    /// What the model returns.
    UserOutput,
    /// The new value of a buffer.
    BufferMutation,
    /// The new value of an input.
    UserInputMutation,
}

/// One output (`OutputSpec`).
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// What it is.
    pub kind: OutputKind,
    /// The value.
    pub value: GraphOutput,
    /// The name of what is mutated.
    pub target: Option<String>,
}

/// What each placeholder and output of a program is, in order (`ExportGraphSignature`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GraphSignature {
    /// One per placeholder, in order.
    pub inputs: Vec<InputSpec>,
    /// One per output, in order.
    pub outputs: Vec<OutputSpec>,
}

impl fmt::Display for InputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InputKind::UserInput => "USER_INPUT",
            InputKind::Parameter => "PARAMETER",
            InputKind::Buffer { .. } => "BUFFER",
            InputKind::ConstantTensor => "CONSTANT_TENSOR",
        })
    }
}

impl fmt::Display for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OutputKind::UserOutput => "USER_OUTPUT",
            OutputKind::BufferMutation => "BUFFER_MUTATION",
            OutputKind::UserInputMutation => "USER_INPUT_MUTATION",
        })
    }
}
