//! Element types, layouts, memory formats and devices, and the numbers libtorch has for them.
//!
//! The numbers are those of libtorch's C++ enums, not those of a `.pt2` file. They are known here only.

pub use pytree_core::{DType, Device};

use std::fmt;

const DTYPES: [(DType, i64); 24] = [
    (DType::UInt8, 0),
    (DType::Int8, 1),
    (DType::Int16, 2),
    (DType::Int32, 3),
    (DType::Int64, 4),
    (DType::Float16, 5),
    (DType::Float32, 6),
    (DType::Float64, 7),
    (DType::Complex32, 8),
    (DType::Complex64, 9),
    (DType::Complex128, 10),
    (DType::Bool, 11),
    (DType::QInt8, 12),
    (DType::QUInt8, 13),
    (DType::QInt32, 14),
    (DType::BFloat16, 15),
    (DType::Float8E5M2, 23),
    (DType::Float8E4M3Fn, 24),
    (DType::Float8E5M2Fnuz, 25),
    (DType::Float8E4M3Fnuz, 26),
    (DType::UInt16, 27),
    (DType::UInt32, 28),
    (DType::UInt64, 29),
    (DType::Float8E8M0Fnu, 44),
];

/// The element type with this number in libtorch (`c10::ScalarType`); `None` for those no program carries, such as
/// the bit types.
pub fn dtype_from_libtorch(number: i64) -> Option<DType> {
    DTYPES.iter().find(|(_, n)| *n == number).map(|(dtype, _)| *dtype)
}

/// libtorch's number of an element type (`c10::ScalarType`); `None` for one that is younger than this table.
pub fn dtype_to_libtorch(dtype: DType) -> Option<i64> {
    DTYPES.iter().find(|(d, _)| *d == dtype).map(|(_, number)| *number)
}

/// The device of a libtorch device type and index (-1: the current one, taken as the first).
pub fn device_from_libtorch(kind: i64, index: i64) -> Option<Device> {
    match kind {
        0 => Some(Device::Cpu),
        1 => Some(Device::Cuda(usize::try_from(index).unwrap_or(0))),
        10 => Some(Device::Vulkan),
        13 => Some(Device::Mps),
        14 => Some(Device::Meta),
        _ => None,
    }
}

/// libtorch's device type and index (-1: none).
pub fn device_to_libtorch(device: Device) -> Option<(i64, i64)> {
    match device {
        Device::Cpu => Some((0, -1)),
        Device::Cuda(index) => Some((1, i64::try_from(index).ok()?)),
        Device::Vulkan => Some((10, -1)),
        Device::Mps => Some((13, -1)),
        Device::Meta => Some((14, -1)),
        _ => None,
    }
}

macro_rules! numbered {
    ($(#[$doc:meta])* $type:ident { $($variant:ident $number:literal $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = concat!("`torch.", $name, "`")] $variant,)*
        }

        impl $type {
            /// The one with this number in libtorch's C++ enum.
            pub fn from_libtorch(number: i64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The number in libtorch's C++ enum.
            pub fn to_libtorch(self) -> i64 {
                match self { $(Self::$variant => $number,)* }
            }

            /// torch's name without the module.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

numbered! {
    /// How the elements of a tensor are stored (`torch.layout`).
    Layout {
        Strided 0 "strided",
        SparseCoo 1 "sparse_coo",
        SparseCsr 2 "sparse_csr",
        Mkldnn 3 "_mkldnn",
        SparseCsc 4 "sparse_csc",
        SparseBsr 5 "sparse_bsr",
        SparseBsc 6 "sparse_bsc",
        Jagged 7 "jagged",
    }
}

numbered! {
    /// The order of strides (`torch.memory_format`).
    MemoryFormat {
        Contiguous 0 "contiguous_format",
        Preserve 1 "preserve_format",
        ChannelsLast 2 "channels_last",
        ChannelsLast3d 3 "channels_last_3d",
    }
}
