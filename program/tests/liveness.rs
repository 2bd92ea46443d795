//! Where the values of a graph are used for the last time.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod support;

use program::passes::Liveness;
use program::{Argument, Graph, GraphOutput, Node, NodeKind, NodeValue};
use support::{add, call, floats, input};
use symbolic::Expr;

/// The names that die at each node, in the order of the nodes.
fn dead(graph: &Graph) -> Vec<(String, Vec<String>)> {
    let liveness = Liveness::of(graph);
    let names = |ids: &[program::NodeId]| ids.iter().map(|id| graph.node(*id).name.clone()).collect();
    graph.enumerate().map(|(id, node)| (node.name.clone(), names(liveness.dead_after(id)))).collect()
}

fn expect(graph: &Graph, expected: &[(&str, &[&str])]) {
    let found = dead(graph);
    let found: Vec<(&str, Vec<&str>)> =
        found.iter().map(|(name, dead)| (name.as_str(), dead.iter().map(String::as_str).collect())).collect();
    let expected: Vec<(&str, Vec<&str>)> = expected.iter().map(|(name, dead)| (*name, dead.to_vec())).collect();
    assert_eq!(found, expected);
}

/// A graph with the inputs `x` and `y`.
fn graph() -> (Graph, program::NodeId, program::NodeId) {
    let mut graph = Graph::default();
    let x = input(&mut graph, "x", floats(&[Expr::int(4)]));
    let y = input(&mut graph, "y", floats(&[Expr::int(4)]));
    (graph, x, y)
}

#[test]
fn a_value_dies_at_its_last_use() {
    let (mut graph, x, y) = graph();
    let a = add(&mut graph, "a", x, y);
    let b = add(&mut graph, "b", a, x);
    graph.outputs = vec![GraphOutput::Node(b)];
    expect(&graph, &[("x", &[]), ("y", &[]), ("a", &["y"]), ("b", &["a", "x"])]);
}

#[test]
fn a_value_used_twice_in_one_call_dies_once() {
    let (mut graph, x, y) = graph();
    let a = add(&mut graph, "a", x, x);
    let pair = call("aten.cat.default", vec![("tensors", Argument::Tensors(vec![y, a, y]))]);
    let b = graph.push(Node::new("b", pair, floats(&[Expr::int(12)])));
    graph.outputs = vec![GraphOutput::Node(b)];
    expect(&graph, &[("x", &[]), ("y", &[]), ("a", &["x"]), ("b", &["y", "a"])]);
}

#[test]
fn an_unused_value_dies_after_its_arguments_and_an_unused_placeholder_does_not() {
    let (mut graph, x, _) = graph();
    add(&mut graph, "a", x, x);
    expect(&graph, &[("x", &[]), ("y", &[]), ("a", &["x", "a"])]);
}

#[test]
fn a_returned_value_does_not_die() {
    let (mut graph, x, y) = graph();
    let a = add(&mut graph, "a", x, y);
    let b = add(&mut graph, "b", a, y);
    graph.outputs = vec![GraphOutput::Node(a), GraphOutput::Node(b), GraphOutput::Node(x)];
    expect(&graph, &[("x", &[]), ("y", &[]), ("a", &[]), ("b", &["y"])]);
}

#[test]
fn a_call_with_several_results_dies_at_its_last_item() {
    let (mut graph, x, _) = graph();
    let kind = call("aten.split.Tensor", vec![("self", Argument::Tensor(x))]);
    let of = graph.push(Node::new("split", kind, NodeValue::Several { count: 2, list: true }));
    let first = graph.push(Node::new("getitem", NodeKind::Item { of, index: 0 }, floats(&[])));
    graph.push(Node::new("getitem_1", NodeKind::Item { of, index: 1 }, floats(&[])));
    graph.outputs = vec![GraphOutput::Node(first)];
    let expected: [(&str, &[&str]); 5] =
        [("x", &[]), ("y", &[]), ("split", &["x"]), ("getitem", &[]), ("getitem_1", &["split", "getitem_1"])];
    expect(&graph, &expected);
}

#[test]
fn a_sub_graph_does_not_use_values_of_the_outer_graph() {
    let (mut graph, x, y) = graph();
    let mut inner = Graph::default();
    let a = input(&mut inner, "a", floats(&[Expr::int(4)]));
    add(&mut inner, "b", a, a);
    let argument = Argument::Graph { name: "body_graph_0".to_owned(), graph: Box::new(inner) };
    let kind = call("test.op.default", vec![("body", argument), ("x", Argument::Tensor(x))]);
    graph.push(Node::new("op", kind, floats(&[])));
    add(&mut graph, "last", x, y);
    expect(&graph, &[("x", &[]), ("y", &[]), ("op", &["op"]), ("last", &["x", "y", "last"])]);
}
