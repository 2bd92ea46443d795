//! Finds expressions over the sizes of the inputs from runs at chosen sizes: the expression of an integer, the form of a
//! float, and the relations under which a forward takes one path.
//!
//! Nothing here knows tensors or graphs; runs are asked through closures.

mod bank;
mod certify;
mod float;
mod form;
mod guard;
mod integer;
mod points;
mod polynomial;
mod search;
mod space;
mod target;

pub(crate) use float::{FloatExpr, identify_float};
pub(crate) use guard::{Variable as GuardVariable, guards};
pub(crate) use integer::{Identified, identify};
pub(crate) use space::{SizeVariable, Space};
pub(crate) use target::Numbers;
