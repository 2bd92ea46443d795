//! Finds the expression over the sizes of the inputs that gives an observed integer.

mod basis;
#[allow(dead_code, reason = "the export does not use it yet")]
mod integer;

pub(crate) use basis::Basis;
