//! Which dimensions are dynamic, as masks: for sets that are alike this is all there is to find out.

use crate::inputs::{InputSet, LeafDescription};
use pytree_core::{LeafKind, TensorMeta};

/// Whether a dimension of these sizes in two sets is dynamic. A size of 0 is, whatever it is elsewhere: no export keeps it.
pub(super) fn is_dynamic(first: i64, other: i64) -> bool {
    first != other || first == 0
}

/// A mask for every leaf, bit `i` for dimension `i`; `None` when the sets are not alike.
pub(super) fn dynamic_dims(sets: &[InputSet]) -> Option<Vec<u64>> {
    let (first, rest) = sets.split_first()?;
    let mut masks = vec![0; first.leaves().len()];
    for set in rest {
        if set.spec() != first.spec() {
            return None;
        }
        for ((mask, a), b) in masks.iter_mut().zip(first.leaves()).zip(set.leaves()) {
            *mask |= match (a, b) {
                (LeafDescription::Tensor(a), LeafDescription::Tensor(b)) => of_tensors(a, b)?,
                (LeafDescription::Plain(a), LeafDescription::Plain(b)) if a == b => 0,
                _ => return None,
            };
        }
    }
    Some(masks)
}

fn of_tensors(a: &TensorMeta, b: &TensorMeta) -> Option<u64> {
    let (a, b) = (a.sizes.as_slice(), b.sizes.as_slice());
    if a.len() != b.len() || a.len() > 64 {
        return None;
    }
    Some(a.iter().zip(b).enumerate().fold(0, |mask, (i, (a, b))| mask | (u64::from(is_dynamic(*a, *b)) << i)))
}

/// The masks of two sets or more that are alike and hold no `None`, which has rules of its own.
pub(super) fn of_alike(sets: &[InputSet]) -> Option<Vec<u64>> {
    let none = |leaf: &LeafDescription| *leaf == LeafDescription::Plain(LeafKind::None);
    let several = sets.len() > 1;
    dynamic_dims(sets).filter(|_| several && !sets.iter().any(|set| set.leaves().iter().any(none)))
}

/// The bits of a mask, counted, so that a dict of them is made with room for all.
pub(super) fn bits(mut mask: u64) -> impl ExactSizeIterator<Item = u32> {
    (0..mask.count_ones()).map(move |_| {
        let bit = mask.trailing_zeros();
        mask &= mask - 1;
        bit
    })
}
