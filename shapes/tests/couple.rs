//! Inputs paired with shapes, and the validation of inputs.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{Context, DType, Leaf, Meta, Parameter, ParameterKind, Signature, TensorMeta, Value};
use shapes::{
    ChangeOptions, CoupleError, CoupleInputsDynamicShapes, Dim, DimSpec, DynamicShapes, InputSets, ShapeSpec,
};

type Tree = Value<Meta>;

fn t<const N: usize>(sizes: [i64; N]) -> Tree {
    Tree::tensor(TensorMeta::new(DType::Float32, sizes))
}

fn name(text: &str) -> DimSpec {
    DimSpec::Text(text.to_owned())
}

fn dims<const N: usize>(dims: [(i64, DimSpec); N]) -> DynamicShapes {
    DynamicShapes::leaf(ShapeSpec::dims(dims))
}

fn dict<const N: usize>(items: [(&'static str, DynamicShapes); N]) -> DynamicShapes {
    DynamicShapes::Dict(items.into_iter().map(|(key, item)| (key.into(), item)).collect())
}

/// A cache of one layer, flattened as onnx-diagnostic does.
fn cache(key: Tree, value: Tree) -> Tree {
    let fields = ["key_0".into(), "value_0".into()].into_iter().collect();
    let name = "transformers.cache_utils.DynamicCache".into();
    Tree::Node(Context::Mapping { name, fields, statics: None }, vec![key, value])
}

#[test]
fn sizes_change_by_name_and_everything_else_stays() {
    let inputs = Tree::dict([
        ("ids", t([2, 3])),
        ("n", Leaf::Int(7).into()),
        ("cache", cache(t([2, 4, 5]), t([2, 4, 5]))),
        ("flag", Leaf::None.into()),
    ]);
    let of_cache = || dims([(0, name("b")), (2, name("s"))]);
    let shapes = |cache| {
        let rest = [("n", DynamicShapes::NONE), ("cache", cache), ("flag", DynamicShapes::NONE)];
        let mut all = vec![("ids", dims([(0, name("b"))]))];
        all.extend(rest);
        DynamicShapes::Dict(all.into_iter().map(|(key, item)| (key.into(), item)).collect())
    };
    let interleaved = DynamicShapes::List(vec![of_cache(), of_cache()]);
    let nested =
        DynamicShapes::List(vec![DynamicShapes::List(vec![of_cache()]), DynamicShapes::List(vec![of_cache()])]);
    for of_cache in [interleaved, nested] {
        let couple = CoupleInputsDynamicShapes::new(&inputs, shapes(of_cache)).expect("a pair");
        let changed: Tree = couple.change_dynamic_dimensions(&ChangeOptions::default().desired("s", 9)).expect("names");
        let expected = Tree::dict([
            ("ids", t([3, 3])),
            ("n", Leaf::Int(7).into()),
            ("cache", cache(t([3, 4, 9]), t([3, 4, 9]))),
            ("flag", Leaf::None.into()),
        ]);
        assert_eq!(changed, expected);
        // Python drops what is not a tensor.
        let python = couple.change_as_python(&ChangeOptions::default().desired("s", 9), false).expect("names");
        let kept = Tree::dict([("ids", t([3, 3])), ("cache", cache(t([3, 4, 9]), t([3, 4, 9])))]);
        assert_eq!(python, kept);
    }
}

#[test]
fn what_cannot_be_changed_says_where_and_why() {
    let change = |inputs: &Tree, shapes: DynamicShapes, options: &ChangeOptions| {
        let couple = CoupleInputsDynamicShapes::new(inputs, shapes).expect("a pair");
        couple.change_dynamic_dimensions::<Tree>(options).map(|_| ()).expect_err("refused")
    };
    let one = |inputs: [i64; 2], dim: DimSpec, options: &ChangeOptions| {
        change(&Tree::tuple([t(inputs)]), DynamicShapes::Tuple(vec![dims([(1, dim)])]), options)
    };
    let defaults = ChangeOptions::default();
    let hint = one([2, 3], Dim::dynamic().into(), &defaults);
    assert!(matches!(hint, CoupleError::NoName { index: 1, .. }));
    assert_eq!(
        hint.to_string(),
        "Unable to handle DimHint(DYNAMIC) of dimension 1 of inputs[0]: give every dimension a name, for example by \
         `replace_by_string`"
    );
    assert!(matches!(one([2, 0], name("s"), &defaults), CoupleError::GrowFromZero { index: 1, size: 1, .. }));
    let negative = one([2, 3], name("s"), &ChangeOptions::default().desired("s", -1));
    assert_eq!(negative.to_string(), "dimension 1 of inputs[0] cannot have the size -1; a size is 0 or more");
    let two = Tree::tuple([t([2]), t([2])]);
    let short = change(&two, DynamicShapes::Tuple(vec![dims([])]), &defaults);
    assert_eq!(short.to_string(), "Length mismatch between inputs 2 and ds=1");
}

#[test]
fn every_dimension_gets_a_name() {
    let inputs = Tree::tuple([t([2, 3, 4]), t([5, 6])]);
    let shapes = |dim: DimSpec| {
        let first = dims([(0, Dim::new("batch").expect("a name").into()), (1, Dim::dynamic().into())]);
        DynamicShapes::Tuple(vec![first, dims([(0, name("Dim9")), (1, dim)])])
    };
    let couple = CoupleInputsDynamicShapes::new(&inputs, shapes(Dim::auto().into())).expect("a pair");
    let named = couple.replace_by_string().expect("names").expect("tensors");
    assert_eq!(named.repr(), "({0: 'batch', 1: 'Dim1'}, {0: 'Dim9', 1: 'Dim3'})");
    let couple = CoupleInputsDynamicShapes::new(&inputs, shapes(Dim::static_().into())).expect("a pair");
    let error = couple.replace_by_string().expect_err("static");
    assert!(matches!(error, CoupleError::StaticDim { index: 1, .. }));
    assert_eq!(
        error.to_string(),
        "Unable to handle DimHint(STATIC) of dimension 1 of inputs[1]: a static dimension has no name, leave it out of the \
         shapes"
    );
}

#[test]
fn a_pair_shows_inputs_and_shapes() {
    let inputs =
        Tree::tuple([Tree::tuple([t([2, 3])]), Tree::dict([("a", Tree::tensor(TensorMeta::new(DType::Int64, [2])))])]);
    let couple = CoupleInputsDynamicShapes::new(&inputs, dict([("a", dims([(0, name("batch"))]))])).expect("a pair");
    assert_eq!(
        couple.describe().expect("a text"),
        "CoupleInputsDynamicShapes(\n    args=(T1s2x3,),    kwargs=dict(a:T7s2),    dynamic_shapes=dict(a:{0:DYN(batch)}),)"
    );
}

fn signature() -> Signature {
    let parameter = |name: &'static str, kind| Parameter { name: name.into(), kind, has_default: true };
    Signature::new([
        parameter("x", ParameterKind::PositionalOrKeyword),
        parameter("y", ParameterKind::PositionalOrKeyword),
        parameter("kw", ParameterKind::VarKeyword),
    ])
}

/// The sets that onnx-diagnostic's own method fails on.
#[test]
fn inputs_of_any_form_are_validated() {
    let set = |b: i64, s: i64| {
        let kwargs = Tree::dict([("y", Tree::list([t([b, 3])])), ("q", t([s])), ("p", t([s, 1]))]);
        Tree::tuple([Tree::tuple([t([b, s])]), kwargs])
    };
    let inputs = InputSets::of([&set(1, 4), &set(2, 0), &set(3, 7)]).expect("sets").with_model("M", signature());
    let expected = [
        "inputs[0] at x: dimension 0 is declared dynamic and has size 1",
        "inputs[0] at y[0]: dimension 0 is declared dynamic and has size 1",
        "inputs[1] at x: dimension 1 is declared dynamic and has size 0",
        "inputs[1] at q: dimension 0 is declared dynamic and has size 0",
        "inputs[1] at p: dimension 0 is declared dynamic and has size 0",
    ];
    let found = |shapes: Option<&DynamicShapes>| {
        let found = inputs.validate_inputs_for_export(shapes).expect("the same structure");
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found(None), expected);
    let guessed = inputs.guess_dynamic_shapes().expect("sets");
    assert_eq!(found(Some(&guessed)), expected);
    // By name, as move_to_kwargs gives them; those of **kw stand below its name.
    let moved = inputs.move_to_kwargs(0, &guessed).expect("a model").shapes;
    assert_eq!(found(Some(&moved)), expected);
    let (_, by_name) = moved.as_pair().expect("a pair");
    assert_eq!(found(Some(&DynamicShapes::Dict(by_name.clone()))), expected);

    let one = InputSets::of([&set(1, 0)]).expect("a set");
    assert!(one.validate_inputs_for_export(None).expect("nothing declared").is_empty());
    let missing = inputs.validate_inputs_for_export(Some(&dict([("x", dims([]))]))).expect_err("y is missing");
    assert_eq!(
        missing.to_string(),
        "inputs[0]: the shapes have no entry for the argument `['y']`; `{}` makes a tensor static"
    );
}
