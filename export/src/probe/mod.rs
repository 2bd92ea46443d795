//! Which sizes an export is tried at, and what the runs at those sizes tell.

mod independence;
mod merged;
mod predict;
mod search;
mod separate;
mod sizes;

pub(crate) use search::Search;
