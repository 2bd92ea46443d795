//! Dicts of other classes than `dict`: `OrderedDict`, `defaultdict`, `immutable_dict`.

use super::dict::{rebuild_items, walk_items};
use crate::{Context, DictKey, Factory, Family, Key, Kind, MapKeys, Node, OwnedTree, PyTree, Retype, Source};
use crate::{UnflattenError, Visitor, VisitorMut, VisitorOwned};
use indexmap::IndexMap;
use std::hash::Hash;
use std::ops::ControlFlow;

/// `collections.OrderedDict`
///
/// ```
/// use pytree_core::{Meta, OrderedDict, structure};
/// let tree = OrderedDict::from_iter([("a".to_owned(), 1_i64)]);
/// assert_eq!(structure::<Meta, _>(&tree)?.to_string(), "TreeSpec(OrderedDict, ['a'], [*])");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedDict<X, K: Eq + Hash = String> {
    /// The items, in order.
    pub items: IndexMap<K, X>,
}

/// `torch.fx.immutable_collections.immutable_dict`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImmutableDict<X, K: Eq + Hash = String> {
    /// The items, in insertion order.
    pub items: IndexMap<K, X>,
}

/// `collections.defaultdict`, with the factory of its missing values in Python.
///
/// ```
/// use pytree_core::{DefaultDict, Factory, Meta, structure};
/// let mut tree = DefaultDict::from_iter([("a".to_owned(), 1_i64)]);
/// tree.factory = Some(Factory::builtin("int"));
/// assert_eq!(structure::<Meta, _>(&tree)?.to_string(), "TreeSpec(defaultdict, [<class 'int'>, ['a']], [*])");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultDict<X, K: Eq + Hash = String> {
    /// The factory of missing values, which only Python calls. Torch cannot write a dict without one as treespec JSON.
    pub factory: Option<Factory>,
    /// The items, in insertion order.
    pub items: IndexMap<K, X>,
}

/// Implements the tree traits, `Default` and `FromIterator` for a struct around an `IndexMap`.
macro_rules! mapping {
    ($type:ident $(, $factory:ident)?; $kind:expr; $this:ident => $context:expr) => {
        impl<X, K: Eq + Hash> Default for $type<X, K> {
            fn default() -> Self {
                $type { items: IndexMap::new() $(, $factory: None)? }
            }
        }

        impl<X, K: Eq + Hash> FromIterator<(K, X)> for $type<X, K> {
            fn from_iter<I: IntoIterator<Item = (K, X)>>(items: I) -> Self {
                $type { items: items.into_iter().collect() $(, $factory: None)? }
            }
        }

        impl<X, K: DictKey + Eq + Hash> MapKeys for $type<X, K> {
            fn keys(&self) -> Vec<Key> {
                MapKeys::keys(&self.items)
            }

            fn context(&self) -> Context {
                let $this = self;
                $context
            }
        }

        impl<F: Family, X: PyTree<F>, K: DictKey + Eq + Hash> PyTree<F> for $type<X, K> {
            fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
                walk_items(self, self.items.values(), v)
            }
        }

        impl<F: Family, X: OwnedTree<F>, K: DictKey + Eq + Hash> OwnedTree<F> for $type<X, K> {
            fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
                self.items.walk_mut(v)
            }

            fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
                v.enter(&Node::Dict(self.items.len(), &self))?;
                self.items.into_values().try_for_each(|item| item.into_walk(v))?;
                v.exit()
            }

            fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
                let (items, _context) = rebuild_items(source, $kind)?;
                $(let $factory = if let Context::DefaultDict { factory, .. } = _context { factory } else { None };)?
                Ok($type { items $(, $factory)? })
            }
        }

        impl<X: Retype, K: Eq + Hash> Retype for $type<X, K> {
            type As<U> = $type<X::As<U>, K>;
        }
    };
}

mapping!(OrderedDict; Kind::OrderedDict; this => Context::OrderedDict(this.keys()));
mapping!(ImmutableDict; Kind::ImmutableDict; this => Context::ImmutableDict(this.keys()));
mapping!(DefaultDict, factory; Kind::DefaultDict; this => Context::DefaultDict {
    factory: this.factory.clone(),
    keys: this.keys(),
});
