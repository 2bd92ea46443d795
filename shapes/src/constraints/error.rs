//! What a spec can get wrong, in torch's words.

use std::fmt;

use crate::spec::dim::DimError;
use symbolic::{EnvError, ExprError};

/// Why a spec does not fit the inputs or the program.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConstraintError {
    /// A dim is described wrongly.
    #[error(transparent)]
    Dim(#[from] DimError),
    /// Two dims share a name and differ in range.
    #[error("Found different definitions {first} and {second} for the same symbolic dimension {dim}!")]
    Definitions {
        /// The definition met first.
        first: String,
        /// The other one.
        second: String,
        /// The dim of that other one, as the spec shows it.
        dim: String,
    },
    /// The example is not a value of the derived dim.
    #[error("Expected shape[{dim}] = {size} of input Tensor to be of the form {form}, where {root} is an integer")]
    DerivedForm {
        /// Index of the dimension.
        dim: usize,
        /// The example size.
        size: i64,
        /// The derived dim.
        form: String,
        /// Its root.
        root: String,
    },
    /// A tuple or list spec of the wrong length.
    #[error("Expected dynamic shape spec {spec} specified at `dynamic_shapes{path}` to have the same length as the actual tensor shape torch.Size({sizes:?}) (expected {}, but got {got} instead)", sizes.len())]
    Rank {
        /// The spec.
        spec: String,
        /// Where it stands.
        path: String,
        /// The tensor's sizes.
        sizes: Vec<i64>,
        /// Entries in the spec.
        got: usize,
    },
    /// A spec for a dimension that the tensor does not have. Torch ignores hints there and crashes on named dims.
    #[error(
        "`dynamic_shapes{path}` describes dimension {dim}, but the tensor at `inputs{path}` has rank {rank}; dimensions are counted from 0"
    )]
    NoSuchDim {
        /// Where the spec stands.
        path: String,
        /// The dimension named.
        dim: i64,
        /// The tensor's rank.
        rank: usize,
    },
    /// An entry that is not a dim.
    #[error(
        "Unexpected dimension mapped to index {dim} in input tensor shape {spec} specified at `dynamic_shapes{path}` (expected None, an int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC,  but got {got} instead)"
    )]
    UnexpectedDim {
        /// Index of the dimension.
        dim: i64,
        /// The whole spec of the tensor.
        spec: String,
        /// Where it stands.
        path: String,
        /// The entry.
        got: String,
    },
    /// An entry of a tuple or list that is not a dim.
    #[error(
        "Unexpected dimension #{dim} in input tensor shape {spec} specified at `dynamic_shapes{path}` (expected None, an int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC, but got {got} instead)"
    )]
    UnexpectedItem {
        /// Index of the dimension.
        dim: i64,
        /// The whole spec of the tensor.
        spec: String,
        /// Where it stands.
        path: String,
        /// The entry.
        got: String,
    },
    /// A single dim where a tensor needs one per dimension.
    #[error(
        "Unexpected input tensor shape {spec} specified at `dynamic_shapes{path}` (expected either a list/tuple of dimensions, or a dict mapping indices to dimensions, where each dimension is an int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC)"
    )]
    TensorSpec {
        /// The spec.
        spec: String,
        /// Where it stands.
        path: String,
    },
    /// A spec on a leaf that is not a tensor.
    #[error(
        "Cannot associate shape {spec} specified at `dynamic_shapes{path}` to non-tensor type {class} at `inputs{path}` (expected None)"
    )]
    NotATensor {
        /// The spec.
        spec: String,
        /// Where it stands.
        path: String,
        /// The leaf's class.
        class: String,
    },
    /// A named dim on an int.
    #[error("Unable to specify input integers as dynamic through named Dims. Please use Dim.AUTO/DYNAMIC instead.")]
    NamedInt,
    /// Something else than a hint on an int. An int there is an `AttributeError` in torch.
    #[error(
        "expected dynamic_shape to be None, int, or _DimHint for _IntWrapper, got <class '{class}'> at `dynamic_shapes{path}`; give None or a hint for an int input"
    )]
    IntSpec {
        /// The class of its spec.
        class: &'static str,
        /// Where it stands.
        path: String,
    },
    /// An int dim that differs from the example.
    #[error("Static shape constraint of {spec} does not match input size of {size}, for {dim}")]
    Static {
        /// The size demanded.
        spec: i64,
        /// The example size.
        size: i64,
        /// Which size it is.
        dim: String,
    },
    /// Two sizes under one name differ in the examples.
    #[error("{later} = {size} is not equal to {first} = {first_size}")]
    NotEqual {
        /// The later dimension.
        later: String,
        /// Its size.
        size: i64,
        /// The first dimension of that name.
        first: String,
        /// Its size.
        first_size: i64,
    },
    /// A derived dim whose example does not follow from its root's.
    #[error("Expected input {dim} to be equal to {form}, where {root} = {root_size}, but got {size}")]
    Derived {
        /// The dimension.
        dim: String,
        /// The derived dim.
        form: String,
        /// Its root.
        root: String,
        /// The root's size.
        root_size: i64,
        /// The example size.
        size: i64,
    },
    /// The program demands what the spec does not allow.
    #[error(transparent)]
    Violated(#[from] ConstraintViolation),
    /// The ranges of hints contradict what the program needs.
    #[error("{}{}{}", conflict_text(conflicts), if *small { "\n" } else { "" }, if *small { SMALL } else { "" })]
    Conflicts {
        /// One line each.
        conflicts: Vec<String>,
        /// Whether an example has a size of 0 or 1, which is a constant of the program.
        small: bool,
    },
    /// A symbol or a guard failed.
    #[error(transparent)]
    Env(#[from] EnvError),
}

/// What to do about an example of size 0 or 1.
pub(super) const SMALL: &str =
    "PyTorch takes a size of 0 or 1 in an example as a constant: give an example of size 2 or more.";

fn conflict_text(conflicts: &[String]) -> String {
    let head = "Found the following conflicts between user-specified ranges and inferred ranges from model tracing:";
    format!("{head}\n{}", conflicts.join("\n"))
}

impl ConstraintError {
    /// The message as PyTorch words it. `Display` says more, or says it for a user of Rust.
    pub fn pytorch(&self) -> String {
        match self {
            ConstraintError::Violated(violation) => violation.message(Fixes::Compatible),
            ConstraintError::Conflicts { conflicts, .. } => conflict_text(conflicts),
            ConstraintError::Env(EnvError::OutOfRange { value, range, .. }) => {
                format!("{value} not in range [{}, {}]", range.lower, range.upper)
            }
            ConstraintError::Dim(DimError::Inconsistent { min, max }) => {
                format!("Cannot create Dim with inconsistent min={min}, max={max}")
            }
            other => other.to_string(),
        }
    }
}

impl From<ExprError> for ConstraintError {
    fn from(error: ExprError) -> ConstraintError {
        ConstraintError::Env(error.into())
    }
}

/// One thing the program demands against the spec.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bullet {
    /// The dim it is about: its name, or the source of a dimension without one.
    pub dim: String,
    /// What is demanded, in PyTorch's words.
    pub text: String,
    /// PyTorch's advice behind the text, which names functions that only Python has.
    pub compatible_advice: &'static str,
    /// The advice in its place.
    pub advice: String,
    /// What demands it, if a single guard does.
    pub cause: Option<Cause>,
}

/// What demands something of a dim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// Who asked for the guard: an operator such as `aten.add.Tensor`.
    pub origin: String,
    /// The index of the guard in [`ShapeEnv::guards`](symbolic::ShapeEnv::guards).
    pub guard: usize,
    /// The line of the model that called it, where it is known.
    pub line: Option<String>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An operator is code, and `the forward` is not.
        match self.origin.contains(' ') {
            true => f.write_str(&self.origin)?,
            false => write!(f, "`{}`", self.origin)?,
        }
        self.line.iter().try_for_each(|line| write!(f, " ({line})"))
    }
}

/// A dim that the guards, taken together, force to one value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Specialization {
    /// The named dim it depends on; the dim itself unless it is derived.
    pub root: String,
    /// The dim.
    pub dim: String,
    /// Where it is read: `L['x'].size()[0]`.
    pub source: String,
    /// The only value left.
    pub value: i64,
}

/// Which suggested fixes a message shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Fixes {
    /// Those that hold: a spec that follows them fits the program.
    #[default]
    Correct,
    /// Those torch 2.13 prints, wrong ones included; `docs/deviations.md` lists where they differ.
    Compatible,
}

/// Everything the program demands against the spec. `Display` is torch's message with correct fixes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct ConstraintViolation {
    /// What is violated, in torch's order.
    pub bullets: Vec<Bullet>,
    /// Dims that only all guards together force to one value.
    pub specializations: Vec<Specialization>,
    /// Lines such as `batch = 4` or `b = Dim('b', min=3)`.
    pub suggested_fixes: Vec<String>,
    /// The lines torch would print in their place.
    pub compatible_fixes: Vec<String>,
}

/// Only PyTorch has these logs.
const LOGS: &str = " For more information, run with TORCH_LOGS=\"+dynamic\".";

impl ConstraintViolation {
    /// Torch's message, with either kind of fixes.
    pub fn message(&self, fixes: Fixes) -> String {
        Message { violation: self, fixes }.to_string()
    }
}

impl fmt::Display for ConstraintViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Message { violation: self, fixes: Fixes::Correct }.fmt(f)
    }
}

impl Bullet {
    fn shown(&self, fixes: Fixes) -> String {
        if fixes == Fixes::Compatible {
            return format!("{}{}", self.text, self.compatible_advice);
        }
        let cause = self.cause.as_ref().map(|cause| format!(" Demanded by {cause}.")).unwrap_or_default();
        format!("{}{cause}{}", self.text, self.advice)
    }
}

struct Message<'a> {
    violation: &'a ConstraintViolation,
    fixes: Fixes,
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConstraintViolation { bullets, specializations, suggested_fixes, compatible_fixes } = self.violation;
        let logs = if self.fixes == Fixes::Compatible { LOGS } else { "" };
        if !bullets.is_empty() {
            let mut names: Vec<&str> = bullets.iter().map(|b| b.dim.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let bullets: Vec<String> = bullets.iter().map(|b| format!("  - {}", b.shown(self.fixes))).collect();
            write!(f, "Constraints violated ({})!{logs}\n{}", names.join(", "), bullets.join("\n"))?;
        }
        if !specializations.is_empty() {
            let mut names: Vec<&str> = specializations.iter().map(|s| s.root.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            writeln!(f, "Specializations unexpectedly required ({})!{logs}", names.join(", "))?;
            for Specialization { dim, source, value, .. } in specializations {
                writeln!(
                    f,
                    "  - solving the guards generated for {dim} = {source} resulted in a specialized value of {value}."
                )?;
            }
        }
        let lines = match self.fixes {
            Fixes::Correct => suggested_fixes,
            Fixes::Compatible => compatible_fixes,
        };
        if !lines.is_empty() {
            write!(f, "\nSuggested fixes:\n  {}", lines.join("\n  "))?;
        }
        Ok(())
    }
}

impl std::error::Error for ConstraintViolation {}
