//! Loading: several programs, what is kept, what is shared, and what is refused.
#![allow(missing_docs, clippy::unreachable, clippy::unwrap_used, reason = "a test")]

mod support;

use program::{
    Archive, Argument, ExportedProgram, Graph, GraphOutput, LoadError, NamedArgument, Node, NodeKind, NodeValue, Target,
};
use pytree_core::{DType, Device, DeviceType, TensorType};
use std::path::{Path, PathBuf};
use support::linear;
use symbolic::Expr;

fn zoo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/zoo").join(name).join("model.pt2")
}

#[test]
fn a_file_of_our_own_is_saved_as_the_same_bytes() {
    let program = linear();
    let bytes = program.to_bytes().unwrap();
    let loaded = ExportedProgram::read(bytes.clone()).unwrap();
    assert_eq!(loaded.to_string(), program.to_string());
    assert_eq!(loaded.to_bytes().unwrap(), bytes);
    assert_eq!(loaded.hints, program.hints);
    assert_eq!(loaded.state_dict, program.state_dict);
}

#[test]
fn tensors_share_their_storage_as_in_the_file() {
    let program = ExportedProgram::load(zoo("torch-2.13/st_shared_storage")).unwrap();
    let storage = |name: &str| &program.state_dict[name].storage;
    assert!(storage("a").same(storage("b")) && storage("a").same(storage("e")) && !storage("a").same(storage("f")));
    assert_eq!(program.state_dict["d"].tensor.strides, [0], "an expanded tensor");
    // Row by row, though the second one is transposed.
    let floats = |name: &str| -> Vec<f32> {
        let bytes = program.state_dict[name].contiguous_bytes();
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    };
    assert_eq!(floats("d"), [floats("d")[0]; 4]);
    let old = ExportedProgram::load(zoo("torch-2.8/st_shared_storage")).unwrap();
    assert_eq!(old.state_dict["b"].contiguous_bytes().len(), program.state_dict["b"].contiguous_bytes().len());
    assert!(old.state_dict["a"].storage.same(&old.state_dict["b"].storage));
}

#[test]
fn everything_in_a_file_is_kept() {
    let program = ExportedProgram::load(zoo("torch-2.13/save_extra_files")).unwrap();
    assert!(!program.extra_files.is_empty());
    assert!(program.sample_inputs.is_some());
    let origin = program.origin.as_ref().unwrap();
    assert!(origin.torch_version.starts_with("2.13") && origin.schema_version == (8, 20) && origin.name == "model");
    let again = ExportedProgram::read(program.to_bytes().unwrap()).unwrap();
    assert_eq!(again.extra_files, program.extra_files);
    assert_eq!(again.sample_inputs, program.sample_inputs);
    let calls = ExportedProgram::load(zoo("torch-2.13/sig_preserved")).unwrap().module_calls;
    assert_eq!(calls.iter().filter(|call| call.signature.is_some()).count(), 2);
    let objects = ExportedProgram::load(zoo("torch-2.13/opaque_object")).unwrap();
    assert_eq!(objects.pickled.len(), 1);
    assert_eq!(ExportedProgram::read(objects.to_bytes().unwrap()).unwrap().pickled, objects.pickled);
}

#[test]
fn an_archive_names_its_programs() {
    let archive = Archive::open(zoo("torch-2.13/hop_cond")).unwrap();
    assert_eq!(archive.programs(), ["model"]);
    assert!(archive.compiled_models().is_empty() && archive.verify().is_empty());
    assert!(archive.members().any(|(name, size)| name == "models/model.json" && size > 1000));
    let error = archive.program("other").err();
    let Some(LoadError::NoProgram { names, .. }) = error.as_ref().map(LoadError::cause) else {
        unreachable!("there is no such program")
    };
    assert_eq!(names, &["model"]);
}

#[test]
fn a_damaged_weight_is_found_when_it_is_copied() {
    let mut bytes = linear().to_bytes().unwrap();
    let weight: Vec<u8> = (0..12).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let at = bytes.windows(weight.len()).position(|window| window == weight).unwrap();
    bytes[at + 5] ^= 1;
    let program = ExportedProgram::read(bytes.clone()).unwrap();
    assert!(program.state_dict["fc.weight"].storage.verify().is_err());
    assert!(program.to_bytes().unwrap_err().to_string().contains("`fc.weight` cannot be copied"));
    assert_eq!(Archive::read(bytes).unwrap().verify().len(), 1);
}

#[test]
fn a_missing_file_is_named() {
    let error = ExportedProgram::load("no/such/file.pt2").unwrap_err();
    assert!(error.to_string().starts_with("cannot open no/such/file.pt2: "), "{error}");
}

#[test]
fn every_device_of_pytorch_is_read_printed_and_written() {
    let given = ["cpu", "cuda", "cuda:0", "cuda:3", "mps", "mps:0", "meta", "xpu", "xpu:1", "hpu:0", "privateuseone:0"];
    for text in given {
        let (kind, index) = match text.split_once(':') {
            Some((kind, index)) => (kind, Some(index.parse().unwrap())),
            None => (text, None),
        };
        let device = Device::of(DeviceType::from_name(kind).unwrap(), index);
        let mut tensor = TensorType::contiguous(DType::Float32, [4]).map(|n| Expr::int(*n));
        tensor.device = device;
        let mut graph = Graph::default();
        let x = graph.push(Node::new("x", NodeKind::Placeholder, NodeValue::Tensor(tensor.clone())));
        let arguments = vec![
            NamedArgument::positional("self", Argument::Tensor(x)),
            NamedArgument::keyword("device", Argument::Device(device)),
        ];
        let target = Target::Op("aten._to_copy.default".parse().unwrap());
        let to = graph.push(Node::new("_to_copy", NodeKind::Call { target, arguments }, NodeValue::Tensor(tensor)));
        graph.outputs = vec![GraphOutput::Node(to)];
        let program = support::program(graph);
        let loaded = ExportedProgram::read(program.to_bytes().unwrap()).unwrap();
        assert_eq!(loaded.graph, program.graph, "{text}");
        let shown = match index {
            Some(index) => format!("device = device(type='{kind}', index={index})"),
            None => format!("device = device(type='{kind}')"),
        };
        let printed = loaded.to_string();
        assert!(printed.contains(&shown), "{text}: {printed}");
        assert_eq!(printed, program.to_string());
    }
}
