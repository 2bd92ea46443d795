//! Every row of the front page's table, by the names of torch's functions. What is expected is what torch 2.13 gives.

#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use pytree_core::{
    DType, Flat, KeyEntry, KeyPath, Leaf, LeafKind, LeafMut, LeafRef, Meta, Signature, Subtree, TensorMeta, TreeSpec,
    Value, all, all_only, any, any_only, broadcast, combine, flatten, flatten_with_keys, for_each_mut, into_leaves,
    leaves, map, map_leaves, map_many, map_only, map_where, map_with, map_with_path, partition, reduce, structure,
    tensors, transpose, unflatten, zip,
};

type Tree = (i64, Vec<i64>, TensorMeta);

fn tensor() -> TensorMeta {
    TensorMeta::new(DType::Float32, [2, 3])
}

fn tree() -> Tree {
    (1, vec![2, 3], tensor())
}

fn ints(leaves: &[LeafRef<'_, Meta>]) -> Vec<i64> {
    leaves.iter().map(|leaf| if let LeafRef::Int(v) = leaf { *v } else { -1 }).collect()
}

fn twice(leaf: Leaf<Meta>) -> Leaf<Meta> {
    match leaf {
        Leaf::Int(v) => Leaf::Int(2 * v),
        other => other,
    }
}

#[test]
fn tree_flatten_and_tree_unflatten() {
    let tree = tree();
    let flat = flatten(&tree).expect("a tree");
    assert_eq!(ints(&flat.leaves), [1, 2, 3, -1]);
    let (leaves, spec) = into_leaves(tree.clone()).expect("a tree");
    assert_eq!(spec, flat.spec);
    assert_eq!(unflatten::<Meta, Tree>(leaves, &spec), Ok(tree));
}

#[test]
fn tree_flatten_with_path_and_keystr() {
    let tree = tree();
    let (keyed, spec) = flatten_with_keys(&tree).expect("a tree");
    let paths: Vec<String> = keyed.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(paths, ["[0]", "[1][0]", "[1][1]", "[2]"]);
    assert_eq!(spec.leaf_paths().collect::<Vec<_>>(), keyed.into_iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn tree_leaves_and_tree_structure() {
    let tree = tree();
    assert_eq!(ints(&leaves(&tree)), [1, 2, 3, -1]);
    assert_eq!(tensors::<Meta, _>(&tree), [&tensor()]);
    assert_eq!(structure(&tree).expect("a tree").pprint(), "(*, [*, *], *)");
}

#[test]
fn tree_map_of_one_tree_and_of_several() {
    let meta: Tree =
        map::<_, Meta, _>(&tree(), |t| TensorMeta::new(DType::Int64, t.sizes.iter().copied())).expect("as");
    assert_eq!(meta.2.to_string(), "i64[2, 3]");
    assert_eq!(map_leaves(tree(), twice), Ok((2, vec![4, 6], tensor())));
    let sum = |a: LeafRef<'_, Meta>, b: Subtree<'_, LeafRef<'_, Meta>>| match (a, b.leaf()) {
        (LeafRef::Int(a), Some(LeafRef::Int(b))) => Leaf::Int(a + b),
        (other, _) => other.map(TensorMeta::clone),
    };
    assert_eq!(map_with::<Meta, Meta, Meta, _, _>(&tree(), &tree(), sum), Ok((2, vec![4, 6], tensor())));
    let count = |_: LeafRef<'_, Meta>, rests: &[Subtree<'_, LeafRef<'_, Meta>>]| {
        Leaf::Int(rests.iter().map(|rest| rest.leaves().len() as i64).sum())
    };
    let rests = [(vec![1_i64, 2], 3_i64), (vec![], 4)];
    assert_eq!(map_many::<Meta, Meta, Meta, _, _>(&(0_i64, 0_i64), &rests, count), Ok((2, 2)));
}

#[test]
fn tree_map_with_path_and_tree_map_only() {
    let paths = map_with_path::<Meta, Meta, _>(&vec![String::new(); 2], |path, _| Leaf::Str(path.to_string()));
    assert_eq!(paths, Ok(vec!["[0]".to_owned(), "[1]".to_owned()]));
    let mixed = || (1_i64, true, 0.5);
    assert_eq!(map_only::<Meta, _>(mixed(), &[LeafKind::Int, LeafKind::Float], twice), Ok((2, true, 0.5)));
    let large = |leaf: LeafRef<'_, Meta>| matches!(leaf, LeafRef::Int(v) if v > 2);
    assert_eq!(map_where(tree(), large, twice), Ok((1, vec![2, 6], tensor())));
}

#[test]
fn tree_map_in_place() {
    let mut tree = tree();
    for_each_mut::<Meta, _>(&mut tree, |leaf| {
        if let LeafMut::Int(v) = leaf {
            *v += 10;
        }
    });
    assert_eq!(tree, (11, vec![12, 13], tensor()));
}

#[test]
fn tree_all_and_tree_any() {
    let (tree, none) = (tree(), Vec::<i64>::new());
    let int = |leaf: LeafRef<'_, Meta>| leaf.kind() == LeafKind::Int;
    let positive = |leaf: LeafRef<'_, Meta>| matches!(leaf, LeafRef::Int(v) if v > 0);
    assert_eq!((all(&tree, int), any(&tree, int)), (false, true));
    assert_eq!((all(&none, int), any(&none, int)), (true, false));
    assert_eq!((all_only(&tree, &[LeafKind::Int], positive), any_only(&tree, &[LeafKind::Tensor], int)), (true, false));
    let sum = |sum, leaf| if let LeafRef::Int(v) = leaf { sum + v } else { sum };
    assert_eq!(reduce::<Meta, _, i64>(&tree, 0, sum), 6);
}

#[test]
fn is_leaf() {
    let tree = tree();
    let flat = flatten(&tree).expect("a tree");
    // Asked before the children, of nodes and leaves alike.
    let mut asked = Vec::new();
    let (parts, spec) = flat.root().flatten_where(|at| {
        asked.push(at.path().to_string());
        at.node().arity() == 2
    });
    assert_eq!((parts.len(), spec.pprint().as_str()), (3, "(*, *, *)"));
    assert_eq!(asked, ["", "[0]", "[1]", "[2]"]);
    let first = Value::<Meta>::from_subtree(parts[1], |leaf| leaf.map(TensorMeta::clone));
    assert_eq!(first, Ok(Value::list([Leaf::Int(2).into(), Leaf::Int(3).into()])));
    assert!(structure::<Meta, _>(&1_i64).expect("a leaf").is_leaf() && !spec.is_leaf());
}

#[test]
fn flatten_up_to_and_broadcast() {
    let tree = tree();
    let flat = flatten(&tree).expect("a tree");
    let prefix = structure::<Meta, _>(&(1_i64, 2_i64, 3_i64)).expect("a tree");
    let parts = prefix.flatten_up_to(flat.root()).expect("a prefix");
    assert_eq!(parts.iter().map(|part| part.leaves().len()).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(prefix.broadcast_to(&flat.spec), Ok(vec![0, 1, 1, 2]));
    assert_eq!(broadcast::<Meta, _>(&(7_i64, 8_i64, 9_i64), &flat.spec).map(|l| ints(&l)), Ok(vec![7, 8, 8, 9]));
    assert!(prefix.is_prefix(&flat.spec) && !flat.spec.is_prefix(&prefix) && flat.spec.is_prefix(&flat.spec));
}

#[test]
fn transpose_partition_combine_and_zip() {
    let pair = structure::<Meta, _>(&(0_i64, 0_i64)).expect("a tree");
    let list = structure::<Meta, _>(&vec![0_i64; 3]).expect("a tree");
    let turned: Vec<(i64, i64)> =
        transpose::<Meta, _, _>(&pair, &list, (vec![1_i64, 2, 3], vec![4_i64, 5, 6])).expect("a pair of lists");
    assert_eq!(turned, [(1, 4), (2, 5), (3, 6)]);
    assert_eq!(pair.compose(&list).pprint(), "([*, *, *], [*, *, *])");
    let (ints, rest) = partition::<Meta, _>(tree(), |leaf| leaf.kind() == LeafKind::Int).expect("a tree");
    assert_eq!(combine::<Meta, Tree>([ints, rest]), Ok(tree()));
    let zipped = zip::<Meta, Meta, _, _>(&(1_i64, 2_i64), &(0.5, true)).expect("the same structure").len();
    assert_eq!(zipped, 2);
}

#[test]
fn key_get() {
    let tree = tree();
    let flat: Flat<'_, Meta> = flatten(&tree).expect("a tree");
    let path: KeyPath = [KeyEntry::Sequence(1), KeyEntry::Sequence(1)].into_iter().collect();
    assert_eq!(flat.get(&path).map(|at| ints(at.leaves())), Some(vec![3]));
    assert_eq!(flat.spec.at(&path).map(|node| node.is_leaf()), Some(true));
    assert!(
        flat.get(&path.join(KeyEntry::Sequence(0))).is_none()
            && flat.spec.at(&path.join(KeyEntry::Sequence(0))).is_none()
    );
    let mut value = Value::<Meta>::from_subtree(flat.root(), |leaf| leaf.map(TensorMeta::clone)).expect("a tree");
    assert_eq!(value.get(&path), Some(&Leaf::Int(3).into()));
    *value.get_mut(&path).expect("the same place") = Value::list([]);
    assert_eq!(structure(&value).expect("a tree").pprint(), "(*, [*, []], *)");
}

#[test]
fn treespec_leaf_tuple_and_dict() {
    let leaf = TreeSpec::leaf;
    let spec = TreeSpec::dict([("a", TreeSpec::tuple([leaf(), leaf()])), ("b", leaf())]);
    assert_eq!((spec.num_leaves(), spec.num_nodes(), spec.num_children()), (3, 5, 2));
    assert_eq!(spec.children().collect::<Vec<_>>(), [TreeSpec::tuple([leaf(), leaf()]), leaf()]);
    assert_eq!((spec.child(1), spec.child(2)), (Some(leaf()), None));
    assert_eq!(spec.nodes().filter(|node| node.is_leaf()).count(), 3);
    assert_eq!(spec.pprint(), "{'a': (*, *), 'b': *}");
    assert_eq!(spec.to_string(), "TreeSpec(dict, ['a', 'b'], [TreeSpec(tuple, None, [*,\n    *]),\n  *])");
    assert_eq!(TreeSpec::from_json(&spec.to_json().expect("builtins")), Ok(spec));
}

#[test]
fn signature_bind() {
    let signature = Signature::new([pytree_core::Parameter::required("x"), pytree_core::Parameter::optional("y")]);
    let leaf = TreeSpec::leaf;
    let spec = TreeSpec::tuple([TreeSpec::tuple([leaf()]), TreeSpec::dict([("y", leaf())])]);
    let bound = signature.bind(&spec).expect("a call");
    assert_eq!(bound.iter().map(|b| (b.parameter, b.leaves.clone())).collect::<Vec<_>>(), [(0, 0..1), (1, 1..2)]);
}
