//! Laws that hold for every value of a derived type, tested on random values of one with all shapes, roles and kinds.

use proptest::prelude::*;
use pytree_core::{
    DType, Meta, PyTree, TensorMeta, TreeSpec, flatten, for_each_mut, into_leaves, leaves, map, map_leaves, structure,
    unflatten,
};
use std::collections::HashSet;

/// A recursive type with every shape of type and every role of field.
#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my.Any")]
enum Any<T> {
    Nothing,
    One(T),
    Many(Vec<Any<T>>, #[pytree(leaf)] u8),
    #[pytree(rename = "named")]
    Named {
        first: Option<T>,
        #[pytree(rename = "rest")]
        others: Box<Pair<T>>,
        #[pytree(static)]
        size: i64,
        #[pytree(skip, default = Vec::new)]
        skipped: Vec<T>,
    },
}

#[derive(PyTree, Clone, Debug, PartialEq)]
struct Pair<T>(Any<T>, Flat<T>);

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my.Flat", as = "mapping")]
struct Flat<T> {
    text: String,
    #[pytree(flatten)]
    inner: Inner<T>,
}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(as = "OrderedDict")]
struct Inner<T> {
    x: Option<T>,
    scale: f64,
}

fn tensor() -> impl Strategy<Value = TensorMeta> {
    prop::collection::vec(0_i64..5, 0..3).prop_map(|sizes| TensorMeta::new(DType::Float32, sizes))
}

fn any() -> impl Strategy<Value = Any<TensorMeta>> {
    let leaf = prop_oneof![Just(Any::Nothing), tensor().prop_map(Any::One)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let flat = ("[a-c]{0,2}", prop::option::of(tensor()), -4_i64..4)
            .prop_map(|(text, x, scale)| Flat { text, inner: Inner { x, scale: scale as f64 / 2.0 } });
        let pair = (inner.clone(), flat).prop_map(|(a, b)| Box::new(Pair(a, b)));
        let named = (prop::option::of(tensor()), pair, 0_i64..3).prop_map(|(first, others, size)| Any::Named {
            first,
            others,
            size,
            skipped: Vec::new(),
        });
        prop_oneof![(prop::collection::vec(inner, 0..4), any_u8()).prop_map(|(items, n)| Any::Many(items, n)), named]
    })
}

fn any_u8() -> impl Strategy<Value = u8> {
    prop::num::u8::ANY
}

/// The same structure with other leaves.
fn other_leaves(tree: &Any<TensorMeta>) -> Any<TensorMeta> {
    let mut tree: Any<TensorMeta> =
        map::<Meta, Meta, _>(tree, |t| TensorMeta::new(DType::Int64, t.sizes.iter().map(|s| s + 1))).unwrap();
    for_each_mut::<Meta, _>(&mut tree, |leaf| {
        if let pytree_core::LeafMut::Float(x) = leaf {
            *x += 1.0;
        }
    });
    tree
}

proptest! {
    #[test]
    fn taken_apart_and_put_together_it_is_the_same(tree in any()) {
        let (leaves, spec) = into_leaves::<Meta, _>(tree.clone()).unwrap();
        prop_assert_eq!(&spec, &structure::<Meta, _>(&tree).unwrap());
        let read = TreeSpec::from_json(&spec.to_json().unwrap()).unwrap();
        prop_assert_eq!(&read, &spec);
        prop_assert_eq!(unflatten::<Meta, Any<TensorMeta>>(leaves, &read).unwrap(), tree);
    }

    #[test]
    fn every_way_to_walk_visits_the_same_leaves(tree in any()) {
        let read: Vec<_> = leaves::<Meta, _>(&tree).into_iter().map(|leaf| leaf.map::<Meta>(Clone::clone)).collect();
        let taken = into_leaves::<Meta, _>(tree.clone()).unwrap().0;
        prop_assert_eq!(&taken, &read);
        let mut changed = Vec::new();
        for_each_mut::<Meta, _>(&mut tree.clone(), |leaf| changed.push(leaf.kind()));
        prop_assert_eq!(changed, read.iter().map(|leaf| leaf.kind()).collect::<Vec<_>>());
    }

    #[test]
    fn keys_are_unique(tree in any()) {
        let flat = flatten::<Meta, _>(&tree).unwrap();
        let paths: Vec<String> = flat.with_paths().map(|(path, _)| path.to_string()).collect();
        prop_assert_eq!(paths.iter().collect::<HashSet<_>>().len(), paths.len());
        prop_assert_eq!(paths.len(), flat.leaves.len());
    }

    #[test]
    fn mapping_the_identity_changes_nothing(tree in any()) {
        prop_assert_eq!(&map::<Meta, Meta, _>(&tree, Clone::clone).unwrap(), &tree);
        prop_assert_eq!(map_leaves::<Meta, _>(tree.clone(), |leaf| leaf).unwrap(), tree);
    }

    #[test]
    fn a_spec_is_the_structure_and_nothing_else(a in any(), b in any()) {
        let spec = |tree: &Any<TensorMeta>| structure::<Meta, _>(tree).unwrap();
        prop_assert_eq!(spec(&a), spec(&other_leaves(&a)));
        // Leaves fit a spec exactly if it is their own.
        let leaves = into_leaves::<Meta, _>(a.clone()).unwrap().0;
        let rebuilt = unflatten::<Meta, Any<TensorMeta>>(leaves, &spec(&b));
        prop_assert_eq!(rebuilt.as_ref().ok().map(spec), (rebuilt.is_ok()).then(|| spec(&b)));
        if spec(&a) == spec(&b) {
            prop_assert_eq!(rebuilt.unwrap(), a);
        }
    }
}
