//! The tensors that a model holds: parameters, buffers and declared constants.

use crate::dispatch::{self, DispatchError, StorageId};
use crate::record::{Known, Role};
use program::{Storage, TensorData};
use pytree_core::TensorType;
use std::collections::HashMap;
use tch::Tensor;
use tch::nn::VarStore;

/// The tensors that the caller declared, in the order of their placeholders: parameters, then buffers, then constants.
#[derive(Debug, Default)]
pub(crate) struct ModelTensors {
    entries: Vec<(Role, Tensor)>,
}

impl ModelTensors {
    /// Adds the variables of a store. Trainable ones are parameters in the order of their creation, but the weight of a
    /// layer comes before its bias, as in `torch.nn`. The others are buffers, sorted by name.
    pub(crate) fn var_store(&mut self, store: &VarStore) -> Result<(), DispatchError> {
        let mut named: Vec<(String, Tensor)> = store.variables().into_iter().collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        let mut parameters: Vec<(String, Tensor)> = Vec::new();
        for parameter in store.trainable_variables() {
            for (i, (_, tensor)) in named.iter().enumerate() {
                if dispatch::same_tensor(tensor, &parameter)? {
                    parameters.push(named.remove(i));
                    break;
                }
            }
        }
        // tch's linear and convolution layers create their bias first.
        for i in 1..parameters.len() {
            let layer = |at: usize, name: &str| parameters[at].0.strip_suffix(name).map(str::to_owned);
            if layer(i, "weight").is_some_and(|of| layer(i - 1, "bias") == Some(of)) {
                parameters.swap(i - 1, i);
            }
        }
        for (name, tensor) in parameters {
            self.add(Role::Parameter(name), tensor);
        }
        for (name, tensor) in named {
            self.add(Role::Buffer(name), tensor);
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, role: Role, tensor: Tensor) {
        let rank = |role: &Role| match role {
            Role::Parameter(_) => 0,
            Role::Buffer(_) => 1,
            _ => 2,
        };
        let at = self.entries.partition_point(|(known, _)| rank(known) <= rank(&role));
        self.entries.insert(at, (role, tensor));
    }

    pub(crate) fn entries(&self) -> &[(Role, Tensor)] {
        &self.entries
    }

    /// Adds all of them to the known tensors of a recording.
    pub(crate) fn known<'a>(&'a self, known: &mut Known<'a>) {
        for (role, tensor) in &self.entries {
            known.add(role.clone(), tensor);
        }
    }

    /// Copies of the buffers and constants, from which they are restored after a run.
    pub(crate) fn buffers(&self) -> Result<Vec<(&Tensor, Tensor)>, DispatchError> {
        let buffers = self.entries.iter().filter(|(role, _)| matches!(role, Role::Buffer(_) | Role::Constant(_)));
        buffers.map(|(_, tensor)| Ok((tensor, dispatch::deep_copy(tensor)?))).collect()
    }
}

/// Reads the data of tensors. Each storage is read once, so tensors that share one still share it in the program.
#[derive(Default)]
pub(crate) struct DataReader {
    storages: HashMap<StorageId, Storage>,
}

impl DataReader {
    pub(crate) fn read(&mut self, tensor: &Tensor, is_parameter: bool) -> Result<TensorData, DispatchError> {
        let known = dispatch::tensor_type(tensor)?;
        let storage = match dispatch::storage_id(tensor)? {
            Some(id) => match self.storages.get(&id) {
                Some(known) => known.clone(),
                None => {
                    let read = Storage::new(dispatch::storage_bytes(tensor)?);
                    self.storages.insert(id, read.clone());
                    read
                }
            },
            None => Storage::new(dispatch::storage_bytes(tensor)?),
        };
        let tensor = TensorType { requires_grad: is_parameter && known.requires_grad, ..known };
        Ok(TensorData::new(tensor, is_parameter, storage))
    }
}
