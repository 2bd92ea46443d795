//! Why nothing can be inferred from the calls observed.

use crate::inputs::InputsError;
use crate::inputs::argument::Input;
use crate::tensor::TensorError;
use pytree_core::{BindError, KeyPath, Sizes, TreeError, UnflattenError};

/// Calls that could not be recorded, or from which nothing can be inferred. The texts begin as onnx-diagnostic's do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObserverError {
    /// No call was observed.
    #[error("No inputs were captured: run the model while it is observed, before anything is inferred.")]
    NoCalls,
    /// There is no stored call of this number.
    #[error("No stored input set for index={index}: {count} calls are stored")]
    NoSuchCall {
        /// The number asked for.
        index: usize,
        /// How many are stored.
        count: usize,
    },
    /// Constants differ between calls.
    #[error(
        "Two calls were made with different constant values, {found} != {expected}: observe calls that agree in them"
    )]
    ConstantsDiffer {
        /// Those of one call.
        found: String,
        /// Those of the most complete call.
        expected: String,
    },
    /// A number or text inside the arguments that differs between calls, and is not an int.
    #[error("{input}{path} is {found} in one call and {expected} in another: only sizes and ints can be dynamic")]
    ValuesDiffer {
        /// The argument.
        input: Input,
        /// Where in it.
        path: KeyPath,
        /// The value in one call.
        found: String,
        /// The value in another.
        expected: String,
    },
    /// No call has all the arguments that any call has.
    #[error(
        "At least one call to the observed model must contain all the named arguments. candidate kwargs={found:?}, best \
         candidate kwargs={best:?}; name what is missing by `value_if_missing`"
    )]
    NoCompleteCall {
        /// The named arguments of one call.
        found: Vec<String>,
        /// Those of the most complete one.
        best: Vec<String>,
    },
    /// An argument with different numbers of tensors.
    #[error("{input} has {found} tensors but previously got {expected} tensors. Inference is impossible in that case.")]
    TensorCount {
        /// The argument.
        input: Input,
        /// How many in one call.
        found: usize,
        /// How many in another.
        expected: usize,
    },
    /// A tensor with different ranks, or no tensor at all.
    #[error("All shapes in shape_list must have the same rank but shape_list={}, at {input}{path}", ShapeList(shapes))]
    Ranks {
        /// The argument.
        input: Input,
        /// Where in it.
        path: KeyPath,
        /// The shapes seen.
        shapes: Vec<Sizes>,
    },
    /// Arguments cannot be one tuple or one dict.
    #[error(
        "Cannot return arguments as a single tuple or a single dictionary because of '*args' in the function signature. \
         You need to set `as_args_kwargs=True`."
    )]
    VarPositional,
    /// A named argument that has the name of the parameter `**kwargs`.
    #[error(
        "Keyword argument name collision: received a keyword argument '{name}' which conflicts with the **{name} \
         parameter used to collect extra keyword arguments; give it another name"
    )]
    NameCollision {
        /// The name.
        name: String,
    },
    /// A value for an argument that forward does not take.
    #[error(
        "Unexpected keyword argument {input} provided as a value_if_missing input for a function that does not accept it. \
         All value_if_missing keys must be in the observed signature: {names:?}."
    )]
    NotInSignature {
        /// The argument.
        input: Input,
        /// The parameters.
        names: Vec<String>,
    },
    /// A value for a positional argument that a call does not give.
    #[error(
        "a value_if_missing for {input}, but only {given} positional arguments were given; name the argument instead"
    )]
    NotGiven {
        /// The argument.
        input: Input,
        /// How many positional arguments the call gives.
        given: usize,
    },
    /// `*args` and `**kwargs` cannot be removed.
    #[error("Cannot remove variadic {name}")]
    Variadic {
        /// The parameter.
        name: String,
    },
    /// The tensor library failed.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// The inputs of a call are not a set of inputs.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// The inferred arguments do not fit the model.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The inferred arguments are not of the type asked for.
    #[error(transparent)]
    Unflatten(#[from] UnflattenError),
}

impl From<TreeError> for ObserverError {
    fn from(error: TreeError) -> Self {
        ObserverError::Inputs(error.into())
    }
}

/// `[torch.Size([2, 3]), torch.Size([2])]`
struct ShapeList<'a>(&'a [Sizes]);

impl std::fmt::Display for ShapeList<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[")?;
        for (i, sizes) in self.0.iter().enumerate() {
            write!(f, "{}torch.Size({:?})", if i == 0 { "" } else { ", " }, sizes.as_slice())?;
        }
        f.write_str("]")
    }
}
