//! Structs with named fields: as classes, as containers, recursive, renamed, borrowing.

use crate::{paths, round_trips, tensor};
use indexmap::IndexMap;
use pytree_core::{
    Leaf, LeafMut, Meta, OwnedTree, PyTree, TensorMeta, TreeSpec, UnflattenError, flatten, for_each_mut, into_leaves,
    leaves, map, map_leaves, structure, unflatten,
};
use serde::{Deserialize, Serialize};

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping", family = Meta)]
struct DynamicCache {
    key_cache: Vec<TensorMeta>,
    value_cache: Vec<TensorMeta>,
}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my_project.Inputs")]
struct Inputs<T> {
    x: T,
    mask: Option<T>,
    n: i64,
}

#[test]
fn a_mapping_is_the_cache_of_transformers() {
    let cache = DynamicCache { key_cache: vec![tensor(1), tensor(2)], value_cache: vec![tensor(3)] };
    let spec = round_trips(&cache);
    assert_eq!(paths(&cache), ["['key_cache'][0]", "['key_cache'][1]", "['value_cache'][0]"]);
    assert!(
        spec.to_json()
            .unwrap()
            .contains(r#""transformers.cache_utils.DynamicCache", "context": "[\"key_cache\", \"value_cache\"]""#)
    );
    // A file does not know the Rust type, but its spec still rebuilds the value.
    let read = TreeSpec::from_json(&spec.to_json().unwrap()).unwrap();
    let (leaves, _) = into_leaves(cache.clone()).unwrap();
    assert_eq!(unflatten::<Meta, DynamicCache>(leaves, &read).unwrap(), cache);
}

#[test]
fn a_dataclass_drops_none_and_remembers_it() {
    let without = Inputs { x: tensor(5), mask: None, n: 3 };
    let spec = round_trips(&without);
    assert_eq!(spec.to_string(), "TreeSpec(Inputs, [['x', 'n'], ['mask']], [*,\n  *])");
    assert_eq!(paths(&without), [".x", ".n"]);

    let with = Inputs { mask: Some(tensor(1)), ..without.clone() };
    assert_eq!(round_trips(&with).to_string(), "TreeSpec(Inputs, [['x', 'mask', 'n'], []], [*,\n  *,\n  *])");
    assert_eq!(paths(&with), [".x", ".mask", ".n"]);

    // A dropped field is not a leaf in place either.
    let (mut seen, mut tree) = (0, without);
    for_each_mut::<Meta, _>(&mut tree, |leaf| {
        seen += 1;
        if let LeafMut::Int(n) = leaf {
            *n += 1;
        }
    });
    assert_eq!((seen, tree.n), (2, 4));
}

#[test]
fn none_is_a_leaf_of_a_mapping() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "mapping")]
    struct Output<T> {
        logits: T,
        loss: Option<T>,
    }
    let output = Output { logits: tensor(2), loss: None };
    assert_eq!(round_trips(&output).num_leaves(), 2);
    assert_eq!(paths(&output), ["['logits']", "['loss']"]);
}

#[test]
fn a_spec_that_does_not_fit_is_refused_with_its_place() {
    let full = Inputs { x: vec![tensor(1)], mask: Some(vec![]), n: 3 };
    let (leaves, spec) = into_leaves(full).unwrap();
    let error = unflatten::<Meta, Inputs<TensorMeta>>(leaves.clone(), &spec).unwrap_err();
    assert_eq!(error.to_string(), "at .x: the type is a leaf, but the spec has a list (`builtins.list`) here");

    #[derive(PyTree, Debug)]
    #[pytree(name = "my_project.Inputs")]
    struct Strict<T> {
        x: T,
        mask: T,
        n: i64,
    }
    let (leaves, spec) = into_leaves(Inputs { x: tensor(1), mask: None, n: 3 }).unwrap();
    let error = unflatten::<Meta, Strict<TensorMeta>>(leaves.clone(), &spec).unwrap_err();
    assert!(matches!(&error, UnflattenError::NotOptional { field: "mask", .. }), "{error}");
    let error = unflatten::<Meta, DynamicCache>(leaves, &spec).unwrap_err();
    assert!(matches!(&error, UnflattenError::Node { .. }), "{error}");
}

#[test]
fn dict_tuple_and_list_are_builtins() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "dict", family = Meta)]
    struct Batch {
        #[pytree(rename = "input-ids")]
        ids: TensorMeta,
        r#type: i64,
    }
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "tuple")]
    struct Pair<A, B> {
        a: A,
        b: B,
    }
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "list")]
    struct Three<T> {
        a: T,
        b: T,
        c: T,
    }
    let tree = Pair { a: Batch { ids: tensor(1), r#type: 2 }, b: Three { a: tensor(2), b: tensor(3), c: tensor(4) } };
    let spec = round_trips(&tree);
    assert_eq!(paths(&tree), ["[0]['input-ids']", "[0]['type']", "[1][0]", "[1][1]", "[1][2]"]);
    // The same structure in Rust's own containers has the same spec, so each rebuilds from the other.
    let same = (IndexMap::from([("input-ids".to_owned(), 0), ("type".to_owned(), 2)]), vec![0_i64, 1, 2]);
    assert_eq!(spec, structure::<Meta, (IndexMap<String, i64>, Vec<i64>)>(&same).unwrap());
    let numbers = [5, 6, 7, 8, 9].map(Leaf::Int);
    let again: Pair<IndexMap<String, i64>, Three<i64>> = unflatten::<Meta, _>(numbers, &spec).unwrap();
    assert_eq!((again.a["type"], again.b.c), (6, 9));
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Config {
    heads: usize,
    scale: f64,
}

#[derive(PyTree, Clone, Debug, PartialEq)]
struct Attention<T, C> {
    #[pytree(static)]
    config: Config,
    query: T,
    #[pytree(static, rename = "settings")]
    more: C,
    #[pytree(skip)]
    calls: usize,
    mask: Option<T>,
}

#[test]
fn static_fields_are_kept_in_the_context_and_skipped_ones_are_not_kept() {
    let config = Config { heads: 4, scale: 0.5 };
    let tree = Attention { config, query: tensor(1), more: vec!["a".to_owned()], calls: 0, mask: None };
    let spec = round_trips(&tree);
    assert_eq!(
        spec.to_string(),
        "TreeSpec(Attention, [['query'], ['mask'], {'config': {'heads': 4, 'scale': 0.5}, 'settings': ['a']}], [*])"
    );
    let read = TreeSpec::from_json(&spec.to_json().unwrap()).unwrap();
    assert_eq!(read, spec);

    // A skipped field is its default again.
    let (leaves, _) = into_leaves::<Meta, _>(Attention { calls: 7, ..tree.clone() }).unwrap();
    assert_eq!(unflatten::<Meta, Attention<TensorMeta, Vec<String>>>(leaves.clone(), &read).unwrap(), tree);

    // Other values make another spec.
    let other = Attention { more: vec!["b".to_owned()], ..tree.clone() };
    assert_ne!(structure::<Meta, _>(&other).unwrap(), spec);

    // The error names the static field that the context cannot fill.
    let error = unflatten::<Meta, Attention<TensorMeta, i64>>(leaves, &spec).unwrap_err();
    let UnflattenError::Static { field: "settings", type_name: "Attention", .. } = &error else { panic!("{error}") };

    // Mapping keeps everything but the tensors.
    let mapped: Attention<TensorMeta, Vec<String>> = map::<_, Meta, _>(&tree, |_| tensor(9)).unwrap();
    assert_eq!(mapped, Attention { query: tensor(9), ..tree });
}

#[test]
fn a_static_field_that_json_cannot_hold_is_an_error() {
    #[derive(PyTree)]
    #[pytree(family = Meta)]
    struct Table {
        #[pytree(static)]
        by_pair: std::collections::BTreeMap<(i64, i64), i64>,
    }
    let error = flatten::<Meta, _>(&Table { by_pair: [((1, 2), 3)].into() }).err().unwrap();
    assert_eq!(
        error.to_string(),
        "a static field of `Table` cannot be written as JSON: field `by_pair`: key must be a string"
    );
}

/// Recursive, private, with defaults, const generics, bounds and a where clause.
#[derive(PyTree, Clone, Debug, PartialEq)]
struct Tree<T = TensorMeta, const N: usize = 2>
where
    [u8; N]: Sized,
{
    value: T,
    children: Vec<Tree<T, N>>,
    next: Option<Box<Tree<T, N>>>,
}

#[test]
fn recursive_types_are_trees() {
    let leaf = |n| Tree::<_, 3> { value: tensor(n), children: vec![], next: None };
    let tree = Tree { value: tensor(1), children: vec![leaf(2), leaf(3)], next: Some(Box::new(leaf(4))) };
    round_trips(&tree);
    assert_eq!(paths(&tree), [".value", ".children[0].value", ".children[1].value", ".next.value"]);
    let doubled: Tree<TensorMeta, 3> = map::<_, Meta, _>(&tree, |t| tensor(2 * t.sizes[0])).unwrap();
    assert_eq!(leaves::<Meta, _>(&doubled).len(), 4);
    assert_eq!(doubled.next.unwrap().value, tensor(8));
}

#[test]
fn recursion_adds_no_bound_on_a_parameter() {
    // `C` is not a tree: besides the static field only the recursion mentions it.
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Layer<T, C> {
        weight: T,
        #[pytree(static)]
        config: C,
        below: Option<Box<Layer<T, C>>>,
    }
    let config = |heads| Config { heads, scale: 1.0 };
    let below = Layer { weight: tensor(1), config: config(1), below: None };
    let tree = Layer { weight: tensor(2), config: config(2), below: Some(Box::new(below)) };
    round_trips(&tree);
    assert_eq!(paths(&tree), [".weight", ".below.weight"]);
}

#[test]
fn map_changes_the_type_of_the_tensors() {
    // A family defined by the user: its tensor becomes the parameter.
    #[derive(Clone, Debug, PartialEq)]
    struct Shape(Vec<i64>);
    enum Shapes {}
    impl pytree_core::Family for Shapes {
        type Tensor = Shape;
    }
    impl PyTree<Shapes> for Shape {
        fn walk<'a, V: pytree_core::Visitor<'a, Shapes>>(&'a self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
            v.leaf(pytree_core::LeafRef::Tensor(self))
        }
    }
    impl OwnedTree<Shapes> for Shape {
        fn walk_mut<V: pytree_core::VisitorMut<Shapes>>(&mut self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
            v.leaf(LeafMut::Tensor(self))
        }
        fn into_walk<V: pytree_core::VisitorOwned<Shapes>>(self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
            v.leaf(Leaf::Tensor(self))
        }
        fn rebuild<S: pytree_core::Source<Shapes>>(source: &mut S) -> Result<Self, UnflattenError> {
            source.tensor()
        }
    }
    let inputs = Inputs { x: vec![tensor(2)], mask: None, n: 3 };
    let shapes: Inputs<Vec<Shape>> = map::<Meta, Shapes, _>(&inputs, |t| Shape(t.sizes.to_vec())).unwrap();
    assert_eq!(shapes, Inputs { x: vec![Shape(vec![2])], mask: None, n: 3 });
    // And the mapped value is a tree of its family.
    assert_eq!(structure::<Shapes, _>(&shapes).unwrap(), structure::<Meta, _>(&inputs).unwrap());
}

#[test]
fn leaves_are_mapped_in_order() {
    let inputs = Inputs { x: 1_i64, mask: Some(2), n: 3 };
    let mut seen = Vec::new();
    let mapped = map_leaves::<Meta, _>(inputs, |leaf| {
        seen.push(leaf.clone());
        match leaf {
            Leaf::Int(n) => Leaf::Int(10 * n),
            other => other,
        }
    });
    assert_eq!(mapped.unwrap(), Inputs { x: 10, mask: Some(20), n: 30 });
    assert_eq!(seen, [Leaf::Int(1), Leaf::Int(2), Leaf::Int(3)]);
}

/// Structs written by a macro, whose types are in invisible groups.
macro_rules! structs {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {
        $(#[derive(PyTree, Clone, Debug, PartialEq)]
        #[pytree(family = Meta)]
        struct $name {
            $($field: $type,)*
        })*
    };
}
structs! {
    First { a: Vec<TensorMeta>, b: Option<i64>, }
    Second { first: First, text: String, }
}

#[test]
fn structs_written_by_macros_are_trees() {
    let second = Second { first: First { a: vec![tensor(1)], b: None }, text: "t".into() };
    round_trips(&second);
    assert_eq!(paths(&second), [".first.a[0]", ".text"]);
}

/// The library under another path.
mod renamed {
    pub(super) mod deps {
        pub(crate) use ::pytree_core as tree;
    }

    #[derive(deps::tree::PyTree)]
    #[pytree(crate = "self::deps::tree", family = deps::tree::Meta)]
    pub(super) struct Far {
        pub(super) x: i64,
    }
}

#[test]
fn the_library_may_have_another_path() {
    assert_eq!(paths(&renamed::Far { x: 1 }), [".x"]);
}

#[test]
fn a_struct_may_borrow() {
    #[derive(PyTree)]
    struct View<'a, T: ?Sized, U> {
        x: &'a T,
        rest: (&'a [U], i64),
    }
    let (x, rest) = (tensor(1), [tensor(2), tensor(3)]);
    let view = View { x: &x, rest: (&rest, 4) };
    assert_eq!(paths(&view), [".x", ".rest[0][0]", ".rest[0][1]", ".rest[1]"]);
    let same = View { x: rest.as_slice(), rest: (&rest, 4) };
    assert_eq!(leaves::<Meta, _>(&same).len(), 5);
}
