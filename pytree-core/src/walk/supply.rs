//! Where the leaves of a rebuilt tree come from.

use crate::{Family, Leaf, LeafKind};

/// Leaves in order, and tensors in bulk where possible.
pub(crate) trait Supply<F: Family> {
    /// The next leaf.
    fn next(&mut self) -> Option<Leaf<F>>;

    /// The next `count` tensors, or as many as there are. It stops after a leaf that is not a tensor and returns its
    /// kind.
    fn tensors(&mut self, count: usize) -> (Vec<F::Tensor>, Option<LeafKind>);

    /// How many leaves are left.
    fn rest(self) -> usize;
}

/// Leaves one by one.
pub(crate) struct OneByOne<I>(pub(crate) I);

impl<F: Family, I: Iterator<Item = Leaf<F>>> Supply<F> for OneByOne<I> {
    #[inline]
    fn next(&mut self) -> Option<Leaf<F>> {
        self.0.next()
    }

    #[inline]
    fn tensors(&mut self, count: usize) -> (Vec<F::Tensor>, Option<LeafKind>) {
        let (mut tensors, mut wrong) = (Vec::with_capacity(count), None);
        tensors.extend(self.0.by_ref().take(count).map_while(|leaf| match leaf {
            Leaf::Tensor(tensor) => Some(tensor),
            other => {
                wrong = Some(other.kind());
                None
            }
        }));
        (tensors, wrong)
    }

    fn rest(self) -> usize {
        self.0.count()
    }
}
