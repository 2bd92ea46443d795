//! Calls as `(args, kwargs)`: options with defaults, `*args`, `**kwargs`. The specs are those of Python's same calls.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use indexmap::IndexMap;
use pytree_core::{
    BindError, Call, Family, Leaf, LeafMut, Meta, OwnedTree, Parameter, ParameterKind, PyTree, Signature, Source,
    UnflattenError, VarArgs, VarKwargs, Visitor, VisitorMut, VisitorOwned, flatten, for_each_mut, into_leaves,
    unflatten,
};
use std::ops::ControlFlow;

/// `def forward(self, x, scale=None, *rest, **extra)`
static PARAMETERS: [Parameter; 4] = [
    Parameter::required("x"),
    Parameter::optional("scale"),
    Parameter::new("rest", ParameterKind::VarPositional),
    Parameter::new("extra", ParameterKind::VarKeyword),
];
static SIGNATURE: Signature = Signature::of(&PARAMETERS);

type Slots = (Option<i64>, Option<Option<f64>>, VarArgs<i64>, VarKwargs<Vec<i64>>);

/// What `#[module]` writes around a call.
struct Args(Call<Slots>);

impl<F: Family> PyTree<F> for Args {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        self.0.walk(&SIGNATURE, v)
    }
}

impl<F: Family> OwnedTree<F> for Args {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.0.walk_mut(v)
    }
    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        self.0.into_walk(&SIGNATURE, v)
    }
    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        Call::rebuild(&SIGNATURE, source).map(Args)
    }
}

fn extra<const N: usize>(items: [(&str, Vec<i64>); N]) -> VarKwargs<Vec<i64>> {
    VarKwargs(items.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<IndexMap<_, _>>())
}

fn call(slots: Slots, positional: usize, named: &[usize]) -> Args {
    let mut call = Call::new(slots, positional);
    named.iter().for_each(|i| call.name(*i));
    Args(call)
}

#[test]
fn every_form_of_a_call() {
    for (args, tree, leaves) in [
        (call((Some(1), None, VarArgs(vec![]), extra([])), 1, &[]), "((*,), {})", "[1]"),
        (call((Some(1), Some(None), VarArgs(vec![]), extra([])), 2, &[]), "((*, *), {})", "[1, None]"),
        (
            call((Some(1), Some(Some(0.5)), VarArgs(vec![2, 3]), extra([])), 2, &[]),
            "((*, *, *, *), {})",
            "[1, 0.5, 2, 3]",
        ),
        (
            call((Some(1), Some(Some(0.5)), VarArgs(vec![]), extra([])), 0, &[1, 0]),
            "((), {'scale': *, 'x': *})",
            "[0.5, 1]",
        ),
        (
            call((Some(1), None, VarArgs(vec![]), extra([("a", vec![7, 8]), ("b", vec![])])), 1, &[]),
            "((*,), {'a': [*, *], 'b': []})",
            "[1, 7, 8]",
        ),
        (
            call((Some(1), Some(None), VarArgs(vec![]), extra([("a", vec![7]), ("b", vec![8])])), 1, &[3, 1]),
            "((*,), {'a': [*], 'b': [*], 'scale': *})",
            "[1, 7, 8, None]",
        ),
    ] {
        assert_eq!(args.0.check(&SIGNATURE), Ok(()), "{tree}");
        let flat = flatten::<Meta, _>(&args).expect("a tree");
        assert_eq!((flat.spec.pprint().as_str(), format!("{:?}", flat.leaves).as_str()), (tree, leaves));
        assert!(SIGNATURE.bind(&flat.spec).is_ok());
        let spec = flat.spec.clone();
        let owned: Vec<Leaf<Meta>> = flat.leaves.iter().map(|leaf| leaf.map(Clone::clone)).collect();
        let mut again: Args = unflatten(owned, &spec).expect("its own spec");
        assert_eq!(flatten::<Meta, _>(&again).map(|f| f.spec).as_ref(), Ok(&spec));
        let mut seen = Vec::new();
        for_each_mut::<Meta, _>(&mut again, |leaf| seen.push(format!("{leaf:?}")));
        assert_eq!(format!("[{}]", seen.join(", ")), leaves);
        let (moved, same) = into_leaves::<Meta, _>(again).expect("a tree");
        assert_eq!((format!("{moved:?}").as_str(), same), (leaves, spec));
    }
}

#[test]
fn named_arguments_between_those_of_kwargs() {
    // f(1, a=[7], scale=0.5, b=[8]): Python keeps the order in which they are given.
    let given = r#"[1, {"type": "builtins.tuple", "context": "null", "children_spec": [{"type": "builtins.tuple", "context": "null", "children_spec": [L]}, {"type": "builtins.dict", "context": "[\"a\", \"scale\", \"b\"]", "children_spec": [{"type": "builtins.list", "context": "null", "children_spec": [L]}, L, {"type": "builtins.list", "context": "null", "children_spec": [L]}]}]}]"#;
    let given = given.replace('L', r#"{"type": null, "context": null, "children_spec": []}"#);
    let spec = pytree_core::TreeSpec::from_json(&given).expect("Python's own");
    let leaves = || [Leaf::Int(1), Leaf::Int(7), Leaf::Float(0.5), Leaf::Int(8)];
    let mut args: Args = unflatten::<Meta, _>(leaves(), &spec).expect("a call");
    assert_eq!(args.0.slots.3, extra([("a", vec![7]), ("b", vec![8])]));
    assert_eq!(args.0.check(&SIGNATURE), Ok(()));
    for_each_mut::<Meta, _>(&mut args, |leaf| {
        if let LeafMut::Int(v) = leaf {
            *v += 1;
        }
    });
    let (moved, again) = into_leaves::<Meta, _>(args).expect("a tree");
    assert_eq!((format!("{moved:?}"), again), ("[2, 8, 0.5, 9]".to_owned(), spec));
}

#[test]
fn what_cannot_be_bound() {
    let check = |args: Args| args.0.check(&SIGNATURE).expect_err("it cannot be bound");
    let missing = check(call((None, None, VarArgs(vec![]), extra([])), 0, &[]));
    assert_eq!(missing, BindError::Missing("x".to_owned()));
    let gap = check(call((Some(1), None, VarArgs(vec![2]), extra([])), 1, &[]));
    assert_eq!(gap, BindError::Missing("scale".to_owned()));
    let twice = check(call((Some(1), None, VarArgs(vec![]), extra([])), 1, &[0]));
    assert_eq!(twice, BindError::Multiple("x".to_owned()));
    let also_extra = check(call((Some(1), None, VarArgs(vec![]), extra([("x", vec![])])), 1, &[]));
    assert_eq!(also_extra, BindError::Multiple("x".to_owned()));
}
