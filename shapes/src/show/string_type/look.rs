//! What `string_type` sees of an object, whatever holds it: a tree, or a description.

use super::described::{Described, Numbers};
use crate::classes;
use crate::spec::dim::DimSpec;
use crate::tensor::{TensorError, TensorSummary};
use pytree_core::{Context, DescribeTensor, Key, LeafKind, LeafRef, Subtree};
use std::borrow::Cow;

/// One object, seen from outside. `O` is an object inside it.
pub(super) enum Look<'a, O> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A `str`.
    Text(&'a str),
    /// What is shown as it stands: `slice`, `device(cpu)`.
    Fixed(Cow<'a, str>),
    /// A dimension of a dynamic shape.
    Dim(&'a DimSpec),
    Tuple(Vec<O>),
    List(Vec<O>),
    Set(Vec<O>),
    Dict(Vec<(Label<'a>, O)>),
    /// A dataclass.
    Fields(&'a str, Vec<(&'a str, O)>),
    /// A cache shown by its parts.
    Parts(&'a str, Vec<(&'a str, O)>),
    /// A cache of keys and values.
    Layered(&'a str, Vec<O>, Vec<O>),
    /// A cache whose layers are of several classes: class and key of each.
    Layers(&'a str, Vec<(&'a str, O)>, Vec<O>),
    /// `BatchEncoding(data=dict(..))`.
    Batch(&'a str, Vec<(Label<'a>, O)>),
    /// Any other registered class.
    Serialized(&'a str, Vec<O>),
    /// `T`, `A` or `F`, and what is known of the numbers.
    Numbers(char, Numbers),
    /// An object of a class that is not known.
    Unsupported(&'a str),
}

/// A key of a dict.
pub(super) enum Label<'a> {
    Of(Cow<'a, Key>),
    /// A key of another type, as Python's `str` writes it.
    Text(&'a str),
}

impl Label<'_> {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Label::Of(key) => key.text(),
            Label::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Whether `isinstance(key, int)`.
    pub(super) fn is_int(&self) -> bool {
        matches!(self, Label::Of(key) if matches!(**key, Key::Int(_) | Key::Bool(_)))
    }

    pub(super) fn key(&self) -> Key {
        match self {
            Label::Of(key) => key.as_ref().clone(),
            Label::Text(text) => Key::from((*text).to_owned()),
        }
    }
}

/// Something that can be looked at.
pub(super) trait Object: Copy {
    /// What it is.
    fn look<'s>(&'s self) -> Look<'s, Self>;
}

/// A node or leaf of a flattened tree.
pub(super) struct TreeObject<'a, 't, F: DescribeTensor>(pub(super) Subtree<'a, LeafRef<'t, F>>);

impl<F: DescribeTensor> Clone for TreeObject<'_, '_, F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: DescribeTensor> Copy for TreeObject<'_, '_, F> {}

impl<F: DescribeTensor> TreeObject<'_, '_, F> {
    /// The tensor, when this is one.
    pub(super) fn tensor(&self) -> Option<&F::Tensor> {
        self.0.leaf().and_then(|leaf| leaf.tensor())
    }
}

impl<F: DescribeTensor> Object for TreeObject<'_, '_, F> {
    fn look<'s>(&'s self) -> Look<'s, Self> {
        let at = self.0;
        let Some(context) = at.node().context() else {
            return match at.leaf() {
                Some(LeafRef::Tensor(tensor)) => Look::Numbers('T', Numbers::of(F::describe(tensor))),
                Some(LeafRef::Int(v)) => Look::Int(*v),
                Some(LeafRef::Float(v)) => Look::Float(*v),
                Some(LeafRef::Bool(v)) => Look::Bool(*v),
                Some(LeafRef::Str(v)) => Look::Text(v),
                Some(LeafRef::None) | None => Look::None,
            };
        };
        let items = || at.children().map(TreeObject);
        let name = context.short_name();
        match context {
            // Python's type tests take a subclass of tuple or list for one.
            Context::Tuple => Look::Tuple(items().collect()),
            _ if classes::is_tuple_subclass(context) => Look::Tuple(items().collect()),
            Context::List | Context::ImmutableList => Look::List(items().collect()),
            Context::Dict(keys) => {
                Look::Dict(keys.iter().map(|key| Label::Of(Cow::Borrowed(key))).zip(items()).collect())
            }
            Context::Dataclass { present, .. } => Look::Fields(name, present.iter().zip(items()).collect()),
            Context::Mapping { fields, .. } if classes::is_model_output(context) => {
                Look::Fields(name, fields.iter().zip(items()).collect())
            }
            Context::Mapping { fields, .. } if classes::is_cache_by_fields(context) => {
                Look::Parts(name, fields.iter().zip(items()).collect())
            }
            _ => match classes::layers(at) {
                Some((keys, values)) => {
                    let objects = |parts: Vec<_>| parts.into_iter().map(TreeObject).collect();
                    Look::Layered(name, objects(keys), objects(values))
                }
                None => Look::Serialized(name, items().collect()),
            },
        }
    }
}

impl Object for &Described {
    fn look<'s>(&'s self) -> Look<'s, Self> {
        fn labelled(items: &[(Key, Described)]) -> Vec<(Label<'_>, &Described)> {
            items.iter().map(|(key, item)| (Label::Of(Cow::Borrowed(key)), item)).collect()
        }
        fn named(items: &[(String, Described)]) -> Vec<(&str, &Described)> {
            items.iter().map(|(name, item)| (name.as_str(), item)).collect()
        }
        match self {
            Described::None => Look::None,
            Described::Bool(v) => Look::Bool(*v),
            Described::Int(v) => Look::Int(*v),
            Described::Float(v) => Look::Float(*v),
            Described::Str(v) => Look::Text(v),
            Described::Unseen(LeafKind::None) => Look::None,
            Described::Unseen(kind) => Look::Fixed(Cow::Borrowed(kind.python_type())),
            Described::Slice => Look::Fixed(Cow::Borrowed("slice")),
            Described::Constant { class, value } => Look::Fixed(Cow::Owned(format!("{class}({value})"))),
            Described::Model(class) => Look::Fixed(Cow::Owned(format!("{class}(...)"))),
            Described::Dim(dim) => Look::Dim(dim),
            Described::Tuple(items) => Look::Tuple(items.iter().collect()),
            Described::List(items) => Look::List(items.iter().collect()),
            Described::Set(items) => Look::Set(items.iter().collect()),
            Described::Dict(items) => Look::Dict(labelled(items)),
            Described::DictOfOther(items) => {
                Look::Dict(items.iter().map(|(key, item)| (Label::Text(key), item)).collect())
            }
            Described::Dataclass { class, fields } => Look::Fields(class, named(fields)),
            Described::Parts { class, parts } => Look::Parts(class, named(parts)),
            Described::Cache { class, layers } => {
                let (keys, values) = layers.iter().map(|layer| (&layer.key, &layer.value)).unzip();
                Look::Layered(class, keys, values)
            }
            Described::LayerCache { class, layers } => {
                let shown = layers.iter().map(|(class, layer)| (class.as_str(), &layer.key)).collect();
                Look::Layers(class, shown, layers.iter().flat_map(|(_, layer)| [&layer.key, &layer.value]).collect())
            }
            Described::Batch { class, data } => Look::Batch(class, labelled(data)),
            Described::Registered { class, children } => Look::Serialized(class, children.iter().collect()),
            Described::Tensor(numbers) => Look::Numbers('T', numbers.clone()),
            Described::Fake(meta) => Look::Numbers('F', Numbers::of(meta.clone())),
            Described::Array(numbers) => Look::Numbers('A', numbers.clone()),
            Described::Unsupported(class) => Look::Unsupported(class),
        }
    }
}

/// What a summary hook is asked for: the object that is a tensor.
pub(super) type Summarize<'s, O> = Option<&'s mut dyn FnMut(&O) -> Option<Result<TensorSummary, TensorError>>>;
