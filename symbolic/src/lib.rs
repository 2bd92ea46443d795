//! Integers with names: the sizes of a program as exact expressions, what is known about them, and what follows from it.
//!
//! PyTorch keeps the sizes of an exported program as sympy expressions in a `ShapeEnv`. This crate has both, without Python:
//! expressions that simplify and print as torch's do, ranges, relations, and an environment that answers questions and
//! records guards.
//!
//! ```
//! use symbolic::{Expr, Naming, Rel, RelOp, ShapeEnv};
//!
//! let mut env = ShapeEnv::new(Naming::Hashed);
//! let batch = env.create_size("L['x'].size()[0]", 5, None)?;
//! let padded = batch.try_add(&Expr::int(7))?.floor_div(&Expr::int(8))?;
//! assert_eq!(padded.to_string(), "((s77 + 7)//8)");
//! assert_eq!(env.bound(&padded).to_string(), "VR[1, int_oo]");
//!
//! // A question that the ranges leave open is answered by the example and becomes a guard.
//! assert!(env.evaluate(&Rel::new(RelOp::Lt, batch, Expr::int(50)), "aten.narrow.default")?);
//! assert_eq!(env.guards()[0].rel.to_string(), "s77 < 50");
//! # Ok::<(), symbolic::EnvError>(())
//! ```
//!
//! | in PyTorch | here |
//! |---|---|
//! | `sympy.Expr` with torch's `FloorDiv`, `Mod`, `Max`, `Min` | [`Expr`] |
//! | `sympy.srepr` and `sympify` | [`Expr::srepr`], [`parse_srepr`], [`parse_srepr_bool`] |
//! | `ValueRanges`, `bound_sympy` | [`ValueRange`], [`Expr::range`] |
//! | `sympy.Rel`, `And`, `Or`, `Not` | [`Rel`], [`BoolExpr`] |
//! | `try_solve` | [`solve`] |
//! | `ShapeEnv` | [`ShapeEnv`] |
//!
//! The package is called `torch-export-symbolic`, its library `symbolic`. It knows nothing of tensors.

pub mod arith;

mod affine;
mod boolean;
mod env;
mod expr;
mod junction;
mod range;
mod rel;
mod solve;
mod srepr;

pub use affine::Affine;
pub use boolean::BoolExpr;
pub use env::{EnvError, Guard, Naming, ShapeEnv, SymbolInfo, SymbolKind, source_slot};
pub use expr::{Case, Expr, ExprError, ExprKind, Function, Number, Ratio, Real, Symbol};
pub use range::{Bound, ValueRange};
pub use rel::{Rel, RelOp};
pub use solve::{Solution, solve};
pub use srepr::{parse_srepr, parse_srepr_bool};
