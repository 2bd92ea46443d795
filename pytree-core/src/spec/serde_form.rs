//! A spec in serde formats: its treespec JSON, and the fields of namedtuples, which the JSON leaves out.

use super::TreeSpec;
use crate::Names;
use indexmap::IndexMap;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    treespec: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    namedtuple_fields: IndexMap<String, Vec<Cow<'static, str>>>,
}

/// Writes a map of the treespec JSON and the fields of its namedtuples. Fails for a spec that treespec JSON cannot
/// hold.
impl Serialize for TreeSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = |names: &Names| names.iter().map(|n| Cow::Owned(n.to_owned())).collect();
        let form = Form {
            treespec: Cow::Owned(self.to_json().map_err(S::Error::custom)?),
            namedtuple_fields: self
                .namedtuples()
                .into_iter()
                .filter_map(|class| Some((class.name.to_string(), class.fields.as_ref().map(fields)?)))
                .collect(),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TreeSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        let fields = |name: &str| form.namedtuple_fields.get(name).cloned().map(Names::from);
        TreeSpec::from_json_with(&form.treespec, fields).map_err(D::Error::custom)
    }
}
