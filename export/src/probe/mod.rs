//! Runs of the model: the example with data, fake runs at any sizes, and the inputs of runs with data at other sizes.

mod ends;
mod example;
mod heavy;
mod inputs;
mod layout;
mod made;
mod packed;
mod runs;
mod work;

pub(crate) use heavy::without_data;
pub(crate) use runs::{End, Run, Runs, record_example};
pub(crate) use work::LONG;
