//! Guessed shapes accept every set of inputs that they were guessed from.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use proptest::prelude::*;
use pytree_core::{
    Context, DType, Key, Leaf, Meta, NamedTuple, Parameter, ParameterKind, Signature, TensorMeta, Value,
};
use shapes::{
    Auto, CoupleInputsDynamicShapes, Described, Drawing, DynamicShapes, GuessOptions, InputSet, InputSets,
    LeafDescription,
};

type Tree = Value<Meta>;

/// The structure of inputs without sizes.
#[derive(Clone, Debug)]
enum Plan {
    Tensor(usize),
    Int,
    List(Vec<Plan>),
    Tuple(Vec<Plan>),
    Dict(Vec<Plan>),
    Class(Vec<Plan>),
    /// One of the other containers of Python and torch.
    Other(usize, Vec<Plan>),
}

fn plan() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![4 => (0_usize..4).prop_map(Plan::Tensor), 1 => Just(Plan::Int)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let items = prop::collection::vec(inner, 0..4);
        prop_oneof![
            items.clone().prop_map(Plan::List),
            items.clone().prop_map(Plan::Tuple),
            items.clone().prop_map(Plan::Dict),
            items.clone().prop_map(Plan::Class),
            (0_usize..5, items).prop_map(|(which, items)| Plan::Other(which, items)),
        ]
    })
}

/// The plan with sizes: taken from `sizes` in turn.
fn grown(plan: &Plan, sizes: &mut impl Iterator<Item = i64>) -> Tree {
    let mut all = |items: &[Plan]| items.iter().map(|item| grown(item, sizes)).collect::<Vec<_>>();
    match plan {
        Plan::Tensor(rank) => {
            Tree::tensor(TensorMeta::new(DType::Float32, (0..*rank).map(|_| sizes.next().unwrap_or(1))))
        }
        Plan::Int => Leaf::Int(sizes.next().unwrap_or(1)).into(),
        Plan::List(items) => Tree::list(all(items)),
        Plan::Tuple(items) => Tree::tuple(all(items)),
        Plan::Dict(items) => Tree::dict((0_i64..).map(|i| format!("k{i}")).zip(all(items))),
        Plan::Class(items) => {
            let fields = (0..items.len()).map(|i| format!("f{i}").into()).collect();
            Tree::Node(Context::Mapping { name: "lib.Class".into(), fields, statics: None }, all(items))
        }
        Plan::Other(which, items) => {
            let names = (0..items.len()).map(|i| format!("f{i}"));
            let context = match which {
                0 => Context::OrderedDict(names.map(Key::from).collect()),
                1 => Context::NamedTuple(NamedTuple { name: "lib.Point".into(), fields: None }),
                2 => Context::Deque { maxlen: None },
                3 => Context::DefaultDict { factory: None, keys: names.map(Key::from).collect() },
                _ => Context::Mapping {
                    name: "transformers.modeling_outputs.Output".into(),
                    fields: names.map(std::borrow::Cow::from).collect(),
                    statics: None,
                },
            };
            Tree::Node(context, all(items))
        }
    }
}

fn sets() -> impl Strategy<Value = Vec<Tree>> {
    let plans = prop::collection::vec(plan(), 1..4);
    (plans, prop::collection::vec(prop::collection::vec(0_i64..4, 40), 2..4)).prop_map(|(plans, sizes)| {
        let set = |sizes: Vec<i64>| {
            let mut sizes = sizes.into_iter();
            Tree::dict(
                (0..)
                    .map(|i| format!("a{i}"))
                    .zip(plans.iter().map(|plan| grown(plan, &mut sizes)).collect::<Vec<_>>()),
            )
        };
        sizes.into_iter().map(set).collect()
    })
}

/// Whether a set of inputs is what the shapes and the first set allow: every dimension that is not declared has the size
/// of the first set.
fn accepts(shapes: &[(usize, shapes::ShapeSpec)], first: &InputSet, set: &InputSet) -> bool {
    set.leaves().iter().zip(first.leaves()).enumerate().all(|(i, (leaf, expected))| match (leaf, expected) {
        (LeafDescription::Tensor(leaf), LeafDescription::Tensor(expected)) => {
            let spec = shapes.iter().find(|(leaf, _)| *leaf == i).map(|(_, spec)| spec);
            let declared =
                |d: usize| spec.is_some_and(|s| s.mentioned().iter().any(|(i, _)| usize::try_from(*i) == Ok(d)));
            (0..leaf.rank()).all(|d| leaf.sizes[d] == expected.sizes[d] || declared(d))
        }
        (leaf, expected) => leaf == expected,
    })
}

/// The shapes of each leaf, in order: `[]` stands for a leaf that is not a tensor inside a registered class.
fn leaves(shapes: &DynamicShapes, set: &InputSet) -> Vec<(usize, shapes::ShapeSpec)> {
    let mut tensors =
        set.leaves().iter().enumerate().filter(|(_, l)| matches!(l, LeafDescription::Tensor(_))).map(|(i, _)| i);
    let specs = shapes.leaves().into_iter().filter(|spec| **spec != shapes::ShapeSpec::None);
    specs.map(|spec| (tensors.next().expect("a tensor for each"), spec.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn every_set_is_accepted(trees in sets(), auto in prop_oneof![Just(Auto::Dynamic), Just(Auto::Auto), Just(Auto::Names("d".to_owned()))]) {
        let inputs = InputSets::of(&trees).expect("sets");
        let guessed = inputs.guess_with(auto).expect("sets of one structure");
        let first = &inputs.sets()[0];
        let specs = leaves(&guessed, first);
        for (tree, set) in trees.iter().zip(inputs.sets()) {
            prop_assert!(accepts(&specs, first, set), "{}", guessed.repr());
            // The tools that take shapes take these, for every set.
            let (_, kwargs) = guessed.as_pair().expect("a pair");
            let couple = CoupleInputsDynamicShapes::new(tree, DynamicShapes::Dict(kwargs.clone())).expect("a pair");
            couple.invalid_dimensions_for_export().expect("the same structure");
            Described::from(set).string_type(Default::default()).expect("known types");
        }
        inputs.validate_inputs_for_export(Some(&guessed)).expect("the same structure");
        let drawing = Drawing::of(&inputs, Some(&guessed)).expect("the same structure");
        prop_assert!(drawing.svg().starts_with("<svg"));
        // What is said again as JSON is the same.
        let json = serde_json::to_string(&guessed).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<DynamicShapes>(&json).expect("JSON"), guessed);
    }

    /// Guessed for an export, they lie on the inputs leaf by leaf, whatever these are made of.
    #[test]
    fn an_export_takes_them(trees in sets()) {
        let inputs = InputSets::of(&trees).expect("sets");
        let guessed = inputs.guess_with(GuessOptions::default().exportable()).expect("sets of one structure");
        let first = &inputs.sets()[0];
        let parameter = |name: &str| Parameter {
            name: name.to_owned().into(), kind: ParameterKind::PositionalOrKeyword, has_default: false,
        };
        let signature = Signature::new(first.names().map(parameter));
        let laid = guessed.match_inputs(first.spec(), &signature).expect("the same structure");
        let specs: Vec<_> = laid.into_iter().enumerate().collect();
        for set in inputs.sets() {
            prop_assert!(accepts(&specs, first, set), "{}", guessed.repr());
        }
        for ((_, spec), leaf) in specs.iter().zip(first.leaves()) {
            let tensor = matches!(leaf, LeafDescription::Tensor(_));
            prop_assert!(tensor || *spec == shapes::ShapeSpec::None, "{}", guessed.repr());
        }
        for tree in &trees {
            let (_, kwargs) = guessed.as_pair().expect("a pair");
            let couple = CoupleInputsDynamicShapes::new(tree, DynamicShapes::Dict(kwargs.clone())).expect("a pair");
            couple.invalid_dimensions_for_export().expect("the same structure");
        }
        inputs.validate_inputs_for_export(Some(&guessed)).expect("the same structure");
        let drawing = Drawing::of(&inputs, Some(&guessed)).expect("the same structure");
        prop_assert!(drawing.svg().starts_with("<svg"));
    }

    /// A dimension that no set needs is not declared: static wherever all sizes agree and are not 0.
    #[test]
    fn nothing_moves_without_need(trees in sets()) {
        let same = [trees[0].clone(), trees[0].clone()];
        let guessed = InputSets::of(&same).expect("sets").guess_dynamic_shapes().expect("one set twice");
        for (leaf, spec) in leaves(&guessed, &InputSet::of(&trees[0]).expect("a set")) {
            let set = InputSet::of(&trees[0]).expect("a set");
            let LeafDescription::Tensor(meta) = &set.leaves()[leaf] else { panic!("a tensor") };
            for (dim, _) in spec.mentioned() {
                prop_assert_eq!(meta.sizes[usize::try_from(dim).expect("a dimension")], 0);
            }
        }
    }
}
