//! What Python calls the class of a leaf.

use crate::{Family, Leaf, LeafRef};

/// A leaf that can say what Python calls its class: for messages.
#[diagnostic::on_unimplemented(
    message = "the Python class of a `{Self}` is not known",
    label = "this stands in the place of a leaf, and a message may have to name its class",
    note = "implement `LeafClass` for `{Self}`; `LeafRef`, `Leaf` and `usize` have it"
)]
pub trait LeafClass {
    /// The `repr` of its class, such as `<class 'int'>`.
    fn class(&self) -> String;
}

impl<F: Family> LeafClass for LeafRef<'_, F> {
    fn class(&self) -> String {
        format!("<class '{}'>", self.kind().python_type())
    }
}

impl<F: Family> LeafClass for Leaf<F> {
    fn class(&self) -> String {
        self.as_ref().class()
    }
}

/// The position of a leaf: nothing is known of the leaf itself.
impl LeafClass for usize {
    fn class(&self) -> String {
        "a leaf".to_owned()
    }
}
