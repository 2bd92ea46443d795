//! Slots: the arguments of one call, one slot per parameter of forward.

use crate::{Family, Key, Leaf, LeafMut, LeafRef, Mismatch, OwnedTree, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use indexmap::IndexMap;
use std::ops::{ControlFlow, Range};

/// How many arguments a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// One argument or none.
    One,
    /// The remaining positional arguments: `*args`.
    VarArgs,
    /// The remaining named arguments: `**kwargs`.
    VarKwargs,
}

/// The part of a [`Slot`] that does not depend on the family of its tensors.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold an argument",
    label = "a slot is an `Option` of a tree, `VarArgs` or `VarKwargs`"
)]
pub trait Holder: Default {
    /// How many arguments the slot may hold.
    const KIND: SlotKind;
    /// How many arguments the slot holds.
    fn count(&self) -> usize;
    /// The name of argument `item`, if it is one of `**kwargs`.
    fn key(&self, item: usize) -> Option<&str> {
        let _ = item;
        None
    }
}

/// The arguments of one parameter: `Option<T>` for one argument, [`VarArgs`] for `*args`, [`VarKwargs`] for `**kwargs`.
///
/// Every argument in a slot is one child of the call's `(args, kwargs)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold an argument",
    label = "a slot is an `Option` of a tree, `VarArgs` or `VarKwargs`"
)]
pub trait Slot<F: Family>: Holder {
    /// Walks argument `item`; one that is missing is walked as `None`.
    fn walk_item<'a, V: Visitor<'a, F>>(&'a self, item: usize, v: &mut V) -> ControlFlow<V::Break>;
    /// Walks argument `item`, to be changed.
    fn walk_item_mut<V: VisitorMut<F>>(&mut self, item: usize, v: &mut V) -> ControlFlow<V::Break>;
    /// Moves the first `count` arguments out of the slot and gives them to `v`.
    fn take_items<V: VisitorOwned<F>>(&mut self, count: usize, v: &mut V) -> ControlFlow<V::Break>;
    /// Adds the next argument of `source` to the slot; `key` is its name in `**kwargs`.
    ///
    /// # Errors
    /// When the source has another tree there.
    fn rebuild_item<S: Source<F>>(&mut self, key: Option<&str>, source: &mut S) -> Result<(), UnflattenError>;
}

impl<A> Holder for Option<A> {
    const KIND: SlotKind = SlotKind::One;

    fn count(&self) -> usize {
        usize::from(self.is_some())
    }
}

impl<F: Family, A: OwnedTree<F>> Slot<F> for Option<A> {
    fn walk_item<'a, V: Visitor<'a, F>>(&'a self, _: usize, v: &mut V) -> ControlFlow<V::Break> {
        match self {
            Some(argument) => argument.walk(v),
            None => v.leaf(LeafRef::None),
        }
    }

    fn walk_item_mut<V: VisitorMut<F>>(&mut self, _: usize, v: &mut V) -> ControlFlow<V::Break> {
        match self {
            Some(argument) => argument.walk_mut(v),
            None => v.leaf(LeafMut::None),
        }
    }

    fn take_items<V: VisitorOwned<F>>(&mut self, _: usize, v: &mut V) -> ControlFlow<V::Break> {
        match self.take() {
            Some(argument) => argument.into_walk(v),
            None => v.leaf(Leaf::None),
        }
    }

    fn rebuild_item<S: Source<F>>(&mut self, _: Option<&str>, source: &mut S) -> Result<(), UnflattenError> {
        *self = Some(A::rebuild(source)?);
        Ok(())
    }
}

/// The arguments of `*args`: the slot of a parameter of type `&[T]` with `#[args]`.
#[derive(Clone, Debug, PartialEq)]
pub struct VarArgs<T>(pub Vec<T>);

impl<T> Default for VarArgs<T> {
    fn default() -> Self {
        VarArgs(Vec::new())
    }
}

impl<T> Holder for VarArgs<T> {
    const KIND: SlotKind = SlotKind::VarArgs;

    fn count(&self) -> usize {
        self.0.len()
    }
}

impl<F: Family, T: OwnedTree<F>> Slot<F> for VarArgs<T> {
    fn walk_item<'a, V: Visitor<'a, F>>(&'a self, item: usize, v: &mut V) -> ControlFlow<V::Break> {
        match self.0.get(item) {
            Some(argument) => argument.walk(v),
            None => v.leaf(LeafRef::None),
        }
    }

    fn walk_item_mut<V: VisitorMut<F>>(&mut self, item: usize, v: &mut V) -> ControlFlow<V::Break> {
        match self.0.get_mut(item) {
            Some(argument) => argument.walk_mut(v),
            None => v.leaf(LeafMut::None),
        }
    }

    fn take_items<V: VisitorOwned<F>>(&mut self, count: usize, v: &mut V) -> ControlFlow<V::Break> {
        self.0.drain(..count.min(self.0.len())).try_for_each(|argument| argument.into_walk(v))
    }

    fn rebuild_item<S: Source<F>>(&mut self, _: Option<&str>, source: &mut S) -> Result<(), UnflattenError> {
        self.0.push(T::rebuild(source)?);
        Ok(())
    }
}

/// The arguments of `**kwargs`: the slot of a parameter of type `&IndexMap<String, T>` with `#[kwargs]`.
#[derive(Clone, Debug, PartialEq)]
pub struct VarKwargs<T>(pub IndexMap<String, T>);

impl<T> Default for VarKwargs<T> {
    fn default() -> Self {
        VarKwargs(IndexMap::new())
    }
}

impl<T> Holder for VarKwargs<T> {
    const KIND: SlotKind = SlotKind::VarKwargs;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn key(&self, item: usize) -> Option<&str> {
        self.0.get_index(item).map(|(key, _)| key.as_str())
    }
}

impl<F: Family, T: OwnedTree<F>> Slot<F> for VarKwargs<T> {
    fn walk_item<'a, V: Visitor<'a, F>>(&'a self, item: usize, v: &mut V) -> ControlFlow<V::Break> {
        match self.0.get_index(item) {
            Some((_, argument)) => argument.walk(v),
            None => v.leaf(LeafRef::None),
        }
    }

    fn walk_item_mut<V: VisitorMut<F>>(&mut self, item: usize, v: &mut V) -> ControlFlow<V::Break> {
        match self.0.get_index_mut(item) {
            Some((_, argument)) => argument.walk_mut(v),
            None => v.leaf(LeafMut::None),
        }
    }

    fn take_items<V: VisitorOwned<F>>(&mut self, count: usize, v: &mut V) -> ControlFlow<V::Break> {
        self.0.drain(..count.min(self.0.len())).try_for_each(|(_, argument)| argument.into_walk(v))
    }

    fn rebuild_item<S: Source<F>>(&mut self, key: Option<&str>, source: &mut S) -> Result<(), UnflattenError> {
        let argument = T::rebuild(source)?;
        self.0.insert(key.unwrap_or_default().to_owned(), argument);
        Ok(())
    }
}

/// The part of [`Slots`] that does not depend on the family of the tensors.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of slots",
    label = "this should be a tuple with one slot per parameter of forward, at most twelve",
    note = "a slot is an `Option` of a tree, `VarArgs` or `VarKwargs`"
)]
pub trait Holders: Default {
    /// How many arguments slot `index` holds.
    fn slot_len(&self, index: usize) -> usize;
    /// The name of argument `item` of slot `index`, if it is one of `**kwargs`.
    fn slot_key(&self, index: usize, item: usize) -> Option<Key>;
    /// The index of the first slot of this kind.
    fn find(kind: SlotKind) -> Option<usize>;
}

/// The slots of a [`Call`](super::Call): a tuple with one [`Slot`] per parameter, at most twelve.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of slots for `{F}` trees",
    label = "this should be a tuple with one slot per parameter of forward, at most twelve",
    note = "a slot is an `Option` of a tree, `VarArgs` or `VarKwargs`"
)]
pub trait Slots<F: Family>: Holders {
    /// Walks some arguments of slot `index`, with a call of `child` before each.
    fn walk_slot<'a, V: Visitor<'a, F>>(
        &'a self,
        index: usize,
        items: Range<usize>,
        first_child: usize,
        v: &mut V,
    ) -> ControlFlow<V::Break>;
    /// Walks some arguments of slot `index`, to be changed.
    fn walk_slot_mut<V: VisitorMut<F>>(
        &mut self,
        index: usize,
        items: Range<usize>,
        v: &mut V,
    ) -> ControlFlow<V::Break>;
    /// Moves the first `count` arguments out of slot `index` and gives them to `v`.
    fn take_slot<V: VisitorOwned<F>>(&mut self, index: usize, count: usize, v: &mut V) -> ControlFlow<V::Break>;
    /// Adds an argument to slot `index`.
    ///
    /// # Errors
    /// When there is no such slot, or the source has another tree there.
    fn rebuild_slot<S: Source<F>>(
        &mut self,
        index: usize,
        key: Option<&str>,
        source: &mut S,
    ) -> Result<(), UnflattenError>;
}

macro_rules! slots {
    ($($name:ident $index:tt)*) => {
        #[allow(unused_variables, reason = "a forward without parameters has no slots")]
        impl<$($name: Holder),*> Holders for ($($name,)*) {
            fn find(kind: SlotKind) -> Option<usize> {
                let kinds: &[SlotKind] = &[$($name::KIND),*];
                kinds.iter().position(|k| *k == kind)
            }

            fn slot_len(&self, index: usize) -> usize {
                match index {
                    $($index => self.$index.count(),)*
                    _ => 0,
                }
            }

            fn slot_key(&self, index: usize, item: usize) -> Option<Key> {
                let key: Option<&str> = match index {
                    $($index => self.$index.key(item),)*
                    _ => None,
                };
                key.map(|key| Key::from(key.to_owned()))
            }
        }

        #[allow(unused_variables, reason = "a forward without parameters has no slots")]
        impl<F: Family, $($name: Slot<F>),*> Slots<F> for ($($name,)*) {
            fn walk_slot<'a, W: Visitor<'a, F>>(
                &'a self,
                index: usize,
                mut items: Range<usize>,
                first_child: usize,
                v: &mut W,
            ) -> ControlFlow<W::Break> {
                let first = items.start;
                items.try_for_each(|item| {
                    v.child(first_child + item - first);
                    match index {
                        $($index => self.$index.walk_item(item, v),)*
                        _ => ControlFlow::Continue(()),
                    }
                })
            }

            fn walk_slot_mut<W: VisitorMut<F>>(
                &mut self,
                index: usize,
                mut items: Range<usize>,
                v: &mut W,
            ) -> ControlFlow<W::Break> {
                items.try_for_each(|item| match index {
                    $($index => self.$index.walk_item_mut(item, v),)*
                    _ => ControlFlow::Continue(()),
                })
            }

            fn take_slot<W: VisitorOwned<F>>(
                &mut self,
                index: usize,
                count: usize,
                v: &mut W,
            ) -> ControlFlow<W::Break> {
                match index {
                    $($index => self.$index.take_items(count, v),)*
                    _ => ControlFlow::Continue(()),
                }
            }

            fn rebuild_slot<Z: Source<F>>(
                &mut self,
                index: usize,
                key: Option<&str>,
                source: &mut Z,
            ) -> Result<(), UnflattenError> {
                match index {
                    $($index => self.$index.rebuild_item(key, source),)*
                    _ => Err(source.fail(Mismatch::Next("a parameter of forward"))),
                }
            }
        }
    };
}

slots!();
slots!(A 0);
slots!(A 0 B 1);
slots!(A 0 B 1 C 2);
slots!(A 0 B 1 C 2 D 3);
slots!(A 0 B 1 C 2 D 3 E 4);
slots!(A 0 B 1 C 2 D 3 E 4 G 5);
slots!(A 0 B 1 C 2 D 3 E 4 G 5 H 6);
slots!(A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7);
slots!(A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8);
slots!(A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9);
slots!(A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9 L 10);
slots!(A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11);
