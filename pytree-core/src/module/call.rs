//! One call of a forward: its arguments in slots, as the tree `(args, kwargs)`.

use super::Slots;
use super::slots::{Holders, SlotKind};
use crate::{
    BindError, Context, Family, Key, Leaf, LeafRef, MapKeys, Mismatch, Node, ParameterKind, Signature, Source,
    UnflattenError,
};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::ops::{ControlFlow, Range};

/// The arguments of one call, each in the slot of its parameter: what `Model::args(..)` builds.
///
/// As a tree it is Python's `(args, kwargs)`: a tuple of the positional arguments, with those of `*args` last, and a
/// dict of the named ones in the order in which they were given, with those of `**kwargs` among them. An argument that
/// was given twice is in the dict once more, as `None`, so that [`Signature::bind`] rejects the tree as Python does.
///
/// ```
/// use pytree_core::{Call, Parameter, ParameterKind, Signature, VarArgs};
/// let signature = Signature::new([
///     Parameter::required("x"),
///     Parameter::new("rest", ParameterKind::VarPositional),
/// ]);
/// let call = Call::new((Some(1_i64), VarArgs(vec![2_i64, 3])), 1);
/// call.check(&signature)?;
/// # Ok::<(), pytree_core::BindError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Call<P> {
    /// One [`Slot`](super::Slot) per parameter.
    pub slots: P,
    positional: usize,
    named: Vec<usize>,
    twice: Option<usize>,
}

impl<P: Default> Default for Call<P> {
    fn default() -> Self {
        Call { slots: P::default(), positional: 0, named: Vec::new(), twice: None }
    }
}

/// Some arguments of a slot.
type Part = (usize, Range<usize>);

impl<P> Call<P> {
    /// A call whose first `positional` slots are given by position. The slot of `*args` is not counted: its arguments
    /// come after them.
    pub fn new(slots: P, positional: usize) -> Self {
        Call { slots, positional, named: Vec::new(), twice: None }
    }

    /// Records that slot `index` is given by name. The caller fills the slot itself.
    ///
    /// For the slot of `**kwargs` this is the place of its arguments among the named ones. Without it they come last.
    pub fn name(&mut self, index: usize) {
        if index < self.positional || self.named.contains(&index) {
            self.twice = Some(index);
        } else {
            self.named.push(index);
        }
    }
}

impl<P> Call<P> {
    /// Records that one more argument of slot `index`, which is that of `**kwargs`, is given here among the named ones.
    pub fn extra(&mut self, index: usize) {
        self.named.push(index);
    }
}

impl<P: Holders> Call<P> {
    /// Checks that every required argument is given, and none twice.
    ///
    /// # Errors
    /// [`BindError`] with Python's message.
    pub fn check(&self, signature: &Signature) -> Result<(), BindError> {
        let rest = self.variadic(SlotKind::VarArgs).1.len();
        let place = |i: usize| signature.parameters().get(i);
        if let Some(missing) = place(self.positional).filter(|p| rest > 0 && p.kind != ParameterKind::VarPositional) {
            // In Python the first argument of `*args` would go into this parameter.
            return Err(BindError::Missing(missing.name.to_string()));
        }
        let keys = Named { call: self, signature }.keys();
        let names: Vec<&str> = keys.iter().filter_map(Key::as_str).collect();
        signature.bind_names(self.positional + rest, &names).map(|_| ())
    }

    /// The slot of this kind with all its arguments; no arguments if there is no such slot.
    fn variadic(&self, kind: SlotKind) -> Part {
        P::find(kind).map_or((usize::MAX, 0..0), |slot| (slot, 0..self.slots.slot_len(slot)))
    }

    /// The positional arguments, in order.
    fn args(&self) -> Vec<Part> {
        (0..self.positional).map(|slot| (slot, 0..1)).chain([self.variadic(SlotKind::VarArgs)]).collect()
    }

    /// The named arguments, in order. Only the slot of `**kwargs` can be named several times: it has one of its
    /// arguments at each place, and the others at the last.
    fn kwargs(&self) -> Vec<Part> {
        let (extra, all) = self.variadic(SlotKind::VarKwargs);
        let mut left = self.named.iter().filter(|slot| **slot == extra).count();
        let mut next = 0;
        let mut parts = Vec::with_capacity(self.named.len() + 1);
        for slot in &self.named {
            if *slot != extra {
                parts.push((*slot, 0..1));
                continue;
            }
            left -= 1;
            let end = if left == 0 { all.len() } else { (next + 1).min(all.len()) };
            parts.push((extra, next..end));
            next = end;
        }
        parts.push((extra, next..all.len()));
        parts
    }
}

impl<P> Call<P> {
    /// [`PyTree::walk`](crate::PyTree::walk) of the call, which belongs to `signature`.
    pub fn walk<'a, F, V>(&'a self, signature: &Signature, v: &mut V) -> ControlFlow<V::Break>
    where
        F: Family,
        P: Slots<F>,
        V: Visitor<'a, F>,
    {
        if !v.enter(&Node::Tuple(2))? {
            return ControlFlow::Continue(());
        }
        v.child(0);
        let args = self.args();
        if v.enter(&Node::Tuple(count(&args)))? {
            self.walk_parts(args, v)?;
            v.exit()?;
        }
        v.child(1);
        let kwargs = self.kwargs();
        let named = count(&kwargs);
        let keys = Named { call: self, signature };
        if v.enter(&Node::Dict(named + usize::from(self.twice.is_some()), &keys))? {
            self.walk_parts(kwargs, v)?;
            if self.twice.is_some() {
                v.child(named);
                v.leaf(LeafRef::None)?;
            }
            v.exit()?;
        }
        v.exit()
    }

    fn walk_parts<'a, F, V>(&'a self, parts: Vec<Part>, v: &mut V) -> ControlFlow<V::Break>
    where
        F: Family,
        P: Slots<F>,
        V: Visitor<'a, F>,
    {
        let mut child = 0;
        for (slot, items) in parts {
            let next = child + items.len();
            self.slots.walk_slot(slot, items, child, v)?;
            child = next;
        }
        ControlFlow::Continue(())
    }

    /// [`OwnedTree::walk_mut`](crate::OwnedTree::walk_mut) of the call.
    pub fn walk_mut<F: Family, V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break>
    where
        P: Slots<F>,
    {
        let mut parts = self.args();
        parts.extend(self.kwargs());
        parts.into_iter().try_for_each(|(slot, items)| self.slots.walk_slot_mut(slot, items, v))
    }

    /// [`OwnedTree::into_walk`](crate::OwnedTree::into_walk) of the call, which belongs to `signature`.
    pub fn into_walk<F: Family, V: VisitorOwned<F>>(mut self, signature: &Signature, v: &mut V) -> ControlFlow<V::Break>
    where
        P: Slots<F>,
    {
        v.enter(&Node::Tuple(2))?;
        let (args, kwargs) = (self.args(), self.kwargs());
        v.enter(&Node::Tuple(count(&args)))?;
        args.into_iter().try_for_each(|(slot, items)| self.take(slot, items, v))?;
        v.exit()?;
        let named = count(&kwargs) + usize::from(self.twice.is_some());
        v.enter(&Node::Dict(named, &Named { call: &self, signature }))?;
        kwargs.into_iter().try_for_each(|(slot, items)| self.take(slot, items, v))?;
        if self.twice.is_some() {
            v.leaf(Leaf::None)?;
        }
        v.exit()?;
        v.exit()
    }

    fn take<F: Family, V: VisitorOwned<F>>(
        &mut self,
        slot: usize,
        items: Range<usize>,
        v: &mut V,
    ) -> ControlFlow<V::Break>
    where
        P: Slots<F>,
    {
        if items.is_empty() { ControlFlow::Continue(()) } else { self.slots.take_slot(slot, items.len(), v) }
    }

    /// [`OwnedTree::rebuild`](crate::OwnedTree::rebuild) of a call to `signature`.
    ///
    /// # Errors
    /// When the spec is not one of `(args, kwargs)` for this signature.
    pub fn rebuild<F: Family, S: Source<F>>(signature: &Signature, source: &mut S) -> Result<Self, UnflattenError>
    where
        P: Slots<F>,
    {
        let parameters = signature.parameters();
        let by_kind = |kind| parameters.iter().position(|p| p.kind == kind);
        let places = parameters.iter().take_while(|p| p.is_positional()).count();
        source.tuple(2)?;
        let given = source.open_tuple()?;
        let mut call = Call::<P>::new(P::default(), given.min(places));
        for i in 0..given {
            match (i < places, by_kind(ParameterKind::VarPositional)) {
                (true, _) => call.slots.rebuild_slot(i, None, source)?,
                (false, Some(rest)) => call.slots.rebuild_slot(rest, None, source)?,
                (false, None) => {
                    return Err(source.fail(Mismatch::Next(&format!("at most {places} positional arguments"))));
                }
            }
        }
        for key in source.dict()? {
            let Some(name) = key.as_str() else {
                return Err(source.fail(Mismatch::Next(&format!("a dict of named arguments ({key} is not a name)"))));
            };
            let by_name = signature.position(name).filter(|i| parameters[*i].is_keyword());
            match (by_name, by_kind(ParameterKind::VarKeyword)) {
                (Some(index), _) => {
                    call.name(index);
                    call.slots.rebuild_slot(index, None, source)?;
                }
                (None, Some(extra)) => {
                    call.named.push(extra);
                    call.slots.rebuild_slot(extra, Some(name), source)?;
                }
                (None, None) => {
                    return Err(source.fail(Mismatch::Next(&format!("a parameter of forward ({key} is not one)"))));
                }
            }
        }
        Ok(call)
    }
}

fn count(parts: &[Part]) -> usize {
    parts.iter().map(|(_, items)| items.len()).sum()
}

/// The names of the named arguments of a call, and of the one that was given twice, one per child.
struct Named<'a, P> {
    call: &'a Call<P>,
    signature: &'a Signature,
}

impl<P: Holders> MapKeys for Named<'_, P> {
    fn keys(&self) -> Vec<Key> {
        let name = |slot: usize| self.signature.parameters().get(slot).map(|p| p.name.clone()).unwrap_or_default();
        let key =
            |slot: usize, item: usize| self.call.slots.slot_key(slot, item).unwrap_or_else(|| Key::Str(name(slot)));
        let given = self.call.kwargs().into_iter().flat_map(|(slot, items)| items.map(move |item| (slot, item)));
        given.map(|(slot, item)| key(slot, item)).chain(self.call.twice.map(|slot| Key::Str(name(slot)))).collect()
    }

    fn have_context(&self, context: &Context) -> bool {
        let Context::Dict(keys) = context else { return false };
        let name = |slot: usize| self.signature.parameters().get(slot).map(|p| p.name.as_ref()).unwrap_or_default();
        let mut keys = keys.iter();
        let mut next = |slot: usize, item: Option<usize>| match (keys.next(), item) {
            (None, _) => false,
            (Some(key), Some(item)) => match self.call.slots.slot_key(slot, item) {
                Some(own) => own == *key,
                None => key.is_str(name(slot)),
            },
            (Some(key), None) => key.is_str(name(slot)),
        };
        let given = self.call.kwargs().into_iter().all(|(slot, mut items)| items.all(|item| next(slot, Some(item))));
        given && self.call.twice.is_none_or(|slot| next(slot, None)) && keys.next().is_none()
    }
}
