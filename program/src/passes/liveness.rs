//! Which values are used where for the last time.

use crate::graph::{Graph, GraphOutput, NodeId, NodeKind};

/// For every node of a graph the values that are not needed after it.
///
/// As in torch, a placeholder that nothing uses and a value that the graph returns never die.
#[derive(Clone, Debug)]
pub struct Liveness {
    dead: Vec<Vec<NodeId>>,
}

impl Liveness {
    /// Follows every value of a graph to its last use.
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

    /// The values whose last use is at `node`, in the order in which it uses them; its own when nothing uses it.
    pub fn dead_after(&self, node: NodeId) -> &[NodeId] {
        self.dead.get(node.0).map_or(&[], Vec::as_slice)
    }
}
