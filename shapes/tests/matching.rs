//! `dynamic_shapes` laid over inputs: what is taken, and each error text: as PyTorch 2.13 gives it, but with the names of
//! containers in plain words, and with a cure.
#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use pytree_core::{
    Context, Key, Meta, NamedTuple, Parameter, ParameterKind, Signature, TensorMeta, TreeSpec, Value, flatten,
};
use shapes::{Dim, DimSpec, DynamicShapes, ShapeSpec};

type Tree = Value<Meta>;

fn t() -> Tree {
    Tree::tensor(TensorMeta::new(pytree_core::DType::Float32, [3, 4]))
}

fn node(context: Context, items: impl Into<Vec<Tree>>) -> Tree {
    Tree::Node(context, items.into())
}

fn names(keys: &[&str]) -> Vec<Key> {
    keys.iter().map(|k| Key::from((*k).to_owned())).collect()
}

fn odict(keys: &[&str], items: impl Into<Vec<Tree>>) -> Tree {
    node(Context::OrderedDict(names(keys)), items)
}

fn class(items: impl Into<Vec<Tree>>) -> Tree {
    node(Context::Custom { name: "lib.C".into(), context: serde_json::Value::Null }, items)
}

fn pair() -> Context {
    let fields = ["a", "b"].into_iter().map(std::borrow::Cow::Borrowed).collect();
    Context::NamedTuple(NamedTuple { name: "lib.Pt".into(), fields: Some(fields) })
}

const NONE: DynamicShapes = DynamicShapes::NONE;

fn d() -> DimSpec {
    Dim::dynamic().into()
}

fn dims() -> DynamicShapes {
    DynamicShapes::leaf(ShapeSpec::dims([(0, d())]))
}

fn scalar() -> DynamicShapes {
    DynamicShapes::leaf(ShapeSpec::Scalar(d()))
}

fn list(items: impl Into<Vec<DynamicShapes>>) -> DynamicShapes {
    DynamicShapes::List(items.into())
}

fn tuple(items: impl Into<Vec<DynamicShapes>>) -> DynamicShapes {
    DynamicShapes::Tuple(items.into())
}

fn dict<const N: usize>(items: [(&str, DynamicShapes); N]) -> DynamicShapes {
    DynamicShapes::Dict(items.into_iter().map(|(k, v)| (Key::from(k.to_owned()), v)).collect())
}

fn spec(args: Vec<Tree>) -> TreeSpec {
    flatten(&Tree::tuple([Tree::tuple(args), Tree::dict(Vec::<(&str, Tree)>::new())])).expect("a tree").spec
}

fn signature(names: &'static [&'static str]) -> Signature {
    let parameter = |name: &&'static str| Parameter {
        name: (*name).into(),
        kind: ParameterKind::PositionalOrKeyword,
        has_default: false,
    };
    Signature::new(names.iter().map(parameter))
}

/// The specs of the leaves of the one argument `x`, or why they do not match.
fn of(x: Tree, shapes: DynamicShapes) -> Result<Vec<String>, String> {
    let laid = dict([("x", shapes)]).match_inputs(&spec(vec![x]), &signature(&["x"]));
    laid.map(|leaves| leaves.iter().map(ToString::to_string).collect()).map_err(|e| e.to_string())
}

fn refused(x: Tree, shapes: DynamicShapes) -> String {
    of(x, shapes).expect_err("a mismatch")
}

const MISMATCH: &str = "Detected mismatch between the structure of `inputs` and `dynamic_shapes`: ";

#[test]
fn the_three_dicts_are_taken_for_each_other() {
    let d0 = Ok(vec!["{0: DimHint(DYNAMIC)}".to_owned()]);
    assert_eq!(of(odict(&["a"], [t()]), dict([("a", dims())])), d0);
    let default = Context::DefaultDict { factory: None, keys: names(&["a"]) };
    assert_eq!(of(node(default, [t()]), dict([("a", dims())])), d0);
    // By key, not by place.
    let swapped = dict([("b", NONE), ("a", dims())]);
    assert_eq!(of(odict(&["a", "b"], [t(), t()]), swapped), Ok(vec!["{0: DimHint(DYNAMIC)}".into(), "None".into()]));
}

#[test]
fn what_shapes_cannot_spell_takes_what_guessing_gives() {
    let none = Ok(vec!["None".to_owned(), "None".to_owned()]);
    assert_eq!(of(node(pair(), [t(), t()]), tuple([NONE, NONE])), none);
    assert_eq!(of(node(Context::Deque { maxlen: None }, [t(), t()]), list([NONE, NONE])), none);
    assert_eq!(of(node(Context::Size, [t(), t()]), tuple([NONE, NONE])), none);
    let output = Context::Mapping {
        name: "transformers.modeling_outputs.Output".into(),
        fields: ["a", "b"].into_iter().map(std::borrow::Cow::Borrowed).collect(),
        statics: None,
    };
    assert_eq!(of(node(output.clone(), [t(), t()]), dict([("b", NONE), ("a", NONE)])), none);
    assert_eq!(of(node(output, [t(), t()]), list([NONE, NONE])), none);
}

#[test]
fn one_python_object_has_two_spellings() {
    assert_eq!(of(t(), list([scalar(), NONE])), Ok(vec!["[DimHint(DYNAMIC), None]".into()]));
    assert_eq!(of(t(), DynamicShapes::Dict(Default::default())), Ok(vec!["{}".into()]));
    let ints = Tree::list([Tree::from(pytree_core::Leaf::Int(3)), Tree::from(pytree_core::Leaf::Int(4))]);
    let shapes = DynamicShapes::leaf(ShapeSpec::List(vec![d(), DimSpec::None]));
    assert_eq!(of(ints, shapes), Ok(vec!["DimHint(DYNAMIC)".into(), "None".into()]));
    assert_eq!(of(Tree::tuple([]), DynamicShapes::leaf(ShapeSpec::Tuple(Vec::new()))), Ok(Vec::new()));
}

#[test]
fn containers_differ() {
    for (x, shapes, text) in [
        (Tree::list([t()]), NONE, "`inputs['x']` is a list, but `dynamic_shapes['x']` is not"),
        (Tree::list([t()]), scalar(), "`inputs['x']` is a list, but `dynamic_shapes['x']` is not"),
        (Tree::list([t()]), tuple([NONE]), "`inputs['x']` is a list, but `dynamic_shapes['x']` is a tuple"),
        (Tree::list([t()]), dims(), "`inputs['x']` is a list, but `dynamic_shapes['x']` is a dict"),
        (
            odict(&["a"], [t()]),
            list([NONE]),
            "`inputs['x']` is a `collections.OrderedDict`, but `dynamic_shapes['x']` is a list",
        ),
        (
            Tree::list([Tree::tuple([t(), t()])]),
            list([tuple([NONE])]),
            "`inputs['x'][0]` has 2 elements, but `dynamic_shapes['x'][0]` has 1 elements",
        ),
        (Tree::list([]), NONE, "`inputs['x']` is a list, but `dynamic_shapes['x']` is not"),
        // Here torch's message says that an OrderedDict is not a dict, which it accepts elsewhere.
        (
            odict(&["a"], [t()]),
            dict([("b", NONE)]),
            "`inputs['x']` has keys ['a'], but `dynamic_shapes['x']` has keys ['b']",
        ),
    ] {
        assert_eq!(refused(x, shapes), format!("{MISMATCH}{text}"));
    }
}

#[test]
fn inside_a_registered_class_torch_says_less() {
    for (x, shapes, torch, path) in [
        (class([t(), t()]), NONE, "Node type mismatch; expected a list, but got None.", ""),
        (class([t(), t()]), tuple([NONE, NONE]), "Node type mismatch; expected a list, but got a tuple.", ""),
        (class([t(), t()]), list([NONE]), "Node arity mismatch; expected 2, but got 1.", ""),
        (
            class([Tree::list([t()])]),
            list([tuple([NONE])]),
            "Node type mismatch; expected a list, but got a tuple.",
            "[0]",
        ),
        (
            class([Tree::dict([("a", t())])]),
            list([dict([("b", NONE)])]),
            "Node keys mismatch; missing key(s): {'a'}; extra key(s): {'b'}.",
            "[0]",
        ),
    ] {
        let got = refused(x, shapes);
        assert!(got.starts_with(torch), "{got}");
        assert!(got.contains(&format!("`inputs['x']{path}`")), "{got}");
    }
}

#[test]
fn more_than_dimensions_are_said_of_a_tensor() {
    let nested = list([list([scalar()]), NONE]);
    let expected = "(expected None, an int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC, but got";
    assert_eq!(
        refused(t(), nested),
        format!(
            "Unexpected dimension #0 in input tensor shape [[DimHint(DYNAMIC)], None] specified at \
             `dynamic_shapes['x']` {expected} [DimHint(DYNAMIC)] instead)"
        )
    );
    assert_eq!(
        refused(t(), dict([("a", dims())])),
        format!(
            "Unexpected dimension mapped to index 'a' in input tensor shape {{'a': {{0: DimHint(DYNAMIC)}}}} \
             specified at `dynamic_shapes['x']` {expected} {{0: DimHint(DYNAMIC)}} instead)"
        )
    );
}

#[test]
fn names_differ() {
    let names = |x: Tree, shapes: DynamicShapes| {
        shapes.match_inputs(&spec(vec![x]), &signature(&["x"])).expect_err("a mismatch").to_string()
    };
    let first = "When `dynamic_shapes` is specified as a dict, its top-level keys must be the arg names ['x'] of \
                 `inputs`, but here they are";
    let only = "Since here `inputs` is a list/tuple enclosing a single dict, maybe you just forgot to enclose \
                `dynamic_shapes` in a list/tuple?";
    let other = "Alternatively, you could also ignore arg names entirely and specify `dynamic_shapes` as a list/tuple \
                 matching `inputs`.";
    assert_eq!(names(Tree::dict([("a", t())]), dict([("a", NONE)])), format!("{first} ['a']. {only}"));
    assert_eq!(names(odict(&["a"], [t()]), dict([("a", NONE)])), format!("{first} ['a']. {only}"));
    let both = dict([("x", NONE), ("a", NONE)]);
    assert_eq!(names(Tree::dict([("a", t())]), both), format!("{first} ['x', 'a']. {other}"));
    assert_eq!(names(t(), dict([("a", NONE)])), format!("{first} ['a']. {other}"));
}

#[test]
fn a_wrong_name_is_met_with_the_right_one() {
    let error = |names: &'static [&'static str], shapes: DynamicShapes| {
        let inputs = spec(names.iter().map(|_| t()).collect());
        shapes.match_inputs(&inputs, &signature(names)).expect_err("a mismatch").to_string()
    };
    for (wrong, hint) in [
        ("input_id", " Did you mean 'input_ids' where 'input_id' is?"),
        ("Input_IDs", " Did you mean 'input_ids' where 'Input_IDs' is?"),
        ("attention_msk", " Did you mean 'attention_mask' where 'attention_msk' is?"),
    ] {
        let text = error(&["input_ids", "attention_mask"], dict([(wrong, NONE)]));
        assert!(text.ends_with(hint), "{text}");
    }
    // A name that is like none of them, and one that is too much, are met with none.
    for shapes in [dict([("zzz", NONE)]), dict([("x", NONE), ("y", NONE), ("z", NONE)])] {
        let text = error(&["x", "y"], shapes);
        assert!(!text.contains("Did you mean"), "{text}");
    }
    // The wrong one is named, and not the one that is there.
    let text = error(&["x", "mask"], dict([("x", NONE), ("masc", NONE)]));
    assert!(text.ends_with(" Did you mean 'mask' where 'masc' is?"), "{text}");
}

#[test]
fn a_list_too_many_is_named() {
    let named = |shapes: DynamicShapes, inner: &str| {
        let text = refused(t(), shapes);
        let cure = format!(
            ". `dynamic_shapes['x']` is a list or tuple too many around the spec of one tensor: give {inner} itself"
        );
        assert!(text.ends_with(&cure), "{text}");
    };
    named(list([dims()]), "{0: DimHint(DYNAMIC)}");
    named(tuple([dims()]), "{0: DimHint(DYNAMIC)}");
    named(list([list([scalar(), NONE])]), "[DimHint(DYNAMIC), None]");
    named(tuple([tuple([scalar(), NONE])]), "(DimHint(DYNAMIC), None)");
    named(list([DynamicShapes::leaf(ShapeSpec::Tuple(vec![d(), d()]))]), "(DimHint(DYNAMIC), DimHint(DYNAMIC))");
    for other in [list([dims(), NONE]), list([list([dims()])]), dict([("a", dims())])] {
        let text = refused(t(), other);
        assert!(!text.contains("too many"), "{text}");
    }
}
