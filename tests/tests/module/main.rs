//! `#[module]` and `function!`, on tensors without data.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod outcomes;
mod parameters;

use pytree_core::{
    BindError, DType, Leaf, Meta, Module, OwnedTree, PyTree, Signature, TensorMeta, UnflattenError, flatten,
    into_leaves, leaves, map_leaves, module, structure, unflatten,
};

fn tensor(size: i64) -> TensorMeta {
    TensorMeta::new(DType::Float32, [size])
}

#[derive(PyTree, Clone)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping", family = Meta)]
struct DynamicCache {
    key_cache: Vec<TensorMeta>,
    value_cache: Vec<TensorMeta>,
}

fn cache() -> DynamicCache {
    DynamicCache { key_cache: vec![tensor(2)], value_cache: vec![tensor(3)] }
}

#[derive(PyTree)]
#[pytree(name = "my_project.Inputs", family = Meta)]
struct Inputs {
    x: TensorMeta,
    mask: Option<TensorMeta>,
    n: i64,
}

struct Add;

#[module(family = Meta)]
impl Add {
    /// Looks like forward, but the macro does not read expressions.
    const NAME: &'static str = "fn forward(x)";

    fn forward(&self, x: &TensorMeta, y: &TensorMeta) -> TensorMeta {
        self.wider(x, y)
    }

    fn wider(&self, x: &TensorMeta, y: &TensorMeta) -> TensorMeta {
        TensorMeta::new(x.dtype, x.sizes.iter().zip(&y.sizes).map(|(a, b)| *a.max(b)))
    }
}

struct WithCache {
    heads: i64,
}

#[module(family = Meta)]
impl WithCache {
    pub(crate) fn forward<'a>(&self, cache: &'a DynamicCache, mut z: &'a TensorMeta) -> (TensorMeta, i64) {
        if let Some(key) = cache.key_cache.first() {
            z = key;
        }
        (z.clone(), self.heads)
    }
}

struct Data;

#[module(family = Meta)]
impl Data {
    fn forward(&self, inputs: &Inputs, rest: &[TensorMeta], name: &str, scale: f64) -> Vec<String> {
        let sizes = std::iter::once(&inputs.x).chain(&inputs.mask).chain(rest).map(|t| t.to_string());
        sizes.chain([name.to_owned(), scale.to_string(), inputs.n.to_string()]).collect()
    }
}

/// `in_specs.json` holds the specs that PyTorch makes for the same calls of the same models.
#[test]
fn the_spec_of_the_arguments_is_torchs_in_spec() {
    let recorded: serde_json::Value = serde_json::from_str(include_str!("in_specs.json")).unwrap();
    fn is(recorded: &serde_json::Value, name: &str, args: &impl PyTree<Meta>) {
        assert_eq!(Some(structure(args).unwrap().to_json().unwrap().as_str()), recorded[name].as_str(), "{name}");
    }
    is(&recorded, "args", &Add::args((tensor(5), tensor(1))));
    is(&recorded, "kwargs", &Add::kwargs().x(tensor(5)).y(tensor(1)));
    is(&recorded, "kwargs reversed", &Add::kwargs().y(tensor(5)).x(tensor(1)));
    is(&recorded, "mixed", &Add::args(tensor(5)).y(tensor(1)));
    is(&recorded, "mixed", &Add::args((tensor(5),)).y(tensor(1)));
    is(&recorded, "cache", &WithCache::args((cache(), tensor(1))));
    is(&recorded, "cache mixed", &WithCache::args(cache()).z(tensor(1)));
    let inputs = Inputs { x: tensor(5), mask: None, n: 3 };
    is(&recorded, "data", &Data::args((inputs, vec![tensor(5)])).scale(2.5).name("a".into()));
}

#[test]
fn leaves_have_the_paths_of_torch() {
    let call = WithCache::args(cache()).z(tensor(1));
    let paths: Vec<String> = flatten(&call).unwrap().with_paths().map(|(path, _)| path.to_string()).collect();
    assert_eq!(paths, ["[0][0]['key_cache'][0]", "[0][0]['value_cache'][0]", "[1]['z']"]);
    let names = WithCache::signature().input_paths(&structure(&call).unwrap()).unwrap();
    let names: Vec<String> = names.iter().map(|p| p.source.to_string()).collect();
    assert_eq!(names, ["['cache']['key_cache'][0]", "['cache']['value_cache'][0]", "['z']"]);
}

#[test]
fn forward_is_called_with_what_was_given() {
    assert_eq!(Add.call(&Add::args((tensor(5), tensor(7)))).unwrap(), tensor(7));
    assert_eq!(Add.call(&Add::kwargs().y(tensor(9)).x(tensor(5))).unwrap(), tensor(9));
    let model = WithCache { heads: 4 };
    assert_eq!(model.call(&WithCache::args(cache()).z(tensor(1))).unwrap(), (tensor(2), 4));
    let inputs = Inputs { x: tensor(5), mask: Some(tensor(1)), n: 3 };
    let given = Data::args((inputs, vec![tensor(6)], "a".into(), 2.5));
    assert_eq!(Data.call(&given).unwrap(), ["f32[5]", "f32[1]", "f32[6]", "a", "2.5", "3"]);
    assert_eq!((Add::name(), Add::NAME), ("Add", "fn forward(x)"));
}

#[test]
fn wrong_calls_are_reported_in_pythons_words() {
    let missing = Add.call(&Add::args(tensor(1))).unwrap_err();
    assert_eq!(missing.to_string(), "missing a required argument: 'y'");
    let none = Add.call(&Add::kwargs()).unwrap_err();
    assert_eq!(none.to_string(), "missing a required argument: 'x'");
    let twice = Add.call(&Add::args((tensor(1), tensor(2))).y(tensor(3))).unwrap_err();
    assert_eq!(twice.to_string(), "multiple values for argument 'y'");
    assert_eq!(Add.call(&Add::args(tensor(0)).y(tensor(1)).y(tensor(2))).unwrap_err(), BindError::Multiple("y".into()));
}

#[test]
fn arguments_are_a_tree_like_any_other() {
    let call = WithCache::args(cache()).z(tensor(1));
    let (leaves, spec) = into_leaves(call).unwrap();
    assert_eq!(leaves.len(), 3);
    let again: <WithCache as Module>::Args = unflatten(leaves.clone(), &spec).unwrap();
    assert_eq!(WithCache { heads: 1 }.call(&again).unwrap(), (tensor(2), 1));

    let doubled = map_leaves(again, |leaf| match leaf {
        Leaf::Tensor(t) => Leaf::Tensor(tensor(2 * t.sizes[0])),
        other => other,
    });
    let doubled = doubled.unwrap();
    let sizes: Vec<i64> = pytree_core::tensors(&doubled).iter().map(|t| t.sizes[0]).collect();
    assert_eq!(sizes, [4, 6, 2]);
    assert_eq!(structure(&doubled).unwrap(), spec);

    // The arguments of another forward do not fit.
    let error = unflatten::<Meta, <Data as Module>::Args>(leaves, &spec).unwrap_err();
    assert!(matches!(error, UnflattenError::Node { .. }), "{error}");
    assert_eq!(format!("{:?}", Add::args(tensor(1)).y(tensor(2))).split_once('(').unwrap().0, "Add::args");
}

/// Parameters with names that the expansion uses itself, and every way to take an argument.
struct Odd<'a, T>(&'a T);

#[module(family = Meta, crate = "pytree_core")]
impl<'a, T> Odd<'a, T>
where
    T: Copy + Into<i64>,
{
    #[allow(clippy::too_many_arguments, clippy::ptr_arg)]
    fn forward<'b>(
        &'b self,
        args: i64,
        kwargs: bool,
        r#type: Option<&'b TensorMeta>,
        slots: Option<&[TensorMeta]>,
        name: Option<&str>,
        walk: Option<f64>,
        call: &Option<TensorMeta>,
        signature: &(i64, Vec<String>),
        #[allow(unused)] rebuild: &Vec<DynamicCache>,
    ) -> Option<Vec<i64>> {
        let count = |n: usize| i64::try_from(n).unwrap();
        let given = [
            args,
            kwargs.into(),
            r#type.map_or(-1, |t| t.sizes[0]),
            slots.map_or(-1, |s| count(s.len())),
            name.map_or(-1, |n| count(n.len())),
            walk.map_or(-1, |w| w as i64),
            call.as_ref().map_or(-1, |t| t.sizes[0]),
            signature.0,
            (*self.0).into(),
        ];
        Some(given.to_vec())
    }
}

#[test]
fn every_parameter_name_and_kind_works() {
    let model = Odd(&3_i32);
    let names: Vec<&str> = Odd::<i32>::signature().parameters().iter().map(|p| p.name.as_ref()).collect();
    assert_eq!(names, ["args", "kwargs", "type", "slots", "name", "walk", "call", "signature", "rebuild"]);
    let call = Odd::<i32>::args((7, true, Some(tensor(5))))
        .slots(Some(vec![tensor(1), tensor(2)]))
        .name(Some("abc".into()))
        .walk(Some(4.5))
        .call(Some(tensor(6)))
        .signature((8, vec![]))
        .rebuild(vec![cache()]);
    assert_eq!(model.call(&call).unwrap().unwrap(), [7, 1, 5, 2, 3, 4, 6, 8, 3]);
    let nothing = Odd::<i32>::kwargs().args(7).kwargs(false).r#type(None).slots(None).name(None).walk(None);
    let nothing = nothing.call(None).signature((8, vec!["s".into()])).rebuild(vec![]);
    assert_eq!(leaves::<Meta, _>(&nothing).len(), 9);
    assert_eq!(model.call(&nothing).unwrap().unwrap(), [7, 0, -1, -1, -1, -1, -1, 8, 3]);
}

#[test]
fn a_forward_may_take_and_return_nothing() {
    struct Quiet;
    #[module(family = Meta)]
    impl Quiet {
        fn forward(&self) {}
    }
    fn run<M: Module<Family = Meta>>(model: &M, args: &M::Args) -> (usize, &'static Signature)
    where
        M::Output: OwnedTree<Meta>,
    {
        let output = model.call(args).unwrap();
        (structure(args).unwrap().num_leaves() + leaves(&output).len(), M::signature())
    }
    let (count, signature) = run(&Quiet, &Quiet::args(()));
    assert_eq!((count, signature.parameters().len()), (0, 0));
    assert_eq!(structure(&Quiet::kwargs()).unwrap(), structure(&Quiet::args(())).unwrap());
}

/// A model written by a macro, whose types are in invisible groups.
macro_rules! model {
    ($name:ident, $($parameter:ident: $type:ty),*) => {
        struct $name;
        #[module(family = Meta)]
        impl $name {
            fn forward(&self, $($parameter: $type),*) -> usize_as_int!() {
                0 $(+ { let _ = $parameter; 1 })*
            }
        }
    };
}
macro_rules! usize_as_int {
    () => {
        i64
    };
}
model!(Written, a: &TensorMeta, b: &[TensorMeta], c: i64, d: Option<&str>);

#[test]
fn models_written_by_macros_work() {
    let call = Written::args((tensor(1), vec![tensor(2)])).c(3).d(None);
    assert_eq!(Written.call(&call).unwrap(), 4);
}
