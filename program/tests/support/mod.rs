//! Hand-built programs that the tests share.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of it")]

use program::{
    Argument, ExportedProgram, Graph, GraphOutput, GraphSignature, InputKind, InputSpec, NamedArgument, Node, NodeId,
    NodeKind, NodeValue, OpName, OutputKind, OutputSpec, Storage, TensorData,
};
use pytree_core::{DType, TensorType, TreeSpec};
use symbolic::{Expr, ValueRange};

/// The value of a contiguous float tensor.
pub(crate) fn floats(sizes: &[Expr]) -> NodeValue {
    let mut tensor = TensorType::contiguous(DType::Float32, []).map(|n| Expr::int(*n));
    for size in sizes.iter().rev() {
        let inner = tensor.strides.first().zip(tensor.sizes.first());
        let stride = inner.map_or(Expr::int(1), |(stride, size)| stride.try_mul(size).unwrap());
        tensor.strides.insert(0, stride);
        tensor.sizes.insert(0, size.clone());
    }
    NodeValue::Tensor(tensor)
}

/// Adds a placeholder.
pub(crate) fn input(graph: &mut Graph, name: &str, value: NodeValue) -> NodeId {
    graph.push(Node::new(name, NodeKind::Placeholder, value))
}

/// A call of an op with these positional arguments.
pub(crate) fn call(op: &str, arguments: Vec<(&str, Argument)>) -> NodeKind {
    let op: OpName = op.parse().unwrap();
    let arguments = arguments.into_iter().map(|(name, value)| NamedArgument::positional(name, value)).collect();
    NodeKind::Call { target: op.into(), arguments }
}

/// Adds `aten.add.Tensor(a, b)`.
pub(crate) fn add(graph: &mut Graph, name: &str, a: NodeId, b: NodeId) -> NodeId {
    let kind = call("aten.add.Tensor", vec![("self", Argument::Tensor(a)), ("other", Argument::Tensor(b))]);
    graph.push(Node::new(name, kind, floats(&[Expr::int(4)])))
}

/// The program of a graph whose placeholders are positional inputs, which returns a tuple.
pub(crate) fn program(graph: Graph) -> ExportedProgram {
    let inputs = graph.placeholders().map(|(node, _)| InputSpec { node, kind: InputKind::UserInput }).collect();
    let outputs = graph.outputs.iter();
    let outputs = outputs.map(|value| OutputSpec { value: value.clone(), kind: OutputKind::UserOutput }).collect();
    let leaves = |count: usize| TreeSpec::tuple((0..count).map(|_| TreeSpec::leaf()));
    let call = TreeSpec::tuple([leaves(graph.placeholders().count()), TreeSpec::dict::<&str>([])]);
    let returned = leaves(graph.outputs.len());
    ExportedProgram::new(graph, GraphSignature { inputs, outputs }, call, returned)
}

/// A linear layer without a bias, with a weight and a batch of any size.
pub(crate) fn linear() -> ExportedProgram {
    let batch = Expr::size("s77");
    let mut graph = Graph::default();
    let weight = input(&mut graph, "p_fc_weight", floats(&[Expr::int(3), Expr::int(4)]));
    let x = input(&mut graph, "x", floats(&[batch.clone(), Expr::int(4)]));
    let kind = call("aten.linear.default", vec![("input", Argument::Tensor(x)), ("weight", Argument::Tensor(weight))]);
    let linear = graph.push(Node::new("linear", kind, floats(&[batch.clone(), Expr::int(3)])));
    graph.outputs = vec![GraphOutput::Node(linear)];
    let mut program = program(graph);
    program.signature.inputs[0].kind = InputKind::Parameter { name: "fc.weight".to_owned() };
    program.in_spec = TreeSpec::tuple([TreeSpec::tuple([TreeSpec::leaf()]), TreeSpec::dict::<&str>([])]);
    program.out_spec = TreeSpec::leaf();
    program.argument_names = vec!["x".to_owned()];
    program.hints.insert(batch.as_symbol().unwrap().clone(), 2);
    program.range_constraints = vec![(batch, ValueRange::SIZE)];
    let bytes: Vec<u8> = (0..12).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let weight = TensorData::new(TensorType::contiguous(DType::Float32, [3, 4]), true, Storage::new(bytes));
    program.state_dict.insert("fc.weight".to_owned(), weight);
    program
}
