//! Which dimensions move, as masks, and the shapes of sets that are alike.

use super::Auto;
use super::object::{Class, Object};
use crate::inputs::{InputSet, LeafDescription};
use crate::spec::{DynamicShapes, ShapeSpec};
use pytree_core::{LeafKind, TensorMeta};

/// A mask for every leaf, bit `i` for dimension `i`; `None` when the sets are not alike.
pub(crate) fn moving_dims(sets: &[InputSet]) -> Option<Vec<u64>> {
    let (first, rest) = sets.split_first()?;
    let mut masks = vec![0; first.leaves().len()];
    for set in rest {
        if set.spec() != first.spec() {
            return None;
        }
        for ((mask, a), b) in masks.iter_mut().zip(first.leaves()).zip(set.leaves()) {
            *mask |= match (a, b) {
                (LeafDescription::Tensor(a), LeafDescription::Tensor(b)) => differ(a, b)?,
                (LeafDescription::Plain(a), LeafDescription::Plain(b)) if a == b => 0,
                _ => return None,
            };
        }
    }
    Some(masks)
}

/// Dimensions of other sizes, and those of size 0: what never changes from there is dynamic all the same.
fn differ(a: &TensorMeta, b: &TensorMeta) -> Option<u64> {
    let (a, b) = (a.sizes.as_slice(), b.sizes.as_slice());
    if a.len() != b.len() || a.len() > 64 {
        return None;
    }
    Some(a.iter().zip(b).enumerate().fold(0, |mask, (i, (a, b))| mask | (u64::from(a != b || *a == 0) << i)))
}

/// The masks of sets that are alike and hold no `None`, which has rules of its own.
pub(super) fn alike(sets: &[InputSet]) -> Option<Vec<u64>> {
    let none = |leaf: &LeafDescription| *leaf == LeafDescription::Plain(LeafKind::None);
    moving_dims(sets).filter(|_| !sets.iter().any(|set| set.leaves().iter().any(none)))
}

/// The bits of a mask, counted, so that a dict of them is made with room for all.
fn bits(mut mask: u64) -> impl ExactSizeIterator<Item = u32> {
    (0..mask.count_ones()).map(move |_| {
        let bit = mask.trailing_zeros();
        mask &= mask - 1;
        bit
    })
}

/// The shapes of one value of alike sets, as it is in the first of them.
pub(super) fn of_masks(object: Object<'_>, masks: &[u64], auto: &Auto, exportable: bool) -> DynamicShapes {
    let all = |objects: Vec<Object<'_>>| objects.into_iter().map(|o| of_masks(o, masks, auto, exportable)).collect();
    match object.class_of(exportable) {
        Class::Registered(_) if exportable => DynamicShapes::List(all(object.children())),
        Class::Plain(LeafKind::Tensor) => {
            let mask = masks.get(object.at.first_leaf).copied().unwrap_or(0);
            DynamicShapes::Leaf(ShapeSpec::dims(bits(mask).map(|i| (i64::from(i), auto.dim(i as usize)))))
        }
        Class::Plain(_) | Class::Array | Class::Unknown(_) => DynamicShapes::NONE,
        Class::List | Class::ListSubclass(_) => DynamicShapes::List(all(object.children())),
        Class::Tuple | Class::TupleSubclass(_) => DynamicShapes::Tuple(all(object.children())),
        Class::Registered(_) => DynamicShapes::List(all(object.listed_children())),
        Class::Dict | Class::DictSubclass(_) => {
            let entry = |(key, o): (_, Object<'_>)| (key, of_masks(o, masks, auto, exportable));
            DynamicShapes::Dict(object.items().into_iter().map(entry).collect())
        }
    }
}
