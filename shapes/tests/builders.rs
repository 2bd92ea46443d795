//! Shapes by tensor, by path, from further inputs, as a typed mirror, and refined; the texts are torch 2.13's.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{DType, Leaf, Meta, Parameter, ParameterKind, Signature, TensorMeta, Value, map};
use pytree_derive::PyTree;
use shapes::{
    AdditionalInputs, Dim, DimSpec, DynamicShapes, InputSet, PathPattern, PathShapes, ShapeSpec, Shapes,
    ShapesCollection, refine_dynamic_shapes_from_suggested_fixes,
};

type Tree = Value<Meta>;

/// `forward(self, x, y=None, *args, z=None, **kw)`
fn signature() -> Signature {
    let parameter = |name: &'static str, kind, has_default| Parameter { name: name.into(), kind, has_default };
    Signature::new([
        parameter("x", ParameterKind::PositionalOrKeyword, false),
        parameter("y", ParameterKind::PositionalOrKeyword, true),
        parameter("args", ParameterKind::VarPositional, false),
        parameter("z", ParameterKind::KeywordOnly, true),
        parameter("kw", ParameterKind::VarKeyword, false),
    ])
}

fn meta<const N: usize>(sizes: [i64; N]) -> TensorMeta {
    TensorMeta::new(DType::Float32, sizes)
}

fn t<const N: usize>(sizes: [i64; N]) -> Tree {
    Tree::tensor(meta(sizes))
}

fn args<const N: usize>(items: [Tree; N]) -> Tree {
    call(items, [])
}

fn call<const N: usize, const M: usize>(args: [Tree; N], kwargs: [(&'static str, Tree); M]) -> Tree {
    Tree::tuple([Tree::tuple(args), Tree::dict(kwargs)])
}

fn int(v: i64) -> Tree {
    Leaf::Int(v).into()
}

fn float(v: f64) -> Tree {
    Leaf::Float(v).into()
}

#[test]
fn further_inputs_say_what_torch_says() {
    let text = |s: &str| -> Tree { Leaf::Str(s.to_owned()).into() };
    let flag = |b: bool| -> Tree { Leaf::Bool(b).into() };
    let none = || -> Tree { Leaf::None.into() };
    let types = "The following inputs were found to have differing types, so they cannot be marked as dynamic: ";
    let values = "The following inputs were found to have differing values, but they cannot be marked as dynamic: ";
    let cases: Vec<(Vec<Tree>, String)> = vec![
        (vec![args([t([2, 3])]), args([t([4, 3])])], "{'x': (DimHint(DYNAMIC), None)}".into()),
        (
            vec![args([t([2, 3]), int(3)]), args([t([4, 3]), int(5)])],
            "{'x': (DimHint(DYNAMIC), None), 'y': DimHint(DYNAMIC)}".into(),
        ),
        (vec![args([t([2, 3]), int(3)]), args([t([4, 3]), float(3.0)])], format!("{types}(3, 3.0).")),
        (vec![args([t([2, 3]), text("a")]), args([t([4, 3]), text("b")])], format!("{values}('a', 'b').")),
        (vec![args([t([2, 3]), flag(true)]), args([t([4, 3]), flag(false)])], format!("{values}(True, False).")),
        (vec![args([t([2, 3]), none()]), args([t([4, 3]), t([2])])], format!("{types}(None, (2,)).")),
        (
            vec![args([t([2, 3]), t([2])]), args([t([4, 3]), none()])],
            "Node type mismatch; expected <class 'tuple'>, but got <class 'NoneType'>.".into(),
        ),
        (vec![args([t([2, 3])]), args([t([4, 3, 1])])], "Node arity mismatch; expected 2, but got 3.".into()),
        (vec![args([t([2, 3])]), args([t([4, 3]), t([1])])], "Node arity mismatch; expected 1, but got 2.".into()),
        (
            vec![args([t([2, 3]), Tree::list([t([1])])]), args([t([4, 3]), Tree::tuple([t([1])])])],
            "Node type mismatch; expected <class 'list'>, but got <class 'tuple'>.".into(),
        ),
        (
            vec![args([t([2, 3]), Tree::dict([("a", t([1]))])]), args([t([4, 3]), Tree::dict([("b", t([1]))])])],
            "Node keys mismatch; missing key(s): {'a'}; extra key(s): {'b'}.".into(),
        ),
        (
            vec![
                call([t([2, 3]), int(1), t([3]), t([4])], [("z", t([1])), ("q", t([2]))]),
                call([t([2, 3]), int(1), t([4]), t([4])], [("z", t([1])), ("q", t([3]))]),
            ],
            "{'x': (None, None), 'y': None, 'args': ((DimHint(DYNAMIC),), (None,)), 'z': (None,), \
             'kw': {'q': (DimHint(DYNAMIC),)}}"
                .into(),
        ),
        (vec![args([t([2, 3]), int(3)]), args([t([4, 3]), t([2])])], format!("{types}(3, (2,)).")),
        (
            vec![args([t([2, 3]), t([3])]), args([t([4, 3]), int(3)])],
            "Node type mismatch; expected <class 'tuple'>, but got <class 'int'>.".into(),
        ),
        (vec![args([t([])]), args([t([])])], "{'x': ()}".into()),
        (
            vec![args([t([2]), float(1.5)]), args([t([2]), float(2.5)]), args([t([2]), float(3.5)])],
            format!("{values}(1.5, 2.5, 3.5)."),
        ),
        (vec![call([t([2])], [("y", int(1))]), args([t([2]), int(1)])], "{'x': (None,), 'y': None}".into()),
    ];
    for (sets, expected) in cases {
        let mut more = AdditionalInputs::new();
        for set in &sets[1..] {
            more.add(set).expect("a set");
        }
        let got = more.dynamic_shapes(&signature(), &sets[0]);
        assert_eq!(got.map_or_else(|e| e.to_string(), |shapes| shapes.repr()), expected);
    }
}

#[test]
fn shapes_by_tensor_follow_the_tensor_wherever_it_is_passed() {
    let (x, y) = (meta([2]), meta([3]));
    let mut collection = ShapesCollection::<Meta>::new();
    collection.set(&x, ShapeSpec::dims([(0, Dim::dynamic())])).expect("new");
    let inputs = (&x, (&y, vec![&x]), &x);
    assert_eq!(
        collection.dynamic_shapes(&signature(), &inputs).expect("found").repr(),
        "{'x': {0: DimHint(DYNAMIC)}, 'y': (None, [{0: DimHint(DYNAMIC)}]), 'args': ({0: DimHint(DYNAMIC)},)}"
    );
    collection.set(&x, ShapeSpec::dims([(0, Dim::dynamic())])).expect("the same again");
    let other = collection.set(&x, ShapeSpec::None).err().expect("other shapes");
    assert_eq!(other.to_string(), "Shapes assigned to input do not match: expected {0: DimHint(DYNAMIC)}, got None");
    let copy = x.clone();
    let lost = collection.dynamic_shapes(&signature(), &(&copy, &y)).expect_err("a copy is another tensor");
    assert!(lost.to_string().starts_with("Some tensors that were assigned shapes were not found in args."), "{lost}");
    assert_eq!(collection.len(), 1);
}

fn paths() -> PathShapes {
    let cache = Tree::dict([("keys", Tree::list([t([2, 4, 3]), t([2, 4, 3])])), ("a b", t([2]))]);
    let set = InputSet::of(&call([cache, int(3), t([5])], [("q", t([7]))])).expect("a set");
    PathShapes::new(&signature(), &set).expect("bound")
}

#[test]
fn patterns_mean_whole_paths() {
    let mut shapes = paths();
    shapes.set("x.keys[*]", 2, Dim::dynamic()).expect("two");
    shapes.set("x['a b']", 0, Dim::auto()).expect("one");
    shapes.set("args[0]", 0, DimSpec::Int(5)).expect("one").set("kw.q", 0, Dim::dynamic()).expect("one");
    shapes.set_int("y", Dim::dynamic()).expect("an int");
    shapes.set("**.keys[1]", 0, Dim::auto()).expect("one");
    assert_eq!(
        shapes.dynamic_shapes().repr(),
        "{'x': {'keys': [{2: DimHint(DYNAMIC)}, {0: DimHint(AUTO), 2: DimHint(DYNAMIC)}], 'a b': {0: DimHint(AUTO)}}, \
         'y': DimHint(DYNAMIC), 'args': ({0: 5},), 'kw': {'q': {0: DimHint(DYNAMIC)}}}"
    );
    let mut all = paths();
    all.set("**", 0, Dim::dynamic()).expect("every tensor");
    assert_eq!(all.dynamic_shapes().leaves().iter().filter(|leaf| ***leaf != ShapeSpec::None).count(), 5);
}

#[test]
fn a_pattern_is_shown_as_it_is_read() {
    for (pattern, shown) in [
        (r"x['a\nb']", r"x['a\nb']"),
        ("x['a\nb']", r"x['a\nb']"),
        (r"x['it\'s \x22\u00e9']", r#"x['it\'s "é']"#),
        (r"x['a\qb']", r"x['a\\qb']"),
        ("x[\"plain\"]", "x.plain"),
    ] {
        let read: PathPattern = pattern.parse().expect(pattern);
        assert_eq!(read.to_string(), shown, "{pattern}");
        assert_eq!(shown.parse(), Ok(read), "{pattern}");
    }
    for broken in [r"x['a\", r"x['\x4']", r"x['\ud800']", r"x['a\']"] {
        assert!(broken.parse::<PathPattern>().is_err(), "{broken}");
    }
}

#[test]
fn a_pattern_that_means_nothing_names_what_is_near() {
    let error = |pattern: &str, dim: usize| paths().set(pattern, dim, Dim::dynamic()).err().map(|e| e.to_string());
    for (pattern, dim, text) in [
        (
            "x.key[*]",
            0,
            "no tensor of the inputs is at `x.key[*]`; near it are `x.keys[*]`, `x['a b']`, `kw.q`, `args[*]`",
        ),
        ("x", 0, "no tensor of the inputs is at `x`; near it are `x['a b']`, `x.keys[*]`, `kw.q`, `args[*]`"),
        ("y", 0, "no tensor of the inputs is at `y`; near it are `x.keys[*]`, `x['a b']`, `kw.q`, `args[*]`"),
        ("x.keys[*]", 3, "`x.keys[0]` has no dimension 3: it is a tensor f32[2, 4, 3]"),
    ] {
        let got = error(pattern, dim).expect(pattern);
        assert_eq!(got, text);
    }
    for (pattern, at, expected) in [
        ("", 0, "the name of a parameter, `*` or `**`"),
        ("x.", 2, "a name, `*` or `**`"),
        ("x[", 2, "an integer, `*` or a quoted text, and `]`"),
        ("x['a]", 5, "an integer, `*` or a quoted text, and `]`"),
        ("x y", 1, "`.`, `[` or the end"),
        ("x.***", 5, "a name, `*` or `**`"),
    ] {
        let got = error(pattern, 0).expect(pattern);
        assert!(
            got.starts_with(&format!("`{pattern}` is not a path pattern: at character {at}, expected {expected};")),
            "{got}"
        );
    }
}

#[derive(PyTree)]
struct Inputs<T> {
    ids: T,
    cache: Vec<(T, T)>,
    mask: Option<T>,
}

#[test]
fn a_mirror_has_the_shapes_of_its_inputs() {
    let inputs = Inputs { ids: meta([2, 8]), cache: vec![(meta([2, 4, 3]), meta([2, 4, 3]))], mask: None };
    // Every mirror is of a type that the compiler infers from the inputs.
    let mut mirror =
        map::<_, Shapes, _>(&inputs, |t| ShapeSpec::dims((0_i64..).zip(&t.sizes).map(|(i, _)| (i, Dim::auto()))))
            .expect("the same structure");
    mirror.ids = ShapeSpec::dims([(1, Dim::new("seq").expect("a name"))]);
    assert_eq!(
        DynamicShapes::mirrored(&mirror).expect("a tree").repr(),
        "[{1: Dim('seq', min=0)}, [({0: DimHint(AUTO), 1: DimHint(AUTO), 2: DimHint(AUTO)}, \
         {0: DimHint(AUTO), 1: DimHint(AUTO), 2: DimHint(AUTO)})]]"
    );
}

#[test]
fn suggested_fixes_are_followed() {
    let dim = |name: &str| Dim::new(name).expect("a name");
    let leaf = |dims: Vec<DimSpec>| DynamicShapes::leaf(ShapeSpec::Tuple(dims));
    let shapes = DynamicShapes::Tuple(vec![
        leaf(vec![dim("dx").into(), DimSpec::None, dim("dx").affine(2, 1).expect("derived").into()]),
        leaf(vec![dim("dy").into(), Dim::auto().into(), DimSpec::Int(3)]),
    ]);
    let refine = |fixes: &str| {
        let message = format!("Constraints violated (dx)! For more information..\n\nSuggested fixes:\n{fixes}");
        refine_dynamic_shapes_from_suggested_fixes(&message, &shapes).map_or_else(|e| e.to_string(), |s| s.repr())
    };
    for (fixes, expected) in [
        (
            "  dx = Dim('dx', min=3, max=6)",
            "((Dim('dx', min=3, max=6), None, 2*dx + 1), (Dim('dy', min=0), DimHint(AUTO), 3))",
        ),
        (
            "  dx = Dim('dx', max=6)\n",
            "((Dim('dx', min=0, max=6), None, 2*dx + 1), (Dim('dy', min=0), DimHint(AUTO), 3))",
        ),
        ("  dx = 4", "((4, None, 9), (Dim('dy', min=0), DimHint(AUTO), 3))"),
        ("  dy = 2*dx - 1", "((Dim('dx', min=0), None, 2*dx + 1), (2*dx - 1, DimHint(AUTO), 3))"),
        ("  dy = dx", "((Dim('dx', min=0), None, 2*dx + 1), (Dim('dx', min=0), DimHint(AUTO), 3))"),
        (
            "  _dx = Dim('_dx', min=2)\n  dx = 2*_dx\n  2*dx + 1 = 4*_dx + 1",
            "((2*_dx, None, 4*_dx + 1), (Dim('dy', min=0), DimHint(AUTO), 3))",
        ),
        (
            "  zz = 4",
            "shape_fixes key 'zz' not found in name_to_dim or roots: the shapes name [\"dx\", \"2*dx + 1\", \"dy\"]",
        ),
        ("  dy = zz + 1", "symbol.name 'zz' not found in name_to_dim, in the suggested fix of 'dy'"),
        ("  dx = dy\n  dy = dx", "the suggested fix of 'dx' leads back to 'dx'"),
        (
            "  dx is 4",
            "the suggested fix `dx is 4` is not of the form `n = Dim('n', min=.., max=..)`, `n = 4` or `n = 2*m + 1`",
        ),
        (
            "  dx = dy*dy",
            "the suggested fix `dx = dy*dy` is not of the form `n = Dim('n', min=.., max=..)`, `n = 4` or `n = 2*m + 1`",
        ),
    ] {
        assert_eq!(refine(fixes), expected, "{fixes}");
    }
    assert_eq!(
        refine_dynamic_shapes_from_suggested_fixes("nothing", &shapes).expect_err("no fixes").to_string(),
        "Suggested fixes not found in error message given to refine_dynamic_shapes_from_suggested_fixes()"
    );
}
