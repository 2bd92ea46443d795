//! Sequences: `deque`, `torch.Size`, `immutable_list`.

use crate::{Context, Family, Kind, Mismatch, Node, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// `collections.deque`, with its limit of items.
///
/// A plain [`VecDeque`] is a deque without a limit.
///
/// ```
/// use pytree_core::{Deque, Meta, structure};
/// let last = Deque::new([1_i64, 2], Some(4));
/// assert_eq!(structure::<Meta, _>(&last)?.to_string(), "TreeSpec(deque, 4, [*,\n  *])");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Deque<X> {
    /// The items, first to last.
    pub items: VecDeque<X>,
    /// The largest number of items that Python keeps; `None` without a limit. In Rust no item is dropped.
    pub maxlen: Option<u64>,
}

impl<X> Deque<X> {
    /// A deque of these items, of which Python keeps at most `maxlen`.
    pub fn new(items: impl IntoIterator<Item = X>, maxlen: Option<u64>) -> Self {
        Deque { items: items.into_iter().collect(), maxlen }
    }
}

/// `torch.Size`: the sizes of a tensor as a tree of ints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size(pub Vec<i64>);

/// `torch.fx.immutable_collections.immutable_list`
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ImmutableList<X>(pub Vec<X>);

impl<F: Family, X: PyTree<F>> PyTree<F> for Deque<X> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Context(&Context::Deque { maxlen: self.maxlen }, self.items.len()))? {
            for (i, item) in self.items.iter().enumerate() {
                v.child(i);
                item.walk(v)?;
            }
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, X: OwnedTree<F>> OwnedTree<F> for Deque<X> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        X::walk_slice_mut(self.items.make_contiguous(), v)
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::Context(&Context::Deque { maxlen: self.maxlen }, self.items.len()))?;
        X::into_walk_vec(self.items.into(), v)?;
        v.exit()
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        let (context, arity) = source.context(Kind::Deque)?;
        let maxlen = if let Context::Deque { maxlen } = context { maxlen } else { None };
        Ok(Deque { items: X::rebuild_vec(source, arity)?.into(), maxlen })
    }
}

impl<X: Retype> Retype for Deque<X> {
    type As<U> = Deque<X::As<U>>;
}

impl<F: Family, X: PyTree<F>> PyTree<F> for VecDeque<X> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Context(&Context::Deque { maxlen: None }, self.len()))? {
            for (i, item) in self.iter().enumerate() {
                v.child(i);
                item.walk(v)?;
            }
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, X: OwnedTree<F>> OwnedTree<F> for VecDeque<X> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        X::walk_slice_mut(self.make_contiguous(), v)
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        Deque { items: self, maxlen: None }.into_walk(v)
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        let limited = source.fail(Mismatch::Next("a deque without maxlen (`Deque` keeps the maxlen)"));
        let deque = Deque::rebuild(source)?;
        if deque.maxlen.is_some() { Err(limited) } else { Ok(deque.items) }
    }
}

impl<X: Retype> Retype for VecDeque<X> {
    type As<U> = VecDeque<X::As<U>>;
}

/// Implements the tree traits for a newtype around a `Vec` with a fixed context.
macro_rules! newtype {
    ([$($generics:tt)*] $type:ty, $item:ty, $new:path, $context:expr, $kind:expr) => {
        impl<F: Family, $($generics)*> PyTree<F> for $type
        where
            $item: PyTree<F>,
        {
            fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
                if v.enter(&Node::Context(&$context, self.0.len()))? {
                    <$item as PyTree<F>>::walk_slice(&self.0, v)?;
                    v.exit()?;
                }
                ControlFlow::Continue(())
            }
        }

        impl<F: Family, $($generics)*> OwnedTree<F> for $type
        where
            $item: OwnedTree<F>,
        {
            fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
                <$item as OwnedTree<F>>::walk_slice_mut(&mut self.0, v)
            }

            fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
                v.enter(&Node::Context(&$context, self.0.len()))?;
                <$item as OwnedTree<F>>::into_walk_vec(self.0, v)?;
                v.exit()
            }

            fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
                let (_, arity) = source.context($kind)?;
                <$item as OwnedTree<F>>::rebuild_vec(source, arity).map($new)
            }
        }
    };
}

newtype!([] Size, i64, Size, Context::Size, Kind::Size);
newtype!([X] ImmutableList<X>, X, ImmutableList, Context::ImmutableList, Kind::ImmutableList);

impl Retype for Size {
    type As<U> = Size;
}

impl<X: Retype> Retype for ImmutableList<X> {
    type As<U> = ImmutableList<X::As<U>>;
}
