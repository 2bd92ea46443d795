//! Arguments and results of ops.

use pytree_core::{DType, Device, Layout, MemoryFormat};

/// An argument or a result of an op. `T` represents a tensor (a handle, a reference, the id of a value in a trace or graph)
/// and `I` an integer (a number, an expression, a node).
///
/// The variant follows from the type in the op's schema: a `ScalarType?` is [`Value::DType`] or [`Value::None`], a `Scalar`
/// is the int, float, bool or complex number that it holds, and a `SymInt` is an int. An undefined tensor and an absent
/// generator are [`Value::None`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value<T, I = i64> {
    /// `None`
    None,
    /// `Tensor`
    Tensor(T),
    /// `Tensor[]`
    Tensors(Vec<T>),
    /// `Tensor?[]`
    OptionalTensors(Vec<Option<T>>),
    /// `int`, `SymInt`
    Int(I),
    /// `int[]`, `SymInt[]`
    Ints(Vec<I>),
    /// `float`
    Float(f64),
    /// `float[]`
    Floats(Vec<f64>),
    /// `bool`
    Bool(bool),
    /// `bool[]`
    Bools(Vec<bool>),
    /// `str`
    Str(String),
    /// `str[]`
    Strs(Vec<String>),
    /// `ScalarType`
    DType(DType),
    /// `Layout`
    Layout(Layout),
    /// `MemoryFormat`
    MemoryFormat(MemoryFormat),
    /// `Device`
    Device(Device),
    /// A complex `Scalar`: real and imaginary part.
    Complex(f64, f64),
}

impl<T, I> Value<T, I> {
    /// Its type in schema notation: `int[]`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Tensor(_) => "Tensor",
            Value::Tensors(_) => "Tensor[]",
            Value::OptionalTensors(_) => "Tensor?[]",
            Value::Int(_) => "int",
            Value::Ints(_) => "int[]",
            Value::Float(_) => "float",
            Value::Floats(_) => "float[]",
            Value::Bool(_) => "bool",
            Value::Bools(_) => "bool[]",
            Value::Str(_) => "str",
            Value::Strs(_) => "str[]",
            Value::DType(_) => "ScalarType",
            Value::Layout(_) => "Layout",
            Value::MemoryFormat(_) => "MemoryFormat",
            Value::Device(_) => "Device",
            Value::Complex(..) => "complex",
        }
    }

    /// Replaces every tensor by the result of `f`.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map<U, E>(self, f: impl FnMut(T) -> Result<U, E>) -> Result<Value<U, I>, E> {
        self.try_map_both(f, Ok)
    }

    /// Replaces every tensor by the result of `f`.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Value<U, I> {
        match self.try_map(|t| Ok::<U, std::convert::Infallible>(f(t))) {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// Replaces every integer by the result of `f`.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map_ints<J, E>(self, f: impl FnMut(I) -> Result<J, E>) -> Result<Value<T, J>, E> {
        self.try_map_both(Ok, f)
    }

    fn try_map_both<U, J, E>(
        self,
        mut tensor: impl FnMut(T) -> Result<U, E>,
        mut int: impl FnMut(I) -> Result<J, E>,
    ) -> Result<Value<U, J>, E> {
        Ok(match self {
            Value::None => Value::None,
            Value::Tensor(t) => Value::Tensor(tensor(t)?),
            Value::Tensors(ts) => Value::Tensors(ts.into_iter().map(tensor).collect::<Result<_, _>>()?),
            Value::OptionalTensors(ts) => {
                let all = ts.into_iter().map(|t| t.map(&mut tensor).transpose());
                Value::OptionalTensors(all.collect::<Result<_, _>>()?)
            }
            Value::Int(v) => Value::Int(int(v)?),
            Value::Ints(v) => Value::Ints(v.into_iter().map(int).collect::<Result<_, _>>()?),
            Value::Float(v) => Value::Float(v),
            Value::Floats(v) => Value::Floats(v),
            Value::Bool(v) => Value::Bool(v),
            Value::Bools(v) => Value::Bools(v),
            Value::Str(v) => Value::Str(v),
            Value::Strs(v) => Value::Strs(v),
            Value::DType(v) => Value::DType(v),
            Value::Layout(v) => Value::Layout(v),
            Value::MemoryFormat(v) => Value::MemoryFormat(v),
            Value::Device(v) => Value::Device(v),
            Value::Complex(re, im) => Value::Complex(re, im),
        })
    }

    /// The integers in it, in order.
    pub fn ints(&self) -> &[I] {
        match self {
            Value::Int(v) => std::slice::from_ref(v),
            Value::Ints(v) => v,
            _ => &[],
        }
    }

    /// The tensors in it, in order; absent ones are skipped.
    pub fn tensors(&self) -> impl Iterator<Item = &T> {
        let (one, many, some): (Option<&T>, &[T], &[Option<T>]) = match self {
            Value::Tensor(t) => (Some(t), &[], &[]),
            Value::Tensors(ts) => (None, ts, &[]),
            Value::OptionalTensors(ts) => (None, &[], ts),
            _ => (None, &[], &[]),
        };
        one.into_iter().chain(many).chain(some.iter().flatten())
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident,)*) => {
        $(impl<T> From<$type> for Value<T> {
            fn from(value: $type) -> Self {
                Value::$variant(value)
            }
        })*
    };
}

from! {
    i64 => Int,
    Vec<i64> => Ints,
    f64 => Float,
    Vec<f64> => Floats,
    bool => Bool,
    Vec<bool> => Bools,
    String => Str,
    DType => DType,
    Layout => Layout,
    MemoryFormat => MemoryFormat,
    Device => Device,
}
