//! The written code finds every name by itself, and none of the user's.
#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types)]

use ::pytree_core::{Meta, PyTree, TensorMeta, module};

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

struct Model;

#[module(family = Meta)]
impl Model {
    fn forward(&self, inputs: &Inputs<TensorMeta>, name: &str, rest: &[TensorMeta]) -> i64 {
        let _ = (inputs, name, rest);
        0
    }
}

fn main() {
    let _ = Model::kwargs().name(::std::string::String::new());
}
