//! The structure of a tree: its nodes, the contexts that they remember, and the spec that holds them as data.

mod build;
mod context;
mod dump;
mod load;
mod node;
mod pprint;
mod python_json;
mod same;
mod serde_form;
mod spec_node;
mod subtree;
mod text;
mod tree_spec;

pub use build::SpecBuilder;
pub use context::{Context, Factory, NamedTuple};
pub use dump::DumpError;
pub use load::{NodeError, NodePlace, TreeSpecError};
pub use node::{Kind, MapKeys, Node, NodeType, Present, Statics};
pub use spec_node::SpecNode;
pub use subtree::Subtree;
pub use tree_spec::TreeSpec;

pub(crate) use build::is_context_of;
pub(crate) use python_json::text as python_text;
pub(crate) use text::python_class;
