//! The graph of a program.

use crate::dispatch::{Device, Layout};
use crate::dispatch::{OpName, Value};
use pytree_core::DType;
use shapes::Expr;

/// The place of a node in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub usize);

/// A graph: placeholders first, then calls in the order in which they run (`torch.fx.Graph`).
#[derive(Clone, Debug, Default)]
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

/// A node (`torch.fx.Node`).
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name, unique in the graph.
    pub name: String,
    /// What it does.
    pub kind: NodeKind,
    /// What it gives (`node.meta["val"]`).
    pub value: NodeValue,
    /// Where in the source it was made, innermost frame last, as a Python `stack_trace` has it.
    pub stack_trace: Option<String>,
}

/// What a node does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NodeKind {
    /// Takes an input.
    Placeholder,
    /// Calls an op.
    Call {
        /// The op.
        op: OpName,
        /// The arguments by the names of the op's schema; those that equal their default are left out.
        arguments: Vec<NamedArgument>,
    },
    /// Takes one result of a call that gives several.
    Item {
        /// The call.
        of: NodeId,
        /// Which of its results.
        index: usize,
    },
    /// Computes an integer.
    Integer {
        /// How.
        op: IntOp,
        /// Of what.
        arguments: Vec<Int>,
    },
}

/// An argument of an op, by the name the op's schema gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArgument {
    /// The name in the schema.
    pub name: String,
    /// Whether the schema takes it by keyword only.
    pub keyword: bool,
    /// The value.
    pub value: Argument,
}

/// An argument: tensors are nodes, integers are numbers or nodes.
pub type Argument = Value<NodeId, Int>;

/// An integer in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Int {
    /// A number.
    Number(i64),
    /// What a node computes.
    Node(NodeId),
}

/// An operation on integers, by the name of the Python function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IntOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `//`
    FloorDiv,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `-x`
    Neg,
    /// `torch.sym_max`
    Max,
    /// `torch.sym_min`
    Min,
}

impl IntOp {
    /// How a printed program writes it: infix, prefix or as a call.
    pub fn symbol(self) -> &'static str {
        match self {
            IntOp::Add => "+",
            IntOp::Sub | IntOp::Neg => "-",
            IntOp::Mul => "*",
            IntOp::FloorDiv => "//",
            IntOp::Mod => "%",
            IntOp::Pow => "**",
            IntOp::Max => "torch.sym_max",
            IntOp::Min => "torch.sym_min",
        }
    }

    /// What a `.pt2` file calls it.
    pub fn target(self) -> &'static str {
        match self {
            IntOp::Add => "_operator.add",
            IntOp::Sub => "_operator.sub",
            IntOp::Mul => "_operator.mul",
            IntOp::FloorDiv => "_operator.floordiv",
            IntOp::Mod => "_operator.mod",
            IntOp::Pow => "_operator.pow",
            IntOp::Neg => "_operator.neg",
            IntOp::Max => "torch.sym_max",
            IntOp::Min => "torch.sym_min",
        }
    }

    /// What nodes that do it are named after.
    pub fn base_name(self) -> &'static str {
        let target = self.target();
        target.rsplit('.').next().unwrap_or(target)
    }
}

/// A plain value: an input or output that is no tensor and not symbolic.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `None`
    None,
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// A str.
    Str(String),
}

/// Python's `repr`.
impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use pytree_core::python;
        match self {
            Literal::None => f.write_str("None"),
            Literal::Int(v) => v.fmt(f),
            Literal::Float(v) => python::Float(*v).fmt(f),
            Literal::Bool(v) => f.write_str(python::bool(*v)),
            Literal::Str(v) => python::Str(v).fmt(f),
        }
    }
}

/// What a node gives.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// A tensor.
    Tensor(TensorValue),
    /// An integer.
    Int(Expr),
    /// Several results, taken apart by items: how many, and whether they are a list (`Tensor[]`) or a tuple.
    Many {
        /// How many.
        count: usize,
        /// Whether the op's schema calls them a list.
        list: bool,
    },
    /// A plain value that an input was given.
    Literal(Literal),
    /// Nothing.
    Nothing,
}

/// What is known of a tensor in a graph. Sizes, strides and offset may be expressions of the program's symbols.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorValue {
    /// Element type.
    pub dtype: DType,
    /// Sizes, one per dimension.
    pub sizes: Vec<Expr>,
    /// Strides in elements, one per dimension.
    pub strides: Vec<Expr>,
    /// The offset in the storage, in elements.
    pub storage_offset: Expr,
    /// Where the tensor lives.
    pub device: Device,
    /// How its elements are stored.
    pub layout: Layout,
    /// Whether it asks for a gradient.
    pub requires_grad: bool,
}

impl Graph {
    /// The node at `id`. A graph's own ids always exist.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// The placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        let of_kind = |(i, node)| (NodeId(i), node);
        self.nodes.iter().enumerate().map(of_kind).filter(|(_, n): &(_, &Node)| matches!(n.kind, NodeKind::Placeholder))
    }

    /// Adds a node.
    pub fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }
}

impl Node {
    /// The nodes this one uses, in the order of its arguments.
    pub fn inputs(&self) -> Vec<NodeId> {
        let mut used = Vec::new();
        match &self.kind {
            NodeKind::Placeholder => {}
            NodeKind::Item { of, .. } => used.push(*of),
            NodeKind::Integer { arguments, .. } => used.extend(arguments.iter().filter_map(|i| i.node())),
            NodeKind::Call { arguments, .. } => {
                for argument in arguments {
                    used.extend(argument.value.tensors());
                    match &argument.value {
                        Value::Int(i) => used.extend(i.node()),
                        Value::Ints(items) => used.extend(items.iter().filter_map(|i| i.node())),
                        _ => {}
                    }
                }
            }
        }
        used
    }
}

impl Int {
    /// The node, when it is one.
    pub fn node(self) -> Option<NodeId> {
        match self {
            Int::Node(id) => Some(id),
            Int::Number(_) => None,
        }
    }
}
