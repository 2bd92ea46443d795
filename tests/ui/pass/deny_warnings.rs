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

/// A deprecated type.
#[derive(PyTree)]
#[deprecated]
pub struct Old<T> {
    x: T,
}

/// A type with deprecated parts.
#[derive(PyTree)]
pub enum Older<T> {
    /// Not any more.
    #[deprecated]
    Gone(T),
    /// With a deprecated field.
    Kept {
        /// Not any more.
        #[deprecated]
        x: Option<T>,
    },
}

/// A type of a deprecated one.
#[derive(PyTree)]
#[allow(deprecated)]
#[pytree(family = Meta)]
pub struct Holds {
    /// The old one.
    pub old: Old<TensorMeta>,
}

/// A deprecated model.
pub struct OldModel;

#[module(family = Meta)]
impl OldModel {
    /// Its forward.
    #[deprecated]
    pub fn forward(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

fn main() {
    #[allow(deprecated)]
    let _ = |old: Old<i64>| old.x;
}
