//! The tensors that a model holds: parameters, buffers and declared constants.

use crate::dispatch::{self, Bits, DispatchError, StorageId};
use crate::model_state::SavedState;
use crate::record::{Known, Role};
use program::{Storage, TensorData};
use pytree_core::{DType, TensorType};
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

    /// The content of the buffers and constants, which is restored after a run.
    pub(crate) fn buffers(&self) -> Result<SavedState, DispatchError> {
        let buffers = self.entries.iter().filter(|(role, _)| matches!(role, Role::Buffer(_) | Role::Constant(_)));
        SavedState::of(buffers.map(|(_, tensor)| tensor))
    }
}

/// Reads the data of tensors. Each storage is read once, so tensors that share one still share it in the program.
///
/// A file has no place for the conj and neg bits, so the data of a tensor that has them is resolved. Such a tensor shares its
/// storage only with tensors that have the same bits.
#[derive(Default)]
pub(crate) struct DataReader {
    storages: HashMap<(StorageId, Bits, DType), Storage>,
}

impl DataReader {
    pub(crate) fn read(&mut self, tensor: &Tensor, is_parameter: bool) -> Result<TensorData, DispatchError> {
        let known = dispatch::tensor_type(tensor)?;
        let bits = Bits::of(tensor)?;
        let read = || match bits {
            Bits::NONE => dispatch::storage_bytes(tensor),
            bits => bits.resolved_storage(tensor),
        };
        // What a resolved storage holds depends on the type of its elements.
        let seen_as = if bits == Bits::NONE { DType::UInt8 } else { known.dtype };
        let storage = match dispatch::storage_id(tensor)? {
            Some(id) => match self.storages.get(&(id, bits, seen_as)) {
                Some(known) => known.clone(),
                None => {
                    let read = Storage::new(read()?);
                    self.storages.insert((id, bits, seen_as), read.clone());
                    read
                }
            },
            None => Storage::new(read()?),
        };
        let tensor = TensorType { requires_grad: is_parameter && known.requires_grad, ..known };
        Ok(TensorData::new(tensor, is_parameter, storage))
    }
}
