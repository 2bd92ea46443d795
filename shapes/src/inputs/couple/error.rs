//! Why inputs and dynamic shapes cannot be paired.

use crate::inputs::InputsError;
use crate::tensor::TensorError;
use pytree_core::{KeyPath, TreeError, UnflattenError};

/// Inputs and dynamic shapes that do not belong together, or a change that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoupleError {
    /// Shapes by name for positional arguments, of another number.
    #[error(
        "Length mismatch, kwargs is empty, len(dynamic_shapes)={shapes}, len(args)={args}; give one entry per argument"
    )]
    NamedLength {
        /// How many shapes.
        shapes: usize,
        /// How many positional arguments.
        args: usize,
    },
    /// Shapes of the wrong form for the whole call: positional arguments take a tuple, named ones a dict, both a dict.
    #[error(
        "Type mismatch, {call} and dynamic_shapes={shapes} should have the same type: positional arguments alone take a \
         tuple, named ones a dict by name, and both together a dict by name"
    )]
    Form {
        /// Which arguments are given.
        call: &'static str,
        /// The shapes.
        shapes: String,
    },
    /// Positional and named arguments, shapes for the positional ones, and no names to find these by.
    #[error(
        "Not yet implemented when args is filled, kwargs as well but args_names is <class 'NoneType'>: name the \
         positional arguments by `with_args_names`"
    )]
    NoNames,
    /// Fewer names than positional arguments.
    #[error("There are {args} positional arguments but only {names} names; name every one")]
    TooFewNames {
        /// How many positional arguments.
        args: usize,
        /// How many names.
        names: usize,
    },
    /// Another container than in the inputs.
    #[error(
        "Input type and dynamic shapes type mush match but type(inputs){path}=<class '{inputs}'>, \
         dynamic_shapes{path}={shapes}"
    )]
    Container {
        /// Where.
        path: KeyPath,
        /// What the inputs hold.
        inputs: String,
        /// What the shapes hold.
        shapes: String,
    },
    /// Another number of items than in the inputs.
    #[error("Length mismatch between inputs{path} {inputs} and ds={shapes}")]
    Length {
        /// Where.
        path: KeyPath,
        /// How many items the inputs have.
        inputs: usize,
        /// How many the shapes have.
        shapes: usize,
    },
    /// Other keys than in the inputs.
    #[error("Keys mismatch between inputs{path} and ds, not_in_ds={not_in_shapes:?}, not_in_inputs={not_in_inputs:?}")]
    Keys {
        /// Where.
        path: KeyPath,
        /// Keys of the inputs that have no shape.
        not_in_shapes: Vec<String>,
        /// Keys of the shapes that no input has.
        not_in_inputs: Vec<String>,
    },
    /// No dict of dimensions where the inputs have a tensor.
    #[error(
        "Unexpected types, inputs{path} is a Tensor but ds is {shapes}, a dictionary is expected to specify a dimension; \
         `{{}}` makes the tensor static"
    )]
    NotDims {
        /// Where.
        path: KeyPath,
        /// What the shapes hold.
        shapes: String,
    },
    /// A dynamic dimension without a name, whose new size cannot be asked for.
    #[error(
        "Unable to handle {dim} of dimension {index} of inputs{path}: give every dimension a name, for example by \
         `replace_by_string`"
    )]
    NoName {
        /// Which tensor.
        path: KeyPath,
        /// Which dimension.
        index: i64,
        /// Its spec.
        dim: String,
    },
    /// A static dimension, which has no name to replace it by.
    #[error(
        "Unable to handle {dim} of dimension {index} of inputs{path}: a static dimension has no name, leave it out of the \
         shapes"
    )]
    StaticDim {
        /// Which tensor.
        path: KeyPath,
        /// Which dimension.
        index: i64,
        /// Its spec.
        dim: String,
    },
    /// A dimension without elements that should grow: there is nothing to fill it with.
    #[error(
        "dimension {index} of inputs{path} cannot grow from 0 to {size}: there is nothing to repeat; start from a size of 1 or more"
    )]
    GrowFromZero {
        /// Which tensor.
        path: KeyPath,
        /// Which dimension.
        index: usize,
        /// The size asked for.
        size: i64,
    },
    /// A negative size was asked for.
    #[error("dimension {index} of inputs{path} cannot have the size {size}; a size is 0 or more")]
    NegativeSize {
        /// Which tensor.
        path: KeyPath,
        /// Which dimension.
        index: usize,
        /// The size asked for.
        size: i64,
    },
    /// The tensor library failed.
    #[error("inputs{path}: {source}")]
    Tensor {
        /// Which tensor.
        path: KeyPath,
        /// Its error.
        source: TensorError,
    },
    /// The inputs are not a set of inputs.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// The changed inputs are not of the type asked for.
    #[error(transparent)]
    Unflatten(#[from] UnflattenError),
}

impl From<TreeError> for CoupleError {
    fn from(error: TreeError) -> Self {
        CoupleError::Inputs(error.into())
    }
}
