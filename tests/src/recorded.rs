//! Tensors of recorded cases: descriptions, some with data. Numpy arrays and objects of unknown classes take the same place.

use pytree_core::{DescribeTensor, Family, LeafRef, TensorMeta, Value};
use shapes::{LeafDescription, MakeTensor, Number, TensorError};

/// The family of recorded cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {}

/// A tensor of a recorded case.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedTensor {
    /// The kind of object it is in Python.
    pub class: RecordedClass,
    /// Element type, sizes, device.
    pub meta: TensorMeta,
    /// The elements, row by row, if the case has them.
    pub data: Option<Vec<Number>>,
}

/// The kinds of objects that take the place of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedClass {
    /// `torch.Tensor`
    Tensor,
    /// `numpy.ndarray`
    Array,
    /// An object that is a leaf of Python's pytree, with the name of its class.
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

/// The description of a leaf that guessing takes.
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

impl MakeTensor for Recorded {
    fn copied(tensor: &RecordedTensor) -> Result<RecordedTensor, TensorError> {
        Ok(tensor.clone())
    }

    fn zeros(tensor: &RecordedTensor, sizes: &[i64]) -> Result<RecordedTensor, TensorError> {
        let count = sizes.iter().try_fold(1_usize, |n, size| n.checked_mul(usize::try_from(*size).ok()?));
        let zeros = count.filter(|n| *n < 1 << 24).map(|n| vec![Number::Int(0); n]);
        let data = tensor.data.as_ref().and(zeros);
        Ok(RecordedTensor { meta: TensorMeta { sizes: sizes.into(), ..tensor.meta.clone() }, data, ..tensor.clone() })
    }

    fn tiled(tensor: &RecordedTensor, sizes: &[i64]) -> Result<RecordedTensor, TensorError> {
        let mut tiled = Self::zeros(tensor, sizes)?;
        if let (Some(old), Some(new)) = (&tensor.data, &mut tiled.data) {
            for (position, element) in new.iter_mut().enumerate() {
                // The coordinates of this element in the new tensor, each wrapped into the old one.
                let (mut rest, mut index, mut step) = (position as i64, 0, 1);
                for (old, new) in tensor.meta.sizes.iter().zip(sizes).rev() {
                    index += rest % new % old * step;
                    (rest, step) = (rest / new, step * old);
                }
                *element = *usize::try_from(index)
                    .ok()
                    .and_then(|i| old.get(i))
                    .ok_or_else(|| TensorError::new("an element is missing"))?;
            }
        }
        Ok(tiled)
    }
}
