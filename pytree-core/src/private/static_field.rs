//! Static fields: which types can be one, and how they are written into a context and read from it.

use crate::walk::Rebuilder;
use crate::{Family, NodeType, Source, UnflattenError};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A type whose values can be stored in a context: the type of a `#[pytree(static)]` field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a static field",
    label = "this cannot be stored in the spec, which is compared and written as JSON",
    note = "a static field needs `#[derive(PartialEq, serde::Serialize, serde::Deserialize)]` on `{Self}`",
    note = "tensors and types that hold them are not configuration: without `#[pytree(static)]` the field is a child of the tree",
    note = "to leave the field out of the tree use `#[pytree(skip)]`",
    note = "a type parameter that is used for a static field of a field's type is not a tree: give its bounds with `#[pytree(bound = \"..\")]`"
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
        let value = serde_json::to_value(self)?;
        // JSON has `null` for a float that is not finite, for `None` and for `()`: only reading it back tells them apart.
        if has_null(&value) && !T::deserialize(&value).is_ok_and(|again| again == *self) {
            return Err(serde::ser::Error::custom(format!(
                "JSON has `null` for the value of `{name}` or for a part of it, and `null` reads back as another value; JSON has \
                 neither NaN, nor infinite floats, nor an `Option` of an `Option`: store such a value as a text"
            )));
        }
        object.insert(name.to_owned(), value);
        Ok(())
    }

    fn read<F: Family, S: Source<F>>(
        fields: &mut Rebuilder<'_, S>,
        name: &'static str,
    ) -> Result<Self, UnflattenError> {
        fields.static_field(name)
    }
}

fn has_null(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Array(items) => items.iter().any(has_null),
        serde_json::Value::Object(entries) => entries.values().any(has_null),
        _ => false,
    }
}

/// The JSON object of [`Statics`](crate::Statics).
pub type StaticsObject = serde_json::Map<String, serde_json::Value>;
/// The JSON value of [`Statics`](crate::Statics).
pub type StaticsValue = serde_json::Value;
/// The error of [`Statics`](crate::Statics).
pub type StaticsError = serde_json::Error;

/// A type that is a tensor or holds only tensors. It cannot be a static field, even if serde can write it.
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

/// Distinguishes [`Tensors`] from other types: an inherent constant is chosen before one of a trait.
pub struct Holds<T>(std::marker::PhantomData<T>);

impl<T: Tensors> Holds<T> {
    /// The type holds tensors.
    pub const TENSORS: bool = true;
}

/// The constant of [`Holds`] for all other types.
pub trait HoldsNone {
    /// The type is not known to hold tensors.
    const TENSORS: bool = false;
}
impl<T> HoldsNone for Holds<T> {}

/// Writes the variant of an enum into its context.
pub fn write_variant(object: &mut StaticsObject, tag: &str) {
    object.insert(NodeType::VARIANT.to_owned(), tag.into());
}
