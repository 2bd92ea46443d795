//! Random calls of an elementwise model, with every form of signature and of input trees.

use serde_json::{Value, json};

use crate::dims::NamedDims;
use tests::random::Random;

/// A case in the form of `constraint_cases.json`, without a program. Its model adds 1 to every leaf.
pub(crate) fn case(random: &mut Random, index: usize) -> Value {
    let names = NamedDims::new(random);
    let mut words = ["x", "y", "z", "mask", "Past", "input_ids", "_w", "X1", "pixel_values", "d2"];
    random.shuffle(&mut words);
    let (mut params, mut args, mut kwargs, mut shapes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let positional = random.below(4);
    // After the first argument by name, all others are by name.
    let by_position = random.below(positional + 1);
    let star = by_position == positional && random.chance(20);
    let mut words = words.into_iter();
    for (i, name) in words.by_ref().take(positional).enumerate() {
        params.push(json!({ "name": name, "kind": "pos" }));
        let (node, spec) = argument(random, &names);
        if i < by_position {
            args.push(node);
        } else {
            kwargs.push(json!([name, node]));
        }
        shapes.push(json!([name, spec]));
    }
    if star {
        params.push(json!({ "name": "rest", "kind": "varpos" }));
        let (nodes, specs): (Vec<_>, Vec<_>) = (0..1 + random.below(2)).map(|_| argument(random, &names)).unzip();
        args.extend(nodes);
        shapes.push(json!(["rest", { "t": "tuple", "items": specs }]));
    }
    for name in words.by_ref().take(random.below(3) + usize::from(positional == 0)) {
        params.push(json!({ "name": name, "kind": "kwonly" }));
        let (node, spec) = argument(random, &names);
        kwargs.push(json!([name, node]));
        shapes.push(json!([name, spec]));
    }
    let more = random.chance(15);
    if more {
        params.push(json!({ "name": "more", "kind": "varkw" }));
        let mut specs = Vec::new();
        for name in words.take(1 + random.below(2)) {
            let (node, spec) = argument(random, &names);
            kwargs.push(json!([name, node]));
            specs.push(json!([name, spec]));
        }
        shapes.push(json!(["more", { "t": "dict", "items": specs }]));
    }
    // With `**kwargs` torch fails on nearly every spec.
    let shapes = if random.chance(if more { 80 } else { 3 }) { Value::Null } else { shapes.into() };
    json!({
        "id": format!("naming-{index}"), "model": "touch", "params": params, "args": args, "kwargs": kwargs,
        "dynamic_shapes": shapes, "program": [],
    })
}

/// An argument with its spec.
fn argument(random: &mut Random, names: &NamedDims) -> (Value, Value) {
    node(random, names, 3)
}

fn node(random: &mut Random, names: &NamedDims, depth: usize) -> (Value, Value) {
    let children = |random: &mut Random, n: usize| -> (Vec<Value>, Vec<Value>) {
        (0..n).map(|_| node(random, names, depth - 1)).unzip()
    };
    match if depth == 0 { random.below(60) } else { random.below(100) } {
        0..=49 => tensor(random, names),
        50..=53 => {
            let spec = *random.pick(&["", "AUTO", "DYNAMIC"]);
            let spec = if spec.is_empty() { Value::Null } else { spec.into() };
            (json!({ "t": "int", "value": random.between(-2, 9) }), spec)
        }
        54 | 55 => (json!({ "t": "float", "value": 0.5 }), Value::Null),
        56 | 57 => (json!({ "t": "bool", "value": true }), Value::Null),
        58 => (json!({ "t": "str", "value": "mode" }), Value::Null),
        59 => (json!({ "t": "none" }), Value::Null),
        kind @ 60..=79 => {
            let (n, kind) = (1 + random.below(3), if kind < 70 { "list" } else { "tuple" });
            let (nodes, specs) = children(random, n);
            (json!({ "t": kind, "items": nodes }), json!({ "t": kind, "items": specs }))
        }
        80..=92 => {
            let mut keys = [json!("a"), json!("Key"), json!("b.c"), json!("x y"), json!(0), json!(7)];
            random.shuffle(&mut keys);
            let n = 1 + random.below(3);
            let (nodes, specs) = children(random, n);
            let pairs = |items: Vec<Value>| keys.iter().zip(items).map(|(k, v)| json!([k, v])).collect::<Vec<_>>();
            (json!({ "t": "dict", "items": pairs(nodes) }), json!({ "t": "dict", "items": pairs(specs) }))
        }
        _ => {
            let layers = 1 + random.below(2);
            let mut half = || -> (Vec<Value>, Vec<Value>) { (0..layers).map(|_| tensor(random, names)).unzip() };
            let ((keys, key_specs), (values, value_specs)) = (half(), half());
            let specs = [key_specs, value_specs].map(|specs| json!({ "t": "list", "items": specs }));
            let node = json!({ "t": "dynamic_cache", "key_cache": keys, "value_cache": values });
            (node, json!({ "t": "list", "items": specs }))
        }
    }
}

/// A tensor with its spec.
pub(crate) fn tensor(random: &mut Random, names: &NamedDims) -> (Value, Value) {
    let sizes: Vec<i64> = (0..random.below(5)).map(|_| names.size(random)).collect();
    let node = json!({ "t": "tensor", "shape": sizes });
    let dims: Vec<Value> = sizes.iter().map(|size| names.dim(random, *size)).collect();
    let spec = match random.below(10) {
        0 => Value::Null,
        1 => json!({ "t": "shape_list", "dims": dims }),
        2 | 3 => json!({ "t": "shape_tuple", "dims": dims }),
        _ => {
            let kept = dims.into_iter().enumerate().filter(|_| random.chance(75));
            let kept: serde_json::Map<String, Value> = kept.map(|(i, d)| (i.to_string(), d)).collect();
            json!({ "t": "shape_dict", "dims": kept })
        }
    };
    (node, spec)
}
