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
//! // Two sets of valid inputs: dimensions that differ are dynamic. Arguments are positional, then named, as in Python.
//! let model = Model;
//! let sets = [Model::args(cache(2, 3)).z(random(&[1, 1, 1, 7])), Model::args(cache(3, 4)).z(random(&[1, 1, 1, 7]))];
//! let inputs = ModelInputs::new(&model, sets)?;
//! let shapes = inputs.guess_dynamic_shapes()?;
//! let program = export(&model, &inputs, &shapes)?;
//! assert!(program.to_string().contains(r#"cache_key_cache_0: "f32[s13, 4, s10, 7]""#), "{program}");
//!
//! // The program gives the model's outputs, also at sizes that no run of the export has used.
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
//! There are four stages. Each is a crate that can be used alone, and a module of this one:
//!
//! | stage | start here | crate |
//! |---|---|---|
//! | a value as a tree of tensors | [`pytree`]: [`PyTree`](macro@PyTree), [`pytree::flatten`], [`pytree::TreeSpec`] | `pytree-core`, `pytree-derive` |
//! | the sizes in the tree, as integers with names | [`shapes`]: [`shapes::ModelInputs`], [`shapes::Dim`], [`shapes::DynamicShapes`]; [`symbolic`]: [`symbolic::Expr`], [`symbolic::ShapeEnv`] | `torch-export-shapes`, `torch-export-symbolic` |
//! | from a model to a program, and from a program to results | [`export()`], [`Export`], [`RunProgram`] | `torch-export` (this one) |
//! | a program as data, and its file | [`program`]: [`ExportedProgram`], [`ExportedProgram::save`], [`ExportedProgram::python_module`] | `torch-export-program` |
//!
//! [`prelude`] has the names that most programs need. [`dispatch`] and [`record`] are for tools that work on single ops.
//!
//! # How a forward becomes a graph
//!
//! The forward is plain Rust. It is run once on the first set of inputs, while libtorch's dispatcher records the ops. All
//! further runs are *fake*: their tensors hold no data, so they may have any size and cost no memory. From the numbers of
//! these runs the integers and floats of the graph are identified as expressions of the sizes. The shape rules of the ops
//! determine which sizes are equal, related or fixed. If the forward takes another path at other sizes, the condition
//! becomes a guard. At the end the program is compared with the model on given sets and at small sizes that are not
//! among them.
//!
//! Problems are reported with the op and the Rust line: a number read from a tensor, an integer that no expression gives, a
//! parameter that was not declared. One thing goes undetected: a path that only a few rare sizes take, such as
//! `if n == 777` (`verification.tried` lists the smallest and the largest size of the runs).
//!
//! A panic in the forward is caught and reported, so exporting needs `panic = "unwind"` (the default).
//!
//! # What cannot be an input
//!
//! A struct that contains a layer is not a tree. Layers belong to the model, and the inputs of a model are tensors:
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
//! The compiler's message says what to do: keep the layer in the model and pass its tensors. A configuration field is
//! `#[pytree(static)]`, and a field that is left out is `#[pytree(skip)]`.
//!
//! # Features
//!
//! `tch` (on by default) enables what needs libtorch: recording, exporting, running. Without it the crate has trees, shapes,
//! and programs as data with their text and file.
//!
//! `aoti` (off by default) adds `AotiModule`, which runs the AOTInductor packages that Python compiles. They are machine code.

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
mod model_state;
#[cfg(feature = "tch")]
mod model_tensors;

#[cfg(feature = "tch")]
pub mod nn;
mod outcome;
pub mod prelude;
#[cfg(feature = "tch")]
mod probe;
#[cfg(feature = "tch")]
mod progress;
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
mod weights;

#[cfg(feature = "tch")]
pub use error::ExportError;
#[cfg(feature = "tch")]
pub use export::{Export, export};
pub use program::ExportedProgram;
#[cfg(feature = "tch")]
pub use progress::{Progress, Stage};
#[cfg(feature = "tch")]
pub use record::is_exporting;
#[cfg(feature = "aoti")]
pub use run::{AotiError, AotiModule, AotiOptions};
#[cfg(feature = "tch")]
pub use run::{CallError, InputMismatch, InputPath, ModuleOptions, ProgramModule, RunProgram, inference_mode};

// The macros with this crate as their root: a user depends only on this crate and `tch`.
pub use pytree_derive::{PyTreeFacade as PyTree, function_facade as function, module_facade as module};

#[doc(no_inline)]
pub use {program, pytree_core as pytree, shapes, symbolic};

#[doc(hidden)]
pub use pytree_core::__private;
