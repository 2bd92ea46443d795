//! What the check of an export does not prove.

use std::fmt;

/// A part of a program that its check could not prove to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unproven {
    /// The program has dynamic sizes, but model and program were compared at the sizes of the export's own runs only: the
    /// ranges leave no others, or the model fails at them.
    Sizes,
    /// The program draws random numbers in its own way, so only kinds and sizes were compared.
    Random,
    /// The program and the model agree on a value in a way that says nothing: in every run it was empty, zero or NaN.
    Value {
        /// The value: `output 0`.
        what: String,
        /// Why the agreement says nothing.
        why: Vacuous,
    },
    /// The program returns no value and writes to nothing.
    Nothing,
}

/// Why two equal tensors prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vacuous {
    /// They have no elements.
    Empty,
    /// All elements are zero.
    Zero,
    /// All elements are NaN.
    Nan,
}

impl fmt::Display for Vacuous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Vacuous::Empty => "empty",
            Vacuous::Zero => "zero",
            Vacuous::Nan => "NaN",
        })
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unproven::Sizes => f.write_str("no other sizes than those of the export could be tried"),
            Unproven::Random => f.write_str("the program draws random numbers, so its values could not be compared"),
            Unproven::Value { what, why } => write!(f, "{what} is {why} in every run"),
            Unproven::Nothing => f.write_str("the program returns nothing that could be compared"),
        }
    }
}
