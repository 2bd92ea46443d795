//! A name for an integer that is not known yet.

use std::fmt;
use std::sync::Arc;

/// A symbol such as `s77` (a size) or `u0` (a value read from data).
///
/// Two symbols are equal when name and assumption are. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Symbol {
    name: Arc<str>,
    positive: bool,
}

impl Symbol {
    /// A size: an integer known to be at least 1, `Symbol('s0', positive=True, integer=True)` in torch.
    pub fn size(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), positive: true }
    }

    /// An integer of any sign: an int input or a data-dependent value, `Symbol('u0', integer=True)` in torch.
    pub fn integer(name: &str) -> Symbol {
        Symbol { name: Arc::from(name), positive: false }
    }

    /// The name, as printed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the symbol is assumed to be at least 1.
    pub fn is_positive(&self) -> bool {
        self.positive
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
