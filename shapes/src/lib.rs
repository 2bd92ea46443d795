//! The sizes in a tree of tensors: symbols, exact expressions over them, and what each operator does to shapes.

pub mod expr;
pub mod range;

pub use expr::{Expr, ExprError, ExprKind, Function, Symbol, parse_srepr};
pub use range::{Bound, ValueRange};
pub mod rel;
pub use rel::{Rel, RelOp};
