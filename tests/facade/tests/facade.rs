//! `#[derive(PyTree)]`, `#[module]` and `function!` under the names of `torch_export`.

use std::error::Error;
use torch_export::prelude::*;
use torch_export::pytree::{BindError, DType, IndexMap, Signature, structure};

#[derive(PyTree, Debug, PartialEq)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct Cache<T> {
    key_cache: Vec<T>,
    value_cache: Vec<T>,
}

#[derive(PyTree, Debug, PartialEq)]
#[pytree(family = Meta)]
enum Mask {
    Causal,
    Dense(TensorMeta),
    Window {
        mask: Option<TensorMeta>,
        #[pytree(static)]
        size: usize,
    },
}

mod halves {
    use std::ops::ControlFlow;
    use torch_export::pytree::{
        Family, Leaf, LeafMut, LeafRef, Mismatch, Source, UnflattenError, Visitor, VisitorMut, VisitorOwned,
    };

    pub(super) fn walk<'a, F: Family, V: Visitor<'a, F>>(v: &'a i32, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(LeafRef::Float(f64::from(*v) / 2.0))
    }
    pub(super) fn walk_mut<F: Family, V: VisitorMut<F>>(v: &mut i32, visitor: &mut V) -> ControlFlow<V::Break> {
        let mut half = f64::from(*v) / 2.0;
        let flow = visitor.leaf(LeafMut::Float(&mut half));
        *v = (half * 2.0) as i32;
        flow
    }
    pub(super) fn into_walk<F: Family, V: VisitorOwned<F>>(v: i32, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(Leaf::Float(f64::from(v) / 2.0))
    }
    pub(super) fn rebuild<F: Family, S: Source<F>>(source: &mut S) -> Result<i32, UnflattenError> {
        match source.leaf()? {
            Leaf::Float(half) => Ok((half * 2.0) as i32),
            other => Err(source.fail(Mismatch::Value(format!("{} is not a half", other.kind()).into()))),
        }
    }
}

#[derive(PyTree, Debug, PartialEq)]
struct Inner<T> {
    y: Option<T>,
    z: [T; 2],
}

#[derive(PyTree, Debug, PartialEq)]
struct Inputs<T> {
    x: T,
    #[pytree(flatten)]
    inner: Inner<T>,
    #[pytree(leaf)]
    small: u8,
    #[pytree(with = halves)]
    half: i32,
    #[pytree(skip)]
    seen: usize,
    #[pytree(static)]
    mode: String,
}

fn x() -> TensorMeta {
    TensorMeta::new(DType::Float32, [2, 3])
}

fn inputs() -> Inputs<TensorMeta> {
    let inner = Inner { y: None, z: [x(), x()] };
    Inputs { x: x(), inner, small: 3, half: 5, seen: 0, mode: "eval".to_owned() }
}

#[test]
fn every_role_of_a_field() -> Result<(), Box<dyn Error>> {
    let tree = inputs();
    let flat = flatten(&tree)?;
    assert_eq!(
        flat.spec.to_string(),
        "TreeSpec(Inputs, [['x', 'z', 'small', 'half'], ['y'], {'mode': 'eval'}], [*,\n  TreeSpec(list, None, [*,\n    *]),\n  *,\n  *])"
    );
    assert!(flat.spec.to_json()?.contains(r#""type": "facade.Inputs""#), "{}", flat.spec.to_json()?);
    let again: Inputs<TensorMeta> = map::<_, Meta, _>(&tree, TensorMeta::clone)?;
    assert_eq!(again, tree);
    Ok(())
}

#[test]
fn every_variant_of_an_enum() -> Result<(), Box<dyn Error>> {
    for mask in [Mask::Causal, Mask::Dense(x()), Mask::Window { mask: None, size: 4 }] {
        let flat = flatten::<Meta, _>(&mask)?;
        let again: Mask = unflatten(flat.leaves.iter().map(|leaf| leaf.map::<Meta>(Clone::clone)), &flat.spec)?;
        assert_eq!(again, mask);
    }
    Ok(())
}

struct Model {
    scale: i64,
}

#[module(family = Meta)]
impl Model {
    fn forward(
        &self,
        #[returned] cache: &mut Cache<TensorMeta>,
        x: &TensorMeta,
        mask: Option<&Mask>,
        #[default(2)] times: i64,
        #[args] rest: &[TensorMeta],
        #[kwargs] extra: &IndexMap<String, TensorMeta>,
    ) -> i64 {
        cache.key_cache.push(x.clone());
        self.scale * times + (rest.len() + extra.len()) as i64 + i64::from(mask.is_some())
    }
}

#[test]
fn a_model_and_its_arguments() -> Result<(), Box<dyn Error>> {
    let cache = || Cache { key_cache: vec![], value_cache: vec![x()] };
    let model = Model { scale: 10 };
    let call = Model::args((cache(), x())).times(3);
    assert_eq!(model.call(&call)?, (30, Cache { key_cache: vec![x()], value_cache: vec![x()] }));
    assert_eq!(structure(&call)?.pprint(), "((DynamicCache(key_cache=[], value_cache=[*]), *), {'times': *})");
    let call = Model::args((cache(), x(), None, 1)).rest([x()]).extra([("bias", x())]);
    assert_eq!(model.call(&call)?.0, 12);
    let error = model.call(&Model::args(cache())).err().ok_or("an argument is missing")?;
    assert_eq!(error, BindError::Missing("x".to_owned()));
    let names: Vec<&str> = Model::signature().parameters().iter().map(|p| p.name.as_ref()).collect();
    assert_eq!(names, ["cache", "x", "mask", "times", "rest", "extra"]);
    assert!(std::ptr::eq::<Signature>(Model::signature(), Model::signature()));
    Ok(())
}

#[test]
fn a_closure() -> Result<(), Box<dyn Error>> {
    let wider = 1;
    let add = function!(family = Meta, name = "Add", |a: &TensorMeta, b: &TensorMeta| -> Vec<i64> {
        a.sizes.iter().zip(&b.sizes).map(|(a, b)| a + b + wider).collect()
    });
    assert_eq!(add.call(&add.kwargs().b(x()).a(x()))?, [5, 7]);
    Ok(())
}

#[test]
fn shapes_of_typed_inputs() -> Result<(), Box<dyn Error>> {
    let sets = [(2, 3), (5, 3)].map(|(n, m)| {
        let cache = Cache { key_cache: vec![], value_cache: vec![TensorMeta::new(DType::Float32, [n, m])] };
        Model::args((cache, x()))
    });
    let shapes = ModelInputs::new(&Model { scale: 1 }, sets)?.guess_dynamic_shapes()?;
    assert_eq!(shapes.to_string(), "(([[], [{0: DimHint(DYNAMIC)}]], {}), {})");
    Ok(())
}
