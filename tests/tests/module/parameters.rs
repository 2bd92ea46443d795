//! Parameters of forward that may be left out, hold many arguments, are taken by value or changed; and closures.

use crate::tensor;
use indexmap::IndexMap;
use pytree_core::{
    BindError, Leaf, Meta, Module, ParameterKind, PyTree, TensorMeta, flatten, function, into_leaves, module,
    structure, unflatten,
};

fn paths<X: PyTree<Meta>>(tree: &X) -> Vec<String> {
    flatten(tree).unwrap().with_paths().map(|(path, _)| path.to_string()).collect()
}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my.Cache", as = "mapping", family = Meta)]
struct Cache {
    keys: Vec<TensorMeta>,
    seen: i64,
}

fn cache(sizes: &[i64]) -> Cache {
    Cache { keys: sizes.iter().map(|s| tensor(*s)).collect(), seen: 0 }
}

struct Defaults {
    scale: f64,
}

#[module(family = Meta)]
impl Defaults {
    #[allow(clippy::too_many_arguments)]
    fn forward(
        &self,
        x: &TensorMeta,
        mask: Option<&TensorMeta>,
        #[default(2.5)] scale: f64,
        #[default(vec![1, 2])] sizes: &[i64],
        #[default("none".to_owned())] mode: &str,
        #[default(tensor(9))] y: &TensorMeta,
        heads: Option<i64>,
    ) -> Vec<String> {
        let mask = mask.map_or("no mask".to_owned(), |m| m.to_string());
        let numbers = format!("{} {sizes:?} {mode} {heads:?}", self.scale * scale);
        vec![x.to_string(), mask, numbers, y.to_string()]
    }
}

#[test]
fn parameters_with_defaults_may_be_left_out() {
    let model = Defaults { scale: 2.0 };
    let call = Defaults::args(tensor(1));
    assert_eq!(model.call(&call).unwrap(), ["f32[1]", "no mask", "5 [1, 2] none None", "f32[9]"]);
    // As in Python, the spec has no argument that is left out.
    assert_eq!(structure(&call).unwrap().num_leaves(), 1);
    let call = Defaults::args((tensor(1), Some(tensor(2)), 1.0)).mode("eval".into()).heads(Some(4)).sizes(vec![]);
    assert_eq!(model.call(&call).unwrap(), ["f32[1]", "f32[2]", "2 [] eval Some(4)", "f32[9]"]);
    let call = Defaults::kwargs().x(tensor(3)).mask(None).y(tensor(4));
    assert_eq!(model.call(&call).unwrap(), ["f32[3]", "no mask", "5 [1, 2] none None", "f32[4]"]);
    assert_eq!(paths(&call), ["[1]['x']", "[1]['mask']", "[1]['y']"]);
    assert_eq!(model.call(&Defaults::kwargs()).unwrap_err(), BindError::Missing("x".into()));
    let defaults: Vec<bool> = Defaults::signature().parameters().iter().map(|p| p.has_default).collect();
    assert_eq!(defaults, [false, true, true, true, true, true, true]);
}

#[test]
fn an_option_before_a_required_parameter_is_required() {
    struct Middle;
    #[module(family = Meta)]
    impl Middle {
        fn forward(&self, mask: Option<&TensorMeta>, x: &TensorMeta, after: Option<bool>) -> i64 {
            mask.map_or(0, |m| m.sizes[0]) + x.sizes[0] + i64::from(after.unwrap_or(false))
        }
    }
    // As in Python, no parameter without a default follows one with a default.
    assert_eq!(Middle.call(&Middle::kwargs().x(tensor(1))).unwrap_err(), BindError::Missing("mask".into()));
    assert_eq!(Middle.call(&Middle::args((None, tensor(1)))).unwrap(), 1);
}

struct Many;

#[module(family = Meta)]
impl Many {
    fn forward(
        &self,
        x: &TensorMeta,
        #[args] rest: &[TensorMeta],
        scale: i64,
        flag: Option<bool>,
        #[kwargs] extra: &IndexMap<String, TensorMeta>,
    ) -> Vec<String> {
        let rest = rest.iter().map(|t| t.to_string());
        let extra = extra.iter().map(|(k, t)| format!("{k}={t}"));
        [x.to_string(), format!("{scale} {flag:?}")].into_iter().chain(rest).chain(extra).collect()
    }
}

#[test]
fn a_slice_is_args_and_a_map_is_kwargs() {
    let call = Many::args(tensor(1)).rest([tensor(2), tensor(3)]).extra([("b", tensor(5))]).scale(4);
    let call = call.extra([("a".to_owned(), tensor(6))]);
    assert_eq!(Many.call(&call).unwrap(), ["f32[1]", "4 None", "f32[2]", "f32[3]", "b=f32[5]", "a=f32[6]"]);
    assert_eq!(paths(&call), ["[0][0]", "[0][1]", "[0][2]", "[1]['b']", "[1]['scale']", "[1]['a']"]);
    let names = Many::signature().input_paths(&structure(&call).unwrap()).unwrap();
    let sources: Vec<String> = names.iter().map(|p| p.source.to_string()).collect();
    assert_eq!(sources, ["['x']", "['rest'][0]", "['rest'][1]", "['extra']['b']", "['scale']", "['extra']['a']"]);
    let kinds: Vec<ParameterKind> = Many::signature().parameters().iter().map(|p| p.kind).collect();
    assert_eq!(
        kinds,
        [
            ParameterKind::PositionalOrKeyword,
            ParameterKind::VarPositional,
            ParameterKind::KeywordOnly,
            ParameterKind::KeywordOnly,
            ParameterKind::VarKeyword
        ]
    );

    // Like any tree it can be taken apart and rebuilt.
    let (leaves, spec) = into_leaves(call).unwrap();
    let again: <Many as Module>::Args = unflatten(leaves, &spec).unwrap();
    assert_eq!(Many.call(&again).unwrap().len(), 6);
    assert_eq!(structure(&again).unwrap(), spec);

    assert_eq!(Many.call(&Many::args(tensor(1)).rest([tensor(2)])).unwrap_err(), BindError::Missing("scale".into()));
    let twice = Many::args(tensor(1)).scale(1).extra([("x", tensor(2))]);
    assert_eq!(Many.call(&twice).unwrap_err(), BindError::Multiple("x".into()));
    assert_eq!(Many.call(&Many::args(tensor(1)).scale(1).flag(Some(true))).unwrap(), ["f32[1]", "1 Some(true)"]);
}

struct Moves;

#[module(family = Meta)]
impl Moves {
    fn forward(&self, mut cache: Cache, x: TensorMeta, pair: (i64, Option<TensorMeta>)) -> (i64, Cache) {
        cache.keys.push(x);
        cache.keys.extend(pair.1);
        (pair.0, cache)
    }
}

#[test]
fn a_tree_may_be_taken_by_value() {
    let call = Moves::args((cache(&[1]), tensor(2), (7, Some(tensor(3)))));
    let after = cache(&[1, 2, 3]);
    assert_eq!(Moves.call(&call).unwrap(), (7, after.clone()));
    // The call still holds its arguments, since forward got handles of its own.
    assert_eq!(Moves.call(&call).unwrap(), (7, after));
}

struct Changes;

#[module(family = Meta)]
impl Changes {
    fn forward(&self, #[returned] cache: &mut Cache, x: &TensorMeta, #[returned] steps: &mut i64) -> TensorMeta {
        cache.keys.push(x.clone());
        cache.seen += 1;
        *steps += 1;
        tensor(cache.seen)
    }
}

#[test]
fn arguments_that_forward_changes_are_returned() {
    let call = Changes::args((cache(&[1]), tensor(2), 4));
    let after = Cache { seen: 1, ..cache(&[1, 2]) };
    assert_eq!(Changes.call(&call).unwrap(), (tensor(1), after.clone(), 5));
    assert_eq!(Changes.call(&call).unwrap(), (tensor(1), after.clone(), 5));

    struct Quiet;
    #[module(family = Meta)]
    impl Quiet {
        fn forward(&self, #[returned] cache: &mut Cache) {
            cache.keys.clear();
        }
    }
    assert_eq!(Quiet.call(&Quiet::args(cache(&[1, 2]))).unwrap(), cache(&[]));
}

#[test]
fn a_closure_is_a_model() {
    let wider = tensor(3);
    let add = function!(family = Meta, name = "Add", |x: &TensorMeta, #[default(1)] times: i64| -> TensorMeta {
        tensor(x.sizes[0] * times + wider.sizes[0])
    });
    fn run<M: Module<Family = Meta>>(model: &M, args: &M::Args) -> (String, M::Output) {
        (M::name().to_owned(), model.call(args).unwrap())
    }
    assert_eq!(run(&add, &add.args(tensor(2))), ("Add".to_owned(), tensor(5)));
    assert_eq!(run(&add, &add.kwargs().times(10).x(tensor(2))).1, tensor(23));

    // A plain function, with names for its parameters.
    fn plain(x: &[TensorMeta], scale: f64) -> Vec<f64> {
        x.iter().map(|t| scale * t.rank() as f64).collect()
    }
    let model =
        function!(family = Meta, move |inputs: &[TensorMeta], factor: f64| -> Vec<f64> { plain(inputs, factor) });
    let call = model.args(vec![tensor(1)]).factor(2.0);
    assert_eq!(paths(&call), ["[0][0][0]", "[1]['factor']"]);
    assert_eq!(run(&model, &call), ("Function".to_owned(), vec![2.0]));

    let nothing = function!(family = Meta, || -> () {});
    assert_eq!(run(&nothing, &nothing.args(())).1, ());
    let leaves: Vec<Leaf<Meta>> = into_leaves::<Meta, _>(nothing.kwargs()).unwrap().0;
    assert!(leaves.is_empty());
}
