//! Expansions are clean in a crate that forbids and denies what it can, for rustc and for clippy.
#![forbid(deprecated, unsafe_code, non_ascii_idents)]
#![deny(warnings, missing_docs, missing_debug_implementations, unused_qualifications, unused, unreachable_pub)]
#![deny(rust_2018_idioms, rust_2024_compatibility, future_incompatible, nonstandard_style, let_underscore)]
#![deny(single_use_lifetimes, unused_lifetimes, unused_import_braces, trivial_casts, trivial_numeric_casts)]
#![deny(explicit_outlives_requirements, elided_lifetimes_in_paths, meta_variable_misuse, unit_bindings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
#![deny(clippy::impl_trait_in_params, clippy::missing_docs_in_private_items, clippy::absolute_paths)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::shadow_reuse)]
#![deny(clippy::missing_inline_in_public_items, clippy::exhaustive_structs, clippy::partial_pub_fields)]
#![allow(clippy::too_many_arguments, reason = "a model may take more")]
#![allow(clippy::multiple_crate_versions, clippy::cargo_common_metadata, reason = "not of the expansions")]

use core::iter::once;
use pytree_core::{IndexMap, Meta, Module as _, PyTree, TensorMeta, function, module};

/// A dataclass with every role.
#[derive(PyTree, Debug)]
#[non_exhaustive]
pub struct Inputs<T> {
    /// A child.
    pub x: T,
    /// A child.
    pub list: Vec<Option<T>>,
    /// A child.
    pub children: Vec<Self>,
    /// In the context.
    #[pytree(static)]
    pub mode: String,
    /// Left out.
    #[pytree(skip)]
    pub seen: u8,
    /// A leaf.
    #[pytree(leaf)]
    pub small: f32,
}

/// Concrete tensors.
#[derive(PyTree, Debug)]
#[pytree(family = Meta, as = "dict")]
#[non_exhaustive]
pub struct Concrete {
    /// A child.
    pub x: TensorMeta,
}

/// With another struct inside.
#[derive(PyTree, Debug)]
#[pytree(family = Meta)]
#[non_exhaustive]
pub struct Flat {
    /// Its children.
    #[pytree(flatten)]
    pub inner: Concrete,
    /// A child.
    pub n: i64,
}

/// Only read.
#[derive(PyTree, Debug)]
#[non_exhaustive]
pub struct View<'a, T, const N: usize> {
    /// A child.
    pub x: &'a [T; N],
}

/// An enum.
#[derive(PyTree, Debug)]
#[non_exhaustive]
pub enum Mask<T> {
    /// Nothing.
    Causal,
    /// A tensor.
    Dense(T),
    /// Named.
    Window {
        /// A child.
        mask: Option<T>,
        /// In the context.
        #[pytree(static)]
        size: usize,
    },
}

/// A unit struct.
#[derive(PyTree, Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Nothing;

/// A model.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Model;

#[module(family = Meta)]
impl Model {
    /// Its forward.
    #[inline]
    #[must_use]
    pub fn forward(
        &self,
        x: &TensorMeta,
        inputs: Inputs<TensorMeta>,
        mask: Option<&Mask<TensorMeta>>,
        name: Option<&str>,
        sizes: Option<&[i64]>,
        #[default(1.5)] scale: f64,
        #[default(vec![1])] shape: &[i64],
        #[args] rest: &[TensorMeta],
        #[kwargs] extra: &IndexMap<String, TensorMeta>,
    ) -> Vec<TensorMeta> {
        let more = rest.iter().chain(extra.values()).cloned();
        let given = usize::from(mask.is_some()) + usize::from(scale > 1.0) + name.map_or(0, str::len);
        let count = given + sizes.map_or(0, <[i64]>::len) + shape.len() - 1;
        once(x.clone()).chain([inputs.x]).chain(more).take(count).collect()
    }
}

/// A model that may fail.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Fallible;

#[module(family = Meta)]
impl Fallible {
    /// Its forward.
    ///
    /// # Errors
    /// When there is nothing.
    #[inline]
    pub fn forward(&self, #[returned] xs: &mut Vec<TensorMeta>) -> Result<TensorMeta, String> {
        xs.pop().ok_or_else(|| String::from("there is nothing"))
    }
}

fn main() {
    let times =
        function!(family = Meta, name = "Times", |x: &TensorMeta, n: i64| -> i64 { x.sizes.iter().sum::<i64>() * n });
    let x = || TensorMeta::new(pytree_core::DType::Float32, [2]);
    assert_eq!(times.call(&times.args((x(), 3))).ok(), Some(6));
    let inputs = Inputs { x: x(), list: vec![], children: vec![], mode: String::new(), seen: 0, small: 0.5 };
    let call = Model::args((x(), inputs)).mask(Mask::Causal).extra([("more", x())]);
    assert_eq!(Model.call(&call).ok(), Some(vec![x(), x()]));
    assert!(Fallible.call(&Fallible::args(vec![x()])).is_ok());
}
