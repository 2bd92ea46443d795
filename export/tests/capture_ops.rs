//! Exports the programs with which the shape rules are tested, and compares the printed text with PyTorch's.
#![cfg(feature = "tch")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::HashMap;

use serde_json::Value as Json;
use tch::{Device, Kind, Tensor};
use torch_export::dispatch::{Schema, call};
use torch_export::prelude::*;
use torch_export::program::{NodeKind, NodeValue};
use torch_export::program::{OpName, Value};
use torch_export::symbolic::Expr;

fn items(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap()
}

/// The value of a node of a recorded program.
enum Held {
    Int(i64),
    Tensor(Tensor),
    Many(Vec<Tensor>),
}

/// The nodes of a recorded program, run as a forward. Sizes and integers computed from them are plain numbers.
struct Nodes(Vec<Json>);

impl Nodes {
    fn run(&self, inputs: &[(&str, &Tensor)]) -> Tensor {
        let mut held: HashMap<&str, Held> =
            inputs.iter().map(|(name, x)| (*name, Held::Tensor(x.shallow_clone()))).collect();
        let mut last = None;
        for node in &self.0 {
            let args = &node["args"];
            let value = match text(&node["op"]) {
                "aten._assert_tensor_metadata.default" => continue,
                "aten.sym_size.int" => {
                    let size = tensor(&held, &args["self"]).size();
                    Held::Int(size[args["dim"]["int"].as_u64().unwrap() as usize])
                }
                "operator.getitem" => match &held[text(&args["0"]["node"])] {
                    Held::Many(all) => Held::Tensor(all[args["1"]["int"].as_u64().unwrap() as usize].shallow_clone()),
                    _ => panic!("an item of one value"),
                },
                "operator.add" => Held::Int(int(&held, &args["0"]) + int(&held, &args["1"])),
                "operator.sub" => Held::Int(int(&held, &args["0"]) - int(&held, &args["1"])),
                "operator.mul" => Held::Int(int(&held, &args["0"]) * int(&held, &args["1"])),
                "operator.floordiv" => Held::Int(int(&held, &args["0"]).div_euclid(int(&held, &args["1"]))),
                op => called(&held, &as_tch_calls(op, args).parse().unwrap(), args),
            };
            last = match &value {
                Held::Tensor(x) => Some(x.shallow_clone()),
                Held::Many(all) => all.first().map(Tensor::shallow_clone),
                Held::Int(_) => last,
            };
            held.insert(text(&node["name"]), value);
        }
        last.unwrap()
    }
}

/// tch has an overload for numbers where Python passes a number as a tensor.
fn as_tch_calls(op: &str, args: &Json) -> String {
    let number = args["other"]["int"].is_i64() || args["other"]["float"].is_number();
    match op.strip_suffix(".Tensor").filter(|_| number) {
        Some(op) => format!("{op}.Scalar"),
        None => op.to_owned(),
    }
}

fn tensor<'h>(held: &'h HashMap<&str, Held>, value: &Json) -> &'h Tensor {
    match &held[text(&value["node"])] {
        Held::Tensor(tensor) => tensor,
        _ => panic!("{value} is not a tensor"),
    }
}

fn int(held: &HashMap<&str, Held>, value: &Json) -> i64 {
    value["int"].as_i64().unwrap_or_else(|| match held[text(&value["node"])] {
        Held::Int(v) => v,
        _ => panic!("{value} is not an int"),
    })
}

fn called(held: &HashMap<&str, Held>, op: &OpName, args: &Json) -> Held {
    let schema = Schema::of(op).unwrap();
    let named = args.as_object().unwrap().iter().map(|(name, value)| {
        let type_name = &schema.argument(name).unwrap().1.type_name;
        (name.as_str(), argument(held, type_name, value))
    });
    let mut results = call(op, &schema.arrange(named).unwrap()).unwrap();
    let tensors = |v: Value<Tensor>| match v {
        Value::Tensor(t) => vec![t],
        Value::Tensors(ts) => ts,
        other => panic!("{op} gives {other:?}"),
    };
    match results.as_slice() {
        [Value::Tensor(_)] => Held::Tensor(tensors(results.remove(0)).remove(0)),
        _ => Held::Many(results.into_iter().flat_map(tensors).collect()),
    }
}

fn argument(held: &HashMap<&str, Held>, type_name: &str, value: &Json) -> Value<Tensor> {
    if let Some(list) = value["list"].as_array() {
        return if type_name.starts_with("Tensor?") {
            let one = |v: &Json| v["node"].is_string().then(|| tensor(held, v).shallow_clone());
            Value::OptionalTensors(list.iter().map(one).collect())
        } else if type_name.starts_with("Tensor") {
            Value::Tensors(list.iter().map(|v| tensor(held, v).shallow_clone()).collect())
        } else {
            Value::Ints(list.iter().map(|v| int(held, v)).collect())
        };
    }
    if let Some(text) = value["text"].as_str() {
        return match type_name.trim_end_matches('?') {
            "ScalarType" => Value::DType(text.trim_start_matches("torch.").parse().unwrap()),
            "Device" => Value::Device(text.parse().unwrap()),
            _ => Value::Str(text.to_owned()),
        };
    }
    if let Some(name) = value["node"].as_str() {
        return match &held[name] {
            Held::Int(v) => Value::Int(*v),
            Held::Tensor(x) => Value::Tensor(x.shallow_clone()),
            Held::Many(all) => Value::Tensors(all.iter().map(Tensor::shallow_clone).collect()),
        };
    }
    match value {
        v if v["int"].is_i64() => Value::Int(v["int"].as_i64().unwrap()),
        v if v["float"].is_number() => Value::Float(v["float"].as_f64().unwrap()),
        v if v["bool"].is_boolean() => Value::Bool(v["bool"].as_bool().unwrap()),
        _ => Value::None,
    }
}

/// A model that runs recorded nodes, with these arguments.
macro_rules! replayed {
    ($name:ident: $first:ident $(, $more:ident)*) => {
        struct $name(Nodes);

        #[module]
        impl $name {
            fn forward(&self, $first: &Tensor $(, $more: &Tensor)*) -> Tensor {
                self.0.run(&[(stringify!($first), $first) $(, (stringify!($more), $more))*])
            }
        }
    };
}

replayed!(One: x);
replayed!(Two: x, y);
replayed!(Other: x, z);
replayed!(Three: x, y, z);

/// Whether an op uses an input as indices, which are integers.
fn is_index(case: &Json, input: &str) -> bool {
    let is = |value: &Json| value["node"] == input || items(&value["list"]).iter().any(|v| v["node"] == input);
    let nodes = items(&case["nodes"]).iter();
    let mut taken = nodes.flat_map(|node| node["args"].as_object().into_iter().flatten().map(move |arg| (node, arg)));
    taken.any(|(node, (name, value))| {
        is(value) && (matches!(name.as_str(), "index" | "indices") || node["op"] == "aten.one_hot.default")
    })
}

/// Exports a recorded program from one example, with the same dynamic dimensions.
fn exported(case: &Json) -> Result<ExportedProgram, String> {
    let nodes = Nodes(items(&case["nodes"]).to_vec());
    let ints = |v: &Json| items(v).iter().map(|n| n.as_i64().unwrap()).collect::<Vec<_>>();
    let mut tensors = Vec::new();
    let mut specs = Vec::new();
    let mut names = Vec::new();
    for input in items(&case["inputs"]) {
        let (name, sizes, fixed) = (text(&input[0]), ints(&input[1]), ints(&input[2]));
        let kind = if is_index(case, name) { Kind::Int64 } else { Kind::Float };
        tensors.push(Tensor::rand(&sizes[..], (Kind::Float, Device::Cpu)).to_kind(kind));
        let dims = (0..sizes.len() as i64).filter(|dim| !fixed.contains(dim)).map(|dim| (dim, Dim::dynamic()));
        specs.push(DynamicShapes::leaf(ShapeSpec::dims(dims)));
        names.push(name);
    }
    let shapes = DynamicShapes::Tuple(specs);
    let mut tensors = tensors.into_iter();
    let mut next = || tensors.next().unwrap();
    match names[..] {
        ["x"] => export_one(&One(nodes), One::args(next()), &shapes),
        ["x", "y"] => export_one(&Two(nodes), Two::args(next()).y(next()), &shapes),
        ["x", "z"] => export_one(&Other(nodes), Other::args(next()).z(next()), &shapes),
        _ => export_one(&Three(nodes), Three::args(next()).y(next()).z(next()), &shapes),
    }
}

fn export_one<M: Module<Family = Tch>>(
    model: &M,
    args: M::Args,
    shapes: &DynamicShapes,
) -> Result<ExportedProgram, String> {
    let inputs = ModelInputs::new(model, [args]).unwrap();
    export(model, &inputs, shapes).map_err(|error| error.to_string())
}

/// How the program differs from what PyTorch printed.
fn difference(case: &Json) -> Option<String> {
    let program = match exported(case) {
        Ok(program) => program,
        Err(error) => return Some(error),
    };
    let shown = |sizes: &[Expr]| sizes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let strings = |v: &Json| items(v).iter().map(|s| text(s).to_owned()).collect::<Vec<_>>();
    let mut wrong = Vec::new();
    for ((_, node), want) in program.graph.placeholders().zip(items(&case["placeholders"])) {
        let NodeValue::Tensor(value) = &node.value else { panic!("{node:?}") };
        let (got, want) = (shown(&value.sizes), strings(&want["shape"]));
        if got != want {
            wrong.push(format!("{} is {got:?}, want {want:?}", node.name));
        }
    }
    // The tensors of every call, in order, and the names of the nodes where no integer arithmetic takes some.
    let named =
        !items(&case["nodes"]).iter().any(|n| text(&n["op"]).starts_with("operator.") && n["op"] != "operator.getitem");
    let ours = program.graph.nodes.iter().filter_map(|node| match (&node.kind, &node.value) {
        (NodeKind::Call { .. } | NodeKind::Item { .. }, NodeValue::Tensor(value)) => Some((node, shown(&value.sizes))),
        _ => None,
    });
    // A list with one element is a list too.
    let taken = |name: &Json| {
        items(&case["nodes"]).iter().any(|n| n["op"] == "operator.getitem" && n["args"]["0"]["node"] == *name)
    };
    let single = |n: &&Json| matches!(items(&n["out"]), [out] if out.is_array()) && !taken(&n["name"]);
    let theirs = items(&case["nodes"]).iter().filter(single);
    let theirs: Vec<_> = theirs.map(|n| (text(&n["name"]), strings(&n["out"][0]))).collect();
    let ours: Vec<_> = ours.collect();
    if ours.len() != theirs.len() {
        wrong.push(format!("{} tensors, want {}", ours.len(), theirs.len()));
    }
    for ((node, got), (name, want)) in ours.iter().zip(&theirs) {
        if got != want || (named && node.name != *name) {
            wrong.push(format!("{} is {got:?}, want {name} {want:?}", node.name));
        }
    }
    let want: Vec<String> =
        items(&case["ranges"]).iter().map(|r| format!("{}: {}", text(&r[0]), text(&r[1]))).collect();
    let got: Vec<String> = program.range_constraints.iter().map(|(e, r)| format!("{e}: {r}")).collect();
    if got != want {
        wrong.push(format!("ranges {got:?}, want {want:?}"));
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// Whether an attention has a key and a value of different lengths. PyTorch accepts that and reads outside the shorter one.
fn reads_outside(case: &Json) -> bool {
    let attention = |node: &&Json| text(&node["op"]).starts_with("aten.scaled_dot_product_attention");
    items(&case["nodes"]).iter().filter(attention).any(|node| {
        let length = |name: &str| {
            let inputs = items(&case["placeholders"]).iter().find(|p| p["name"] == node["args"][name]["node"]);
            inputs.map(|p| items(&p["shape"])[2].clone())
        };
        length("key") != length("value")
    })
}

/// Checks a file of programs; those in `other` must differ.
fn check(name: &str, at_least: usize, other: &[&str]) {
    let path = format!("{}/../shapes/tests/data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let all: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let programs: Vec<&Json> = items(&all["cases"]).iter().filter(|case| case["error"].is_null()).collect();
    assert!(programs.len() >= at_least, "{} programs", programs.len());
    let programs: Vec<&Json> = programs.into_iter().filter(|case| !reads_outside(case)).collect();
    let wrong: Vec<String> = programs.iter().filter_map(|c| Some(format!("{}: {}", c["id"], difference(c)?))).collect();
    let expected = |line: &&String| other.iter().any(|id| line.starts_with(&format!("\"{id}\": ")));
    let unexpected: Vec<&String> = wrong.iter().filter(|line| !expected(line)).collect();
    assert!(unexpected.is_empty(), "{} of {} differ\n{unexpected:#?}", unexpected.len(), programs.len());
    assert_eq!(wrong.len(), other.len(), "these should differ: {other:?}\n{wrong:#?}");
}

#[test]
fn operators_as_torch() {
    check("op_cases", 300, &[]);
}

#[test]
fn chains_of_operators_as_torch() {
    check("op_chains", 150, &[]);
}
