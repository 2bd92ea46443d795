//! Static fields: what may be one, and how it is written into a context and read from it.

use crate::walk::Rebuilder;
use crate::{Family, NodeType, Source, UnflattenError};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A type whose values can be kept in a context: the type of a `#[pytree(static)]` field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a static field",
    label = "this cannot be kept in the spec, which is compared and written as JSON",
    note = "a static field needs `#[derive(PartialEq, serde::Serialize, serde::Deserialize)]` on `{Self}`",
    note = "tensors and what holds them are no configuration: without `#[pytree(static)]` the field is a child of the tree",
    note = "a field that need not be carried at all is `#[pytree(skip)]`",
    note = "a parameter that is static in the type of a field is no tree: `#[pytree(bound = \"..\")]` on the type says what it is"
)]
pub trait StaticField: Sized {
    /// Adds the field to the JSON object of a context.
    fn write(&self, object: &mut StaticsObject, name: &str) -> Result<(), StaticsError>;

    /// Takes the field from the JSON object of a context.
    fn read<F: Family, S: Source<F>>(fields: &mut Rebuilder<'_, S>, name: &'static str)
    -> Result<Self, UnflattenError>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq> StaticField for T {
    fn write(&self, object: &mut StaticsObject, name: &str) -> Result<(), StaticsError> {
        object.insert(name.to_owned(), serde_json::to_value(self)?);
        Ok(())
    }

    fn read<F: Family, S: Source<F>>(
        fields: &mut Rebuilder<'_, S>,
        name: &'static str,
    ) -> Result<Self, UnflattenError> {
        fields.static_field(name)
    }
}

/// The JSON object that [`Statics`](crate::Statics) gives.
pub type StaticsObject = serde_json::Map<String, serde_json::Value>;
/// The JSON value that [`Statics`](crate::Statics) gives.
pub type StaticsValue = serde_json::Value;
/// What [`Statics`](crate::Statics) can fail with.
pub type StaticsError = serde_json::Error;

/// A type that is a tensor or holds nothing but tensors: no static field, even when serde can write it.
pub trait Tensors {}
impl Tensors for crate::TensorMeta {}
#[cfg(feature = "tch")]
impl Tensors for tch::Tensor {}
impl<T: Tensors> Tensors for [T] {}
impl<T: Tensors, const N: usize> Tensors for [T; N] {}
impl<T: Tensors> Tensors for Vec<T> {}
impl<T: Tensors> Tensors for VecDeque<T> {}
impl<T: Tensors> Tensors for Option<T> {}
impl<T: Tensors + ?Sized> Tensors for Box<T> {}
impl<K, T: Tensors> Tensors for IndexMap<K, T> {}
impl<K, T: Tensors> Tensors for BTreeMap<K, T> {}
impl<K, T: Tensors> Tensors for HashMap<K, T> {}
impl<A: Tensors> Tensors for (A,) {}
impl<A: Tensors, B: Tensors> Tensors for (A, B) {}
impl<A: Tensors, B: Tensors, C: Tensors> Tensors for (A, B, C) {}

/// Tells [`Tensors`] from other types: an inherent constant comes before one of a trait.
pub struct Holds<T>(std::marker::PhantomData<T>);

impl<T: Tensors> Holds<T> {
    /// It holds tensors.
    pub const TENSORS: bool = true;
}

/// What [`Holds`] says of all other types.
pub trait HoldsNone {
    /// It is not known to hold tensors.
    const TENSORS: bool = false;
}
impl<T> HoldsNone for Holds<T> {}

/// Writes the variant of an enum into its context.
pub fn write_variant(object: &mut StaticsObject, tag: &str) {
    object.insert(NodeType::VARIANT.to_owned(), tag.into());
}
