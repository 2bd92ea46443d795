//! A tree by value in two parts: its tensors, and the frame without them.

use crate::walk::{Count, Supply, rebuild};
use crate::{
    Family, Leaf, LeafKind, NoTensors, Node, OwnedTree, SpecBuilder, TreeError, TreeSpec, UnflattenError, VisitorOwned,
};
use std::ops::ControlFlow;

/// A tree without its tensors: the structure, and the leaves that are not tensors.
///
/// [`into_tensors`] returns it besides the tensors (`equinox.partition(tree, is_array)`, with the other part as data).
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    spec: TreeSpec,
    /// The index in the spec and the leaf, in order.
    others: Vec<(usize, Other)>,
}

/// A leaf that is not a tensor, of any family.
type Other = Leaf<NoTensors>;

/// The tensors of a tree by value, and the tree without them. No tensor is cloned.
///
/// This is the fastest way to take a tree apart and to rebuild it: a `Vec` of tensors is moved as one piece of memory,
/// where [`into_leaves`](crate::into_leaves) makes a [`Leaf`] of each.
///
/// ```
/// use pytree_core::{DType, Meta, TensorMeta, into_tensors};
/// let x = TensorMeta::new(DType::Float32, [2]);
/// let (mut tensors, frame) = into_tensors::<Meta, _>((vec![x.clone(), x], 3_i64))?;
/// tensors[1].dtype = DType::Float16;
/// let tree: (Vec<TensorMeta>, i64) = frame.rebuild::<Meta, _>(tensors)?;
/// assert_eq!((tree.0[1].to_string().as_str(), tree.1), ("f16[2]", 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`flatten`](crate::flatten).
pub fn into_tensors<F: Family, X: OwnedTree<F>>(tree: X) -> Result<(Vec<F::Tensor>, Frame), TreeError> {
    let count = Count::of(&tree);
    let mut visitor = Taker::<F> {
        tensors: Vec::with_capacity(count.tensors),
        others: Vec::new(),
        spec: SpecBuilder::for_tree(count),
    };
    match tree.into_walk(&mut visitor) {
        ControlFlow::Continue(()) => {
            Ok((visitor.tensors, Frame { spec: visitor.spec.finish(), others: visitor.others }))
        }
        ControlFlow::Break(e) => Err(e),
    }
}

impl Frame {
    /// The structure of the tree, tensors and other leaves alike.
    pub fn spec(&self) -> &TreeSpec {
        &self.spec
    }

    /// How many tensors the tree has.
    pub fn num_tensors(&self) -> usize {
        self.spec.num_leaves() - self.others.len()
    }

    /// The tree with these tensors, of any family, in the places of the old ones (`equinox.combine`). Tensors are moved
    /// in.
    ///
    /// # Errors
    /// When the number of tensors differs from the frame's, or `X` has another structure.
    pub fn rebuild<F: Family, X: OwnedTree<F>>(&self, tensors: Vec<F::Tensor>) -> Result<X, UnflattenError> {
        let supply = Framed::<F> { tensors: tensors.into_iter(), others: &self.others, at: 0 };
        rebuild(supply, &self.spec)
    }
}

/// Takes a tree apart into its tensors, other leaves and spec.
struct Taker<F: Family> {
    tensors: Vec<F::Tensor>,
    others: Vec<(usize, Other)>,
    spec: SpecBuilder,
}

impl<F: Family> VisitorOwned<F> for Taker<F> {
    type Break = TreeError;

    #[inline]
    fn enter(&mut self, node: &Node<'_>) -> ControlFlow<TreeError> {
        self.spec.begin(node)
    }

    #[inline]
    fn leaf(&mut self, leaf: Leaf<F>) -> ControlFlow<TreeError> {
        let other = match leaf {
            Leaf::Tensor(tensor) => {
                self.tensors.push(tensor);
                self.spec.leaf();
                return ControlFlow::Continue(());
            }
            Leaf::Int(v) => Other::Int(v),
            Leaf::Float(v) => Other::Float(v),
            Leaf::Bool(v) => Other::Bool(v),
            Leaf::Str(v) => Other::Str(v),
            Leaf::None => Other::None,
        };
        self.others.push((self.tensors.len() + self.others.len(), other));
        self.spec.leaf();
        ControlFlow::Continue(())
    }

    #[inline]
    fn tensors(&mut self, mut tensors: Vec<F::Tensor>) -> ControlFlow<TreeError> {
        self.spec.leaves(tensors.len());
        self.tensors.append(&mut tensors);
        ControlFlow::Continue(())
    }

    #[inline(always)]
    fn exit(&mut self) -> ControlFlow<TreeError> {
        self.spec.close();
        ControlFlow::Continue(())
    }
}

/// Tensors, and the other leaves between them.
struct Framed<'f, F: Family> {
    tensors: std::vec::IntoIter<F::Tensor>,
    others: &'f [(usize, Other)],
    /// The index of the next leaf.
    at: usize,
}

impl<F: Family> Framed<'_, F> {
    /// The next leaf, if it is not a tensor.
    fn other(&mut self) -> Option<&Other> {
        let (first, rest) = self.others.split_first()?;
        (first.0 == self.at).then(|| {
            self.at += 1;
            self.others = rest;
            &first.1
        })
    }
}

impl<F: Family> Supply<F> for Framed<'_, F> {
    fn next(&mut self) -> Option<Leaf<F>> {
        if let Some(other) = self.other() {
            return Some(other.as_ref().map(|never| match *never {}));
        }
        let tensor = self.tensors.next()?;
        self.at += 1;
        Some(Leaf::Tensor(tensor))
    }

    #[inline]
    fn tensors(&mut self, count: usize) -> (Vec<F::Tensor>, Option<LeafKind>) {
        let run = self.others.first().map_or(count, |first| count.min(first.0 - self.at));
        // The last run is moved as one piece of memory. It keeps its allocation if it fills half of it.
        let last = run >= self.tensors.len();
        let tensors: Vec<_> =
            if last { std::mem::take(&mut self.tensors).collect() } else { self.tensors.by_ref().take(run).collect() };
        self.at += tensors.len();
        let wrong = if tensors.len() == run && run < count { self.other().map(Other::kind) } else { None };
        (tensors, wrong)
    }

    fn rest(self) -> usize {
        self.tensors.len() + self.others.len()
    }
}
