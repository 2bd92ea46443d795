//! The Python object that shapes stand for: one that two of our values may spell.
//!
//! `[Dim.AUTO, None]` is a list of two ints' shapes or the shape of a tensor of two dimensions, and `{}` a dict of nothing
//! or a tensor without dynamic dimensions; only the inputs show which.

use super::{DynamicShapes, ShapeSpec};
use crate::spec::dim::DimSpec;
use indexmap::IndexMap;
use pytree_core::Key;
use std::borrow::Cow;

/// A Python dict.
pub(crate) fn as_dict(shapes: &DynamicShapes) -> Option<Cow<'_, IndexMap<Key, DynamicShapes>>> {
    match shapes {
        DynamicShapes::Dict(items) => Some(Cow::Borrowed(items)),
        DynamicShapes::Leaf(ShapeSpec::Dict(dims)) => {
            Some(Cow::Owned(dims.iter().map(|(i, dim)| (Key::Int(*i), of_dim(dim))).collect()))
        }
        _ => None,
    }
}

/// A Python tuple, or a list.
pub(crate) fn as_items(shapes: &DynamicShapes, tuple: bool) -> Option<Cow<'_, [DynamicShapes]>> {
    match (shapes, tuple) {
        (DynamicShapes::Tuple(items), true) | (DynamicShapes::List(items), false) => Some(Cow::Borrowed(items)),
        (DynamicShapes::Leaf(ShapeSpec::Tuple(dims)), true) | (DynamicShapes::Leaf(ShapeSpec::List(dims)), false) => {
            Some(Cow::Owned(dims.iter().map(of_dim).collect()))
        }
        _ => None,
    }
}

/// The spec of one leaf, when everything below it is the spec of a dimension.
pub(crate) fn as_spec(shapes: &DynamicShapes) -> Option<Cow<'_, ShapeSpec>> {
    let dims = |items: &[DynamicShapes]| items.iter().map(as_dim).collect::<Option<Vec<_>>>();
    Some(Cow::Owned(match shapes {
        DynamicShapes::Leaf(spec) => return Some(Cow::Borrowed(spec)),
        DynamicShapes::Tuple(items) => ShapeSpec::Tuple(dims(items)?),
        DynamicShapes::List(items) => ShapeSpec::List(dims(items)?),
        DynamicShapes::Dict(items) => {
            let index = |key: &Key| if let Key::Int(i) = key { Some(*i) } else { None };
            let dims = items.iter().map(|(key, item)| Some((index(key)?, as_dim(item)?)));
            ShapeSpec::Dict(dims.collect::<Option<_>>()?)
        }
    }))
}

/// The spec of one dimension.
pub(crate) fn as_dim(shapes: &DynamicShapes) -> Option<DimSpec> {
    match shapes {
        DynamicShapes::Leaf(ShapeSpec::Scalar(dim)) => Some(dim.clone()),
        DynamicShapes::Leaf(ShapeSpec::None) => Some(DimSpec::None),
        _ => None,
    }
}

fn of_dim(dim: &DimSpec) -> DynamicShapes {
    DynamicShapes::Leaf(if *dim == DimSpec::None { ShapeSpec::None } else { ShapeSpec::Scalar(dim.clone()) })
}
