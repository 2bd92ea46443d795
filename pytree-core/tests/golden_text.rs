//! Specs as torch 2.13 prints and dumps them: the strings were taken from Python.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{
    Context, DumpError, EnumKey, Factory, Key, KeyEntry, KeyPath, Leaf, Meta, NamedTuple, TensorMeta, TreeSpec, Value,
    flatten, structure,
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

fn red(value: Option<&'static str>) -> Key {
    Key::Enum(EnumKey { fqn: "__main__:EE".into(), name: "RED".into(), value: value.map(Cow::Borrowed) })
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

fn deque(maxlen: Option<u64>) -> Tree {
    Tree::Node(Context::Deque { maxlen }, vec![leaf()])
}

fn point() -> Tree {
    let class = NamedTuple { name: "my.P".into(), fields: Some(names(&["x", "y"])) };
    Tree::Node(Context::NamedTuple(class), vec![leaf(), leaf()])
}

fn default_dict(factory: Option<Factory>, keys: &[&'static str]) -> Tree {
    let context = Context::DefaultDict { factory, keys: keys.iter().map(|k| Key::from(*k)).collect() };
    Tree::Node(context, keys.iter().map(|_| leaf()).collect())
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
            Tree::Node(Context::OrderedDict(vec!["a".into()]), vec![leaf()]),
            "TreeSpec(OrderedDict, ['a'], [*])",
            r#"[1, {"type": "collections.OrderedDict", "context": "[\"a\"]", "children_spec": [L]}]"#,
        ),
        (
            deque(Some(4)),
            "TreeSpec(deque, 4, [*])",
            r#"[1, {"type": "collections.deque", "context": "4", "children_spec": [L]}]"#,
        ),
        (
            deque(None),
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
            Tree::Node(Context::Size, vec![leaf()]),
            "TreeSpec(Size, None, [*])",
            r#"[1, {"type": "torch.Size", "context": "null", "children_spec": [L]}]"#,
        ),
        (
            point(),
            "TreeSpec(namedtuple, <class 'my.P'>, [*,\n  *])",
            r#"[1, {"type": "collections.namedtuple", "context": "my.P", "children_spec": [L, L]}]"#,
        ),
        (
            default_dict(Some(Factory::builtin("int")), &["a"]),
            "TreeSpec(defaultdict, [<class 'int'>, ['a']], [*])",
            r#"[1, {"type": "collections.defaultdict", "context": {"default_factory_module": "builtins", "default_factory_name": "int", "dict_context": ["a"]}, "children_spec": [L]}]"#,
        ),
        (
            default_dict(Some(Factory { module: "collections".into(), name: "OrderedDict".into() }), &[]),
            "TreeSpec(defaultdict, [<class 'collections.OrderedDict'>, []], [])",
            r#"[1, {"type": "collections.defaultdict", "context": {"default_factory_module": "collections", "default_factory_name": "OrderedDict", "dict_context": []}, "children_spec": []}]"#,
        ),
        (
            Tree::Node(Context::ImmutableList, vec![leaf()]),
            "TreeSpec(immutable_list, None, [*])",
            r#"[1, {"type": "torch.fx.immutable_collections.immutable_list", "context": "null", "children_spec": [L]}]"#,
        ),
        (
            Tree::Node(Context::ImmutableDict(vec!["a".into()]), vec![leaf()]),
            "TreeSpec(immutable_dict, ['a'], [*])",
            r#"[1, {"type": "torch.fx.immutable_collections.immutable_dict", "context": "[\"a\"]", "children_spec": [L]}]"#,
        ),
        (
            dict(vec![red(Some("1"))]),
            "TreeSpec(dict, [<EE.RED: 1>], [*])",
            r#"[1, {"type": "builtins.dict", "context": "[{\"__enum__\": true, \"fqn\": \"__main__:EE\", \"name\": \"RED\"}]", "children_spec": [L]}]"#,
        ),
        (
            dict(vec![Key::Float(1e22), Key::Float(1e16), Key::Float(0.1), Key::Float(f64::INFINITY), Key::Float(1.0)]),
            "TreeSpec(dict, [1e+22, 1e+16, 0.1, inf, 1.0], [*,\n  *,\n  *,\n  *,\n  *])",
            r#"[1, {"type": "builtins.dict", "context": "[1e+22, 1e+16, 0.1, Infinity, 1.0]", "children_spec": [L, L, L, L, L]}]"#,
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
        assert_eq!(spec.to_json().as_deref(), Ok(json.as_str()));
        let read = TreeSpec::from_json(&json).unwrap_or_else(|e| panic!("{json}: {e}"));
        assert_eq!(read, spec, "{json}");
        assert_eq!(read.to_json(), Ok(json));
    }
}

fn constant() -> Tree {
    let (class, value) = ("__main__.K3".into(), "K3(n='a')".into());
    Tree::Node(Context::Constant { class, value, data: None }, Vec::new())
}

#[test]
fn prints_as_torch_pprints() {
    let ordered = |keys: &[&'static str]| {
        let context = Context::OrderedDict(keys.iter().map(|k| Key::from(*k)).collect());
        Tree::Node(context, keys.iter().map(|_| leaf()).collect())
    };
    for (tree, text) in [
        (leaf(), "*"),
        (Tree::tuple([]), "()"),
        (Tree::dict([("a", Tree::list([leaf(), Tree::tuple([leaf(), leaf()])]))]), "{'a': [*, (*, *)]}"),
        (Tree::tuple([Tree::tuple([leaf()])]), "((*,),)"),
        (point(), "P(x=*, y=*)"),
        (default_dict(Some(Factory::builtin("int")), &["a"]), "defaultdict(<class 'int'>, {'a': *})"),
        (default_dict(None, &["a", "b"]), "defaultdict(None, {'a': *, 'b': *})"),
        (default_dict(Some(Factory::builtin("list")), &[]), "defaultdict(<class 'list'>, {})"),
        (deque(Some(4)), "deque([*], maxlen=4)"),
        (deque(None), "deque([*])"),
        (Tree::Node(Context::Size, vec![leaf()]), "(*,)"),
        (Tree::Node(Context::ImmutableList, vec![leaf()]), "[*]"),
        (dict(vec![red(Some("1"))]), "{<EE.RED: 1>: *}"),
        (ordered(&["a", "b"]), "OrderedDict([('a', *), ('b', *)])"),
        (ordered(&[]), "OrderedDict()"),
        (Tree::list([constant()]), "[K3(n='a')]"),
        (dataclass(&["a"], &["b"]), "DC(a=*, b=None)"),
        (dataclass(&[], &["a", "b"]), "DC(a=None, b=None)"),
        (mapping("m.Out", &["x"], vec![leaf()]), "Out(x=*)"),
    ] {
        assert_eq!(spec(&tree).pprint(), text);
    }
}

#[test]
fn what_torch_cannot_write() {
    let at = |tree: &Tree| spec(&Tree::dict([("k", tree.clone())])).to_json().expect_err("torch cannot either");
    assert_eq!(spec(&constant()).to_string(), "TreeSpec(K3, ConstantNode(value=K3(n='a')), [])");
    let error = at(&constant());
    assert!(matches!(&error, DumpError::NoSerializedName { class, .. } if class == "__main__.K3"));
    assert_eq!(
        error.to_string(),
        "at ['k']: No registered serialization name for <class '__main__.K3'> found. Please update your \
         _register_pytree_node call with a `serialized_type_name` kwarg."
    );
    let max = Tree::Node(Context::ReturnType("torch.return_types.max".into()), vec![leaf(), leaf()]);
    assert_eq!(spec(&max).to_string(), "TreeSpec(max, None, [*,\n  *])");
    assert!(at(&max).to_string().contains("<class 'torch.return_types.max'>"));
    let error = at(&default_dict(None, &["a"])).to_string();
    assert!(error.starts_with("at ['k']: 'NoneType' object has no attribute '__module__'"), "{error}");
}

#[test]
fn keys_are_equal_where_pythons_are() {
    let equal = [Key::Int(1), Key::Bool(true), Key::Float(1.0)];
    let other =
        [Key::Int(0), "1".into(), Key::None, Key::Float(0.5), Key::Int(i64::MAX), Key::Float(9.3e18), red(None)];
    let hash = |key: &Key| {
        use std::hash::{BuildHasher, RandomState};
        thread_local!(static STATE: RandomState = RandomState::new());
        STATE.with(|state| state.hash_one(key))
    };
    for a in &equal {
        for b in &equal {
            assert_eq!((a, hash(a)), (b, hash(b)));
        }
    }
    for (i, a) in other.iter().enumerate() {
        assert!(!equal.contains(a));
        assert!(other.iter().enumerate().all(|(j, b)| (a == b) == (i == j)), "{a}");
    }
    assert_eq!(Key::Float(f64::NAN), Key::Float(f64::NAN));
    assert_eq!(red(None), red(Some("1")));
    assert_eq!(red(None).text(), "EE.RED");
    let spec_of = |key| spec(&dict(vec![key]));
    assert_eq!(spec_of(Key::Int(1)), spec_of(Key::Bool(true)));
}

#[test]
fn a_namedtuples_fields_come_from_elsewhere() {
    let spec = spec(&point());
    assert_eq!(spec.namedtuples().len(), 1);
    let json = spec.to_json().expect("JSON");
    let paths = |spec: &TreeSpec| spec.leaf_paths().map(|p| p.to_string()).collect::<Vec<_>>();
    let bare = TreeSpec::from_json(&json).expect("our own");
    let fields = |name: &str| (name == "my.P").then(|| names(&["x", "y"]));
    let full = TreeSpec::from_json_with(&json, fields).expect("our own");
    assert_eq!((paths(&bare), paths(&full)), (vec!["[0]".into(), "[1]".into()], vec![".x".into(), ".y".into()]));
    assert!(bare == spec && full == spec);
    let wrong = TreeSpec::from_json_with(&json, |_| Some(names(&["x"]))).expect_err("one name for two children");
    assert_eq!(wrong.to_string(), "a `collections.namedtuple` node has 1 names for 2 children (at the root)");
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
        Tree::Node(Context::OrderedDict(vec!["a".into(), "b".into()]), vec![leaf(), leaf()]),
        deque(Some(4)),
        deque(Some(5)),
        deque(None),
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
fn a_deep_spec_is_walked_without_recursion() {
    let mut builder = pytree_core::SpecBuilder::default();
    for _ in 0..100_000 {
        builder.open(Context::List, 1);
    }
    builder.leaf();
    let spec = builder.finish();
    assert_eq!((spec.num_leaves(), spec.num_nodes()), (1, 100_001));
    assert_eq!(spec.to_json().expect("lists").matches("builtins.list").count(), 100_000);
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
