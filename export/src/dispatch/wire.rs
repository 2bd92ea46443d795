//! Values as tagged bytes: the Rust side of `cpp/wire.h`.

use program::Value;
use pytree_core::{DType, Device, Layout, MemoryFormat, TensorType};

/// The tags of `tx::Tag`, in its order.
mod tag {
    pub(super) const NONE: u8 = 0;
    pub(super) const TENSOR: u8 = 1;
    pub(super) const TENSORS: u8 = 2;
    pub(super) const OPTIONAL_TENSORS: u8 = 3;
    pub(super) const INT: u8 = 4;
    pub(super) const INTS: u8 = 5;
    pub(super) const FLOAT: u8 = 6;
    pub(super) const FLOATS: u8 = 7;
    pub(super) const BOOL: u8 = 8;
    pub(super) const BOOLS: u8 = 9;
    pub(super) const STR: u8 = 10;
    pub(super) const STRS: u8 = 11;
    pub(super) const DTYPE: u8 = 12;
    pub(super) const LAYOUT: u8 = 13;
    pub(super) const MEMORY_FORMAT: u8 = 14;
    pub(super) const DEVICE: u8 = 15;
    pub(super) const COMPLEX: u8 = 16;
    pub(super) const FOREIGN: u8 = 17;
}

/// Bytes that are not a value which this crate can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// The two sides disagree. This is a bug of this crate.
    #[error("the C++ shim and the crate disagree on the encoding of a value; please report this")]
    Garbled,
    /// A type, or a member of one, that a program cannot hold.
    #[error("{0}")]
    Foreign(String),
}

/// A tensor as the shim describes it.
pub(crate) struct Description {
    /// The number of its storage; 0 if it does not have one.
    pub(crate) storage: u64,
    /// Whether it is a leaf of the autograd graph: not the result of a differentiated op.
    pub(crate) is_leaf: bool,
    pub(crate) tensor: TensorType,
}

/// Reads what the shim wrote.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Garbled)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        Ok(u8::from_ne_bytes(self.take()?))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, WireError> {
        Ok(self.u8()? != 0)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_ne_bytes(self.take()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, WireError> {
        Ok(i64::from_ne_bytes(self.take()?))
    }

    fn f64(&mut self) -> Result<f64, WireError> {
        Ok(f64::from_ne_bytes(self.take()?))
    }

    pub(crate) fn index(&mut self) -> Result<usize, WireError> {
        usize::try_from(self.u64()?).map_err(|_| WireError::Garbled)
    }

    pub(crate) fn text(&mut self) -> Result<String, WireError> {
        let length = self.index()?;
        let (head, rest) = self.rest.split_at_checked(length).ok_or(WireError::Garbled)?;
        self.rest = rest;
        Ok(String::from_utf8_lossy(head).into_owned())
    }

    pub(crate) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        let length = self.index()?;
        (0..length).map(|_| one(self)).collect()
    }

    /// Reads the description of a tensor.
    pub(crate) fn description(&mut self) -> Result<Description, WireError> {
        let storage = self.u64()?;
        let dtype = self.i64()?;
        let layout = self.i64()?;
        let device = (self.i64()?, self.i64()?);
        let requires_grad = self.flag()?;
        let is_leaf = self.flag()?;
        let storage_offset = self.i64()?;
        let sizes = self.list(Self::i64)?;
        let strides = self.list(Self::i64)?;
        let foreign = |what: &str, number| WireError::Foreign(format!("{what} number {number} of libtorch"));
        let tensor = TensorType {
            dtype: DType::from_libtorch(dtype).ok_or_else(|| foreign("element type", dtype))?,
            layout: Layout::from_libtorch(layout).ok_or_else(|| foreign("layout", layout))?,
            device: Device::from_libtorch(device.0, device.1).ok_or_else(|| foreign("device type", device.0))?,
            requires_grad,
            storage_offset,
            sizes,
            strides,
        };
        Ok(Description { storage, is_leaf, tensor })
    }

    /// Reads a value; `tensor` reads each tensor in it.
    pub(crate) fn value<T>(
        &mut self,
        mut tensor: impl FnMut(&mut Self) -> Result<T, WireError>,
    ) -> Result<Value<T>, WireError> {
        let named = |what: &str, number: i64| WireError::Foreign(format!("{what} number {number} of libtorch"));
        Ok(match self.u8()? {
            tag::NONE => Value::None,
            tag::TENSOR => Value::Tensor(tensor(self)?),
            tag::TENSORS => Value::Tensors(self.list(tensor)?),
            tag::OPTIONAL_TENSORS => {
                Value::OptionalTensors(self.list(|r| if r.flag()? { tensor(r).map(Some) } else { Ok(None) })?)
            }
            tag::INT => Value::Int(self.i64()?),
            tag::INTS => Value::Ints(self.list(Self::i64)?),
            tag::FLOAT => Value::Float(self.f64()?),
            tag::FLOATS => Value::Floats(self.list(Self::f64)?),
            tag::BOOL => Value::Bool(self.flag()?),
            tag::BOOLS => Value::Bools(self.list(Self::flag)?),
            tag::STR => Value::Str(self.text()?),
            tag::STRS => Value::Strs(self.list(Self::text)?),
            tag::DTYPE => {
                let n = self.i64()?;
                Value::DType(DType::from_libtorch(n).ok_or_else(|| named("element type", n))?)
            }
            tag::LAYOUT => {
                let n = self.i64()?;
                Value::Layout(Layout::from_libtorch(n).ok_or_else(|| named("layout", n))?)
            }
            tag::MEMORY_FORMAT => {
                let n = self.i64()?;
                let format = MemoryFormat::from_libtorch(n);
                Value::MemoryFormat(format.ok_or_else(|| named("memory format", n))?)
            }
            tag::DEVICE => {
                let (kind, index) = (self.i64()?, self.i64()?);
                let device = Device::from_libtorch(kind, index);
                Value::Device(device.ok_or_else(|| named("device type", kind))?)
            }
            tag::COMPLEX => Value::Complex(self.f64()?, self.f64()?),
            tag::FOREIGN => return Err(WireError::Foreign(format!("a value of type {}", self.text()?))),
            _ => return Err(WireError::Garbled),
        })
    }
}

/// Writes what the shim reads.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn tag(&mut self, v: u8) {
        self.bytes.push(v);
    }

    /// Writes registers; one that is missing has the largest number.
    pub(crate) fn places(&mut self, places: impl IntoIterator<Item = Option<usize>, IntoIter: ExactSizeIterator>) {
        let places = places.into_iter();
        self.index(places.len());
        places.for_each(|place| self.index(place.unwrap_or(usize::MAX)));
    }

    /// Writes what another writer has written.
    pub(crate) fn append(&mut self, other: &Writer) {
        self.bytes.extend_from_slice(&other.bytes);
    }

    pub(crate) fn i64(&mut self, v: i64) {
        self.bytes.extend_from_slice(&v.to_ne_bytes());
    }

    fn f64(&mut self, v: f64) {
        self.bytes.extend_from_slice(&v.to_ne_bytes());
    }

    pub(crate) fn index(&mut self, v: usize) {
        // A usize has at most 64 bits on every platform of libtorch.
        self.bytes.extend_from_slice(&(v as u64).to_ne_bytes());
    }

    pub(crate) fn text(&mut self, v: &str) {
        self.index(v.len());
        self.bytes.extend_from_slice(v.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], mut one: impl FnMut(&mut Self, &T)) {
        self.index(items.len());
        for item in items {
            one(self, item);
        }
    }

    /// Writes a value; `tensor` returns the index of a tensor among those passed to the shim.
    ///
    /// # Errors
    /// [`WireError::Foreign`] for an element type or device that is not in the table of libtorch's numbers.
    pub(crate) fn value<T>(&mut self, value: &Value<T>, mut tensor: impl FnMut(&T) -> usize) -> Result<(), WireError> {
        let tag = match value {
            Value::None => tag::NONE,
            Value::Tensor(_) => tag::TENSOR,
            Value::Tensors(_) => tag::TENSORS,
            Value::OptionalTensors(_) => tag::OPTIONAL_TENSORS,
            Value::Int(_) => tag::INT,
            Value::Ints(_) => tag::INTS,
            Value::Float(_) => tag::FLOAT,
            Value::Floats(_) => tag::FLOATS,
            Value::Bool(_) => tag::BOOL,
            Value::Bools(_) => tag::BOOLS,
            Value::Str(_) => tag::STR,
            Value::Strs(_) => tag::STRS,
            Value::DType(_) => tag::DTYPE,
            Value::Layout(_) => tag::LAYOUT,
            Value::MemoryFormat(_) => tag::MEMORY_FORMAT,
            Value::Device(_) => tag::DEVICE,
            Value::Complex(..) => tag::COMPLEX,
        };
        self.tag(tag);
        match value {
            Value::None => {}
            Value::Tensor(t) => self.index(tensor(t)),
            Value::Tensors(ts) => self.list(ts, |w, t| w.index(tensor(t))),
            Value::OptionalTensors(ts) => self.list(ts, |w, t| {
                w.tag(t.is_some().into());
                if let Some(t) = t {
                    w.index(tensor(t));
                }
            }),
            Value::Int(v) => self.i64(*v),
            Value::Ints(v) => self.list(v, |w, v| w.i64(*v)),
            Value::Float(v) => self.f64(*v),
            Value::Floats(v) => self.list(v, |w, v| w.f64(*v)),
            Value::Bool(v) => self.tag((*v).into()),
            Value::Bools(v) => self.list(v, |w, v| w.tag((*v).into())),
            Value::Str(v) => self.text(v),
            Value::Strs(v) => self.list(v, |w, v| w.text(v)),
            Value::DType(v) => {
                let number = v.to_libtorch();
                self.i64(number.ok_or_else(|| WireError::Foreign(format!("element type {v}")))?);
            }
            Value::Layout(v) => self.i64(v.to_libtorch()),
            Value::MemoryFormat(v) => self.i64(v.to_libtorch()),
            Value::Device(v) => {
                let numbers = v.to_libtorch();
                let (kind, index) = numbers.ok_or_else(|| WireError::Foreign(format!("device {v}")))?;
                self.i64(kind);
                self.i64(index);
            }
            Value::Complex(re, im) => {
                self.f64(*re);
                self.f64(*im);
            }
        }
        Ok(())
    }
}
