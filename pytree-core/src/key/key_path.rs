//! The place of a leaf: key entries and key paths.

use crate::Key;
use std::borrow::Cow;
use std::fmt;

/// One step from a node to a child (`SequenceKey`, `MappingKey`, `GetAttrKey` in torch).
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum KeyEntry {
    /// An item of a list or tuple: `[0]`.
    Sequence(usize),
    /// An item of a mapping: `['a']`.
    Mapping(Key),
    /// A field: `.x`.
    GetAttr(Cow<'static, str>),
}

/// Writes torch's `str(entry)`.
impl fmt::Display for KeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyEntry::Sequence(index) => write!(f, "[{index}]"),
            KeyEntry::Mapping(key) => write!(f, "[{key}]"),
            KeyEntry::GetAttr(name) => write!(f, ".{name}"),
        }
    }
}

/// The path from the root of a tree to one of its leaves or nodes (`KeyPath`).
///
/// `Display` is torch's `keystr`; the path of the root is empty.
///
/// ```
/// use pytree_core::{Key, KeyEntry, KeyPath};
/// let path: KeyPath = [KeyEntry::Mapping(Key::from("key_cache")), KeyEntry::Sequence(0)].into_iter().collect();
/// assert_eq!(path.to_string(), "['key_cache'][0]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct KeyPath(pub Vec<KeyEntry>);

impl KeyPath {
    /// The entries, from the root on.
    pub fn entries(&self) -> &[KeyEntry] {
        &self.0
    }

    /// This path with one more step.
    pub fn join(&self, entry: KeyEntry) -> KeyPath {
        let mut entries = Vec::with_capacity(self.0.len() + 1);
        entries.extend_from_slice(&self.0);
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

/// A path in a message. The root is named, since its `keystr` is empty.
pub(crate) struct At<'a>(pub(crate) &'a KeyPath);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.0.is_empty() { f.write_str("the root") } else { self.0.fmt(f) }
    }
}
