//! Shapes matched against one node of the inputs, as torch's `_tree_map_with_path` pairs them.

use super::MatchError;
use crate::classes::{is_dict_subclass, is_tuple_subclass};
use crate::spec::{DynamicShapes, ShapeSpec, as_dict, as_dim, as_items, as_spec};
use pytree_core::{Context, Key, KeyEntry, KeyPath, SpecNode};
use std::borrow::Cow;

/// Matches shapes against the node at `path`, whose leaves are `leaves`.
pub(super) fn match_tree(
    shapes: &DynamicShapes,
    node: SpecNode<'_>,
    path: KeyPath,
    leaves: &mut [ShapeSpec],
) -> Result<(), MatchError> {
    Matcher { path, registered: 0 }.node(shapes, node, leaves)
}

struct Matcher {
    path: KeyPath,
    /// How many registered classes are around the node: torch flattens these and has other messages inside.
    registered: usize,
}

/// What shapes belong to a container.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Tuple,
    List,
    Dict,
}

impl Wanted {
    fn name(self) -> &'static str {
        match self {
            Wanted::Tuple => "tuple",
            Wanted::List => "list",
            Wanted::Dict => "dict",
        }
    }
}

impl Matcher {
    fn node(&mut self, shapes: &DynamicShapes, node: SpecNode<'_>, leaves: &mut [ShapeSpec]) -> Result<(), MatchError> {
        let Some(context) = node.context() else { return self.leaf(shapes, leaves) };
        let registered = is_registered(context);
        self.registered += usize::from(registered);
        let children: Vec<SpecNode<'_>> = node.children().collect();
        let items = self.items(shapes, node, context)?;
        if items.len() != children.len() {
            let (path, expected, found) = (self.path.clone(), children.len(), items.len());
            return Err(match self.registered {
                0 => MatchError::Arity { path, expected, found },
                _ => MatchError::NodeArity { path, expected, found },
            });
        }
        let mut rest = leaves;
        for (position, (shapes, child)) in items.iter().zip(children).enumerate() {
            let (own, after) = rest.split_at_mut(child.num_leaves());
            self.path.0.push(node.entry(position));
            self.node(shapes, child, own)?;
            self.path.0.pop();
            rest = after;
        }
        self.registered -= usize::from(registered);
        Ok(())
    }

    fn leaf(&self, shapes: &DynamicShapes, leaves: &mut [ShapeSpec]) -> Result<(), MatchError> {
        if let (Some(spec), [leaf]) = (as_spec(shapes), leaves) {
            *leaf = spec.into_owned();
            return Ok(());
        }
        let no_dim = |item: &DynamicShapes| as_dim(item).is_none();
        let (at, found) = match shapes {
            DynamicShapes::Tuple(items) | DynamicShapes::List(items) => {
                let at = items.iter().position(no_dim).unwrap_or_default();
                (format!("#{at}"), items.get(at))
            }
            DynamicShapes::Dict(items) => {
                let of_a_dimension = |key: &Key| matches!(key, Key::Int(_));
                let found = items.iter().find(|(key, item)| no_dim(item) || !of_a_dimension(key)).or(items.first());
                (
                    found.map(|(key, _)| format!("mapped to index {key}")).unwrap_or_default(),
                    found.map(|(_, item)| item),
                )
            }
            DynamicShapes::Leaf(_) => (String::new(), None),
        };
        let found = found.map(DynamicShapes::repr).unwrap_or_default();
        let inner = only_item(shapes).map(|item| item.repr().into_boxed_str());
        Err(MatchError::Dimension { path: self.path.clone(), at, shape: shapes.repr(), found, inner })
    }

    /// The shapes of the children, in their order.
    fn items<'s>(
        &self,
        shapes: &'s DynamicShapes,
        node: SpecNode<'_>,
        context: &Context,
    ) -> Result<Cow<'s, [DynamicShapes]>, MatchError> {
        let wanted = match context {
            Context::Tuple => Wanted::Tuple,
            // Guessing gives a tuple, which is as close as shapes come to the class that torch asks for.
            context if is_tuple_subclass(context) && as_items(shapes, true).is_some() => Wanted::Tuple,
            Context::NamedTuple(_) => Wanted::Tuple,
            Context::Dict(_) | Context::OrderedDict(_) | Context::DefaultDict { .. } | Context::ImmutableDict(_) => {
                Wanted::Dict
            }
            // The dict that guessing gives for a `ModelOutput`.
            context if is_dict_subclass(context) && as_dict(shapes).is_some() => Wanted::Dict,
            // A registered class is matched against the list of its children; shapes have no deque.
            _ => Wanted::List,
        };
        let items = match wanted {
            Wanted::Dict => match as_dict(shapes) {
                Some(table) => Some(self.by_key(&table, node)?),
                None => None,
            },
            wanted => as_items(shapes, wanted == Wanted::Tuple),
        };
        items.ok_or_else(|| self.other_container(shapes, context, wanted))
    }

    fn by_key(
        &self,
        table: &indexmap::IndexMap<Key, DynamicShapes>,
        node: SpecNode<'_>,
    ) -> Result<Cow<'static, [DynamicShapes]>, MatchError> {
        let key = |i: usize| match node.entry(i) {
            KeyEntry::Mapping(key) => key,
            KeyEntry::GetAttr(name) => Key::Str(name),
            // No dict has numbered children.
            other => Key::from(other.to_string()),
        };
        let names: Vec<Key> = (0..node.arity()).map(key).collect();
        let found: Option<Vec<DynamicShapes>> = names.iter().map(|name| table.get(name).cloned()).collect();
        if let Some(found) = found.filter(|found| found.len() == table.len()) {
            return Ok(Cow::Owned(found));
        }
        let path = self.path.clone();
        if self.registered == 0 {
            return Err(MatchError::Keys { path, expected: keys(&names), found: keys(table.keys()) });
        }
        if names.len() != table.len() {
            return Err(MatchError::NodeArity { path, expected: names.len(), found: table.len() });
        }
        let text = |keys: Vec<&Key>| keys.into_iter().map(Key::to_string).collect();
        let missing = text(names.iter().filter(|name| !table.contains_key(*name)).collect());
        let extra = text(table.keys().filter(|key| !names.contains(key)).collect());
        Err(MatchError::NodeKeys { path, missing, extra })
    }

    fn other_container(&self, shapes: &DynamicShapes, context: &Context, wanted: Wanted) -> MatchError {
        let path = self.path.clone();
        let found = match shapes {
            DynamicShapes::Tuple(_) | DynamicShapes::Leaf(ShapeSpec::Tuple(_)) => Some("tuple"),
            DynamicShapes::List(_) | DynamicShapes::Leaf(ShapeSpec::List(_)) => Some("list"),
            DynamicShapes::Dict(_) | DynamicShapes::Leaf(ShapeSpec::Dict(_)) => Some("dict"),
            DynamicShapes::Leaf(ShapeSpec::None | ShapeSpec::Scalar(_)) => None,
        };
        if self.registered > 0 {
            let found = match (found, shapes) {
                (Some("tuple"), _) => "a tuple",
                (Some("list"), _) => "a list",
                (Some(_), _) => "a dict",
                (None, DynamicShapes::Leaf(ShapeSpec::None)) => "None",
                (None, _) => "the spec of a dimension",
            };
            return MatchError::NodeType { path, expected: wanted.name(), found };
        }
        let class = context.type_name();
        let expected = match class.strip_prefix("builtins.") {
            Some(class) => format!("a {class}"),
            None => format!("a `{class}`"),
        };
        let found = match found {
            Some("tuple") => "a tuple",
            Some("list") => "a list",
            Some(_) => "a dict",
            None => "not",
        };
        MatchError::Container { path, expected, found }
    }
}

/// What a list or tuple only holds, if that is the spec of a tensor.
fn only_item(shapes: &DynamicShapes) -> Option<&DynamicShapes> {
    let (DynamicShapes::Tuple(items) | DynamicShapes::List(items)) = shapes else { return None };
    let [item] = items.as_slice() else { return None };
    let spec = as_spec(item)?;
    matches!(&*spec, ShapeSpec::Dict(_) | ShapeSpec::Tuple(_) | ShapeSpec::List(_)).then_some(item)
}

/// Whether a class is not one of Python's own containers (`BUILTIN_TYPES` of `torch.utils._pytree`).
fn is_registered(context: &Context) -> bool {
    !matches!(
        context,
        Context::Tuple
            | Context::List
            | Context::Dict(_)
            | Context::OrderedDict(_)
            | Context::DefaultDict { .. }
            | Context::NamedTuple(_)
            | Context::Deque { .. }
    )
}

/// Keys as Python prints a list of them.
pub(super) fn keys<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    format!("[{}]", keys.into_iter().map(Key::to_string).collect::<Vec<_>>().join(", "))
}
