//! Element types and devices, by the names PyTorch gives them.

use std::fmt;
use std::str::FromStr;

macro_rules! dtypes {
    ($($variant:ident $name:literal $short:literal $size:literal,)*) => {
        /// The element type of a tensor (`torch.dtype`).
        ///
        /// `Display` and `FromStr` use torch's name without the module: `float32`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum DType {
            $(#[doc = concat!("`torch.", $name, "`")] #[serde(rename = $name)] $variant,)*
        }

        impl DType {
            /// Every element type, in the order of this enum.
            pub const ALL: &[DType] = &[$(DType::$variant),*];

            /// torch's name without the module: `float32`.
            pub fn name(self) -> &'static str {
                match self { $(DType::$variant => $name,)* }
            }

            /// The abbreviation that `print(ep)` uses in annotations: `f32`, `i64`, `b8`.
            pub fn abbreviation(self) -> &'static str {
                match self { $(DType::$variant => $short,)* }
            }

            /// Bytes of one element.
            pub fn size(self) -> usize {
                match self { $(DType::$variant => $size,)* }
            }
        }
    };
}

dtypes! {
    UInt8 "uint8" "u8" 1,
    Int8 "int8" "i8" 1,
    Int16 "int16" "i16" 2,
    Int32 "int32" "i32" 4,
    Int64 "int64" "i64" 8,
    UInt16 "uint16" "u16" 2,
    UInt32 "uint32" "u32" 4,
    UInt64 "uint64" "u64" 8,
    Float16 "float16" "f16" 2,
    BFloat16 "bfloat16" "bf16" 2,
    Float32 "float32" "f32" 4,
    Float64 "float64" "f64" 8,
    Complex32 "complex32" "c32" 4,
    Complex64 "complex64" "c64" 8,
    Complex128 "complex128" "c128" 16,
    Bool "bool" "b8" 1,
    Float8E5M2 "float8_e5m2" "f8e5m2" 1,
    Float8E4M3Fn "float8_e4m3fn" "f8e4m3fn" 1,
    Float8E5M2Fnuz "float8_e5m2fnuz" "f8e5m2fnuz" 1,
    Float8E4M3Fnuz "float8_e4m3fnuz" "f8e4m3fnuz" 1,
    Float8E8M0Fnu "float8_e8m0fnu" "f8e8m0fnu" 1,
    QInt8 "qint8" "qint8" 1,
    QUInt8 "quint8" "quint8" 1,
    QInt32 "qint32" "qint32" 4,
    Other "other" "other" 0,
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is no element type that PyTorch knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown element type `{0}`; write torch's name, such as `float32`, `int64` or `bool`")]
pub struct UnknownDType(pub String);

impl FromStr for DType {
    type Err = UnknownDType;

    fn from_str(text: &str) -> Result<Self, UnknownDType> {
        let name = text.strip_prefix("torch.").unwrap_or(text);
        DType::ALL.iter().copied().find(|d| d.name() == name).ok_or_else(|| UnknownDType(text.to_owned()))
    }
}

/// Where a tensor lives (`torch.device`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Device {
    /// `cpu`
    #[default]
    Cpu,
    /// `cuda:n`
    Cuda(usize),
    /// `mps`
    Mps,
    /// `vulkan`
    Vulkan,
    /// `meta`: no data at all
    Meta,
}

impl Device {
    /// The type and, where there is one, the index: `("cuda", Some(0))`.
    pub fn parts(self) -> (&'static str, Option<usize>) {
        match self {
            Device::Cpu => ("cpu", None),
            Device::Cuda(index) => ("cuda", Some(index)),
            Device::Mps => ("mps", None),
            Device::Vulkan => ("vulkan", None),
            Device::Meta => ("meta", None),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (kind, None) => f.write_str(kind),
            (kind, Some(index)) => write!(f, "{kind}:{index}"),
        }
    }
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no device; a device is cpu, cuda:0 and so on, mps, vulkan or meta")]
pub struct UnknownDevice(pub String);

/// The text of `torch.device`.
impl FromStr for Device {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        Ok(match text {
            "cpu" => Device::Cpu,
            "cuda" => Device::Cuda(0),
            "mps" | "mps:0" => Device::Mps,
            "vulkan" => Device::Vulkan,
            "meta" => Device::Meta,
            _ => match text.strip_prefix("cuda:").and_then(|index| index.parse().ok()) {
                Some(index) => Device::Cuda(index),
                None => return Err(UnknownDevice(text.to_owned())),
            },
        })
    }
}
