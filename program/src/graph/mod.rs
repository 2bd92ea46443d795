//! The graph of a program (`torch.fx.Graph`): nodes with their functions, arguments and values.

mod argument;
mod metadata;
mod node;
mod target;
mod value;

use indexmap::IndexMap;

pub(crate) use argument::Operand;
pub use argument::{Argument, NamedArgument, Sym};
pub use metadata::Metadata;
pub use node::{Frame, Node, NodeId, NodeKind};
pub(crate) use target::{HIGHER_ORDER, PREDISPATCH};
pub use target::{PythonFunction, Target};
pub use value::{Literal, NodeValue};

/// A graph (`torch.fx.Graph`): placeholders first, then calls in the order in which they run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// The nodes. A [`NodeId`] is an index into this list, and a node may only use nodes before it.
    pub nodes: Vec<Node>,
    /// The values that the graph returns.
    pub outputs: Vec<GraphOutput>,
    /// Whether the graph returns its only output itself, and not a tuple of it. The condition of a `while_loop` does.
    pub returns_single: bool,
}

/// One of the values that a graph returns.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphOutput {
    /// The value of a node.
    Node(NodeId),
    /// A plain value.
    Literal(Literal),
}

impl Graph {
    /// The node with this id.
    ///
    /// # Panics
    /// If `id` is not an id of this graph.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Every node with its id, in order.
    pub fn enumerate(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(i, node)| (NodeId(i), node))
    }

    /// The placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.enumerate().filter(|(_, node)| matches!(node.kind, NodeKind::Placeholder))
    }

    /// The graphs that its nodes call, by name, each name once.
    pub fn subgraphs(&self) -> impl Iterator<Item = (&str, &Graph)> {
        let mut graphs: IndexMap<&str, &Graph> = IndexMap::new();
        for node in &self.nodes {
            let NodeKind::Call { arguments, .. } = &node.kind else { continue };
            for argument in arguments {
                if let Argument::Graph { name, graph } = &argument.value {
                    graphs.insert(name, graph);
                }
            }
        }
        graphs.into_iter()
    }

    /// Adds a node and returns its id.
    pub fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }
}
