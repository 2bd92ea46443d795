//! Treespec JSON that is not a treespec: every message begins with torch's words, where torch has any.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{NodeError, TreeSpec, TreeSpecError};

const LEAF: &str = r#"{"type": null, "context": null, "children_spec": []}"#;

fn node(ty: &str, context: &str, children: usize) -> String {
    let children = vec![LEAF; children].join(", ");
    format!(r#"[1, {{"type": {ty}, "context": {context}, "children_spec": [{children}]}}]"#)
}

fn error(text: &str) -> TreeSpecError {
    TreeSpec::from_json(text).expect_err(text)
}

#[test]
fn no_treespec_at_all() {
    assert_eq!(error(&format!("[2, {LEAF}]")).to_string(), "Unknown protocol 2. Available protocols: [1]");
    for text in [
        "NaNaN",
        "[1, NaNaNaN]",
        "-Infinity-",
        "[1, {\"type\": NaN, \"context\": -Infinity}]",
        "N",
        "I",
        "",
        "nonsense",
        "[1]",
        "{}",
        "null",
        "[1, 2]",
        "[1, {}]",
        r#"[1, {"type": null}]"#,
        "[1, [], 3]",
    ] {
        assert!(matches!(error(text), TreeSpecError::Syntax(_)), "{text}");
    }
    // What torch ignores.
    let extra = r#"[1, {"type": null, "context": null, "children_spec": [], "more": 3}]"#;
    assert!(TreeSpec::from_json(extra).is_ok_and(|spec| spec.is_leaf()));
}

#[test]
fn a_node_that_cannot_be() {
    for (ty, context, children, words) in [
        ("null", "\"null\"", 0, "Deserializing None in pytree is not registered."),
        ("null", "null", 1, "Deserializing None in pytree is not registered."),
        (
            "\"builtins.list\"",
            "null",
            0,
            "Unable to deserialize context. Please make the context json load-able, or register a custom serializer using _register_pytree_node.",
        ),
        (
            "\"collections.namedtuple\"",
            "3",
            1,
            "Can't deserialize TreeSpec of namedtuple class 3 because we couldn't find a serializated name.",
        ),
        ("\"collections.defaultdict\"", "\"x\"", 0, "dumpable_context must be a dict"),
        (
            "\"collections.defaultdict\"",
            r#"{"a": 1}"#,
            0,
            "dumpable_context keys must be {'default_factory_module', 'default_factory_name', 'dict_context'}, got {'a'}",
        ),
        // Torch reads the rest, and fails later or not at all.
        (
            "\"builtins.list\"",
            "\"3\"",
            0,
            "the context of a `builtins.list` node is \"3\"; it should be the string `null`",
        ),
        ("\"torch.Size\"", "\"\"", 0, "the context of a `torch.Size` node"),
        ("\"collections.deque\"", "\"-1\"", 0, "the context of a `collections.deque` node"),
        (
            "\"builtins.dict\"",
            "\"3\"",
            0,
            "the context of a `builtins.dict` node is 3; it should be a string with a list",
        ),
        ("\"builtins.dict\"", "\"[1, ]\"", 1, "the context of a `builtins.dict` node"),
        ("\"builtins.dict\"", "\"[[1]]\"", 1, "the key [1] of a `builtins.dict` node cannot be represented"),
        ("\"builtins.dict\"", "\"[1180591620717411303424]\"", 1, "the key 1180591620717411303424 of"),
        ("\"builtins.dict\"", r#""[\"a\", \"a\"]""#, 2, "the key 'a' of a `builtins.dict` node is given twice"),
        ("\"builtins.dict\"", "\"[1, true]\"", 2, "the key True of a `builtins.dict` node is given twice"),
        ("\"builtins.dict\"", r#""[\"a\"]""#, 0, "a `builtins.dict` node has 1 names for 0 children"),
        ("\"collections.OrderedDict\"", r#""[]""#, 1, "a `collections.OrderedDict` node has 0 names for 1 children"),
    ] {
        let text = error(&node(ty, context, children)).to_string();
        assert!(text.starts_with(words) && text.ends_with("(at the root)"), "{text}\nis not\n{words}");
    }
}

#[test]
fn floats_that_are_no_json() {
    // As `json.dumps` writes them in the context of a defaultdict, which is not a string.
    let context = r#"{"default_factory_module": "NaN", "default_factory_name": "int", "dict_context": [Infinity, "Infinity", -Infinity, NaN]}"#;
    let text = node("\"collections.defaultdict\"", context, 4);
    let spec = TreeSpec::from_json(&text).expect("Python reads it");
    assert_eq!(spec.leaf_paths().map(|p| p.to_string()).collect::<String>(), "[inf]['Infinity'][-inf][nan]");
    assert_eq!(spec.to_json(), Ok(text));
    let elsewhere = error(&node("\"my.C\"", r#"{"v": [NaN]}"#, 0)).to_string();
    assert!(elsewhere.contains("JSON without NaN and Infinity"), "{elsewhere}");
}

#[test]
fn the_place_is_named() {
    let bad = r#"{"type": "builtins.list", "context": null, "children_spec": []}"#;
    let list =
        |item: &str| format!(r#"{{"type": "builtins.list", "context": "null", "children_spec": [{LEAF}, {item}]}}"#);
    let error = error(&format!("[1, {}]", list(&list(bad))));
    let TreeSpecError::Node { place, problem } = &error else { panic!("{error}") };
    assert_eq!(place.0, [1, 1]);
    assert!(matches!(problem, NodeError::NoText { .. }));
    assert!(error.to_string().ends_with("(at children_spec[1].children_spec[1])"), "{error}");
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

    // What is ignored may be as deep as it likes: nothing is made of it.
    let (open, close) = ("[".repeat(500_000), "]".repeat(500_000));
    let ignored = format!(r#"[1, {{"type": null, "more": {open}{close}, "context": null, "children_spec": []}}]"#);
    assert_eq!(TreeSpec::from_json(&ignored), Ok(TreeSpec::leaf()));
    let kept = format!(r#"[1, {{"type": "my.Class", "context": {open}{close}, "children_spec": []}}]"#);
    assert!(matches!(TreeSpec::from_json(&kept), Err(TreeSpecError::TooDeep { depth: 500_002 })));

    let many = vec![r#"{"type": null, "context": null, "children_spec": []}"#; 200_000].join(", ");
    let wide = format!(r#"[1, {{"type": "builtins.tuple", "context": "null", "children_spec": [{many}]}}]"#);
    let spec = TreeSpec::from_json(&wide).expect("200,000 children");
    assert_eq!(spec.num_children(), 200_000);
    assert_eq!(spec.to_json(), Ok(wide));
    assert_eq!(spec.leaf_path(199_999).map(|p| p.to_string()), Some("[199999]".to_owned()));
}

#[test]
fn every_part_of_a_node_has_to_be_there() {
    for (part, left) in [
        ("type", r#""context": null, "children_spec": []"#),
        ("context", r#""type": null, "children_spec": []"#),
        ("children_spec", r#""type": null, "context": null"#),
    ] {
        // A KeyError in torch; what else stands there is ignored by both.
        let error = error(&format!(r#"[1, {{{left}, "more": 1}}]"#)).to_string();
        assert!(error.contains(&format!("missing field `{part}`")), "{error}");
    }
}
