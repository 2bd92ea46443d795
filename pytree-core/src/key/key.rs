//! The keys of Python's dicts.

use crate::python;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A key of a Python `dict`, of the types that a treespec can hold.
///
/// Keys are equal when Python's are, since a dict cannot hold two equal keys: `1`, `1.0` and `True` are one key.
///
/// ```
/// use pytree_core::Key;
/// assert_eq!(Key::Int(1), Key::Bool(true));
/// assert_ne!(Key::Int(1), Key::from("1"));
/// assert_eq!(Key::from("it's").to_string(), "\"it's\"");
/// assert_eq!(Key::from(0), Key::Int(0));
/// ```
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Key {
    /// A `str`.
    Str(Cow<'static, str>),
    /// An `int`.
    Int(i64),
    /// A `bool`.
    Bool(bool),
    /// A `float`.
    Float(#[serde(with = "python::float_text")] f64),
    /// `None`.
    None,
    /// A member of an `enum.Enum`.
    Enum(EnumKey),
}

/// A member of a Python enum, identified by its names alone.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct EnumKey {
    /// The module and the qualified name of the class: `my.module:Color`.
    pub fqn: Cow<'static, str>,
    /// The name of the member: `RED`.
    pub name: Cow<'static, str>,
    /// The `repr` of the member's value, where it is known. Treespec JSON does not hold it, and equality ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Cow<'static, str>>,
}

impl EnumKey {
    /// The member `name` of the enum class `fqn`; the value of the member is not known.
    pub fn new(fqn: impl Into<Cow<'static, str>>, name: impl Into<Cow<'static, str>>) -> Self {
        EnumKey { fqn: fqn.into(), name: name.into(), value: None }
    }

    /// `Color.RED`
    fn dotted(&self) -> String {
        let class = self.fqn.rsplit([':', '.']).next().unwrap_or(&self.fqn);
        format!("{class}.{}", self.name)
    }
}

impl Key {
    /// The string of a `str` key.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Key::Str(s) => Some(s),
            _ => None,
        }
    }

    /// Whether it is this `str`.
    pub(crate) fn is_str(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }

    /// `str(key)` in Python: a `str` without quotes.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Key::Str(s) => Cow::Borrowed(s),
            Key::Enum(member) => Cow::Owned(member.dotted()),
            other => Cow::Owned(other.to_string()),
        }
    }

    /// The number that a key equals: integral floats and bools equal ints, as in Python.
    fn number(&self) -> Option<Number> {
        // 2^63: the first float above every `i64`.
        const END: f64 = 9_223_372_036_854_775_808.0;
        match self {
            Key::Int(v) => Some(Number::Int(*v)),
            Key::Bool(v) => Some(Number::Int(i64::from(*v))),
            Key::Float(v) if v.fract() == 0.0 && (-END..END).contains(v) => Some(Number::Int(*v as i64)),
            // Bits are compared, so that NaN equals itself: Python compares keys by identity first.
            Key::Float(v) => Some(Number::Float(v.to_bits())),
            _ => None,
        }
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Number {
    Int(i64),
    Float(u64),
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Key::Str(a), Key::Str(b)) => a == b,
            (Key::None, Key::None) => true,
            (Key::Enum(a), Key::Enum(b)) => a.fqn == b.fqn && a.name == b.name,
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}
impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Key::Str(s) => s.hash(state),
            Key::None => state.write_u8(0),
            Key::Enum(member) => (&member.fqn, &member.name).hash(state),
            Key::Int(_) | Key::Bool(_) | Key::Float(_) => self.number().hash(state),
        }
    }
}

impl From<&'static str> for Key {
    fn from(s: &'static str) -> Self {
        Key::Str(Cow::Borrowed(s))
    }
}
impl From<String> for Key {
    fn from(s: String) -> Self {
        Key::Str(Cow::Owned(s))
    }
}
/// Keys from numbers. A literal whose type nothing else determines is an `i32`.
macro_rules! from_number {
    ($($type:ty => $variant:ident,)*) => {$(
        impl From<$type> for Key {
            fn from(v: $type) -> Self {
                Key::$variant(v.into())
            }
        }
    )*};
}
from_number! { i64 => Int, i32 => Int, f64 => Float, bool => Bool, }

/// Python's `repr` of the key.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Str(s) => python::Str(s).fmt(f),
            Key::Int(v) => v.fmt(f),
            Key::Bool(v) => f.write_str(python::bool(*v)),
            Key::Float(v) => python::Float(*v).fmt(f),
            Key::None => f.write_str("None"),
            Key::Enum(member) => {
                write!(f, "<{}", member.dotted())?;
                if let Some(value) = &member.value {
                    write!(f, ": {value}")?;
                }
                f.write_str(">")
            }
        }
    }
}

/// A Rust type whose values are keys of a dict: `String`, `i64`, `bool`, or [`Key`] for a mix.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a dict",
    label = "a key is a `String`, an `i64`, a `bool`, or a `Key` for a mix of them"
)]
pub trait DictKey: Clone {
    /// The key in Python.
    fn to_key(&self) -> Key;
    /// The key in Rust; `None` if it is of another type.
    fn from_key(key: Key) -> Option<Self>;
    /// Python's name of the type of such keys, for messages: `str`.
    const PYTHON: &'static str;
}

macro_rules! dict_key {
    ($($type:ty, $python:literal, $key:ident => $read:expr;)*) => {$(
        impl DictKey for $type {
            fn to_key(&self) -> Key {
                Key::from(self.clone())
            }
            fn from_key($key: Key) -> Option<Self> {
                $read
            }
            const PYTHON: &'static str = $python;
        }
    )*};
}
dict_key! {
    String, "str", key => match key { Key::Str(s) => Some(s.into_owned()), _ => None };
    i64, "int", key => match key { Key::Int(v) => Some(v), _ => None };
    bool, "bool", key => match key { Key::Bool(v) => Some(v), _ => None };
    Key, "any", key => Some(key);
}
