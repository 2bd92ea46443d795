//! Bounds: inferred from the fields that use a parameter, or given by `bound`.

use crate::{round_trips, tensor};
use pytree_core::{Family, Leaf, Meta, OwnedTree, PyTree, TensorMeta, flatten, into_leaves, unflatten};

trait Layer {
    type Hidden;
}

#[derive(Clone, Debug, PartialEq)]
struct Linear;
impl Layer for Linear {
    type Hidden = TensorMeta;
}

#[test]
fn an_associated_type_is_a_tree_when_a_bound_says_so() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(bound = "L: Layer, L::Hidden: OwnedTree<_>")]
    struct State<L: Layer> {
        hidden: Vec<L::Hidden>,
        n: i64,
    }
    let state = State::<Linear> { hidden: vec![tensor(1)], n: 2 };
    let leaves = flatten::<Meta, _>(&state).unwrap().leaves.len();
    assert_eq!(leaves, 2);
    let (leaves, spec) = into_leaves::<Meta, _>(State::<Linear> { hidden: vec![tensor(1)], n: 2 }).unwrap();
    let again: State<Linear> = unflatten(leaves, &spec).unwrap();
    assert_eq!(again.hidden, [tensor(1)]);
}

#[test]
fn a_bound_allows_a_parameter_that_is_static_in_a_field() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Layer<T, C> {
        x: T,
        #[pytree(static)]
        config: C,
    }
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(bound = "T: OwnedTree<_>, C: PartialEq + serde::Serialize + serde::de::DeserializeOwned")]
    struct Two<T, C> {
        first: Layer<T, C>,
        second: Layer<T, C>,
    }
    let layer = |n: i64| Layer { x: tensor(n), config: format!("layer {n}") };
    round_trips(&Two { first: layer(1), second: layer(2) });
}

#[test]
fn only_fields_that_use_a_parameter_bound_it() {
    /// Implements none of the traits that a bound could ask for.
    #[derive(Clone, Debug, PartialEq)]
    struct Opaque;
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Mixed<T, S, const N: usize, P = Opaque>
    where
        T: Clone,
    {
        x: Vec<T>,
        #[pytree(static)]
        s: S,
        #[pytree(skip)]
        marker: Option<P>,
    }
    round_trips(&Mixed::<_, _, 2> { x: vec![tensor(1), tensor(2)], s: 3_u8, marker: None });
    fn tree_of_any_family<F: Family, T: PyTree<F> + Clone>(x: T) -> usize {
        flatten::<F, _>(&Mixed::<_, _, 1> { x: vec![x], s: (), marker: Some(Opaque) }).unwrap().leaves.len()
    }
    assert_eq!(tree_of_any_family::<Meta, _>(tensor(1)), 1);
}

#[test]
fn a_private_type_may_stand_in_a_public_one() {
    #[allow(unreachable_pub, reason = "the test is about public and private types")]
    mod api {
        #[derive(super::PyTree, Clone, Debug, PartialEq)]
        #[pytree(name = "my.Hidden", family = super::Meta)]
        struct Hidden {
            x: i64,
        }
        #[derive(super::PyTree, Clone, Debug, PartialEq)]
        #[pytree(name = "my.Public", family = super::Meta)]
        pub struct Public {
            hidden: Vec<Hidden>,
            next: Option<Box<Public>>,
        }
        pub fn public() -> Public {
            let next = Public { hidden: vec![], next: None };
            Public { hidden: vec![Hidden { x: 1 }], next: Some(Box::new(next)) }
        }
    }
    round_trips(&api::public());
    let (leaves, _) = into_leaves::<Meta, _>(api::public()).unwrap();
    assert_eq!(leaves, [Leaf::Int(1)]);
}
