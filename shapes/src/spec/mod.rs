//! The specs of the sizes of inputs: of one dimension, a tensor, a whole call; and how a spec is written, matched and
//! printed.

mod as_python;
pub(crate) mod builders;
pub(crate) mod dim;
mod dynamic_shapes;
pub(crate) mod matching;
mod near;
pub(crate) mod pprint;

pub(crate) use as_python::{as_dict, as_dim, as_items, as_spec};
pub use dynamic_shapes::{DynamicShapes, ShapeSpec};
