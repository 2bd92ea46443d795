//! torch.export for Rust: a model in plain `tch` becomes a program that PyTorch opens, without Python.
//!
//! ```
//! use tch::{Device, Kind, Tensor};
//! use torch_export::prelude::*;
//!
//! #[derive(PyTree)]
//! #[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
//! struct DynamicCache {
//!     key_cache: Vec<Tensor>,
//!     value_cache: Vec<Tensor>,
//! }
//!
//! struct Model;
//!
//! #[module]
//! impl Model {
//!     fn forward(&self, cache: &DynamicCache, z: &Tensor) -> Tensor {
//!         z + &cache.key_cache[0] + &cache.value_cache[0]
//!     }
//! }
//!
//! let random = |sizes: &[i64]| Tensor::randn(sizes, (Kind::Float, Device::Cpu));
//! let cache = |batch, length| DynamicCache {
//!     key_cache: vec![random(&[batch, 4, length, 7])],
//!     value_cache: vec![random(&[batch, 4, length, 7])],
//! };
//!
//! // Two sets of valid inputs: what differs is dynamic. Arguments are positional, then named, as in Python.
//! let model = Model;
//! let sets = [Model::args(cache(2, 3)).z(random(&[1, 1, 1, 7])), Model::args(cache(3, 4)).z(random(&[1, 1, 1, 7]))];
//! let inputs = ModelInputs::new(&model, sets)?;
//! let shapes = inputs.guess_dynamic_shapes()?;
//! let program = export(&model, &inputs, &shapes)?;
//! assert!(program.to_string().contains(r#"cache_key_cache_0: "f32[s13, 4, s10, 7]""#), "{program}");
//!
//! // It computes what the model computes, at sizes that no run of the export has used.
//! let unseen = Model::args(cache(5, 9)).z(random(&[1, 1, 1, 7]));
//! let output: Tensor = program.call(&unseen)?;
//! assert_eq!(output.size(), [5, 4, 9, 7]);
//!
//! let file = std::env::temp_dir().join("torch_export_front_page.pt2");
//! program.save(&file)?; // torch.export.load opens it
//! # std::fs::remove_file(&file)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The road has four stages, and each is a crate that can be used alone:
//!
//! | stage | here | crate |
//! |---|---|---|
//! | a value as a tree of tensors | [`PyTree`], [`flatten`], [`TreeSpec`] | `pytree-core`, `pytree-derive` |
//! | the sizes in that tree | [`shapes::ModelInputs`], [`shapes::Dim`], [`shapes::DynamicShapes`] | `torch-export-shapes` |
//! | what a model does with it | [`export`], [`Export`], [`ExportedProgram`] | this one |
//! | a file | [`ExportedProgram::save`], [`ExportedProgram::python_module`] | this one |
//!
//! # How a forward becomes a graph
//!
//! The forward is plain Rust. It is run a handful of times while libtorch's dispatcher writes down the ops: on the
//! examples, on other values of the same sizes, and on probe sizes made from the examples. The integers of the graph are
//! solved from the runs; which sizes are equal, related or fixed comes from the shape rules of the ops; further probes
//! confirm both; and at last the program itself is run against the model at unseen sizes. What cannot be right is an
//! error that says where: a number read from a tensor, a branch on a size, a tensor nobody declared. Two things no run can
//! prove the absence of: a branch at sizes that none of them had (`verification.tried` says which they had), and one on
//! values copied out of a tensor's memory, which is looked for with other values only.
//!
//! A panic in the forward is caught and reported, so exporting needs `panic = "unwind"` (the default).
//!
//! # What is no input
//!
//! A struct that holds a layer is no tree. Layers belong to the model; a model's inputs are tensors:
//!
//! ```compile_fail
//! use torch_export::prelude::*;
//!
//! #[derive(PyTree)]
//! struct Inputs {
//!     x: tch::Tensor,
//!     layer: tch::nn::Linear, // error: `tch::nn::Linear` is not a tree of `Tch` leaves
//! }
//! ```
//!
//! The compiler says why and what to do: keep the layer in the model and pass its tensors; a field that is configuration is
//! `#[pytree(static)]`, one that is not carried is `#[pytree(skip)]`.
//!
//! # Features
//!
//! `tch` (on by default) is what needs libtorch: recording, exporting, running. Without it remain the trees, the shapes,
//! the program as data, its text and its file.

#[cfg(feature = "tch")]
mod build;
#[cfg(feature = "tch")]
pub mod dispatch;
#[cfg(feature = "tch")]
mod error;
#[cfg(feature = "tch")]
mod export;
#[cfg(feature = "tch")]
mod model;
#[cfg(feature = "tch")]
mod model_tensors;
pub mod prelude;
#[cfg(feature = "tch")]
mod probe;
#[cfg(feature = "tch")]
pub mod record;
#[cfg(feature = "tch")]
mod resolve;
#[cfg(feature = "tch")]
mod run;
#[cfg(feature = "tch")]
mod setup;
#[cfg(feature = "tch")]
mod solve;
#[cfg(feature = "tch")]
mod variable;
#[cfg(feature = "tch")]
mod verify;

#[cfg(feature = "tch")]
pub use error::ExportError;
#[cfg(feature = "tch")]
pub use export::{Export, export};
pub use program::ExportedProgram;
#[cfg(feature = "tch")]
pub use run::{CallError, InputMismatch, ProgramModule, RunProgram};

// The derive and `#[module]` with this crate as their root: a user needs no other dependency than this one and `tch`.
pub use pytree_derive::{PyTreeFacade as PyTree, function_facade as function, module_facade as module};

#[doc(no_inline)]
pub use {program, pytree_core as pytree, shapes, symbolic};

#[doc(hidden)]
pub use pytree_core::__private;
