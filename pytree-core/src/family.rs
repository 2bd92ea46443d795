//! Which tensor a tree holds: one marker type per tensor library.

use crate::TensorMeta;
use std::convert::Infallible;

/// A kind of tensor, named by a marker type.
///
/// A tree type implements [`PyTree<F>`](crate::PyTree) for the family of the tensors that it holds, so the same struct
/// can hold `tch` tensors in one place and [`TensorMeta`] in another. A crate with tensors of its own adds a marker of
/// its own: the orphan rule requires a local type.
///
/// Define at most one family per tensor type. `flatten(&x)` can then infer the family from `x`.
///
/// ```
/// use pytree_core::{Family, LeafRef, PyTree, Visitor, flatten};
/// use std::ops::ControlFlow;
///
/// struct MyTensor(Vec<f32>);
/// enum Mine {}
/// impl Family for Mine {
///     type Tensor = MyTensor;
/// }
/// impl PyTree<Mine> for MyTensor {
///     fn walk<'a, V: Visitor<'a, Mine>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
///         v.leaf(LeafRef::Tensor(self))
///     }
/// }
/// let tree = vec![MyTensor(vec![1.0]), MyTensor(vec![])];
/// assert_eq!(flatten(&tree)?.leaves.len(), 2);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a family of tensors",
    label = "a family is the marker type of a tensor type, not the tensor itself",
    note = "`Tch` is the family of `tch::Tensor`, `Meta` that of `TensorMeta`",
    note = "for tensors of your own define a marker: `enum Mine {{}} impl Family for Mine {{ type Tensor = MyTensor; }}`"
)]
pub trait Family: 'static {
    /// The tensor type of the family.
    type Tensor: 'static;
}

/// The family of [`TensorMeta`]: tensors described by element type, sizes and device, without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meta {}

impl Family for Meta {
    type Tensor = TensorMeta;
}

/// The family without tensors: its leaves are numbers, bools, strings and `None` ([`Plain`](crate::Plain)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoTensors {}

impl Family for NoTensors {
    type Tensor = Infallible;
}
