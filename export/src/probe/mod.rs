//! Runs of the model: the example with data, fake runs at any sizes, and the inputs of runs with data at other sizes.

mod ends;
mod inputs;
mod layout;
mod runs;

pub(crate) use runs::{Run, Runs, record_example};
