//! The names that most programs need: `use torch_export::prelude::*;`.
//!
//! | for | names |
//! |---|---|
//! | trees | [`PyTree`], [`Tch`], [`Meta`], [`TensorMeta`], [`TreeSpec`], [`flatten()`], [`map()`], [`unflatten()`] |
//! | models | [`module`], [`function!`](function), [`Module`] |
//! | inputs and their shapes | [`ModelInputs`], [`Dim`], [`DynamicShapes`], [`ShapeSpec`], [`string_type()`], [`StringTypeOptions`] |
//! | exporting | [`export()`], [`Export`] |
//! | programs | [`ExportedProgram`], and [`RunProgram`] for its methods `call`, `module` and `run`; [`ProgramModule`], [`ModuleOptions`] |
//!
//! `Tch`, `export`, `Export`, `RunProgram`, `ProgramModule` and `ModuleOptions` need the feature `tch`.

pub use crate::ExportedProgram;
#[cfg(feature = "tch")]
pub use crate::{Export, ModuleOptions, ProgramModule, RunProgram, export};
pub use crate::{PyTree, function, module};
#[cfg(feature = "tch")]
pub use pytree_core::Tch;
pub use pytree_core::{Meta, Module, TensorMeta, TreeSpec, flatten, map, unflatten};
pub use shapes::{Dim, DynamicShapes, ModelInputs, ShapeSpec, StringTypeOptions, string_type};
