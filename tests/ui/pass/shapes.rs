//! Every shape of type, as macros write them too.
use pytree_core::{DType, Leaf, Meta, PyTree, TensorMeta, into_leaves, structure, unflatten};

macro_rules! types {
    ($($name:ident($($ty:ty),*);)*) => {
        $(#[derive(PyTree, Debug, PartialEq)]
        #[pytree(family = Meta)]
        struct $name($($ty),*);)*
    };
    (enum $name:ident { $($variant:ident($ty:ty),)* }) => {
        #[derive(PyTree, Debug, PartialEq)]
        #[pytree(family = Meta)]
        enum $name<T> {
            $($variant($ty),)*
            Plain(T),
        }
    };
}
types! {
    One(Vec<TensorMeta>);
    Two(One, Option<i64>);
    Three();
}
types! {
    enum Either {
        Left(Two),
        Right(i64),
    }
}

#[derive(PyTree, Debug, PartialEq)]
struct r#Unit;

#[derive(PyTree, Debug, PartialEq)]
#[pytree(family = Meta)]
enum r#Loop {
    r#Type { r#fn: TensorMeta, r#struct: Option<Box<r#Loop>> },
    r#Match(r#Unit),
}

fn main() {
    let t = || TensorMeta::new(DType::Float32, [2]);
    let tree = (Two(One(vec![t()]), None), Three(), Unit);
    let (leaves, spec) = into_leaves::<Meta, _>(tree).unwrap();
    assert_eq!(leaves.len(), 2);
    let again: (Two, Three, Unit) = unflatten(leaves, &spec).unwrap();
    assert_eq!(again.0, Two(One(vec![t()]), None));
    let either: Either<TensorMeta> = Either::Plain(t());
    assert_eq!(structure::<Meta, _>(&either).unwrap().num_leaves(), 1);
    assert_ne!(Either::Left(again.0), Either::<i64>::Right(1));
    let tree = Loop::Type { r#fn: t(), r#struct: Some(Box::new(Loop::Match(Unit))) };
    let (leaves, spec) = into_leaves::<Meta, _>(tree).unwrap();
    assert_eq!(leaves, [Leaf::Tensor(t())]);
    assert!(spec.to_string().contains("'variant': 'Type'"), "{spec}");
    assert!(spec.to_string().contains("['fn', 'struct']"), "{spec}");
}
