//! Passes over programs that Python exported.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use program::passes::{ExtractError, Mutations, RenameError, extract, rename};
use program::{ExportedProgram, InputKind, OutputKind};
use std::path::Path;

fn zoo(name: &str) -> ExportedProgram {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/zoo/torch-2.13");
    ExportedProgram::load(folder.join(name).join("model.pt2")).unwrap()
}

/// The writes of a program: placeholder, writer, whether it is an output.
fn writes(program: &ExportedProgram) -> Vec<(String, String, bool)> {
    let name = |id| program.graph.node(id).name.clone();
    let writes = Mutations::of(program).writes;
    writes.into_iter().map(|write| (name(write.placeholder), name(write.by), write.is_output)).collect()
}

#[test]
fn writes_in_place_and_through_views_are_seen() {
    let in_place = zoo("mut_buffers");
    let found = writes(&in_place);
    assert!(found.iter().all(|(_, _, is_output)| !is_output), "{found:?}");
    let written: Vec<&str> = found.iter().map(|(placeholder, _, _)| placeholder.as_str()).collect();
    let buffers = in_place.signature.inputs.iter().filter(|s| matches!(s.kind, InputKind::Buffer { .. }));
    for buffer in buffers.map(|s| in_place.graph.node(s.node).name.as_str()) {
        assert!(written.contains(&buffer), "{buffer} is not in {found:?}");
    }
    // A slice is a view: `copy_` writes through it.
    assert!(found.iter().any(|(_, by, _)| by.starts_with("copy_")), "{found:?}");
}

#[test]
fn a_functional_program_has_the_same_writes_as_outputs() {
    for (in_place, functional) in [("mut_buffers", "mut_buffers_core"), ("mut_inputs", "mut_inputs_core")] {
        let names = |program: &ExportedProgram| {
            let placeholders = Mutations::of(program).placeholders();
            placeholders.into_iter().map(|id| program.graph.node(id).name.clone()).collect::<Vec<_>>()
        };
        let (in_place, functional) = (zoo(in_place), zoo(functional));
        assert!(writes(&functional).iter().all(|(_, _, is_output)| *is_output));
        assert_eq!(names(&in_place), names(&functional));
    }
}

#[test]
fn nodes_get_other_names_everywhere() {
    let mut program = zoo("mut_inputs_core");
    let mutated = program.signature.outputs.iter().find_map(|spec| match &spec.kind {
        OutputKind::UserInputMutation { input } => Some(input.clone()),
        _ => None,
    });
    let first = mutated.unwrap();
    rename(&mut program, [(first.as_str(), "renamed")]).unwrap();
    assert_eq!(program.check().findings, []);
    let text = program.to_string();
    assert!(text.contains(" renamed: ") && text.contains("USER_INPUT_MUTATION target='renamed'"), "{text}");
    let again = ExportedProgram::read(program.to_bytes().unwrap()).unwrap();
    assert_eq!(again.to_string(), text);
    let error = |names: [(&str, &str); 1]| rename(&mut zoo("mut_inputs_core"), names).unwrap_err();
    assert!(matches!(error([("nothing", "x")]), RenameError::Unknown { .. }));
    assert!(matches!(error([(first.as_str(), "1x")]), RenameError::NotAName { .. }));
    let other = program.graph.nodes.last().unwrap().name.clone();
    assert!(matches!(error([(first.as_str(), other.as_str())]), RenameError::Taken { .. }));
}

#[test]
fn a_part_of_a_program_is_a_program() {
    let program = zoo("dt_f64_mlp");
    let text = program.to_string();
    assert!(text.contains("linear: ") && text.contains("gelu: ") && text.contains("layer_norm: "), "{text}");
    let part = extract(&program, &["linear"], &["layer_norm"]).unwrap();
    assert_eq!(part.check().findings, []);
    let text = part.to_string();
    assert!(text.contains("linear: \"f64[") && !text.contains("aten.linear"), "{text}");
    assert!(part.state_dict.keys().all(|name| name.starts_with("norm.")), "{:?}", part.state_dict.keys());
    assert_eq!(part.argument_names, ["linear"]);
    let again = ExportedProgram::read(part.to_bytes().unwrap()).unwrap();
    assert_eq!(again.to_string(), text);
}

#[test]
fn a_part_that_would_compute_something_else_is_refused() {
    let program = zoo("dt_f64_mlp");
    assert!(matches!(extract(&program, &[], &["gelu"]), Err(ExtractError::NeedsInput { .. })));
    assert!(matches!(extract(&program, &["nothing"], &["gelu"]), Err(ExtractError::Unknown { .. })));
    let program = zoo("mut_inputs");
    let outputs: Vec<String> = program.graph.nodes.iter().map(|node| node.name.clone()).collect();
    let inputs: Vec<&str> = program.graph.placeholders().map(|(_, node)| node.name.as_str()).collect();
    let parts = outputs.iter().map(|output| extract(&program, &inputs, &[output]));
    assert!(parts.into_iter().any(|part| matches!(part, Err(ExtractError::Writes { .. }))));
}
