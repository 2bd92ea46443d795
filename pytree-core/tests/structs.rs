//! Structs against specs that are not theirs.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{DType, Leaf, LeafRef, Meta, TensorMeta, TreeSpec, UnflattenError, flatten, unflatten};
use pytree_derive::PyTree;

#[derive(PyTree, Debug, PartialEq, Clone)]
#[pytree(name = "my.DC", family = Meta)]
struct Data {
    a: i64,
    b: Option<TensorMeta>,
    #[pytree(static)]
    scale: f64,
}

#[derive(PyTree, Debug, PartialEq)]
#[pytree(name = "my.Cache", as = "mapping", family = Meta)]
struct Cache {
    key_cache: Vec<TensorMeta>,
    value_cache: Vec<TensorMeta>,
}

fn x() -> TensorMeta {
    TensorMeta::new(DType::Float32, [2, 3])
}

fn json(node: &str, context: &str, leaves: usize) -> TreeSpec {
    let children = vec![r#"{"type": null, "context": null, "children_spec": []}"#; leaves].join(", ");
    let text = format!(r#"[1, {{"type": "{node}", "context": "{context}", "children_spec": [{children}]}}]"#);
    TreeSpec::from_json(&text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn ints(count: i64) -> Vec<Leaf<Meta>> {
    (0..count).map(Leaf::Int).collect()
}

#[test]
fn a_dataclass_there_and_back() {
    for (data, text) in [
        (Data { a: 1, b: Some(x()), scale: 0.5 }, "TreeSpec(DC, [['a', 'b'], [], {'scale': 0.5}], [*,\n  *])"),
        (Data { a: 1, b: None, scale: 2.0 }, "TreeSpec(DC, [['a'], ['b'], {'scale': 2.0}], [*])"),
    ] {
        let flat = flatten(&data).expect("a tree");
        assert_eq!(flat.spec.to_string(), text);
        let paths: Vec<String> = flat.spec.leaf_paths().map(|p| p.to_string()).collect();
        assert_eq!(paths, [".a", ".b"][..paths.len()]);
        let read = TreeSpec::from_json(&flat.spec.to_json().expect("JSON")).expect("our own JSON");
        assert_eq!(read, flat.spec);
        let leaves = flat.leaves.iter().map(|leaf: &LeafRef<'_, Meta>| leaf.map(Clone::clone));
        assert_eq!(unflatten(leaves, &read), Ok(data));
    }
}

#[test]
fn another_node_than_the_type_is() {
    let error = |spec: &TreeSpec| unflatten::<Meta, Cache>(ints(2), spec).expect_err("another node");
    for spec in [
        json("builtins.list", "null", 2),
        json("other.Cache", r#"[\"key_cache\", \"value_cache\"]"#, 2),
        json("my.Cache", r#"[[\"key_cache\", \"value_cache\"], []]"#, 2),
        json("my.Cache", "7", 2),
    ] {
        let error = error(&spec);
        assert!(matches!(&error, UnflattenError::Node { path, .. } if path.0.is_empty()), "{error}");
        assert!(error.to_string().contains("`Cache`, a mapping node `my.Cache`"), "{error}");
    }
    let other_fields = error(&json("my.Cache", r#"[\"keys\", \"values\"]"#, 2));
    assert!(matches!(other_fields, UnflattenError::Fields { .. }), "{other_fields}");
    let text = other_fields.to_string();
    assert!(text.contains("key_cache") && text.contains("'keys'"), "{text}");
    // The right node with leaves where lists belong.
    let leaves = error(&json("my.Cache", r#"[\"key_cache\", \"value_cache\"]"#, 2));
    assert_eq!(leaves.to_string(), "at ['key_cache']: the type is a list, but the spec has a leaf here");
}

#[test]
fn fields_that_are_not_the_types() {
    let error = |context: &str, leaves: usize| {
        unflatten::<Meta, Data>(ints(leaves as i64), &json("my.DC", context, leaves)).expect_err(context)
    };
    let statics = r#", {\"scale\": 1.0}]"#;
    let with = |fields: &str| format!("[{fields}{statics}");
    assert!(matches!(error(&with(r#"[\"a\", \"c\"], []"#), 2), UnflattenError::Fields { .. }));
    assert!(matches!(error(&with(r#"[\"a\"], []"#), 1), UnflattenError::Fields { .. }));
    match error(&with(r#"[\"b\"], [\"a\"]"#), 1) {
        UnflattenError::NotOptional { field, type_name, .. } => assert_eq!((field, type_name), ("a", "Data")),
        other => panic!("{other}"),
    }
    // The static fields are missing, or are something else.
    assert!(matches!(error(r#"[[\"a\"], [\"b\"]]"#, 1), UnflattenError::Fields { .. }));
    match error(r#"[[\"a\"], [\"b\"], {\"scale\": \"large\"}]"#, 1) {
        UnflattenError::Static { field, message, .. } => {
            assert_eq!(field, "scale");
            assert!(message.contains("string"), "{message}");
        }
        other => panic!("{other}"),
    }
    assert!(matches!(error(r#"[[\"a\"], [\"b\"], {}]"#, 1), UnflattenError::Static { field: "scale", .. }));
    // A tensor is wanted for `b`, an int was given.
    let leaf = error(&with(r#"[\"a\", \"b\"], []"#), 2);
    assert_eq!(leaf.to_string(), "at .b: expected a tensor, but the leaf is an int");
}
