//! Declaring many tensors of a model at once: from a store, a tree or a TorchScript module.

use crate::ExportError;
use crate::dispatch::{DispatchError, tensor_id};
use crate::model_tensors::ModelTensors;
use crate::record::Role;
use pytree_core::{KeyEntry, KeyPath, LeafRef, PyTree, Tch, flatten};
use std::collections::HashMap;
use std::hash::Hash;
use tch::nn::VarStore;
use tch::{CModule, Tensor};

impl ModelTensors {
    /// Adds the variables of a store. Trainable ones are parameters in the order of their creation, but the weight of a
    /// layer comes before its bias, as in `torch.nn`. The others are buffers, sorted by name.
    pub(crate) fn var_store(&mut self, store: &VarStore) -> Result<(), DispatchError> {
        let mut named: Vec<(String, Tensor)> = store.variables().into_iter().collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        let ids = |tensors: &mut dyn Iterator<Item = &Tensor>| tensors.map(tensor_id).collect::<Result<Vec<_>, _>>();
        let trainable = ids(&mut store.trainable_variables().iter())?;
        let known = ids(&mut named.iter().map(|(_, tensor)| tensor))?;
        let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let (parameters, buffers) = store_order(&names, &known, &trainable);
        for (places, role) in [(parameters, Role::Parameter as fn(String) -> Role), (buffers, Role::Buffer)] {
            for at in places {
                if let Some((name, tensor)) = named.get(at) {
                    self.add(role(name.clone()), tensor.shallow_clone());
                }
            }
        }
        Ok(())
    }

    /// Adds the tensors of a tree, named by their paths. Other leaves are not tensors of the model and are skipped.
    pub(crate) fn tree<T: PyTree<Tch>>(&mut self, tree: &T, role: fn(String) -> Role) -> Result<(), ExportError> {
        let flat = flatten(tree)?;
        for (leaf, path) in flat.leaves.iter().zip(flat.spec.leaf_paths()) {
            if let LeafRef::Tensor(tensor) = leaf {
                self.add(role(qualified_name(&path)), tensor.shallow_clone());
            }
        }
        Ok(())
    }

    /// Adds the parameters of a TorchScript module.
    pub(crate) fn script_module(&mut self, module: &CModule) -> Result<(), ExportError> {
        for (name, tensor) in module.named_parameters().map_err(ExportError::Inputs)? {
            self.add(Role::Parameter(name), tensor);
        }
        Ok(())
    }
}

/// The fully qualified name of a tensor at this path of a tree: `layers.0.weight`. A tree that is one tensor is `weight`.
fn qualified_name(path: &KeyPath) -> String {
    let part = |entry: &KeyEntry| match entry {
        KeyEntry::Sequence(i) => i.to_string(),
        KeyEntry::Mapping(key) => key.text().into_owned(),
        KeyEntry::GetAttr(name) => name.to_string(),
        other => other.to_string(),
    };
    match path.entries() {
        [] => "weight".to_owned(),
        entries => entries.iter().map(part).collect::<Vec<_>>().join("."),
    }
}

/// The order of the variables of a store: the places of parameters and of buffers among its sorted names. `ids` identifies
/// the named variables and `trainable` those that are trained, in the order of their creation.
fn store_order<I: Eq + Hash>(names: &[&str], ids: &[I], trainable: &[I]) -> (Vec<usize>, Vec<usize>) {
    let mut places: HashMap<&I, Vec<usize>> = HashMap::with_capacity(ids.len());
    // The last name first, since names are taken from the end.
    for (at, id) in ids.iter().enumerate().rev() {
        places.entry(id).or_default().push(at);
    }
    let mut taken = vec![false; ids.len()];
    let mut parameters = Vec::with_capacity(trainable.len());
    for id in trainable {
        if let Some(at) = places.get_mut(id).and_then(Vec::pop) {
            taken[at] = true;
            parameters.push(at);
        }
    }
    // tch's linear and convolution layers create their bias first.
    for i in 1..parameters.len() {
        let layer = |at: usize, name: &str| names[parameters[at]].strip_suffix(name);
        if layer(i, "weight").is_some_and(|of| layer(i - 1, "bias") == Some(of)) {
            parameters.swap(i - 1, i);
        }
    }
    let buffers = (0..ids.len()).filter(|at| !taken[*at]).collect();
    (parameters, buffers)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// An id that counts how often it is compared.
    struct Counted(usize);

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted {}

    impl Hash for Counted {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn the_work_grows_with_the_number_of_variables() {
        let mut each = Vec::new();
        for count in [100, 1_000, 20_000] {
            COMPARED.set(0);
            let names: Vec<String> = (0..count).map(|i| format!("v{i:05}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let ids: Vec<Counted> = (0..count).map(Counted).collect();
            // Created in the reverse order of their names, and every tenth is a buffer.
            let trainable: Vec<Counted> = (0..count).rev().filter(|i| i % 10 != 0).map(Counted).collect();
            let (parameters, buffers) = store_order(&names, &ids, &trainable);
            assert_eq!((parameters.len(), buffers.len()), (count / 10 * 9, count / 10));
            assert_eq!((parameters[0], buffers[1]), (count - 1, 10));
            each.push(COMPARED.get() / count);
        }
        assert!(each.iter().all(|compared| *compared <= 2), "comparisons per variable: {each:?}");
    }

    #[test]
    fn tied_variables_take_their_names_in_order() {
        let (parameters, buffers) = store_order(&["a.bias", "a.weight", "b", "c"], &[7, 8, 9, 9], &[9, 7, 8, 9]);
        assert_eq!((parameters, buffers), (vec![2, 1, 0, 3], vec![]));
    }

    #[test]
    fn names_are_paths() {
        let path = |entries: Vec<KeyEntry>| qualified_name(&entries.into_iter().collect());
        assert_eq!(path(vec![]), "weight");
        let layer = vec![KeyEntry::GetAttr("layers".into()), KeyEntry::Sequence(0), KeyEntry::Mapping("w".into())];
        assert_eq!(path(layer), "layers.0.w");
    }
}
