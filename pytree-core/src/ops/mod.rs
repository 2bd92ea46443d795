//! Operations on whole trees: mapping, zipping, folding, splitting and matching.

mod broadcast;
mod fold;
mod frame;
mod map;
mod partition;
mod share;
mod transpose;
mod up_to;
mod zip;

pub use broadcast::broadcast;
pub use fold::{all, all_only, any, any_only, reduce};
pub use frame::{Frame, into_tensors};
pub use map::{for_each_mut, map, map_leaves, map_only, map_where, map_with_path};
pub use partition::{combine, partition};
pub use share::ShareTensor;
pub use transpose::transpose;
pub use up_to::StructureError;
pub use zip::{LeafPairs, map_many, map_with, zip};
