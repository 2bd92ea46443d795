//! The nodes of a graph.

use super::{Argument, Metadata, NamedArgument, NodeValue, Target};
use std::sync::Arc;

/// Identifies a node: its index in [`Graph::nodes`](super::Graph::nodes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub usize);

/// A node (`torch.fx.Node`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Node {
    /// Its name (`node.name`), unique in the graph.
    pub name: String,
    /// What it does (`node.op`, `node.target`, `node.args`).
    pub kind: NodeKind,
    /// Its value (`node.meta["val"]`).
    pub value: NodeValue,
    /// The source line that it comes from, if known (`node.meta["stack_trace"]`).
    ///
    /// Shared, since many nodes come from one line.
    pub frame: Option<Arc<Frame>>,
    /// What a file records about it besides, its whole stack trace included. Empty for a node of a new program.
    pub metadata: Metadata,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeKind {
    /// An input of the graph (`op="placeholder"`).
    Placeholder,
    /// A call of a function (`op="call_function"`).
    Call {
        /// The function.
        target: Target,
        /// The arguments, in the order of the schema. Arguments that equal their default are left out.
        arguments: Vec<NamedArgument>,
    },
    /// One result of a call that returns several (`operator.getitem`).
    Item {
        /// The call.
        of: NodeId,
        /// The index of the result, from 0.
        index: usize,
    },
}

/// The source line of a node: the innermost frame of a Python `stack_trace`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The path of the file, as shown.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The name of the enclosing function.
    pub function: String,
    /// The text of the line, without its indent.
    pub code: String,
}

impl Node {
    /// A node without a source line.
    pub fn new(name: impl Into<String>, kind: NodeKind, value: NodeValue) -> Self {
        Node { name: name.into(), kind, value, frame: None, metadata: Metadata::default() }
    }

    /// The same node with this source line.
    #[must_use]
    pub fn at(mut self, frame: Option<Frame>) -> Self {
        self.frame = frame.map(Arc::new);
        self
    }

    /// The names of the graphs that it calls, in the order of its arguments.
    pub(crate) fn graphs(&self) -> impl Iterator<Item = &str> {
        let arguments = match &self.kind {
            NodeKind::Call { arguments, .. } => arguments.as_slice(),
            _ => &[],
        };
        arguments.iter().filter_map(|argument| match &argument.value {
            Argument::Graph { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }

    /// The nodes that it uses, in the order of its arguments (`node.all_input_nodes`, but with repetitions).
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
    /// The innermost frame of a Python `stack_trace`, as PyTorch prints it.
    ///
    /// PyTorch looks for `File "..", line N, in f` from the last line but one upwards, and takes the line after it as the
    /// code. So a trace of one line has no frame.
    pub fn innermost(stack_trace: &str) -> Option<Self> {
        let lines: Vec<&str> = stack_trace.trim().split('\n').collect();
        lines.windows(2).rev().find_map(|pair| {
            let [line, code] = pair else { return None };
            let rest = line.trim().strip_prefix("File \"")?;
            // The longest file name, as in PyTorch's greedy pattern.
            rest.rmatch_indices("\", line ").find_map(|(at, separator)| {
                let (number, function) = rest[at + separator.len()..].split_once(", in ")?;
                let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
                let known = digits && at > 0 && !function.is_empty();
                let frame = || Frame {
                    file: rest[..at].to_owned(),
                    line: number.parse().unwrap_or(u32::MAX),
                    function: function.to_owned(),
                    code: code.trim().to_owned(),
                };
                known.then(frame)
            })
        })
    }

    /// The text of a Python `stack_trace` with only this frame: `  File "model.rs", line 33, in forward\n    x + y\n`.
    pub fn stack_trace(&self) -> String {
        format!("  File \"{}\", line {}, in {}\n    {}\n", self.file, self.line, self.function, self.code)
    }
}
