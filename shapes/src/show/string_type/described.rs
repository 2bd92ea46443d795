//! Any Python object, as far as one line of text shows it.

use crate::spec::dim::DimSpec;
use crate::spec::{DynamicShapes, ShapeSpec};
use crate::tensor::{TensorError, TensorSummary};
use pytree_core::{Context, DescribeTensor, Key, LeafKind, LeafRef, PyTree, Subtree, TensorMeta, TreeError, flatten};

/// A description of any Python object: what [`string_type`](super::string_type) shows beside trees of tensors, such as
/// dynamic shapes, numpy arrays or sets.
///
/// ```
/// use shapes::{Described, Dim, DynamicShapes, ShapeSpec, StringTypeOptions};
/// let shapes = DynamicShapes::pair([DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::new("batch")?)]))], []);
/// let text = Described::from(&shapes).string_type(StringTypeOptions::default())?;
/// assert_eq!(text, "(({0:Dim(batch)},),{})");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Described {
    /// `None`
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int`.
    Int(i64),
    /// A `float`.
    Float(f64),
    /// A `str`.
    Str(String),
    /// An `int`, `float`, `bool`, `str` or `None` whose value was not kept.
    Unseen(LeafKind),
    /// A `slice`, whatever its bounds.
    Slice,
    /// An object that is a name: `device(cpu)`, `dtype(torch.float32)`.
    Constant {
        /// What sort of object.
        class: String,
        /// Its name.
        value: String,
    },
    /// A `torch.nn.Module`: `Name(...)`.
    Model(String),
    /// The spec of one dimension: a `Dim`, a hint, an integer, a name.
    Dim(DimSpec),
    /// A tuple, of a subclass too.
    Tuple(Vec<Described>),
    /// A list.
    List(Vec<Described>),
    /// A set, in the order of its iteration.
    Set(Vec<Described>),
    /// A dict.
    Dict(Vec<(Key, Described)>),
    /// A dict some of whose keys are of types that a [`Key`] cannot be; each as Python's `str` writes it.
    DictOfOther(Vec<(String, Described)>),
    /// A dataclass or a `ModelOutput`.
    Dataclass {
        /// Its name without the module.
        class: String,
        /// Its fields in order.
        fields: Vec<(String, Described)>,
    },
    /// A cache that is shown by its parts: `EncoderDecoderCache`, `MambaCache`.
    Parts {
        /// Its name without the module.
        class: String,
        /// Its parts in order.
        parts: Vec<(String, Described)>,
    },
    /// A key-value cache: the key and the value of each layer.
    Cache {
        /// Its name without the module.
        class: String,
        /// The layers.
        layers: Vec<DescribedLayer>,
    },
    /// A key-value cache that names the classes of its layers.
    LayerCache {
        /// Its name without the module.
        class: String,
        /// The class of each layer, without the module, and the layer.
        layers: Vec<(String, DescribedLayer)>,
    },
    /// A `BatchEncoding` or a `BatchFeature`.
    Batch {
        /// Its name without the module.
        class: String,
        /// Its data.
        data: Vec<(Key, Described)>,
    },
    /// An object of any other class registered with the pytree.
    Registered {
        /// Its name without the module.
        class: String,
        /// Its children.
        children: Vec<Described>,
    },
    /// A tensor.
    Tensor(Numbers),
    /// A `FakeTensor`.
    Fake(TensorMeta),
    /// A numpy array.
    Array(Numbers),
    /// An object of a class that has no text, by the name of the class.
    Unsupported(String),
}

/// One layer of a key-value cache.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedLayer {
    /// Its keys.
    pub key: Described,
    /// Its values.
    pub value: Described,
}

/// What is known of a tensor or an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Element type, sizes, device.
    pub meta: TensorMeta,
    /// Whether the elements are texts, which only numpy arrays can hold; the element type says nothing then.
    pub text: bool,
    /// Range and mean, or why they cannot be computed; `None` when they were not asked for.
    pub summary: Option<Result<TensorSummary, TensorError>>,
}

impl Described {
    /// The description of a tree.
    ///
    /// # Errors
    /// [`TreeError`] when it cannot be flattened.
    pub fn of<F: DescribeTensor, X: PyTree<F> + ?Sized>(tree: &X) -> Result<Described, TreeError> {
        Ok(Described::tree(flatten(tree)?.root(), &|leaf| match leaf {
            LeafRef::Tensor(tensor) => Described::Tensor(Numbers::of(F::describe(tensor))),
            LeafRef::Int(v) => Described::Int(*v),
            LeafRef::Float(v) => Described::Float(*v),
            LeafRef::Bool(v) => Described::Bool(*v),
            LeafRef::Str(v) => Described::Str((*v).to_owned()),
            LeafRef::None => Described::None,
        }))
    }

    /// The description of a tree whose leaves are described by `leaf`.
    pub(crate) fn tree<L>(at: Subtree<'_, L>, leaf: &impl Fn(&L) -> Described) -> Described {
        node(at, leaf)
    }
}

impl Numbers {
    /// Numbers of which only this is known.
    pub(crate) fn of(meta: TensorMeta) -> Numbers {
        Numbers { meta, text: false, summary: None }
    }
}

fn node<L>(at: Subtree<'_, L>, leaf: &impl Fn(&L) -> Described) -> Described {
    let Some(context) = at.node().context() else { return at.leaf().map_or(Described::None, leaf) };
    let items: Vec<Described> = at.children().map(|child| node(child, leaf)).collect();
    let class = context.short_name().to_owned();
    match context {
        Context::Tuple => Described::Tuple(items),
        _ if crate::classes::is_tuple_subclass(context) => Described::Tuple(items),
        Context::List | Context::ImmutableList => Described::List(items),
        Context::Dict(keys) => Described::Dict(keys.iter().cloned().zip(items).collect()),
        Context::Dataclass { present, .. } => {
            Described::Dataclass { class, fields: present.iter().map(str::to_owned).zip(items).collect() }
        }
        Context::Mapping { fields, .. } if crate::classes::is_model_output(context) => {
            Described::Dataclass { class, fields: fields.iter().map(str::to_owned).zip(items).collect() }
        }
        Context::Mapping { fields, .. } if crate::classes::is_cache_by_fields(context) => {
            Described::Parts { class, parts: fields.iter().map(str::to_owned).zip(items).collect() }
        }
        _ => match crate::classes::layers(at) {
            Some((keys, _)) => Described::Cache { class, layers: pair_up(items, keys.len()) },
            None => Described::Registered { class, children: items },
        },
    }
}

/// The layers of a cache, given its children in either layout.
fn pair_up(items: Vec<Described>, layers: usize) -> Vec<DescribedLayer> {
    let layer = |(key, value)| DescribedLayer { key, value };
    let mut items = items.into_iter();
    if let [Described::List(_), Described::List(_)] = items.as_slice()
        && let (Some(Described::List(keys)), Some(Described::List(values))) = (items.next(), items.next())
    {
        return keys.into_iter().zip(values).map(layer).collect();
    }
    (0..layers).map_while(|_| Some(layer((items.next()?, items.next()?)))).collect()
}

impl From<&DynamicShapes> for Described {
    fn from(shapes: &DynamicShapes) -> Described {
        match shapes {
            DynamicShapes::Leaf(spec) => Described::from(spec),
            DynamicShapes::Tuple(items) => Described::Tuple(items.iter().map(Described::from).collect()),
            DynamicShapes::List(items) => Described::List(items.iter().map(Described::from).collect()),
            DynamicShapes::Dict(items) => {
                Described::Dict(items.iter().map(|(key, item)| (key.clone(), Described::from(item))).collect())
            }
        }
    }
}

impl From<&ShapeSpec> for Described {
    fn from(spec: &ShapeSpec) -> Described {
        let dims = |dims: &[DimSpec]| dims.iter().map(Described::from).collect();
        match spec {
            ShapeSpec::None => Described::None,
            ShapeSpec::Dict(dims) => {
                Described::Dict(dims.iter().map(|(i, dim)| (Key::Int(*i), Described::from(dim))).collect())
            }
            ShapeSpec::Tuple(items) => Described::Tuple(dims(items)),
            ShapeSpec::List(items) => Described::List(dims(items)),
            ShapeSpec::Scalar(dim) => Described::from(dim),
        }
    }
}

impl From<&DimSpec> for Described {
    fn from(dim: &DimSpec) -> Described {
        match dim {
            DimSpec::None => Described::None,
            DimSpec::Int(size) => Described::Int(*size),
            DimSpec::Text(name) => Described::Str(name.clone()),
            other => Described::Dim(other.clone()),
        }
    }
}
