//! Other ways to say which dimensions are dynamic than to write the whole tree down.

mod additional;
mod bound;
mod collection;
mod from_inputs;
mod mirror;
mod pattern;
mod refine;
mod select;

pub use additional::{AdditionalError, AdditionalInputs};
pub use collection::{CollectionError, ShapesCollection};
pub(crate) use from_inputs::tree as shapes_of_tree;
pub use from_inputs::{
    all_dynamic_shapes_from_inputs, guess_dynamic_shapes_from_inputs, make_dynamic_shapes_kv_cache,
    replace_string_by_dynamic, use_dyn_not_str,
};
pub use mirror::Shapes;
pub use pattern::{PathPattern, PatternError};
pub use refine::{RefineError, refine_dynamic_shapes_from_suggested_fixes};
pub use select::{PathShapes, SelectError};
