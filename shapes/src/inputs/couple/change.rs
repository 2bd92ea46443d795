//! Other inputs of the same kind: the same tensors in other sizes.

use super::{CoupleError, CoupleInputsDynamicShapes, LeafTree, Walk};
use crate::inputs::couple::pair::{Nodes, Pair};
use crate::spec::dim::DimSpec;
use crate::tensor::MakeTensor;
use indexmap::IndexMap;
use pytree_core::{Context, Key, Leaf, LeafRef, OwnedTree, Sizes, Value, unflatten};

/// Which sizes to change, and to what (`change_dynamic_dimensions(desired_values, only_desired)`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeOptions {
    desired: IndexMap<String, i64>,
    only_desired: bool,
}

impl ChangeOptions {
    /// The size for the dimensions of this name. Other names get the size of their first occurrence and one more.
    #[must_use]
    pub fn desired(mut self, name: impl Into<String>, size: i64) -> Self {
        self.desired.insert(name.into(), size);
        self
    }

    /// Changes the desired names only.
    #[must_use]
    pub fn only_desired(mut self) -> Self {
        self.only_desired = true;
        self
    }
}

impl<F: MakeTensor> CoupleInputsDynamicShapes<'_, F> {
    /// New inputs with other sizes in the dynamic dimensions. A name has one size in all tensors; the elements are
    /// those of the given tensors, repeated where a dimension grows. Everything that is not a tensor stays.
    ///
    /// # Errors
    /// [`CoupleError`] where inputs and shapes differ in structure, for a dimension without a name (a hint), and when a
    /// dimension would grow from 0.
    pub fn change_dynamic_dimensions<X: OwnedTree<F>>(&self, options: &ChangeOptions) -> Result<X, CoupleError> {
        let changed = self.changed(&self.walk()?, options)?;
        let mut leaves = Vec::with_capacity(self.leaves.len());
        for (leaf, new) in self.leaves.iter().zip(changed) {
            leaves.push(match (leaf, new) {
                (_, Some(tensor)) => Leaf::Tensor(tensor),
                (LeafRef::Tensor(tensor), None) => Leaf::Tensor(self.copied(tensor)?),
                (LeafRef::Int(v), None) => Leaf::Int(*v),
                (LeafRef::Float(v), None) => Leaf::Float(*v),
                (LeafRef::Bool(v), None) => Leaf::Bool(*v),
                (LeafRef::Str(v), None) => Leaf::Str((*v).to_owned()),
                (LeafRef::None, None) => Leaf::None,
            });
        }
        Ok(unflatten(leaves, &self.given)?)
    }

    /// As [`change_dynamic_dimensions`](Self::change_dynamic_dimensions), with the result that onnx-diagnostic gives:
    /// what is not a tensor comes back as `None` or not at all, arguments without shapes are left out, and positional
    /// arguments come by name when both kinds have shapes. With `args_kwargs` the pair `(args, kwargs)` instead.
    ///
    /// # Errors
    /// As [`change_dynamic_dimensions`](Self::change_dynamic_dimensions).
    pub fn change_as_python(&self, options: &ChangeOptions, args_kwargs: bool) -> Result<Value<F>, CoupleError> {
        let walk = self.walk()?;
        let mut changed = self.changed(&walk, options)?;
        let (args, kwargs, keys) = self.arguments();
        let dict = |items: Vec<(Key, Value<F>)>| Value::dict(items);
        let none = || Value::Leaf(Leaf::None);
        let both = self.parts().0 > 0 && self.parts().1 > 0;
        Ok(match &walk {
            Walk::Args => {
                let args = args.and_then(|args| self.python(args, &mut changed)).unwrap_or_else(none);
                if args_kwargs { Value::tuple([args, dict(Vec::new())]) } else { args }
            }
            Walk::Kwargs => {
                let kwargs = kwargs.and_then(|kwargs| self.python(kwargs, &mut changed)).unwrap_or_else(none);
                if args_kwargs && !both { Value::tuple([Value::tuple([]), kwargs]) } else { kwargs }
            }
            Walk::Both(names) => {
                let values = self.by_name(names).into_iter();
                let values = values.filter_map(|(key, at)| Some((key, self.python(at, &mut changed)?)));
                let values: Vec<(Key, Value<F>)> = values.collect();
                if !args_kwargs {
                    return Ok(if values.is_empty() { none() } else { dict(values) });
                }
                let (named, positional): (Vec<_>, Vec<_>) = values.into_iter().partition(|(k, _)| keys.contains(k));
                let mut positional: IndexMap<Key, Value<F>> = positional.into_iter().collect();
                let args = names.iter().map(|name| positional.shift_remove(name).unwrap_or_else(none));
                Value::tuple([Value::list(args), dict(named)])
            }
        })
    }

    fn copied(&self, tensor: &F::Tensor) -> Result<F::Tensor, CoupleError> {
        F::copied(tensor).map_err(|source| CoupleError::Tensor { path: Default::default(), source })
    }

    /// The new tensor of every leaf that has shapes.
    fn changed(&self, walk: &Walk, options: &ChangeOptions) -> Result<Vec<Option<F::Tensor>>, CoupleError> {
        let mut sizes = options.desired.clone();
        let mut changed: Vec<Option<F::Tensor>> = self.leaves.iter().map(|_| None).collect();
        for pair in self.pairs(walk, Nodes::Flat)? {
            let Some(LeafRef::Tensor(tensor)) = self.leaves.get(pair.leaf) else { continue };
            let new = new_sizes(&F::sizes(tensor), &pair, &mut sizes, options.only_desired)?;
            let tensor = F::tiled(tensor, &new);
            changed[pair.leaf] =
                Some(tensor.map_err(|source| CoupleError::Tensor { path: pair.path.clone(), source })?);
        }
        Ok(changed)
    }

    fn python(&self, at: LeafTree<'_>, changed: &mut [Option<F::Tensor>]) -> Option<Value<F>> {
        let Some(context) = at.node().context() else {
            return changed.get_mut(*at.leaf()?)?.take().map(Value::tensor);
        };
        let items: Vec<Option<Value<F>>> = at.children().map(|child| self.python(child, changed)).collect();
        let registered = !matches!(context, Context::Tuple | Context::List | Context::Dict(_));
        if !registered && items.iter().all(Option::is_none) {
            return None;
        }
        if let Context::Dict(keys) = context {
            return Some(Value::dict(keys.iter().cloned().zip(items).filter_map(|(key, item)| Some((key, item?)))));
        }
        let items = items.into_iter().map(|item| item.unwrap_or(Value::Leaf(Leaf::None))).collect();
        Some(Value::Node(context.clone(), items))
    }
}

fn new_sizes(
    old: &Sizes,
    pair: &Pair,
    known: &mut IndexMap<String, i64>,
    only_desired: bool,
) -> Result<Sizes, CoupleError> {
    let mut new = old.clone();
    for (index, size) in new.iter_mut().enumerate() {
        let dim = i64::try_from(index).unwrap_or(i64::MAX);
        let name = match pair.dims.get(&dim) {
            None | Some(DimSpec::Int(_)) => continue,
            Some(DimSpec::Text(name)) => name.clone(),
            Some(other) => other.name().ok_or_else(|| CoupleError::NoName {
                path: pair.path.clone(),
                index: dim,
                dim: other.to_string(),
            })?,
        };
        let wanted = match known.get(&name) {
            Some(wanted) => *wanted,
            None if only_desired => continue,
            None => {
                let next = size.saturating_add(1);
                known.insert(name, next);
                next
            }
        };
        let path = || pair.path.clone();
        match wanted {
            ..=-1 => return Err(CoupleError::NegativeSize { path: path(), index, size: wanted }),
            1.. if *size == 0 => return Err(CoupleError::GrowFromZero { path: path(), index, size: wanted }),
            _ => *size = wanted,
        }
    }
    Ok(new)
}
