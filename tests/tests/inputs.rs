//! Input sets of a typed model: the cases of the first page, and every way in which sets can be wrong.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use indexmap::IndexMap;
use pytree_core::{BindError, DType, Leaf, LeafRef, Meta, PyTree, Signature, TensorMeta, Value, flatten, module};
use shapes::{
    Auto, DynamicShapes, GuessError, GuessOptions, InputSet, InputSets, InputsError, LeafDescription, ModelInputs,
    MoveError, Number, StringTypeError, StringTypeOptions, TensorError, TensorSummary, string_type, string_type_with,
};
use tests::golden::guess::{guess_label, inputs_label};

fn f32<const N: usize>(sizes: [i64; N]) -> TensorMeta {
    TensorMeta::new(DType::Float32, sizes)
}

#[derive(PyTree, Clone)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping", family = Meta)]
struct DynamicCache {
    key_cache: Vec<TensorMeta>,
    value_cache: Vec<TensorMeta>,
}

fn cache(sizes: [i64; 4]) -> DynamicCache {
    DynamicCache { key_cache: vec![f32(sizes); 2], value_cache: vec![f32(sizes); 2] }
}

struct Add;

#[module(family = Meta)]
impl Add {
    fn forward(&self, x: &TensorMeta, y: &TensorMeta) -> TensorMeta {
        if x.rank() > y.rank() { x.clone() } else { y.clone() }
    }
}

struct WithCache;

#[module(family = Meta)]
impl WithCache {
    fn forward(&self, cache: &DynamicCache, z: &TensorMeta) -> TensorMeta {
        let _ = z;
        cache.key_cache[0].clone()
    }
}

struct Mixed;

#[module(family = Meta)]
impl Mixed {
    fn forward(
        &self,
        items: &[TensorMeta],
        table: &IndexMap<String, TensorMeta>,
        mask: &Option<TensorMeta>,
        n: i64,
    ) -> TensorMeta {
        let _ = (table, mask, n);
        items[0].clone()
    }
}

#[test]
fn the_pages_args_kwargs_and_both() {
    let args = ModelInputs::new(&Add, [Add::args((f32([5, 6]), f32([1, 6]))), Add::args((f32([7, 8]), f32([1, 8])))]);
    let shapes = args.expect("two sets").guess_dynamic_shapes().expect("shapes");
    assert_eq!(
        shapes.legacy().to_string(),
        "(({0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),\n   1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},\n  \
         {1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}),\n {})"
    );

    let named = |x, y| Add::kwargs().x(f32(x)).y(f32(y));
    let kwargs = ModelInputs::new(&Add, [named([5, 6], [1, 6]), named([7, 8], [1, 8])]).expect("two sets");
    let shapes = kwargs.guess_dynamic_shapes().expect("shapes");
    assert_eq!(
        shapes.legacy().to_string(),
        "((),\n {'x': {0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),\n        1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},\n  \
         'y': {1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}})"
    );

    let both = ModelInputs::new(&Add, [Add::args(f32([5, 6])).y(f32([1, 6])), Add::args(f32([7, 8])).y(f32([1, 8]))]);
    let both = both.expect("two sets");
    let shapes = both.guess_dynamic_shapes().expect("shapes");
    assert_eq!(
        shapes.legacy().to_string(),
        "(({0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),\n   1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},),\n \
         {'y': {1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}})"
    );
    let moved = both.move_to_kwargs(0, &shapes).expect("a pair");
    assert_eq!(
        moved.shapes.repr(),
        "((), {'x': {0: DimHint(DYNAMIC), 1: DimHint(DYNAMIC)}, 'y': {1: DimHint(DYNAMIC)}})"
    );
    assert_eq!(moved.names, ["y"]);
}

#[test]
fn the_pages_cache() {
    let inputs = [(cache([2, 4, 3, 7]), f32([1, 1, 1, 7])), (cache([3, 4, 4, 8]), f32([1, 1, 1, 8]))];
    let shown = "DynamicCache(key_cache=#2[T1s2x4x3x7,T1s2x4x3x7], value_cache=#2[T1s2x4x3x7,T1s2x4x3x7])";
    assert_eq!(string_type(&inputs[0].0, StringTypeOptions::shapes()).as_deref(), Ok(shown));
    let set = string_type(&inputs[0], StringTypeOptions::shapes()).expect("a text");
    assert_eq!(set, format!("({shown},T1s1x1x1x7)"));

    let inputs = ModelInputs::new(&WithCache, inputs.map(WithCache::args)).expect("two sets");
    let shapes = inputs.guess_dynamic_shapes().expect("shapes");
    let layer = "{0: DimHint(DYNAMIC), 2: DimHint(DYNAMIC), 3: DimHint(DYNAMIC)}";
    let lists = format!("[[{layer}, {layer}], [{layer}, {layer}]]");
    assert_eq!(shapes.repr(), format!("(({lists}, {{3: DimHint(DYNAMIC)}}), {{}})"));
    let names = inputs.guess_with("dim").expect("shapes").repr();
    assert!(names.contains("{0: 'dim_0I_0o_1l0', 2: 'dim_0I_0o_1l2', 3: 'dim_0I_0o_1l3'}"), "{names}");
    assert!(names.contains("{3: 'dim_1I3'}"), "{names}");
    assert_eq!(inputs.sets().len(), 2);
    assert_eq!(inputs.signature().parameters().len(), 2);
}

#[test]
fn one_set_and_none() {
    let one = ModelInputs::new(&Add, [Add::args((f32([5, 6]), f32([1, 6])))]).expect("one set");
    let error = one.guess_dynamic_shapes().expect_err("one set is not enough");
    assert!(error.to_string().starts_with("one set of inputs does not show"), "{error}");
    assert_eq!(one.guess_with(Auto::Dynamic).expect("shapes").repr(), "(({}, {}), {})");
    assert_eq!(
        one.guess_with(Auto::Auto).expect("shapes").repr(),
        "(({0: DimHint(AUTO), 1: DimHint(AUTO)}, {0: DimHint(AUTO), 1: DimHint(AUTO)}), {})"
    );
    assert_eq!(ModelInputs::new(&Add, []).err(), Some(InputsError::NoSets));
    assert_eq!(InputSets::default().guess_dynamic_shapes().expect("shapes").repr(), "((), {})");
}

#[test]
fn an_optional_argument_that_is_none() {
    let set = |n: i64, mask: Option<[i64; 1]>| {
        let table: IndexMap<_, _> = [("a".to_owned(), f32([2]))].into();
        Mixed::args((vec![f32([n, 3])], table, mask.map(f32), 3))
    };
    let guess = |sets: Vec<_>| ModelInputs::new(&Mixed, sets).expect("sets").guess_dynamic_shapes().map(|s| s.repr());
    let shapes = |mask: &str| Ok(format!("(([{{0: DimHint(DYNAMIC)}}], {{'a': {{}}}}, {mask}, None), {{}})"));
    assert_eq!(guess(vec![set(2, None), set(4, None)]), shapes("None"));
    assert_eq!(guess(vec![set(2, Some([5])), set(4, None), set(5, Some([6]))]), shapes("{0: DimHint(DYNAMIC)}"));
    // The first set is the one that is exported.
    assert_eq!(guess(vec![set(2, None), set(4, Some([5])), set(5, Some([6]))]), shapes("None"));
}

#[test]
fn sets_that_do_not_bind() {
    let bind = |set| match ModelInputs::new(&Add, [Add::args((f32([1]), f32([1]))), set]).err() {
        Some(InputsError::Bind { set: 1, model, error }) if model == "Add" => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(bind(Add::args(f32([2]))), BindError::Missing("y".to_owned()));
    assert_eq!(bind(Add::kwargs().y(f32([2]))), BindError::Missing("x".to_owned()));
    assert_eq!(bind(Add::args(f32([2])).x(f32([2])).y(f32([2]))), BindError::Multiple("x".to_owned()));
    assert_eq!(bind(Add::args(f32([2])).y(f32([2])).y(f32([3]))), BindError::Multiple("y".to_owned()));
    let text = ModelInputs::new(&Add, [Add::args(f32([2]))]).err().map(|e| e.to_string());
    assert_eq!(text.as_deref(), Some("inputs[0] for `Add`: missing a required argument: 'y'"));
}

#[test]
fn sets_unlike_the_first() {
    let table = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), f32([2]))).collect::<IndexMap<_, _>>();
    let set = |items: Vec<TensorMeta>, names: &[&str], mask| Mixed::args((items, table(names), mask, 3));
    let first = || set(vec![f32([2, 3])], &["a"], None);
    let error = |other| match ModelInputs::new(&Mixed, [first(), other]) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("it passes"),
    };
    assert_eq!(
        error(set(vec![f32([2])], &["a"], None)),
        "inputs[1] at items[0]: Shapes can be different but not ranks: found 1 dimensions, but inputs[0] has 2 there"
    );
    assert_eq!(
        error(set(vec![TensorMeta::new(DType::Int64, [2, 3])], &["a"], None)),
        "inputs[1] at items[0]: found int64, but inputs[0] has float32 there; a program is made for one element type, \
         convert the tensor"
    );
    assert_eq!(
        error(set(vec![], &["a"], None)),
        "inputs[1] at items: found a `builtins.list` of 0 items, but inputs[0] has a `builtins.list` of 1 item there; \
         every set must have the structure of the first"
    );
    let keys = error(set(vec![f32([2, 3])], &["b"], None));
    assert!(keys.contains("at table: found a `builtins.dict` of 1 item with ['b'], but inputs[0] has"), "{keys}");
    // Arguments by name and by position are the same, and None stands for any value.
    let named = Mixed::args(vec![f32([9, 3])]).n(4).mask(Some(f32([1]))).table(table(&["a"]));
    let inputs = ModelInputs::new(&Mixed, [first(), named]).expect("the same structure");
    let error = inputs.guess_dynamic_shapes().expect_err("given in two ways");
    assert!(matches!(error, GuessError::ArgsCountMismatch { .. }));
    assert_eq!(
        error.to_string(),
        "Different numbers of positional arguments {1, 4} for main:Mixed: inputs[0] gives `table` by position, inputs[1] by \
         name; give it the same way in all"
    );
    let masked = ModelInputs::new(&Mixed, [first(), set(vec![f32([4, 3])], &["a"], Some(f32([1])))]).expect("two sets");
    let shapes = masked.guess_dynamic_shapes().expect("shapes");
    assert_eq!(shapes.repr(), "(([{0: DimHint(DYNAMIC)}], {'a': {}}, None, None), {})");
}

type Tree = Value<Meta>;

fn t<const N: usize>(sizes: [i64; N]) -> Tree {
    Tree::tensor(f32(sizes))
}

fn guess(sets: &[Tree]) -> Result<DynamicShapes, GuessError> {
    InputSets::of(sets).expect("sets").guess_dynamic_shapes()
}

#[test]
fn errors_begin_as_pythons_do_and_name_the_place() {
    let one = |value: Tree| Tree::tuple([value]);
    let pair = |a: Tree, b: Tree| guess(&[one(a), one(b)]).expect_err("they differ");
    let dict = |value: Tree| Tree::dict([("a", Tree::list([value]))]);
    let none = || Tree::from(Leaf::None);
    for (error, kind, start, place) in [
        (
            pair(dict(t([2])), dict(Leaf::Int(3).into())),
            "type_mismatch",
            "Unexpected variety of input type {<class 'torch.Tensor'>, <class 'int'>} failing input 0",
            " at ['a'][0];",
        ),
        (pair(none(), none()), "type_mismatch", "Unexpected variety of input type set() failing input 0", ";"),
        (
            pair(dict(t([2, 3])), dict(t([2]))),
            "model_was_none",
            "Shapes can be different but not ranks possible shapes={1, 2} \
             shapes=[torch.Size([2, 3]), torch.Size([2])] failing input 0",
            " at ['a'][0]",
        ),
        (pair(one(t([1])), Tree::tuple([])), "tuple_length_mismatch", "Unexpected variety of tuple lengths {0, 1}", ""),
        (
            pair(Tree::list([]), Tree::list([t([1])])),
            "list_length_mismatch",
            "Unexpected variety of list lengths {0, 1}",
            "",
        ),
        (
            pair(dict(t([1])), Tree::dict::<&str>([])),
            "dict_length_mismatch",
            "Unexpected variety of dict lengths {0, 1}",
            "",
        ),
        (pair(dict(t([1])), Tree::dict([("b", t([1]))])), "dict_key_missing", "'a'", ""),
        (pair(t([1]), none()), "none_after_value", "'NoneType' object has no attribute 'shape'", ""),
        (pair(dict(t([1])), none()), "type_error", "object of type 'NoneType' has no len()", ""),
        (
            guess(&[one(t([1])), Tree::tuple([])]).expect_err("a missing argument"),
            "model_was_none",
            "Different numbers of positional arguments {0, 1}",
            "",
        ),
        (
            guess(&[Tree::dict([("verbose", t([1]))]), Tree::dict([("verbose", t([2]))])]).expect_err("reserved"),
            "model_was_none",
            "unexpected parameter 'verbose'",
            "",
        ),
    ] {
        let text = error.to_string();
        assert_eq!(guess_label(&error), kind, "{text}");
        assert!(text.starts_with(start) && text.contains(place), "{text}");
    }
    let named = |value: Tree| Tree::dict([("y", value)]);
    let error = guess(&[named(t([1])), named(Tree::list([]))]).expect_err("they differ");
    assert!(error.to_string().contains("failing input 'y'; give an object of one type in every set"), "{error}");
    let ranks = InputSets::of(&[one(t([1])), one(t([1, 1]))]).expect("sets").with_model("M", Signature::of(&[]));
    let error = ranks.guess_dynamic_shapes().expect_err("ranks");
    assert_eq!(guess_label(&error), "rank_mismatch");
    assert!(error.to_string().ends_with("failing input 0 for main:M"), "{error}");
}

#[test]
fn a_class_that_python_does_not_know() {
    let sets = [cache([2, 4, 3, 7]), cache([2, 4, 5, 7])].map(|cache| InputSet::of(&(cache,)).expect("a set"));
    let inputs = InputSets::new(sets);
    let unregistered = |class: &str| GuessOptions::from("u").unregistered(class);
    let shapes = inputs.guess_with(unregistered("transformers.cache_utils.DynamicCache")).expect("shapes");
    assert_eq!(shapes.repr(), "(([{2: 'u_0I_0kdc2'}, {2: 'u_0I_0vdc2'}, {2: 'u_0I_1kdc2'}, {2: 'u_0I_1vdc2'}],), {})");
    let own = Tree::Node(
        pytree_core::Context::Custom { name: "my.Own".into(), context: serde_json::Value::Null },
        vec![t([1])],
    );
    let inputs = InputSets::of(&[Tree::tuple([own.clone()]), Tree::tuple([own])]).expect("sets");
    assert!(matches!(inputs.guess_with(unregistered("my.Own")), Err(GuessError::Unregistered { .. })));
    assert_eq!(inputs.guess_dynamic_shapes().expect("shapes").repr(), "(([{}],), {})");
}

#[test]
fn a_set_is_a_tuple_a_dict_or_both() {
    let form = |tree: Tree| InputSets::of(&[Tree::tuple([]), tree]).map_err(|e| e.to_string());
    assert!(form(Tree::list([t([1])])).expect_err("a list").starts_with("Unable to interpret inputs 1: "));
    assert!(form(t([1])).expect_err("a tensor").contains("this is a leaf"));
    let numbered = Tree::Node(pytree_core::Context::Dict(vec![3.into()]), vec![t([1])]);
    assert_eq!(form(numbered), Err("inputs[1]: the name of an argument is a str, which 3 is not".to_owned()));
    let not_a_list = InputSets::of_list(&Tree::tuple([Tree::tuple([])])).expect_err("a tuple");
    assert_eq!(inputs_label(&not_a_list), "inputs_not_list");
    let list = InputSets::of_list(&Tree::list([Tree::tuple([t([1])]), Tree::tuple([t([2])])])).expect("a list");
    assert_eq!(list.guess_dynamic_shapes().expect("shapes").repr(), "(({0: DimHint(DYNAMIC)},), {})");
    // Like Python, we read a tuple of a tuple and a dict as positional and named arguments.
    let both = InputSet::of(&Tree::tuple([Tree::tuple([t([1])]), Tree::dict([("k", t([2]))])])).expect("a set");
    assert_eq!(both.names().collect::<Vec<_>>(), ["k"]);
    let flat = flatten(&(f32([1]), f32([2]))).expect("a tree").spec;
    let few = InputSet::new(&flat, [LeafDescription::Tensor(f32([1]))]);
    assert_eq!(few, Err(InputsError::LeafCount { expected: 2, found: 1 }));
}

#[test]
fn shapes_that_cannot_move() {
    let inputs = InputSets::of(&[Tree::tuple([t([1])])]).expect("a set");
    let shapes = inputs.guess_dynamic_shapes().expect("shapes");
    assert_eq!(inputs.move_to_kwargs(0, &shapes), Err(MoveError::NoModel));
    let inputs = inputs.with_model("M", Signature::of(&[]));
    assert!(matches!(
        inputs.move_to_kwargs(1, &shapes),
        Err(MoveError::Inputs(InputsError::NoSuchSet { index: 1, count: 1 }))
    ));
    assert!(matches!(inputs.move_to_kwargs(0, &DynamicShapes::NONE), Err(MoveError::NotAPair { .. })));
}

#[test]
fn string_type_errors_and_statistics() {
    let odd = (vec![TensorMeta::new(DType::Float8E5M2, [2])],);
    let error = string_type(&odd, StringTypeOptions::default()).expect_err("no ONNX number");
    assert_eq!(
        error.to_string(),
        "Unable to convert torch dtype torch.float8_e5m2 to onnx dtype, at the tensor [0][0]; convert it first"
    );
    let cut = StringTypeOptions { limit: 0, ..StringTypeOptions::default() };
    let empty = (3_i64, Vec::<i64>::new(), true);
    assert!(matches!(string_type::<Meta, _>(&empty.1, cut), Err(StringTypeError::Limit { .. })));
    assert_eq!(string_type::<Meta, _>(&empty, cut).as_deref(), Ok("#3(int,...)"));
    let with = StringTypeOptions { with_min_max: true, ..StringTypeOptions::shapes() };
    assert_eq!(string_type::<Meta, _>(&empty, with).as_deref(), Ok("(int=3,#0[],bool=True)"));
    let range = |tensor: &TensorMeta| match tensor.rank() {
        0 => Ok(TensorSummary::Empty),
        _ => Err(TensorError::new("no data")),
    };
    assert_eq!(string_type_with(&f32([]), with, range).as_deref(), Ok("T1s[empty]"));
    let error = string_type_with(&(f32([]), f32([2])), with, range).expect_err("no data");
    assert_eq!(error.to_string(), "the tensor [1]: no data");
    // Inside a registered class `string_type` prints lists only.
    let own = pytree_core::Context::Custom { name: "my.Own".into(), context: serde_json::Value::Null };
    let own = Tree::Node(own, vec![Tree::dict([("a", t([2]))]), Leaf::Int(3).into()]);
    assert_eq!(string_type(&own, with).as_deref(), Ok("Own[serialized](#2[#1[T1s2],#0[]])"));
    assert!(matches!(flatten(&own).expect("a tree").leaves[1], LeafRef::Int(3)));
}

#[test]
fn numbers_as_python_writes_them() {
    for (number, text) in [
        (Number::Int(-3), "-3"),
        (Number::Float(1e-5), "1e-05"),
        (Number::Bool(false), "False"),
        (Number::Complex(3.0, 2.0), "(3+2j)"),
        (Number::Complex(2.5, -0.5), "(2.5-0.5j)"),
        (Number::Complex(0.0, 0.0), "0j"),
        (Number::Complex(-0.0, 1.0), "(-0+1j)"),
        (Number::Complex(f64::NAN, f64::INFINITY), "(nan+infj)"),
    ] {
        assert_eq!(number.to_string(), text);
    }
    let mixed = [Number::Bool(true), Number::Int(1), Number::Float(0.5), Number::Int(7)];
    assert_eq!(Number::range(&mixed), Some((Number::Float(0.5), Number::Int(7))));
    assert_eq!(Number::range(&mixed[..2]), Some((Number::Bool(true), Number::Bool(true))));
    assert_eq!(Number::range(&[]), None);
}
