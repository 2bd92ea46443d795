//! The sizes in a tree of tensors: symbols, exact expressions over them, and what each operator does to shapes.

pub mod dim;
pub mod expr;
mod pprint;
pub mod range;
pub mod rel;
pub mod spec;

pub use dim::{DerivedDim, Dim, DimError, DimHint, DimSpec, HintKind};
pub use expr::{Expr, ExprError, ExprKind, Function, Symbol, parse_srepr};
pub use range::{Bound, ValueRange};
pub use rel::{Rel, RelOp};
pub use spec::{DynamicShapes, ShapeSpec};
