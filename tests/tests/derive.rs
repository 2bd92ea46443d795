//! smoke
use pytree_core::{DType, Meta, PyTree, TensorMeta, flatten, into_leaves, map, unflatten};

#[derive(PyTree, Debug, PartialEq)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping", family = Meta)]
struct DynamicCache {
    key_cache: Vec<TensorMeta>,
    value_cache: Vec<TensorMeta>,
}

#[derive(PyTree, Debug, PartialEq)]
struct Inputs<T> {
    x: T,
    y: Option<T>,
    #[pytree(static)]
    mode: String,
    kids: Vec<Inputs<T>>,
    #[pytree(skip)]
    seen: u8,
}

#[test]
fn smoke() {
    let t = |n| TensorMeta::new(DType::Float32, [n]);
    let c = DynamicCache { key_cache: vec![t(1)], value_cache: vec![t(2)] };
    println!("{}", flatten(&c).unwrap().spec);
    let i = Inputs { x: t(1), y: None, mode: "a".into(), kids: vec![Inputs{x:t(2), y:Some(t(3)), mode: "b".into(), kids: vec![], seen: 3}], seen: 4 };
    println!("{}", flatten(&i).unwrap().spec.to_json());
    let j = map::<_, Meta, _>(&i, |t| t.clone()).unwrap();
    println!("{j:?}");
    let (l, s) = into_leaves(i).unwrap();
    let _k: Inputs<TensorMeta> = unflatten(l, &s).unwrap();
}

struct Model;

#[pytree_core::module(family = Meta)]
impl Model {
    /// hi
    fn forward(&self, cache: &DynamicCache, z: &TensorMeta, rest: &[TensorMeta], name: &str, n: i64, mask: Option<&TensorMeta>, more: Option<&[TensorMeta]>) -> TensorMeta {
        let _ = (rest, name, n, mask, more);
        println!("{cache:?}");
        z.clone()
    }
}

#[test]
fn module() {
    use pytree_core::Module;
    let t = |n| TensorMeta::new(DType::Float32, [n]);
    let c = || DynamicCache { key_cache: vec![t(1)], value_cache: vec![t(2)] };
    let a = Model::args((c(), t(1))).mask(None).rest(vec![t(3)]).name("a".into()).n(3).more(None);
    println!("{a:?}");
    println!("{:?}", Model.call(&a));
    println!("{:?}", Model.call(&Model::args(c())));
}
