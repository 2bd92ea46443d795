//! Shapes set by path.

use super::bound::Bound;
use super::pattern::{PathPattern, PatternError, pattern_of};
use crate::inputs::{InputSet, LeafDescription, ModelInputs};
use crate::spec::dim::DimSpec;
use crate::spec::near::distance;
use crate::spec::{DynamicShapes, ShapeSpec};
use indexmap::IndexSet;
use pytree_core::{BindError, DescribeTensor, KeyPath, LeafKind, Module, Signature};

/// The shapes of a call, set by [path patterns](PathPattern): everything is static but what is set.
///
/// ```
/// use pytree_core::{DType, Meta, Parameter, ParameterKind, Signature, TensorMeta, Value};
/// use shapes::{Dim, InputSet, PathShapes};
/// let t = || Value::<Meta>::tensor(TensorMeta::new(DType::Float32, [2, 4, 3]));
/// let cache = Value::dict([("keys", Value::list([t(), t()])), ("values", Value::list([t(), t()]))]);
/// let parameter = |name: &'static str| Parameter {
///     name: name.into(),
///     kind: ParameterKind::PositionalOrKeyword,
///     has_default: false,
/// };
/// let signature = Signature::new([parameter("cache"), parameter("z")]);
/// let mut shapes = PathShapes::new(&signature, &InputSet::of(&Value::tuple([cache, t()]))?)?;
///
/// shapes.set("cache.*[*]", 2, Dim::dynamic())?.set("cache.keys[0]", 0, Dim::new("batch")?)?;
/// assert_eq!(
///     shapes.dynamic_shapes().to_string(),
///     "{'cache': {'keys': [{0: Dim('batch', min=0), 2: DimHint(DYNAMIC)},\n                    \
///      {2: DimHint(DYNAMIC)}],\n           \
///      'values': [{2: DimHint(DYNAMIC)}, {2: DimHint(DYNAMIC)}]},\n 'z': None}"
/// );
/// let error = shapes.set("cach.*[*]", 2, Dim::dynamic()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "no tensor of the inputs is at `cach.*[*]`; near it are `cache.keys[*]`, `cache.values[*]`, `z`"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathShapes {
    bound: Bound,
    leaves: Vec<(KeyPath, LeafDescription)>,
    specs: Vec<ShapeSpec>,
}

/// A path pattern that means nothing, or something that has no such dimension.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// No leaf of the right sort is there.
    #[error("no {sort} of the inputs is at `{pattern}`; near it are {}", near.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", "))]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// What was looked for.
        sort: &'static str,
        /// The nearest paths, as patterns.
        near: Vec<String>,
    },
    /// A tensor that is meant has no such dimension.
    #[error("`{path}` has no dimension {dim}: it is {leaf}")]
    NoDimension {
        /// The tensor.
        path: String,
        /// The dimension.
        dim: usize,
        /// What the tensor is.
        leaf: String,
    },
    /// The text is not a pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The inputs do not fit the signature.
    #[error(transparent)]
    Bind(#[from] BindError),
}

impl PathShapes {
    /// The inputs of a call, all static.
    ///
    /// # Errors
    /// [`SelectError::Bind`] when they do not fit the signature.
    pub fn new(signature: &Signature, inputs: &InputSet) -> Result<PathShapes, SelectError> {
        let bound = Bound::of(signature, inputs.spec())?;
        let paths = signature.input_paths(inputs.spec())?.into_iter().map(|path| path.source);
        let leaves: Vec<_> = paths.zip(inputs.leaves().iter().cloned()).collect();
        let specs = vec![ShapeSpec::None; leaves.len()];
        Ok(PathShapes { bound, leaves, specs })
    }

    /// Sets dimension `index` of every tensor that the pattern means to `dim`. Other dimensions keep their specs.
    ///
    /// # Errors
    /// [`SelectError`] when the pattern means no tensor, with the nearest paths, or one that has no such dimension.
    pub fn set(&mut self, pattern: &str, index: usize, dim: impl Into<DimSpec>) -> Result<&mut Self, SelectError> {
        let dim = dim.into();
        let tensor = |leaf: &LeafDescription| matches!(leaf, LeafDescription::Tensor(_) | LeafDescription::Array(_));
        let found = self.find(pattern, "tensor", tensor)?;
        for i in &found {
            let (path, leaf) = &self.leaves[*i];
            let (LeafDescription::Tensor(meta) | LeafDescription::Array(meta)) = leaf else { continue };
            if index >= meta.rank() {
                let path = pattern_of(path, false);
                return Err(SelectError::NoDimension { path, dim: index, leaf: leaf.to_string() });
            }
        }
        for i in found {
            let mut dims = match std::mem::take(&mut self.specs[i]) {
                ShapeSpec::Dict(dims) => dims,
                _ => Default::default(),
            };
            dims.insert(i64::try_from(index).unwrap_or(i64::MAX), dim.clone());
            dims.sort_unstable_keys();
            self.specs[i] = ShapeSpec::Dict(dims);
        }
        Ok(self)
    }

    /// Says `dim` of every int that the pattern means.
    ///
    /// # Errors
    /// [`SelectError`] when the pattern means no int, with the nearest paths.
    pub fn set_int(&mut self, pattern: &str, dim: impl Into<DimSpec>) -> Result<&mut Self, SelectError> {
        let dim = dim.into();
        for i in self.find(pattern, "int", |leaf| matches!(leaf, LeafDescription::Plain(LeafKind::Int)))? {
            self.specs[i] = ShapeSpec::Scalar(dim.clone());
        }
        Ok(self)
    }

    /// The shapes by the names of the parameters.
    pub fn dynamic_shapes(&self) -> DynamicShapes {
        self.bound.shapes(&mut |i| DynamicShapes::Leaf(self.specs.get(i).cloned().unwrap_or_default()))
    }

    fn find(
        &self,
        pattern: &str,
        sort: &'static str,
        wanted: impl Fn(&LeafDescription) -> bool,
    ) -> Result<Vec<usize>, SelectError> {
        let parsed: PathPattern = pattern.parse()?;
        let of_sort = || self.leaves.iter().enumerate().filter(|(_, (_, leaf))| wanted(leaf));
        let found: Vec<usize> = of_sort().filter(|(_, (path, _))| parsed.matches(path)).map(|(i, _)| i).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let near: IndexSet<String> = of_sort().map(|(_, (path, _))| pattern_of(path, true)).collect();
        let mut near: Vec<String> = near.into_iter().collect();
        // The parameter counts first: what is inside the right one is near.
        let name = |text: &str| text.split(['.', '[']).next().unwrap_or_default().to_owned();
        near.sort_by_cached_key(|text| (distance(&name(pattern), &name(text)), distance(pattern, text)));
        near.truncate(5);
        Err(SelectError::NoMatch { pattern: pattern.to_owned(), sort, near })
    }
}

impl<M: Module<Family: DescribeTensor>> ModelInputs<'_, M> {
    /// The shapes of the first set, all static, to be set by path: `shapes.set("cache.*[*]", 2, Dim::dynamic())`.
    ///
    /// # Errors
    /// [`SelectError::Bind`] cannot happen for sets that were checked when these inputs were made.
    pub fn shapes_by_path(&self) -> Result<PathShapes, SelectError> {
        match self.described().sets() {
            [first, ..] => PathShapes::new(M::signature(), first),
            [] => PathShapes::new(M::signature(), &InputSet::empty()),
        }
    }
}
