//! Checks of higher-order ops: their graphs fit their operands and results.

use super::{Problem, Report};
use crate::graph::{Argument, Graph, NamedArgument, Node, NodeValue};

/// Checks a call of a higher-order op. One that is not known passes.
pub(super) fn check(
    _graph: &Graph,
    node: &Node,
    op: &str,
    arguments: &[NamedArgument],
    place: &str,
    report: &mut Report,
) {
    let values: Vec<&Argument> = arguments.iter().map(|argument| &argument.value).collect();
    let results = match &node.value {
        NodeValue::Several { count, .. } => *count,
        NodeValue::Nothing => 0,
        _ => 1,
    };
    let mut calls = Calls { place, report };
    match (op, values.as_slice()) {
        (
            "cond",
            [
                Argument::Tensor(_) | Argument::Bool(_),
                Argument::Graph { name: a, graph: yes },
                Argument::Graph { name: b, graph: no },
                operands,
            ],
        ) => match count(operands) {
            Some(operands) => {
                for (name, graph) in [(a, yes), (b, no)] {
                    calls.fits(name, graph, Some(operands), Some(results));
                }
            }
            None => calls.form(op, "(predicate, graph, graph, operands)"),
        },
        ("cond", _) => calls.form(op, "(predicate, graph, graph, operands)"),
        (
            "while_loop",
            [Argument::Graph { name: a, graph: condition }, Argument::Graph { name: b, graph: body }, carried, more],
        ) => match (count(carried), count(more)) {
            (Some(carried), Some(more)) => {
                calls.fits(a, condition, Some(carried + more), Some(1));
                calls.fits(b, body, Some(carried + more), Some(carried));
                if results != carried {
                    let problem = Problem::Count { what: "results", expected: carried, found: results };
                    calls.report.add(place, problem);
                }
            }
            _ => calls.form(op, "(condition, body, carried, additional)"),
        },
        ("while_loop", _) => calls.form(op, "(condition, body, carried, additional)"),
        ("map_impl", [Argument::Graph { name, graph }, mapped, more]) => match (count(mapped), count(more)) {
            (Some(mapped), Some(more)) => calls.fits(name, graph, Some(mapped + more), Some(results)),
            _ => calls.form(op, "(graph, mapped, others)"),
        },
        ("map_impl", _) => calls.form(op, "(graph, mapped, others)"),
        ("scan", [Argument::Graph { name, graph }, init, slices, more]) => {
            match (count(init), count(slices), count(more)) {
                (Some(init), Some(slices), Some(more)) => {
                    calls.fits(name, graph, Some(init + slices + more), Some(results));
                }
                _ => calls.form(op, "(graph, init, xs, additional)"),
            }
        }
        ("scan", _) => calls.form(op, "(graph, init, xs, additional)"),
        ("wrap_with_set_grad_enabled", [Argument::Bool(_), Argument::Graph { name, graph }, operands @ ..]) => {
            calls.fits(name, graph, Some(operands.len()), Some(results));
        }
        ("wrap_with_set_grad_enabled", _) => calls.form(op, "(enabled, graph, operands..)"),
        ("wrap_with_autocast", [_, _, _, _, Argument::Graph { name, graph }, operands @ ..]) => {
            calls.fits(name, graph, Some(operands.len()), Some(results));
        }
        ("wrap_with_autocast", _) => calls.form(op, "(device, dtype, enabled, cache, graph, operands..)"),
        _ => {}
    }
}

/// The number of operands in a list. An empty list has no kind of its own.
fn count(argument: &Argument) -> Option<usize> {
    match argument {
        Argument::Tensors(items) => Some(items.len()),
        Argument::OptionalTensors(items) => Some(items.len()),
        Argument::Ints(items) => Some(items.len()),
        Argument::Floats(items) => Some(items.len()),
        Argument::Bools(items) => Some(items.len()),
        _ => None,
    }
}

struct Calls<'c> {
    place: &'c str,
    report: &'c mut Report,
}

impl Calls<'_> {
    fn form(&mut self, op: &str, form: &'static str) {
        self.report.add(self.place, Problem::Form { op: op.to_owned(), form });
    }

    fn fits(&mut self, name: &str, graph: &Graph, inputs: Option<usize>, outputs: Option<usize>) {
        let counted = [("inputs", inputs, graph.placeholders().count()), ("outputs", outputs, graph.outputs.len())];
        for (what, expected, found) in counted {
            if let Some(expected) = expected.filter(|expected| *expected != found) {
                let graph = name.to_owned();
                self.report.add(self.place, Problem::Subgraph { graph, what, expected, found });
            }
        }
    }
}
