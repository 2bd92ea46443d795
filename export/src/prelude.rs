//! What most programs need: `use torch_export::prelude::*;`.

pub use crate::ExportedProgram;
#[cfg(feature = "tch")]
pub use crate::{Export, RunProgram, export};
pub use crate::{PyTree, function, module};
#[cfg(feature = "tch")]
pub use pytree_core::Tch;
pub use pytree_core::{Meta, Module, TensorMeta, TreeSpec, flatten, map, unflatten};
pub use shapes::{Dim, DynamicShapes, ModelInputs, ShapeSpec, StringTypeOptions, string_type};
