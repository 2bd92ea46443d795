//! Expansions need no names in scope, and never use those of the user.
#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types)]

use ::pytree_core::{Meta, PyTree, TensorMeta, function, module};

mod core {}
mod std {}
mod pytree_core {}
enum Option {}
enum Result {}
enum Vec {}
enum String {}
struct Some;
struct Ok;
struct None;
trait Default {}
trait Module {}
trait Retype {}

#[derive(PyTree)]
struct Inputs<T> {
    x: T,
    y: ::std::option::Option<T>,
    rest: ::std::vec::Vec<T>,
    #[pytree(static)]
    mode: ::std::string::String,
    #[pytree(skip)]
    seen: u8,
}

trait Fn {}
trait IntoIterator {}
trait Extend {}
struct PhantomData;
struct str;

mod half {
    use ::pytree_core::{Family, Source, UnflattenError, Visitor, VisitorMut, VisitorOwned};
    use ::std::{ops::ControlFlow, result::Result, todo};

    pub fn walk<'a, F: Family, V: Visitor<'a, F>>(_: &'a f32, _: &mut V) -> ControlFlow<V::Break> {
        todo!()
    }
    pub fn walk_mut<F: Family, V: VisitorMut<F>>(_: &mut f32, _: &mut V) -> ControlFlow<V::Break> {
        todo!()
    }
    pub fn into_walk<F: Family, V: VisitorOwned<F>>(_: f32, _: &mut V) -> ControlFlow<V::Break> {
        todo!()
    }
    pub fn rebuild<F: Family, S: Source<F>>(_: &mut S) -> Result<f32, UnflattenError> {
        todo!()
    }
}

#[derive(PyTree)]
enum Mask<T> {
    Causal,
    Dense(T, #[pytree(leaf)] u8),
    Window {
        #[pytree(static)]
        size: usize,
        #[pytree(skip)]
        seen: u8,
        #[pytree(with = half)]
        half: f32,
    },
}

#[derive(PyTree)]
struct Outer<T> {
    #[pytree(flatten)]
    flat: Flat<T>,
    more: T,
}

#[derive(PyTree)]
#[pytree(as = "dict")]
struct Flat<T> {
    x: T,
}

#[derive(PyTree)]
#[pytree(remote = "Outer<T>")]
struct OuterDef<T> {
    flat: Flat<T>,
    more: T,
}

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, inputs: &Inputs<TensorMeta>, name: &[i64], #[default(1)] n: i64, #[args] rest: &[TensorMeta]) -> i64 {
        let _ = (inputs, name, n, rest);
        0
    }
}

fn main() {
    let _ = function!(family = Meta, |x: TensorMeta, #[returned] n: &mut i64| -> i64 {
        *n += 1;
        x.sizes[0] + *n
    });
    let _ = Model::kwargs().name(::std::vec::Vec::new());
}
