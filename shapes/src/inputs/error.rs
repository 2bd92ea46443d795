//! What can be wrong with input sets before anything is guessed from them.

use pytree_core::{BindError, DType, KeyPath, TreeError};

/// Input sets that do not fit the model, or one another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputsError {
    /// There is no set at all.
    #[error(
        "there is no set of inputs; give at least one, and two of different sizes to show which dimensions are dynamic"
    )]
    NoSets,
    /// The sets were not given as a list.
    #[error("inputs should be specified as a list of sets of inputs but this is {found}")]
    NotAList {
        /// What was given: its structure.
        found: String,
    },
    /// A set is neither a tuple nor a dict.
    #[error(
        "Unable to interpret inputs {set}: a set is a tuple of arguments, a dict of named ones or `(args, kwargs)`, but this is {found}"
    )]
    Form {
        /// Which set.
        set: usize,
        /// What was given: its structure.
        found: String,
    },
    /// A named argument whose name is not a text.
    #[error("inputs[{set}]: the name of an argument is a str, which {key} is not")]
    Name {
        /// Which set.
        set: usize,
        /// The name, as Python writes it.
        key: String,
    },
    /// Leaves and structure do not match.
    #[error("the structure has {expected} leaves, but {found} were given")]
    LeafCount {
        /// How many the structure has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// The arguments of a set do not fit the model's forward.
    #[error("inputs[{set}] for `{model}`: {error}")]
    Bind {
        /// Which set.
        set: usize,
        /// The model.
        model: String,
        /// Why, in Python's words.
        #[source]
        error: BindError,
    },
    /// An argument has another structure than in the first set.
    #[error(
        "inputs[{set}] at {}: found {found}, but inputs[0] has {expected} there; every set must have the structure of the first",
        FromParameter(path)
    )]
    Structure {
        /// Which set.
        set: usize,
        /// Where, from the parameter on.
        path: KeyPath,
        /// What the first set has.
        expected: String,
        /// What this set has.
        found: String,
    },
    /// A tensor has another number of dimensions than in the first set.
    #[error(
        "inputs[{set}] at {}: Shapes can be different but not ranks: found {found} dimensions, but inputs[0] has {expected} there",
        FromParameter(path)
    )]
    Rank {
        /// Which set.
        set: usize,
        /// Where, from the parameter on.
        path: KeyPath,
        /// How many dimensions the tensor of the first set has.
        expected: usize,
        /// How many this one has.
        found: usize,
    },
    /// A tensor has another element type than in the first set.
    #[error(
        "inputs[{set}] at {}: found {found}, but inputs[0] has {expected} there; a program is made for one element type, convert the tensor",
        FromParameter(path)
    )]
    DType {
        /// Which set.
        set: usize,
        /// Where, from the parameter on.
        path: KeyPath,
        /// The element type in the first set.
        expected: DType,
        /// The element type in this one.
        found: DType,
    },
    /// There is no set of this number.
    #[error("there is no inputs[{index}]: {count} sets were given")]
    NoSuchSet {
        /// The number asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A set could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl InputsError {
    /// The same error of set number `index`.
    pub(super) fn of_set(self, index: usize) -> InputsError {
        match self {
            InputsError::Form { found, .. } => InputsError::Form { set: index, found },
            InputsError::Name { key, .. } => InputsError::Name { set: index, key },
            other => other,
        }
    }
}

/// A path from a parameter on, `x['a'][0]`: the parameter's name without brackets.
pub(crate) struct FromParameter<'a>(pub(crate) &'a KeyPath);

impl std::fmt::Display for FromParameter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.entries() {
            [pytree_core::KeyEntry::Mapping(name), below @ ..] => {
                f.write_str(&name.text())?;
                below.iter().try_for_each(|entry| entry.fmt(f))
            }
            _ => self.0.fmt(f),
        }
    }
}
