//! Where a leaf is: keys, key entries, key paths.

use crate::python;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A key of a Python `dict`, as far as a treespec can carry it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Key {
    /// A `str`.
    Str(Cow<'static, str>),
    /// An `int`.
    Int(i64),
    /// A `bool`.
    Bool(bool),
    /// A `float`.
    Float(f64),
    /// `None`.
    None,
}

impl Key {
    /// The text of a `str` key.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Key::Str(s) => Some(s),
            _ => None,
        }
    }

    /// `str(key)` as Python gives it: a text without quotes.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Key::Str(s) => Cow::Borrowed(s),
            other => Cow::Owned(other.to_string()),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Key::Str(a), Key::Str(b)) => a == b,
            (Key::Int(a), Key::Int(b)) => a == b,
            (Key::Bool(a), Key::Bool(b)) => a == b,
            // By bits, so that equality is an equivalence and agrees with the hash.
            (Key::Float(a), Key::Float(b)) => a.to_bits() == b.to_bits(),
            (Key::None, Key::None) => true,
            _ => false,
        }
    }
}
impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Key::Str(s) => s.hash(state),
            Key::Int(v) => v.hash(state),
            Key::Bool(v) => v.hash(state),
            Key::Float(v) => v.to_bits().hash(state),
            Key::None => {}
        }
    }
}

impl From<&'static str> for Key {
    fn from(s: &'static str) -> Self {
        Key::Str(Cow::Borrowed(s))
    }
}
impl From<String> for Key {
    fn from(s: String) -> Self {
        Key::Str(Cow::Owned(s))
    }
}
impl From<i64> for Key {
    fn from(v: i64) -> Self {
        Key::Int(v)
    }
}

/// Python's `repr` of the key.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Str(s) => python::Str(s).fmt(f),
            Key::Int(v) => v.fmt(f),
            Key::Bool(v) => f.write_str(python::bool(*v)),
            Key::Float(v) => python::Float(*v).fmt(f),
            Key::None => f.write_str("None"),
        }
    }
}

/// One step from a node to a child (`SequenceKey`, `MappingKey`, `GetAttrKey` in torch).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyEntry {
    /// An item of a list or tuple: `[0]`.
    Sequence(usize),
    /// An item of a mapping: `['a']`.
    Mapping(Key),
    /// A field: `.x`.
    GetAttr(Cow<'static, str>),
}

/// torch's `str(entry)`.
impl fmt::Display for KeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyEntry::Sequence(index) => write!(f, "[{index}]"),
            KeyEntry::Mapping(key) => write!(f, "[{key}]"),
            KeyEntry::GetAttr(name) => write!(f, ".{name}"),
        }
    }
}

/// The way from the root of a tree to one of its leaves or nodes (`KeyPath`).
///
/// `Display` is torch's `keystr`; the path of the root is empty.
///
/// ```
/// use pytree_core::{Key, KeyEntry, KeyPath};
/// let path: KeyPath = [KeyEntry::Mapping(Key::from("key_cache")), KeyEntry::Sequence(0)].into_iter().collect();
/// assert_eq!(path.to_string(), "['key_cache'][0]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct KeyPath(pub Vec<KeyEntry>);

impl KeyPath {
    /// The entries, root first.
    pub fn entries(&self) -> &[KeyEntry] {
        &self.0
    }

    /// This path with one more step.
    pub fn join(&self, entry: KeyEntry) -> KeyPath {
        let mut entries = self.0.clone();
        entries.push(entry);
        KeyPath(entries)
    }
}

impl FromIterator<KeyEntry> for KeyPath {
    fn from_iter<I: IntoIterator<Item = KeyEntry>>(iter: I) -> Self {
        KeyPath(iter.into_iter().collect())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|entry| entry.fmt(f))
    }
}
