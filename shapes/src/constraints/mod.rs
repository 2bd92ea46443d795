//! A spec applied to inputs: symbols for their sizes, the equalities the spec declares, and the result.

mod declare;
mod equalities;
mod error;
mod fixes;
mod linear;
mod polynomial;
mod ranges;
mod solver;
mod violations;

use crate::spec::ShapeSpec;
use crate::spec::dim::DimSpec;
use symbolic::{Expr, ShapeEnv, ValueRange};

use equalities::Equalities;

pub use error::{Bullet, ConstraintError, ConstraintViolation, Fixes, Specialization};
pub use ranges::{Placeholder, PlaceholderShape, RangeConstraints, Solved};

/// What one leaf of the example inputs is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InputValue {
    /// A tensor.
    Tensor {
        /// Its sizes.
        sizes: Vec<i64>,
        /// Its strides; `None` when contiguous.
        strides: Option<Vec<i64>>,
        /// Its first element's place in the storage.
        storage_offset: i64,
    },
    /// An int.
    Int(i64),
    /// Anything else is a constant.
    Other {
        /// Python's class, for messages: `<class 'float'>`.
        class: String,
    },
}

impl InputValue {
    /// A contiguous tensor.
    pub fn tensor(sizes: impl Into<Vec<i64>>) -> InputValue {
        InputValue::Tensor { sizes: sizes.into(), strides: None, storage_offset: 0 }
    }
}

/// One leaf of the flattened `(args, kwargs)`, with what the spec says about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputLeaf {
    /// Where torch reads it, the text whose hash numbers its symbols: `L['x'][0]`.
    pub source: String,
    /// Key path from the bound parameter, for messages: `['x'][0]`.
    pub path: String,
    /// The name of its placeholder, `x_0`. Every leaf has a name of its own; the caller sees to it.
    pub name: String,
    /// What it is.
    pub value: InputValue,
    /// What the spec says.
    pub spec: ShapeSpec,
}

/// One dimension (or int) of an input while the program runs.
#[derive(Clone, Debug)]
struct InputDim {
    /// `L['x'].size()[0]`; for an int the bare source.
    source: String,
    leaf: usize,
    /// `None` for an int input.
    index: Option<usize>,
    value: i64,
    spec: DimSpec,
    /// The user's range, for named and derived dims.
    user: Option<ValueRange>,
    /// As created: a symbol or a literal.
    expr: Expr,
}

/// The inputs of a program as symbols.
///
/// The steps are torch's: [`declare`](SymbolicInputs::declare), run the program's shape rules on
/// [`sizes`](SymbolicInputs::sizes) and [`env_mut`](SymbolicInputs::env_mut), [`finish`](SymbolicInputs::finish).
///
/// ```
/// use shapes::{Dim, InputLeaf, InputValue, ShapeSpec, SymbolicInputs, Tolerance};
/// use symbolic::Naming;
///
/// let batch = Dim::new("batch")?;
/// let leaf = |name: &str| InputLeaf {
///     source: format!("L['{name}']"),
///     path: format!("['{name}']"),
///     name: name.to_owned(),
///     value: InputValue::tensor([4, 3]),
///     spec: ShapeSpec::dims([(0, &batch)]),
/// };
/// let inputs = SymbolicInputs::declare(vec![leaf("x"), leaf("y")], &[0, 1], Naming::Hashed)?;
/// let solved = inputs.finish(Tolerance::Strict)?;
/// assert_eq!(solved.placeholders[1].to_string(), "y: [s17, 3]");
/// assert_eq!(solved.ranges.to_string(), "{s17: VR[0, int_oo]}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SymbolicInputs {
    env: ShapeEnv,
    leaves: Vec<InputLeaf>,
    dims: Vec<InputDim>,
    equalities: Equalities,
}

/// What to do when the program breaks the spec.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tolerance {
    /// An error, as torch gives.
    #[default]
    Strict,
    /// Dims that the program specialises or unifies become what they are, and the violation is reported in the result.
    Specialize,
}

impl SymbolicInputs {
    /// What is known of the symbols so far.
    pub fn env(&self) -> &ShapeEnv {
        &self.env
    }

    /// For rules that unify, relate or specialise.
    pub fn env_mut(&mut self) -> &mut ShapeEnv {
        &mut self.env
    }

    /// The leaves, as declared.
    pub fn leaves(&self) -> &[InputLeaf] {
        &self.leaves
    }

    /// Sizes of a tensor leaf with every equality known so far applied; for an int leaf its one value; else nothing.
    ///
    /// # Errors
    /// Arithmetic errors of the substitution.
    pub fn sizes(&self, leaf: usize) -> Result<Vec<Expr>, ConstraintError> {
        dims_of(&self.dims, leaf).iter().map(|d| self.env.replace(&d.expr).map_err(ConstraintError::from)).collect()
    }
}

/// The dims of one leaf: they stand together, in the order of the leaves.
fn dims_of(dims: &[InputDim], leaf: usize) -> &[InputDim] {
    let (from, to) = (dims.partition_point(|d| d.leaf < leaf), dims.partition_point(|d| d.leaf <= leaf));
    &dims[from..to]
}
