//! What a tree is rebuilt from.

use crate::{Context, Family, Key, Kind, Leaf, LeafError, LeafKind, NodeType, Present, UnflattenError};

/// What a tree is rebuilt from: leaves in order, with the spec that says where they belong.
///
/// [`unflatten`](crate::unflatten) makes one. [`OwnedTree::rebuild`](crate::OwnedTree::rebuild) takes from it in the
/// order of a walk: the node, then its children. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of `{F}` leaves",
    label = "no tree of `{F}` leaves can be rebuilt from this",
    note = "`unflatten` makes a source from leaves and a spec"
)]
pub trait Source<F: Family>: Sized + sealed::Sealed {
    /// Begins a list and gives its length.
    fn list(&mut self) -> Result<usize, UnflattenError>;
    /// Begins a list of `arity` items.
    fn array(&mut self, arity: usize) -> Result<(), UnflattenError>;
    /// Begins a tuple of `arity` items.
    fn tuple(&mut self, arity: usize) -> Result<(), UnflattenError>;
    /// Begins a tuple of any length and gives the length.
    fn open_tuple(&mut self) -> Result<usize, UnflattenError>;
    /// Begins a dict and gives its keys.
    fn dict(&mut self) -> Result<Vec<Key>, UnflattenError>;
    /// Begins a node of this kind and gives its context and arity.
    fn context(&mut self, kind: Kind) -> Result<(Context, usize), UnflattenError>;
    /// Begins a node of this type and says which of its fields are present.
    fn node(&mut self, ty: &'static NodeType) -> Result<Present, UnflattenError>;
    /// Which variant of an enum comes next: `tags` are what the contexts of its variants hold, `types` their nodes. The
    /// node does not begin yet.
    fn variant(&mut self, types: &'static [NodeType], tags: &'static [&'static str]) -> Result<usize, UnflattenError>;
    /// The static fields of the node that [`node`](Source::node) began last, as JSON.
    fn statics(&mut self, ty: &'static NodeType) -> Result<serde_json::Value, UnflattenError>;
    /// Begins a node of any kind and gives its context and arity; gives `None` where a leaf comes next.
    fn any(&mut self) -> Result<Option<(Context, usize)>, UnflattenError>;
    /// Takes the next leaf.
    fn leaf(&mut self) -> Result<Leaf<F>, UnflattenError>;
    /// Whether a leaf that is `None` comes next.
    fn next_is_none(&mut self) -> bool;
    /// The context of the node that began last.
    fn begun(&self) -> Option<&Context>;
    /// The error for something that does not fit the type; it names the place.
    fn fail(&self, mismatch: Mismatch<'_>) -> UnflattenError;
    /// Takes `count` tensors, in bulk where the leaves allow it.
    fn tensors(&mut self, count: usize) -> Result<Vec<F::Tensor>, UnflattenError>;
    /// Takes the next leaf, which must be a tensor.
    #[inline]
    fn tensor(&mut self) -> Result<F::Tensor, UnflattenError> {
        match self.leaf()? {
            Leaf::Tensor(t) => Ok(t),
            other => Err(self.fail(Mismatch::Leaf { expected: LeafKind::Tensor, found: other.kind() })),
        }
    }
}

/// What does not fit: the reason that [`Source::fail`] makes an error of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Mismatch<'a> {
    /// The node or leaf that comes next. The text completes "the type is ..".
    Next(&'a str),
    /// The node that began last. The text completes "the type is ..".
    Node(&'a str),
    /// The leaf taken last is of another kind than the type holds.
    Leaf {
        /// The kind that the type holds.
        expected: LeafKind,
        /// The kind of the leaf.
        found: LeafKind,
    },
    /// The leaf taken last stands for no value of the type.
    Value(LeafError),
    /// A field is `None` in the spec, but its type has no `None`.
    NotOptional {
        /// The struct.
        ty: &'static NodeType,
        /// The field.
        field: &'static str,
    },
    /// A static field cannot be read from the context.
    Static {
        /// The struct.
        ty: &'static NodeType,
        /// The field.
        field: &'static str,
        /// The reason that serde gives.
        message: String,
    },
}

/// Seals [`Source`], whose methods grow with the kinds of nodes.
pub(super) mod sealed {
    pub trait Sealed {}
}
