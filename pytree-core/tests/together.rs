//! Several trees at once: prefixes, zips, transposes, partitions. Texts and results are torch 2.13's.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{
    Context, Factory, Key, KeyEntry, KeyPath, Leaf, LeafKind, LeafRef, Meta, TreeSpec, Value, all, all_only, any,
    any_only, broadcast, combine, flatten, map_many, map_with, partition, structure, transpose, zip,
};

type Tree = Value<Meta>;

fn int(v: i64) -> Tree {
    Leaf::Int(v).into()
}

fn list(items: impl IntoIterator<Item = Tree>) -> Tree {
    Tree::list(items)
}

fn dict<const N: usize>(items: [(&'static str, Tree); N]) -> Tree {
    Tree::dict(items)
}

fn ordered<const N: usize>(items: [(&'static str, Tree); N]) -> Tree {
    let Value::Node(Context::Dict(keys), items) = dict(items) else { panic!("a dict") };
    Value::Node(Context::OrderedDict(keys), items)
}

fn immutable<const N: usize>(items: [(&'static str, Tree); N]) -> Tree {
    let Value::Node(Context::Dict(keys), items) = dict(items) else { panic!("a dict") };
    Value::Node(Context::ImmutableDict(keys), items)
}

fn default(factory: &'static str, key: &'static str, item: Tree) -> Tree {
    let factory = Some(Factory::builtin(factory));
    Value::Node(Context::DefaultDict { factory, keys: vec![key.into()] }, vec![item])
}

fn point(class: &'static str) -> Tree {
    Tree::namedtuple(class, [("x", int(1)), ("y", int(2))])
}

fn deque(maxlen: Option<u64>, item: i64) -> Tree {
    Value::Node(Context::Deque { maxlen }, vec![int(item)])
}

fn constant(value: &'static str) -> Tree {
    Value::Node(Context::Constant { class: "__main__.K3".into(), value: value.into(), data: None }, Vec::new())
}

fn spec(tree: &Tree) -> TreeSpec {
    structure(tree).expect("a tree")
}

/// What `tree_structure(a).flatten_up_to(b)` gives: the leaves of every part, or the error.
fn up_to(a: &Tree, b: &Tree) -> Result<Vec<String>, String> {
    let flat = flatten(b).expect("a tree");
    let parts = spec(a).flatten_up_to(flat.root()).map_err(|e| e.to_string())?;
    Ok(parts.iter().map(|part| format!("{:?}", part.leaves())).collect())
}

#[test]
fn flatten_up_to_in_torchs_words() {
    let one = |v| list([int(v)]);
    let size = Value::Node(Context::Size, vec![int(1)]);
    for (a, b, words) in [
        (
            list([int(1), int(2)]),
            Tree::tuple([int(1), int(2)]),
            "Node type mismatch; expected <class 'list'>, but got <class 'tuple'>.",
        ),
        (list([int(1), int(2)]), int(3), "Node type mismatch; expected <class 'list'>, but got <class 'int'>."),
        (list([int(1), int(2)]), one(1), "Node arity mismatch; expected 2, but got 1."),
        (
            Tree::tuple([int(1)]),
            Leaf::None.into(),
            "Node type mismatch; expected <class 'tuple'>, but got <class 'NoneType'>.",
        ),
        (
            dict([("a", int(1)), ("b", int(1))]),
            dict([("a", int(1)), ("c", int(2))]),
            "Node keys mismatch; missing key(s): {'b'}; extra key(s): {'c'}.",
        ),
        (dict([("a", int(1))]), dict([("a", int(1)), ("c", int(2))]), "Node arity mismatch; expected 1, but got 2."),
        (point("P"), Tree::namedtuple("P2", [("x", int(1))]), "Node arity mismatch; expected 2, but got 1."),
        (
            point("P"),
            point("PP"),
            "Node context mismatch for node type <function namedtuple>; expected <class 'P'>, but got <class 'PP'>.",
        ),
        (
            point("P"),
            list([int(1), int(2)]),
            "Node type mismatch; expected <function namedtuple>, but got <class 'list'>.",
        ),
        (size, Tree::tuple([int(1)]), "Type mismatch; expected <class 'torch.Size'>, but got <class 'tuple'>."),
        (
            immutable([("a", int(1))]),
            dict([("a", int(1))]),
            "Type mismatch; expected <class 'torch.fx.immutable_collections.immutable_dict'>, but got <class 'dict'>.",
        ),
        (
            dict([("a", int(1))]),
            immutable([("a", int(1))]),
            "Node type mismatch; expected <class 'dict'>, but got <class 'torch.fx.immutable_collections.immutable_dict'>.",
        ),
        (
            immutable([("a", int(1))]),
            immutable([("b", int(1))]),
            "Node context mismatch for custom node type <class 'torch.fx.immutable_collections.immutable_dict'>.",
        ),
        (
            constant("K3(n='a')"),
            constant("K3(n='b')"),
            "Node context mismatch for custom node type <class '__main__.K3'>.",
        ),
    ] {
        assert_eq!(up_to(&a, &b), Err(format!("at the root: {words}")));
        let (a, b) = (dict([("k", list([int(0), a]))]), dict([("k", list([int(0), b]))]));
        assert_eq!(up_to(&a, &b), Err(format!("at ['k'][1]: {words}")));
    }
    let two = dict([("a", int(1)), ("b", int(2))]);
    for (a, b, parts) in [
        (two.clone(), ordered([("b", int(3)), ("a", list([int(4), int(5)]))]), vec!["[4, 5]", "[3]"]),
        (default("int", "a", int(1)), default("list", "a", int(7)), vec!["[7]"]),
        (default("int", "a", int(1)), dict([("a", int(7))]), vec!["[7]"]),
        (deque(Some(3), 1), deque(None, 2), vec!["[2]"]),
        (int(1), two, vec!["[1, 2]"]),
        (Tree::tuple([]), Tree::tuple([]), vec![]),
    ] {
        assert_eq!(up_to(&a, &b), Ok(parts.into_iter().map(str::to_owned).collect()));
    }
}

#[test]
fn broadcasting_as_torch_but_aligned() {
    let ints = |prefix: &Tree, full: &Tree| -> Option<Vec<i64>> {
        let leaves = broadcast(prefix, &spec(full)).ok()?;
        leaves.into_iter().map(|leaf| if let LeafRef::Int(v) = leaf { Some(v) } else { None }).collect()
    };
    let pair = || list([int(9), int(9)]);
    assert_eq!(ints(&int(0), &pair()), Some(vec![0, 0]));
    let full = list([pair(), dict([("a", int(9))])]);
    assert_eq!(ints(&list([int(0), int(1)]), &full), Some(vec![0, 0, 1]));
    assert_eq!(ints(&list([int(0)]), &pair()), None);
    assert_eq!(ints(&Tree::tuple([int(0), int(1)]), &pair()), None);
    assert_eq!(ints(&list([list([int(0)])]), &list([int(9)])), None);
    let none = broadcast::<Meta, _>(&Tree::Leaf(Leaf::None), &spec(&pair())).expect("a leaf is a prefix of all");
    assert!(none.iter().all(|leaf| leaf.kind() == LeafKind::None) && none.len() == 2);
    // Torch gives [2, 2, 1] here: in the order of the prefix, which is not that of the leaves.
    let full = dict([("a", int(9)), ("b", pair())]);
    assert_eq!(ints(&dict([("b", int(2)), ("a", int(1))]), &full), Some(vec![1, 2, 2]));
    // An error is at the place that the prefix names.
    let prefix = dict([("b", pair()), ("a", int(1))]);
    let error = broadcast(&prefix, &spec(&dict([("a", int(1)), ("b", int(2))])));
    assert_eq!(
        error.expect_err("a list for a leaf").to_string(),
        "at ['b']: Node type mismatch; expected <class 'list'>, but got a leaf."
    );
}

#[test]
fn mapping_several_trees() {
    let sum = |leaf: LeafRef<'_, Meta>, others: &[i64]| match leaf {
        LeafRef::Int(v) => Leaf::Int(v + others.iter().sum::<i64>()),
        _ => Leaf::None,
    };
    let tree = (1_i64, vec![2_i64, 3]);
    let ints = |leaves: &[LeafRef<'_, Meta>]| -> Vec<i64> {
        leaves.iter().filter_map(|l| if let LeafRef::Int(v) = l { Some(*v) } else { None }).collect()
    };
    let one = map_with::<Meta, Meta, Meta, _, _>(&tree, &(vec![10_i64, 20], vec![30_i64, 40]), |leaf, part| {
        sum(leaf, &ints(part.leaves()))
    });
    assert_eq!(one, Ok((31, vec![32, 43])));
    let rests = [(10_i64, vec![20_i64, 30]), (100, vec![200, 300])];
    let many = map_many::<Meta, Meta, Meta, _, _>(&tree, &rests, |leaf, parts| {
        sum(leaf, &parts.iter().flat_map(|p| ints(p.leaves())).collect::<Vec<_>>())
    });
    assert_eq!(many, Ok((111, vec![222, 333])));
    let short = map_with::<Meta, Meta, Meta, _, _>(&tree, &(1_i64, vec![2_i64]), |leaf, _| sum(leaf, &[]));
    assert_eq!(short.expect_err("short").to_string(), "at [1]: Node arity mismatch; expected 2, but got 1.");
    let deep = zip::<Meta, Meta, _, _>(&tree, &(1_i64, vec![vec![2_i64], vec![]])).expect_err("deeper");
    assert_eq!(deep.to_string(), "at [1][0]: expected a leaf, but got <class 'list'>");
}

#[test]
fn transposing_and_back() {
    let (outer, inner) = (spec(&list([int(0), int(0), int(0)])), spec(&dict([("a", int(0)), ("b", int(0))])));
    let row = |a, b| dict([("a", int(a)), ("b", int(b))]);
    let tree = list([row(1, 2), row(3, 4), row(5, 6)]);
    let turned: Tree = transpose(&outer, &inner, tree.clone()).expect("a list of dicts");
    assert_eq!(turned, dict([("a", list([int(1), int(3), int(5)])), ("b", list([int(2), int(4), int(6)]))]));
    assert_eq!(transpose(&inner, &outer, turned).as_ref(), Ok(&tree));
    let error =
        transpose::<Meta, Tree, Tree>(&outer, &inner, list([row(1, 2), int(3), row(5, 6)])).expect_err("no dict");
    assert_eq!(error.to_string(), "at [1]: Node type mismatch; expected <class 'dict'>, but got a leaf.");
}

#[test]
fn partitions_combine() {
    let tree = dict([("a", list([int(1), Leaf::Float(0.5).into()])), ("b", Leaf::None.into())]);
    let (ints, rest) = partition(tree.clone(), |leaf| leaf.kind() == LeafKind::Int).expect("a tree");
    assert_eq!((spec(&ints), spec(&rest)), (spec(&tree), spec(&tree)));
    assert_eq!(combine::<Meta, Tree>([ints.clone(), rest]).as_ref(), Ok(&tree));
    let error = combine::<Meta, Tree>([ints, dict([("a", int(1)), ("b", int(2))])]).expect_err("another tree");
    assert_eq!(error.to_string(), "at ['a']: Node type mismatch; expected <class 'list'>, but got a leaf.");
}

#[test]
fn all_and_any() {
    let tree = (1_i64, (0.5, vec![2_i64]));
    let positive = |leaf: LeafRef<'_, Meta>| matches!(leaf, LeafRef::Int(v) if v > 0);
    assert!(!all(&tree, positive) && any(&tree, positive));
    assert!(all_only(&tree, &[LeafKind::Int], positive) && any_only(&tree, &[LeafKind::Int], positive));
    assert!(!any_only(&tree, &[LeafKind::Float], positive));
    assert!(all::<Meta, _>(&(), |_| false) && !any::<Meta, _>(&(), |_| true));
}

#[test]
fn is_leaf_is_asked_from_above() {
    let tree = list([int(1), Tree::tuple([int(2)])]);
    let flat = flatten(&tree).expect("a tree");
    let mut asked = Vec::new();
    let (parts, whole) = flat.root().flatten_where(|at| {
        asked.push(at.spec().pprint());
        false
    });
    assert_eq!((asked, parts.len()), (vec!["[*, (*,)]".into(), "*".into(), "(*,)".into(), "*".into()], 2));
    assert_eq!(whole, flat.spec);
    let (parts, spec) = flat.root().flatten_where(|at| at.path().to_string() == "[1]");
    assert_eq!((parts[1].spec().pprint(), spec.pprint()), ("(*,)".to_owned(), "[*, *]".to_owned()));
    let (parts, spec) = flat.root().flatten_where(|_| true);
    assert_eq!((parts.len(), spec.is_leaf()), (1, true));
}

#[test]
fn key_get() {
    let tree = dict([("a", list([int(1), point("P")])), ("b", deque(Some(3), 4))]);
    let flat = flatten(&tree).expect("a tree");
    for (path, leaf) in flat.with_paths() {
        assert_eq!(flat.get(&path).and_then(|at| at.leaf()).map(|l| format!("{l:?}")), Some(format!("{leaf:?}")));
        let Some(Value::Leaf(found)) = tree.get(&path) else { panic!("{path}") };
        assert_eq!(format!("{found:?}"), format!("{leaf:?}"));
        assert_eq!(flat.spec.at(&path).map(|node| node.path()), Some(path));
    }
    let to = |entries: &[KeyEntry]| entries.iter().cloned().collect::<KeyPath>();
    let a = KeyEntry::Mapping(Key::from("a"));
    assert!(flat.get(&to(&[a.clone(), KeyEntry::Sequence(2)])).is_none());
    assert!(tree.get(&to(&[a.clone(), KeyEntry::Sequence(0), KeyEntry::Sequence(0)])).is_none());
    let y = to(&[a, KeyEntry::Sequence(1), KeyEntry::GetAttr("y".into())]);
    assert_eq!(tree.get(&y), Some(&int(2)));
    assert_eq!(flat.get(&to(&[])).map(|at| at.spec()), Some(flat.spec.clone()));
}

#[test]
fn serde_keeps_every_kind() {
    let tree = dict([
        ("a", list([int(1), Leaf::Float(f64::INFINITY).into(), Leaf::Str("s".into()).into(), Leaf::None.into()])),
        ("b", point("P")),
        ("c", default("int", "x", Leaf::Bool(true).into())),
        ("d", Tree::dataclass("D", [("x", Leaf::None.into()), ("y", int(3))])),
        ("e", Tree::tensor(pytree_core::TensorMeta::new(pytree_core::DType::Int64, [2, 3]))),
    ]);
    let json = serde_json::to_string(&tree).expect("plain data");
    let again: Tree = serde_json::from_str(&json).expect("our own");
    assert_eq!(again, tree);
    let paths = |tree: &Tree| spec(tree).leaf_paths().collect::<Vec<_>>();
    assert_eq!(paths(&again), paths(&tree));
    let path_json = serde_json::to_string(&paths(&tree)).expect("paths");
    assert_eq!(serde_json::from_str::<Vec<KeyPath>>(&path_json).expect("our own"), paths(&tree));
    assert!(serde_json::to_string(&constant("K")).is_err(), "torch cannot write a constant either");
}

#[test]
fn a_key_stands_once() {
    // As Python has it, where True is 1.
    for (keys, told) in [
        (vec![Key::Int(1), Key::Bool(true)], "a dict node has the key True twice"),
        (vec![Key::from("x"), Key::from("x")], "a dict node has the key 'x' twice"),
    ] {
        let error = structure(&Tree::Node(Context::Dict(keys), vec![int(1), int(2)])).expect_err("no Python dict");
        assert_eq!(error.to_string(), told);
    }
}
