//! A Rust model observed while it runs. Recorded Python calls are in the golden runner.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{DType, Leaf, Meta, Module, TensorMeta, Value};
use pytree_derive::{PyTree, module};
use shapes::{Batch, InputObserver, ObserverError};
use shapes::{Constant, Input};

#[derive(PyTree, Clone)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct Cache<T> {
    key_cache: Vec<T>,
    value_cache: Vec<T>,
}

struct Decoder;

#[module(family = Meta)]
impl Decoder {
    fn forward(&self, ids: &TensorMeta, cache: Option<&Cache<TensorMeta>>, scale: i64) -> TensorMeta {
        let past = cache.map_or(0, |c| c.key_cache[0].sizes[2]);
        TensorMeta::new(DType::Float32, [ids.sizes[0], ids.sizes[1] + past, scale])
    }
}

fn ids(batch: i64, length: i64) -> TensorMeta {
    TensorMeta::new(DType::Int64, [batch, length])
}

fn cache(batch: i64, length: i64) -> Option<Cache<TensorMeta>> {
    let t = || TensorMeta::new(DType::Float32, [batch, 2, length, 4]);
    Some(Cache { key_cache: vec![t(), t()], value_cache: vec![t(), t()] })
}

/// A generation loop: anything that drives a module drives an observed one.
fn generate<M: Module<Family = Meta>>(model: &M, calls: Vec<M::Args>) -> usize {
    calls.iter().map(|args| model.call(args)).filter(Result::is_ok).count()
}

#[test]
fn a_generation_loop_tells_shapes_and_arguments() {
    let mut observer = InputObserver::of::<Decoder>();
    let calls = vec![
        Decoder::args(ids(1, 8)).cache(None).scale(3),
        Decoder::args(ids(1, 1)).cache(cache(1, 8)).scale(3),
        Decoder::args(ids(1, 1)).cache(cache(1, 9)).scale(3),
        Decoder::args(ids(1, 1)).cache(cache(1, 10)).scale(3),
    ];
    assert_eq!(generate(&observer.observe(&Decoder), calls), 4);
    // The first three are stored.
    assert_eq!(observer.num_obs(), 3);
    let dynamic = |i: i64| format!("{{{i}: DimHint(DYNAMIC)}}");
    let (one, two) = (dynamic(1), dynamic(2));
    assert_eq!(
        observer.infer_dynamic_shapes(&Batch::none()).expect("aligned").repr(),
        format!("{{'ids': {one}, 'cache': [[{two}, {two}], [{two}, {two}]], 'scale': None}}")
    );
    // The prefill call, completed by an empty cache; its type is that of the model's arguments.
    let args: <Decoder as Module>::Args = observer.infer_call(Some(0)).expect("typed");
    let flat = pytree_core::flatten(&args).expect("a tree");
    let sizes: Vec<String> =
        flat.leaves.iter().map(|leaf| leaf.tensor().map_or_else(|| format!("{leaf:?}"), ToString::to_string)).collect();
    assert_eq!(sizes, ["i64[1, 8]", "f32[1, 2, 0, 4]", "f32[1, 2, 0, 4]", "f32[1, 2, 0, 4]", "f32[1, 2, 0, 4]", "3"]);
    let batch = observer.infer_dynamic_shapes(&Batch::of(["ids"])).expect("aligned");
    assert!(
        batch.repr().starts_with("{'ids': {0: DimHint(DYNAMIC), 1: DimHint(DYNAMIC)}, 'cache': [[{2:"),
        "{}",
        batch.repr()
    );
}

#[test]
fn an_int_that_differs_is_dynamic_and_other_constants_must_agree() {
    let mut observer = InputObserver::of::<Decoder>();
    let calls = [(1, 8, 3), (1, 9, 4)].map(|(b, s, n)| (ids(b, s), cache(b, s), n));
    for (ids, cache, scale) in calls.clone() {
        // All by position.
        observer.record(&(ids, cache, scale)).expect("a set");
    }
    let shapes = observer.infer_dynamic_shapes(&Batch::all()).expect("aligned").repr();
    assert!(shapes.ends_with(", DimHint(DYNAMIC))"), "{shapes}");

    let mut by_name = InputObserver::of::<Decoder>();
    for (ids, cache, scale) in calls {
        by_name.record(&Decoder::args(ids).cache(cache).scale(scale)).expect("a set");
    }
    match by_name.infer_dynamic_shapes(&Batch::none()) {
        Err(ObserverError::ConstantsDiffer { found, expected }) => {
            assert_eq!((found.as_str(), expected.as_str()), ("{'scale': 4}", "{'scale': 3}"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_missing_can_be_given_and_what_is_too_much_removed() {
    let record = |observer: &mut InputObserver<Meta>| {
        let pixels = Value::<Meta>::tensor(TensorMeta::new(DType::Float32, [1, 3]));
        let text = |n| Value::<Meta>::tensor(ids(1, n));
        observer.record(&Value::dict([("ids", text(8)), ("cache", pixels)])).expect("a set");
        observer.record(&Value::dict([("ids", text(1)), ("scale", text(2))])).expect("a set");
    };
    let mut observer = InputObserver::new(Decoder::signature());
    record(&mut observer);
    let refused = observer.infer_dynamic_shapes(&Batch::none()).expect_err("no call has all");
    assert_eq!(
        refused.to_string(),
        "At least one call to the observed model must contain all the named arguments. candidate kwargs=[\"ids\", \
         \"scale\"], best candidate kwargs=[\"ids\", \"cache\"]; name what is missing by `value_if_missing`"
    );
    let empty = Value::<Meta>::tensor(ids(1, 0));
    let mut completed = InputObserver::new(Decoder::signature()).value_if_missing("scale", empty);
    record(&mut completed);
    assert_eq!(
        completed.infer_dynamic_shapes(&Batch::none()).expect("complete").repr(),
        "{'ids': {1: DimHint(DYNAMIC)}, 'cache': {}, 'scale': {1: DimHint(DYNAMIC)}}"
    );
    observer.remove_inputs(&[Input::from("scale")]).expect("no *args");
    assert_eq!(
        observer.infer_dynamic_shapes(&Batch::none()).expect("aligned").repr(),
        "{'ids': {1: DimHint(DYNAMIC)}, 'cache': {}}"
    );
    let none = Value::<Meta>::Leaf(Leaf::None);
    let unknown = InputObserver::new(Decoder::signature()).value_if_missing("mask", none).record(&(ids(1, 2),));
    assert!(matches!(unknown.expect_err("no such argument"), ObserverError::NotInSignature { .. }));
}

#[test]
fn what_cannot_be_recorded_is_reported_when_something_is_inferred() {
    let empty = InputObserver::<Meta>::of::<Decoder>();
    assert_eq!(empty.infer_arguments().expect_err("nothing"), ObserverError::NoCalls);
    let mut observer = InputObserver::of::<Decoder>().value_if_missing(7, Value::tensor(ids(1, 1)));
    let calls = vec![Decoder::args(ids(1, 8)).cache(None).scale(3)];
    assert_eq!(generate(&observer.observe(&Decoder), calls), 1, "the model runs all the same");
    assert!(matches!(observer.infer_arguments(), Err(ObserverError::NotInSignature { .. })));
    let mut constant = InputObserver::<Meta>::of::<Decoder>().default_value("scale", Constant::Int(3));
    constant.record(&Decoder::args(ids(1, 8)).cache(None).scale(3)).expect("a set");
    // What equals its default is not given at all.
    assert_eq!(constant.infer_dynamic_shapes(&Batch::none()).expect("one call").repr(), "({},)");
}
