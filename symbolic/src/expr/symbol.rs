//! A name for a number that is not known yet.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A symbol such as `s77` (a size), `u0` (an integer read from data) or `zuf0` (a float read from data).
///
/// Two symbols are equal when name and assumption are. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Symbol {
    name: Arc<str>,
    assumed: Assumed,
}

/// What sympy assumes of a symbol. A symbol with fewer assumptions comes first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
enum Assumed {
    Nothing,
    Integer,
    PositiveInteger,
}

impl Symbol {
    /// A size: an integer known to be at least 1, `Symbol('s0', positive=True, integer=True)` in torch.
    pub fn size(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), assumed: Assumed::PositiveInteger }
    }

    /// An integer of any sign: an int input or a data-dependent value, `Symbol('u0', integer=True)` in torch.
    pub fn integer(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), assumed: Assumed::Integer }
    }

    /// A float: a data-dependent value, `Symbol('zuf0')` in torch.
    pub fn float(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), assumed: Assumed::Nothing }
    }

    /// The name, as printed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the symbol is assumed to be at least 1.
    pub fn is_positive(&self) -> bool {
        self.assumed == Assumed::PositiveInteger
    }

    /// Whether the symbol is an integer. Otherwise it is a float.
    pub fn is_integer(&self) -> bool {
        self.assumed != Assumed::Nothing
    }

    /// Sympy's order of arguments: by the number of assumptions, then by name.
    pub(super) fn compare(&self, other: &Symbol) -> Ordering {
        self.assumed.cmp(&other.assumed).then_with(|| self.name.cmp(&other.name))
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
