//! Inputs and their dynamic shapes, side by side.

mod change;
mod error;
pub(crate) mod pair;

pub use change::ChangeOptions;
pub use error::CoupleError;

use crate::inputs::{args_kwargs, leaf_numbers};
use crate::show::string_type::{Described, StringTypeError, StringTypeOptions, string_type_subtree};
use crate::spec::dim::{Dim, DimSpec, HintKind};
use crate::spec::{DynamicShapes, ShapeSpec, as_dict};
use indexmap::IndexMap;
use pair::{Dims, Nodes, Pair, Pairer};
use pytree_core::{Context, DescribeTensor, Flat, Key, KeyPath, LeafRef, PyTree, Subtree, TreeSpec, flatten};

/// One set of inputs with its dynamic shapes (`onnx_diagnostic.export.CoupleInputsDynamicShapes`).
///
/// ```
/// use pytree_core::{DType, Meta, TensorMeta, Value};
/// use shapes::{ChangeOptions, CoupleInputsDynamicShapes, DimSpec, DynamicShapes, ShapeSpec};
///
/// let t = |sizes: [i64; 2]| TensorMeta::new(DType::Float32, sizes);
/// let inputs = (t([3, 4]), t([3, 1]));
/// let name = |n: &str| DimSpec::Text(n.to_owned());
/// let shapes = DynamicShapes::Tuple(vec![
///     DynamicShapes::leaf(ShapeSpec::dims([(0, name("batch"))])),
///     DynamicShapes::leaf(ShapeSpec::dims([(0, name("batch")), (1, name("seq"))])),
/// ]);
/// let couple = CoupleInputsDynamicShapes::new(&inputs, shapes)?;
/// let invalid = couple.invalid_dimensions_for_export()?.map(|d| d.repr());
/// assert_eq!(invalid.as_deref(), Some("(None, {1: 'd=[1]'})"));
///
/// // Other inputs of the same kind, to try an exported program on.
/// let other: (TensorMeta, TensorMeta) = couple.change_dynamic_dimensions(&ChangeOptions::default().desired("seq", 7))?;
/// assert_eq!(other, (t([4, 4]), t([4, 7])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CoupleInputsDynamicShapes<'a, F: DescribeTensor> {
    /// The structure as it was given, and as `(args, kwargs)`; the leaves are the same.
    given: TreeSpec,
    spec: TreeSpec,
    leaves: Vec<LeafRef<'a, F>>,
    /// The number of each leaf.
    numbers: Vec<usize>,
    shapes: DynamicShapes,
    args_names: Option<Vec<String>>,
}

/// A part of the inputs, with the numbers of its leaves.
pub(crate) type LeafTree<'s> = Subtree<'s, usize>;

/// Which of the arguments have shapes.
enum Walk {
    /// Positional ones: a tuple.
    Args,
    /// Named ones: a dict.
    Kwargs,
    /// Both, the positional ones by these names.
    Both(Vec<Key>),
}

impl<'a, F: DescribeTensor> CoupleInputsDynamicShapes<'a, F> {
    /// Pairs inputs with shapes. The inputs are read as [`InputSet::of`](crate::InputSet::of) reads them. Shapes are a
    /// tuple for positional arguments and a dict for named ones; a dict for positional arguments is taken in its order.
    ///
    /// # Errors
    /// [`CoupleError`] when the inputs are not a set, or a dict for positional arguments has another length.
    pub fn new<X: PyTree<F> + ?Sized>(inputs: &'a X, shapes: DynamicShapes) -> Result<Self, CoupleError> {
        let Flat { leaves, spec: given } = flatten(inputs)?;
        let spec = args_kwargs(&given)?;
        let mut couple =
            CoupleInputsDynamicShapes { numbers: leaf_numbers(&spec), given, spec, leaves, shapes, args_names: None };
        let (args, kwargs) = couple.parts();
        if let (0, Some(table)) = (kwargs, as_dict(&couple.shapes)) {
            if table.len() != args {
                return Err(CoupleError::NamedLength { shapes: table.len(), args });
            }
            couple.shapes = DynamicShapes::Tuple(table.into_owned().into_values().collect());
        }
        Ok(couple)
    }

    /// The same pair, with names for the positional arguments: needed where both positional and named ones have shapes.
    #[must_use]
    pub fn with_args_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args_names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Dimensions that are declared dynamic and have a size of 0 or 1, which an export would take for constants: for
    /// each tensor that has some, `{dimension: 'd=[size]'}`, in the structure of the shapes. `None` when all are fine.
    ///
    /// A dimension counts as dynamic unless its entry is an integer, as in onnx-diagnostic.
    ///
    /// # Errors
    /// [`CoupleError`] where inputs and shapes differ in structure.
    pub fn invalid_dimensions_for_export(&self) -> Result<Option<DynamicShapes>, CoupleError> {
        self.per_tensor(|couple, pair| {
            let Some(LeafRef::Tensor(tensor)) = couple.leaves.get(pair.leaf) else { return Ok(None) };
            let declared = |i: &i64| pair.dims.get(i).is_some_and(|dim| !matches!(dim, DimSpec::Int(_)));
            let invalid = (0_i64..).zip(F::sizes(tensor)).filter(|(i, size)| declared(i) && matches!(size, 0 | 1));
            let invalid: Dims = invalid.map(|(i, size)| (i, DimSpec::Text(format!("d=[{size}]")))).collect();
            Ok(Some(invalid).filter(|dims| !dims.is_empty()))
        })
    }

    /// The shapes with every name replaced by `value`. `None` when there is no tensor.
    ///
    /// # Errors
    /// [`CoupleError`] where inputs and shapes differ in structure.
    pub fn replace_string_by(&self, value: impl Into<DimSpec>) -> Result<Option<DynamicShapes>, CoupleError> {
        let value = value.into();
        self.per_tensor(|_, pair| {
            let replaced = |dim: &DimSpec| if matches!(dim, DimSpec::Text(_)) { value.clone() } else { dim.clone() };
            Ok(Some(pair.dims.iter().map(|(i, dim)| (*i, replaced(dim))).collect()))
        })
    }

    /// The shapes with every name replaced by `Dim.DYNAMIC`.
    ///
    /// # Errors
    /// [`CoupleError`] where inputs and shapes differ in structure.
    pub fn replace_string(&self) -> Result<Option<DynamicShapes>, CoupleError> {
        self.replace_string_by(Dim::dynamic())
    }

    /// The shapes with a name for every dimension: named dims give their own, `DYNAMIC` and `AUTO` a new one each, `Dim`
    /// and the number of names seen so far.
    ///
    /// # Errors
    /// [`CoupleError`] where inputs and shapes differ in structure, and for a dimension that is declared static.
    pub fn replace_by_string(&self) -> Result<Option<DynamicShapes>, CoupleError> {
        let mut names = std::collections::HashSet::new();
        self.per_tensor(|_, pair| {
            let mut dims = Dims::new();
            for (index, dim) in &pair.dims {
                let name = match dim {
                    DimSpec::Text(name) => name.clone(),
                    DimSpec::Hint(hint) if hint.kind() != HintKind::Static => format!("Dim{}", names.len()),
                    other => other.name().ok_or_else(|| CoupleError::StaticDim {
                        path: pair.path.clone(),
                        index: *index,
                        dim: other.to_string(),
                    })?,
                };
                names.insert(name.clone());
                dims.insert(*index, DimSpec::Text(name));
            }
            Ok(Some(dims))
        })
    }

    /// What onnx-diagnostic's `str` prints: inputs and shapes as [`string_type`](crate::string_type()) shows them.
    ///
    /// # Errors
    /// As [`string_type`](crate::string_type()).
    pub fn describe(&self) -> Result<String, StringTypeError> {
        let options = StringTypeOptions::shapes();
        let mut parts = Vec::new();
        for part in Subtree::of(&self.spec, &self.leaves).into_iter().flat_map(Subtree::children) {
            parts.push(string_type_subtree(part, options)?);
        }
        let (args, kwargs) = (parts.first().map_or("", String::as_str), parts.get(1).map_or("", String::as_str));
        let shapes = Described::from(&self.shapes).string_type(options)?;
        Ok(format!("CoupleInputsDynamicShapes(\n    args={args},    kwargs={kwargs},    dynamic_shapes={shapes},)"))
    }

    /// How many positional and how many named arguments.
    fn parts(&self) -> (usize, usize) {
        let mut parts = self.spec.root().children().map(|part| part.arity());
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    }

    /// Positional arguments, and named ones with their names.
    fn arguments(&self) -> (Option<LeafTree<'_>>, Option<LeafTree<'_>>, &[Key]) {
        let mut parts = Subtree::of(&self.spec, &self.numbers).into_iter().flat_map(Subtree::children);
        let (args, kwargs) = (parts.next(), parts.next());
        let keys = match kwargs.and_then(|kwargs| kwargs.node().context()) {
            Some(Context::Dict(keys)) => keys.as_slice(),
            _ => &[],
        };
        (args, kwargs, keys)
    }

    fn walk(&self) -> Result<Walk, CoupleError> {
        let form = |call| CoupleError::Form { call, shapes: self.shapes.repr() };
        let table = as_dict(&self.shapes);
        let keys = self.arguments().2;
        match self.parts() {
            (0, _) => table.map(|_| Walk::Kwargs).ok_or_else(|| form("named arguments")),
            (_, 0) if matches!(self.shapes, DynamicShapes::Tuple(_)) => Ok(Walk::Args),
            (_, 0) => Err(form("positional arguments")),
            (args, _) => {
                let table = table.ok_or_else(|| form("positional and named arguments"))?;
                match &self.args_names {
                    Some(names) if !names.iter().any(|n| table.contains_key(&Key::from(n.clone()))) => Ok(Walk::Kwargs),
                    Some(names) if names.len() < args => Err(CoupleError::TooFewNames { args, names: names.len() }),
                    Some(names) => Ok(Walk::Both(names.iter().take(args).map(|n| Key::from(n.clone())).collect())),
                    // No shapes for the positional ones: they are passed over.
                    None if table.keys().all(|key| keys.contains(key)) => Ok(Walk::Kwargs),
                    None => Err(CoupleError::NoNames),
                }
            }
        }
    }

    /// Arguments by name: the positional ones first, unless a named one takes their name.
    fn by_name(&self, names: &[Key]) -> IndexMap<Key, LeafTree<'_>> {
        let (args, kwargs, keys) = self.arguments();
        let positional = names.iter().zip(args.into_iter().flat_map(Subtree::children));
        let named = keys.iter().zip(kwargs.into_iter().flat_map(Subtree::children));
        positional.chain(named).map(|(key, at)| (key.clone(), at)).collect()
    }

    fn pairs(&self, walk: &Walk, nodes: Nodes) -> Result<Vec<Pair>, CoupleError> {
        let mut pairer =
            Pairer { leaves: &self.leaves, nodes, any_form: false, pairs: Vec::new(), path: KeyPath::default() };
        let (args, kwargs, keys) = self.arguments();
        match (walk, args, kwargs) {
            (Walk::Args, Some(args), _) => pairer.value(args, &self.shapes)?,
            (Walk::Kwargs, _, Some(kwargs)) => pairer.dict(kwargs, keys, &self.shapes)?,
            (Walk::Both(names), ..) => {
                let (values, table) = (self.by_name(names), as_dict(&self.shapes).unwrap_or_default());
                if values.len() != table.len() {
                    let path = KeyPath::default();
                    return Err(CoupleError::Length { path, inputs: values.len(), shapes: table.len() });
                }
                pairer.named(values.iter().map(|(key, at)| (key, *at)), &table)?;
            }
            _ => {}
        }
        Ok(pairer.pairs)
    }

    /// `f` of every tensor and its dimensions, in the structure of the shapes.
    fn per_tensor(
        &self,
        mut f: impl FnMut(&Self, &Pair) -> Result<Option<Dims>, CoupleError>,
    ) -> Result<Option<DynamicShapes>, CoupleError> {
        let walk = self.walk()?;
        let mut found: Vec<Option<DynamicShapes>> = vec![None; self.leaves.len()];
        for pair in self.pairs(&walk, Nodes::Nested)? {
            found[pair.leaf] = f(self, &pair)?.map(|dims| DynamicShapes::Leaf(ShapeSpec::Dict(dims)));
        }
        let (args, kwargs, _) = self.arguments();
        Ok(match &walk {
            Walk::Args => args.and_then(|args| self.collect(args, false, &found)),
            Walk::Kwargs => kwargs.and_then(|kwargs| self.collect(kwargs, false, &found)),
            Walk::Both(names) => some_dict(
                self.by_name(names).into_iter().filter_map(|(key, at)| Some((key, self.collect(at, false, &found)?))),
            ),
        })
    }

    /// What was found of one value; `None` when it is nothing. Inside a registered class everything is a list.
    fn collect(&self, at: LeafTree<'_>, listed: bool, found: &[Option<DynamicShapes>]) -> Option<DynamicShapes> {
        let Some(context) = at.node().context() else {
            let leaf = *at.leaf()?;
            return match self.leaves.get(leaf)? {
                LeafRef::Tensor(_) => found.get(leaf)?.clone(),
                // Python takes None for a class without children.
                LeafRef::None if !listed => Some(DynamicShapes::List(Vec::new())),
                _ => None,
            };
        };
        let items = |listed: bool| {
            let items: Vec<_> = at.children().map(|child| self.collect(child, listed, found)).collect();
            let any = items.iter().any(Option::is_some);
            any.then(|| items.into_iter().map(|item| item.unwrap_or(DynamicShapes::NONE)).collect())
        };
        match context {
            Context::Tuple if !listed => items(false).map(DynamicShapes::Tuple),
            Context::List if !listed => items(false).map(DynamicShapes::List),
            Context::Dict(keys) if !listed => some_dict(
                keys.iter()
                    .cloned()
                    .zip(at.children())
                    .filter_map(|(key, child)| Some((key, self.collect(child, false, found)?))),
            ),
            _ if !listed && at.node().arity() == 0 => Some(DynamicShapes::List(Vec::new())),
            _ => items(true).map(DynamicShapes::List),
        }
    }
}

fn some_dict(entries: impl Iterator<Item = (Key, DynamicShapes)>) -> Option<DynamicShapes> {
    let entries: IndexMap<_, _> = entries.collect();
    (!entries.is_empty()).then_some(DynamicShapes::Dict(entries))
}
