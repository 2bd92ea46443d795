//! The attributes of a user, each read here and nowhere else: which keys there are, where they belong and what they take.
//!
//! Values are read but not weighed: whether they fit together is checked later, with the type or the forward at hand.

mod item;
mod model;
mod parameter;
mod pytree;
mod suggest;

pub(crate) use item::Once;
pub(crate) use model::ModelAttrs;
pub(crate) use parameter::{Asked, ParameterAttrs, is_own};
pub(crate) use pytree::{FieldAttrs, TypeAttrs, VariantAttrs};
pub(crate) use suggest::nearest;
