//! The last uses of values.

use crate::graph::{Graph, GraphOutput, NodeId, NodeKind};

/// The values that are dead after each node of a graph: the `;  x = None` at the end of printed statements.
///
/// As in PyTorch, a placeholder without uses and a value that the graph returns never die.
#[derive(Clone, Debug)]
pub struct Liveness {
    dead: Vec<Vec<NodeId>>,
}

impl Liveness {
    /// Finds the last use of every value of a graph.
    pub fn of(graph: &Graph) -> Self {
        let inputs: Vec<Vec<NodeId>> = graph.nodes.iter().map(|node| node.inputs()).collect();
        let mut last: Vec<Option<usize>> = vec![None; graph.nodes.len()];
        let mut note = |id: NodeId, at: usize| {
            if let Some(slot) = last.get_mut(id.0) {
                *slot = Some(at);
            }
        };
        for (at, used) in inputs.iter().enumerate() {
            used.iter().for_each(|id| note(*id, at));
        }
        for output in &graph.outputs {
            if let GraphOutput::Node(id) = output {
                note(*id, usize::MAX);
            }
        }
        let mut dead: Vec<Vec<NodeId>> = vec![Vec::new(); graph.nodes.len()];
        for (at, node) in graph.nodes.iter().enumerate() {
            if matches!(node.kind, NodeKind::Placeholder) {
                continue;
            }
            for id in &inputs[at] {
                if last.get(id.0) == Some(&Some(at)) && !dead[at].contains(id) {
                    dead[at].push(*id);
                }
            }
            if last[at].is_none() {
                dead[at].push(NodeId(at));
            }
        }
        Liveness { dead }
    }

    /// No value dies.
    pub(crate) fn none() -> Self {
        Liveness { dead: Vec::new() }
    }

    /// The values whose last use is in `node`, in the order of its arguments. If nothing uses the value of `node`, it is the
    /// last entry.
    pub fn dead_after(&self, node: NodeId) -> &[NodeId] {
        self.dead.get(node.0).map_or(&[], Vec::as_slice)
    }
}
