//! What the code that `#[derive(PyTree)]` and `#[module]` generate uses. It is not meant for use by hand.
//!
//! Generated code may be under `#![no_implicit_prelude]`, so every name that it needs is here.

mod arguments;
mod fields;
mod hints;
mod joined;
mod outcome;
mod python_name;
mod static_field;

pub use arguments::{Positional, debug_args, keyword_only, share, slot};
pub use fields::{AllMovable, Described, Given, Movable, Reader, Skipped, Unread, Whole};
pub use hints::{Character, Child, LargeNumber, Locked, Marker, Object, Outcome, Set, Shared, SmallNumber, Unordered};
pub use joined::{FieldNames, Joined, Part, distinct};
pub use outcome::{AsBox, BoxedKind, ByText, Fallible, ShownKind};
pub use python_name::{dotted, dotted_len, text};
pub use static_field::{
    Holds, HoldsNone, Sort, StaticField, StaticsError, StaticsObject, StaticsValue, Tensors, write_variant,
};

/// The root of the library, for `Tch`: without the feature the compiler then says in which crate it is missing, and why.
pub use crate as library;
pub use crate::leaf::ByLeaf;
pub use crate::walk::{
    Fields, FieldsMut, FieldsOwned, Parts, PartsOwned, Rebuilder, Variant, With, WithOwned, into_parts, into_struct,
    rebuild_enum, rebuild_parts, rebuild_struct, walk_parts, walk_parts_mut, walk_struct, walk_struct_mut,
};
pub use crate::{
    __python_name as python_name, AsLeaf, Call, Describes, Family, ForwardError, Kind, Meta, Mismatch, Module,
    NodeType, OwnedTree, Parameter, ParameterKind, PyTree, Retype, ShareTensor, Signature, Slots, Source, Statics,
    TreeSpec, UnflattenError, VarArgs, VarKwargs, Visitor, VisitorMut, VisitorOwned,
};
pub use std::convert::Into;
pub use std::default::Default;
pub use std::fmt::{Debug, Formatter, Result as FmtResult};
pub use std::iter::{Extend, IntoIterator};
pub use std::marker::PhantomData;
use std::ops::ControlFlow;
pub use std::ops::Fn;
pub use std::option::Option::{self, None, Some};
/// Under names of their own, since a user may have a type `str`.
pub use std::primitive::{bool as Bool, str as Str, u8 as Byte};
pub use std::result::Result::{self, Err, Ok};
pub use std::string::String;
pub use std::vec::Vec;
pub use std::{assert, concat, module_path};

/// The result of the walks of a derived type.
pub type Flow<B> = ControlFlow<B>;
/// The result of rebuilding.
pub type Rebuilt<X> = Result<X, UnflattenError>;
