//! Texts, files and trees of any size, and what is done to them.

use crate::promises::{EMPTY_MODEL, pt2};
use program::ExportedProgram;
use pytree_core::{Context, Key, Leaf, Meta, SpecBuilder, TreeSpec, Value};
use shapes::{Dim, DynamicShapes, PathPattern, ShapeSpec};
use std::hint::black_box;
use symbolic::{parse_srepr, parse_srepr_bool};

pub(crate) fn many(part: &str, n: usize, between: &str) -> String {
    (0..n).map(|i| part.replace('#', &i.to_string())).collect::<Vec<_>>().join(between)
}

pub(crate) fn read_treespec(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(TreeSpec::from_json(&text))))
}

pub(crate) fn read_shapes(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(serde_json::from_str::<DynamicShapes>(&text))))
}

pub(crate) fn read_expr(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(parse_srepr(&text).map(|expr| expr.to_string()))))
}

pub(crate) fn read_condition(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(parse_srepr_bool(&text).map(|condition| condition.to_string()))))
}

pub(crate) fn read_pattern(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(text.parse::<PathPattern>().map(|pattern| pattern.to_string()))))
}

/// A file with other text at places of its model.
pub(crate) fn file(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut model = String::from_utf8(EMPTY_MODEL.to_vec()).unwrap();
    for (from, to) in parts {
        assert!(model.contains(from), "{from}");
        model = model.replacen(from, to, 1);
    }
    let none: &[u8] = br#"{"config":{}}"#;
    pt2(&[
        ("models/model.json", model.as_bytes()),
        ("data/weights/model_weights_config.json", none),
        ("data/constants/model_constants_config.json", none),
    ])
}

/// Reads a file, and prints and checks what was read.
pub(crate) fn read_file(bytes: Vec<u8>) -> Box<dyn Fn()> {
    Box::new(move || {
        if let Ok(program) = black_box(ExportedProgram::read(bytes.clone())) {
            drop(black_box((program.to_string(), program.check(), program.summary(), program.requirements())));
        }
    })
}

/// A file with one input of these sizes, and these ranges.
pub(crate) fn sized(sizes: &str, strides: &str, ranges: &str) -> Vec<u8> {
    let meta = format!(
        r#"{{"dtype":7,"sizes":[{sizes}],"requires_grad":false,"device":{{"type":"cpu","index":null}},"strides":[{strides}],
        "storage_offset":{{"as_int":0}},"layout":7}}"#
    );
    let call =
        r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": []}, {\"type\": \"builtins.dict\""#;
    let one = r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": [{\"type\": null, \"context\": null, \"children_spec\": []}]}, {\"type\": \"builtins.dict\""#;
    file(&[
        (r#""inputs": []"#, r#""inputs": [{"as_tensor":{"name":"x"}}]"#),
        (r#""tensor_values": {}"#, &format!(r#""tensor_values": {{"x":{meta}}}"#)),
        (r#""input_specs": []"#, r#""input_specs": [{"user_input":{"arg":{"as_tensor":{"name":"x"}}}}]"#),
        (call, one),
        (r#""range_constraints": {}"#, &format!(r#""range_constraints": {{{ranges}}}"#)),
    ])
}

/// Nodes that each add the input to the value before them.
pub(crate) fn chain(n: usize) -> Vec<u8> {
    let meta = r#"{"dtype":7,"sizes":[{"as_int":2}],"requires_grad":false,"device":{"type":"cpu","index":null},"strides":[{"as_int":1}],"storage_offset":{"as_int":0},"layout":7}"#;
    let name = |i: usize| if i == 0 { "x".to_owned() } else { format!("relu_{i}") };
    let node = |i: usize| {
        format!(
            r#"{{"target":"torch.ops.aten.relu.default","inputs":[{{"name":"self","arg":{{"as_tensor":{{"name":"{}"}}}},"kind":1}}],"outputs":[{{"as_tensor":{{"name":"{}"}}}}],"metadata":{{"stack_trace":"File \"a.py\", line {i}, in forward\n    x = x.relu()"}},"name":"{}"}}"#,
            name(i - 1),
            name(i),
            name(i)
        )
    };
    let nodes: Vec<String> = (1..=n).map(node).collect();
    let values: Vec<String> = (0..=n).map(|i| format!(r#""{}":{meta}"#, name(i))).collect();
    let call =
        r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": []}, {\"type\": \"builtins.dict\""#;
    let one = r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": [{\"type\": null, \"context\": null, \"children_spec\": []}]}, {\"type\": \"builtins.dict\""#;
    file(&[
        (r#""inputs": []"#, r#""inputs": [{"as_tensor":{"name":"x"}}]"#),
        (r#""nodes": []"#, &format!(r#""nodes": [{}]"#, nodes.join(","))),
        (r#""tensor_values": {}"#, &format!(r#""tensor_values": {{{}}}"#, values.join(","))),
        (r#""input_specs": []"#, r#""input_specs": [{"user_input":{"arg":{"as_tensor":{"name":"x"}}}}]"#),
        (call, one),
    ])
}

/// A spec that is as deep as it has nodes.
pub(crate) fn deep_spec(n: usize) -> TreeSpec {
    let mut builder = SpecBuilder::default();
    (0..n).for_each(|_| builder.open(Context::List, 1));
    builder.leaf();
    builder.finish()
}

/// A spec of a tuple of dicts.
pub(crate) fn wide_spec(n: usize) -> TreeSpec {
    TreeSpec::tuple((0..n).map(|i| TreeSpec::dict([(format!("key_{i}"), TreeSpec::leaf())])))
}

pub(crate) fn wide_tree(n: usize) -> Value<Meta> {
    Value::list((0..n).map(|i| Value::dict([(format!("k{i}"), Value::from(Leaf::Int(i as i64)))])))
}

pub(crate) fn wide_shapes(n: usize) -> DynamicShapes {
    let leaf = |i: usize| DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::new(&format!("d{i}")).unwrap())]));
    DynamicShapes::Dict((0..n).map(|i| (Key::from(format!("k{i}")), leaf(i))).collect())
}

pub(crate) fn deep_shapes(n: usize) -> DynamicShapes {
    (0..n).fold(DynamicShapes::NONE, |shapes, _| DynamicShapes::List(vec![shapes]))
}

/// A program with conditions on its input, made into a module.
#[cfg(feature = "tch")]
pub(crate) fn guarded(guards: Vec<String>) -> Box<dyn Fn()> {
    use torch_export::RunProgram;
    let size = r#"{"as_expr":{"expr_str":"Symbol('s0', positive=True, integer=True)","hint":{"as_int":7}}}"#;
    let mut program =
        ExportedProgram::read(sized(size, r#"{"as_int":1}"#, r#""s0":{"min_val":0,"max_val":null}"#)).unwrap();
    program.argument_names = vec!["x".to_owned()];
    program.guards = guards.into_iter().map(program::Guard::of_code).collect();
    Box::new(move || drop(black_box(program.module())))
}
