//! The arguments of a call by the names of their parameters, as the body of forward sees them.

use crate::inputs::{arguments, leaf_numbers};
use crate::spec::DynamicShapes;
use indexmap::IndexMap;
use pytree_core::{BindError, Context, Key, KeyEntry, ParameterKind, Signature, Subtree, TreeSpec};

/// A value whose leaves are numbered as in the flattened `(args, kwargs)`. A registered class is the list of its children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Leaf(usize),
    Tuple(Vec<Bound>),
    List(Vec<Bound>),
    Dict(IndexMap<Key, Bound>),
}

impl Bound {
    /// The dict of bound arguments, in the order of the signature. `spec` is the structure of `(args, kwargs)`.
    pub(super) fn of(signature: &Signature, spec: &TreeSpec) -> Result<Bound, BindError> {
        let bound = signature.bind(spec)?;
        let numbers = leaf_numbers(spec);
        let (args, kwargs) = arguments(Subtree::of(spec, &numbers));
        let given: Vec<_> = bound.into_iter().zip(args.chain(kwargs).map(of_value)).collect();
        let mut by_name = IndexMap::new();
        for (index, parameter) in signature.parameters().iter().enumerate() {
            let own = given.iter().filter(|(argument, _)| argument.parameter == index);
            let value = match parameter.kind {
                ParameterKind::VarPositional => {
                    let items: Vec<Bound> = own.map(|(_, value)| value.clone()).collect();
                    if items.is_empty() { None } else { Some(Bound::Tuple(items)) }
                }
                ParameterKind::VarKeyword => {
                    let name = |rest: &Option<KeyEntry>| match rest {
                        Some(KeyEntry::Mapping(key)) => Some(key.clone()),
                        _ => None,
                    };
                    let items: IndexMap<Key, Bound> =
                        own.filter_map(|(argument, value)| Some((name(&argument.rest)?, value.clone()))).collect();
                    if items.is_empty() { None } else { Some(Bound::Dict(items)) }
                }
                _ => own.map(|(_, value)| value.clone()).next(),
            };
            by_name.extend(value.map(|value| (Key::Str(parameter.name.clone()), value)));
        }
        Ok(Bound::Dict(by_name))
    }

    /// The shapes of the value, given those of every leaf.
    pub(super) fn shapes(&self, leaf: &mut impl FnMut(usize) -> DynamicShapes) -> DynamicShapes {
        match self {
            Bound::Leaf(index) => leaf(*index),
            Bound::Tuple(items) => DynamicShapes::Tuple(items.iter().map(|item| item.shapes(leaf)).collect()),
            Bound::List(items) => DynamicShapes::List(items.iter().map(|item| item.shapes(leaf)).collect()),
            Bound::Dict(items) => {
                DynamicShapes::Dict(items.iter().map(|(key, item)| (key.clone(), item.shapes(leaf))).collect())
            }
        }
    }
}

fn of_value(at: Subtree<'_, usize>) -> Bound {
    let items = || at.children().map(of_value);
    match at.node().context() {
        None => Bound::Leaf(at.leaf().copied().unwrap_or_default()),
        Some(Context::Tuple) => Bound::Tuple(items().collect()),
        Some(Context::Dict(keys)) => Bound::Dict(keys.iter().cloned().zip(items()).collect()),
        Some(_) => Bound::List(items().collect()),
    }
}
