//! A place in a spec together with the leaves below it.

use pytree_core::SpecNode;

/// A node or leaf of a spec that knows which leaf of the flattened tree is its first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'s> {
    pub(crate) node: SpecNode<'s>,
    pub(crate) first_leaf: usize,
}

impl<'s> Cursor<'s> {
    pub(crate) fn root(node: SpecNode<'s>) -> Self {
        Cursor { node, first_leaf: 0 }
    }

    pub(crate) fn children(self) -> impl Iterator<Item = Cursor<'s>> {
        let mut first_leaf = self.first_leaf;
        self.node.children().map(move |node| {
            let child = Cursor { node, first_leaf };
            first_leaf += node.num_leaves();
            child
        })
    }
}
