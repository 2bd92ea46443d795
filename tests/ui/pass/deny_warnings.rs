//! Expansions cause no warnings, whatever lints are on.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms, future_incompatible)]
#![deny(nonstandard_style, unused, private_interfaces, private_bounds, unsafe_code, single_use_lifetimes)]

use pytree_core::{Meta, PyTree, TensorMeta, module};

/// Public, with private parts.
#[derive(PyTree)]
pub struct Inputs<T> {
    x: T,
    inner: Private<T>,
    #[pytree(static)]
    mode: String,
}

#[derive(PyTree)]
struct Private<T> {
    list: Vec<Private<T>>,
    x: Option<T>,
}

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Empty {}

/// A public model.
pub struct Model;

#[module(family = Meta)]
impl Model {
    /// Its forward.
    pub fn forward(&self, inputs: &Inputs<TensorMeta>, args: i64) -> TensorMeta {
        let _ = (&inputs.inner.list, &inputs.inner.x, &inputs.mode, args);
        inputs.x.clone()
    }
}

struct Hidden;

#[module(family = Meta)]
impl Hidden {
    fn forward(&self, _empty: &Empty) {
        let _ = (Hidden, Empty {});
    }
}

fn main() {}
