//! The signature of a program: the meaning of its placeholders and outputs.

use crate::graph::{GraphOutput, NodeId};
use std::fmt;

/// The kind of a placeholder (`torch.export.graph_signature.InputKind`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputKind {
    /// A leaf of the inputs of a call.
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
        /// Whether it is in the state dict. Otherwise it is among the constants.
        persistent: bool,
    },
    /// A constant tensor.
    ConstantTensor {
        /// Its name.
        name: String,
    },
    /// An object of a Python or TorchScript class.
    CustomObject {
        /// Its name.
        name: String,
    },
    /// A token, which orders effects.
    Token,
}

/// A placeholder and its kind (`torch.export.graph_signature.InputSpec`).
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// The placeholder.
    pub node: NodeId,
    /// Its kind.
    pub kind: InputKind,
}

/// The kind of an output (`torch.export.graph_signature.OutputKind`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputKind {
    /// A leaf of the output of the model.
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
    /// The loss of a program with a backward pass.
    LossOutput,
    /// The new value of a parameter.
    ParameterMutation {
        /// The fully qualified name of the parameter.
        parameter: String,
    },
    /// The gradient of the loss with respect to a parameter.
    GradientToParameter {
        /// The fully qualified name of the parameter.
        parameter: String,
    },
    /// The gradient of the loss with respect to an input.
    GradientToUserInput {
        /// The name of the input's placeholder.
        input: String,
    },
    /// A token, which orders effects.
    Token,
}

/// An output and its kind (`torch.export.graph_signature.OutputSpec`).
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// The value.
    pub value: GraphOutput,
    /// Its kind.
    pub kind: OutputKind,
}

/// The kinds of all placeholders and outputs of a program (`torch.export.ExportGraphSignature`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GraphSignature {
    /// One entry per placeholder, in order.
    pub inputs: Vec<InputSpec>,
    /// One entry per output, in order.
    pub outputs: Vec<OutputSpec>,
}

impl InputKind {
    /// The name of the tensor or object in the state dict or the constants; `None` for a user input.
    pub fn target(&self) -> Option<&str> {
        match self {
            InputKind::UserInput | InputKind::Token => None,
            InputKind::Parameter { name }
            | InputKind::Buffer { name, .. }
            | InputKind::ConstantTensor { name }
            | InputKind::CustomObject { name } => Some(name),
        }
    }
}

impl OutputKind {
    /// The name of the buffer, parameter or input that is mutated or has this gradient; `None` for another output.
    pub fn target(&self) -> Option<&str> {
        match self {
            OutputKind::UserOutput | OutputKind::LossOutput | OutputKind::Token => None,
            OutputKind::BufferMutation { buffer } => Some(buffer),
            OutputKind::ParameterMutation { parameter } | OutputKind::GradientToParameter { parameter } => {
                Some(parameter)
            }
            OutputKind::UserInputMutation { input } | OutputKind::GradientToUserInput { input } => Some(input),
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
            InputKind::CustomObject { .. } => "CUSTOM_OBJ",
            InputKind::Token => "TOKEN",
        })
    }
}

impl fmt::Display for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OutputKind::UserOutput => "USER_OUTPUT",
            OutputKind::BufferMutation { .. } => "BUFFER_MUTATION",
            OutputKind::UserInputMutation { .. } => "USER_INPUT_MUTATION",
            OutputKind::LossOutput => "LOSS_OUTPUT",
            OutputKind::ParameterMutation { .. } => "PARAMETER_MUTATION",
            OutputKind::GradientToParameter { .. } => "GRADIENT_TO_PARAMETER",
            OutputKind::GradientToUserInput { .. } => "GRADIENT_TO_USER_INPUT",
            OutputKind::Token => "TOKEN",
        })
    }
}
