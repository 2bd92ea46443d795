//! Programs made from the JSON that PyTorch saved.
// Each test file uses a part of it.
#![allow(dead_code)]

use program::{
    Argument, ExportedProgram, Frame, Graph, GraphOutput, GraphSignature, InputKind, InputSpec, NamedArgument, Node,
    NodeId, NodeKind, NodeValue, OutputKind, OutputSpec, PythonFunction, Sym, Target,
};
use serde_json::Value as Json;
use std::collections::HashMap;
use symbolic::{Bound, Expr, Rel, RelOp, Symbol, ValueRange, parse_srepr};
use tch::{Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::{DType, Device, Layout, Leaf, TensorType, TreeSpec};
use torch_export::{program, symbolic};

/// The recorded cases.
pub(crate) fn cases() -> Vec<Json> {
    let text = include_str!("../../../tests/golden/programs/symbol_cases.json");
    let cases: Vec<Json> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= 18, "{} cases", cases.len());
    cases
}

/// A recorded input or output.
pub(crate) fn leaf(value: &Json) -> Leaf<Tch> {
    match value {
        Json::Number(n) if n.is_i64() => Leaf::Int(n.as_i64().unwrap()),
        Json::Number(n) => Leaf::Float(n.as_f64().unwrap()),
        tensor => {
            let sizes: Vec<i64> = serde_json::from_value(tensor["sizes"].clone()).unwrap();
            let data: Vec<f64> = serde_json::from_value(tensor["data"].clone()).unwrap();
            let kind = if tensor["dtype"] == "int64" { Kind::Int64 } else { Kind::Float };
            Leaf::Tensor(Tensor::from_slice(&data).to_kind(kind).reshape(&sizes))
        }
    }
}

/// The program of a case.
pub(crate) fn program(case: &Json) -> ExportedProgram {
    let json = &case["graph"];
    let mut reader = Reader { json, graph: Graph::default(), ids: HashMap::new(), hints: Vec::new() };
    for input in list(&json["inputs"]) {
        let name = input["as_tensor"]["name"].as_str().unwrap();
        let value = reader.value(input);
        reader.push(name, NodeKind::Placeholder, value, None);
    }
    for node in list(&json["nodes"]) {
        reader.node(node);
    }
    let outputs: Vec<GraphOutput> =
        list(&json["outputs"]).iter().map(|output| GraphOutput::Node(reader.ids[name_of(output).unwrap()])).collect();
    let Reader { mut graph, hints, .. } = reader;
    let inputs = graph.placeholders().map(|(node, _)| InputSpec { node, kind: InputKind::UserInput }).collect();
    let signature = GraphSignature {
        inputs,
        outputs: outputs.iter().map(|v| OutputSpec { value: v.clone(), kind: OutputKind::UserOutput }).collect(),
    };
    graph.outputs = outputs;
    let spec = |name: &str| TreeSpec::from_json(case[name].as_str().unwrap()).unwrap();
    let mut program = ExportedProgram::new(graph, signature, spec("in_spec"), spec("out_spec"));
    program.argument_names = list(&case["forward_arg_names"]).iter().map(|n| n.as_str().unwrap().to_owned()).collect();
    program.hints = hints.into_iter().collect();
    let ranges = case["range_constraints"].as_object().unwrap();
    program.range_constraints = ranges.iter().map(|(name, range)| (symbol(name), bounds(range))).collect();
    program
}

/// A symbol with the assumptions that its name stands for.
fn symbol(name: &str) -> Expr {
    match name {
        _ if name.starts_with("zuf") => Expr::symbol(&Symbol::real(name)),
        _ if name.starts_with('u') => Expr::symbol(&Symbol::integer(name)),
        _ => Expr::size(name),
    }
}

fn bounds(range: &Json) -> ValueRange {
    let bound = |name: &str, open| range[name].as_i64().map_or(open, |v| Bound::Finite(v.into()));
    ValueRange { lower: bound("min_val", Bound::NegInf), upper: bound("max_val", Bound::PosInf) }
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

/// The name of a value that an argument refers to.
fn name_of(argument: &Json) -> Option<&str> {
    let (_, value) = argument.as_object()?.iter().next()?;
    value["name"].as_str().or_else(|| value["as_name"].as_str())
}

struct Reader<'j> {
    json: &'j Json,
    graph: Graph,
    ids: HashMap<String, NodeId>,
    hints: Vec<(Symbol, i64)>,
}

impl Reader<'_> {
    fn push(&mut self, name: &str, kind: NodeKind, value: NodeValue, frame: Option<Frame>) {
        let id = self.graph.push(Node::new(name, kind, value).at(frame));
        self.ids.insert(name.to_owned(), id);
    }

    fn node(&mut self, json: &Json) {
        let target = json["target"].as_str().unwrap();
        let python = PythonFunction::from_path(target);
        let target = python.map_or_else(|| Target::Op(target.parse().unwrap()), Target::Python);
        let argument = |json: &Json| NamedArgument {
            name: json["name"].as_str().unwrap().to_owned(),
            keyword: json["kind"] == 2,
            value: self.argument(&json["arg"]),
        };
        let arguments = list(&json["inputs"]).iter().map(argument).collect();
        let value = match list(&json["outputs"]) {
            [] => NodeValue::Nothing,
            [one] => self.value(one),
            _ => panic!("no case has a call with several results"),
        };
        let frame = json["metadata"]["stack_trace"].as_str().and_then(frame);
        self.push(json["name"].as_str().unwrap(), NodeKind::Call { target, arguments }, value, frame);
    }

    /// The value of a result or input.
    fn value(&mut self, reference: &Json) -> NodeValue {
        let name = name_of(reference).unwrap();
        let table = |table: &str| &self.json[table][name]["as_expr"];
        let text = |json: &Json| json["expr_str"].as_str().unwrap().to_owned();
        if reference.get("as_tensor").is_some() {
            let meta = self.json["tensor_values"][name].clone();
            return self.tensor(&meta);
        }
        if reference.get("as_sym_int").is_some() {
            return NodeValue::Int(parse_srepr(&text(table("sym_int_values"))).unwrap());
        }
        if reference.get("as_sym_float").is_some() {
            return NodeValue::Float(parse_srepr(&text(table("sym_float_values"))).unwrap());
        }
        NodeValue::Bool(relation(&text(table("sym_bool_values"))).into())
    }

    fn tensor(&mut self, meta: &Json) -> NodeValue {
        let dtype = DType::from_pt2(meta["dtype"].as_u64().unwrap() as u8).unwrap();
        let mut tensor = TensorType::contiguous(dtype, []).map(|n| Expr::int(*n));
        tensor.sizes = list(&meta["sizes"]).iter().map(|size| self.size(size)).collect();
        tensor.strides = list(&meta["strides"]).iter().map(|size| self.size(size)).collect();
        tensor.storage_offset = self.size(&meta["storage_offset"]);
        NodeValue::Tensor(tensor)
    }

    fn size(&mut self, size: &Json) -> Expr {
        if let Some(v) = size["as_int"].as_i64() {
            return Expr::int(v);
        }
        let expr = parse_srepr(size["as_expr"]["expr_str"].as_str().unwrap()).unwrap();
        if let (Some(symbol), Some(hint)) = (expr.as_symbol(), size["as_expr"]["hint"]["as_int"].as_i64()) {
            self.hints.push((symbol.clone(), hint));
        }
        expr
    }

    fn argument(&self, json: &Json) -> Argument {
        let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
        let id = |json: &Json| self.ids[json["name"].as_str().or_else(|| json["as_name"].as_str()).unwrap()];
        match kind.as_str() {
            "as_none" => Argument::None,
            "as_tensor" => Argument::Tensor(id(value)),
            "as_tensors" => Argument::Tensors(list(value).iter().map(id).collect()),
            "as_optional_tensors" => {
                let tensor = |v: &Json| v.get("as_tensor").map(id);
                Argument::OptionalTensors(list(value).iter().map(tensor).collect())
            }
            "as_ints" => Argument::Ints(list(value).iter().map(|v| Sym::Value(v.as_i64().unwrap())).collect()),
            "as_int" => Argument::Int(Sym::Value(value.as_i64().unwrap())),
            "as_sym_int" => Argument::Int(Sym::Node(id(value))),
            "as_float" => Argument::Float(Sym::Value(value.as_f64().unwrap())),
            "as_sym_float" => Argument::Float(Sym::Node(id(value))),
            "as_sym_bool" => Argument::Bool(Sym::Node(id(value))),
            "as_bool" => Argument::Bool(Sym::Value(value.as_bool().unwrap())),
            "as_floats" => Argument::Floats(list(value).iter().map(|v| Sym::Value(v.as_f64().unwrap())).collect()),
            "as_sym_ints" => {
                let int = |v: &Json| v["as_int"].as_i64().map_or_else(|| Sym::Node(id(v)), Sym::Value);
                Argument::Ints(list(value).iter().map(int).collect())
            }
            "as_string" => Argument::Str(value.as_str().unwrap().to_owned()),
            "as_scalar_type" => Argument::DType(DType::from_pt2(value.as_u64().unwrap() as u8).unwrap()),
            "as_device" => Argument::Device(Device::Cpu),
            "as_layout" => Argument::Layout(Layout::Strided),
            other => panic!("no case has {other}"),
        }
    }
}

/// A comparison from its `srepr`.
fn relation(text: &str) -> Rel {
    let (class, arguments) = text.strip_suffix(')').unwrap().split_once('(').unwrap();
    let ops = [RelOp::Eq, RelOp::Ne, RelOp::Lt, RelOp::Le, RelOp::Gt, RelOp::Ge];
    let op = ops.into_iter().find(|op| op.class() == class).unwrap();
    let splits = arguments.match_indices(", ").map(|(at, _)| arguments.split_at(at));
    // The comma between the sides is the one where both sides can be read.
    let mut sides = splits.filter_map(|(left, right)| Some((parse_srepr(left).ok()?, parse_srepr(&right[2..]).ok()?)));
    let (left, right) = sides.next().unwrap();
    Rel::new(op, left, right)
}

/// The innermost frame of a Python trace, if PyTorch prints it: a trace of one line has no code.
fn frame(trace: &str) -> Option<Frame> {
    let lines: Vec<&str> = trace.trim_end().lines().collect();
    let [.., place, code] = lines.as_slice() else { return None };
    let rest = place.trim().strip_prefix("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let (line, function) = rest.split_once(", in ")?;
    let code = code.trim().to_owned();
    Some(Frame { file: file.to_owned(), line: line.parse().ok()?, function: function.to_owned(), code })
}
