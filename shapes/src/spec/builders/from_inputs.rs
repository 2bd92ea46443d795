//! Dynamic shapes from inputs, and shapes rewritten as a whole.

use crate::inputs::InputSets;
use crate::inputs::guess::{GuessError, GuessOptions};
use crate::spec::dim::{Dim, DimSpec, HintKind};
use crate::spec::{DynamicShapes, ShapeSpec};
use pytree_core::{Context, DescribeTensor, Flat, LeafRef, PyTree, SpecNode, TreeError, flatten};

/// Every dimension of every tensor dynamic (`all_dynamic_shapes_from_inputs`): a [`DimSpec::Text`] is the prefix of a name
/// of its own for each, `prefix_tensor_dimension`; any other `dim` is given to all.
///
/// Containers keep their type, a registered class is the list of its children, and everything that is not a tensor is
/// `None`.
///
/// ```
/// use pytree_core::{DType, TensorMeta};
/// use shapes::{DimSpec, all_dynamic_shapes_from_inputs};
/// let t = |sizes: [i64; 2]| TensorMeta::new(DType::Float32, sizes);
/// let shapes = all_dynamic_shapes_from_inputs(&(t([5, 6]), t([1, 6])), DimSpec::Text("d".to_owned()))?;
/// assert_eq!(shapes.repr(), "({0: 'd_0_0', 1: 'd_0_1'}, {0: 'd_1_0', 1: 'd_1_1'})");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// # Errors
/// [`TreeError`] when the inputs cannot be flattened.
pub fn all_dynamic_shapes_from_inputs<F: DescribeTensor, X: PyTree<F> + ?Sized>(
    inputs: &X,
    dim: impl Into<DimSpec>,
) -> Result<DynamicShapes, TreeError> {
    let Flat { leaves, spec } = flatten(inputs)?;
    let (dim, mut tensors) = (dim.into(), 0);
    let mut leaves = leaves.into_iter().map(|leaf| {
        let LeafRef::Tensor(tensor) = leaf else { return DynamicShapes::NONE };
        let of_tensor = tensors;
        tensors += 1;
        let dim = |i: i64| match &dim {
            DimSpec::Text(prefix) => DimSpec::Text(format!("{prefix}_{of_tensor}_{i}")),
            other => other.clone(),
        };
        DynamicShapes::Leaf(ShapeSpec::dims((0_i64..).zip(F::sizes(tensor)).map(|(i, _)| (i, dim(i)))))
    });
    Ok(tree(spec.root(), &mut leaves))
}

/// The shapes of a tree, given those of its leaves in order: a registered class is the list of its children.
pub(crate) fn tree(at: SpecNode<'_>, leaves: &mut dyn Iterator<Item = DynamicShapes>) -> DynamicShapes {
    let Some(context) = at.context() else { return leaves.next().unwrap_or(DynamicShapes::NONE) };
    let items: Vec<DynamicShapes> = at.children().map(|child| tree(child, leaves)).collect();
    match context {
        Context::Tuple => DynamicShapes::Tuple(items),
        Context::Dict(keys) => DynamicShapes::Dict(keys.iter().cloned().zip(items).collect()),
        _ => DynamicShapes::List(items),
    }
}

/// The dimensions that differ between sets of inputs, without a model (`guess_dynamic_shapes_from_inputs`).
///
/// # Errors
/// As [`InputSets::guess_with`].
pub fn guess_dynamic_shapes_from_inputs(
    inputs: &InputSets,
    options: impl Into<GuessOptions>,
) -> Result<DynamicShapes, GuessError> {
    InputSets::new(inputs.sets().iter().cloned()).guess_with(options)
}

/// The same shapes with `dim` for every name (`use_dyn_not_str`): `Dim::dynamic()` is what `torch.export` wants there.
///
/// ```
/// use shapes::{Dim, DimSpec, DynamicShapes, ShapeSpec, use_dyn_not_str};
/// let named = DynamicShapes::leaf(ShapeSpec::dims([(0, DimSpec::Text("batch".to_owned()))]));
/// assert_eq!(use_dyn_not_str(&named, Dim::auto()).repr(), "{0: DimHint(AUTO)}");
/// ```
pub fn use_dyn_not_str(shapes: &DynamicShapes, dim: impl Into<DimSpec>) -> DynamicShapes {
    let dim = dim.into();
    let replaced = |old: &DimSpec| if matches!(old, DimSpec::Text(_)) { dim.clone() } else { old.clone() };
    map_dims(shapes, &replaced)
}

/// As [`use_dyn_not_str`] with `Dim.DYNAMIC` (`replace_string_by_dynamic`), for shapes that hold no hints yet: the older,
/// stricter form.
///
/// # Errors
/// The first hint met, which this form does not take.
pub fn replace_string_by_dynamic(shapes: &DynamicShapes) -> Result<DynamicShapes, DimSpec> {
    let dynamic =
        |dim: &&DimSpec| dim.hint().is_some() || matches!(dim, DimSpec::Hint(h) if h.kind() == HintKind::Static);
    let hint = shapes.leaves().into_iter().flat_map(|leaf| leaf.mentioned()).map(|(_, dim)| dim).find(dynamic);
    match hint {
        Some(hint) => Err(hint.clone()),
        None => Ok(use_dyn_not_str(shapes, Dim::dynamic())),
    }
}

/// The shapes of a cache of `layers` layers, all of whose keys and values have the same (`make_dynamic_shapes_kv_cache`).
pub fn make_dynamic_shapes_kv_cache(layers: usize, shape_of_one: &ShapeSpec) -> DynamicShapes {
    DynamicShapes::List(vec![DynamicShapes::Leaf(shape_of_one.clone()); layers.saturating_mul(2)])
}

/// The same shapes with `f` of the spec of every dimension.
pub(super) fn map_dims(shapes: &DynamicShapes, f: &dyn Fn(&DimSpec) -> DimSpec) -> DynamicShapes {
    let each = |dims: &[DimSpec]| dims.iter().map(f).collect();
    let all = |items: &[DynamicShapes]| items.iter().map(|item| map_dims(item, f)).collect();
    match shapes {
        DynamicShapes::Tuple(items) => DynamicShapes::Tuple(all(items)),
        DynamicShapes::List(items) => DynamicShapes::List(all(items)),
        DynamicShapes::Dict(items) => {
            DynamicShapes::Dict(items.iter().map(|(key, item)| (key.clone(), map_dims(item, f))).collect())
        }
        DynamicShapes::Leaf(spec) => DynamicShapes::Leaf(match spec {
            ShapeSpec::None => ShapeSpec::None,
            ShapeSpec::Dict(dims) => ShapeSpec::Dict(dims.iter().map(|(i, dim)| (*i, f(dim))).collect()),
            ShapeSpec::Tuple(dims) => ShapeSpec::Tuple(each(dims)),
            ShapeSpec::List(dims) => ShapeSpec::List(each(dims)),
            ShapeSpec::Scalar(dim) => ShapeSpec::Scalar(f(dim)),
        }),
    }
}
