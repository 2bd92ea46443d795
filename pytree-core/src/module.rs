//! A model: something with a forward whose arguments and result are trees.

use crate::{BindError, Family, Leaf, LeafRef, Node, OwnedTree, Signature, Source, UnflattenError};
use crate::{MapKeys, Visitor, VisitorMut, VisitorOwned};
use std::ops::ControlFlow;

/// A model with a typed forward (`torch.nn.Module`, as far as an export needs it). `#[module]` writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no module",
    label = "this has no forward that can be called with a tree of arguments",
    note = "add `#[module]` to the `impl {Self} {{ fn forward(&self, ..) -> .. }}` block"
)]
pub trait Module {
    /// The tensors it works on.
    type Family: Family;
    /// One set of arguments: a tree of `(args, kwargs)`.
    type Args: OwnedTree<Self::Family>;
    /// What forward returns.
    type Output: OwnedTree<Self::Family>;

    /// The name of the model's type.
    fn name() -> &'static str;

    /// The parameters of forward, without `self`.
    fn signature() -> &'static Signature;

    /// Runs forward.
    ///
    /// # Errors
    /// When an argument is missing or given twice.
    fn call(&self, args: &Self::Args) -> Result<Self::Output, BindError>;
}

/// The arguments of one call, each in the slot of its parameter: what `Model::args(..)` builds.
///
/// As a tree it is Python's `(args, kwargs)`: a tuple of the positional arguments and a dict of the named ones,
/// in the order in which they were given. An argument given twice stands in the dict once more, as `None`, so that
/// [`Signature::bind`] of the tree refuses it as Python does.
#[derive(Debug)]
pub struct Call<P> {
    /// One `Option` per parameter.
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

impl<P> Call<P> {
    /// A call whose first `positional` slots are filled.
    pub fn new(slots: P, positional: usize) -> Self {
        Call { slots, positional, named: Vec::new(), twice: None }
    }

    /// Notes that slot `index` is given by name. The slot itself is filled by the caller.
    pub fn name(&mut self, index: usize) {
        if index < self.positional || self.named.contains(&index) {
            self.twice = Some(index);
        } else {
            self.named.push(index);
        }
    }

    /// Checks that every required parameter is given, and none twice.
    ///
    /// # Errors
    /// [`BindError`], in Python's words.
    pub fn check(&self, signature: &Signature) -> Result<(), BindError> {
        let name = |i: usize| signature.parameters().get(i).map(|p| p.name.as_ref()).unwrap_or_default();
        let named: Vec<&str> = self.named.iter().chain(&self.twice).map(|i| name(*i)).collect();
        signature.bind_names(self.positional, &named).map(|_| ())
    }
}

/// The slots of a [`Call`]: a tuple of `Option`s.
pub trait Slots<F: Family>: Default {
    /// Walks what slot `index` holds.
    fn walk_slot<'a, V: Visitor<'a, F>>(&'a self, index: usize, v: &mut V) -> ControlFlow<V::Break>;
    /// Walks what slot `index` holds, to be changed.
    fn walk_slot_mut<V: VisitorMut<F>>(&mut self, index: usize, v: &mut V) -> ControlFlow<V::Break>;
    /// Empties slot `index` into `v`.
    fn take_slot<V: VisitorOwned<F>>(&mut self, index: usize, v: &mut V) -> ControlFlow<V::Break>;
    /// Fills slot `index`.
    fn rebuild_slot<S: Source<F>>(&mut self, index: usize, source: &mut S) -> Result<(), UnflattenError>;
}

/// The names of the named arguments of a call, and of one that was given twice.
struct Named<'a>(&'a Signature, &'a [usize], Option<usize>);

impl Named<'_> {
    fn len(&self) -> usize {
        self.1.len() + usize::from(self.2.is_some())
    }
}

impl MapKeys for Named<'_> {
    fn keys(&self) -> Vec<crate::Key> {
        // One key per child, whatever the slots: a spec counts on it.
        let name = |i: &usize| self.0.parameters().get(*i).map(|p| p.name.clone()).unwrap_or_default();
        self.1.iter().chain(&self.2).map(|i| crate::Key::Str(name(i))).collect()
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
        if v.enter(&Node::Tuple(self.positional))? {
            for i in 0..self.positional {
                v.child(i);
                self.slots.walk_slot(i, v)?;
            }
            v.exit()?;
        }
        v.child(1);
        let named = Named(signature, &self.named, self.twice);
        if v.enter(&Node::Dict(named.len(), &named))? {
            for (i, slot) in self.named.iter().enumerate() {
                v.child(i);
                self.slots.walk_slot(*slot, v)?;
            }
            if self.twice.is_some() {
                v.child(self.named.len());
                v.leaf(LeafRef::None)?;
            }
            v.exit()?;
        }
        v.exit()
    }

    /// [`OwnedTree::walk_mut`] of the call.
    pub fn walk_mut<F: Family, V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break>
    where
        P: Slots<F>,
    {
        (0..self.positional).chain(self.named.iter().copied()).try_for_each(|i| self.slots.walk_slot_mut(i, v))
    }

    /// [`OwnedTree::into_walk`] of the call, which belongs to `signature`.
    pub fn into_walk<F: Family, V: VisitorOwned<F>>(mut self, signature: &Signature, v: &mut V) -> ControlFlow<V::Break>
    where
        P: Slots<F>,
    {
        v.enter(&Node::Tuple(2))?;
        v.enter(&Node::Tuple(self.positional))?;
        (0..self.positional).try_for_each(|i| self.slots.take_slot(i, v))?;
        v.exit()?;
        let named = Named(signature, &self.named, self.twice);
        v.enter(&Node::Dict(named.len(), &named))?;
        self.named.iter().try_for_each(|i| self.slots.take_slot(*i, v))?;
        if self.twice.is_some() {
            v.leaf(Leaf::None)?;
        }
        v.exit()?;
        v.exit()
    }

    /// [`OwnedTree::rebuild`] of a call to `signature`.
    ///
    /// # Errors
    /// When the spec is no `(args, kwargs)` of this signature.
    pub fn rebuild<F: Family, S: Source<F>>(signature: &Signature, source: &mut S) -> Result<Self, UnflattenError>
    where
        P: Slots<F>,
    {
        source.tuple(2)?;
        let mut call = Call::<P>::new(P::default(), source.open_tuple()?);
        if call.positional > signature.parameters().len() {
            return Err(source.error(&format!("at most {} positional arguments", signature.parameters().len())));
        }
        for i in 0..call.positional {
            call.slots.rebuild_slot(i, source)?;
        }
        for key in source.dict()? {
            let Some(index) = key.as_str().and_then(|name| signature.position(name)) else {
                return Err(source.error(&format!("a parameter of forward, which {key} is not")));
            };
            call.name(index);
            call.slots.rebuild_slot(index, source)?;
        }
        Ok(call)
    }
}

macro_rules! slots {
    ($($name:ident $index:tt)*) => {
        impl<F: Family, $($name: OwnedTree<F>),*> Slots<F> for ($(Option<$name>,)*) {
            #[allow(unused_variables)]
            fn walk_slot<'a, V: Visitor<'a, F>>(&'a self, index: usize, v: &mut V) -> ControlFlow<V::Break> {
                match index {
                    $($index => self.$index.as_ref().map_or(ControlFlow::Continue(()), |x| x.walk(v)),)*
                    _ => ControlFlow::Continue(()),
                }
            }

            #[allow(unused_variables)]
            fn walk_slot_mut<V: VisitorMut<F>>(&mut self, index: usize, v: &mut V) -> ControlFlow<V::Break> {
                match index {
                    $($index => self.$index.as_mut().map_or(ControlFlow::Continue(()), |x| x.walk_mut(v)),)*
                    _ => ControlFlow::Continue(()),
                }
            }

            #[allow(unused_variables)]
            fn take_slot<V: VisitorOwned<F>>(&mut self, index: usize, v: &mut V) -> ControlFlow<V::Break> {
                match index {
                    $($index => self.$index.take().map_or(ControlFlow::Continue(()), |x| x.into_walk(v)),)*
                    _ => ControlFlow::Continue(()),
                }
            }

            #[allow(unused_variables, unreachable_code)]
            fn rebuild_slot<Z: Source<F>>(&mut self, index: usize, source: &mut Z) -> Result<(), UnflattenError> {
                match index {
                    $($index => self.$index = Some($name::rebuild(source)?),)*
                    _ => return Err(source.error("a parameter of forward")),
                }
                Ok(())
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
