//! The source lines of nodes.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used)]

use tch::nn::Module as _;
use tch::{Device, Kind, Tensor, nn};
use torch_export::prelude::*;
use torch_export::record::{Known, record, record_located};

fn randn(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, (Kind::Float, Device::Cpu))
}

fn halved(x: &Tensor) -> Tensor {
    x / 2.0 // halved
}

trait Doubled {
    fn doubled(&self) -> Tensor;
}

impl Doubled for Tensor {
    fn doubled(&self) -> Tensor {
        self * 2.0 // doubled
    }
}

struct Model {
    linear: nn::Linear,
}

#[module]
impl Model {
    fn forward(&self, x: &Tensor, y: &Tensor) -> Vec<Tensor> {
        let z = x + y; // operator
        let z = self.linear.forward(&z); // a layer of tch
        let z = tch::no_grad(|| z.relu()); // closure
        let z = halved(&z) + y.doubled();
        let long = z
            .abs() // the first of a chain
            .exp(); // the last of a chain
        let n = x.size()[0];
        let flat = long.reshape([n * 4]); // an integer
        flat.split(2, 0) // several results
    }
}

fn export_model(locations: bool) -> ExportedProgram {
    let store = nn::VarStore::new(Device::Cpu);
    let model = Model { linear: nn::linear(store.root(), 4, 4, Default::default()) };
    let set = || Model::args((randn(&[3, 4]), randn(&[3, 4])));
    let inputs = ModelInputs::new(&model, [set()]).unwrap();
    Export::new(&model, &inputs).parameters(&store).locations(locations).run().unwrap()
}

/// The number, from 1, of the line of this file that contains `text` and not this call.
fn line(text: &str) -> usize {
    let source = include_str!("capture_location.rs");
    source.lines().position(|l| l.contains(text) && !l.contains("(\"")).unwrap() + 1
}

/// The comment above the statement of the node.
fn comment<'t>(text: &'t str, node: &str) -> &'t str {
    let start = format!("{node}:");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|l| l.starts_with(&start)).unwrap();
    lines[..at].iter().rev().find_map(|l| l.strip_prefix("# ")).unwrap()
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "needs debug information")]
fn a_node_has_the_line_of_the_users_code() {
    let program = export_model(true);
    let text = program.to_string();
    println!("{text}");
    let place = |marker: &str, function: &str, code: &str| {
        format!("File: tests/capture_location.rs:{} in {function}, code: {code}", line(marker))
    };
    let expected = [
        ("add", place("// operator", "forward", "let z = x + y; // operator")),
        ("linear", place("// a layer", "forward", "let z = self.linear.forward(&z); // a layer of tch")),
        ("relu", place("// closure", "forward", "let z = tch::no_grad(|| z.relu()); // closure")),
        ("div", place("// halved", "halved", "x / 2.0 // halved")),
        ("mul", place("// doubled", "doubled", "self * 2.0 // doubled")),
        ("exp", place("// the last", "forward", ".exp(); // the last of a chain")),
    ];
    for (node, expected) in expected {
        assert_eq!(comment(&text, node), expected);
    }
    let split = program.graph.nodes.iter().filter(|n| n.name.starts_with("getitem"));
    let traces: Vec<_> = split.map(|n| n.frame.as_ref().unwrap().stack_trace()).collect();
    let whole = format!(
        "  File \"tests/capture_location.rs\", line {}, in forward\n    flat.split(2, 0) // several results\n",
        line("// several")
    );
    assert_eq!(traces, vec![whole; 6]);
}

#[test]
fn locations_can_be_switched_off() {
    let program = export_model(false);
    assert!(program.graph.nodes.iter().all(|n| n.frame.is_none()));
    let text = program.to_string();
    assert_eq!(text.matches("# No stacktrace found for following nodes").count(), 1);
    assert!(!text.contains("# File:"));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "needs debug information")]
fn an_integer_has_the_line_of_the_op_that_needs_it() {
    struct Flat;
    #[module]
    impl Flat {
        fn forward(&self, x: &Tensor) -> Tensor {
            let n = x.size()[0];
            Tensor::arange(n * 2 + 1, (Kind::Float, Device::Cpu)) // needs it
        }
    }
    let inputs = ModelInputs::new(&Flat, [Flat::args(randn(&[3])), Flat::args(randn(&[5]))]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = export(&Flat, &inputs, &shapes).unwrap();
    let text = program.to_string();
    println!("{text}");
    let expected = format!(
        "File: tests/capture_location.rs:{} in forward, code: Tensor::arange(n * 2 + 1, (Kind::Float, Device::Cpu)) // needs it",
        line("// needs it")
    );
    for node in ["mul", "add", "arange"] {
        assert_eq!(comment(&text, node), expected);
    }
    assert_eq!(comment(&text, "sym_size_int_1"), "No stacktrace found for following nodes");
}

#[test]
fn call_stacks_are_recorded_on_request() {
    let x = randn(&[2]);
    let known = || Known::new().with_inputs([&x]);
    let (_, with) = record_located(&known(), || x.relu()).unwrap();
    assert!(!with.calls[0].frames.is_empty());
    let (_, without) = record(&known(), || x.relu()).unwrap();
    assert!(without.calls[0].frames.is_empty());
}

/// They are many, and to resolve one reads all symbols of its library.
#[test]
#[cfg(target_os = "linux")]
fn call_stacks_leave_out_libtorch_and_the_c_library() {
    // Linear is composed of other ops: some frames of libtorch are between them and the model.
    let (x, w) = (randn(&[2, 3, 4]), randn(&[4, 4]));
    let forward = || x.linear(&w, None::<Tensor>).softmax(-1, None);
    let (_, trace) = record_located(&Known::new().with_inputs([&x, &w]), forward).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let library_of = |address: u64| {
        let line = maps.lines().find(|line| {
            let (low, high) = line.split_once(' ').and_then(|(range, _)| range.split_once('-')).unwrap();
            (u64::from_str_radix(low, 16).unwrap()..u64::from_str_radix(high, 16).unwrap()).contains(&address)
        });
        line.and_then(|line| line.rsplit('/').next()).unwrap_or_default().to_owned()
    };
    let frames: Vec<u64> = trace.calls.iter().flat_map(|call| call.frames.iter().copied()).collect();
    assert!(!frames.is_empty());
    for library in frames.into_iter().map(library_of) {
        for other in ["libtorch", "libc10", "libc.so"] {
            assert!(!library.starts_with(other), "{library}");
        }
    }
}

#[test]
#[ignore = "a measurement: what locations cost"]
fn what_locations_cost() {
    let x = randn(&[4, 4]);
    let time = |located: bool| {
        let known = Known::new().with_inputs([&x]);
        let run = || {
            let mut y = x.shallow_clone();
            for _ in 0..1000 {
                y = &y + 1.0;
            }
            y
        };
        let start = std::time::Instant::now();
        let trace = if located { record_located(&known, run) } else { record(&known, run) }.unwrap().1;
        (start.elapsed(), trace.calls.len())
    };
    for _ in 0..3 {
        println!("with {:?}, without {:?}", time(true), time(false));
    }
    for locations in [true, false, true, false] {
        let start = std::time::Instant::now();
        export_model(locations);
        println!("export, locations {locations}: {:?}", start.elapsed());
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "needs debug information")]
fn a_saved_program_has_the_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pt2");
    export_model(true).save(&path).unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let names = archive.file_names().map(|name| name.unwrap().into_owned()).collect::<Vec<_>>();
    let model = names.iter().find(|name| name.ends_with("models/model.json")).unwrap();
    let json: serde_json::Value = serde_json::from_reader(archive.by_name(model).unwrap()).unwrap();
    let nodes = json["graph_module"]["graph"]["nodes"].as_array().unwrap();
    let add = nodes.iter().find(|node| node["name"] == "add").unwrap();
    let expected = format!(
        "  File \"tests/capture_location.rs\", line {}, in forward\n    let z = x + y; // operator\n",
        line("// operator")
    );
    assert_eq!(add["metadata"]["stack_trace"], expected);
}
