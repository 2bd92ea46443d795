//! Specs as torch 2.13 prints and dumps them: the strings were taken from Python.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{
    Context, Key, KeyEntry, KeyPath, Leaf, Meta, TensorMeta, TreeSpec, TreeSpecError, Value, flatten, structure,
};
use std::borrow::Cow;

type Tree = Value<Meta>;

fn leaf() -> Tree {
    Leaf::Int(1).into()
}

fn spec(tree: &Tree) -> TreeSpec {
    structure(tree).expect("a value has no static fields")
}

fn named(name: &str, context: impl Fn(Cow<'static, str>) -> Context, children: Vec<Tree>) -> Tree {
    Value::Node(context(Cow::Owned(name.to_owned())), children)
}

fn names(names: &[&str]) -> pytree_core::Names {
    names.iter().map(|n| Cow::Owned((*n).to_owned())).collect()
}

fn dict(keys: Vec<Key>) -> Tree {
    let children = keys.iter().map(|_| leaf()).collect();
    Value::Node(Context::Dict(keys), children)
}

fn dataclass(present: &[&str], absent: &[&str]) -> Tree {
    let context = |name| Context::Dataclass { name, present: names(present), absent: names(absent), statics: None };
    named("my.DC", context, present.iter().map(|_| leaf()).collect())
}

fn mapping(name: &str, fields: &[&str], children: Vec<Tree>) -> Tree {
    named(name, |name| Context::Mapping { name, fields: names(fields), statics: None }, children)
}

fn custom(name: &str, context: serde_json::Value, children: usize) -> Tree {
    named(name, |name| Context::Custom { name, context: context.clone() }, (0..children).map(|_| leaf()).collect())
}

/// Tree, torch's `repr`, torch's `treespec_dumps` with `L` for a leaf.
fn goldens() -> Vec<(Tree, &'static str, &'static str)> {
    let (list, tuple) = (|n| Tree::list((0..n).map(|_| leaf())), |n| Tree::tuple((0..n).map(|_| leaf())));
    vec![
        (leaf(), "*", r#"[1, L]"#),
        (Leaf::None.into(), "*", r#"[1, L]"#),
        (
            list(2),
            "TreeSpec(list, None, [*,\n  *])",
            r#"[1, {"type": "builtins.list", "context": "null", "children_spec": [L, L]}]"#,
        ),
        (
            tuple(1),
            "TreeSpec(tuple, None, [*])",
            r#"[1, {"type": "builtins.tuple", "context": "null", "children_spec": [L]}]"#,
        ),
        (
            tuple(0),
            "TreeSpec(tuple, None, [])",
            r#"[1, {"type": "builtins.tuple", "context": "null", "children_spec": []}]"#,
        ),
        (
            dict(vec![]),
            "TreeSpec(dict, [], [])",
            r#"[1, {"type": "builtins.dict", "context": "[]", "children_spec": []}]"#,
        ),
        (
            dict(vec!["b".into(), "a".into()]),
            "TreeSpec(dict, ['b', 'a'], [*,\n  *])",
            r#"[1, {"type": "builtins.dict", "context": "[\"b\", \"a\"]", "children_spec": [L, L]}]"#,
        ),
        (
            dict(vec![Key::Int(0), "x".into()]),
            "TreeSpec(dict, [0, 'x'], [*,\n  *])",
            r#"[1, {"type": "builtins.dict", "context": "[0, \"x\"]", "children_spec": [L, L]}]"#,
        ),
        (
            dict(vec!["ü".into(), "q\"".into()]),
            "TreeSpec(dict, ['ü', 'q\"'], [*,\n  *])",
            r#"[1, {"type": "builtins.dict", "context": "[\"\\u00fc\", \"q\\\"\"]", "children_spec": [L, L]}]"#,
        ),
        (
            dict(vec![Key::None]),
            "TreeSpec(dict, [None], [*])",
            r#"[1, {"type": "builtins.dict", "context": "[null]", "children_spec": [L]}]"#,
        ),
        (
            dict(vec![Key::Bool(true)]),
            "TreeSpec(dict, [True], [*])",
            r#"[1, {"type": "builtins.dict", "context": "[true]", "children_spec": [L]}]"#,
        ),
        (
            mapping("collections.OrderedDict", &["a"], vec![leaf()]),
            "TreeSpec(OrderedDict, ['a'], [*])",
            r#"[1, {"type": "collections.OrderedDict", "context": "[\"a\"]", "children_spec": [L]}]"#,
        ),
        (
            custom("collections.deque", "4".into(), 1),
            "TreeSpec(deque, 4, [*])",
            r#"[1, {"type": "collections.deque", "context": "4", "children_spec": [L]}]"#,
        ),
        (
            custom("collections.deque", "null".into(), 1),
            "TreeSpec(deque, None, [*])",
            r#"[1, {"type": "collections.deque", "context": "null", "children_spec": [L]}]"#,
        ),
        (
            dataclass(&["a"], &["b"]),
            "TreeSpec(DC, [['a'], ['b']], [*])",
            r#"[1, {"type": "my.DC", "context": "[[\"a\"], [\"b\"]]", "children_spec": [L]}]"#,
        ),
        (
            dataclass(&["a", "b"], &[]),
            "TreeSpec(DC, [['a', 'b'], []], [*,\n  *])",
            r#"[1, {"type": "my.DC", "context": "[[\"a\", \"b\"], []]", "children_spec": [L, L]}]"#,
        ),
        (
            custom("t.Q", "7".into(), 2),
            "TreeSpec(Q, 7, [*,\n  *])",
            r#"[1, {"type": "t.Q", "context": "7", "children_spec": [L, L]}]"#,
        ),
        (
            custom("t.Q", r#"[1, "a", null, true]"#.into(), 1),
            "TreeSpec(Q, [1, 'a', None, True], [*])",
            r#"[1, {"type": "t.Q", "context": "[1, \"a\", null, true]", "children_spec": [L]}]"#,
        ),
        (
            custom("my.Z", serde_json::json!({"v": [1]}), 2),
            "TreeSpec(Z, {'v': [1]}, [*,\n  *])",
            r#"[1, {"type": "my.Z", "context": {"v": [1]}, "children_spec": [L, L]}]"#,
        ),
        (
            custom("torch.Size", "null".into(), 1),
            "TreeSpec(Size, None, [*])",
            r#"[1, {"type": "torch.Size", "context": "null", "children_spec": [L]}]"#,
        ),
        (
            Tree::tuple([tuple(2), dict(vec![])]),
            "TreeSpec(tuple, None, [TreeSpec(tuple, None, [*,\n    *]),\n  TreeSpec(dict, [], [])])",
            r#"[1, {"type": "builtins.tuple", "context": "null", "children_spec": [{"type": "builtins.tuple", "context": "null", "children_spec": [L, L]}, {"type": "builtins.dict", "context": "[]", "children_spec": []}]}]"#,
        ),
        (
            mapping("transformers.cache_utils.DynamicCache", &["key_cache", "value_cache"], vec![list(2), list(2)]),
            "TreeSpec(DynamicCache, ['key_cache', 'value_cache'], [TreeSpec(list, None, [*,\n    *]),\n  TreeSpec(list, None, [*,\n    *])])",
            r#"[1, {"type": "transformers.cache_utils.DynamicCache", "context": "[\"key_cache\", \"value_cache\"]", "children_spec": [{"type": "builtins.list", "context": "null", "children_spec": [L, L]}, {"type": "builtins.list", "context": "null", "children_spec": [L, L]}]}]"#,
        ),
    ]
}

#[test]
fn prints_and_dumps_as_torch() {
    for (tree, text, json) in goldens() {
        let spec = spec(&tree);
        let json = json.replace('L', r#"{"type": null, "context": null, "children_spec": []}"#);
        assert_eq!(spec.to_string(), text);
        assert_eq!(spec.to_json(), json);
        let read = TreeSpec::from_json(&json).unwrap_or_else(|e| panic!("{json}: {e}"));
        assert_eq!(read, spec, "{json}");
        assert_eq!(read.to_json(), json);
    }
}

#[test]
fn text_of_a_nested_spec() {
    let tuple = Tree::tuple([leaf(), leaf()]);
    let tree = Tree::dict([("a", Tree::list([leaf(), tuple])), ("b", Tree::dict([("c", leaf())]))]);
    let spec = spec(&tree);
    assert_eq!((spec.num_leaves(), spec.num_nodes(), spec.num_children()), (4, 8, 2));
    assert_eq!(
        spec.to_string(),
        "TreeSpec(dict, ['a', 'b'], [TreeSpec(list, None, [*,\n    TreeSpec(tuple, None, [*,\n      *])]),\n  \
         TreeSpec(dict, ['c'], [*])])"
    );
}

#[test]
fn key_paths_as_torch_writes_them() {
    let tree = Tree::dict([
        ("a", Tree::list([leaf(), Tree::dict([("b", Tree::tuple([leaf(), dataclass(&["x", "y"], &[])]))])])),
        ("c", Leaf::None.into()),
    ]);
    let flat = flatten(&tree).expect("a tree");
    let paths: Vec<String> = flat.with_paths().map(|(path, _)| path.to_string()).collect();
    assert_eq!(paths, ["['a'][0]", "['a'][1]['b'][0]", "['a'][1]['b'][1].x", "['a'][1]['b'][1].y", "['c']"]);
    for (i, path) in flat.spec.leaf_paths().enumerate() {
        assert_eq!(flat.spec.leaf_path(i), Some(path));
    }
    assert_eq!(flat.spec.leaf_path(5), None);
    assert_eq!(flatten(&leaf()).expect("a leaf").spec.leaf_paths().next(), Some(KeyPath::default()));

    for (key, text) in [
        (Key::Int(0), "[0]"),
        (Key::Int(-3), "[-3]"),
        ("it's".into(), "[\"it's\"]"),
        ("q\"".into(), "['q\"']"),
        ("a b".into(), "['a b']"),
        ("ü".into(), "['ü']"),
        ("\n".into(), "['\\n']"),
        (Key::None, "[None]"),
        (Key::Float(1.5), "[1.5]"),
        (Key::Bool(true), "[True]"),
    ] {
        assert_eq!(KeyPath(vec![KeyEntry::Mapping(key)]).to_string(), text);
    }
}

#[test]
fn specs_differ_where_torch_says_so() {
    let different = [
        Tree::list([leaf()]),
        Tree::tuple([leaf()]),
        Tree::list([leaf(), leaf()]),
        dict(vec!["a".into(), "b".into()]),
        dict(vec!["b".into(), "a".into()]),
        mapping("collections.OrderedDict", &["a", "b"], vec![leaf(), leaf()]),
        custom("collections.deque", "4".into(), 1),
        custom("collections.deque", "5".into(), 1),
        leaf(),
    ];
    for (i, a) in different.iter().enumerate() {
        for (j, b) in different.iter().enumerate() {
            assert_eq!(spec(a) == spec(b), i == j, "{} and {}", spec(a), spec(b));
        }
    }
    // Leaves are all one to a spec.
    let tensor = Tree::tensor(TensorMeta::new(pytree_core::DType::Float32, [2]));
    assert_eq!(spec(&tensor), spec(&Leaf::Str("a".to_owned()).into()));
}

#[test]
fn bad_json_is_an_error() {
    let error = |text: &str| TreeSpec::from_json(text).expect_err(text);
    let node = |ty: &str, context: &str, children: &str| {
        format!(r#"[1, {{"type": {ty}, "context": {context}, "children_spec": [{children}]}}]"#)
    };
    let leaf = r#"{"type": null, "context": null, "children_spec": []}"#;

    assert_eq!(error(&format!("[2, {leaf}]")).to_string(), "Unknown protocol 2. Available protocols: [1]");
    for text in ["", "nonsense", "[1]", "{}", "null", "[1, 2]", "[1, {}]", r#"[1, {"type": null}]"#, "[1, [], 3]"] {
        assert!(matches!(error(text), TreeSpecError::Syntax(_)), "{text}");
    }
    // A leaf has no context and no children.
    assert!(matches!(error(&node("null", r#""null""#, "")), TreeSpecError::Context { .. }));
    assert!(matches!(error(&node("null", "null", leaf)), TreeSpecError::Context { .. }));
    // The context of a builtin is JSON inside a text.
    for (ty, context) in [
        ("\"builtins.list\"", "null"),
        ("\"builtins.list\"", "\"3\""),
        ("\"builtins.tuple\"", "\"\""),
        ("\"builtins.dict\"", "[]"),
        ("\"builtins.dict\"", "\"3\""),
        ("\"builtins.dict\"", "\"[[1]]\""),
    ] {
        match error(&node(ty, context, "")) {
            TreeSpecError::Context { type_name, .. } => assert!(ty.contains(&type_name)),
            other => panic!("{ty} {context}: {other}"),
        }
    }
    let pair = error(&node("\"builtins.dict\"", r#""[\"a\"]""#, ""));
    assert_eq!(pair, TreeSpecError::Children { type_name: "builtins.dict".to_owned(), names: 1, children: 0 });
    // What torch ignores.
    let extra = r#"[1, {"type": null, "context": null, "children_spec": [], "more": 3}]"#;
    assert!(TreeSpec::from_json(extra).is_ok_and(|spec| spec.is_leaf()));
}

#[test]
fn deep_and_wide_json() {
    let deep = |levels: usize| {
        let open = r#"{"type": "builtins.list", "context": "null", "children_spec": ["#.repeat(levels);
        format!(r#"[1, {open}{{"type": null, "context": null, "children_spec": []}}{}]"#, "]}".repeat(levels))
    };
    let spec = TreeSpec::from_json(&deep(60)).expect("60 lists are not too deep");
    assert_eq!((spec.num_leaves(), spec.num_nodes()), (1, 61));
    match TreeSpec::from_json(&deep(100_000)) {
        Err(TreeSpecError::TooDeep { depth }) => assert_eq!(depth, 200_003),
        other => panic!("{other:?}"),
    }
    assert!(matches!(TreeSpec::from_json(&"[".repeat(1_000_000)), Err(TreeSpecError::TooDeep { .. })));

    let many = vec![r#"{"type": null, "context": null, "children_spec": []}"#; 200_000].join(", ");
    let wide = format!(r#"[1, {{"type": "builtins.tuple", "context": "null", "children_spec": [{many}]}}]"#);
    let spec = TreeSpec::from_json(&wide).expect("200,000 children");
    assert_eq!(spec.num_children(), 200_000);
    assert_eq!(spec.to_json(), wide);
    assert_eq!(spec.leaf_path(199_999).map(|p| p.to_string()), Some("[199999]".to_owned()));
}

#[test]
fn a_deep_spec_is_walked_without_recursion() {
    let mut builder = pytree_core::SpecBuilder::default();
    for _ in 0..100_000 {
        builder.open(Context::List, 1);
    }
    builder.leaf();
    let spec = builder.finish();
    assert_eq!((spec.num_leaves(), spec.num_nodes()), (1, 100_001));
    assert_eq!(spec.to_json().matches("builtins.list").count(), 100_000);
    // Every list is the first child of the one around it, so nothing is indented.
    assert_eq!(spec.to_string().matches("TreeSpec(list").count(), 100_000);
}

#[test]
fn a_builder_that_is_told_wrong_counts_what_is_there() {
    let mut builder = pytree_core::SpecBuilder::default();
    builder.open(Context::Dict(vec!["a".into(), "b".into(), "c".into()]), 3);
    builder.leaf();
    builder.close();
    let spec = builder.finish();
    assert_eq!((spec.num_children(), spec.num_leaves()), (1, 1));
    assert_eq!(spec.leaf_paths().map(|p| p.to_string()).collect::<Vec<_>>(), ["['a']"]);
}
