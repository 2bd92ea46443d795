//! `IndexMap<String, _>`: a dict, in insertion order as torch keeps it.

use crate::{Family, Key, MapKeys, Node, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use indexmap::IndexMap;
use std::ops::ControlFlow;

impl<X> MapKeys for IndexMap<String, X> {
    fn keys(&self) -> Vec<Key> {
        IndexMap::keys(self).map(|k| Key::from(k.clone())).collect()
    }
}

impl MapKeys for Vec<Key> {
    fn keys(&self) -> Vec<Key> {
        self.clone()
    }
}

impl<F: Family, X: PyTree<F>> PyTree<F> for IndexMap<String, X> {
    #[inline]
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Dict(self.len(), self))? {
            for (i, item) in self.values().enumerate() {
                v.child(i);
                item.walk(v)?;
            }
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, X: OwnedTree<F>> OwnedTree<F> for IndexMap<String, X> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.values_mut().try_for_each(|item| item.walk_mut(v))
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::Dict(self.len(), &self))?;
        self.into_values().try_for_each(|item| item.into_walk(v))?;
        v.exit()
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        let mut map = IndexMap::new();
        for key in source.dict()? {
            let Key::Str(name) = key else {
                return Err(source.error(&format!("a dict with `str` keys, which {key} is not")));
            };
            map.insert(name.into_owned(), X::rebuild(source)?);
        }
        Ok(map)
    }
}

impl<X: Retype> Retype for IndexMap<String, X> {
    type As<U> = IndexMap<String, X::As<U>>;
}
