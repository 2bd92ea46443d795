//! Reading a tree into leaves and a spec.

use super::count::Count;
use crate::{
    Family, KeyPath, Leaf, LeafRef, Node, OwnedTree, PyTree, SpecBuilder, Subtree, TreeError, TreeSpec, Visitor,
    VisitorOwned,
};
use std::convert::Infallible;
use std::ops::ControlFlow;

/// A tree as its leaves and its structure: the result of [`flatten`].
pub struct Flat<'a, F: Family> {
    /// The leaves, in order.
    pub leaves: Vec<LeafRef<'a, F>>,
    /// The structure.
    pub spec: TreeSpec,
}

impl<'a, F: Family> Flat<'a, F> {
    /// The whole tree, from which its parts are reached.
    pub fn root(&self) -> Subtree<'_, LeafRef<'a, F>> {
        Subtree::new(self.spec.root(), &self.leaves)
    }

    /// The part of the tree at `path`, or `None` if there is none (`key_get`).
    ///
    /// ```
    /// use pytree_core::{KeyEntry, Meta, flatten};
    /// let tree = (1_i64, vec![2_i64, 3]);
    /// let flat = flatten::<Meta, _>(&tree)?;
    /// let second = flat.get(&[KeyEntry::Sequence(1)].into_iter().collect()).unwrap();
    /// assert_eq!(second.spec().pprint(), "[*, *]");
    /// # Ok::<(), pytree_core::TreeError>(())
    /// ```
    pub fn get(&self, path: &KeyPath) -> Option<Subtree<'_, LeafRef<'a, F>>> {
        path.entries().iter().try_fold(self.root(), |at, entry| at.child(entry))
    }

    /// Every leaf with its path (`tree_flatten_with_path`). Paths are computed here, not while flattening.
    pub fn with_paths(&self) -> impl Iterator<Item = (KeyPath, LeafRef<'a, F>)> {
        self.spec.leaf_paths().zip(self.leaves.iter().copied())
    }
}

/// Runs a visitor that may end early.
pub(crate) fn run<'a, F: Family, X: PyTree<F> + ?Sized, V: Visitor<'a, F>>(
    tree: &'a X,
    visitor: &mut V,
) -> Result<(), V::Break> {
    match tree.walk(visitor) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(e) => Err(e),
    }
}

/// Collects leaves and builds the spec in one walk.
struct Flattener<'a, F: Family> {
    leaves: Vec<LeafRef<'a, F>>,
    spec: SpecBuilder,
}

impl<'a, F: Family> Visitor<'a, F> for Flattener<'a, F> {
    type Break = TreeError;

    #[inline]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<TreeError, bool> {
        Visitor::<F>::enter(&mut self.spec, node)
    }

    #[inline(always)]
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<TreeError> {
        self.leaves.push(leaf);
        Visitor::<F>::leaf(&mut self.spec, leaf)
    }

    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<TreeError> {
        self.leaves.extend(tensors.iter().map(LeafRef::Tensor));
        self.spec.leaves(tensors.len());
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<TreeError> {
        self.spec.close();
        ControlFlow::Continue(())
    }
}

/// The leaves of a tree, borrowed, and its structure (`tree_flatten`).
///
/// ```
/// use pytree_core::{DType, TensorMeta, flatten};
/// let t = TensorMeta::new(DType::Float32, [2]);
/// let tree = (t.clone(), vec![t], Some(3_i64));
/// let flat = flatten(&tree)?;
/// let paths: Vec<String> = flat.with_paths().map(|(path, _)| path.to_string()).collect();
/// assert_eq!(paths, ["[0]", "[1][0]", "[2]"]);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// # Errors
/// [`TreeError`] when a static field cannot be written into the spec.
pub fn flatten<F: Family, X: PyTree<F> + ?Sized>(tree: &X) -> Result<Flat<'_, F>, TreeError> {
    let count = Count::of(tree);
    let mut visitor = Flattener { leaves: Vec::with_capacity(count.leaves), spec: SpecBuilder::for_tree(count) };
    run(tree, &mut visitor)?;
    Ok(Flat { leaves: visitor.leaves, spec: visitor.spec.finish() })
}

/// Leaves, each with its path.
pub type KeyedLeaves<'a, F> = Vec<(KeyPath, LeafRef<'a, F>)>;

/// The leaves of a tree with their paths, and its structure (`tree_flatten_with_path`).
///
/// # Errors
/// As [`flatten`].
pub fn flatten_with_keys<F: Family, X: PyTree<F> + ?Sized>(
    tree: &X,
) -> Result<(KeyedLeaves<'_, F>, TreeSpec), TreeError> {
    let flat = flatten(tree)?;
    Ok((flat.with_paths().collect(), flat.spec))
}

/// The structure of a tree (`tree_structure`).
///
/// # Errors
/// As [`flatten`].
pub fn structure<F: Family, X: PyTree<F> + ?Sized>(tree: &X) -> Result<TreeSpec, TreeError> {
    let mut builder = SpecBuilder::for_tree(Count::of(tree));
    run::<F, X, _>(tree, &mut builder)?;
    Ok(builder.finish())
}

/// Collects leaves alone.
struct Leaves<'a, F: Family>(Vec<LeafRef<'a, F>>);

impl<'a, F: Family> Visitor<'a, F> for Leaves<'a, F> {
    type Break = Infallible;

    #[inline(always)]
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Infallible> {
        self.0.push(leaf);
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Infallible> {
        self.0.extend(tensors.iter().map(LeafRef::Tensor));
        ControlFlow::Continue(())
    }
}

/// The leaves of a tree, borrowed (`tree_leaves`).
pub fn leaves<F: Family, X: PyTree<F> + ?Sized>(tree: &X) -> Vec<LeafRef<'_, F>> {
    let mut visitor = Leaves(Vec::with_capacity(Count::of(tree).leaves));
    let ControlFlow::Continue(()) = tree.walk(&mut visitor);
    visitor.0
}

/// Collects tensors alone.
struct Tensors<'a, F: Family>(Vec<&'a F::Tensor>);

impl<'a, F: Family> Visitor<'a, F> for Tensors<'a, F> {
    type Break = Infallible;

    #[inline(always)]
    fn leaf(&mut self, leaf: LeafRef<'a, F>) -> ControlFlow<Infallible> {
        if let LeafRef::Tensor(t) = leaf {
            self.0.push(t);
        }
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn tensors(&mut self, tensors: &'a [F::Tensor]) -> ControlFlow<Infallible> {
        self.0.extend(tensors);
        ControlFlow::Continue(())
    }
}

/// The tensors of a tree, borrowed. Other leaves are skipped.
pub fn tensors<F: Family, X: PyTree<F> + ?Sized>(tree: &X) -> Vec<&F::Tensor> {
    let mut visitor = Tensors::<F>(Vec::with_capacity(Count::of(tree).tensors));
    let ControlFlow::Continue(()) = tree.walk(&mut visitor);
    visitor.0
}

/// Takes a tree apart into leaves and spec. No leaf is cloned.
struct Taker<F: Family> {
    leaves: Vec<Leaf<F>>,
    spec: SpecBuilder,
}

impl<F: Family> VisitorOwned<F> for Taker<F> {
    type Break = TreeError;

    #[inline]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<TreeError> {
        self.spec.begin(node)
    }

    #[inline(always)]
    fn leaf(&mut self, leaf: Leaf<F>) -> ControlFlow<TreeError> {
        self.leaves.push(leaf);
        self.spec.leaf();
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn tensors(&mut self, tensors: Vec<F::Tensor>) -> ControlFlow<TreeError> {
        self.spec.leaves(tensors.len());
        self.leaves.extend(tensors.into_iter().map(Leaf::Tensor));
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<TreeError> {
        self.spec.close();
        ControlFlow::Continue(())
    }
}

/// The leaves of a tree by value, and its structure: a `tree_flatten` that moves. No tensor is cloned.
///
/// # Errors
/// As [`flatten`].
pub fn into_leaves<F: Family, X: OwnedTree<F>>(tree: X) -> Result<(Vec<Leaf<F>>, TreeSpec), TreeError> {
    let count = Count::of(&tree);
    let mut visitor = Taker { leaves: Vec::with_capacity(count.leaves), spec: SpecBuilder::for_tree(count) };
    match tree.into_walk(&mut visitor) {
        ControlFlow::Continue(()) => Ok((visitor.leaves, visitor.spec.finish())),
        ControlFlow::Break(e) => Err(e),
    }
}
