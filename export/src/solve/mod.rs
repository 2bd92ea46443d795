//! Finds the expression over the sizes of the inputs that gives an observed integer.

mod basis;

pub(crate) use basis::Basis;
