//! The registers of a plan, and how long each value needs its own.

use super::step::Place;
use program::{Graph, GraphOutput, NodeId, NodeKind};
use std::collections::HashMap;

/// Registers and numbers. Registers of tensors are used again; numbers are small, and each has a place of its own.
#[derive(Debug, Default)]
pub(super) struct Registers {
    free: Vec<usize>,
    pub(super) registers: usize,
    pub(super) numbers: usize,
}

impl Registers {
    pub(super) fn tensor(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.registers += 1;
            self.registers - 1
        })
    }

    pub(super) fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers - 1
    }

    pub(super) fn free(&mut self, register: usize) {
        self.free.push(register);
    }
}

/// A value of a graph: the only result of a node, or one of several.
pub(super) type ValueId = (NodeId, Option<usize>);

/// The value of a node: an item is a result of its call.
pub(super) fn value_of(graph: &Graph, id: NodeId) -> ValueId {
    match graph.nodes.get(id.0).map(|node| &node.kind) {
        Some(NodeKind::Item { of, index }) => (*of, Some(*index)),
        _ => (id, None),
    }
}

/// How often each value of a graph is still used.
#[derive(Debug)]
pub(super) struct Uses(HashMap<ValueId, usize>);

impl Uses {
    /// All uses of a graph, its outputs included.
    pub(super) fn of(graph: &Graph) -> Self {
        let mut uses = HashMap::new();
        let mut add = |id| *uses.entry(value_of(graph, id)).or_insert(0) += 1;
        for node in &graph.nodes {
            if !matches!(node.kind, NodeKind::Item { .. }) {
                node.inputs().into_iter().for_each(&mut add);
            }
        }
        for output in &graph.outputs {
            if let GraphOutput::Node(id) = output {
                add(*id);
            }
        }
        Uses(uses)
    }

    /// Counts one use more.
    pub(super) fn add(&mut self, value: ValueId) {
        *self.0.entry(value).or_insert(0) += 1;
    }

    pub(super) fn is_used(&self, value: ValueId) -> bool {
        self.0.get(&value).is_some_and(|count| *count > 0)
    }

    /// Counts one use less. Whether it was the last one.
    pub(super) fn end(&mut self, value: ValueId) -> bool {
        let Some(count) = self.0.get_mut(&value) else { return false };
        *count = count.saturating_sub(1);
        *count == 0
    }
}

/// The values of a graph that have a place. The registers of pinned ones are never free.
#[derive(Debug, Default)]
pub(super) struct Places {
    of: HashMap<ValueId, (Place, bool)>,
}

impl Places {
    pub(super) fn set(&mut self, value: ValueId, place: Place, pinned: bool) {
        self.of.insert(value, (place, pinned));
    }

    pub(super) fn get(&self, value: ValueId) -> Option<Place> {
        self.of.get(&value).map(|(place, _)| *place)
    }

    /// The register of a value that may be freed.
    pub(super) fn own(&self, value: ValueId) -> Option<usize> {
        match self.of.get(&value) {
            Some((Place::Register(register), false)) => Some(*register),
            _ => None,
        }
    }
}
