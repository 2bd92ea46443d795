//! Shapes assigned to tensors themselves.

use super::bound::Bound;
use crate::inputs::{InputsError, args_kwargs};
use crate::spec::{DynamicShapes, ShapeSpec};
use pytree_core::{BindError, Family, Flat, LeafRef, PyTree, Signature, TreeError, flatten};

/// Shapes by tensor (`torch.export.ShapesCollection`): easier than to repeat the structure of nested inputs.
///
/// A tensor is known by where it is, as Python knows it by its identity; the borrow keeps it there. A tensor that is
/// passed twice has the same shapes in both places.
///
/// ```
/// use pytree_core::{DType, Meta, Parameter, ParameterKind, Signature, TensorMeta};
/// use shapes::{Dim, ShapeSpec, ShapesCollection};
/// let t = || TensorMeta::new(DType::Float32, [2, 3]);
/// let (x, others) = (t(), vec![t(), t()]);
/// let mut shapes = ShapesCollection::<Meta>::new();
/// shapes.set(&others[1], ShapeSpec::dims([(0, Dim::dynamic())]))?;
///
/// let parameter = |name: &'static str| Parameter {
///     name: name.into(),
///     kind: ParameterKind::PositionalOrKeyword,
///     has_default: false,
/// };
/// let signature = Signature::new([parameter("x"), parameter("others")]);
/// let by_name = shapes.dynamic_shapes(&signature, &(&x, &others))?;
/// assert_eq!(by_name.repr(), "{'x': None, 'others': [None, {0: DimHint(DYNAMIC)}]}");
/// # Ok::<(), shapes::CollectionError>(())
/// ```
pub struct ShapesCollection<'a, F: Family> {
    shapes: Vec<(&'a F::Tensor, ShapeSpec)>,
}

/// Shapes that cannot be assigned, or were assigned to something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CollectionError {
    /// Two different shapes for one tensor.
    #[error("Shapes assigned to input do not match: expected {expected}, got {found}")]
    Different {
        /// What was assigned first.
        expected: Box<ShapeSpec>,
        /// What was assigned later.
        found: Box<ShapeSpec>,
    },
    /// A tensor that is not among the inputs.
    #[error(
        "Some tensors that were assigned shapes were not found in args. Maybe such tensors were copied when passing them \
         as args? Maybe such tensors are contained in classes that were not registered with pytree?"
    )]
    NotFound,
    /// The inputs are not a call.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// The inputs do not fit the signature.
    #[error(transparent)]
    Bind(#[from] BindError),
}

impl From<TreeError> for CollectionError {
    fn from(error: TreeError) -> Self {
        CollectionError::Inputs(error.into())
    }
}

impl<F: Family> Default for ShapesCollection<'_, F> {
    fn default() -> Self {
        ShapesCollection { shapes: Vec::new() }
    }
}

impl<'a, F: Family> ShapesCollection<'a, F> {
    /// No shapes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Assigns shapes to a tensor (`collection[tensor] = shapes`).
    ///
    /// # Errors
    /// [`CollectionError::Different`] when it has other ones.
    pub fn set(&mut self, tensor: &'a F::Tensor, shapes: ShapeSpec) -> Result<&mut Self, CollectionError> {
        match self.shapes.iter().find(|(known, _)| std::ptr::eq(*known, tensor)) {
            Some((_, known)) if *known != shapes => {
                return Err(CollectionError::Different { expected: Box::new(known.clone()), found: Box::new(shapes) });
            }
            Some(_) => {}
            None => self.shapes.push((tensor, shapes)),
        }
        Ok(self)
    }

    /// How many tensors have shapes.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// The shapes of a call by the names of the parameters; `None` for what has none.
    ///
    /// # Errors
    /// [`CollectionError::NotFound`] when a tensor with shapes is not among the inputs, and when these do not fit the
    /// signature.
    pub fn dynamic_shapes<X: PyTree<F> + ?Sized>(
        &self,
        signature: &Signature,
        inputs: &X,
    ) -> Result<DynamicShapes, CollectionError> {
        let Flat { leaves, spec } = flatten(inputs)?;
        let bound = Bound::of(signature, &args_kwargs(&spec)?)?;
        let mut found = vec![false; self.shapes.len()];
        let shapes = bound.shapes(&mut |index| {
            let Some(LeafRef::Tensor(tensor)) = leaves.get(index) else { return DynamicShapes::NONE };
            match self.shapes.iter().position(|(known, _)| std::ptr::eq(*known, *tensor)) {
                Some(i) => {
                    found[i] = true;
                    DynamicShapes::Leaf(self.shapes[i].1.clone())
                }
                None => DynamicShapes::NONE,
            }
        });
        if found.contains(&false) { Err(CollectionError::NotFound) } else { Ok(shapes) }
    }
}
