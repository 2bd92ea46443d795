//! `dynamic_shapes`: the tree of sizes that `torch.export.export` takes.

use std::fmt;

use indexmap::IndexMap;
use pytree_core::Key;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::spec::dim::DimSpec;
use crate::spec::pprint::{DEEPEST, DictKey, Printed, pformat, repr};

/// `pprint`'s own width.
const WIDTH: usize = 80;

/// What a spec says about one leaf of the inputs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ShapeSpec {
    /// `None`: everything constant; the only spec for floats, strings, bools and `None`.
    #[default]
    None,
    /// `{0: ..., 2: ...}`: dimension to spec, those left out are constant.
    Dict(#[serde(deserialize_with = "unique_dims")] IndexMap<i64, DimSpec>),
    /// `(..., ...)`: one entry per dimension.
    Tuple(Vec<DimSpec>),
    /// `[..., ...]`: one entry per dimension.
    List(Vec<DimSpec>),
    /// A single spec, for an int input.
    Scalar(DimSpec),
}

/// Reads a table of dimensions. JSON may have a key twice, and then one of the two specs would be lost.
fn unique_dims<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IndexMap<i64, DimSpec>, D::Error> {
    struct Dims;
    impl<'de> Visitor<'de> for Dims {
        type Value = IndexMap<i64, DimSpec>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table of dimensions")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut dims = IndexMap::new();
            while let Some((dim, spec)) = entries.next_entry()? {
                if dims.insert(dim, spec).is_some() {
                    return Err(A::Error::custom(format!("dimension {dim} is there twice; keep one of the two specs")));
                }
            }
            Ok(dims)
        }
    }
    deserializer.deserialize_map(Dims)
}

impl ShapeSpec {
    /// Dimension to spec; shorthand for the dict form.
    pub fn dims<D: Into<DimSpec>>(dims: impl IntoIterator<Item = (i64, D)>) -> ShapeSpec {
        ShapeSpec::Dict(dims.into_iter().map(|(i, d)| (i, d.into())).collect())
    }

    /// The spec of dimension `index`; [`DimSpec::None`] where it has none.
    pub fn dim(&self, index: usize) -> DimSpec {
        let found = match self {
            ShapeSpec::Dict(dims) => i64::try_from(index).ok().and_then(|i| dims.get(&i)),
            ShapeSpec::Tuple(dims) | ShapeSpec::List(dims) => dims.get(index),
            ShapeSpec::None | ShapeSpec::Scalar(_) => None,
        };
        found.cloned().unwrap_or(DimSpec::None)
    }

    /// Sets the spec of dimension `index`, in the form that the spec has. Nothing happens to a spec without dimensions, and to a
    /// tuple or list that is too short.
    pub fn set_dim(&mut self, index: usize, dim: impl Into<DimSpec>) {
        match self {
            ShapeSpec::Dict(dims) => {
                dims.extend(i64::try_from(index).ok().map(|index| (index, dim.into())));
            }
            ShapeSpec::Tuple(dims) | ShapeSpec::List(dims) => {
                if let Some(slot) = dims.get_mut(index) {
                    *slot = dim.into();
                }
            }
            ShapeSpec::None | ShapeSpec::Scalar(_) => {}
        }
    }

    /// Dimensions that are mentioned, in the spec's own order.
    pub fn mentioned(&self) -> Vec<(i64, &DimSpec)> {
        match self {
            ShapeSpec::Dict(dims) => dims.iter().map(|(i, d)| (*i, d)).collect(),
            ShapeSpec::Tuple(dims) | ShapeSpec::List(dims) => (0..).zip(dims).collect(),
            ShapeSpec::None | ShapeSpec::Scalar(_) => Vec::new(),
        }
    }

    fn printed(&self, show: fn(&DimSpec) -> String) -> Printed<'_> {
        let each = |dims: &[DimSpec]| dims.iter().map(|d| Printed::Leaf(show(d))).collect();
        match self {
            ShapeSpec::None => Printed::Leaf("None".to_owned()),
            ShapeSpec::Scalar(dim) => Printed::Leaf(show(dim)),
            ShapeSpec::Tuple(dims) => Printed::Tuple(each(dims)),
            ShapeSpec::List(dims) => Printed::List(each(dims)),
            ShapeSpec::Dict(dims) => {
                Printed::Dict(dims.iter().map(|(i, d)| (DictKey::Index(*i), Printed::Leaf(show(d)))).collect())
            }
        }
    }
}

impl fmt::Display for ShapeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr(&self.printed(DimSpec::to_string)))
    }
}

/// A tree of [`ShapeSpec`]s: the argument `dynamic_shapes` of `torch.export.export`.
///
/// `Display` is what Python's `pprint.pprint` prints; [`repr`](DynamicShapes::repr) is one line.
///
/// ```
/// use shapes::{Dim, DynamicShapes, ShapeSpec};
/// let x = DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::dynamic()), (1, Dim::dynamic())]));
/// let both = DynamicShapes::pair([x], [("y".to_owned(), DynamicShapes::NONE)]);
/// assert_eq!(both.to_string(), "(({0: DimHint(DYNAMIC), 1: DimHint(DYNAMIC)},), {'y': None})");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "wire::Tree")]
#[non_exhaustive]
pub enum DynamicShapes {
    /// A leaf of the inputs.
    Leaf(ShapeSpec),
    /// A Python tuple.
    Tuple(Vec<DynamicShapes>),
    /// A Python list; also what registered classes are matched against.
    List(Vec<DynamicShapes>),
    /// A Python dict.
    Dict(IndexMap<Key, DynamicShapes>),
}

impl DynamicShapes {
    /// A leaf without dynamic dimensions.
    pub const NONE: DynamicShapes = DynamicShapes::Leaf(ShapeSpec::None);

    /// A leaf.
    pub fn leaf(spec: ShapeSpec) -> DynamicShapes {
        DynamicShapes::Leaf(spec)
    }

    /// The pair `(args, kwargs)` that onnx-diagnostic's `guess_dynamic_shapes` returns.
    pub fn pair(
        args: impl IntoIterator<Item = DynamicShapes>,
        kwargs: impl IntoIterator<Item = (String, DynamicShapes)>,
    ) -> DynamicShapes {
        let kwargs = kwargs.into_iter().map(|(k, v)| (Key::from(k), v)).collect();
        DynamicShapes::Tuple(vec![DynamicShapes::Tuple(args.into_iter().collect()), DynamicShapes::Dict(kwargs)])
    }

    /// Positional and named parts, when the tree is a pair as [`DynamicShapes::pair`] builds it.
    pub fn as_pair(&self) -> Option<(&[DynamicShapes], &IndexMap<Key, DynamicShapes>)> {
        match self {
            DynamicShapes::Tuple(items) => match items.as_slice() {
                [DynamicShapes::Tuple(args), DynamicShapes::Dict(kwargs)] => Some((args, kwargs)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The leaves, in order.
    pub fn leaves(&self) -> Vec<&ShapeSpec> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, into: &mut Vec<&'a ShapeSpec>) {
        match self {
            DynamicShapes::Leaf(spec) => into.push(spec),
            DynamicShapes::Tuple(items) | DynamicShapes::List(items) => items.iter().for_each(|i| i.collect(into)),
            DynamicShapes::Dict(items) => items.values().for_each(|i| i.collect(into)),
        }
    }

    /// Python's `repr`: one line, dicts in insertion order.
    pub fn repr(&self) -> String {
        repr(&self.printed(DimSpec::to_string, DEEPEST))
    }

    /// The text PyTorch 2.7 printed, `_DimHint(type=<_DimHintType.DYNAMIC: 3>)` for a hint.
    pub fn legacy(&self) -> Legacy<'_> {
        Legacy(self)
    }

    /// `levels`: how many levels of containers are printed.
    fn printed(&self, show: fn(&DimSpec) -> String, levels: usize) -> Printed<'_> {
        let item = |item| DynamicShapes::printed(item, show, levels.saturating_sub(1));
        match self {
            DynamicShapes::Leaf(spec) => spec.printed(show),
            _ if levels == 0 => Printed::Leaf("...".to_owned()),
            DynamicShapes::Tuple(items) => Printed::Tuple(items.iter().map(item).collect()),
            DynamicShapes::List(items) => Printed::List(items.iter().map(item).collect()),
            DynamicShapes::Dict(items) => {
                Printed::Dict(items.iter().map(|(key, shapes)| (DictKey::Name(key), item(shapes))).collect())
            }
        }
    }
}

impl fmt::Display for DynamicShapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&pformat(&self.printed(DimSpec::to_string, DEEPEST), WIDTH))
    }
}

/// [`DynamicShapes`] as PyTorch 2.7 wrote them; made by [`DynamicShapes::legacy`].
#[derive(Clone, Copy, Debug)]
pub struct Legacy<'a>(&'a DynamicShapes);

impl fmt::Display for Legacy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&pformat(&self.0.printed(DimSpec::legacy, DEEPEST), WIDTH))
    }
}

/// The serialized form: dicts as lists of pairs, since their keys need not be strings.
mod wire {
    use indexmap::IndexMap;
    use pytree_core::Key;
    use serde::ser::Error as _;
    use serde::{Deserialize, Serialize, Serializer};

    use super::{DynamicShapes, ShapeSpec};

    /// Each level of shapes is two of JSON, of which a reader takes 128.
    const DEEPEST: usize = 60;

    #[derive(Deserialize)]
    pub(super) enum Tree {
        Leaf(ShapeSpec),
        Tuple(Vec<DynamicShapes>),
        List(Vec<DynamicShapes>),
        Dict(Vec<(serde_json::Value, DynamicShapes)>),
    }

    /// The same to be written.
    #[derive(Serialize)]
    enum Written<'a> {
        Leaf(&'a ShapeSpec),
        Tuple(Vec<Part<'a>>),
        List(Vec<Part<'a>>),
        Dict(Vec<(serde_json::Value, Part<'a>)>),
    }

    /// A part of shapes, and how many levels may be below it.
    struct Part<'a>(&'a DynamicShapes, usize);

    impl Serialize for DynamicShapes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Part(self, DEEPEST).serialize(serializer)
        }
    }

    impl Serialize for Part<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Part(shapes, levels) = *self;
            let part = |shapes| Part(shapes, levels.saturating_sub(1));
            let tree = match shapes {
                DynamicShapes::Leaf(spec) => Written::Leaf(spec),
                _ if levels == 0 => {
                    return Err(S::Error::custom(format!(
                        "shapes that are more than {DEEPEST} levels deep cannot be written, since they could not be read"
                    )));
                }
                DynamicShapes::Tuple(items) => Written::Tuple(items.iter().map(part).collect()),
                DynamicShapes::List(items) => Written::List(items.iter().map(part).collect()),
                DynamicShapes::Dict(items) => {
                    Written::Dict(items.iter().map(|(key, shapes)| (written(key), part(shapes))).collect())
                }
            };
            tree.serialize(serializer)
        }
    }

    fn written(key: &Key) -> serde_json::Value {
        match key {
            Key::Int(i) => (*i).into(),
            Key::Bool(b) => (*b).into(),
            Key::Float(x) => (*x).into(),
            Key::None => serde_json::Value::Null,
            other => other.text().into(),
        }
    }

    impl TryFrom<Tree> for DynamicShapes {
        type Error = String;
        fn try_from(tree: Tree) -> Result<DynamicShapes, String> {
            Ok(match tree {
                Tree::Leaf(spec) => DynamicShapes::Leaf(spec),
                Tree::Tuple(items) => DynamicShapes::Tuple(items),
                Tree::List(items) => DynamicShapes::List(items),
                Tree::Dict(items) => {
                    let mut table = IndexMap::with_capacity(items.len());
                    for (key, shapes) in items {
                        let key = read(key)?;
                        if table.contains_key(&key) {
                            return Err(format!("the key {key} is there twice; keep one of the two entries"));
                        }
                        table.insert(key, shapes);
                    }
                    DynamicShapes::Dict(table)
                }
            })
        }
    }

    fn read(key: serde_json::Value) -> Result<Key, String> {
        use serde_json::Value;
        match key {
            Value::Null => Ok(Key::None),
            Value::Bool(b) => Ok(Key::Bool(b)),
            Value::String(s) => Ok(Key::from(s)),
            Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(i), _) => Ok(Key::Int(i)),
                (None, Some(x)) => Ok(Key::Float(x)),
                (None, None) => Err(format!("{n} is not a dict key")),
            },
            other => Err(format!("{other} is not a dict key; use a string, number, bool or null")),
        }
    }
}
