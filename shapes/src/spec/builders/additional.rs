//! Shapes inferred from further inputs.

use super::bound::Bound;
use crate::inputs::{InputsError, args_kwargs};
use crate::spec::dim::{Dim, DimSpec};
use crate::spec::{DynamicShapes, ShapeSpec};
use pytree_core::{
    BindError, DescribeTensor, Flat, Key, LeafRef, PyTree, Signature, TreeError, TreeSpec, flatten, python,
};
use std::fmt;

/// Further inputs that an exported program must take (`torch.export.AdditionalInputs`): where their sizes or ints differ
/// from those of the inputs to export with, these are dynamic.
///
/// Stricter than guessing: the element types are not looked at, but everything else must agree.
///
/// ```
/// use pytree_core::{DType, Parameter, ParameterKind, Signature, TensorMeta};
/// use shapes::AdditionalInputs;
/// let parameter = Parameter { name: "x".into(), kind: ParameterKind::PositionalOrKeyword, has_default: false };
/// let signature = Signature::new([parameter]);
/// let x = |sizes: [i64; 2]| (TensorMeta::new(DType::Float32, sizes),);
/// let mut more = AdditionalInputs::new();
/// more.add(&x([7, 6]))?;
/// assert_eq!(more.dynamic_shapes(&signature, &x([5, 6]))?.repr(), "{'x': (DimHint(DYNAMIC), None)}");
/// # Ok::<(), shapes::AdditionalError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AdditionalInputs {
    examples: Vec<Example>,
}

/// Inputs that differ in more than sizes. The texts are torch's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AdditionalError {
    /// A number or text that is not an int, or another size of a `str`.
    #[error(
        "The following inputs were found to have differing values, but they cannot be marked as dynamic: {values}."
    )]
    Values {
        /// The values, as a Python tuple.
        values: String,
    },
    /// Values of different types.
    #[error("The following inputs were found to have differing types, so they cannot be marked as dynamic: {values}.")]
    Types {
        /// The values, as a Python tuple.
        values: String,
    },
    /// Containers, or ranks, of different lengths.
    #[error("Node arity mismatch; expected {expected}, but got {found}.")]
    Arity {
        /// How many items the inputs to export with have.
        expected: usize,
        /// How many the others have.
        found: usize,
    },
    /// Containers of different types.
    #[error("Node type mismatch; expected <class '{expected}'>, but got <class '{found}'>.")]
    NodeType {
        /// The type in the inputs to export with.
        expected: &'static str,
        /// The type in the others.
        found: &'static str,
    },
    /// Dicts with different keys.
    #[error("Node keys mismatch; missing key(s): {{{missing}}}; extra key(s): {{{extra}}}.")]
    Keys {
        /// Keys that the others lack.
        missing: String,
        /// Keys that only the others have.
        extra: String,
    },
    /// The inputs are not a call.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// The inputs do not fit the signature.
    #[error(transparent)]
    Bind(#[from] BindError),
}

impl From<TreeError> for AdditionalError {
    fn from(error: TreeError) -> Self {
        AdditionalError::Inputs(error.into())
    }
}

/// One call: its structure, and of each leaf what is compared.
#[derive(Clone, Debug)]
struct Example {
    spec: TreeSpec,
    leaves: Vec<Leaf>,
}

#[derive(Clone, Debug, PartialEq)]
enum Leaf {
    Sizes(Vec<i64>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(String),
    None,
}

/// What torch compares: a tensor is the tuple of its sizes.
#[derive(Clone, Debug)]
enum Seen {
    Leaf(Leaf),
    /// Of a tensor.
    Sizes(Vec<Seen>),
    Tuple(Vec<Seen>),
    List(Vec<Seen>),
    Dict(Vec<(Key, Seen)>),
}

impl AdditionalInputs {
    /// No further inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the inputs of one call, read as [`InputSet::of`](crate::InputSet::of) reads them.
    ///
    /// # Errors
    /// [`AdditionalError::Inputs`] when they are not a set of inputs.
    pub fn add<F: DescribeTensor, X: PyTree<F> + ?Sized>(&mut self, inputs: &X) -> Result<&mut Self, AdditionalError> {
        self.examples.push(Example::of(inputs)?);
        Ok(self)
    }

    /// The shapes of these inputs, by the names of the parameters: a tuple per tensor.
    ///
    /// # Errors
    /// [`AdditionalError`] where the inputs differ in more than sizes and ints, or do not fit the signature.
    pub fn dynamic_shapes<F: DescribeTensor, X: PyTree<F> + ?Sized>(
        &self,
        signature: &Signature,
        inputs: &X,
    ) -> Result<DynamicShapes, AdditionalError> {
        let first = Example::of(inputs)?.seen(signature)?;
        let others = self.examples.iter().map(|e| e.seen(signature)).collect::<Result<Vec<_>, _>>()?;
        for other in &others {
            same_structure(&first, other)?;
        }
        merge(&first, &others.iter().collect::<Vec<_>>())
    }
}

impl Example {
    fn of<F: DescribeTensor, X: PyTree<F> + ?Sized>(inputs: &X) -> Result<Example, AdditionalError> {
        let Flat { leaves, spec } = flatten(inputs)?;
        let leaves = leaves.into_iter().map(|leaf| match leaf {
            LeafRef::Tensor(tensor) => Leaf::Sizes(F::sizes(tensor).to_vec()),
            LeafRef::Int(v) => Leaf::Int(v),
            LeafRef::Float(v) => Leaf::Float(v),
            LeafRef::Bool(v) => Leaf::Bool(v),
            LeafRef::Str(v) => Leaf::Str(v.to_owned()),
            LeafRef::None => Leaf::None,
        });
        Ok(Example { spec: args_kwargs(&spec)?, leaves: leaves.collect() })
    }

    fn seen(&self, signature: &Signature) -> Result<Seen, AdditionalError> {
        Ok(self.look(&Bound::of(signature, &self.spec)?))
    }

    fn look(&self, bound: &Bound) -> Seen {
        match bound {
            Bound::Leaf(index) => match self.leaves.get(*index) {
                Some(Leaf::Sizes(sizes)) => Seen::Sizes(sizes.iter().map(|s| Seen::Leaf(Leaf::Int(*s))).collect()),
                Some(leaf) => Seen::Leaf(leaf.clone()),
                None => Seen::Leaf(Leaf::None),
            },
            Bound::Tuple(items) => Seen::Tuple(items.iter().map(|item| self.look(item)).collect()),
            Bound::List(items) => Seen::List(items.iter().map(|item| self.look(item)).collect()),
            Bound::Dict(items) => Seen::Dict(items.iter().map(|(key, item)| (key.clone(), self.look(item))).collect()),
        }
    }
}

impl Seen {
    fn class(&self) -> &'static str {
        match self {
            Seen::Sizes(_) | Seen::Tuple(_) => "tuple",
            Seen::List(_) => "list",
            Seen::Dict(_) => "dict",
            Seen::Leaf(Leaf::Int(_)) => "int",
            Seen::Leaf(Leaf::Float(_)) => "float",
            Seen::Leaf(Leaf::Bool(_)) => "bool",
            Seen::Leaf(Leaf::Str(_)) => "str",
            Seen::Leaf(Leaf::None) => "NoneType",
            Seen::Leaf(Leaf::Sizes(_)) => "torch.Tensor",
        }
    }

    fn items(&self) -> Vec<&Seen> {
        match self {
            Seen::Leaf(_) => Vec::new(),
            Seen::Sizes(items) | Seen::Tuple(items) | Seen::List(items) => items.iter().collect(),
            Seen::Dict(items) => items.iter().map(|(_, item)| item).collect(),
        }
    }
}

/// `TreeSpec.flatten_up_to`: below a leaf of the first anything may stand.
fn same_structure(first: &Seen, other: &Seen) -> Result<(), AdditionalError> {
    if matches!(first, Seen::Leaf(_)) {
        return Ok(());
    }
    if first.class() != other.class() {
        return Err(AdditionalError::NodeType { expected: first.class(), found: other.class() });
    }
    let (expected, found) = (first.items().len(), other.items().len());
    if expected != found {
        return Err(AdditionalError::Arity { expected, found });
    }
    if let (Seen::Dict(a), Seen::Dict(b)) = (first, other) {
        let lacking = |of: &[(Key, Seen)], other: &[(Key, Seen)]| {
            let keys = of.iter().map(|(key, _)| key).filter(|key| other.iter().all(|(k, _)| k != *key));
            keys.map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let (missing, extra) = (lacking(a, b), lacking(b, a));
        if !missing.is_empty() {
            return Err(AdditionalError::Keys { missing, extra });
        }
    }
    first.items().into_iter().zip(aligned(first, other)).try_for_each(|(a, b)| same_structure(a, b))
}

/// The items of `other` in the order of `first`.
fn aligned<'s>(first: &Seen, other: &'s Seen) -> Vec<&'s Seen> {
    match (first, other) {
        (Seen::Dict(a), Seen::Dict(b)) => {
            a.iter().filter_map(|(key, _)| b.iter().find(|(k, _)| k == key).map(|(_, item)| item)).collect()
        }
        _ => other.items(),
    }
}

fn merge(first: &Seen, others: &[&Seen]) -> Result<DynamicShapes, AdditionalError> {
    if let Seen::Leaf(leaf) = first {
        return Ok(DynamicShapes::Leaf(match mark(leaf, others)? {
            DimSpec::None => ShapeSpec::None,
            dim => ShapeSpec::Scalar(dim),
        }));
    }
    let columns: Vec<Vec<&Seen>> = others.iter().map(|other| aligned(first, other)).collect();
    let column = |i: usize| columns.iter().filter_map(|column| column.get(i).copied()).collect::<Vec<_>>();
    let items = first.items();
    // The sizes of a tensor are a leaf of the result, not a tuple of leaves.
    if let Seen::Sizes(_) = first {
        let mut dims = Vec::new();
        for (i, item) in items.iter().enumerate() {
            if let Seen::Leaf(leaf) = item {
                dims.push(mark(leaf, &column(i))?);
            }
        }
        return Ok(DynamicShapes::Leaf(ShapeSpec::Tuple(dims)));
    }
    let merged = items.iter().enumerate().map(|(i, item)| merge(item, &column(i))).collect::<Result<Vec<_>, _>>()?;
    Ok(match first {
        Seen::Dict(entries) => DynamicShapes::Dict(entries.iter().map(|(key, _)| key.clone()).zip(merged).collect()),
        Seen::List(_) => DynamicShapes::List(merged),
        _ => DynamicShapes::Tuple(merged),
    })
}

fn mark(leaf: &Leaf, others: &[&Seen]) -> Result<DimSpec, AdditionalError> {
    let first = Seen::Leaf(leaf.clone());
    let values = || {
        let all = std::iter::once(&first).chain(others.iter().copied());
        let all: Vec<String> = all.map(ToString::to_string).collect();
        if let [only] = all.as_slice() { format!("({only},)") } else { format!("({})", all.join(", ")) }
    };
    if others.iter().any(|other| other.class() != first.class()) {
        return Err(AdditionalError::Types { values: values() });
    }
    let same = others.iter().all(|other| matches!(other, Seen::Leaf(other) if other == leaf));
    match leaf {
        _ if same => Ok(DimSpec::None),
        Leaf::Int(_) => Ok(Dim::dynamic().into()),
        _ => Err(AdditionalError::Values { values: values() }),
    }
}

/// Python's `repr`.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &[Seen]| items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Seen::Leaf(Leaf::Int(v)) => v.fmt(f),
            Seen::Leaf(Leaf::Float(v)) => python::Float(*v).fmt(f),
            Seen::Leaf(Leaf::Bool(v)) => f.write_str(python::bool(*v)),
            Seen::Leaf(Leaf::Str(v)) => python::Str(v).fmt(f),
            Seen::Leaf(Leaf::None) => f.write_str("None"),
            Seen::Leaf(Leaf::Sizes(sizes)) => write!(f, "{sizes:?}"),
            Seen::Sizes(items) | Seen::Tuple(items) if items.len() == 1 => write!(f, "({},)", list(items)),
            Seen::Sizes(items) | Seen::Tuple(items) => write!(f, "({})", list(items)),
            Seen::List(items) => write!(f, "[{}]", list(items)),
            Seen::Dict(items) => {
                let items = items.iter().map(|(key, item)| format!("{key}: {item}")).collect::<Vec<_>>();
                write!(f, "{{{}}}", items.join(", "))
            }
        }
    }
}
