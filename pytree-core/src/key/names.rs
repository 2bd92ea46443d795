//! Lists of names: the fields of a class.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A list of names: borrowed from a type, or owned if it was read from a file.
#[derive(Clone)]
pub enum Names {
    /// The field names of a Rust type.
    Static(&'static [&'static str]),
    /// Names that came from elsewhere.
    Owned(Box<[Cow<'static, str>]>),
}

impl Names {
    /// How many names there are.
    pub fn len(&self) -> usize {
        match self {
            Names::Static(names) => names.len(),
            Names::Owned(names) => names.len(),
        }
    }

    /// True if there are no names.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name at this index.
    pub fn get(&self, index: usize) -> Option<Cow<'static, str>> {
        match self {
            Names::Static(names) => names.get(index).map(|n| Cow::Borrowed(*n)),
            Names::Owned(names) => names.get(index).cloned(),
        }
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (borrowed, owned): (&[&str], &[Cow<'_, str>]) = match self {
            Names::Static(names) => (names, &[]),
            Names::Owned(names) => (&[], names),
        };
        borrowed.iter().copied().chain(owned.iter().map(AsRef::as_ref))
    }
}

impl FromIterator<Cow<'static, str>> for Names {
    fn from_iter<I: IntoIterator<Item = Cow<'static, str>>>(iter: I) -> Self {
        Names::Owned(iter.into_iter().collect())
    }
}

impl From<Vec<Cow<'static, str>>> for Names {
    fn from(names: Vec<Cow<'static, str>>) -> Self {
        Names::Owned(names.into_boxed_slice())
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Two values of one type share one list.
            (Names::Static(a), Names::Static(b)) if std::ptr::eq(*a, *b) => true,
            _ => self.len() == other.len() && self.iter().eq(other.iter()),
        }
    }
}
impl Eq for Names {}

impl Hash for Names {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|n| n.hash(state));
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
