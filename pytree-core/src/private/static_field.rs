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
    /// Adds the field to the JSON object of a context. The items of maps and lists are sorted if `sort` says so.
    fn write(&self, object: &mut StaticsObject, name: &str, sort: Sort) -> Result<(), StaticsError>;

    /// Takes the field from the JSON object of a context.
    fn read<F: Family, S: Source<F>>(fields: &mut Rebuilder<'_, S>, name: &'static str)
    -> Result<Self, UnflattenError>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq> StaticField for T {
    fn write(&self, object: &mut StaticsObject, name: &str, sort: Sort) -> Result<(), StaticsError> {
        let mut value = serde_json::to_value(self).map_err(|e| refused(name, &e.to_string()))?;
        sorted(&mut value, sort);
        // Two values with equal specs would be taken for the same.
        match T::deserialize(&value) {
            Ok(again) if again == *self => {
                object.insert(name.to_owned(), value);
                Ok(())
            }
            Ok(_) => Err(refused(name, LOST)),
            Err(error) => Err(refused(name, &format!("{LOST} ({error})"))),
        }
    }

    fn read<F: Family, S: Source<F>>(
        fields: &mut Rebuilder<'_, S>,
        name: &'static str,
    ) -> Result<Self, UnflattenError> {
        fields.static_field(name)
    }
}

/// Which items have no order of their own, so that they are sorted to give the same JSON every time.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// The type is written with `HashMap`.
    pub maps: bool,
    /// The type is written with `HashSet`.
    pub lists: bool,
}

/// Sorts the keys of maps and the items of lists.
fn sorted(value: &mut StaticsValue, sort: Sort) {
    match value {
        StaticsValue::Array(items) => {
            items.iter_mut().for_each(|item| sorted(item, sort));
            if sort.lists {
                items.sort_by_cached_key(ToString::to_string);
            }
        }
        StaticsValue::Object(items) => {
            items.values_mut().for_each(|item| sorted(item, sort));
            if sort.maps {
                items.sort_keys();
            }
        }
        _ => {}
    }
}

/// Why a value is refused that serde can write.
const LOST: &str =
    "the value is not the same when it is read again: in JSON, NaN, infinities and a `Some` of nothing are `null`";

/// The error of a value that JSON cannot hold.
fn refused(name: &str, why: &str) -> StaticsError {
    serde::ser::Error::custom(format_args!("field `{name}`: {why}"))
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
