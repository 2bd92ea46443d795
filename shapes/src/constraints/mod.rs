//! A spec applied to inputs: symbols for their sizes, the equalities the spec declares, and the result.

mod bullets;
mod declare;
mod equalities;
mod error;
mod fact;
mod fixes;
mod leaf;
mod linear;
mod polynomial;
mod ranges;
mod solver;
mod view;

use symbolic::{Expr, ShapeEnv};

use equalities::Equalities;
use leaf::{InputDim, dims_of};

pub use error::{Bullet, Cause, ConstraintError, ConstraintViolation, Fixes, Specialization};
pub use leaf::{InputLeaf, InputValue};
pub use ranges::{Placeholder, PlaceholderShape, RangeConstraints, Solved};

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

    /// What is known of the symbols so far, and the equalities that the spec declares.
    ///
    /// # Errors
    /// Equalities that do not hold for the examples.
    pub fn imposed(&self) -> Result<ShapeEnv, ConstraintError> {
        let mut env = self.env.clone();
        self.equalities.impose(&mut env, &self.dims)?;
        Ok(env)
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
