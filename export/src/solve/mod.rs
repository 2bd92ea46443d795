//! Finds expressions over the sizes of the inputs from runs at chosen sizes: the expression of an integer, the form of a
//! float, and the relations under which a forward takes one path.
//!
//! Nothing here knows tensors or graphs; runs are asked through closures.

mod float;
mod guard;
mod integer;
mod space;

pub(crate) use float::{FloatExpr, Floats, has_form, identify_float};
pub(crate) use guard::guards;
pub(crate) use integer::{Identified, Solver};
pub(crate) use space::{SizeVariable, Space};
