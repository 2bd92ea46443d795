//! Programs that compute values from sizes and from numbers in tensors, as PyTorch exports them: each prints as in PyTorch,
//! is written as in PyTorch, and runs as in PyTorch. `tests/conformance/record_symbols.py` recorded them.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod symbol_cases;

use program::ExportedProgram;
use serde_json::Value as Json;
use std::io::{Cursor, Read};
use symbol_cases::{cases, leaf, program};
use torch_export::prelude::*;
use torch_export::pytree::Leaf;
use torch_export::{CallError, program};

/// The JSON of the graph in the file.
fn written(program: &ExportedProgram) -> Json {
    let mut archive = zip::ZipArchive::new(Cursor::new(program.to_bytes().unwrap())).unwrap();
    let mut bytes = Vec::new();
    archive.by_name("archive/models/model.json").unwrap().read_to_end(&mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The graph without the traces of nodes whose comment is not printed: a program does not hold them.
fn untraced(graph: &Json) -> Json {
    let mut graph = graph.clone();
    for node in graph["nodes"].as_array_mut().unwrap() {
        node["metadata"] = Json::Object(serde_json::Map::new());
    }
    graph
}

#[test]
fn programs_print_and_are_written_as_in_torch() {
    for case in cases() {
        let name = case["name"].as_str().unwrap();
        let program = program(&case);
        pretty_eq(name, &program.to_string(), case["text"].as_str().unwrap());
        let file = written(&program);
        assert_eq!(untraced(&file["graph_module"]["graph"]), untraced(&case["graph"]), "{name}");
        assert_eq!(file["graph_module"]["signature"], case["signature"], "{name}");
        assert_eq!(file["range_constraints"], case["range_constraints"], "{name}");
    }
}

fn pretty_eq(name: &str, got: &str, expected: &str) {
    for (got, expected) in got.lines().zip(expected.lines()) {
        assert_eq!(got, expected, "{name}");
    }
    assert_eq!(got, expected, "{name}");
}

fn close(got: &Leaf<Tch>, expected: &Leaf<Tch>) -> bool {
    match (got, expected) {
        (Leaf::Tensor(a), Leaf::Tensor(b)) => {
            a.size() == b.size() && a.kind() == b.kind() && (a.numel() == 0 || a.allclose(b, 1e-6, 1e-7, true))
        }
        (Leaf::Float(a), Leaf::Float(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}

#[test]
fn programs_run_and_refuse_as_in_torch() {
    let (mut ran, mut refused) = (0, 0);
    for case in cases() {
        let name = case["name"].as_str().unwrap();
        let program = program(&case);
        let module = program.module().unwrap();
        for run in case["runs"].as_array().unwrap() {
            let inputs: Vec<_> = run["inputs"].as_array().unwrap().iter().map(leaf).collect();
            let got = module.run(inputs);
            if let Some(expected) = run["error"].as_str() {
                match got {
                    Err(CallError::Assertion { message, node }) => {
                        assert_eq!(message, expected, "{name}");
                        assert!(node.starts_with("_assert_scalar"), "{name}: {node}");
                        refused += 1;
                    }
                    other => panic!("{name}: {other:?}, but torch fails: {expected}"),
                }
                continue;
            }
            let expected: Vec<_> = run["outputs"].as_array().unwrap().iter().map(leaf).collect();
            let got = got.unwrap_or_else(|e| panic!("{name} {run}: {e}"));
            assert_eq!(got.len(), expected.len(), "{name}");
            for (got, expected) in got.iter().zip(&expected) {
                assert!(close(got, expected), "{name}: {got:?} is not {expected:?}");
            }
            ran += 1;
        }
    }
    assert!(ran >= 55 && refused >= 5, "{ran} runs and {refused} refusals");
}
