//! Types of other crates, by the structs that describe them.

use crate::walk::{Parts, PartsOwned, into_parts, rebuild_parts, walk_parts, walk_parts_mut};
use crate::{Family, NodeType, OwnedTree, PyTree, Source, UnflattenError, Visitor, VisitorMut, VisitorOwned};
use std::fmt::{Debug, Formatter};
use std::ops::{ControlFlow, Deref, DerefMut};

/// A struct that describes a type of another crate; `#[pytree(remote = "..")]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not describe a type of another crate",
    note = "a description is a struct with the fields of that type and `#[derive(PyTree)] #[pytree(remote = \"path::Type\")]`"
)]
pub trait Describes {
    /// The type that it describes.
    type Value;

    /// The node of the type.
    #[doc(hidden)]
    fn node_type() -> &'static NodeType;
}

/// A value of another crate's type as a tree, by its description: where a field would have `#[pytree(with = ..)]`, such as
/// the input or the output of a forward, or the items of a list.
///
/// ```
/// use pytree_core::{DType, Meta, Module, PyTree, Remote, TensorMeta, flatten, module};
/// # mod vision {
/// #     pub struct Boxes<T> {
/// #         pub corners: T,
/// #         pub count: i64,
/// #     }
/// # }
///
/// #[derive(PyTree)]
/// #[pytree(remote = "vision::Boxes<T>", name = "vision.Boxes")]
/// struct BoxesDef<T> {
///     corners: T,
///     count: i64,
/// }
///
/// struct Detector;
///
/// #[module(family = Meta)]
/// impl Detector {
///     fn forward(&self, image: &TensorMeta) -> Remote<BoxesDef<TensorMeta>> {
///         Remote(vision::Boxes { corners: image.clone(), count: 1 })
///     }
/// }
///
/// let boxes = Detector.call(&Detector::args(TensorMeta::new(DType::Float32, [3, 4])))?;
/// assert_eq!(boxes.count, 1);
/// let paths: Vec<String> = flatten(&boxes)?.with_paths().map(|(path, _)| path.to_string()).collect();
/// assert_eq!(paths, [".corners", ".count"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Remote<D: Describes>(pub D::Value);

impl<D: Describes> Deref for Remote<D> {
    type Target = D::Value;

    fn deref(&self) -> &D::Value {
        &self.0
    }
}

impl<D: Describes> DerefMut for Remote<D> {
    fn deref_mut(&mut self) -> &mut D::Value {
        &mut self.0
    }
}

impl<D: Describes<Value: Debug>> Debug for Remote<D> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<D: Describes<Value: Clone>> Clone for Remote<D> {
    fn clone(&self) -> Self {
        Remote(self.0.clone())
    }
}

impl<F: Family, D: Describes + Parts<F, D::Value>> PyTree<F> for Remote<D> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        walk_parts::<F, D::Value, D, V>(&self.0, D::node_type(), v)
    }
}

impl<F: Family, D: Describes + PartsOwned<F, D::Value>> OwnedTree<F> for Remote<D> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        walk_parts_mut::<F, D::Value, D, V>(&mut self.0, D::node_type(), v)
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        into_parts::<F, D::Value, D, V>(self.0, D::node_type(), v)
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        rebuild_parts::<F, D::Value, D, S>(D::node_type(), false, source).map(Remote)
    }
}
