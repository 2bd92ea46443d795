//! An exported program as data: its graph, its signature, the tensors it carries, its text and its file.
//!
//! Nothing here runs a program or needs libtorch; the crate `torch-export` records models and runs programs.
//!
//! | in PyTorch | here |
//! |---|---|
//! | `torch.export.ExportedProgram` | [`ExportedProgram`] |
//! | `ep.graph`, `torch.fx.Node` | [`Graph`], [`Node`] |
//! | `ep.graph_signature` | [`GraphSignature`] |
//! | `ep.state_dict`, `ep.constants` | [`TensorData`] |
//! | `print(ep)` | `Display` of [`ExportedProgram`] |
//! | `torch.export.save` | [`ExportedProgram::save`] |
//! | names of placeholders and nodes | [`names`] |
//!
//! The package is called `torch-export-program`, its library `program`.

mod data;
mod exported;
mod graph;
pub mod names;
mod op;
pub mod passes;
mod pt2;
mod python_module;
mod signature;
mod text;

pub use data::{Storage, TensorData};
pub use exported::{ExportedProgram, InputSizes, Tried, Verification};
pub use graph::{
    Argument, Frame, Graph, GraphOutput, Literal, NamedArgument, Node, NodeId, NodeKind, NodeValue, PythonFunction,
    Sym, Target,
};
pub use op::{OpName, OpNameError, Value};
pub use pt2::SaveError;
pub use signature::{GraphSignature, InputKind, InputSpec, OutputKind, OutputSpec};
