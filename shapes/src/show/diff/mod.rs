//! How far two values are apart.

mod measure;
mod show;

pub use show::string_diff;

use crate::tensor::{Number, TensorError, TensorValues};
use measure::measure;
use pytree_core::{Context, KeyPath, LeafRef, PyTree, Subtree, TreeError, flatten};

/// What [`max_diff`] looks at (`flatten`, `hist`, `skip_none`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiffOptions {
    /// Compares the tensors in order where lists or tuples have different lengths.
    pub flatten: bool,
    /// Counts the differences above each of these.
    pub hist: Vec<f64>,
    /// Takes `None` on one side for no difference.
    pub skip_none: bool,
}

impl DiffOptions {
    /// The thresholds of `hist=True`: 0, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100.
    pub fn hist() -> DiffOptions {
        DiffOptions { hist: vec![0.0, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0], ..Self::default() }
    }
}

/// Two values with something between them that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// Two leaves of sorts that have no difference.
    #[error("at {path}: {expected} and {found} cannot be compared; `skip_none` passes over None")]
    Leaves {
        /// Where in the expected value.
        path: KeyPath,
        /// What is expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The values of a tensor cannot be read.
    #[error("at {path}: {source}")]
    Tensor {
        /// Where in the expected value.
        path: KeyPath,
        /// Why.
        source: TensorError,
    },
    /// A value cannot be flattened.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// How far two values are apart; `Display` is [`string_diff`].
///
/// Numbers are Python's, so that they print as in Python: an `int` where nothing was measured.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Diff {
    /// The greatest absolute difference.
    pub abs: Number,
    /// The greatest relative difference, `|d| / (|expected| + 1e-3)`.
    pub rel: Number,
    /// The sum of the absolute differences.
    pub sum: Number,
    /// How many elements were compared.
    pub n: Number,
    /// How many elements are nan on one side only; they count as 1e10.
    pub dnan: Number,
    /// Where the greatest absolute difference is, when one tensor was compared.
    pub argm: Option<Position>,
    /// How many tensors are on different devices, when any was compared.
    pub dev: Option<u64>,
    /// How many differences are above each threshold.
    pub rep: Option<Vec<Exceeding>>,
}

/// How many differences are above a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exceeding {
    /// The threshold.
    pub threshold: f64,
    /// How many are above it.
    pub count: u64,
}

/// Where in a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// At these indices.
    At(Vec<usize>),
    /// Nowhere: the tensor is empty.
    Nowhere,
    /// The shapes are different.
    Infinite,
}

impl Diff {
    /// Whether the greatest absolute and the greatest relative difference stay below these, and no nan is on one side only.
    pub fn within(&self, atol: f64, rtol: f64) -> bool {
        self.abs.as_f64() <= atol && self.rel.as_f64() <= rtol && self.dnan.as_f64() == 0.0
    }

    fn none() -> Diff {
        let zero = || Number::Int(0);
        Diff { abs: zero(), rel: zero(), sum: zero(), n: zero(), dnan: zero(), argm: None, dev: None, rep: None }
    }

    fn infinite() -> Diff {
        let inf = || Number::Float(f64::INFINITY);
        Diff { abs: inf(), rel: inf(), sum: inf(), n: inf(), dnan: inf(), argm: None, dev: None, rep: None }
    }
}

/// How far `got` is from `expected` (`onnx_diagnostic.helpers.max_diff`).
///
/// Lists, tuples and dicts are compared item by item, registered classes leaf by leaf, whatever their class; another
/// length, key or shape is an infinite difference. A list or tuple of one is compared with a lone tensor. Element types
/// are not looked at.
///
/// ```
/// # use pytree_core::{DType, DescribeTensor, Family, LeafRef, PyTree, TensorMeta, Visitor};
/// # use shapes::{Number, TensorError, TensorSummary, TensorValues};
/// # struct Row(Vec<f64>);
/// # enum Rows {}
/// # impl Family for Rows { type Tensor = Row; }
/// # impl PyTree<Rows> for Row {
/// #     fn walk<'a, V: Visitor<'a, Rows>>(&'a self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
/// #         v.leaf(LeafRef::Tensor(self))
/// #     }
/// # }
/// # impl DescribeTensor for Rows {
/// #     fn describe(t: &Row) -> TensorMeta { TensorMeta::new(DType::Float64, [t.0.len() as i64]) }
/// # }
/// # impl TensorValues for Rows {
/// #     fn values(t: &Row) -> Result<Vec<f64>, TensorError> { Ok(t.0.clone()) }
/// #     fn summary(t: &Row) -> Result<TensorSummary, TensorError> {
/// #         TensorSummary::of(&t.0.iter().map(|v| Number::Float(*v)).collect::<Vec<_>>(), 1)
/// #     }
/// # }
/// use shapes::{DiffOptions, max_diff};
/// let (expected, got) = (vec![Row(vec![0.0, 1.0]), Row(vec![2.0])], vec![Row(vec![0.5, 1.0]), Row(vec![2.0])]);
/// let diff = max_diff(&expected, &got, &DiffOptions::default())?;
/// assert_eq!(diff.to_string(), "abs=0.5, rel=500.0, n=3.0, dev=0");
/// # Ok::<(), shapes::DiffError>(())
/// ```
///
/// # Errors
/// [`DiffError`] for leaves that cannot be compared, such as a tensor and `None`, and when a tensor cannot be read.
pub fn max_diff<F: TensorValues, X: PyTree<F> + ?Sized, Y: PyTree<F> + ?Sized>(
    expected: &X,
    got: &Y,
    options: &DiffOptions,
) -> Result<Diff, DiffError> {
    let (expected, got) = (flatten(expected)?, flatten(got)?);
    Comparison { options }.values(Side(expected.root()), Side(got.root()), &mut KeyPath::default(), true)
}

struct Comparison<'c> {
    options: &'c DiffOptions,
}

/// A value on one side.
struct Side<'s, 't, F: TensorValues>(Subtree<'s, LeafRef<'t, F>>);

impl<F: TensorValues> Clone for Side<'_, '_, F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: TensorValues> Copy for Side<'_, '_, F> {}

/// What a side is to the comparison.
enum Shape {
    Leaf,
    List,
    Tuple,
    Dict,
    Node,
}

impl<'s, 't, F: TensorValues> Side<'s, 't, F> {
    fn shape(self) -> Shape {
        match self.0.node().context() {
            None => Shape::Leaf,
            Some(Context::List) => Shape::List,
            Some(Context::Tuple) => Shape::Tuple,
            Some(Context::Dict(_)) => Shape::Dict,
            // A `ModelOutput` is compared as the tuple of its fields.
            Some(context) if crate::classes::is_model_output(context) => Shape::Tuple,
            Some(_) => Shape::Node,
        }
    }

    fn leaf(self) -> Option<LeafRef<'t, F>> {
        self.0.leaf().copied()
    }

    fn items(self) -> Vec<Self> {
        self.0.children().map(Side).collect()
    }

    /// The leaves below, in order.
    fn flat(self) -> Vec<Self> {
        match self.shape() {
            Shape::Leaf => vec![self],
            _ => self.items().into_iter().flat_map(Side::flat).collect(),
        }
    }

    /// The values of a dict, in the order of its sorted keys.
    fn sorted(self) -> Option<Vec<(String, Self)>> {
        let Some(Context::Dict(keys)) = self.0.node().context() else { return None };
        let mut items: Vec<_> = keys.iter().map(ToString::to_string).zip(self.items()).collect();
        items.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(items)
    }
}

impl Comparison<'_> {
    /// `alone` is whether a list of one may stand for its item.
    fn values<F: TensorValues>(
        &self,
        a: Side<'_, '_, F>,
        b: Side<'_, '_, F>,
        path: &mut KeyPath,
        alone: bool,
    ) -> Result<Diff, DiffError> {
        let tensor = |leaf: Option<LeafRef<'_, F>>| matches!(leaf, Some(LeafRef::Tensor(_)));
        let b_items = b.items();
        if let (true, true, [only], Shape::List | Shape::Tuple) =
            (alone, tensor(a.leaf()), b_items.as_slice(), b.shape())
        {
            return self.values(a, *only, path, false);
        }
        let a_items = a.items();
        match (a.shape(), b.shape()) {
            (Shape::Leaf, Shape::Leaf) => self.leaves(a, b, path),
            (Shape::List, Shape::List) | (Shape::Tuple, Shape::Tuple) => self.items(&a_items, &b_items, path),
            (Shape::List | Shape::Tuple, _) if a_items.len() == 1 => self.values(a_items[0], b, path, true),
            (Shape::List | Shape::Tuple, Shape::List | Shape::Tuple) => self.items(&a_items, &b_items, path),
            (Shape::Dict, Shape::Dict) => match (a.sorted(), b.sorted()) {
                (Some(a), Some(b)) if a.iter().map(|(k, _)| k).eq(b.iter().map(|(k, _)| k)) => {
                    let values = |items: Vec<(String, _)>| items.into_iter().map(|(_, v)| v).collect::<Vec<_>>();
                    self.items(&values(a), &values(b), path)
                }
                _ => Ok(Diff::infinite()),
            },
            (Shape::Dict, Shape::List | Shape::Tuple) if a_items.len() == b_items.len() => {
                self.items(&a_items, &b_items, path)
            }
            (Shape::Node, Shape::Leaf) if self.options.skip_none && is_none(b.leaf()) => Ok(Diff::none()),
            // Python knows every container as a node, so a class may be compared with a list of its leaves.
            (Shape::Node, Shape::Node | Shape::List | Shape::Tuple | Shape::Dict) => {
                self.items(&a.flat(), &b.flat(), path)
            }
            (Shape::Leaf, _) if !tensor(a.leaf()) && !is_none(a.leaf()) => Ok(Diff::infinite()),
            (Shape::Leaf, _) if self.options.skip_none => Ok(Diff::none()),
            (Shape::Leaf, _) => Err(self.unlike(a, b, path)),
            _ => Ok(Diff::infinite()),
        }
    }

    fn items<F: TensorValues>(
        &self,
        a: &[Side<'_, '_, F>],
        b: &[Side<'_, '_, F>],
        path: &mut KeyPath,
    ) -> Result<Diff, DiffError> {
        if a.len() != b.len() {
            if !self.options.flatten {
                return Ok(Diff::infinite());
            }
            let flat = |items: &[Side<'_, '_, F>]| items.iter().flat_map(|item| item.flat()).count();
            if flat(a) != flat(b) {
                return Ok(Diff::infinite());
            }
            let (a, b): (Vec<_>, Vec<_>) =
                (a.iter().flat_map(|s| s.flat()).collect(), b.iter().flat_map(|s| s.flat()).collect());
            return self.items(&a, &b, path);
        }
        let mut total = Diff { sum: Number::Float(0.0), n: Number::Float(0.0), ..Diff::none() };
        for (i, (x, y)) in a.iter().zip(b).enumerate() {
            path.0.push(pytree_core::KeyEntry::Sequence(i));
            total.add(self.values(*x, *y, path, true)?);
            path.0.pop();
        }
        Ok(total)
    }

    fn unlike<F: TensorValues>(&self, a: Side<'_, '_, F>, b: Side<'_, '_, F>, path: &KeyPath) -> DiffError {
        let sort = |leaf: Option<LeafRef<'_, F>>| leaf.map_or("a container".to_owned(), |leaf| leaf.kind().to_string());
        let (expected, found) = (sort(a.leaf()), sort(b.leaf()));
        DiffError::Leaves { path: path.clone(), expected, found }
    }

    fn leaves<F: TensorValues>(
        &self,
        a: Side<'_, '_, F>,
        b: Side<'_, '_, F>,
        path: &KeyPath,
    ) -> Result<Diff, DiffError> {
        let unread = |source| DiffError::Tensor { path: path.clone(), source };
        let (Some(x), Some(y)) = (a.leaf(), b.leaf()) else {
            return Err(self.unlike(a, b, path));
        };
        match (x, y) {
            (LeafRef::None, LeafRef::None) => Ok(Diff::none()),
            (LeafRef::Tensor(x), LeafRef::Tensor(y)) => measure::<F>(x, y, &self.options.hist).map_err(unread),
            (LeafRef::None, _) | (_, LeafRef::None) if self.options.skip_none => Ok(Diff::none()),
            (x, LeafRef::Tensor(y)) => match number(x) {
                Some(x @ (Number::Int(_) | Number::Bool(_))) => measure::against_number::<F>(x, y).map_err(unread),
                _ => Err(self.unlike(a, b, path)),
            },
            (x, y) => match (number(x), number(y)) {
                // Python compares a size with a tensor, but no two numbers; they differ by what they differ by.
                (Some(x), Some(y)) => Ok(measure::numbers(x, y)),
                _ => Err(self.unlike(a, b, path)),
            },
        }
    }
}

fn is_none<F: TensorValues>(leaf: Option<LeafRef<'_, F>>) -> bool {
    matches!(leaf, Some(LeafRef::None))
}

fn number<F: TensorValues>(leaf: LeafRef<'_, F>) -> Option<Number> {
    match leaf {
        LeafRef::Int(v) => Some(Number::Int(v)),
        LeafRef::Float(v) => Some(Number::Float(v)),
        LeafRef::Bool(v) => Some(Number::Bool(v)),
        _ => None,
    }
}

impl Diff {
    /// Takes the difference of one more item in.
    fn add(&mut self, item: Diff) {
        // Python's `max` keeps the first of two equal numbers.
        let larger = |a: Number, b: Number| if b.as_f64() > a.as_f64() { b } else { a };
        self.abs = larger(self.abs, item.abs);
        self.rel = larger(self.rel, item.rel);
        self.dnan = larger(self.dnan, item.dnan);
        self.sum = Number::Float(self.sum.as_f64() + item.sum.as_f64());
        self.n = Number::Float(self.n.as_f64() + item.n.as_f64());
        self.dev = match (self.dev, item.dev) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.rep = match (self.rep.take(), item.rep) {
            (Some(a), Some(b)) => {
                let sum = |(a, b): (Exceeding, Exceeding)| Exceeding { count: a.count + b.count, ..a };
                Some(a.into_iter().zip(b).map(sum).collect())
            }
            (a, b) => a.or(b),
        };
    }
}
