//! The golden cases' form of a leaf's spec.

use serde_json::Value;
use shapes::{Dim, DimHint, DimSpec, ShapeSpec};

fn items(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn text(v: &Value) -> &str {
    v.as_str().expect("text")
}

pub(crate) fn shape_spec(spec: &Value) -> ShapeSpec {
    match spec["t"].as_str() {
        Some("shape_dict") => {
            let dims = spec["dims"].as_object().expect("dims").iter();
            ShapeSpec::Dict(dims.map(|(i, d)| (i.parse().expect("index"), dim(d))).collect())
        }
        Some("shape_list") => ShapeSpec::List(items(&spec["dims"]).iter().map(dim).collect()),
        Some("shape_tuple") => ShapeSpec::Tuple(items(&spec["dims"]).iter().map(dim).collect()),
        Some(other) => panic!("a leaf with a spec of kind {other}"),
        None if spec.is_null() => ShapeSpec::None,
        None => ShapeSpec::Scalar(dim(spec)),
    }
}

fn hint(name: &Value) -> DimHint {
    match text(name) {
        "AUTO" => Dim::auto(),
        "DYNAMIC" => Dim::dynamic(),
        "STATIC" => Dim::static_(),
        other => panic!("unknown hint {other}"),
    }
}

fn named(d: &Value) -> Dim {
    Dim::with_range(text(&d["name"]), d["min"].as_i64().expect("min"), d["max"].as_i64()).expect("a dim")
}

fn dim(d: &Value) -> DimSpec {
    if d.is_null() {
        DimSpec::None
    } else if let Some(n) = d.as_i64() {
        DimSpec::Int(n)
    } else if d.is_string() {
        hint(d).into()
    } else if d["hint"].is_string() {
        hint(&d["hint"]).bounded(d["min"].as_i64(), d["max"].as_i64()).expect("bounds").into()
    } else if d["root"].is_object() {
        let root = named(&d["root"]);
        root.affine(d["mul"].as_i64().expect("mul"), d["add"].as_i64().expect("add")).expect("derived").into()
    } else {
        named(d).into()
    }
}
