//! Values in serde formats: a spec and its leaves.

use crate::{Family, Leaf, LeafRef, TreeSpec, Value, flatten, unflatten};
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize)]
struct Written<'a, F: Family> {
    spec: TreeSpec,
    #[serde(bound(serialize = "F::Tensor: Serialize"))]
    leaves: Vec<LeafRef<'a, F>>,
}

#[derive(Deserialize)]
struct Read<F: Family> {
    spec: TreeSpec,
    #[serde(bound(deserialize = "F::Tensor: DeserializeOwned"))]
    leaves: Vec<Leaf<F>>,
}

/// Writes a map of the spec and the leaves. Fails for a structure that treespec JSON cannot hold.
impl<F: Family<Tensor: Serialize>> Serialize for Value<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let flat = flatten(self).map_err(S::Error::custom)?;
        Written { spec: flat.spec, leaves: flat.leaves }.serialize(serializer)
    }
}

impl<'de, F: Family<Tensor: DeserializeOwned>> Deserialize<'de> for Value<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Read::<F>::deserialize(deserializer)?;
        unflatten(tree.leaves, &tree.spec).map_err(D::Error::custom)
    }
}
