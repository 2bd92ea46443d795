//! Why no dynamic shapes can be guessed.

use crate::inputs::argument::ArgumentPath;
use pytree_core::{Sizes, python};
use std::fmt;

/// No dynamic shapes can be guessed from these input sets.
///
/// The texts begin as onnx-diagnostic's do and add the key path and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuessError {
    /// There is only one set of inputs.
    #[error(
        "one set of inputs does not show which dimensions are dynamic; give at least two sets that differ in them, write \
         `dynamic_shapes` by hand, or take `guess_with(Auto::Auto)`, which leaves every dimension to the export"
    )]
    OneSet,
    /// The sets hold objects of different types in one place, or nothing but `None`.
    #[error("Unexpected variety of input type {} failing {at}; {}", Set(types),
        if types.is_empty() { "it is None in every set: leave the argument out, or take `GuessOptions::exportable`" }
        else { "give an object of one type in every set" })]
    TypeMismatch {
        /// Where.
        at: ArgumentPath,
        /// The types met, as Python prints them, without `None`.
        types: Vec<String>,
    },
    /// A tensor has different numbers of dimensions.
    #[error("Shapes can be different but not ranks possible shapes={} shapes=[{}] failing {at}{}",
        Set(&ranks(shapes)), Shapes(shapes), For(model))]
    RankMismatch {
        /// Where.
        at: ArgumentPath,
        /// The sizes in every set that has the tensor.
        shapes: Vec<Sizes>,
        /// The name of the model, if there is one.
        model: Option<String>,
    },
    /// The sets have different numbers of positional arguments.
    #[error("Different numbers of positional arguments {}{}{}", Set(counts), For(model), Ways(mixed))]
    ArgsCountMismatch {
        /// The numbers met.
        counts: Vec<usize>,
        /// The name of the model, if there is one.
        model: Option<String>,
        /// An argument that the sets give in both ways: its name, a set that gives it by position, and one that names it.
        mixed: Option<(String, usize, usize)>,
    },
    /// Tuples of different lengths.
    #[error(
        "Unexpected variety of tuple lengths {} failing {at}; every set needs the same number of items",
        Set(lengths)
    )]
    TupleLengthMismatch {
        /// Where.
        at: ArgumentPath,
        /// The lengths met.
        lengths: Vec<usize>,
    },
    /// Lists of different lengths.
    #[error(
        "Unexpected variety of list lengths {} failing {at}; every set needs the same number of items",
        Set(lengths)
    )]
    ListLengthMismatch {
        /// Where.
        at: ArgumentPath,
        /// The lengths met.
        lengths: Vec<usize>,
    },
    /// Dicts of different lengths.
    #[error("Unexpected variety of dict lengths {} failing {at}; every set needs the same keys", Set(lengths))]
    DictLengthMismatch {
        /// Where.
        at: ArgumentPath,
        /// The lengths met.
        lengths: Vec<usize>,
    },
    /// A key of the first set's dict is missing in another set.
    #[error("{key}: this key of the first set is missing in another one, failing {at}; every set needs the same keys")]
    DictKeyMissing {
        /// Where.
        at: ArgumentPath,
        /// The key, as Python writes it.
        key: String,
    },
    /// Objects of a registered class with different numbers of children.
    #[error(
        "All instances of type <class '{class}'> are not serialized into the same number of arguments, it should be the same: found {} failing {at}",
        Set(counts)
    )]
    NodeArityMismatch {
        /// Where.
        at: ArgumentPath,
        /// The class.
        class: String,
        /// The numbers met.
        counts: Vec<usize>,
    },
    /// Objects of a registered class with children of different names.
    #[error(
        "instances of type <class '{class}'> hold different fields, {expected} and {found}, failing {at}; every set needs the same fields"
    )]
    FieldMismatch {
        /// Where.
        at: ArgumentPath,
        /// The class.
        class: String,
        /// The fields in the first set.
        expected: String,
        /// The fields in another set.
        found: String,
    },
    /// A tensor in one set is `None` in a later one.
    #[error(
        "'NoneType' object has no attribute 'shape': a tensor of one set is None in a later one, failing {at}; leave a missing argument out of the set, or take `GuessOptions::exportable`"
    )]
    NoneAfterTensor {
        /// Where.
        at: ArgumentPath,
    },
    /// A container in one set is `None` in a later one.
    #[error(
        "object of type 'NoneType' has no len(): {class} of one set is None in a later one, failing {at}; leave a missing argument out of the set, or take `GuessOptions::exportable`"
    )]
    NoneAfterContainer {
        /// Where.
        at: ArgumentPath,
        /// The container's class, as Python prints it.
        class: String,
    },
    /// An object of a registered class in one set is `None` in a later one.
    #[error(
        "{class} of one set is None in a later one, failing {at}; leave a missing argument out of the set, or take `GuessOptions::exportable`"
    )]
    NoneAfterNode {
        /// Where.
        at: ArgumentPath,
        /// The class, as Python prints it.
        class: String,
    },
    /// Something else where only tensors can be.
    #[error("Unexpected type for tensors, {class} failing {at}, Only tensors are allowed.")]
    OnlyTensorsAllowed {
        /// Where.
        at: ArgumentPath,
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
        "Unable to build dynamic shapes for type {class} failing {at}, this object needs serialization function to be registered."
    )]
    Unregistered {
        /// Where.
        at: ArgumentPath,
        /// The class, as Python prints it.
        class: String,
    },
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

/// What to do about arguments that not every set has by position.
struct Ways<'e>(&'e Option<(String, usize, usize)>);

impl fmt::Display for Ways<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((name, positional, named)) => write!(
                f,
                ": inputs[{positional}] gives `{name}` by position, inputs[{named}] by name; give it the same way in all"
            ),
            None => f.write_str("; name the arguments that not every set has"),
        }
    }
}

/// ` for main:Model`, when there is a model.
struct For<'a>(&'a Option<String>);

impl fmt::Display for For<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |model| write!(f, " for main:{model}"))
    }
}
