//! Which dimensions belong to which tensor: inputs and dynamic shapes walked side by side.

use super::{CoupleError, LeafTree};
use crate::classes::{is_dict_subclass, is_tuple_subclass};
use crate::spec::dim::DimSpec;
use crate::spec::{DynamicShapes, ShapeSpec, as_dict, as_items, as_spec};
use indexmap::IndexMap;
use pytree_core::{Context, Family, Key, KeyEntry, KeyPath, LeafRef};
use std::borrow::Cow;

/// The spec of each dimension.
pub(crate) type Dims = IndexMap<i64, DimSpec>;

/// A tensor and its dimensions.
pub(crate) struct Pair {
    /// Which leaf of the inputs.
    pub(crate) leaf: usize,
    /// Its spec.
    pub(crate) dims: Dims,
    /// Where it is.
    pub(crate) path: KeyPath,
}

/// How a registered class is matched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nodes {
    /// Against nested lists, as export asks for.
    Nested,
    /// Its tensors against the dimensions in order, however these are nested.
    Flat,
}

pub(crate) struct Pairer<'a, 't, F: Family> {
    pub(crate) leaves: &'a [LeafRef<'t, F>],
    pub(crate) nodes: Nodes,
    /// Takes every form of shapes that torch takes for a tensor, where onnx-diagnostic takes dicts only.
    pub(crate) any_form: bool,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) path: KeyPath,
}

type Walked = Result<(), CoupleError>;

impl<F: Family> Pairer<'_, '_, F> {
    /// One value and its shapes.
    pub(crate) fn value(&mut self, at: LeafTree<'_>, shapes: &DynamicShapes) -> Walked {
        let Some(context) = at.node().context() else {
            return self.tensor_at(at).map_or(Ok(()), |leaf| self.tensor(leaf, shapes));
        };
        match context {
            Context::Tuple | Context::List => self.items(at, shapes, *context == Context::Tuple),
            Context::Dict(keys) => self.dict(at, keys, shapes),
            // onnx-diagnostic guesses a dict or a tuple for these and then wants a list; both are taken.
            _ if is_dict_subclass(context) && as_dict(shapes).is_some_and(|s| !s.is_empty()) => {
                let keys: Vec<Key> = (0..at.node().arity()).filter_map(|i| key_of(at, i)).collect();
                self.dict(at, &keys, shapes)
            }
            _ if is_tuple_subclass(context) && as_items(shapes, true).is_some() => self.items(at, shapes, true),
            _ if self.nodes == Nodes::Flat => self.flat(at, shapes),
            _ if at.node().arity() == 0 => Ok(()),
            _ => self.listed(at, shapes),
        }
    }

    fn is_tensor(&self, leaf: usize) -> bool {
        matches!(self.leaves.get(leaf), Some(LeafRef::Tensor(_)))
    }

    /// The number of the leaf, when this is a tensor.
    fn tensor_at(&self, at: LeafTree<'_>) -> Option<usize> {
        at.leaf().copied().filter(|leaf| self.is_tensor(*leaf))
    }

    fn tensor(&mut self, leaf: usize, shapes: &DynamicShapes) -> Walked {
        let spec = as_spec(shapes).map(Cow::into_owned);
        let dims = match spec {
            Some(ShapeSpec::Dict(dims)) => dims,
            Some(spec) if self.any_form && !matches!(spec, ShapeSpec::Scalar(_)) => {
                spec.mentioned().into_iter().map(|(i, dim)| (i, dim.clone())).collect()
            }
            _ => return Err(CoupleError::NotDims { path: self.path.clone(), shapes: shapes.repr() }),
        };
        self.pairs.push(Pair { leaf, dims, path: self.path.clone() });
        Ok(())
    }

    fn child(&mut self, entry: KeyEntry, walk: impl FnOnce(&mut Self) -> Walked) -> Walked {
        self.path.0.push(entry);
        walk(self)?;
        self.path.0.pop();
        Ok(())
    }

    /// A tuple or a list.
    fn items(&mut self, at: LeafTree<'_>, shapes: &DynamicShapes, tuple: bool) -> Walked {
        let items = self.same_length(at, shapes, tuple)?;
        for (i, (child, shapes)) in at.children().zip(items.iter()).enumerate() {
            self.child(at.node().entry(i), |this| this.value(child, shapes))?;
        }
        Ok(())
    }

    /// Inside a registered class every node is a list, and every leaf but a tensor an empty one.
    fn listed(&mut self, at: LeafTree<'_>, shapes: &DynamicShapes) -> Walked {
        if let Some(leaf) = self.tensor_at(at) {
            return self.tensor(leaf, shapes);
        }
        let same = match (at.node().context(), shapes) {
            (Some(context), DynamicShapes::Tuple(_)) => *context == Context::Tuple || is_tuple_subclass(context),
            (Some(Context::Dict(_)), DynamicShapes::Dict(_)) => true,
            (Some(context), DynamicShapes::Dict(items)) => {
                is_dict_subclass(context) && items.is_empty() == (at.node().arity() == 0)
            }
            _ => false,
        };
        // An export keeps containers, and wants None where there is no tensor.
        if same {
            return self.value(at, shapes);
        }
        if at.node().is_leaf() && (self.any_form || *shapes == DynamicShapes::NONE) {
            return Ok(());
        }
        let items = self.same_length(at, shapes, false)?;
        for (i, (child, shapes)) in at.children().zip(items.iter()).enumerate() {
            self.child(at.node().entry(i), |this| this.listed(child, shapes))?;
        }
        Ok(())
    }

    fn same_length<'s>(
        &self,
        at: LeafTree<'_>,
        shapes: &'s DynamicShapes,
        tuple: bool,
    ) -> Result<Cow<'s, [DynamicShapes]>, CoupleError> {
        let items = as_items(shapes, tuple).ok_or_else(|| self.container(at, shapes))?;
        if items.len() == at.node().arity() {
            return Ok(items);
        }
        Err(CoupleError::Length { path: self.path.clone(), inputs: at.node().arity(), shapes: items.len() })
    }

    fn container(&self, at: LeafTree<'_>, shapes: &DynamicShapes) -> CoupleError {
        let inputs = at.node().context().map_or("builtins.list", Context::type_name).trim_start_matches("builtins.");
        CoupleError::Container { path: self.path.clone(), inputs: inputs.to_owned(), shapes: shapes.repr() }
    }

    pub(crate) fn dict(&mut self, at: LeafTree<'_>, keys: &[Key], shapes: &DynamicShapes) -> Walked {
        let table = as_dict(shapes).ok_or_else(|| self.container(at, shapes))?;
        if table.len() != keys.len() {
            return Err(CoupleError::Length { path: self.path.clone(), inputs: keys.len(), shapes: table.len() });
        }
        self.named(keys.iter().zip(at.children()), &table)
    }

    /// Values by name and shapes by name. Names that have no shape of their own may stand together below `kwargs`.
    pub(crate) fn named<'k, 's>(
        &mut self,
        values: impl Iterator<Item = (&'k Key, LeafTree<'s>)>,
        table: &IndexMap<Key, DynamicShapes>,
    ) -> Walked {
        let values: Vec<_> = values.collect();
        let missing: Vec<&Key> = values.iter().map(|(k, _)| *k).filter(|k| !table.contains_key(*k)).collect();
        let surplus: Vec<&Key> = table.keys().filter(|k| values.iter().all(|(name, _)| name != k)).collect();
        let below = match surplus.as_slice() {
            [only] if only.as_str() == Some("kwargs") => table.get(*only).and_then(as_dict),
            _ => None,
        };
        let found = |below: &IndexMap<Key, DynamicShapes>| {
            below.len() == missing.len() && missing.iter().all(|k| below.contains_key(*k))
        };
        let exact = missing.is_empty() && surplus.is_empty();
        if !exact && !below.as_deref().is_some_and(found) {
            let texts = |keys: Vec<&Key>| keys.into_iter().map(|k| k.text().into_owned()).collect();
            let (not_in_shapes, not_in_inputs) = (texts(missing), texts(surplus));
            return Err(CoupleError::Keys { path: self.path.clone(), not_in_shapes, not_in_inputs });
        }
        for (key, value) in values {
            let Some(shapes) = table.get(key).or_else(|| below.as_deref()?.get(key)) else { continue };
            self.child(KeyEntry::Mapping(key.clone()), |this| this.value(value, shapes))?;
        }
        Ok(())
    }

    /// The leaves of a registered class, in order.
    fn flat(&mut self, at: LeafTree<'_>, shapes: &DynamicShapes) -> Walked {
        let tensors: Vec<(usize, usize)> =
            at.leaves().iter().copied().enumerate().filter(|(_, leaf)| self.is_tensor(*leaf)).collect();
        let mut dims = Vec::new();
        flatten(shapes, &mut dims);
        if dims.len() != tensors.len() {
            return Err(CoupleError::Length { path: self.path.clone(), inputs: tensors.len(), shapes: dims.len() });
        }
        for ((position, leaf), dims) in tensors.into_iter().zip(dims) {
            self.child(KeyEntry::Sequence(position), |this| this.tensor(leaf, dims))?;
        }
        Ok(())
    }
}

fn key_of(at: LeafTree<'_>, index: usize) -> Option<Key> {
    match at.node().entry(index) {
        KeyEntry::Mapping(key) => Some(key),
        KeyEntry::GetAttr(name) => Some(Key::Str(name)),
        _ => None,
    }
}

/// The dimensions of tensors, in order, without the containers around them. Empty containers are left out.
fn flatten<'s>(shapes: &'s DynamicShapes, into: &mut Vec<&'s DynamicShapes>) {
    match shapes {
        DynamicShapes::Tuple(items) | DynamicShapes::List(items) => items.iter().for_each(|i| flatten(i, into)),
        DynamicShapes::Dict(items) => items.values().for_each(|i| flatten(i, into)),
        DynamicShapes::Leaf(ShapeSpec::None) => {}
        DynamicShapes::Leaf(_) => into.push(shapes),
    }
}
