//! Integers from runs: which expression over the sizes of the inputs gives the numbers that were seen.

mod basis;

pub(crate) use basis::Basis;
