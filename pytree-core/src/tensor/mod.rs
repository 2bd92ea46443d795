//! Tensors without their data: element types, devices, layouts, memory formats, each with the names and the numbers
//! that PyTorch has for them.

mod device;
mod dtype;
mod layout;
mod meta;
#[cfg(feature = "tch")]
mod tch;
mod tensor_type;

#[cfg(feature = "tch")]
pub use self::tch::Tch;
pub use device::{Device, DeviceType, UnknownDevice};
pub use dtype::{DType, UnknownDType};
pub use layout::{Layout, MemoryFormat};
pub use meta::{DescribeTensor, Sizes, TensorMeta};
pub use tensor_type::TensorType;
