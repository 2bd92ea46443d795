//! Values taken apart, put together and mapped.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use indexmap::IndexMap;
use pytree_core::{
    BindError, Call, DType, Key, KeyEntry, Leaf, LeafKind, LeafMut, LeafRef, Meta, Parameter, ParameterKind, Signature,
    TensorMeta, TreeSpec, UnflattenError, Value, flatten, flatten_with_keys, for_each_mut, into_leaves, leaves, map,
    map_leaves, structure, tensors, unflatten,
};
use std::borrow::Cow;

fn tensor(sizes: impl IntoIterator<Item = i64>) -> TensorMeta {
    TensorMeta::new(DType::Float32, sizes)
}

fn owned(leaves: &[LeafRef<'_, Meta>]) -> Vec<Leaf<Meta>> {
    leaves.iter().map(|leaf| leaf.map(Clone::clone)).collect()
}

type Nested = (TensorMeta, Vec<(i64, Option<TensorMeta>)>, IndexMap<String, Box<f64>>, (bool, String));

fn nested() -> Nested {
    let map = [("one", 1.0), ("two", 2.0)].into_iter().map(|(k, v)| (k.to_owned(), Box::new(v))).collect();
    (tensor([2, 3]), vec![(1, None), (2, Some(tensor([4])))], map, (true, "text".to_owned()))
}

#[test]
fn there_and_back() {
    let tree = nested();
    let flat = flatten(&tree).expect("a tree");
    let paths: Vec<String> = flat.with_paths().map(|(p, _)| p.to_string()).collect();
    assert_eq!(
        paths,
        ["[0]", "[1][0][0]", "[1][0][1]", "[1][1][0]", "[1][1][1]", "[2]['one']", "[2]['two']", "[3][0]", "[3][1]"]
    );
    let kinds: Vec<LeafKind> = flat.leaves.iter().map(LeafRef::kind).collect();
    use LeafKind::{Bool, Float, Int, None, Str, Tensor};
    assert_eq!(kinds, [Tensor, Int, None, Int, Tensor, Float, Float, Bool, Str]);

    let again: Nested = unflatten(owned(&flat.leaves), &flat.spec).expect("the same structure");
    assert_eq!(again, tree);
    let untyped: Value<Meta> = unflatten(owned(&flat.leaves), &flat.spec).expect("any structure");
    assert_eq!(structure(&untyped), Ok(flat.spec.clone()));
    assert_eq!(owned(&leaves(&untyped)), owned(&flat.leaves));

    let (moved, spec) = into_leaves(again).expect("a tree");
    assert_eq!((moved, spec), (owned(&flat.leaves), flat.spec.clone()));
    assert_eq!(flatten_with_keys(&tree).expect("a tree").0.len(), 9);
    assert_eq!(leaves(&tree).len(), 9);
    assert_eq!(tensors::<Meta, _>(&tree), [&tensor([2, 3]), &tensor([4])]);
}

#[test]
fn references_and_slices_read_as_what_they_stand_for() {
    let items = vec![tensor([1]), tensor([2])];
    let of_vec = structure::<Meta, _>(&items).expect("a tree");
    assert_eq!(structure::<Meta, [TensorMeta]>(&items), Ok(of_vec.clone()));
    assert_eq!(structure::<Meta, _>(&(&items, &items[0])), structure::<Meta, _>(&(items.clone(), tensor([1]))));
    assert_eq!(of_vec.to_string(), "TreeSpec(list, None, [*,\n  *])");
}

#[test]
fn none_is_a_leaf() {
    let spec = structure::<Meta, _>(&(None::<TensorMeta>, Some(3_i64))).expect("a tree");
    assert_eq!(spec.num_leaves(), 2);
    let of = |first: Leaf<Meta>, second: Leaf<Meta>| {
        unflatten::<Meta, (Option<TensorMeta>, Option<i64>)>([first, second], &spec)
    };
    assert_eq!(of(Leaf::None, Leaf::None), Ok((None, None)));
    assert_eq!(of(Leaf::Tensor(tensor([7])), Leaf::Int(4)), Ok((Some(tensor([7])), Some(4))));
    // An optional list is a list or a leaf that is None; another leaf is neither.
    let optional = |leaf| unflatten::<Meta, Option<Vec<i64>>>([leaf], &TreeSpec::leaf());
    assert_eq!(optional(Leaf::None), Ok(None));
    let error = optional(Leaf::Int(3)).expect_err("an int is not a list");
    assert_eq!(error.to_string(), "at the root: the type is a list, but the spec has a leaf here");
}

#[test]
fn map_changes_the_tensors_and_nothing_else() {
    let tree = (vec![tensor([2])], 3_i64, None::<TensorMeta>, "s".to_owned());
    let doubled: (Vec<TensorMeta>, i64, Option<TensorMeta>, String) =
        map::<_, Meta, _>(&tree, |t| tensor(t.sizes.iter().map(|s| 2 * s))).expect("the same structure");
    assert_eq!(doubled, (vec![tensor([4])], 3, None, "s".to_owned()));

    let counted = map_leaves::<Meta, _>((1_i64, vec![2_i64]), |leaf| match leaf {
        Leaf::Int(v) => Leaf::Int(v + 10),
        other => other,
    });
    assert_eq!(counted, Ok((11, vec![12])));
    let error = map_leaves::<Meta, _>((1_i64, vec![2_i64, 3]), |leaf| match leaf {
        Leaf::Int(3) => Leaf::Str("three".to_owned()),
        other => other,
    })
    .expect_err("a str is not an int");
    assert_eq!(error.to_string(), "at [1][1]: expected an int, but the leaf is a str");
}

#[test]
fn for_each_mut_reaches_every_leaf() {
    let mut tree = nested();
    let mut seen = Vec::new();
    for_each_mut::<Meta, _>(&mut tree, |leaf| {
        seen.push(leaf.kind());
        match leaf {
            LeafMut::Tensor(t) => t.sizes.push(9),
            LeafMut::Int(v) => *v = -*v,
            LeafMut::Float(v) => *v += 0.5,
            LeafMut::Bool(v) => *v = !*v,
            LeafMut::Str(v) => v.push('!'),
            LeafMut::None => {}
        }
    });
    assert_eq!(seen.len(), 9);
    assert_eq!(tree.0, tensor([2, 3, 9]));
    assert_eq!(tree.1, [(-1, None), (-2, Some(tensor([4, 9])))]);
    assert_eq!(tree.2.values().map(|v| **v).collect::<Vec<_>>(), [1.5, 2.5]);
    assert_eq!(tree.3, (false, "text!".to_owned()));
}

#[test]
fn a_wrong_number_of_leaves_is_said_as_torch_says_it() {
    let spec = structure::<Meta, _>(&vec![1_i64, 2]).expect("a tree");
    let of = |count: usize| unflatten::<Meta, Vec<i64>>((0..count).map(|_| Leaf::Int(0)), &spec);
    assert_eq!(
        of(1).expect_err("too few").to_string(),
        "treespec.unflatten(leaves): `leaves` has length 1 but the spec refers to a pytree that holds 2 items \
         (TreeSpec(list, None, [*,\n  *]))."
    );
    assert!(matches!(of(3), Err(UnflattenError::LeafCount { expected: 2, found: 3, .. })));
    assert!(matches!(of(0), Err(UnflattenError::LeafCount { expected: 2, found: 0, .. })));
    let leaf = unflatten::<Meta, i64>([], &TreeSpec::leaf()).expect_err("no leaf");
    assert!(leaf.to_string().ends_with("holds 1 items (*)."), "{leaf}");
    // The count comes first, whatever else is wrong.
    assert!(matches!(unflatten::<Meta, (i64, i64)>([Leaf::Int(0)], &spec), Err(UnflattenError::LeafCount { .. })));
}

#[test]
fn a_wrong_structure_is_named_by_its_key_path() {
    let tree = (1_i64, vec![(2_i64, tensor([1]))]);
    let flat = flatten(&tree).expect("a tree");
    let error = |e: UnflattenError| e.to_string();
    let of_type = owned(&flat.leaves);
    assert_eq!(
        unflatten::<Meta, (i64, (i64, TensorMeta))>(of_type.clone(), &flat.spec).map_err(error),
        Err("at [1]: the type is a tuple of 2, but the spec has a list (`builtins.list`) here".to_owned())
    );
    assert_eq!(
        unflatten::<Meta, (i64, Vec<(i64, TensorMeta, i64)>)>(of_type.clone(), &flat.spec).map_err(error),
        Err("at [1][0]: Node arity mismatch; expected 3, but got 2.".to_owned())
    );
    assert_eq!(
        unflatten::<Meta, (i64, Vec<(i64, i64)>)>(of_type.clone(), &flat.spec).map_err(error),
        Err("at [1][0][1]: expected an int, but the leaf is a tensor".to_owned())
    );
    assert_eq!(
        unflatten::<Meta, (i64, IndexMap<String, i64>)>(of_type.clone(), &flat.spec).map_err(error),
        Err("at [1]: the type is a dict, but the spec has a list (`builtins.list`) here".to_owned())
    );
    assert_eq!(
        unflatten::<Meta, (Vec<i64>, i64)>(of_type, &flat.spec).map_err(error),
        Err("at [0]: the type is a list, but the spec has a leaf here".to_owned())
    );
    let numbered = Value::<Meta>::dict([(Key::Int(3), Leaf::Int(1).into())]);
    let flat = flatten(&numbered).expect("a tree");
    let named =
        unflatten::<Meta, IndexMap<String, i64>>(owned(&flat.leaves), &flat.spec).expect_err("an int key is not a str");
    assert!(named.to_string().contains("a dict with `str` keys (3 is not one)"), "{named}");
}

#[test]
fn a_spec_may_claim_more_than_its_leaves_give() {
    let many = vec![r#"{"type": null, "context": null, "children_spec": []}"#; 100_000].join(", ");
    let json = format!(r#"[1, {{"type": "builtins.list", "context": "null", "children_spec": [{many}]}}]"#);
    let spec = TreeSpec::from_json(&json).expect("a spec");
    assert!(matches!(
        unflatten::<Meta, Vec<i64>>([Leaf::Int(1)], &spec),
        Err(UnflattenError::LeafCount { expected: 100_000, found: 1, .. })
    ));
}

const SIGNATURE: &[Parameter] = &[Parameter::required("x"), Parameter::required("y")];

type Slots = (Option<TensorMeta>, Option<TensorMeta>);

/// A call as a tree, without the macro that writes it.
struct Args(Call<Slots>);

impl pytree_core::PyTree<Meta> for Args {
    fn walk<'a, V: pytree_core::Visitor<'a, Meta>>(&'a self, v: &mut V) -> std::ops::ControlFlow<V::Break> {
        self.0.walk(&Signature::of(SIGNATURE), v)
    }
}

#[test]
fn a_call_is_args_and_kwargs() {
    let signature = Signature::of(SIGNATURE);
    let mut call = Args(Call::new((Some(tensor([1])), None), 1));
    let missing = structure(&call).expect("a tree");
    assert_eq!(signature.bind(&missing), Err(BindError::Missing("y".to_owned())));
    call.0.name(1);
    call.0.slots.1 = Some(tensor([2]));
    let spec = structure(&call).expect("a tree");
    assert_eq!(spec.to_string(), "TreeSpec(tuple, None, [TreeSpec(tuple, None, [*]),\n  TreeSpec(dict, ['y'], [*])])");
    assert_eq!(call.0.check(&signature), Ok(()));
    let paths = signature.input_paths(&spec).expect("both are given");
    let placeholders: Vec<String> = paths.iter().map(|p| p.placeholder.to_string()).collect();
    assert_eq!(placeholders, ["['x']", "['y']"]);
}

#[test]
fn an_argument_given_twice_shows_in_the_tree() {
    let signature = Signature::of(SIGNATURE);
    for (positional, names) in [(1, vec![0, 1]), (0, vec![0, 1, 1]), (2, vec![1])] {
        let mut call = Args(Call::new((Some(tensor([1])), Some(tensor([2]))), positional));
        names.iter().for_each(|n| call.0.name(*n));
        let twice = BindError::Multiple(if names.ends_with(&[1, 1]) || names == [1] { "y" } else { "x" }.to_owned());
        assert_eq!(call.0.check(&signature), Err(twice.clone()));
        let flat = flatten(&call).expect("a tree");
        assert_eq!(signature.bind(&flat.spec), Err(twice));
        assert_eq!(flat.spec.num_leaves(), flat.leaves.len());
    }
}

#[test]
fn binding_says_what_python_says() {
    let parameter = |name: &'static str, kind| Parameter { name: Cow::Borrowed(name), kind, has_default: false };
    let signature = Signature::new([
        parameter("a", ParameterKind::PositionalOnly),
        parameter("b", ParameterKind::PositionalOrKeyword),
        parameter("args", ParameterKind::VarPositional),
        parameter("c", ParameterKind::KeywordOnly),
        Parameter { has_default: true, ..parameter("d", ParameterKind::KeywordOnly) },
        parameter("kw", ParameterKind::VarKeyword),
    ]);
    let text = |positional, names: &[&str]| signature.bind_names(positional, names).map_err(|e| e.to_string());
    let rest = |i| Some(KeyEntry::Sequence(i));
    let extra = |name: &'static str| Some(KeyEntry::Mapping(Key::from(name)));
    assert_eq!(
        text(4, &["c", "z"]),
        Ok(vec![(0, None), (1, None), (2, rest(0)), (2, rest(1)), (3, None), (5, extra("z"))])
    );
    // A positional-only name is free for `**kw`, and so are the names of the stars.
    assert_eq!(
        text(2, &["c", "a", "args"]),
        Ok(vec![(0, None), (1, None), (3, None), (5, extra("a")), (5, extra("args"))])
    );
    assert_eq!(text(1, &["c"]), Err("missing a required argument: 'b'".to_owned()));
    assert_eq!(text(2, &[]), Err("missing a required argument: 'c'".to_owned()));
    assert_eq!(text(2, &["b", "c"]), Err("multiple values for argument 'b'".to_owned()));
    let plain = Signature::of(SIGNATURE);
    assert!(matches!(plain.bind_names(3, &[]), Err(BindError::TooMany { given: 3, accepted: 2 })));
    assert!(matches!(plain.bind_names(2, &["z"]), Err(BindError::Unexpected { .. })));
    assert!(matches!(plain.bind(&TreeSpec::leaf()), Err(BindError::NotArgsKwargs(_))));
}
