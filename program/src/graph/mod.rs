//! The graph of a program (`torch.fx.Graph`): nodes, what they do, what they take and what they give.

mod argument;
mod node;
mod target;
mod value;

pub use argument::{Argument, NamedArgument, Sym};
pub use node::{Frame, Node, NodeId, NodeKind};
pub use target::{PythonFunction, Target};
pub use value::{Literal, NodeValue};

/// A graph: placeholders first, then calls in the order in which they run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// What the graph returns.
    pub outputs: Vec<GraphOutput>,
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
    /// The node at `id`. A graph's own ids always exist.
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

    /// Adds a node.
    pub fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }
}
