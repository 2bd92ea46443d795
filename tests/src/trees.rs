//! Random trees of every kind of node, for property tests and for the comparison with a live PyTorch.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use pytree_core::{Context, DType, EnumKey, Factory, Key, Leaf, Meta, TensorMeta, Value};
use std::borrow::Cow;
use std::collections::HashSet;

/// A random tree: untyped, of tensors without data.
pub type Tree = Value<Meta>;

/// A random tree. Its classes are those that `conformance/trees.py` registers. It has constants, which have no treespec
/// JSON, only if `constants` is set.
pub fn any_tree(constants: bool) -> impl Strategy<Value = Tree> {
    any_leaf().prop_recursive(5, 40, 4, move |inner| any_node(inner.boxed(), constants))
}

/// A tree and a copy in which one part is replaced.
pub fn any_pair() -> impl Strategy<Value = (Tree, Tree)> {
    (any_tree(true), any_tree(true), any::<prop::sample::Index>()).prop_map(|(tree, part, place)| {
        let mut other = tree.clone();
        let count = count(&other);
        replace(&mut other, &mut place.index(count), part);
        (tree, other)
    })
}

fn count(tree: &Tree) -> usize {
    match tree {
        Value::Leaf(_) => 1,
        Value::Node(_, children) => 1 + children.iter().map(count).sum::<usize>(),
    }
}

/// Replaces the node or leaf with this number by `part`.
fn replace(tree: &mut Tree, place: &mut usize, part: Tree) {
    let mut part = Some(part);
    put(tree, place, &mut part);
}

fn put(tree: &mut Tree, place: &mut usize, part: &mut Option<Tree>) {
    if *place == 0 {
        if let Some(part) = part.take() {
            *tree = part;
        }
        return;
    }
    *place -= 1;
    if let Value::Node(context, children) = tree {
        // A size holds only ints, and a dataclass does not hold None.
        let fixed = matches!(context, Context::Size | Context::Dataclass { .. });
        for child in children {
            if part.is_none() || (fixed && *place == 0) {
                return;
            }
            put(child, place, part);
        }
    }
}

/// A random leaf of any kind.
pub fn any_leaf() -> BoxedStrategy<Tree> {
    let sizes = vec(0_i64..5, 0..3);
    prop_oneof![
        sizes.prop_map(|sizes| Tree::tensor(TensorMeta::new(DType::Float32, sizes))),
        any::<i64>().prop_map(|v| Leaf::Int(v).into()),
        float().prop_map(|v| Leaf::Float(v).into()),
        any::<bool>().prop_map(|v| Leaf::Bool(v).into()),
        text().prop_map(|v| Leaf::Str(v).into()),
        Just(Leaf::None.into()),
    ]
    .boxed()
}

fn float() -> impl Strategy<Value = f64> {
    select(vec![0.0, 0.5, -2.25, 1e22, 1e16, 1e-7, 123_456.789, f64::INFINITY, f64::NEG_INFINITY])
}

/// Short texts of characters that JSON or Python's repr escape, and some that they do not.
fn text() -> impl Strategy<Value = String> {
    const CHARS: [char; 20] = [
        'a', 'B', '_', '.', ' ', '\'', '"', '\\', '\n', '\t', '\u{0}', '\u{7f}', '\u{a0}', '\u{ad}', 'é', '日',
        '\u{301}', '\u{200b}', '\u{e000}', '😀',
    ];
    vec(select(CHARS.to_vec()), 0..4).prop_map(|chars| chars.into_iter().collect())
}

fn any_key(enums: bool) -> BoxedStrategy<Key> {
    let red = EnumKey { fqn: "trees:Color".into(), name: "RED".into(), value: Some("1".into()) };
    let plain = prop_oneof![
        4 => text().prop_map(Key::from),
        2 => any::<i64>().prop_map(Key::Int),
        1 => (-2_i64..3).prop_map(Key::Int),
        1 => any::<bool>().prop_map(Key::Bool),
        1 => float().prop_map(Key::Float),
        1 => Just(Key::None),
    ];
    if enums { prop_oneof![8 => plain, 1 => Just(Key::Enum(red))].boxed() } else { plain.boxed() }
}

/// The items of a dict, each key once.
fn items(inner: BoxedStrategy<Tree>, enums: bool) -> impl Strategy<Value = (Vec<Key>, Vec<Tree>)> {
    vec((any_key(enums), inner), 0..4).prop_map(|items| {
        let mut seen = HashSet::new();
        items.into_iter().filter(|(key, _)| seen.insert(key.clone())).unzip()
    })
}

/// Children with names, each name once.
fn fields(inner: BoxedStrategy<Tree>) -> impl Strategy<Value = (Vec<Cow<'static, str>>, Vec<Tree>)> {
    vec((select(vec!["x", "key_cache", "Y_z", "a b", "é"]), inner), 0..4).prop_map(|items| {
        let mut seen = HashSet::new();
        items.into_iter().filter(|(name, _)| seen.insert(*name)).map(|(name, item)| (Cow::Borrowed(name), item)).unzip()
    })
}

fn any_node(inner: BoxedStrategy<Tree>, constants: bool) -> BoxedStrategy<Tree> {
    let children = || vec(inner.clone(), 0..4);
    let sequences = prop_oneof![
        children().prop_map(Tree::list),
        children().prop_map(Tree::tuple),
        children().prop_map(|items| Value::Node(Context::ImmutableList, items)),
        (children(), 0_u64..3).prop_map(|(items, room)| {
            // A deque that is full, or not full, or has no limit.
            let maxlen = room.checked_sub(1).map(|room| items.len() as u64 + room);
            Value::Node(Context::Deque { maxlen }, items)
        }),
        vec(0_i64..9, 0..4)
            .prop_map(|sizes| Value::Node(Context::Size, sizes.into_iter().map(|s| Leaf::Int(s).into()).collect())),
    ];
    let factories = [
        Factory::builtin("int"),
        Factory::builtin("list"),
        Factory { module: "collections".into(), name: "OrderedDict".into() },
    ];
    let dicts = prop_oneof![
        items(inner.clone(), true).prop_map(|(keys, items)| Value::Node(Context::Dict(keys), items)),
        items(inner.clone(), true).prop_map(|(keys, items)| Value::Node(Context::OrderedDict(keys), items)),
        items(inner.clone(), true).prop_map(|(keys, items)| Value::Node(Context::ImmutableDict(keys), items)),
        (items(inner.clone(), false), select(factories.to_vec())).prop_map(|((keys, items), factory)| {
            Value::Node(Context::DefaultDict { factory: Some(factory), keys }, items)
        }),
    ];
    let statics = serde_json::json!({"eps": 0.5, "name": "é"});
    let classes = prop_oneof![
        children().prop_map(|items| {
            let name = format!("trees.P{}", items.len());
            Tree::namedtuple(name, items.into_iter().enumerate().map(|(i, item)| (format!("f{i}"), item)))
        }),
        children().prop_map(|items| {
            let name = format!("trees.D{}", items.len());
            Tree::dataclass(name, items.into_iter().enumerate().map(|(i, item)| (format!("f{i}"), item)))
        }),
        (fields(inner.clone()), any::<bool>()).prop_map(move |((fields, items), more)| {
            let name = Cow::Borrowed(if more { "trees.MS" } else { "trees.M" });
            let statics = more.then(|| statics.clone());
            Value::Node(Context::Mapping { name, fields: fields.into(), statics }, items)
        }),
        (children(), select(vec!["7", "null", "[1, \"a\", null, true]", "{\"v\": \"\\u00e9\"}"])).prop_map(
            |(items, context)| {
                let context = serde_json::Value::String(context.to_owned());
                Value::Node(Context::Custom { name: "trees.C".into(), context }, items)
            }
        ),
        (children(), 0_i64..9).prop_map(|(items, v)| {
            let context = serde_json::json!({"v": [v]});
            Value::Node(Context::Custom { name: "trees.CD".into(), context }, items)
        }),
    ];
    let all = prop_oneof![5 => sequences, 4 => dicts, 5 => classes];
    if !constants {
        return all.boxed();
    }
    let constant = select(vec!["K(n='a')", "K(n='b')"]).prop_map(|value| {
        Value::Node(Context::Constant { class: "trees.K".into(), value: value.into(), data: None }, Vec::new())
    });
    prop_oneof![14 => all, 1 => constant].boxed()
}
