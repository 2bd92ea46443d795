//! The symbols of a program and their ranges in its file.
//!
//! PyTorch does not open a file in which a symbol has no range, and cannot decompose a loaded program whose ranges have keys
//! that are not symbols.

use super::SaveError;
use super::schema;
use crate::ExportedProgram;
use crate::graph::{Argument, Graph, NodeKind, NodeValue};
use indexmap::{IndexMap, IndexSet};
use symbolic::{Bound, Expr, Symbol};

/// The ranges of the symbols by name.
///
/// A range of a compound expression (`s27 + s79`) is printed, but it is not written: it follows from those of its symbols,
/// and with it `run_decompositions` and `torch.onnx.export` fail on the loaded program.
pub(super) fn ranges(program: &ExportedProgram) -> IndexMap<String, schema::Range> {
    let bound = |bound: Bound| bound.finite().and_then(|v| i64::try_from(v).ok());
    // A loaded program keeps what its file has.
    let written = |expr: &Expr| expr.as_symbol().is_some() || program.origin.is_some();
    let ranges = program.range_constraints.iter().chain(&program.offset_ranges);
    ranges
        .filter(|(expr, _)| written(expr))
        .map(|(expr, range)| {
            (expr.to_string(), schema::Range { min_val: bound(range.lower), max_val: bound(range.upper) })
        })
        .collect()
}

/// Checks that every symbol in the value of a node has a range.
pub(super) fn check(program: &ExportedProgram) -> Result<(), SaveError> {
    let ranges = program.range_constraints.iter().chain(&program.offset_ranges);
    let known: IndexSet<&Symbol> = ranges.filter_map(|(expr, _)| expr.as_symbol()).collect();
    check_graph(&program.graph, &known)
}

fn check_graph(graph: &Graph, known: &IndexSet<&Symbol>) -> Result<(), SaveError> {
    for node in &graph.nodes {
        let free = |expr: &Expr| expr.free_symbols().into_iter().find(|symbol| !known.contains(symbol));
        let found = match &node.value {
            NodeValue::Tensor(tensor) => {
                let numbers = tensor.sizes.iter().chain(&tensor.strides);
                numbers.chain(std::iter::once(&tensor.storage_offset)).find_map(free)
            }
            NodeValue::Int(expr) | NodeValue::Float(expr) => free(expr),
            NodeValue::Bool(condition) => condition.free_symbols().into_iter().find(|symbol| !known.contains(symbol)),
            NodeValue::Several { .. } | NodeValue::Literal(_) | NodeValue::Object { .. } | NodeValue::Nothing => None,
        };
        if let Some(symbol) = found {
            return Err(SaveError::NoRange { node: node.name.clone(), symbol });
        }
        let NodeKind::Call { arguments, .. } = &node.kind else { continue };
        for argument in arguments {
            if let Argument::Graph { graph, .. } = &argument.value {
                check_graph(graph, known)?;
            }
        }
    }
    Ok(())
}
