//! An exported program as data: its graph, its signature, its tensors, its text and its file.
//!
//! This crate does not run programs and does not need libtorch. The crate `torch-export` records models and runs programs.
//!
//! ```
//! use program::{
//!     Argument, ExportedProgram, Graph, GraphOutput, GraphSignature, InputKind, InputSpec, NamedArgument, Node, NodeKind,
//!     NodeValue, OutputKind, OutputSpec, Sym,
//! };
//! use pytree_core::{DType, TensorType, TreeSpec};
//! use symbolic::Expr;
//!
//! // def forward(self, x): return x + 1
//! let value = NodeValue::Tensor(TensorType::contiguous(DType::Float32, [2]).map(|n| Expr::int(*n)));
//! let mut graph = Graph::default();
//! let x = graph.push(Node::new("x", NodeKind::Placeholder, value.clone()));
//! let arguments = vec![
//!     NamedArgument::positional("self", Argument::Tensor(x)),
//!     NamedArgument::positional("other", Argument::Int(Sym::Value(1))),
//! ];
//! let target = "aten.add.Tensor".parse::<program::OpName>()?.into();
//! let add = graph.push(Node::new("add", NodeKind::Call { target, arguments }, value));
//! graph.outputs = vec![GraphOutput::Node(add)];
//!
//! let signature = GraphSignature {
//!     inputs: vec![InputSpec { node: x, kind: InputKind::UserInput }],
//!     outputs: vec![OutputSpec { value: GraphOutput::Node(add), kind: OutputKind::UserOutput }],
//! };
//! // A call takes `(args, kwargs)`: here one positional argument.
//! let inputs = TreeSpec::tuple([TreeSpec::tuple([TreeSpec::leaf()]), TreeSpec::dict::<&str>([])]);
//! let mut program = ExportedProgram::new(graph, signature, inputs, TreeSpec::leaf());
//! program.argument_names = vec!["x".to_owned()];
//!
//! let text = program.to_string(); // what Python's print(ep) shows
//! assert!(text.contains(r#"add: "f32[2]" = torch.ops.aten.add.Tensor(x, 1);  x = None"#), "{text}");
//!
//! let bytes = program.to_bytes()?; // of the file that torch.export.load opens
//! assert!(bytes.starts_with(b"PK"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | in PyTorch | here |
//! |---|---|
//! | `torch.export.ExportedProgram` | [`ExportedProgram`] |
//! | `ep.graph`, `torch.fx.Node` | [`Graph`], [`Node`] |
//! | `ep.graph_signature` | [`GraphSignature`] |
//! | `ep.state_dict`, `ep.constants` | [`TensorData`] |
//! | `print(ep)` | `Display` of [`ExportedProgram`] |
//! | `torch.export.save` | [`ExportedProgram::save`] |
//! | `torch.export.load` | [`ExportedProgram::load`], [`Archive`] |
//! | registrations of custom nodes | [`ExportedProgram::python_module`] |
//! | names of placeholders and nodes | [`names`] |
//! | the verifier | [`ExportedProgram::check`] |
//! | dead values (`;  x = None`) | [`passes::Liveness`] |
//!
//! The package is called `torch-export-program`, its library `program`.

mod builder;
mod check;
mod data;
mod exported;
mod graph;
pub mod inspect;
pub mod names;
mod op;
pub mod passes;
mod pt2;
mod python_module;
mod signature;
mod text;
mod verification;

pub use builder::ProgramBuilder;
pub use check::{Finding, Problem, Remark, Report};
pub use data::{ChecksumError, Pickled, Storage, StorageOwner, TensorData};
pub use exported::{ExportedProgram, Guard, InputSizes, ModuleCall, ModuleCallSignature, Origin, Tried, Verification};
pub use graph::{
    Argument, Frame, Graph, GraphOutput, Literal, Metadata, NamedArgument, Node, NodeId, NodeKind, NodeValue,
    PythonFunction, Sym, Target,
};
pub use op::{OpName, OpNameError, Value};
pub use pt2::{Archive, ContentError, Limits, LoadError, SaveError, ZipError};
pub use signature::{GraphSignature, InputKind, InputSpec, OutputKind, OutputSpec};
pub use text::{ProgramText, TextRelease};
pub use verification::{Unproven, Vacuous};
