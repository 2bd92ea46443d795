//! The arguments of calls.

use super::{Graph, NodeId, Target};
use crate::op::Value;
use indexmap::IndexMap;
use pytree_core::{DType, Device, Layout, MemoryFormat};

/// An argument of a call, with its name in the schema of the function.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArgument {
    /// The name in the schema.
    pub name: String,
    /// Whether it is passed by keyword.
    pub keyword: bool,
    /// The value.
    pub value: Argument,
}

/// A number: a plain value, or the node that computes it (`torch.SymInt`, `torch.SymFloat`, `torch.SymBool`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sym<T> {
    /// A plain value.
    Value(T),
    /// The node that computes the value.
    Node(NodeId),
}

/// An argument in a graph (an entry of `torch.fx.Node.args` or `kwargs`). Tensors are nodes; numbers are values or nodes.
///
/// The variants have the names of schema types.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Argument {
    /// `None`
    None,
    /// `Tensor`
    Tensor(NodeId),
    /// `Tensor[]`
    Tensors(Vec<NodeId>),
    /// `Tensor?[]`
    OptionalTensors(Vec<Option<NodeId>>),
    /// `int`, `SymInt`
    Int(Sym<i64>),
    /// `int[]`, `SymInt[]`
    Ints(Vec<Sym<i64>>),
    /// `float`, `SymFloat`
    Float(Sym<f64>),
    /// `float[]`
    Floats(Vec<Sym<f64>>),
    /// `bool`, `SymBool`
    Bool(Sym<bool>),
    /// `bool[]`
    Bools(Vec<Sym<bool>>),
    /// `str`
    Str(String),
    /// `str[]`
    Strs(Vec<String>),
    /// A complex `Scalar`: real and imaginary part.
    Complex(f64, f64),
    /// `ScalarType`
    DType(DType),
    /// `Layout`
    Layout(Layout),
    /// `MemoryFormat`
    MemoryFormat(MemoryFormat),
    /// `Device`
    Device(Device),
    /// `Tensor[][]`, an operand of a higher-order op or custom op
    NestedTensors(Vec<Vec<NodeId>>),
    /// `int[][]`, which prints as a list of tuples
    IntLists(Vec<Vec<i64>>),
    /// `float[][]`
    FloatLists(Vec<Vec<f64>>),
    /// A dict with str keys
    Dict(IndexMap<String, Argument>),
    /// An object of a Python or TorchScript class, which is a placeholder
    CustomObject(NodeId),
    /// A function, by its name in a `.pt2` file
    Operator(Target),
    /// A sub-graph, which a higher-order op calls. The names and ids of its nodes are independent of the outer graph.
    Graph {
        /// The attribute of the module that holds it: `true_graph_0`.
        name: String,
        /// The sub-graph.
        graph: Box<Graph>,
    },
}

impl<T> Sym<T> {
    /// The node, if it is one.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Sym::Node(id) => Some(*id),
            Sym::Value(_) => None,
        }
    }

    /// The plain value, if it is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Sym::Value(value) => Some(value),
            Sym::Node(_) => None,
        }
    }
}

impl<T> From<T> for Sym<T> {
    fn from(value: T) -> Self {
        Sym::Value(value)
    }
}

impl NamedArgument {
    /// An argument that is passed by position.
    pub fn positional(name: &str, value: Argument) -> Self {
        NamedArgument { name: name.to_owned(), keyword: false, value }
    }

    /// An argument that is passed by keyword.
    pub fn keyword(name: &str, value: Argument) -> Self {
        NamedArgument { name: name.to_owned(), keyword: true, value }
    }
}

/// What the value of a node has to be where an argument uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// The only tensor of an argument, which may be missing.
    Tensor,
    /// A tensor in a list.
    ListedTensor,
    Int,
    Float,
    Bool,
    Object,
}

/// Goes through the nodes of an argument, by reference or by mutable reference. This is the only list of what uses nodes.
macro_rules! walk {
    ($argument:expr, $see:expr, $walk:ident, $iter:ident, $values:ident, $one:path) => {{
        macro_rules! syms {
            ($items:expr, $operand:expr) => {
                $items.$iter().for_each(|item| {
                    if let Sym::Node(id) = item {
                        $see(id, $operand);
                    }
                })
            };
        }
        match $argument {
            Argument::Tensor(id) => $see(id, Operand::Tensor),
            Argument::CustomObject(id) => $see(id, Operand::Object),
            Argument::Tensors(ids) => ids.$iter().for_each(|id| $see(id, Operand::ListedTensor)),
            Argument::OptionalTensors(ids) => ids.$iter().flatten().for_each(|id| $see(id, Operand::ListedTensor)),
            Argument::NestedTensors(lists) => lists.$iter().flatten().for_each(|id| $see(id, Operand::ListedTensor)),
            Argument::Dict(entries) => entries.$values().for_each(|argument| argument.$walk($see)),
            Argument::Int(v) => syms!($one(v), Operand::Int),
            Argument::Ints(v) => syms!(v, Operand::Int),
            Argument::Float(v) => syms!($one(v), Operand::Float),
            Argument::Floats(v) => syms!(v, Operand::Float),
            Argument::Bool(v) => syms!($one(v), Operand::Bool),
            Argument::Bools(v) => syms!(v, Operand::Bool),
            Argument::None
            | Argument::Str(_)
            | Argument::Strs(_)
            | Argument::Complex(..)
            | Argument::DType(_)
            | Argument::Layout(_)
            | Argument::MemoryFormat(_)
            | Argument::Device(_)
            | Argument::IntLists(_)
            | Argument::FloatLists(_)
            | Argument::Operator(_)
            | Argument::Graph { .. } => {}
        }
    }};
}

impl Argument {
    /// Calls `see` with every node that it uses, in order. The nodes of a sub-graph are not included.
    pub fn visit(&self, see: &mut dyn FnMut(NodeId)) {
        self.operands(&mut |id, _| see(*id));
    }

    /// Calls `change` with every node that it uses, in order. The nodes of a sub-graph are not included.
    pub fn visit_mut(&mut self, change: &mut dyn FnMut(&mut NodeId)) {
        self.operands_mut(&mut |id, _| change(id));
    }

    /// Calls `see` with every node that it uses, and with what its value has to be.
    pub(crate) fn operands(&self, see: &mut dyn FnMut(&NodeId, Operand)) {
        walk!(self, see, operands, iter, values, std::slice::from_ref);
    }

    fn operands_mut(&mut self, see: &mut dyn FnMut(&mut NodeId, Operand)) {
        walk!(self, see, operands_mut, iter_mut, values_mut, std::slice::from_mut);
    }
}

/// An argument of a recorded op, with tensors as nodes and integers as values or nodes.
impl From<Value<NodeId, Sym<i64>>> for Argument {
    fn from(value: Value<NodeId, Sym<i64>>) -> Self {
        fn values<T>(items: Vec<T>) -> Vec<Sym<T>> {
            items.into_iter().map(Sym::Value).collect()
        }
        match value {
            Value::None => Argument::None,
            Value::Tensor(id) => Argument::Tensor(id),
            Value::Tensors(ids) => Argument::Tensors(ids),
            Value::OptionalTensors(ids) => Argument::OptionalTensors(ids),
            Value::Int(v) => Argument::Int(v),
            Value::Ints(v) => Argument::Ints(v),
            Value::Float(v) => Argument::Float(Sym::Value(v)),
            Value::Floats(v) => Argument::Floats(values(v)),
            Value::Bool(v) => Argument::Bool(Sym::Value(v)),
            Value::Bools(v) => Argument::Bools(values(v)),
            Value::Str(v) => Argument::Str(v),
            Value::Strs(v) => Argument::Strs(v),
            Value::DType(v) => Argument::DType(v),
            Value::Layout(v) => Argument::Layout(v),
            Value::MemoryFormat(v) => Argument::MemoryFormat(v),
            Value::Device(v) => Argument::Device(v),
            Value::Complex(re, im) => Argument::Complex(re, im),
        }
    }
}
