//! Which tensors of its state a program may write to.

use super::registers::value_of;
use crate::dispatch::Schema;
use program::{Argument, Graph, NamedArgument, NodeId, Sym};
use std::collections::{BTreeSet, HashMap};

/// What may be on the memory of the state: numbers of the state's tensors for each node of the outer graph.
#[derive(Debug, Default)]
pub(super) struct Writes {
    held: HashMap<NodeId, Vec<usize>>,
    /// For each open sub-graph, what its operands may hold. Nodes of sub-graphs have ids of their own, so all that is known
    /// about a value inside is that it holds some of this.
    inner: Vec<Vec<usize>>,
    pub(super) found: BTreeSet<usize>,
}

impl Writes {
    /// This node is a tensor of the state.
    pub(super) fn holds(&mut self, id: NodeId, state: usize) {
        self.held.insert(id, vec![state]);
    }

    /// This node is written to.
    pub(super) fn writes_to(&mut self, graph: &Graph, id: NodeId) {
        self.found.extend(self.held.get(&value_of(graph, id).0).into_iter().flatten());
    }

    /// Sees a call. A result may be on the memory of an argument if the schema says so. An op that is made of other ops may
    /// also return its argument without saying so (`dropout` in evaluation mode).
    pub(super) fn see(&mut self, graph: &Graph, id: NodeId, schema: &Schema, arguments: &[NamedArgument]) {
        if let Some(operands) = self.inner.last() {
            let writes = |argument| schema.writes_to(argument, |name| flag(arguments, name));
            if schema.arguments.iter().any(writes) {
                self.found.extend(operands);
            }
            return;
        }
        for argument in arguments {
            let Some((index, declared)) = schema.argument(&argument.name) else { continue };
            let held = self.held_by(graph, &argument.value);
            if schema.writes_to(declared, |name| flag(arguments, name)) {
                self.found.extend(&held);
            }
            if schema.composite || schema.returns.iter().any(|result| result.aliases == Some(index)) {
                self.held.entry(id).or_default().extend(held);
            }
        }
    }

    /// The sub-graphs of a higher-order op begin.
    pub(super) fn enter(&mut self, graph: &Graph, id: NodeId, arguments: &[NamedArgument]) {
        let held = match self.inner.last() {
            Some(operands) => operands.clone(),
            None => arguments.iter().flat_map(|argument| self.held_by(graph, &argument.value)).collect(),
        };
        if self.inner.is_empty() {
            self.held.insert(id, held.clone());
        }
        self.inner.push(held);
    }

    /// They end.
    pub(super) fn leave(&mut self) {
        self.inner.pop();
    }

    fn held_by(&self, graph: &Graph, argument: &Argument) -> Vec<usize> {
        let mut held = Vec::new();
        argument.visit(&mut |used| {
            held.extend(self.held.get(&value_of(graph, used).0).into_iter().flatten().copied());
        });
        held
    }
}

/// The value of a bool among the arguments of a call.
fn flag(arguments: &[NamedArgument], name: &str) -> Option<bool> {
    match arguments.iter().find(|argument| argument.name == name)?.value {
        Argument::Bool(Sym::Value(flag)) => Some(flag),
        _ => None,
    }
}
