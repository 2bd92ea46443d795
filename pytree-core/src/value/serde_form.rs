//! Values in serde formats: a spec and its leaves.

use crate::{Family, Leaf, LeafRef, TreeSpec, Value, flatten, unflatten};
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A leaf as data; `T` is the tensor, borrowed or owned.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form<'a, T> {
    Tensor(T),
    Int(i64),
    Float(#[serde(with = "crate::python::float_text")] f64),
    Bool(bool),
    Str(Cow<'a, str>),
    None,
}

#[derive(Serialize, Deserialize)]
struct Tree<'a, T> {
    spec: TreeSpec,
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    leaves: Vec<Form<'a, T>>,
}

fn form<'a, F: Family>(leaf: &LeafRef<'a, F>) -> Form<'a, &'a F::Tensor> {
    match *leaf {
        LeafRef::Tensor(t) => Form::Tensor(t),
        LeafRef::Int(v) => Form::Int(v),
        LeafRef::Float(v) => Form::Float(v),
        LeafRef::Bool(v) => Form::Bool(v),
        LeafRef::Str(v) => Form::Str(Cow::Borrowed(v)),
        LeafRef::None => Form::None,
    }
}

/// As a map of the spec and the leaves. Fails for a structure that treespec JSON cannot hold.
impl<F: Family<Tensor: Serialize>> Serialize for Value<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let flat = flatten(self).map_err(S::Error::custom)?;
        Tree { leaves: flat.leaves.iter().map(form).collect(), spec: flat.spec }.serialize(serializer)
    }
}

impl<'de, F: Family<Tensor: DeserializeOwned>> Deserialize<'de> for Value<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Tree::<'_, F::Tensor>::deserialize(deserializer)?;
        let leaves = tree.leaves.into_iter().map(|form| match form {
            Form::Tensor(t) => Leaf::Tensor(t),
            Form::Int(v) => Leaf::Int(v),
            Form::Float(v) => Leaf::Float(v),
            Form::Bool(v) => Leaf::Bool(v),
            Form::Str(v) => Leaf::Str(v.into_owned()),
            Form::None => Leaf::None,
        });
        unflatten(leaves, &tree.spec).map_err(D::Error::custom)
    }
}
