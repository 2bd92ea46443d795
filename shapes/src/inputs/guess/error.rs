//! Why no dynamic shapes can be guessed.

use pytree_core::{KeyPath, Sizes, python};
use std::fmt;

/// Where in the inputs an error is: the argument, and the way from it to the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The argument.
    pub input: Input,
    /// The way from the argument to the value; empty for the argument itself.
    pub path: KeyPath,
}

/// An argument, by its position or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The positional argument of this number.
    Position(usize),
    /// The argument of this name.
    Name(String),
}

/// `input 0`, `input 'y' at ['a'][0]`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.input {
            Input::Position(index) => write!(f, "input {index}")?,
            Input::Name(name) => write!(f, "input {}", python::Str(name))?,
        }
        if self.path.entries().is_empty() { Ok(()) } else { write!(f, " at {}", self.path) }
    }
}

/// No dynamic shapes can be guessed from these input sets.
///
/// The texts begin as onnx-diagnostic's do and add the key path and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuessError {
    /// There is only one set of inputs.
    #[error(
        "one set of inputs does not tell which dimensions are dynamic; give at least two sets that differ in them, write \
         `dynamic_shapes` by hand, or take `guess_with(Auto::Auto)`, which leaves every dimension to the export"
    )]
    OneSet,
    /// The sets hold objects of different types in one place, or nothing but `None`.
    #[error("Unexpected variety of input type {} failing {place}; {}", Set(types),
        if types.is_empty() { "it is None in every set: leave the argument out, or take `GuessOptions::exportable`" }
        else { "give an object of one type in every set" })]
    TypeMismatch {
        /// Where.
        place: Place,
        /// The types met, as Python prints them, without `None`.
        types: Vec<String>,
    },
    /// A tensor has different numbers of dimensions.
    #[error("Shapes can be different but not ranks possible shapes={} shapes=[{}] failing {place}{}",
        Set(&ranks(shapes)), Shapes(shapes), For(model))]
    RankMismatch {
        /// Where.
        place: Place,
        /// The sizes in every set that has the tensor.
        shapes: Vec<Sizes>,
        /// The name of the model, if there is one.
        model: Option<String>,
    },
    /// The sets have different numbers of positional arguments.
    #[error(
        "Different numbers of positional arguments {}{}; name the arguments that not every set has",
        Set(counts),
        For(model)
    )]
    ArgsCountMismatch {
        /// The numbers met.
        counts: Vec<usize>,
        /// The name of the model, if there is one.
        model: Option<String>,
    },
    /// Tuples of different lengths.
    #[error(
        "Unexpected variety of tuple lengths {} failing {place}; every set needs the same number of items",
        Set(lengths)
    )]
    TupleLengthMismatch {
        /// Where.
        place: Place,
        /// The lengths met.
        lengths: Vec<usize>,
    },
    /// Lists of different lengths.
    #[error(
        "Unexpected variety of list lengths {} failing {place}; every set needs the same number of items",
        Set(lengths)
    )]
    ListLengthMismatch {
        /// Where.
        place: Place,
        /// The lengths met.
        lengths: Vec<usize>,
    },
    /// Dicts of different lengths.
    #[error("Unexpected variety of dict lengths {} failing {place}; every set needs the same keys", Set(lengths))]
    DictLengthMismatch {
        /// Where.
        place: Place,
        /// The lengths met.
        lengths: Vec<usize>,
    },
    /// A key of the first set's dict is missing in another set.
    #[error(
        "{key}: this key of the first set is missing in another one, failing {place}; every set needs the same keys"
    )]
    DictKeyMissing {
        /// Where.
        place: Place,
        /// The key, as Python writes it.
        key: String,
    },
    /// Objects of a registered class with different numbers of children.
    #[error(
        "All instances of type <class '{class}'> are not serialized into the same number of arguments, it should be the same: found {} failing {place}",
        Set(counts)
    )]
    NodeArityMismatch {
        /// Where.
        place: Place,
        /// The class.
        class: String,
        /// The numbers met.
        counts: Vec<usize>,
    },
    /// Objects of a registered class with children of different names.
    #[error(
        "instances of type <class '{class}'> hold different fields, {expected} and {found}, failing {place}; every set needs the same fields"
    )]
    FieldMismatch {
        /// Where.
        place: Place,
        /// The class.
        class: String,
        /// The fields in the first set.
        expected: String,
        /// The fields in another set.
        found: String,
    },
    /// A tensor in one set is `None` in a later one.
    #[error(
        "'NoneType' object has no attribute 'shape': a tensor of one set is None in a later one, failing {place}; leave a missing argument out of the set, or take `GuessOptions::exportable`"
    )]
    NoneAfterTensor {
        /// Where.
        place: Place,
    },
    /// A container in one set is `None` in a later one.
    #[error(
        "object of type 'NoneType' has no len(): {class} of one set is None in a later one, failing {place}; leave a missing argument out of the set, or take `GuessOptions::exportable`"
    )]
    NoneAfterContainer {
        /// Where.
        place: Place,
        /// The container's class, as Python prints it.
        class: String,
    },
    /// An object of a registered class in one set is `None` in a later one.
    #[error(
        "{class} of one set is None in a later one, failing {place}; leave a missing argument out of the set, or take `GuessOptions::exportable`"
    )]
    NoneAfterNode {
        /// Where.
        place: Place,
        /// The class, as Python prints it.
        class: String,
    },
    /// Something else where only tensors can be.
    #[error("Unexpected type for tensors, {class} failing {place}, Only tensors are allowed.")]
    OnlyTensorsAllowed {
        /// Where.
        place: Place,
        /// The class, as Python prints it.
        class: String,
    },
    /// An argument has a name that the tool keeps for itself.
    #[error(
        "unexpected parameter {}, the names '_diag' and 'verbose' are reserved{}; rename it",
        python::Str(name),
        For(model)
    )]
    ReservedName {
        /// The name.
        name: String,
        /// The name of the model, if there is one.
        model: Option<String>,
    },
    /// An object of a class that the pytree does not know.
    #[error(
        "Unable to build dynamic shapes for type {class} failing {place}, this object needs serialization function to be registered."
    )]
    Unregistered {
        /// Where.
        place: Place,
        /// The class, as Python prints it.
        class: String,
    },
}

impl GuessError {
    /// onnx-diagnostic's case of the same mistake, by the label that recorded cases use.
    ///
    /// Python cannot build three of its messages without a model, and fails with `model_was_none` instead.
    pub fn kind(&self) -> &'static str {
        match self {
            GuessError::RankMismatch { model: None, .. }
            | GuessError::ArgsCountMismatch { model: None, .. }
            | GuessError::ReservedName { model: None, .. } => "model_was_none",
            GuessError::OneSet => "one_set",
            GuessError::TypeMismatch { .. } => "type_mismatch",
            GuessError::RankMismatch { .. } => "rank_mismatch",
            GuessError::ArgsCountMismatch { .. } => "args_count_mismatch",
            GuessError::TupleLengthMismatch { .. } => "tuple_length_mismatch",
            GuessError::ListLengthMismatch { .. } => "list_length_mismatch",
            GuessError::DictLengthMismatch { .. } => "dict_length_mismatch",
            GuessError::DictKeyMissing { .. } => "dict_key_missing",
            GuessError::NodeArityMismatch { .. } | GuessError::FieldMismatch { .. } => "node_arity_mismatch",
            GuessError::NoneAfterTensor { .. } => "none_after_value",
            GuessError::NoneAfterContainer { .. } => "type_error",
            GuessError::OnlyTensorsAllowed { .. } => "only_tensors_allowed",
            GuessError::ReservedName { .. } => "reserved_name",
            GuessError::NoneAfterNode { .. } | GuessError::Unregistered { .. } => "other",
        }
    }
}

/// `{1, 2}`, and `set()` when empty, as Python prints a set.
struct Set<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Set<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("set()");
        }
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "{" } else { ", " })?;
        }
        f.write_str("}")
    }
}

struct Shapes<'a>(&'a [Sizes]);

impl fmt::Display for Shapes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, sizes) in self.0.iter().enumerate() {
            write!(f, "{}torch.Size({:?})", if i == 0 { "" } else { ", " }, sizes.as_slice())?;
        }
        Ok(())
    }
}

fn ranks(shapes: &[Sizes]) -> Vec<usize> {
    distinct(shapes.iter().map(|sizes| sizes.len()))
}

/// The different numbers, in order.
pub(super) fn distinct(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    numbers.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// ` for main:Model`, when there is a model.
struct For<'a>(&'a Option<String>);

impl fmt::Display for For<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |model| write!(f, " for main:{model}"))
    }
}
