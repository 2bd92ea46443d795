//! A tensor without its data.

use crate::{DType, Device, Family};
use smallvec::SmallVec;

/// The sizes of a tensor, one per dimension, in elements. Up to six dimensions need no allocation.
pub type Sizes = SmallVec<[i64; 6]>;

/// A tensor without its data: its element type, sizes and device.
///
/// This is the tensor of the family [`Meta`](crate::Meta): with it shapes are guessed, checked and printed without
/// libtorch. It corresponds to a tensor on torch's `meta` device.
///
/// ```
/// use pytree_core::{DType, TensorMeta};
/// let x = TensorMeta::new(DType::Float32, [5, 6]);
/// assert_eq!(x.to_string(), "f32[5, 6]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct TensorMeta {
    /// Element type.
    pub dtype: DType,
    /// Sizes, one per dimension, in elements.
    pub sizes: Sizes,
    /// Where the tensor lives.
    pub device: Device,
}

impl TensorMeta {
    /// A CPU tensor of these sizes.
    pub fn new(dtype: DType, sizes: impl IntoIterator<Item = i64>) -> Self {
        TensorMeta { dtype, sizes: sizes.into_iter().collect(), device: Device::Cpu }
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.sizes.len()
    }
}

impl std::fmt::Display for TensorMeta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[", self.dtype.abbreviation())?;
        for (i, size) in self.sizes.iter().enumerate() {
            write!(f, "{}{size}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}

/// A family whose tensors can be described: what shape inference needs to know of a tensor.
#[diagnostic::on_unimplemented(
    message = "the tensors of `{Self}` cannot be described",
    label = "shapes are read from the element type, sizes and device of each tensor",
    note = "implement `DescribeTensor` for `{Self}`; `Meta` and, with the feature `tch`, `Tch` implement it"
)]
pub trait DescribeTensor: Family {
    /// The element type, sizes and device of `tensor`.
    fn describe(tensor: &Self::Tensor) -> TensorMeta;

    /// The sizes alone. Override it where they are cheaper to get than the rest.
    fn sizes(tensor: &Self::Tensor) -> Sizes {
        Self::describe(tensor).sizes
    }
}

impl DescribeTensor for crate::Meta {
    fn describe(tensor: &TensorMeta) -> TensorMeta {
        tensor.clone()
    }

    fn sizes(tensor: &TensorMeta) -> Sizes {
        tensor.sizes.clone()
    }
}
