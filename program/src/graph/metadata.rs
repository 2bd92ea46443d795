//! What PyTorch records about a node besides its value.

use std::sync::Arc;

/// The metadata of a node in a `.pt2` file (`node.meta` without `val`), in the order of the file: `stack_trace`,
/// `nn_module_stack`, `source_fn_stack`, `torch_fn`, `custom`, `from_node`.
///
/// Cheap to clone: the results of one call share theirs, and equal texts are stored once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(Option<Arc<[Entry]>>);

/// A key and its text.
type Entry = (Arc<str>, Arc<str>);

impl Metadata {
    /// The text with this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == key).map(|(_, text)| text)
    }

    /// All keys and texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|entries| entries.iter()).map(|(key, text)| (&**key, &**text))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl FromIterator<(Arc<str>, Arc<str>)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Arc<str>)>>(entries: I) -> Self {
        let entries: Vec<_> = entries.into_iter().collect();
        Metadata((!entries.is_empty()).then(|| entries.into()))
    }
}
