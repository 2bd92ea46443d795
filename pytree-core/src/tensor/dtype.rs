//! Element types, with their names and numbers in torch.

use std::fmt;
use std::str::FromStr;

// A row holds torch's name, the abbreviation in printed programs, the bytes of an element, libtorch's number and the
// file's number.
macro_rules! dtypes {
    ($($variant:ident $name:literal $short:literal $size:literal $libtorch:expr, $pt2:expr;)*) => {
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

            /// Torch's name without the module: `float32`.
            pub fn name(self) -> &'static str {
                match self { $(DType::$variant => $name,)* }
            }

            /// The abbreviation that `print(exported_program)` uses in annotations: `f32`, `i64`, `b8`.
            pub fn abbreviation(self) -> &'static str {
                match self { $(DType::$variant => $short,)* }
            }

            /// The size of one element in bytes; 0 for [`DType::Other`].
            pub fn size(self) -> usize {
                match self { $(DType::$variant => $size,)* }
            }

            /// The number in libtorch's C++ enum (`c10::ScalarType`); `None` for [`DType::Other`].
            pub fn to_libtorch(self) -> Option<i64> {
                match self { $(DType::$variant => $libtorch,)* }
            }

            /// The number in a `.pt2` file (`torch._export.serde.schema.ScalarType`), which is not libtorch's; `None`
            /// for a type that a file cannot hold.
            pub fn to_pt2(self) -> Option<u8> {
                match self { $(DType::$variant => $pt2,)* }
            }
        }
    };
}

dtypes! {
    UInt8 "uint8" "u8" 1 Some(0), Some(1);
    Int8 "int8" "i8" 1 Some(1), Some(2);
    Int16 "int16" "i16" 2 Some(2), Some(3);
    Int32 "int32" "i32" 4 Some(3), Some(4);
    Int64 "int64" "i64" 8 Some(4), Some(5);
    UInt16 "uint16" "u16" 2 Some(27), Some(28);
    UInt32 "uint32" "u32" 4 Some(28), Some(34);
    UInt64 "uint64" "u64" 8 Some(29), Some(35);
    Float16 "float16" "f16" 2 Some(5), Some(6);
    BFloat16 "bfloat16" "bf16" 2 Some(15), Some(13);
    Float32 "float32" "f32" 4 Some(6), Some(7);
    Float64 "float64" "f64" 8 Some(7), Some(8);
    Complex32 "complex32" "c32" 4 Some(8), Some(9);
    Complex64 "complex64" "c64" 8 Some(9), Some(10);
    Complex128 "complex128" "c128" 16 Some(10), Some(11);
    Bool "bool" "b8" 1 Some(11), Some(12);
    Float8E5M2 "float8_e5m2" "f8e5m2" 1 Some(23), Some(30);
    Float8E4M3Fn "float8_e4m3fn" "f8e4m3fn" 1 Some(24), Some(29);
    Float8E5M2Fnuz "float8_e5m2fnuz" "f8e5m2fnuz" 1 Some(25), Some(32);
    Float8E4M3Fnuz "float8_e4m3fnuz" "f8e4m3fnuz" 1 Some(26), Some(31);
    Float8E8M0Fnu "float8_e8m0fnu" "f8e8m0fnu" 1 Some(44), Some(33);
    QInt8 "qint8" "qint8" 1 Some(12), None;
    QUInt8 "quint8" "quint8" 1 Some(13), None;
    QInt32 "qint32" "qint32" 4 Some(14), None;
    Other "other" "other" 0 None, None;
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl DType {
    /// The element type with this number in libtorch's C++ enum; `None` for other numbers, those of the bit types
    /// included, which no program holds.
    pub fn from_libtorch(number: i64) -> Option<DType> {
        DType::ALL.iter().copied().find(|dtype| dtype.to_libtorch() == Some(number))
    }

    /// The element type with this number in a `.pt2` file; `None` for other numbers.
    pub fn from_pt2(number: u8) -> Option<DType> {
        DType::ALL.iter().copied().find(|dtype| dtype.to_pt2() == Some(number))
    }
}

/// A text that does not name an element type.
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
