//! What the derive and `#[module]` write in terms of. Not for use by hand.
//!
//! Written code may stand under `#![no_implicit_prelude]`, so it finds here every name it needs.

mod arguments;
mod joined;
mod python_name;
mod static_field;

pub use arguments::{Positional, debug_args, keyword_only, share, slot};
pub use joined::{FieldNames, Joined, Part, distinct};
pub use python_name::{dotted, dotted_len, text};
pub use static_field::{
    Holds, HoldsNone, StaticField, StaticsError, StaticsObject, StaticsValue, Tensors, write_variant,
};

/// The root of the library, for `Tch`: without the feature the compiler then says in which crate it is missing, and why.
pub use crate as library;
pub use crate::fields::{Fields, FieldsMut, FieldsOwned, Rebuilder, Variant};
pub use crate::fields::{into_parts, rebuild_parts, walk_parts, walk_parts_mut};
pub use crate::fields::{into_struct, rebuild_enum, rebuild_struct, walk_struct, walk_struct_mut};
pub use crate::module::{Call, Slots, VarArgs, VarKwargs};
pub use crate::node::{NodeType, Statics};
pub use crate::tree::{Source, Visitor, VisitorMut, VisitorOwned};
pub use crate::with::{ByLeaf, Parts, PartsOwned, With, WithOwned};
pub use crate::{
    __python_name as python_name, AsLeaf, BindError, Family, Kind, Meta, Module, OwnedTree, Parameter, ParameterKind,
    PyTree, Retype, ShareTensor, Signature, TreeSpec, UnflattenError,
};
pub use std::convert::Into;
pub use std::default::Default;
pub use std::fmt::{Debug, Formatter, Result as FmtResult};
pub use std::iter::{Extend, IntoIterator};
pub use std::marker::PhantomData;
use std::ops::ControlFlow;
pub use std::ops::Fn;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::string::String;
pub use std::vec::Vec;
pub use std::{assert, concat, module_path};

/// What the walks of a derived type return.
pub type Flow<B> = ControlFlow<B>;
/// What rebuilding gives.
pub type Rebuilt<X> = Result<X, UnflattenError>;
