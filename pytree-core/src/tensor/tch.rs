//! The family of `tch::Tensor`.

use crate::impls::tensor_leaf;
use crate::{DType, DescribeTensor, Device, Family, Sizes, TensorMeta};
use tch::{Kind, Tensor};

/// The family of [`tch::Tensor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tch {}

impl Family for Tch {
    type Tensor = Tensor;
}

tensor_leaf!(Tch, Tensor);

impl DescribeTensor for Tch {
    fn describe(tensor: &Tensor) -> TensorMeta {
        // An undefined tensor has no type and no device, and tch panics when it is asked. What needs the tensor says so.
        let device = if tensor.defined() { tensor.device().into() } else { Device::Cpu };
        let dtype = tensor.f_kind().map_or(DType::Other, DType::from);
        TensorMeta { dtype, sizes: Self::sizes(tensor), device }
    }

    fn sizes(tensor: &Tensor) -> Sizes {
        Sizes::from_vec(tensor.size())
    }
}

macro_rules! kinds {
    ($($kind:ident $dtype:ident,)*) => {
        impl From<Kind> for DType {
            fn from(kind: Kind) -> DType {
                match kind { $(Kind::$kind => DType::$dtype,)* }
            }
        }

        impl DType {
            /// The `tch` kind of this element type; `None` for a type that tch does not have.
            pub fn to_tch(self) -> Option<Kind> {
                match self {
                    $(DType::$dtype => Some(Kind::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    Uint8 UInt8, Int8 Int8, Int16 Int16, Int Int32, Int64 Int64, Half Float16, Float Float32, Double Float64,
    ComplexHalf Complex32, ComplexFloat Complex64, ComplexDouble Complex128, Bool Bool, QInt8 QInt8, QUInt8 QUInt8,
    QInt32 QInt32, BFloat16 BFloat16, Float8e5m2 Float8E5M2, Float8e4m3fn Float8E4M3Fn,
    Float8e5m2fnuz Float8E5M2Fnuz, Float8e4m3fnuz Float8E4M3Fnuz,
}

impl From<tch::Device> for Device {
    fn from(device: tch::Device) -> Device {
        match device {
            tch::Device::Cpu => Device::Cpu,
            tch::Device::Cuda(index) => Device::Cuda(index),
            tch::Device::Mps => Device::Mps,
            tch::Device::Vulkan => Device::Vulkan,
        }
    }
}

impl Device {
    /// The `tch` device; `None` for a device that tch does not have (`meta`).
    pub fn to_tch(self) -> Option<tch::Device> {
        match self {
            Device::Cpu => Some(tch::Device::Cpu),
            Device::Cuda(index) => Some(tch::Device::Cuda(index)),
            Device::Mps => Some(tch::Device::Mps),
            Device::Vulkan => Some(tch::Device::Vulkan),
            _ => None,
        }
    }
}
