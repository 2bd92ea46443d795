//! The golden cases' description of a call (`params`, `args`, `kwargs`, `dynamic_shapes`) as leaves.

#[path = "dims.rs"]
mod dims;

use dims::shape_spec;
use serde_json::Value;
use shapes::{InputLeaf, InputValue, mapping_key_part, placeholder_base};

/// A key path as a source, and the parts of a placeholder name.
#[derive(Clone)]
struct Place {
    source: String,
    path: String,
    parts: Vec<String>,
}

impl Place {
    fn index(&self, i: usize) -> Place {
        self.step(format!("[{i}]"), i.to_string())
    }

    fn key(&self, key: &str) -> Place {
        self.step(format!("[{}]", pytree_core::python::Str(key)), mapping_key_part(key))
    }

    fn step(&self, text: String, part: String) -> Place {
        let mut next = self.clone();
        next.source += &text;
        next.path += &text;
        next.parts.push(part);
        next
    }
}

pub(crate) struct Inputs {
    pub(crate) leaves: Vec<InputLeaf>,
    pub(crate) signature_order: Vec<usize>,
}

fn items(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn text(v: &Value) -> &str {
    v.as_str().expect("text")
}

pub(crate) fn read(case: &Value) -> Inputs {
    let strict = case["mode"] == "strict";
    let params: Vec<(&str, &str)> =
        items(&case["params"]).iter().map(|p| (text(&p["name"]), text(&p["kind"]))).collect();
    let of_kind = |kind: &str| params.iter().find(|(_, k)| *k == kind).map(|(n, _)| *n);
    let positional: Vec<&str> = params.iter().filter(|(_, k)| *k == "pos").map(|(n, _)| *n).collect();
    let spec_of =
        |name: &str| items(&case["dynamic_shapes"]).iter().find(|kv| kv[0] == name).map_or(&Value::Null, |kv| &kv[1]);
    let place = |source: String, path: String, parts: Vec<String>| Place { source, path, parts };
    let mut read = Reader { leaves: Vec::new() };
    let mut bound: Vec<(usize, usize)> = Vec::new();
    let mut note = |name: &str, read: &Reader, from: usize| {
        let at = params.iter().position(|(n, _)| *n == name).expect("a parameter");
        bound.extend((from..read.leaves.len()).map(|leaf| (at, leaf)));
    };
    for (i, arg) in items(&case["args"]).iter().enumerate() {
        let from = read.leaves.len();
        if let Some(name) = positional.get(i) {
            let p = place(format!("L['{name}']"), format!("['{name}']"), vec![mapping_key_part(name)]);
            read.node(arg, spec_of(name), &p);
            note(name, &read, from);
        } else {
            let (name, j) = (of_kind("varpos").expect("*args"), i - positional.len());
            let p = place(format!("L['{name}']"), format!("['{name}']"), vec![mapping_key_part(name)]).index(j);
            read.node(arg, &spec_of(name)["items"][j], &p);
            note(name, &read, from);
        }
    }
    for kv in items(&case["kwargs"]) {
        let (name, from) = (text(&kv[0]), read.leaves.len());
        if params.iter().any(|(n, k)| *n == name && (*k == "pos" || *k == "kwonly")) {
            let p = place(format!("L['{name}']"), format!("['{name}']"), vec![mapping_key_part(name)]);
            read.node(&kv[1], spec_of(name), &p);
            note(name, &read, from);
        } else {
            let star = of_kind("varkw").expect("**kwargs");
            let spec = items(&spec_of(star)["items"]).iter().find(|e| e[0] == name).map_or(&Value::Null, |e| &e[1]);
            let mut p = place(format!("L['{star}']"), format!("['{star}']"), Vec::new()).key(name);
            p.parts = vec![mapping_key_part(name)];
            read.node(&kv[1], spec, &p);
            note(star, &read, from);
        }
    }
    bound.sort_by_key(|(at, _)| *at);
    let mut leaves = read.leaves;
    if strict {
        for (k, leaf) in leaves.iter_mut().enumerate() {
            leaf.source = format!("L['flat_args'][{k}]");
        }
    }
    Inputs { leaves, signature_order: bound.into_iter().map(|(_, leaf)| leaf).collect() }
}

struct Reader {
    leaves: Vec<InputLeaf>,
}

impl Reader {
    fn node(&mut self, node: &Value, spec: &Value, at: &Place) {
        let child = |i: usize| if spec.is_null() { &Value::Null } else { &spec["items"][i] };
        match text(&node["t"]) {
            "list" | "tuple" => {
                for (i, item) in items(&node["items"]).iter().enumerate() {
                    self.node(item, child(i), &at.index(i));
                }
            }
            "dict" => {
                for kv in items(&node["items"]) {
                    let sub = items(&spec["items"]).iter().find(|e| e[0] == kv[0]).map_or(&Value::Null, |e| &e[1]);
                    match kv[0].as_u64() {
                        Some(i) => self.node(&kv[1], sub, &at.index(i as usize)),
                        None => self.node(&kv[1], sub, &at.key(text(&kv[0]))),
                    }
                }
            }
            "dynamic_cache" => {
                for (c, field) in ["key_cache", "value_cache"].into_iter().enumerate() {
                    for (i, item) in items(&node[field]).iter().enumerate() {
                        let sub = if spec.is_null() { &Value::Null } else { &child(c)["items"][i] };
                        self.node(item, sub, &at.key(field).index(i));
                    }
                }
            }
            kind => self.leaves.push(InputLeaf {
                source: at.source.clone(),
                path: at.path.clone(),
                name: placeholder_base(&at.parts),
                value: value(kind, node),
                spec: shape_spec(spec),
            }),
        }
    }
}

fn ints(v: &Value) -> Vec<i64> {
    items(v).iter().map(|n| n.as_i64().expect("int")).collect()
}

fn value(kind: &str, node: &Value) -> InputValue {
    match kind {
        "tensor" => InputValue::Tensor {
            sizes: ints(&node["shape"]),
            strides: node["stride"].is_array().then(|| ints(&node["stride"])),
            storage_offset: node["storage_offset"].as_i64().unwrap_or(0),
        },
        "int" => InputValue::Int(node["value"].as_i64().expect("int")),
        other => InputValue::Other { class: format!("<class '{other}'>") },
    }
}
