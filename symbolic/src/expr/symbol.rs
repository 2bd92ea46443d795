//! A name for an integer that is not known yet.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A symbol such as `s77` (a size), `u0` (an integer read from data) or `zuf0` (a float read from data).
///
/// Two symbols are equal when name and assumption are. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Symbol {
    name: Arc<str>,
    assumption: Assumption,
}

/// What sympy assumes of a symbol. A symbol with fewer assumptions comes first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
enum Assumption {
    None,
    Integer,
    Positive,
}

impl Symbol {
    /// A size: an integer known to be at least 1, `Symbol('s0', positive=True, integer=True)` in torch.
    pub fn size(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), assumption: Assumption::Positive }
    }

    /// An integer of any sign: an int input or a data-dependent value, `Symbol('u0', integer=True)` in torch.
    pub fn integer(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), assumption: Assumption::Integer }
    }

    /// A real number: a value that is read from a tensor of floats, `Symbol('zuf0')` in torch.
    pub fn real(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), assumption: Assumption::None }
    }

    /// The name, as printed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the symbol is assumed to be at least 1.
    pub fn is_positive(&self) -> bool {
        self.assumption == Assumption::Positive
    }

    /// Whether the symbol is a real number and not an integer.
    pub fn is_real(&self) -> bool {
        self.assumption == Assumption::None
    }

    /// Sympy's order of arguments: by the number of assumptions, then by name.
    pub(super) fn compare(&self, other: &Symbol) -> Ordering {
        self.assumption.cmp(&other.assumption).then_with(|| self.name.cmp(&other.name))
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
