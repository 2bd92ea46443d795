//! A part of a program as a program of its own.

use super::Mutations;
use crate::ExportedProgram;
use crate::graph::{Graph, GraphOutput, Node, NodeId, NodeKind, NodeValue};
use crate::signature::{GraphSignature, InputKind, InputSpec, OutputKind, OutputSpec};
use pytree_core::TreeSpec;
use std::collections::{HashMap, HashSet};

/// A part of a program could not be made a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// No node has the name.
    #[error("there is no node `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A value that cannot be an input or output.
    #[error("`{name}` is not a tensor or an int, so it cannot be an input or output; choose the nodes that use it")]
    NotAValue {
        /// The name of the node.
        name: String,
    },
    /// The part needs an input of the program that was not chosen.
    #[error("the part needs the input `{name}` for `{user}`; add it to the inputs, or cut before `{user}`")]
    NeedsInput {
        /// The input.
        name: String,
        /// A node that uses it.
        user: String,
    },
    /// A node outside of the part writes to a value, and the part may see the write.
    #[error(
        "`{name}` writes in place and would not be in the part, so the part could compute something else; take the part from \
         the program after run_decompositions"
    )]
    Writes {
        /// The node.
        name: String,
    },
}

/// The part of a program that computes `outputs` from `inputs`, both names of nodes. Parameters, buffers and constants that
/// the part needs come along.
///
/// The inputs are positional arguments of the new program, in the given order, and it returns a tuple, or the value itself
/// if there is one output.
///
/// # Errors
/// [`ExtractError`] when a name is unknown, when the part needs an input that was not chosen, and when a node that writes in
/// place would be left out.
pub fn extract(program: &ExportedProgram, inputs: &[&str], outputs: &[&str]) -> Result<ExportedProgram, ExtractError> {
    let graph = &program.graph;
    let by_name: HashMap<&str, NodeId> = graph.enumerate().map(|(id, node)| (node.name.as_str(), id)).collect();
    let find = |name: &&str| {
        let id = by_name.get(*name).copied().ok_or_else(|| ExtractError::Unknown { name: (*name).to_owned() })?;
        match graph.node(id).value {
            NodeValue::Tensor(_) | NodeValue::Int(_) | NodeValue::Float(_) | NodeValue::Bool(_) => Ok(id),
            _ => Err(ExtractError::NotAValue { name: (*name).to_owned() }),
        }
    };
    let inputs = inputs.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let outputs = outputs.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let kept = kept(program, &inputs, &outputs)?;
    check_writes(program, &inputs, &kept)?;

    // Lifted tensors first, then the inputs, as torch orders placeholders; then the calls.
    let mut part = Graph::default();
    let mut moved: HashMap<NodeId, NodeId> = HashMap::new();
    let mut signature = GraphSignature::default();
    for spec in &program.signature.inputs {
        if spec.kind != InputKind::UserInput && kept.contains(&spec.node) {
            let node = part.push(graph.node(spec.node).clone());
            moved.insert(spec.node, node);
            signature.inputs.push(InputSpec { node, kind: spec.kind.clone() });
        }
    }
    for id in &inputs {
        let Node { name, value, .. } = graph.node(*id);
        let node = part.push(Node::new(name.clone(), NodeKind::Placeholder, value.clone()));
        moved.insert(*id, node);
        signature.inputs.push(InputSpec { node, kind: InputKind::UserInput });
    }
    for (id, node) in graph.enumerate() {
        if !kept.contains(&id) || moved.contains_key(&id) {
            continue;
        }
        let mut node = node.clone();
        let renumber = |id: &mut NodeId| {
            if let Some(new) = moved.get(id) {
                *id = *new;
            }
        };
        match &mut node.kind {
            NodeKind::Placeholder => {}
            NodeKind::Item { of, .. } => renumber(of),
            NodeKind::Call { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| argument.value.visit_mut(&mut |id| renumber(id)));
            }
        }
        moved.insert(id, part.push(node));
    }
    let values: Vec<GraphOutput> =
        outputs.iter().filter_map(|id| moved.get(id)).map(|id| GraphOutput::Node(*id)).collect();
    part.outputs.clone_from(&values);
    signature.outputs = values.into_iter().map(|value| OutputSpec { value, kind: OutputKind::UserOutput }).collect();
    let leaves = |count: usize| (0..count).map(|_| TreeSpec::leaf());
    let in_spec = TreeSpec::tuple([TreeSpec::tuple(leaves(inputs.len())), TreeSpec::dict::<&str>([])]);
    let out_spec = if outputs.len() == 1 { TreeSpec::leaf() } else { TreeSpec::tuple(leaves(outputs.len())) };
    let mut extracted = ExportedProgram::new(part, signature, in_spec, out_spec);
    extracted.argument_names = inputs.iter().map(|id| graph.node(*id).name.clone()).collect();
    extracted.hints = program.hints.clone();
    extracted.expression_hints = program.expression_hints.clone();
    extracted.range_constraints = program.range_constraints.clone();
    extracted.offset_ranges = program.offset_ranges.clone();
    extracted.verifiers = program.verifiers.clone();
    extracted.origin = program.origin.clone();
    let lifted: HashSet<&str> = extracted.signature.inputs.iter().filter_map(|spec| spec.kind.target()).collect();
    let of = |tensors: &indexmap::IndexMap<String, crate::TensorData>| {
        tensors.iter().filter(|(name, _)| lifted.contains(name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    let (state_dict, constants) = (of(&program.state_dict), of(&program.constants));
    let pickled = program.pickled.iter().filter(|(name, _)| lifted.contains(name.as_str()));
    extracted.pickled = pickled.map(|(name, object)| (name.clone(), object.clone())).collect();
    (extracted.state_dict, extracted.constants) = (state_dict, constants);
    Ok(extracted)
}

/// The nodes that the outputs need, up to the inputs.
fn kept(program: &ExportedProgram, inputs: &[NodeId], outputs: &[NodeId]) -> Result<HashSet<NodeId>, ExtractError> {
    let graph = &program.graph;
    let user: HashSet<NodeId> = program
        .signature
        .inputs
        .iter()
        .filter(|spec| spec.kind == InputKind::UserInput)
        .map(|spec| spec.node)
        .collect();
    let mut kept: HashSet<NodeId> = HashSet::new();
    let mut open: Vec<(NodeId, NodeId)> = outputs.iter().map(|id| (*id, *id)).collect();
    while let Some((id, used_by)) = open.pop() {
        if !kept.insert(id) || inputs.contains(&id) {
            continue;
        }
        if user.contains(&id) {
            let (name, user) = (graph.node(id).name.clone(), graph.node(used_by).name.clone());
            return Err(ExtractError::NeedsInput { name, user });
        }
        open.extend(graph.node(id).inputs().into_iter().map(|input| (input, id)));
    }
    Ok(kept)
}

/// No node that is left out writes to something before the part is done.
fn check_writes(program: &ExportedProgram, inputs: &[NodeId], kept: &HashSet<NodeId>) -> Result<(), ExtractError> {
    let graph = &program.graph;
    let last = kept.iter().max().copied();
    let first = inputs.iter().min().copied();
    let within = |id: NodeId| Some(id) < last && Some(id) > first.filter(|_| !graph.nodes.is_empty());
    let writes_in_place = |node: &Node| match &node.kind {
        NodeKind::Call { target: crate::Target::Op(op), .. } => {
            crate::check::schema::schema(op).is_some_and(|schema| schema.arguments.iter().any(|known| known.is_written))
        }
        _ => false,
    };
    let left_out = |id: NodeId| !kept.contains(&id) && within(id);
    let found = graph.enumerate().find(|(id, node)| left_out(*id) && writes_in_place(node));
    if let Some((_, node)) = found {
        return Err(ExtractError::Writes { name: node.name.clone() });
    }
    // Writes of unknown ops that are left out may matter as well.
    let unknown = Mutations::of(program).unknown;
    match unknown.into_iter().find(|id| left_out(*id)) {
        Some(id) => Err(ExtractError::Writes { name: graph.node(id).name.clone() }),
        None => Ok(()),
    }
}
