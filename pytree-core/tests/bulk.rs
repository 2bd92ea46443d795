//! Tensors moved in bulk: the same trees and the same errors as leaf by leaf.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use pytree_core::{
    DType, Leaf, LeafKind, LeafRef, Meta, TensorMeta, TreeSpec, UnflattenError, Value, into_leaves, into_tensors,
    leaves_with_keys, structure, unflatten,
};

type Tree = (Vec<TensorMeta>, i64, Vec<TensorMeta>, Option<String>, TensorMeta);

fn x(size: i64) -> TensorMeta {
    TensorMeta::new(DType::Float32, [size])
}

fn tree() -> Tree {
    (vec![x(1), x(2)], 7, vec![x(3)], Some("text".to_owned()), x(4))
}

#[test]
fn tensors_leave_their_frame_and_come_back() {
    let (tensors, frame) = into_tensors::<Meta, _>(tree()).expect("a tree");
    assert_eq!(tensors, [x(1), x(2), x(3), x(4)]);
    assert_eq!(frame.num_tensors(), 4);
    assert_eq!(frame.spec(), &structure::<Meta, _>(&tree()).expect("a tree"));
    assert_eq!(frame.rebuild::<Meta, Tree>(tensors.clone()), Ok(tree()));
    // The frame is data: it serves again, and another type of the same structure.
    let value: Value<Meta> = frame.rebuild(tensors).expect("a value takes any leaves");
    assert_eq!(into_tensors::<Meta, _>(value).expect("a tree").1, frame);
}

#[test]
fn a_frame_wants_its_own_number_of_tensors_and_its_own_type() {
    let (tensors, frame) = into_tensors::<Meta, _>(tree()).expect("a tree");
    for (count, found) in [(3, 5), (5, 7)] {
        let given = tensors.iter().cycle().take(count).cloned().collect();
        let error = frame.rebuild::<Meta, Tree>(given).expect_err("another number");
        assert!(
            matches!(error, UnflattenError::LeafCount { expected: 6, found: f, .. } if f == found),
            "{count}: {error}"
        );
    }
    let error = frame.rebuild::<Meta, Vec<TensorMeta>>(tensors).expect_err("another type");
    assert_eq!(error.to_string(), "at the root: the type is a list, but the spec has a tuple (`builtins.tuple`) here");
}

#[test]
fn a_list_of_tensors_takes_tensors_alone() {
    let spec = TreeSpec::list([TreeSpec::leaf(), TreeSpec::leaf(), TreeSpec::leaf()]);
    let wrong = [Leaf::Tensor(x(1)), Leaf::Int(3), Leaf::Tensor(x(2))];
    let error = unflatten::<Meta, Vec<TensorMeta>>(wrong, &spec).expect_err("an int is not a tensor");
    assert!(
        matches!(&error, UnflattenError::Leaf { path, expected: LeafKind::Tensor, found: LeafKind::Int }
            if path.to_string() == "[1]"),
        "{error}"
    );
    // The same of a frame, whose int stands where the type has a tensor.
    let (tensors, frame) = into_tensors::<Meta, Value<Meta>>(Value::list([
        Leaf::Tensor(x(1)).into(),
        Leaf::Int(3).into(),
        Leaf::Tensor(x(2)).into(),
    ]))
    .expect("a tree");
    assert_eq!(frame.rebuild::<Meta, Vec<TensorMeta>>(tensors), Err(error));
    // A list in the list is found behind the leaves that were taken at once.
    let deeper = TreeSpec::list([TreeSpec::leaf(), TreeSpec::list([TreeSpec::leaf()])]);
    let leaves = || [Leaf::Tensor(x(1)), Leaf::Tensor(x(2))];
    let error = unflatten::<Meta, Vec<TensorMeta>>(leaves(), &deeper).expect_err("a list is not a tensor");
    assert_eq!(error.to_string(), "at [1]: the type is a leaf, but the spec has a list (`builtins.list`) here");
    assert_eq!(unflatten::<Meta, (TensorMeta, Vec<TensorMeta>)>(leaves(), &deeper).ok(), None);
}

#[test]
fn leaves_moved_one_by_one_are_the_same() {
    let (leaves, spec) = into_leaves::<Meta, _>(tree()).expect("a tree");
    assert_eq!(unflatten::<Meta, Tree>(leaves, &spec), Ok(tree()));
}

#[test]
fn the_key_of_a_lone_leaf_is_the_root() {
    let lone = x(1);
    let (key, _) = leaves_with_keys::<Meta, _>(&lone)[0];
    let path = TreeSpec::leaf().key_path(key);
    assert_eq!((key.node, key.child, path.map(|path| path.to_string())), (0, 0, Some(String::new())));
    let spec = structure::<Meta, _>(&tree()).expect("a tree");
    for (node, child) in [(0, 5), (2, 0), (99, 0)] {
        assert_eq!(spec.key_path(pytree_core::LeafKey { node, child }), None, "{node} {child}");
    }
}

/// Three words: the speed of every walk rests on it.
#[test]
fn a_leaf_is_small() {
    assert!(size_of::<LeafRef<'_, Meta>>() <= 24);
}
