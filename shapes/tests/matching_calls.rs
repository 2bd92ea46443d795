//! The forms of `dynamic_shapes` laid over a call.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use pytree_core::{Parameter, ParameterKind, Signature, TreeSpec};
use shapes::{Dim, DynamicShapes, ShapeSpec};

/// A leaf whose dimension `i` is dynamic.
fn at(i: i64) -> ShapeSpec {
    ShapeSpec::dims([(i, Dim::dynamic())])
}

fn leaf(i: i64) -> DynamicShapes {
    DynamicShapes::leaf(at(i))
}

fn named(items: &[(&str, i64)]) -> Vec<(String, DynamicShapes)> {
    items.iter().map(|(name, i)| ((*name).to_owned(), leaf(*i))).collect()
}

/// `f(x, y, *, z)` called as `f(x, z=.., y=..)`.
fn mixed() -> (TreeSpec, Signature) {
    let leaf = TreeSpec::leaf;
    let spec = TreeSpec::tuple([TreeSpec::tuple([leaf()]), TreeSpec::dict([("z", leaf()), ("y", leaf())])]);
    let z = Parameter::new("z", ParameterKind::KeywordOnly);
    (spec, Signature::new([Parameter::required("x"), Parameter::required("y"), z]))
}

#[test]
fn a_pair_is_bound_as_the_call_is() {
    let (spec, signature) = mixed();
    // In the order of the call's leaves: x, z, y.
    let expected = vec![at(0), at(2), at(1)];
    for pair in [
        DynamicShapes::pair([leaf(0)], named(&[("z", 2), ("y", 1)])),
        DynamicShapes::pair([leaf(0)], named(&[("y", 1), ("z", 2)])),
        DynamicShapes::pair([], named(&[("x", 0), ("y", 1), ("z", 2)])),
        DynamicShapes::pair([leaf(0), leaf(1)], named(&[("z", 2)])),
    ] {
        assert_eq!(pair.match_inputs(&spec, &signature), Ok(expected.clone()), "{pair}");
    }
}

#[test]
fn other_arguments_are_no_pair() {
    let (spec, signature) = mixed();
    for pair in [
        DynamicShapes::pair([], named(&[("x", 0), ("z", 2)])),
        DynamicShapes::pair([leaf(0)], named(&[("x", 0), ("y", 1), ("z", 2)])),
        DynamicShapes::pair([leaf(0), leaf(1), leaf(2)], []),
    ] {
        assert!(pair.match_inputs(&spec, &signature).is_err(), "{pair}");
    }
}

#[test]
fn a_tuple_and_a_dict_follow_the_signature() {
    let (spec, signature) = mixed();
    let expected = vec![at(0), at(2), at(1)];
    let tuple = DynamicShapes::Tuple(vec![leaf(0), leaf(1), leaf(2)]);
    assert_eq!(tuple.match_inputs(&spec, &signature), Ok(expected.clone()));
    let dict = DynamicShapes::Dict(
        named(&[("y", 1), ("z", 2), ("x", 0)]).into_iter().map(|(name, shapes)| (name.into(), shapes)).collect(),
    );
    assert_eq!(dict.match_inputs(&spec, &signature), Ok(expected));
}

#[test]
fn the_rest_of_the_arguments() {
    let rest = Parameter::new("rest", ParameterKind::VarPositional);
    let extra = Parameter::new("extra", ParameterKind::VarKeyword);
    let signature = Signature::new([Parameter::required("x"), rest, extra]);
    let leaf_spec = TreeSpec::leaf;
    let spec = TreeSpec::tuple([
        TreeSpec::tuple([leaf_spec(), leaf_spec()]),
        TreeSpec::dict([("b", leaf_spec()), ("a", leaf_spec())]),
    ]);
    let pair = DynamicShapes::pair([leaf(0), leaf(1)], named(&[("a", 2), ("b", 3)]));
    assert_eq!(pair.match_inputs(&spec, &signature), Ok(vec![at(0), at(1), at(3), at(2)]));
    // One argument fewer in `*rest`.
    assert!(DynamicShapes::pair([leaf(0)], named(&[("a", 2), ("b", 3)])).match_inputs(&spec, &signature).is_err());
}
