//! The tensors that a model holds: parameters, buffers and declared constants.

use crate::dispatch::{self, Bits, DispatchError, StorageId};
use crate::model_state::SavedState;
use crate::record::{Known, Role};
use program::{Storage, TensorData};
use pytree_core::{DType, TensorType};
use std::collections::{HashMap, HashSet};
use tch::Tensor;

/// The tensors that the caller declared, in the order of their placeholders: parameters, then buffers, then constants.
#[derive(Debug, Default)]
pub(crate) struct ModelTensors {
    entries: Vec<(Role, Tensor)>,
}

impl ModelTensors {
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

    /// A name that two of them have.
    pub(crate) fn declared_twice(&self) -> Option<&str> {
        let mut seen = HashSet::with_capacity(self.entries.len());
        let names = self.entries.iter().filter_map(|(role, _)| match role {
            Role::Parameter(name) | Role::Buffer(name) | Role::Constant(name) => Some(name.as_str()),
            Role::Input(_) => None,
        });
        names.into_iter().find(|name| !seen.insert(*name))
    }

    /// Adds all of them to the known tensors of a recording.
    pub(crate) fn known<'a>(&'a self, known: &mut Known<'a>) {
        for (role, tensor) in &self.entries {
            known.add(role.clone(), tensor);
        }
    }

    /// The content of the parameters, which is restored after a run that wrote to one. Keeping it takes no memory.
    pub(crate) fn parameters(&self) -> Result<SavedState, DispatchError> {
        let parameters = self.entries.iter().filter(|(role, _)| matches!(role, Role::Parameter(_)));
        tch::no_grad(|| SavedState::lazy(parameters.map(|(_, tensor)| tensor)))
    }

    /// The buffers with their names, in order.
    pub(crate) fn named_buffers(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.entries.iter().filter_map(|(role, tensor)| match role {
            Role::Buffer(name) => Some((name.as_str(), tensor)),
            _ => None,
        })
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
            Bits::NONE => dispatch::kept_storage(tensor),
            bits => bits.resolved_storage(tensor).map(Storage::new),
        };
        // What a resolved storage holds depends on the type of its elements.
        let seen_as = if bits == Bits::NONE { DType::UInt8 } else { known.dtype };
        let storage = match dispatch::storage_id(tensor)? {
            Some(id) => match self.storages.get(&(id, bits, seen_as)) {
                Some(known) => known.clone(),
                None => {
                    let read = read()?;
                    self.storages.insert((id, bits, seen_as), read.clone());
                    read
                }
            },
            None => read()?,
        };
        let tensor = TensorType { requires_grad: is_parameter && known.requires_grad, ..known };
        Ok(TensorData::new(tensor, is_parameter, storage))
    }
}
