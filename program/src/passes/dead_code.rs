//! Removing nodes that nothing uses.

use crate::ExportedProgram;
use crate::graph::{Graph, GraphOutput, Node, NodeId, NodeKind, Target};

/// Ops that are removed when nothing uses their result: `detach`, and what reads a number of a tensor.
const REMOVED: [&str; 6] = [
    "aten.detach.default",
    "aten.item.default",
    "aten.sym_numel.default",
    "aten.sym_size.int",
    "aten.sym_storage_offset.default",
    "aten.sym_stride.int",
];

/// Removes the nodes that `torch.export.export` removes, and returns how many. The other nodes keep their names.
///
/// These are dead `detach` nodes, dead reads of numbers (`item`, `sym_size`) and dead arithmetic on numbers. As in PyTorch all
/// other ops stay, also pure ones whose result is not used: `run_decompositions` removes those.
///
/// ```
/// # use program::{Argument, ExportedProgram, Graph, GraphOutput, GraphSignature, InputKind, InputSpec, NamedArgument};
/// # use program::{Node, NodeKind, NodeValue, OpName};
/// # use pytree_core::{DType, TensorType, TreeSpec};
/// # use symbolic::Expr;
/// # let value = NodeValue::Tensor(TensorType::contiguous(DType::Float32, [2]).map(|n| Expr::int(*n)));
/// # let mut graph = Graph::default();
/// # let x = graph.push(Node::new("x", NodeKind::Placeholder, value.clone()));
/// # let mut call = |op: &str, name: &str| {
/// #     let arguments = vec![NamedArgument::positional("self", Argument::Tensor(x))];
/// #     let target = op.parse::<OpName>().unwrap().into();
/// #     graph.push(Node::new(name, NodeKind::Call { target, arguments }, value.clone()))
/// # };
/// call("aten.detach.default", "detach"); // nothing uses these two
/// call("aten.relu.default", "relu");
/// # let output = call("aten.neg.default", "neg");
/// # graph.outputs = vec![GraphOutput::Node(output)];
/// # let signature = GraphSignature { inputs: vec![InputSpec { node: x, kind: InputKind::UserInput }], outputs: vec![] };
/// # let mut program = ExportedProgram::new(graph, signature, TreeSpec::leaf(), TreeSpec::leaf());
/// assert_eq!(program::passes::eliminate_dead_code(&mut program), 1);
/// let names: Vec<&str> = program.graph.nodes.iter().map(|node| node.name.as_str()).collect();
/// assert_eq!(names, ["x", "relu", "neg"]);
/// ```
pub fn eliminate_dead_code(program: &mut ExportedProgram) -> usize {
    let places = kept(&program.graph);
    let removed = places.iter().filter(|place| place.is_none()).count();
    if removed == 0 {
        return 0;
    }
    // A node that is kept uses only nodes that are kept.
    let moved = |id: &mut NodeId| {
        if let Some(Some(place)) = places.get(id.0) {
            *id = *place;
        }
    };
    let output = |output: &mut GraphOutput| {
        if let GraphOutput::Node(id) = output {
            moved(id);
        }
    };
    let mut kept = places.iter().map(Option::is_some);
    program.graph.nodes.retain(|_| kept.next().unwrap_or(true));
    for node in &mut program.graph.nodes {
        match &mut node.kind {
            NodeKind::Placeholder => {}
            NodeKind::Item { of, .. } => moved(of),
            NodeKind::Call { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| argument.value.visit_mut(&mut |id| moved(id)));
            }
        }
    }
    program.graph.outputs.iter_mut().for_each(output);
    program.signature.outputs.iter_mut().for_each(|spec| output(&mut spec.value));
    program.signature.inputs.iter_mut().for_each(|spec| moved(&mut spec.node));
    removed
}

/// The new id of every node that stays.
fn kept(graph: &Graph) -> Vec<Option<NodeId>> {
    let mut used = vec![false; graph.nodes.len()];
    let mut stays = vec![true; graph.nodes.len()];
    for output in &graph.outputs {
        if let GraphOutput::Node(NodeId(id)) = output
            && let Some(used) = used.get_mut(*id)
        {
            *used = true;
        }
    }
    // From the end, so that the inputs of a removed node may be removed too.
    for (at, node) in graph.nodes.iter().enumerate().rev() {
        if !used[at] && is_removed(node) {
            stays[at] = false;
            continue;
        }
        for NodeId(id) in node.inputs() {
            if let Some(used) = used.get_mut(id) {
                *used = true;
            }
        }
    }
    let mut next = 0;
    let number = |stays: bool| {
        let id = NodeId(next);
        next += usize::from(stays);
        stays.then_some(id)
    };
    stays.into_iter().map(number).collect()
}

fn is_removed(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Call { target: Target::Op(op), .. } => REMOVED.contains(&op.to_string().as_str()),
        NodeKind::Call { target: Target::Python(_), .. } => true,
        _ => false,
    }
}
