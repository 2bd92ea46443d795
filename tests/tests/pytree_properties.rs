//! What holds of every tree: random trees of every node kind.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use proptest::prelude::*;
use pytree_core::{
    Leaf, LeafRef, Meta, Subtree, TreeSpec, Value, broadcast, combine, flatten, for_each_mut, into_leaves,
    into_tensors, leaves, leaves_as, leaves_with_keys, map_leaves, partition, structure, transpose, unflatten, zip,
};
use std::collections::HashSet;
use tests::trees::{Tree, any_pair, any_tree};

fn spec(tree: &Tree) -> TreeSpec {
    structure(tree).expect("a tree of any kind has a structure")
}

fn owned(tree: &Tree) -> Vec<Leaf<Meta>> {
    leaves(tree).into_iter().map(|leaf| leaf.map(Clone::clone)).collect()
}

/// The field names of the namedtuples in a tree, as a file would list them.
fn with_fields(json: &str, of: &TreeSpec) -> TreeSpec {
    let fields = |name: &str| of.namedtuples().into_iter().find(|c| c.name == name).and_then(|c| c.fields.clone());
    TreeSpec::from_json_with(json, fields).unwrap_or_else(|e| panic!("{json}: {e}"))
}

/// The same structure by a walk over both values: what equality of specs has to mean.
fn same_structure(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Value::Leaf(_), Value::Leaf(_)) => true,
        (Value::Node(x, a), Value::Node(y, b)) => {
            x == y && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_structure(a, b))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn flatten_and_unflatten(tree in any_tree(true)) {
        let flat = flatten(&tree).expect("a tree");
        prop_assert_eq!(flat.leaves.len(), flat.spec.num_leaves());
        let again: Tree = unflatten(owned(&tree), &flat.spec).expect("its own leaves");
        prop_assert_eq!(&again, &tree);
        let (moved, same) = into_leaves(tree.clone()).expect("a tree");
        prop_assert_eq!(&same, &flat.spec);
        prop_assert_eq!(moved, owned(&tree));
        // One leaf less or more is refused.
        let mut more = owned(&tree);
        more.push(Leaf::None);
        prop_assert!(unflatten::<Meta, Tree>(more, &same).is_err());
        if same.num_leaves() > 0 {
            prop_assert!(unflatten::<Meta, Tree>(owned(&tree).into_iter().skip(1), &same).is_err());
        }
    }

    #[test]
    fn leaves_of_a_known_structure(a in any_tree(true), b in any_tree(true)) {
        for (tree, other) in [(&a, &a), (&a, &b), (&b, &a)] {
            let (flat, other) = (flatten(tree).expect("a tree"), spec(other));
            let mut leaves = Vec::new();
            let same = leaves_as::<Meta, Tree>(tree, &other, |leaf| leaves.push(leaf));
            prop_assert_eq!(same, flat.spec == other);
            if same {
                prop_assert_eq!(leaves, flat.leaves);
            }
        }
    }

    #[test]
    fn tensors_and_their_frame(tree in any_tree(true)) {
        let (tensors, frame) = into_tensors(tree.clone()).expect("a tree");
        prop_assert_eq!(frame.spec(), &spec(&tree));
        prop_assert_eq!(frame.num_tensors(), tensors.len());
        prop_assert_eq!(&frame.rebuild::<Meta, Tree>(tensors.clone()).expect("its own tensors"), &tree);
        if let Some(first) = tensors.first() {
            let more = tensors.iter().chain([first]).cloned().collect();
            prop_assert!(frame.rebuild::<Meta, Tree>(more).is_err());
            prop_assert!(frame.rebuild::<Meta, Tree>(tensors[1..].to_vec()).is_err());
        }
    }

    #[test]
    fn keys_are_paths_in_short(tree in any_tree(true)) {
        let spec = spec(&tree);
        let keys: Vec<_> = leaves_with_keys(&tree).into_iter().map(|(key, _)| spec.key_path(key)).collect();
        prop_assert_eq!(keys, spec.leaf_paths().map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn json_and_serde(tree in any_tree(false)) {
        let spec = spec(&tree);
        let json = spec.to_json().expect("no constants");
        let read = with_fields(&json, &spec);
        prop_assert_eq!(&read, &spec);
        prop_assert_eq!(read.to_json(), Ok(json.clone()));
        prop_assert_eq!(read.leaf_paths().collect::<Vec<_>>(), spec.leaf_paths().collect::<Vec<_>>());
        let bare = TreeSpec::from_json(&json).expect("our own");
        prop_assert_eq!(&bare, &spec);
        let text = serde_json::to_string(&tree).expect("plain data");
        let again: Tree = serde_json::from_str(&text).expect("our own");
        prop_assert_eq!(&again, &tree);
    }

    #[test]
    fn equality_is_structural((a, b) in any_pair()) {
        let (x, y) = (spec(&a), spec(&b));
        prop_assert_eq!(x == y, same_structure(&a, &b));
        prop_assert_eq!(x.same_as(&y).is_ok(), x == y);
        prop_assert_eq!(y.same_as(&x).is_ok(), x == y);
        prop_assert_eq!(x.root() == y.root(), x == y);
        if x == y {
            prop_assert_eq!(x.to_string(), y.to_string());
        }
    }

    #[test]
    fn maps(tree in any_tree(true)) {
        prop_assert_eq!(map_leaves(tree.clone(), |leaf| leaf).expect("the same leaves"), tree.clone());
        let (mut changed, mut seen) = (tree.clone(), Vec::new());
        for_each_mut(&mut changed, |leaf| seen.push(leaf.kind()));
        prop_assert_eq!(&changed, &tree);
        prop_assert_eq!(seen, leaves(&tree).iter().map(LeafRef::kind).collect::<Vec<_>>());
    }

    #[test]
    fn paths(tree in any_tree(true)) {
        let flat = flatten(&tree).expect("a tree");
        let paths: Vec<_> = flat.spec.leaf_paths().collect();
        prop_assert_eq!(paths.len(), flat.leaves.len());
        prop_assert_eq!(paths.iter().collect::<HashSet<_>>().len(), paths.len());
        for (i, path) in paths.iter().enumerate() {
            prop_assert_eq!(flat.spec.leaf_path(i), Some(path.clone()));
            let leaf = flat.get(path).and_then(Subtree::leaf).expect("every path leads to its leaf");
            prop_assert_eq!(format!("{leaf:?}"), format!("{:?}", flat.leaves[i]));
            let Some(Value::Leaf(found)) = tree.get(path) else { panic!("no leaf at {path}") };
            prop_assert_eq!(format!("{found:?}"), format!("{:?}", flat.leaves[i]));
        }
        prop_assert_eq!(flat.spec.leaf_path(paths.len()), None);
        for node in flat.spec.nodes() {
            prop_assert_eq!(flat.spec.at(&node.path()).map(|n| n.index()), Some(node.index()));
            prop_assert_eq!(node.to_spec().num_nodes(), node.num_nodes());
            prop_assert_eq!(node.to_spec().depth(), node.depth());
        }
    }

    #[test]
    fn counts_add_up(tree in any_tree(true)) {
        let spec = spec(&tree);
        let children: Vec<TreeSpec> = spec.children().collect();
        prop_assert_eq!(children.len(), spec.num_children());
        if let Some(context) = spec.root().context() {
            prop_assert_eq!(spec.num_leaves(), children.iter().map(TreeSpec::num_leaves).sum::<usize>());
            prop_assert_eq!(spec.num_nodes(), 1 + children.iter().map(TreeSpec::num_nodes).sum::<usize>());
            prop_assert_eq!(spec.depth(), 1 + children.iter().map(TreeSpec::depth).max().unwrap_or(0));
            prop_assert_eq!(TreeSpec::node(context.clone(), children), spec);
        }
    }

    #[test]
    fn prefixes((a, b) in any_pair()) {
        let flat = flatten(&b).expect("a tree");
        // Every tree is a prefix of itself, a leaf one of all.
        let own = flat.spec.flatten_up_to(flat.root()).expect("its own structure");
        prop_assert!(own.iter().all(|part| part.leaf().is_some()));
        prop_assert_eq!(TreeSpec::leaf().flatten_up_to(flat.root()).map(|parts| parts.len()), Ok(1));
        match spec(&a).flatten_up_to(flat.root()) {
            Ok(parts) => {
                prop_assert_eq!(parts.len(), spec(&a).num_leaves());
                prop_assert_eq!(parts.iter().map(|p| p.leaves().len()).sum::<usize>(), flat.leaves.len());
                let spread = broadcast(&a, &flat.spec).expect("what is a prefix can be spread");
                prop_assert_eq!(spread.len(), flat.leaves.len());
            }
            Err(error) => {
                prop_assert!(broadcast(&a, &flat.spec).is_err());
                prop_assert!(zip::<Meta, Meta, _, _>(&a, &b).is_err(), "{}", error);
            }
        }
        let pairs = zip::<Meta, Meta, _, _>(&b, &b).expect("the same tree");
        let same = pairs.iter().all(|(x, y)| format!("{x:?}") == format!("{y:?}"));
        prop_assert!(same);
    }

    #[test]
    fn turned_inside_out(outer in any_tree(true), inner in any_tree(true)) {
        let (outer, inner) = (spec(&outer), spec(&inner));
        let whole = outer.compose(&inner);
        prop_assert_eq!(whole.num_leaves(), outer.num_leaves() * inner.num_leaves());
        prop_assert_eq!(&outer.compose(&TreeSpec::leaf()), &outer);
        prop_assert_eq!(&TreeSpec::leaf().compose(&inner), &inner);
        // As many leaves as they come: a value holds ints anywhere.
        let ints = (0..whole.num_leaves()).map(|i| Leaf::Int(i as i64));
        let tree: Tree = unflatten(ints, &whole).expect("an int for each leaf");
        let turned: Tree = transpose(&outer, &inner, tree.clone()).expect("it is composed");
        prop_assert_eq!(spec(&turned), inner.compose(&outer));
        prop_assert_eq!(transpose::<Meta, Tree, Tree>(&inner, &outer, turned).expect("and back"), tree);
    }

    #[test]
    fn parts_combine(tree in any_tree(true)) {
        let (numbers, rest) = partition(tree.clone(), |leaf| matches!(leaf, LeafRef::Int(_) | LeafRef::Float(_))).expect("a tree");
        prop_assert_eq!(spec(&numbers), spec(&tree));
        prop_assert_eq!(combine::<Meta, Tree>([numbers.clone(), rest.clone()]).expect("two halves"), tree.clone());
        prop_assert_eq!(combine::<Meta, Tree>([rest, numbers]).expect("two halves"), tree);
    }

    #[test]
    fn any_predicate_cuts_where_it_says(tree in any_tree(true), seed in any::<u64>()) {
        let flat = flatten(&tree).expect("a tree");
        let cut = |at: Subtree<'_, LeafRef<'_, Meta>>| (seed >> (at.node().index() % 64)) & 1 == 1;
        let (parts, top) = flat.root().flatten_where(cut);
        prop_assert_eq!(parts.len(), top.num_leaves());
        prop_assert_eq!(parts.iter().map(|p| p.leaves().len()).sum::<usize>(), flat.leaves.len());
        prop_assert!(parts.iter().all(|p| p.leaf().is_some() || cut(*p)));
        let same = top.flatten_up_to(flat.root()).expect("the top is a prefix");
        prop_assert_eq!(same.iter().map(|p| p.node().index()).collect::<Vec<_>>(), parts.iter().map(|p| p.node().index()).collect::<Vec<_>>());
    }

    #[test]
    fn no_text_is_too_much(text in "[\\[\\]{}\":,a-z0-9 \\\\.]{0,80}") {
        // Nothing but an error or a spec, whatever the text.
        let _ = TreeSpec::from_json(&text);
    }
}

/// Runs `body` on a thread with a small stack.
fn on_a_small_stack(body: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(body).expect("a thread");
    thread.join().expect("no panic and no overflow");
}

#[test]
fn deep_texts_on_a_small_stack() {
    on_a_small_stack(|| {
        let open = r#"{"type": "builtins.list", "context": "null", "children_spec": ["#;
        let leaf = r#"{"type": null, "context": null, "children_spec": []}"#;
        for levels in [1, 61, 62, 63, 500, 100_000] {
            let text = format!("[1, {}{leaf}{}]", open.repeat(levels), "]}".repeat(levels));
            let read = TreeSpec::from_json(&text);
            assert_eq!(read.is_ok(), levels <= 62, "{levels}: {:?}", read.err());
            let inner = "[".repeat(levels);
            let context = format!(r#"[1, {{"type": "my.C", "context": "{inner}", "children_spec": []}}]"#);
            assert!(TreeSpec::from_json(&context).is_ok_and(|spec| spec.to_string().starts_with("TreeSpec(C, ")));
            let keys = format!(r#"[1, {{"type": "builtins.dict", "context": "{inner}", "children_spec": []}}]"#);
            assert!(TreeSpec::from_json(&keys).is_err());
        }
    });
}

#[test]
fn deep_trees_are_refused_with_their_limit() {
    let deep = |levels: usize| (0..levels).fold(Tree::Leaf(Leaf::None), |tree, _| Tree::list([tree]));
    assert_eq!(spec(&deep(TreeSpec::MAX_DEPTH)).depth(), TreeSpec::MAX_DEPTH);
    let error = structure(&deep(TreeSpec::MAX_DEPTH + 1)).expect_err("one too deep");
    assert_eq!(error.to_string(), "the tree is deeper than 1000 nodes, which is also Python's recursion limit");
    on_a_small_stack(|| {
        let mut builder = pytree_core::SpecBuilder::default();
        (0..200_000).for_each(|_| builder.open(pytree_core::Context::List, 1));
        builder.leaf();
        let spec = builder.finish();
        assert_eq!(spec.depth(), 200_000);
        assert!(unflatten::<Meta, Tree>([Leaf::None], &spec).is_err());
        assert_eq!(spec.compose(&TreeSpec::leaf()), spec);
        let leaves = [0_usize];
        let whole = Subtree::of(&spec, &leaves).expect("one leaf");
        assert_eq!(spec.flatten_up_to(whole).map(|parts| parts.len()), Ok(1));
        assert_eq!(spec.pprint().len(), 400_001);
        assert_eq!(whole.flatten_where(|_| false).1, spec);
    });
}

#[test]
fn what_claims_to_be_huge_is_not_believed() {
    // A deque of 2^63 items that has none, and a spec of many leaves with few given.
    let deque = r#"[1, {"type": "collections.deque", "context": "9223372036854775808", "children_spec": []}]"#;
    assert_eq!(TreeSpec::from_json(deque).expect("a number").to_json(), Ok(deque.to_owned()));
    let leaf = r#"{"type": null, "context": null, "children_spec": []}"#;
    let many = format!(
        r#"[1, {{"type": "builtins.list", "context": "null", "children_spec": [{}]}}]"#,
        vec![leaf; 100_000].join(",")
    );
    let spec = TreeSpec::from_json(&many).expect("a wide list");
    assert!(unflatten::<Meta, Vec<i64>>([Leaf::Int(1)], &spec).is_err());
}
