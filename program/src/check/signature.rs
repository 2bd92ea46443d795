//! Checks of the signature, the structures, and the stored tensors.

use super::{Problem, Report};
use crate::ExportedProgram;
use crate::data::TensorData;
use crate::graph::{GraphOutput, NodeId, NodeValue};
use crate::pt2::{ContentError, check_bounds};
use crate::signature::{InputKind, OutputKind};
use pytree_core::TensorType;
use std::collections::HashSet;
use symbolic::Expr;

/// Checks what stands around the graph, whose ids are right.
pub(super) fn check(program: &ExportedProgram, report: &mut Report) {
    inputs(program, report);
    outputs(program, report);
    structures(program, report);
    for (kind, tensors) in [("weight", &program.state_dict), ("constant", &program.constants)] {
        for (name, data) in tensors {
            let place = || format!("the {kind} `{name}`");
            match check_bounds(data, name) {
                Err(ContentError::Bounds { needed, available, .. }) => {
                    report.add(place(), Problem::Bounds { needed, available });
                }
                Err(_) => report.add(place(), Problem::Bounds { needed: 0, available: data.storage.as_bytes().len() }),
                Ok(()) => {}
            }
        }
    }
}

fn inputs(program: &ExportedProgram, report: &mut Report) {
    let placeholders: Vec<NodeId> = program.graph.placeholders().map(|(id, _)| id).collect();
    let specs: Vec<NodeId> = program.signature.inputs.iter().map(|spec| spec.node).collect();
    if placeholders != specs {
        let (expected, found) = (placeholders.len(), specs.len());
        report
            .add("the signature", Problem::Count { what: "inputs in the order of the placeholders", expected, found });
        return;
    }
    for spec in &program.signature.inputs {
        let node = program.graph.node(spec.node);
        let place = || format!("the input `{}`", node.name);
        let (kind, name, data) = match &spec.kind {
            InputKind::UserInput | InputKind::Token => continue,
            InputKind::Parameter { name } => ("parameter", name, program.state_dict.get(name)),
            InputKind::Buffer { name, persistent: true } => ("buffer", name, program.state_dict.get(name)),
            InputKind::Buffer { name, persistent: false } => ("buffer", name, program.constants.get(name)),
            InputKind::ConstantTensor { name } => ("constant", name, program.constants.get(name)),
            InputKind::CustomObject { name } => ("object", name, None),
        };
        match data {
            Some(data) => {
                if let NodeValue::Tensor(tensor) = &node.value
                    && let Some((expected, found)) = other_type(tensor, data)
                {
                    report.add(place(), Problem::OtherData { expected, found });
                }
            }
            None if program.pickled.contains_key(name) => {}
            None => report.add(place(), Problem::NoData { kind, name: name.clone() }),
        }
    }
}

/// The two types, if the element types or the sizes differ.
fn other_type(tensor: &TensorType<Expr>, data: &TensorData) -> Option<(String, String)> {
    let stored = &data.tensor;
    let same = tensor.dtype == stored.dtype
        && tensor.sizes.len() == stored.sizes.len()
        && tensor
            .sizes
            .iter()
            .zip(&stored.sizes)
            .all(|(size, stored)| size.as_int().is_none_or(|size| size == *stored));
    let shown = |dtype: pytree_core::DType, sizes: String| format!("{dtype} of the sizes {sizes}");
    let all = |sizes: &[Expr]| format!("{sizes:?}");
    (!same).then(|| (shown(tensor.dtype, all(&tensor.sizes)), shown(stored.dtype, format!("{:?}", stored.sizes))))
}

fn outputs(program: &ExportedProgram, report: &mut Report) {
    let (expected, found) = (program.graph.outputs.len(), program.signature.outputs.len());
    if expected != found {
        report.add("the signature", Problem::Count { what: "outputs", expected, found });
        return;
    }
    let names = |is: fn(&InputKind) -> bool| -> HashSet<&str> {
        program.signature.inputs.iter().filter(|spec| is(&spec.kind)).filter_map(|spec| spec.kind.target()).collect()
    };
    let buffers = names(|kind| matches!(kind, InputKind::Buffer { .. } | InputKind::ConstantTensor { .. }));
    let parameters = names(|kind| matches!(kind, InputKind::Parameter { .. }));
    let users = program.signature.inputs.iter().filter(|spec| spec.kind == InputKind::UserInput);
    let users: HashSet<&str> = users.map(|spec| program.graph.node(spec.node).name.as_str()).collect();
    for (i, spec) in program.signature.outputs.iter().enumerate() {
        let (known, what) = match &spec.kind {
            OutputKind::UserOutput | OutputKind::LossOutput | OutputKind::Token => continue,
            OutputKind::BufferMutation { .. } => (&buffers, "a buffer"),
            OutputKind::ParameterMutation { .. } | OutputKind::GradientToParameter { .. } => {
                (&parameters, "a parameter")
            }
            OutputKind::UserInputMutation { .. } | OutputKind::GradientToUserInput { .. } => (&users, "an input"),
        };
        let place = || format!("output {i}");
        let name = spec.kind.target().unwrap_or_default();
        if !known.contains(name) {
            report.add(place(), Problem::Dangling { name: name.to_owned(), what });
        }
        if let GraphOutput::Literal(_) = spec.value {
            report.add(place(), Problem::Dangling { name: name.to_owned(), what: "the name of a computed value" });
        }
    }
}

/// The structures have a leaf for every input and output of the user.
fn structures(program: &ExportedProgram, report: &mut Report) {
    let signature = &program.signature;
    let inputs = signature.inputs.iter().filter(|spec| spec.kind == InputKind::UserInput).count();
    let found = program.in_spec.num_leaves();
    if found != inputs {
        report.add("in_spec", Problem::Count { what: "leaves", expected: inputs, found });
    }
    if program.in_spec.num_children() != 2 {
        let found = program.in_spec.num_children();
        report.add("in_spec", Problem::Count { what: "parts (args and kwargs)", expected: 2, found });
    }
    // The structure of a program with a backward pass is that of the loss alone.
    if signature.outputs.iter().any(|spec| spec.kind == OutputKind::LossOutput) {
        return;
    }
    let outputs = signature.outputs.iter().filter(|spec| spec.kind == OutputKind::UserOutput).count();
    let found = program.out_spec.num_leaves();
    if found != outputs {
        report.add("out_spec", Problem::Count { what: "leaves", expected: outputs, found });
    }
}
