//! Writing a program: atomically, with the same bytes every time, and with errors that name the file.
#![allow(missing_docs, clippy::unreachable, clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use program::{
    Argument, ExportedProgram, Graph, GraphOutput, Literal, NamedArgument, Node, NodeKind, NodeValue, OutputKind,
    SaveError, Storage, Sym, Target, TensorData,
};
use pytree_core::{Context, DType, Device, Layout, MemoryFormat, TensorType, TreeSpec};
use serde_json::{Value as Json, json};
use support::{add, call, floats, input, linear, program};
use symbolic::{Bound, Expr, Rel, RelOp, ValueRange};

/// A temporary folder, which is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("torch-export-save-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let folder = Folder::new("stable");
    let program = linear();
    let (first, second) = (folder.0.join("model.pt2"), folder.0.join("again").join("model.pt2"));
    fs::create_dir_all(second.parent().unwrap()).unwrap();
    program.save(&first).unwrap();
    program.save(&second).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    // It has the permissions of any other file.
    let plain = folder.0.join("plain");
    fs::write(&plain, b"").unwrap();
    assert_eq!(fs::metadata(&first).unwrap().permissions(), fs::metadata(&plain).unwrap().permissions());
    assert_eq!(program.to_bytes().unwrap(), program.to_bytes().unwrap());
}

#[test]
fn a_file_has_every_member_under_one_folder_and_its_weights_as_they_are() {
    let folder = Folder::new("members");
    let program = linear();
    let path = folder.0.join("my.model.pt2");
    program.save(&path).unwrap();
    let mut archive = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert!(names.iter().all(|name| name.starts_with("my.model/")), "{names:?}");
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(&format!("my.model/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(read("archive_format"), b"pt2");
    assert_eq!(read("archive_version"), b"0");
    assert_eq!(read("data/sample_inputs/model.pt"), b"");
    let table: serde_json::Value = serde_json::from_slice(&read("data/weights/model_weights_config.json")).unwrap();
    let weight = &table["config"]["fc.weight"];
    assert_eq!(weight["is_param"], true);
    assert_eq!(weight["use_pickle"], false);
    let file = weight["path_name"].as_str().unwrap();
    assert_eq!(read(&format!("data/weights/{file}")), program.state_dict["fc.weight"].storage.as_bytes());
    assert_eq!(program.state_dict["fc.weight"].storage.as_bytes().len(), 4 * 3 * 4);
}

#[test]
fn a_path_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = Folder::new("unwritable");
    let program = linear();
    let missing = folder.0.join("no such folder").join("model.pt2");
    let error = program.save(&missing).unwrap_err();
    assert!(matches!(&error, SaveError::Io { path, .. } if *path == missing), "{error}");
    assert!(error.to_string().contains("no such folder"), "{error}");
    // A folder with the name of the file: nothing is written, and no temporary file remains.
    let taken = folder.0.join("taken.pt2");
    fs::create_dir_all(taken.join("inside")).unwrap();
    assert!(matches!(program.save(&taken), Err(SaveError::Io { .. })));
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["taken.pt2"]);
    assert!(matches!(program.save(Path::new("/")), Err(SaveError::NoFileName(_))));
}

/// A class with one field, under its serialized name.
fn class(context: impl FnOnce(pytree_core::Names) -> Context, field: &'static str) -> TreeSpec {
    TreeSpec::node(context([field.into()].into_iter().collect()), [TreeSpec::leaf()])
}

#[test]
fn classes_of_one_name_are_two_in_the_python_module() {
    let first = class(
        |present| Context::Dataclass {
            name: "first.Cache".into(),
            present,
            absent: [].into_iter().collect(),
            statics: None,
        },
        "keys",
    );
    let second = class(|fields| Context::Mapping { name: "second.Cache".into(), fields, statics: None }, "values");
    let mut program = linear();
    assert_eq!(program.python_module(), "");
    program.in_spec = TreeSpec::tuple([TreeSpec::tuple([first]), TreeSpec::dict([("second", second)])]);
    let python = program.python_module();
    for line in
        ["class Cache:", "class Cache_2:", "    'first.Cache',", "    'second.Cache',", "    _layouts = [['values']]"]
    {
        assert_eq!(python.lines().filter(|l| *l == line).count(), 1, "{line}\n{python}");
    }
}

/// A member of the file of a program.
fn member(program: &ExportedProgram, name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(program.to_bytes().unwrap())).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("archive/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// The graph in the JSON of a program.
fn graph_json(program: &ExportedProgram) -> Json {
    let mut json: Json = serde_json::from_slice(&member(program, "models/model.json")).unwrap();
    json["graph_module"]["graph"].take()
}

#[test]
fn arguments_of_every_kind_in_the_file() {
    let mut graph = Graph::default();
    let x = input(&mut graph, "x", floats(&[Expr::int(4)]));
    let n = input(&mut graph, "n", NodeValue::Int(Expr::size("s27")));
    let cases = [
        (Argument::None, json!({"as_none": true})),
        (Argument::Tensor(x), json!({"as_tensor": {"name": "x"}})),
        (Argument::Tensors(vec![x]), json!({"as_tensors": [{"name": "x"}]})),
        (
            Argument::OptionalTensors(vec![None, Some(x)]),
            json!({"as_optional_tensors": [{"as_none": true}, {"as_tensor": {"name": "x"}}]}),
        ),
        (Argument::Int(Sym::Value(3)), json!({"as_int": 3})),
        (Argument::Int(Sym::Node(n)), json!({"as_sym_int": {"as_name": "n"}})),
        (Argument::Ints(vec![]), json!({"as_ints": []})),
        (Argument::Ints(vec![Sym::Value(1), Sym::Value(2)]), json!({"as_ints": [1, 2]})),
        (
            Argument::Ints(vec![Sym::Node(n), Sym::Value(-1)]),
            json!({"as_sym_ints": [{"as_name": "n"}, {"as_int": -1}]}),
        ),
        (Argument::Float(Sym::Value(2.5)), json!({"as_float": 2.5})),
        (Argument::Float(Sym::Value(f64::INFINITY)), json!({"as_float": "Infinity"})),
        (Argument::Float(Sym::Value(f64::NEG_INFINITY)), json!({"as_float": "-Infinity"})),
        (Argument::Float(Sym::Value(f64::NAN)), json!({"as_float": "NaN"})),
        (Argument::Float(Sym::Node(n)), json!({"as_sym_float": {"as_name": "n"}})),
        (Argument::Floats(vec![Sym::Value(0.5)]), json!({"as_floats": [0.5]})),
        (
            Argument::Floats(vec![Sym::Value(0.5), Sym::Node(n)]),
            json!({"as_sym_floats": [{"as_float": 0.5}, {"as_name": "n"}]}),
        ),
        (Argument::Bool(Sym::Value(true)), json!({"as_bool": true})),
        (Argument::Bool(Sym::Node(n)), json!({"as_sym_bool": {"as_name": "n"}})),
        (Argument::Bools(vec![Sym::Value(true)]), json!({"as_bools": [true]})),
        (
            Argument::Bools(vec![Sym::Value(true), Sym::Node(n)]),
            json!({"as_sym_bools": [{"as_bool": true}, {"as_name": "n"}]}),
        ),
        (Argument::Str("mean".to_owned()), json!({"as_string": "mean"})),
        (Argument::Strs(vec!["a".to_owned()]), json!({"as_strings": ["a"]})),
        (Argument::Complex(1.0, -2.0), json!({"as_complex": {"real": 1.0, "imag": -2.0}})),
        (Argument::DType(DType::Float16), json!({"as_scalar_type": 6})),
        (Argument::Layout(Layout::Strided), json!({"as_layout": 7})),
        (Argument::MemoryFormat(MemoryFormat::Contiguous), json!({"as_memory_format": 1})),
        (Argument::Device(Device::Cpu), json!({"as_device": {"type": "cpu", "index": null}})),
        (Argument::Device(Device::Cuda(1)), json!({"as_device": {"type": "cuda", "index": 1}})),
    ];
    let (arguments, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let arguments = arguments.into_iter().map(|value| NamedArgument::keyword("a", value)).collect();
    let target = Target::Op("test.op.default".parse().unwrap());
    graph.push(Node::new("op", NodeKind::Call { target, arguments }, NodeValue::Nothing));
    let mut program = program(graph);
    program.hints.insert(Expr::size("s27").as_symbol().unwrap().clone(), 5);
    program.range_constraints = vec![(Expr::size("s27"), ValueRange::SIZE)];
    let node = graph_json(&program)["nodes"][0].take();
    assert_eq!(node["target"], "torch.ops.test.op.default");
    assert_eq!(node["outputs"], json!([]));
    let found = node["inputs"].as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(*found, json!({"name": "a", "arg": expected, "kind": 2}));
    }
}

#[test]
fn values_of_every_kind_in_the_file() {
    let s = || Expr::size("s27");
    let mut graph = Graph::default();
    let x = input(&mut graph, "x", floats(&[s(), Expr::int(4)]));
    let of = |graph: &mut Graph, name: &str, value| graph.push(Node::new(name, call("test.op.default", vec![]), value));
    let n = of(&mut graph, "n", NodeValue::Int(s()));
    let f = of(&mut graph, "f", NodeValue::Float(s()));
    let b = of(&mut graph, "b", NodeValue::Bool(Rel::new(RelOp::Gt, s(), Expr::int(3)).into()));
    let pair = of(&mut graph, "pair", NodeValue::Several { count: 2, list: false });
    let list = of(&mut graph, "list", NodeValue::Several { count: 1, list: true });
    graph.push(Node::new("getitem", NodeKind::Item { of: pair, index: 1 }, floats(&[])));
    graph.push(Node::new("getitem_1", NodeKind::Item { of: list, index: 0 }, floats(&[])));
    input(&mut graph, "c", NodeValue::Literal(Literal::Float(0.5)));
    graph.outputs = [x, n, f].map(GraphOutput::Node).to_vec();
    graph.outputs.push(GraphOutput::Literal(Literal::Bool(true)));
    let mut program = program(graph);
    program.hints.insert(s().as_symbol().unwrap().clone(), 5);
    program.range_constraints = vec![(s(), ValueRange::SIZE)];
    let json = graph_json(&program);
    let symbol = "Symbol('s27', positive=True, integer=True)";
    let size = json!({"as_expr": {"expr_str": symbol, "hint": {"as_int": 5}}});
    assert_eq!(
        json["tensor_values"]["x"],
        json!({
            "dtype": 7, "sizes": [size, {"as_int": 4}], "requires_grad": false, "device": {"type": "cpu", "index": null},
            "strides": [{"as_int": 4}, {"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7,
        })
    );
    assert_eq!(json["sym_int_values"], json!({"n": size}));
    assert_eq!(json["sym_float_values"], json!({"f": {"as_expr": {"expr_str": symbol, "hint": {"as_float": 5.0}}}}));
    let greater = format!("StrictGreaterThan({symbol}, Integer(3))");
    assert_eq!(json["sym_bool_values"], json!({"b": {"as_expr": {"expr_str": greater, "hint": null}}}));
    let outputs: Vec<&Json> = json["nodes"].as_array().unwrap().iter().map(|node| &node["outputs"]).collect();
    assert_eq!(
        outputs,
        [
            &json!([{"as_sym_int": {"as_name": "n"}}]),
            &json!([{"as_sym_float": {"as_name": "f"}}]),
            &json!([{"as_sym_bool": {"as_name": "b"}}]),
            // A result without an item has a name of its own.
            &json!([{"as_tensor": {"name": "pair_unused_0"}}, {"as_tensor": {"name": "getitem"}}]),
            &json!([{"as_tensors": [{"name": "getitem_1"}]}]),
        ]
    );
    assert_eq!(json["inputs"], json!([{"as_tensor": {"name": "x"}}, {"as_float": 0.5}]));
    assert_eq!(
        json["outputs"],
        json!([
            {"as_tensor": {"name": "x"}}, {"as_sym_int": {"as_name": "n"}}, {"as_sym_float": {"as_name": "f"}},
            {"as_bool": true},
        ])
    );
    program.graph.outputs[1] = GraphOutput::Node(b);
    program.signature.outputs[1].value = GraphOutput::Node(b);
    let error = program.to_bytes().unwrap_err();
    assert!(matches!(error, SaveError::BoolOutput(1)), "{error}");
    assert!(error.to_string().starts_with("output 1 is a bool computed from sizes"), "{error}");
}

#[test]
fn a_sub_graph_in_the_file() {
    let mut inner = Graph::default();
    let x = input(&mut inner, "x", floats(&[Expr::int(4)]));
    let sum = add(&mut inner, "add", x, x);
    inner.outputs = vec![GraphOutput::Node(sum)];
    let mut graph = Graph::default();
    input(&mut graph, "x", floats(&[Expr::int(4)]));
    let argument = Argument::Graph { name: "true_graph_0".to_owned(), graph: Box::new(inner) };
    let arguments = vec![NamedArgument::positional("", argument)];
    let target = Target::HigherOrder("cond".to_owned());
    graph.push(Node::new("cond", NodeKind::Call { target, arguments }, NodeValue::Several { count: 1, list: false }));
    let json = graph_json(&program(graph));
    let node = &json["nodes"][0];
    assert_eq!(node["target"], "torch.ops.higher_order.cond");
    assert_eq!((&node["inputs"][0]["name"], &node["inputs"][0]["kind"]), (&json!(""), &json!(1)));
    let inner = &node["inputs"][0]["arg"]["as_graph"];
    assert_eq!(inner["name"], "true_graph_0");
    let inner = &inner["graph"];
    assert_eq!(inner["inputs"], json!([{"as_tensor": {"name": "x"}}]));
    assert_eq!(inner["outputs"], json!([{"as_tensor": {"name": "add"}}]));
    assert_eq!(inner["nodes"][0]["target"], "torch.ops.aten.add.Tensor");
    assert_eq!(inner["nodes"][0]["inputs"][1]["arg"], json!({"as_tensor": {"name": "x"}}));
    assert_eq!(inner["tensor_values"].as_object().unwrap().keys().collect::<Vec<_>>(), ["x", "add"]);
    // The values of the outer graph are its own.
    assert_eq!(json["tensor_values"].as_object().unwrap().keys().collect::<Vec<_>>(), ["x"]);
}

#[test]
fn tensors_that_share_a_storage_share_a_file() {
    let mut program = linear();
    let weight = program.state_dict["fc.weight"].clone();
    let equal = TensorData::new(weight.tensor.clone(), true, Storage::new(weight.storage.as_bytes().to_vec()));
    assert!(weight.storage.same(&weight.storage.clone()) && !weight.storage.same(&equal.storage));
    program.state_dict.insert("tied".to_owned(), weight);
    program.state_dict.insert("equal".to_owned(), equal);
    let table: Json = serde_json::from_slice(&member(&program, "data/weights/model_weights_config.json")).unwrap();
    let file = |name: &str| table["config"][name]["path_name"].clone();
    assert_eq!([file("fc.weight"), file("tied"), file("equal")], ["weight_0", "weight_0", "weight_1"]);
}

#[test]
fn what_a_file_cannot_hold_is_an_error_with_the_cause_as_its_source() {
    let source = |error: &SaveError| std::error::Error::source(error).map(ToString::to_string);
    let mut program = linear();
    program.hints.clear();
    let error = program.to_bytes().unwrap_err();
    assert!(matches!(&error, SaveError::Expr { name, .. } if name == "x"), "{error}");
    assert!(error.to_string().ends_with(&source(&error).unwrap()), "{error}");

    let mut program = linear();
    program.out_spec = TreeSpec::node(Context::ReturnType("torch.return_types.max".into()), [TreeSpec::leaf()]);
    let error = program.to_bytes().unwrap_err();
    assert!(matches!(error, SaveError::TreeSpec(_)) && source(&error).is_some(), "{error}");

    let error = linear().save("no such folder/model.pt2").unwrap_err();
    assert!(matches!(error, SaveError::Io { .. }) && source(&error).is_some(), "{error}");

    let mut program = linear();
    let text = GraphOutput::Literal(Literal::Str("a".to_owned()));
    program.graph.outputs = vec![text.clone()];
    program.signature.outputs[0].value = text;
    assert!(matches!(program.to_bytes(), Err(SaveError::StrOutput(0))));
    assert_eq!(program.signature.outputs[0].kind, OutputKind::UserOutput);

    let mut program = linear();
    let other = TensorType::contiguous(DType::Other, [12]);
    program.state_dict["fc.weight"].tensor = other;
    assert!(matches!(program.to_bytes(), Err(SaveError::DType { name, .. }) if name == "fc.weight"));
}

/// A place for an expression in the value of a node.
type Place = (&'static str, fn(Expr) -> NodeValue);

/// A float tensor with these numbers.
fn tensor(size: Expr, stride: Expr, offset: Expr) -> NodeValue {
    let mut tensor = TensorType::contiguous(DType::Float32, [1]).map(|n| Expr::int(*n));
    (tensor.sizes, tensor.strides, tensor.storage_offset) = (vec![size], vec![stride], offset);
    NodeValue::Tensor(tensor)
}

#[test]
fn a_symbol_without_a_range_is_refused_wherever_it_stands() {
    let one = || Expr::int(1);
    let places: [Place; 6] = [
        ("a size", |e| tensor(e, Expr::int(1), Expr::int(0))),
        ("a stride", |e| tensor(Expr::int(1), e, Expr::int(0))),
        ("an offset", |e| tensor(Expr::int(1), Expr::int(1), e)),
        ("an int", NodeValue::Int),
        ("a float", NodeValue::Float),
        ("a bool", |e| NodeValue::Bool(Rel::new(RelOp::Ge, Expr::int(3), e).into())),
    ];
    let value = Expr::size("s77").try_mul(&Expr::size("s7")).unwrap().try_add(&one()).unwrap();
    for (what, place) in places {
        for nested in [false, true] {
            let mut program = linear();
            program.hints.insert(Expr::size("s7").as_symbol().unwrap().clone(), 3);
            let node = Node::new("odd", call("test.op.default", vec![]), place(value.clone()));
            if nested {
                let mut inner = Graph::default();
                inner.push(node);
                let argument = Argument::Graph { name: "true_graph_0".to_owned(), graph: Box::new(inner) };
                let arguments = vec![NamedArgument::positional("", argument)];
                let target = Target::HigherOrder("cond".to_owned());
                let kind = NodeKind::Call { target, arguments };
                program.graph.push(Node::new("cond", kind, NodeValue::Nothing));
            } else {
                program.graph.push(node);
            }
            let error = program.to_bytes().unwrap_err();
            let SaveError::NoRange { node, symbol } = &error else { unreachable!("{what}: {error}") };
            assert_eq!((node.as_str(), symbol.name()), ("odd", "s7"), "{what}");
            assert!(error.to_string().starts_with("`s7` in the value of node `odd` has no range"), "{error}");
            program.range_constraints.push((Expr::size("s7"), ValueRange::SIZE));
            program.to_bytes().unwrap();
        }
    }
    // A range of a compound expression is not one of its symbols.
    let mut program = linear();
    program.range_constraints[0].0 = Expr::size("s77").try_add(&one()).unwrap();
    assert!(matches!(program.to_bytes(), Err(SaveError::NoRange { node, .. }) if node == "x"));
}

#[test]
fn compound_ranges_are_printed_but_not_written() {
    let mut program = linear();
    let sum = Expr::size("s77").try_add(&Expr::int(1)).unwrap();
    let range = ValueRange { lower: Bound::Finite(3), upper: Bound::PosInf };
    program.range_constraints.push((sum, range));
    assert!(program.to_string().ends_with("Range constraints: {s77: VR[2, int_oo], s77 + 1: VR[3, int_oo]}\n"));
    let json: Json = serde_json::from_slice(&member(&program, "models/model.json")).unwrap();
    assert_eq!(json["range_constraints"], json!({"s77": {"min_val": 2, "max_val": null}}));
}
