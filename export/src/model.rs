//! A model as a function of flattened leaves. Only this file is generic over the type of the model, so the rest of an export
//! is compiled once and not once per model.

use crate::error::ExportError;
use pytree_core::{Leaf, LeafRef, Module, PyTree, Tch, TreeSpec, flatten, into_leaves, unflatten};
use tch::Tensor;

/// Flattened inputs, or a flattened result.
#[derive(Debug)]
pub(crate) struct Leaves {
    pub(crate) leaves: Vec<Leaf<Tch>>,
    pub(crate) spec: TreeSpec,
}

/// A call of a model whose arguments are bound.
pub(crate) type BoundCall<'a> = Box<dyn FnOnce() -> Result<Leaves, ExportError> + 'a>;

/// A model as a function of flattened leaves.
pub(crate) trait Forward {
    /// Binds the inputs. Calling the result runs only the forward of the model.
    fn bind(&self, inputs: Leaves) -> Result<BoundCall<'_>, ExportError>;
}

impl<M: Module<Family = Tch>> Forward for M {
    fn bind(&self, inputs: Leaves) -> Result<BoundCall<'_>, ExportError> {
        let args: M::Args = unflatten(inputs.leaves, &inputs.spec)?;
        Ok(Box::new(move || {
            let output = self.call(&args)?;
            let (leaves, spec) = into_leaves(output)?;
            Ok(Leaves { leaves, spec })
        }))
    }
}

impl Leaves {
    /// The leaves of a tree, sharing its tensors.
    pub(crate) fn of<T: PyTree<Tch>>(tree: &T) -> Result<Self, ExportError> {
        let flat = flatten(tree)?;
        let leaves = flat.leaves.iter().map(|leaf| leaf.map(Tensor::shallow_clone)).collect();
        Ok(Leaves { leaves, spec: flat.spec })
    }

    /// The same leaves, on the same memory.
    pub(crate) fn shared(&self) -> Self {
        let leaves = self.leaves.iter().map(|leaf| leaf.as_ref().map(Tensor::shallow_clone)).collect();
        Leaves { leaves, spec: self.spec.clone() }
    }

    /// The tensors among the leaves, on the same memory, each with the index of its leaf.
    pub(crate) fn tensors(&self) -> Vec<(usize, Tensor)> {
        let tensor = |(i, leaf): (usize, &Leaf<Tch>)| leaf.as_ref().tensor().map(|tensor| (i, tensor.shallow_clone()));
        self.leaves.iter().enumerate().filter_map(tensor).collect()
    }

    /// The sizes of the tensors, for messages: `[5, 6], [1, 6]`.
    pub(crate) fn shown(&self) -> String {
        let sizes = self.leaves.iter().filter_map(|leaf| leaf.as_ref().tensor().map(|tensor| tensor.size()));
        sizes.map(|sizes| format!("{sizes:?}")).collect::<Vec<_>>().join(", ")
    }

    /// Maps every tensor with `tensor` and every int with `int`; both also get the index of the leaf.
    pub(crate) fn map(
        &self,
        mut tensor: impl FnMut(usize, &Tensor) -> Result<Tensor, ExportError>,
        int: impl Fn(usize, i64) -> i64,
    ) -> Result<Self, ExportError> {
        let mapped = self.leaves.iter().enumerate().map(|(i, leaf)| match leaf.as_ref() {
            LeafRef::Int(v) => Ok(Leaf::Int(int(i, v))),
            leaf => leaf.try_map(|t| tensor(i, t)),
        });
        Ok(Leaves { leaves: mapped.collect::<Result<_, ExportError>>()?, spec: self.spec.clone() })
    }
}
