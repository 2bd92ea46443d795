//! Which dead nodes are removed, and what stays of the program.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod support;

use program::passes::eliminate_dead_code;
use program::{
    Argument, Graph, GraphOutput, NamedArgument, Node, NodeId, NodeKind, NodeValue, PythonFunction, Sym, Target,
};
use support::{call, floats, input, linear, program};
use symbolic::Expr;

fn op(graph: &mut Graph, name: &str, op: &str, of: NodeId, value: NodeValue) -> NodeId {
    graph.push(Node::new(name, call(op, vec![("self", Argument::Tensor(of))]), value))
}

fn times(graph: &mut Graph, name: &str, a: NodeId, by: i64) -> NodeId {
    let arguments = vec![
        NamedArgument::positional("a", Argument::Int(Sym::Node(a))),
        NamedArgument::positional("b", Argument::Int(Sym::Value(by))),
    ];
    let kind = NodeKind::Call { target: Target::Python(PythonFunction::Mul), arguments };
    graph.push(Node::new(name, kind, NodeValue::Int(Expr::size("s77"))))
}

fn names(graph: &Graph) -> Vec<&str> {
    graph.nodes.iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn dead_nodes_go_as_in_torch_and_the_others_move_up() {
    let four = || floats(&[Expr::int(4)]);
    let size = || NodeValue::Int(Expr::size("s77"));
    let mut graph = Graph::default();
    let x = input(&mut graph, "x", four());
    // A chain of which nothing is used, with a branch that is.
    let length = op(&mut graph, "sym_size_int", "aten.sym_size.int", x, size());
    let twice = times(&mut graph, "mul", length, 2);
    times(&mut graph, "mul_1", twice, 3);
    op(&mut graph, "detach", "aten.detach.default", x, four());
    let used = op(&mut graph, "detach_1", "aten.detach.default", x, four());
    op(&mut graph, "detach_", "aten.detach_.default", used, four());
    // Pure, random and checking ops stay.
    let sum = op(&mut graph, "sum_1", "aten.sum.default", x, floats(&[]));
    op(&mut graph, "item", "aten.item.default", sum, NodeValue::Float(Expr::size("s77")));
    op(&mut graph, "rand_like", "aten.rand_like.default", x, four());
    op(&mut graph, "_assert_async", "aten._assert_async.default", sum, NodeValue::Nothing);
    let pair = op(&mut graph, "sort", "aten.sort.default", x, NodeValue::Several { count: 2, list: false });
    graph.push(Node::new("getitem", NodeKind::Item { of: pair, index: 0 }, four()));
    let rows = op(&mut graph, "sym_size_int_1", "aten.sym_size.int", x, size());
    let view = call(
        "aten.view.default",
        vec![("self", Argument::Tensor(used)), ("size", Argument::Ints(vec![Sym::Node(rows), Sym::Value(-1)]))],
    );
    let view = graph.push(Node::new("view", view, four()));
    graph.outputs = vec![GraphOutput::Node(view), GraphOutput::Node(rows)];
    let mut program = program(graph);
    assert_eq!(eliminate_dead_code(&mut program), 5);
    let left = [
        "x",
        "detach_1",
        "detach_",
        "sum_1",
        "rand_like",
        "_assert_async",
        "sort",
        "getitem",
        "sym_size_int_1",
        "view",
    ];
    assert_eq!(names(&program.graph), left);
    assert_eq!(program.graph.outputs, [GraphOutput::Node(NodeId(9)), GraphOutput::Node(NodeId(8))]);
    assert_eq!(program.signature.outputs[1].value, GraphOutput::Node(NodeId(8)));
    assert_eq!(program.graph.node(NodeId(9)).inputs(), [NodeId(1), NodeId(8)]);
    assert_eq!(program.graph.node(NodeId(7)).inputs(), [NodeId(6)]);
    assert_eq!(eliminate_dead_code(&mut program), 0);
}

#[test]
fn a_program_without_dead_nodes_stays_as_it_is() {
    let mut program = linear();
    let before = program.graph.clone();
    assert_eq!(eliminate_dead_code(&mut program), 0);
    assert_eq!(program.graph, before);
}
