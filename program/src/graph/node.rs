//! One node of a graph.

use super::{NamedArgument, NodeValue, Target};

/// The place of a node in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub usize);

/// A node (`torch.fx.Node`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Node {
    /// Its name, unique in the graph.
    pub name: String,
    /// What it does.
    pub kind: NodeKind,
    /// What it gives (`node.meta["val"]`).
    pub value: NodeValue,
    /// The line of source that made it.
    pub frame: Option<Frame>,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeKind {
    /// Takes an input.
    Placeholder,
    /// Calls a function.
    Call {
        /// The function.
        target: Target,
        /// The arguments by the names of the function's schema; those that equal their default are left out.
        arguments: Vec<NamedArgument>,
    },
    /// Takes one result of a call that gives several (`operator.getitem`).
    Item {
        /// The call.
        of: NodeId,
        /// Which of its results.
        index: usize,
    },
}

/// A line of the source that a node comes from: the innermost frame of a Python `stack_trace`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The file, as it is shown.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The function that the line is in.
    pub function: String,
    /// The text of the line, without its indent.
    pub code: String,
}

impl Node {
    /// A node without a source line.
    pub fn new(name: impl Into<String>, kind: NodeKind, value: NodeValue) -> Self {
        Node { name: name.into(), kind, value, frame: None }
    }

    /// The same node, made by this line of source.
    #[must_use]
    pub fn at(mut self, frame: Option<Frame>) -> Self {
        self.frame = frame;
        self
    }

    /// The nodes this one uses, in the order of its arguments.
    pub fn inputs(&self) -> Vec<NodeId> {
        match &self.kind {
            NodeKind::Placeholder => Vec::new(),
            NodeKind::Item { of, .. } => vec![*of],
            NodeKind::Call { arguments, .. } => {
                let mut used = Vec::new();
                arguments.iter().for_each(|argument| argument.value.visit(&mut |id| used.push(id)));
                used
            }
        }
    }
}

impl Frame {
    /// The text of a Python `stack_trace` with this one frame: `  File "model.rs", line 33, in forward\n    x + y\n`.
    pub fn stack_trace(&self) -> String {
        format!("  File \"{}\", line {}, in {}\n    {}\n", self.file, self.line, self.function, self.code)
    }
}
