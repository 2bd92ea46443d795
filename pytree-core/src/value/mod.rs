//! An untyped tree of any structure.

mod serde_form;

use crate::{Context, Family, Key, KeyEntry, KeyPath, Leaf, NamedTuple, Names, Node, OwnedTree, PyTree, Source};
use crate::{Subtree, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// A tree whose structure is known only at run time, such as the output of a program or inputs read from a file.
///
/// ```
/// use pytree_core::{DType, Leaf, Meta, TensorMeta, Value, structure};
/// let x = || Value::<Meta>::tensor(TensorMeta::new(DType::Float32, [2, 3]));
/// let tree = Value::dict([("x", x()), ("rest", Value::list([x(), Leaf::None.into()]))]);
/// assert_eq!(structure(&tree)?.num_leaves(), 3);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
pub enum Value<F: Family> {
    /// A leaf.
    Leaf(Leaf<F>),
    /// A node: its context and its children.
    Node(Context, Vec<Value<F>>),
}

impl<F: Family> Value<F> {
    /// A tensor.
    pub fn tensor(tensor: F::Tensor) -> Self {
        Value::Leaf(Leaf::Tensor(tensor))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Value::Node(Context::List, items.into_iter().collect())
    }

    /// A tuple.
    pub fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        Value::Node(Context::Tuple, items.into_iter().collect())
    }

    /// A dict.
    pub fn dict<K: Into<Key>>(items: impl IntoIterator<Item = (K, Self)>) -> Self {
        let (keys, items): (Vec<Key>, Vec<Self>) = items.into_iter().map(|(k, v)| (k.into(), v)).unzip();
        Value::Node(Context::Dict(keys), items)
    }
}

impl<F: Family> Value<F> {
    /// A namedtuple of the class with this serialized name.
    pub fn namedtuple<K: Into<std::borrow::Cow<'static, str>>>(
        name: impl Into<std::borrow::Cow<'static, str>>,
        fields: impl IntoIterator<Item = (K, Self)>,
    ) -> Self {
        let (fields, items): (Vec<_>, Vec<Self>) = fields.into_iter().map(|(k, v)| (k.into(), v)).unzip();
        Value::Node(Context::NamedTuple(NamedTuple { name: name.into(), fields: Some(Names::from(fields)) }), items)
    }

    /// A dataclass with this serialized name. As in torch, fields that are `None` are not children; the context lists
    /// them.
    pub fn dataclass<K: Into<std::borrow::Cow<'static, str>>>(
        name: impl Into<std::borrow::Cow<'static, str>>,
        fields: impl IntoIterator<Item = (K, Self)>,
    ) -> Self {
        let (mut present, mut absent, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for (field, item) in fields {
            if item.is_none() {
                absent.push(field.into());
            } else {
                present.push(field.into());
                items.push(item);
            }
        }
        let (present, absent) = (Names::from(present), Names::from(absent));
        Value::Node(Context::Dataclass { name: name.into(), present, absent, statics: None }, items)
    }

    /// The index of the child that `entry` leads to.
    fn position(&self, entry: &KeyEntry) -> Option<usize> {
        let Value::Node(context, children) = self else { return None };
        (0..children.len()).find(|i| context.entry(*i) == *entry)
    }

    /// The part of the tree at `path`, or `None` if there is none (`key_get`).
    ///
    /// ```
    /// use pytree_core::{Key, KeyEntry, Leaf, Meta, Value};
    /// let tree = Value::<Meta>::dict([("a", Value::list([Leaf::Int(1).into(), Leaf::Int(2).into()]))]);
    /// let path = [KeyEntry::Mapping(Key::from("a")), KeyEntry::Sequence(1)].into_iter().collect();
    /// assert_eq!(tree.get(&path), Some(&Value::Leaf(Leaf::Int(2))));
    /// ```
    pub fn get(&self, path: &KeyPath) -> Option<&Self> {
        path.entries().iter().try_fold(self, |at, entry| {
            let position = at.position(entry)?;
            let Value::Node(_, children) = at else { return None };
            children.get(position)
        })
    }

    /// The part of the tree at `path`, to be changed or replaced (`equinox.tree_at`).
    ///
    /// ```
    /// use pytree_core::{KeyEntry, Leaf, Meta, Value};
    /// let mut tree = Value::<Meta>::list([Leaf::Int(1).into(), Leaf::Int(2).into()]);
    /// let path = [KeyEntry::Sequence(1)].into_iter().collect();
    /// if let Some(at) = tree.get_mut(&path) {
    ///     *at = Value::tuple([]);
    /// }
    /// assert_eq!(format!("{tree:?}"), "list([1, tuple([])])");
    /// ```
    pub fn get_mut(&mut self, path: &KeyPath) -> Option<&mut Self> {
        path.entries().iter().try_fold(self, |at, entry| {
            let position = at.position(entry)?;
            let Value::Node(_, children) = at else { return None };
            children.get_mut(position)
        })
    }

    /// A part of a flattened tree as a tree of its own, with `f` of each leaf.
    ///
    /// # Errors
    /// When the part is deeper than [`TreeSpec::MAX_DEPTH`](crate::TreeSpec::MAX_DEPTH).
    pub fn from_subtree<L>(tree: Subtree<'_, L>, mut f: impl FnMut(&L) -> Leaf<F>) -> Result<Self, UnflattenError> {
        crate::unflatten(tree.leaves().iter().map(&mut f), &tree.spec())
    }
}

impl<F: Family> From<Leaf<F>> for Value<F> {
    fn from(leaf: Leaf<F>) -> Self {
        Value::Leaf(leaf)
    }
}

#[cfg(feature = "tch")]
impl From<tch::Tensor> for Value<crate::Tch> {
    fn from(tensor: tch::Tensor) -> Self {
        Value::tensor(tensor)
    }
}

impl<F: Family<Tensor: Clone>> Clone for Value<F> {
    fn clone(&self) -> Self {
        match self {
            Value::Leaf(leaf) => Value::Leaf(leaf.clone()),
            Value::Node(context, children) => Value::Node(context.clone(), children.clone()),
        }
    }
}

impl<F: Family<Tensor: PartialEq>> PartialEq for Value<F> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Leaf(a), Value::Leaf(b)) => a == b,
            (Value::Node(a, x), Value::Node(b, y)) => a == b && x == y,
            _ => false,
        }
    }
}

impl<F: Family<Tensor: std::fmt::Debug>> std::fmt::Debug for Value<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Leaf(leaf) => leaf.fmt(f),
            Value::Node(context, children) => f.debug_tuple(context.short_name()).field(children).finish(),
        }
    }
}

impl<F: Family> PyTree<F> for Value<F> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        match self {
            Value::Leaf(leaf) => v.leaf(leaf.as_ref()),
            Value::Node(context, children) => {
                if v.enter(&Node::Context(context, children.len()))? {
                    Self::walk_slice(children, v)?;
                    v.exit()?;
                }
                ControlFlow::Continue(())
            }
        }
    }

    fn is_none(&self) -> bool {
        matches!(self, Value::Leaf(Leaf::None))
    }
}

impl<F: Family> OwnedTree<F> for Value<F> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        match self {
            Value::Leaf(leaf) => v.leaf(leaf.as_mut()),
            Value::Node(_, children) => Self::walk_slice_mut(children, v),
        }
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        match self {
            Value::Leaf(leaf) => v.leaf(leaf),
            Value::Node(context, children) => {
                v.enter(&Node::Context(&context, children.len()))?;
                Self::into_walk_vec(children, v)?;
                v.exit()
            }
        }
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        match source.any()? {
            None => source.leaf().map(Value::Leaf),
            Some((context, arity)) => Ok(Value::Node(context, Self::rebuild_vec(source, arity)?)),
        }
    }

    fn from_none() -> Option<Self> {
        Some(Value::Leaf(Leaf::None))
    }
}
