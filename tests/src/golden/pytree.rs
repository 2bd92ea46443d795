//! Trees, compared with torch's pytree: counters, key paths, treespec JSON, text, and torch.export's names of the leaves.

use super::naming::base_name;
use crate::json::{Outcome, fail, int, member, text, texts, unexpected};
use crate::read::{self, Layout};
use crate::recorded::RecordedValue;
use program::names::Namer;
use pytree_core::{Key, KeyEntry, KeyPath, TreeSpec, flatten, unflatten};
use serde_json::Value;

pub(super) fn run(case: &Value) -> Outcome {
    let tree = read::value(member(case, "tree")?, Layout::Nested)?;
    let flat = flatten(&tree).map_err(unexpected)?;
    let spec = &flat.spec;
    for (name, got) in
        [("num_leaves", spec.num_leaves()), ("num_nodes", spec.num_nodes()), ("num_children", spec.num_children())]
    {
        same(name, &i64::try_from(got).unwrap_or(i64::MAX), &int(member(case, name)?)?)?;
    }
    let paths: Vec<KeyPath> = spec.leaf_paths().collect();
    same("keystr", &paths.iter().map(ToString::to_string).collect(), &texts(member(case, "keystr")?)?)?;
    let json = text(member(case, "treespec_json")?)?;
    same("treespec_json", &spec.to_json().map_err(unexpected)?.as_str(), &json)?;
    let read = TreeSpec::from_json(json).map_err(unexpected)?;
    same("spec read from treespec_json", &read, spec)?;
    same("repr", &spec.to_string().as_str(), &text(member(case, "repr")?)?)?;
    let leaves: Vec<_> = flat.leaves.iter().map(|leaf| leaf.map(Clone::clone)).collect();
    let again: RecordedValue = unflatten(leaves, &read).map_err(unexpected)?;
    same("the tree rebuilt", &again, &tree)?;
    let mut namer = Namer::new();
    let argument = KeyEntry::Mapping(Key::from("x"));
    let of_argument = |path: &KeyPath| std::iter::once(&argument).chain(path.entries()).cloned().collect();
    let names = paths.iter().map(|path| namer.placeholder(&base_name(&of_argument(path)))).collect();
    same("placeholders", &names, &texts(member(case, "placeholders")?)?)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, want: &T) -> Outcome {
    if got == want { Ok(()) } else { fail(format!("{what}: got {got:?}, want {want:?}")) }
}
