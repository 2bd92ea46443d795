//! The parameters, buffers and constants of a program as tensors.

use super::CallError;
use crate::dispatch::{self, DispatchError};
use program::{ExportedProgram, Node, TensorData};
use pytree_core::TensorType;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tch::Tensor;

/// Parameters, buffers and constants by name, on their own memory. Tensors that share a storage in the program share one
/// here too.
#[derive(Debug)]
pub(super) struct Carried {
    tensors: HashMap<String, Tensor>,
}

impl Carried {
    /// Copies them from the program, each to its device.
    pub(super) fn of(program: &ExportedProgram) -> Result<Self, CallError> {
        let mut storages: HashMap<(*const u8, usize), Tensor> = HashMap::new();
        let mut tensors = HashMap::new();
        for (name, data) in program.state_dict.iter().chain(&program.constants) {
            let failed = |source| CallError::Op { node: name.clone(), source };
            let base = match storages.entry((data.storage.as_bytes().as_ptr(), data.storage.as_bytes().len())) {
                Entry::Occupied(known) => known.get().shallow_clone(),
                Entry::Vacant(place) => place.insert(on_device(data).map_err(failed)?).shallow_clone(),
            };
            let TensorType { dtype, sizes, strides, storage_offset, .. } = &data.tensor;
            let tensor = dispatch::on_storage(&base, *dtype, sizes, strides, *storage_offset);
            tensors.insert(name.clone(), tensor.map_err(failed)?);
        }
        Ok(Carried { tensors })
    }

    /// The tensor of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The tensor that a placeholder stands for.
    pub(super) fn tensor(&self, node: &Node, target: &str) -> Result<Tensor, CallError> {
        let tensor = self.tensors.get(target).map(Tensor::shallow_clone);
        tensor
            .ok_or_else(|| CallError::invalid(node, format!("stands for `{target}`, which the program does not hold")))
    }
}

/// The bytes of a storage, on the device of its tensor.
fn on_device(data: &TensorData) -> Result<Tensor, DispatchError> {
    let bytes = dispatch::storage_from_bytes(data.storage.as_bytes())?;
    Ok(match data.tensor.device.to_tch() {
        Some(tch::Device::Cpu) | None => bytes,
        Some(device) => bytes.to_device(device),
    })
}
