//! Dynamic shapes whose structure the compiler checks.

use crate::spec::{DynamicShapes, ShapeSpec};
use pytree_core::{
    Family, Flat, Leaf, LeafMut, LeafRef, OwnedTree, PyTree, Retype, Source, TreeError, UnflattenError, Visitor,
    VisitorMut, VisitorOwned, flatten,
};
use std::ops::ControlFlow;

/// The family of [`ShapeSpec`]: a tree of them is the *typed mirror* of inputs, `Inputs<ShapeSpec>` for `Inputs<Tensor>`.
///
/// What an export takes is made of it by [`DynamicShapes::mirrored`]. The compiler checks names and nesting; how many
/// items a list has and which options are there it cannot.
///
/// ```
/// use pytree_core::Meta;
/// use pytree_derive::PyTree;
/// use shapes::{Dim, DynamicShapes, ShapeSpec, Shapes};
///
/// #[derive(PyTree)]
/// struct Inputs<T> {
///     ids: T,
///     masks: Vec<T>,
/// }
///
/// let dynamic = || ShapeSpec::dims([(0, Dim::dynamic())]);
/// let shapes = DynamicShapes::mirrored(&Inputs { ids: dynamic(), masks: vec![ShapeSpec::None, dynamic()] })?;
/// assert_eq!(shapes.repr(), "[{0: DimHint(DYNAMIC)}, [None, {0: DimHint(DYNAMIC)}]]");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shapes {}

impl Family for Shapes {
    type Tensor = ShapeSpec;
}

impl PyTree<Shapes> for ShapeSpec {
    fn walk<'a, V: Visitor<'a, Shapes>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        v.leaf(LeafRef::Tensor(self))
    }

    fn walk_slice<'a, V: Visitor<'a, Shapes>>(items: &'a [Self], v: &mut V) -> ControlFlow<V::Break> {
        v.tensors(items)
    }
}

impl OwnedTree<Shapes> for ShapeSpec {
    fn walk_mut<V: VisitorMut<Shapes>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        v.leaf(LeafMut::Tensor(self))
    }

    fn into_walk<V: VisitorOwned<Shapes>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.leaf(Leaf::Tensor(self))
    }

    fn rebuild<S: Source<Shapes>>(source: &mut S) -> Result<Self, UnflattenError> {
        source.tensor()
    }
}

impl Retype for ShapeSpec {
    type As<U> = U;
}

impl DynamicShapes {
    /// The shapes that a typed mirror stands for: containers keep their type, a struct is the list of its children, as
    /// `torch.export` matches registered classes. Numbers, texts and `None` are static.
    ///
    /// # Errors
    /// [`TreeError`] when the mirror cannot be flattened.
    pub fn mirrored<X: PyTree<Shapes> + ?Sized>(mirror: &X) -> Result<DynamicShapes, TreeError> {
        let Flat { leaves, spec } = flatten(mirror)?;
        let mut leaves = leaves.into_iter().map(|leaf| match leaf {
            LeafRef::Tensor(spec) => DynamicShapes::Leaf(spec.clone()),
            _ => DynamicShapes::NONE,
        });
        Ok(super::shapes_of_tree(spec.root(), &mut leaves))
    }
}
