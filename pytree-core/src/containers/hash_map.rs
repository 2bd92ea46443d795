//! `HashMap` is no tree: torch keeps the order of a dict, and a hash map has none.

use crate::{DictKey, Family, PyTree, Visitor};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// A map whose order is the same whenever it is walked. `HashMap`'s is not, so nothing implements this: it is here for
/// the message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no order, and the order of a dict is part of its spec",
    label = "two walks over this may give the leaves in different orders",
    note = "use `IndexMap`, which keeps the order of insertion as Python does, or `BTreeMap`, which sorts"
)]
pub trait Ordered {}

impl<F: Family, K: DictKey, X: PyTree<F>, S> PyTree<F> for HashMap<K, X, S>
where
    HashMap<K, X, S>: Ordered,
{
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        // Never called: no map is `Ordered`.
        self.values().try_for_each(|item| item.walk(v))
    }
}
