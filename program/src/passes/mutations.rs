//! What a program writes to.

use crate::ExportedProgram;
use crate::check::schema::{Schema, schema};
use crate::graph::{Argument, Graph, GraphOutput, NodeId, NodeKind, Target};
use crate::signature::OutputKind;
use std::collections::BTreeSet;

/// A write to an input, a parameter, a buffer or a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mutation {
    /// The placeholder that is written to.
    pub placeholder: NodeId,
    /// The node that writes: an in-place op, or the new value as an output of a functional program.
    pub by: NodeId,
    /// Whether the new value is an output, as in a program after `run_decompositions`. Otherwise `by` writes through its
    /// argument, which may be a view of a part of the placeholder.
    pub is_output: bool,
}

/// The functional view of a program: which of its placeholders change in a call, and by which nodes.
///
/// A program of the training dialect writes in place, also through views (`slice`, then `copy_`); a decomposed one returns
/// the new values. Both are seen. Views are followed by the aliases in the schemas of the ops. An op without a schema counts
/// as one that neither writes nor gives a view: see [`Mutations::unknown`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mutations {
    /// The writes, in the order of the nodes.
    pub writes: Vec<Mutation>,
    /// The calls whose op has no schema here, so that it is not known what they write to.
    pub unknown: Vec<NodeId>,
}

impl Mutations {
    /// Finds all writes of a program.
    pub fn of(program: &ExportedProgram) -> Self {
        let mut mutations = Mutations::default();
        let graph = &program.graph;
        // The placeholders whose storage each value may share.
        let mut roots: Vec<BTreeSet<NodeId>> = Vec::with_capacity(graph.nodes.len());
        for (id, node) in graph.enumerate() {
            let own = match &node.kind {
                NodeKind::Placeholder => BTreeSet::from([id]),
                NodeKind::Item { of, .. } => roots.get(of.0).cloned().unwrap_or_default(),
                NodeKind::Call { target: Target::Op(op), .. } => match schema(op) {
                    Some(schema) => {
                        for placeholder in tensors(graph, id, &roots, &schema, |known| known.is_written) {
                            mutations.writes.push(Mutation { placeholder, by: id, is_output: false });
                        }
                        // A result with an alias set shares the storage of the arguments in that set.
                        let shared = |alias: &str| schema.returns.iter().any(|ty| ty.alias == Some(alias));
                        tensors(graph, id, &roots, &schema, |known| known.ty.alias.is_some_and(shared))
                    }
                    None => {
                        mutations.unknown.push(id);
                        BTreeSet::new()
                    }
                },
                NodeKind::Call { target: Target::Python(_), .. } => BTreeSet::new(),
                NodeKind::Call { .. } => {
                    mutations.unknown.push(id);
                    BTreeSet::new()
                }
            };
            roots.push(own);
        }
        for spec in &program.signature.outputs {
            let placeholder = match &spec.kind {
                OutputKind::BufferMutation { buffer: name } | OutputKind::ParameterMutation { parameter: name } => {
                    let inputs = program.signature.inputs.iter();
                    inputs.filter(|input| input.kind.target() == Some(name)).map(|input| input.node).next()
                }
                OutputKind::UserInputMutation { input } => {
                    graph.placeholders().find(|(_, node)| node.name == *input).map(|(id, _)| id)
                }
                _ => None,
            };
            if let (Some(placeholder), GraphOutput::Node(by)) = (placeholder, &spec.value) {
                mutations.writes.push(Mutation { placeholder, by: *by, is_output: true });
            }
        }
        mutations
    }

    /// The placeholders that change in a call, each once, in order.
    pub fn placeholders(&self) -> Vec<NodeId> {
        let all: BTreeSet<NodeId> = self.writes.iter().map(|write| write.placeholder).collect();
        all.into_iter().collect()
    }
}

/// The placeholders behind the arguments of a call that `wanted` chooses by their place in the schema.
fn tensors(
    graph: &Graph,
    call: NodeId,
    roots: &[BTreeSet<NodeId>],
    schema: &Schema,
    wanted: impl Fn(&crate::check::schema::SchemaArgument) -> bool,
) -> BTreeSet<NodeId> {
    let NodeKind::Call { arguments, .. } = &graph.node(call).kind else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    for argument in arguments {
        let known = schema.arguments.iter().find(|known| known.name == argument.name);
        if known.is_some_and(&wanted) && !matches!(argument.value, Argument::Graph { .. }) {
            argument.value.visit(&mut |id| found.extend(roots.get(id.0).into_iter().flatten().copied()));
        }
    }
    found
}
