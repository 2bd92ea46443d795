//! Tensors of recorded cases: described, some with their data, some of them numpy arrays or objects of no known class.

use pytree_core::{DescribeTensor, Family, LeafRef, TensorMeta, Value};
use shapes::LeafDescription;
use shapes::string_type::Number;

/// The family of what recorded cases hold where a tensor can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {}

/// A tensor of a recorded case.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedTensor {
    /// What it is, if Python's `type` says more than tensor.
    pub class: RecordedClass,
    /// Element type, sizes, device.
    pub meta: TensorMeta,
    /// The elements, row by row, where the case has them.
    pub data: Option<Vec<Number>>,
}

/// What stands in the place of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedClass {
    /// `torch.Tensor`
    Tensor,
    /// `numpy.ndarray`
    Array,
    /// An object that Python's pytree has no node for.
    Opaque(String),
}

impl Family for Recorded {
    type Tensor = RecordedTensor;
}

impl DescribeTensor for Recorded {
    fn describe(tensor: &RecordedTensor) -> TensorMeta {
        tensor.meta.clone()
    }
}

/// A recorded value.
pub type RecordedValue = Value<Recorded>;

/// What guessing is told of a leaf.
pub fn describe(leaf: LeafRef<'_, Recorded>) -> LeafDescription {
    match leaf {
        LeafRef::Tensor(tensor) => match &tensor.class {
            RecordedClass::Tensor => LeafDescription::Tensor(tensor.meta.clone()),
            RecordedClass::Array => LeafDescription::Array(tensor.meta.clone()),
            RecordedClass::Opaque(name) => LeafDescription::Opaque(name.clone()),
        },
        other => LeafDescription::Plain(other.kind()),
    }
}
