//! Dicts: `IndexMap`, in insertion order as in torch, and `BTreeMap`, in the order of its keys.

use crate::{
    Context, DictKey, Family, Key, Kind, MapKeys, Mismatch, Node, OwnedTree, PyTree, Retype, Source, UnflattenError,
};
use crate::{Visitor, VisitorMut, VisitorOwned};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::ops::ControlFlow;

impl MapKeys for Vec<Key> {
    fn keys(&self) -> Vec<Key> {
        self.clone()
    }
}

impl<K: DictKey, X> MapKeys for IndexMap<K, X> {
    fn keys(&self) -> Vec<Key> {
        IndexMap::keys(self).map(DictKey::to_key).collect()
    }
}

impl<K: DictKey, X> MapKeys for BTreeMap<K, X> {
    fn keys(&self) -> Vec<Key> {
        BTreeMap::keys(self).map(DictKey::to_key).collect()
    }
}

/// Walks the items of a dict of any kind.
#[inline]
pub(super) fn walk_items<'a, F: Family, X: PyTree<F> + 'a, V: Visitor<'a, F>>(
    keys: &dyn MapKeys,
    items: impl ExactSizeIterator<Item = &'a X>,
    v: &mut V,
) -> ControlFlow<V::Break> {
    if v.enter(&Node::Dict(items.len(), keys))? {
        for (i, item) in items.enumerate() {
            v.child(i);
            item.walk(v)?;
        }
        v.exit()?;
    }
    ControlFlow::Continue(())
}

/// Rebuilds the items of a dict of this kind, and returns its context with them.
pub(super) fn rebuild_items<F: Family, K: DictKey, X: OwnedTree<F>, S: Source<F>, M: Extend<(K, X)> + Default>(
    source: &mut S,
    kind: Kind,
) -> Result<(M, Context), UnflattenError> {
    let (context, _) = source.context(kind)?;
    let mut map = M::default();
    for key in context.keys().unwrap_or_default() {
        let Some(typed) = K::from_key(key.clone()) else {
            return Err(source.fail(Mismatch::Next(&format!("a dict with `{}` keys ({key} is not one)", K::PYTHON))));
        };
        map.extend([(typed, X::rebuild(source)?)]);
    }
    Ok((map, context))
}

/// Implements the tree traits for a map that is a plain dict.
macro_rules! dict {
    ($map:ident, $($bound:tt)*) => {
        impl<F: Family, K: DictKey, X: PyTree<F>> PyTree<F> for $map<K, X> {
            #[inline]
            fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
                walk_items(self, self.values(), v)
            }
        }

        impl<F: Family, K: DictKey + $($bound)*, X: OwnedTree<F>> OwnedTree<F> for $map<K, X> {
            fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
                self.values_mut().try_for_each(|item| item.walk_mut(v))
            }

            fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
                v.enter(&Node::Dict(self.len(), &self))?;
                self.into_values().try_for_each(|item| item.into_walk(v))?;
                v.exit()
            }

            fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
                rebuild_items(source, Kind::Dict).map(|(map, _)| map)
            }
        }

        impl<K, X: Retype> Retype for $map<K, X> {
            type As<U> = $map<K, X::As<U>>;
        }
    };
}

dict!(IndexMap, Eq + Hash);
dict!(BTreeMap, Ord);
