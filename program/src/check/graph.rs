//! Checks of a graph: ids, names, order, values, calls.

use super::{Problem, Remark, Report, arguments, subgraphs};
use crate::ExportedProgram;
use crate::graph::{Graph, GraphOutput, Literal, Node, NodeId, NodeKind, NodeValue, PythonFunction, Target};
use crate::pt2::cut;
use std::collections::HashSet;
use symbolic::{Expr, Symbol};

/// The symbols of a program that have a range.
pub(super) struct Known<'p>(HashSet<&'p Symbol>);

/// Checks a graph and those inside of it. Returns whether all ids are right, so that the graph can be looked at further.
pub(super) fn check(graph: &Graph, path: &str, program: &ExportedProgram, report: &mut Report) -> bool {
    let ranges = program.range_constraints.iter();
    let known = Known(ranges.filter_map(|(expr, _)| expr.as_symbol()).collect());
    Checker { path, known: &known, unknown_ops: &mut HashSet::new(), report }.graph(graph)
}

struct Checker<'c> {
    /// The way to the graph: empty, or `true_graph_0 of node `cond`: `.
    path: &'c str,
    known: &'c Known<'c>,
    unknown_ops: &'c mut HashSet<String>,
    report: &'c mut Report,
}

impl Checker<'_> {
    fn graph(&mut self, graph: &Graph) -> bool {
        if !self.ids(graph) {
            return false;
        }
        let mut names = HashSet::new();
        let mut calls = false;
        for node in &graph.nodes {
            let place = || format!("{}node `{}`", self.path, cut(&node.name));
            if !names.insert(node.name.as_str()) {
                self.report.add(place(), Problem::DuplicateName { name: node.name.clone() });
            }
            match &node.kind {
                NodeKind::Placeholder if calls => self.report.add(place(), Problem::LatePlaceholder),
                NodeKind::Placeholder => {}
                _ => calls = true,
            }
            if let Some(symbol) = self.known.unknown(&node.value) {
                self.report.add(place(), Problem::NoRange { symbol });
            }
        }
        let mut well = true;
        for node in &graph.nodes {
            match &node.kind {
                NodeKind::Placeholder => {}
                NodeKind::Item { of, index } => self.item(graph, node, *of, *index),
                NodeKind::Call { .. } => well &= self.call(graph, node),
            }
        }
        well
    }

    /// Every id belongs to an earlier node.
    fn ids(&mut self, graph: &Graph) -> bool {
        let before = self.report.findings.len();
        for (at, node) in graph.nodes.iter().enumerate() {
            if let Some(NodeId(id)) = node.inputs().into_iter().find(|id| id.0 >= at) {
                self.report.add(format!("{}node `{}`", self.path, cut(&node.name)), Problem::NotBefore { id });
            }
        }
        for (i, output) in graph.outputs.iter().enumerate() {
            if let GraphOutput::Node(NodeId(id)) = output
                && *id >= graph.nodes.len()
            {
                self.report.add(format!("{}output {i}", self.path), Problem::NotBefore { id: *id });
            }
        }
        if graph.returns_single && graph.outputs.len() != 1 {
            let (expected, found) = (1, graph.outputs.len());
            self.report.add(format!("{}the outputs", self.path), Problem::Count { what: "outputs", expected, found });
        }
        self.report.findings.len() == before
    }

    fn item(&mut self, graph: &Graph, node: &Node, of: NodeId, index: usize) {
        let call = graph.node(of);
        let problem = match &call.value {
            NodeValue::Several { count, .. } if index < *count => return,
            NodeValue::Several { count, .. } => Problem::NoResult { index, of: call.name.clone(), count: *count },
            other => {
                Problem::Kind { name: call.name.clone(), expected: "a call with several results", found: kind(other) }
            }
        };
        self.report.add(format!("{}node `{}`", self.path, cut(&node.name)), problem);
    }

    fn call(&mut self, graph: &Graph, node: &Node) -> bool {
        let NodeKind::Call { target, arguments } = &node.kind else { return true };
        let place = format!("{}node `{}`", self.path, cut(&node.name));
        for argument in arguments {
            let at = || match argument.name.as_str() {
                "" => place.clone(),
                name => format!("{place}, argument `{}`", cut(name)),
            };
            let operands = matches!(target, Target::HigherOrder(_));
            if let Err(problem) = arguments::values(graph, &argument.value, operands) {
                self.report.add(at(), problem);
            }
        }
        match target {
            Target::Op(op) => match super::schema::schema(op) {
                Some(schema) => arguments::check(graph, node, op, &schema, arguments, &place, self.report),
                None => {
                    if self.unknown_ops.insert(op.to_string()) {
                        let (op, node) = (op.to_string(), node.name.clone());
                        self.report.remarks.push(Remark::UnknownOp { op, node });
                    }
                }
            },
            Target::Python(function) => self.function(node, *function, arguments.len(), &place),
            Target::HigherOrder(op) => subgraphs::check(graph, node, op, arguments, &place, self.report),
            Target::Predispatch(_) => {}
        }
        let mut well = true;
        for argument in arguments {
            if let crate::graph::Argument::Graph { name, graph } = &argument.value {
                let path = format!("{} of {place}: ", cut(name));
                let (known, unknown_ops) = (self.known, &mut *self.unknown_ops);
                well &= Checker { path: &path, known, unknown_ops, report: self.report }.graph(graph);
            }
        }
        well
    }

    fn function(&mut self, node: &Node, function: PythonFunction, found: usize, place: &str) {
        let expected = function.argument_names().len();
        if expected != found {
            self.report.add(place, Problem::Operands { function: function.path(), expected, found });
        }
        let number = matches!(
            &node.value,
            NodeValue::Int(_)
                | NodeValue::Float(_)
                | NodeValue::Bool(_)
                | NodeValue::Literal(Literal::Int(_) | Literal::Float(_) | Literal::Bool(_))
        );
        if !number {
            let (name, found) = (node.name.clone(), kind(&node.value));
            self.report.add(place, Problem::Kind { name, expected: "a number", found });
        }
    }
}

impl Known<'_> {
    /// A symbol of a value that has no range. As in PyTorch, those of offsets need none.
    fn unknown(&self, value: &NodeValue) -> Option<Symbol> {
        let free = |expr: &Expr| match expr.as_int() {
            Some(_) => None,
            None => expr.free_symbols().into_iter().find(|symbol| !self.0.contains(symbol)),
        };
        match value {
            NodeValue::Tensor(tensor) => tensor.sizes.iter().chain(&tensor.strides).find_map(free),
            NodeValue::Int(expr) | NodeValue::Float(expr) => free(expr),
            NodeValue::Bool(condition) => condition.free_symbols().into_iter().find(|symbol| !self.0.contains(symbol)),
            NodeValue::Several { .. } | NodeValue::Literal(_) | NodeValue::Object { .. } | NodeValue::Nothing => None,
        }
    }
}

/// What a value is, in words.
pub(super) fn kind(value: &NodeValue) -> &'static str {
    match value {
        NodeValue::Tensor(_) => "a tensor",
        NodeValue::Int(_) | NodeValue::Literal(Literal::Int(_)) => "an int",
        NodeValue::Float(_) | NodeValue::Literal(Literal::Float(_)) => "a float",
        NodeValue::Bool(_) | NodeValue::Literal(Literal::Bool(_)) => "a bool",
        NodeValue::Literal(Literal::Str(_)) => "a str",
        NodeValue::Literal(_) => "None",
        NodeValue::Several { .. } => "several values",
        NodeValue::Object { .. } => "an object",
        NodeValue::Nothing => "nothing",
    }
}
