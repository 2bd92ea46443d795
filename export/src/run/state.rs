//! The parameters, buffers and constants of a program as tensors.

use super::CallError;
use crate::dispatch::ffi::SharedTensor;
use crate::dispatch::{self, DispatchError};
use indexmap::IndexMap;
use program::{ExportedProgram, Storage, TensorData};
use pytree_core::TensorType;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use tch::{Device, Tensor};

/// The tensors by name, each with the number of its storage. Tensors that share a storage in the program share one here.
#[derive(Debug)]
pub(super) struct State {
    tensors: IndexMap<String, (SharedTensor, usize)>,
}

impl State {
    /// Copies the tensors of a program, each to its device or all of them to this one.
    pub(super) fn of(program: &ExportedProgram, device: Option<Device>) -> Result<Self, CallError> {
        let mut storages: HashMap<(*const u8, usize), (Tensor, usize)> = HashMap::new();
        let mut tensors = IndexMap::new();
        for (name, data) in program.state_dict.iter().chain(&program.constants) {
            let failed = |source| CallError::op(name, source);
            let bytes = data.storage.as_bytes();
            let count = storages.len();
            let (base, number) = match storages.entry((bytes.as_ptr(), bytes.len())) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert((on_device(data, device).map_err(failed)?, count)),
            };
            let TensorType { dtype, sizes, strides, storage_offset, .. } = &data.tensor;
            let tensor = dispatch::on_storage(base, *dtype, sizes, strides, *storage_offset).map_err(failed)?;
            tensors.insert(name.clone(), (SharedTensor::new(tensor), *number));
        }
        Ok(State { tensors })
    }

    /// The tensor of this name.
    pub(super) fn get(&self, name: &str) -> Option<Tensor> {
        self.tensors.get(name).map(|(tensor, _)| tensor.handle())
    }

    /// All of them by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Tensor)> {
        self.tensors.iter().map(|(name, (tensor, _))| (name.as_str(), tensor.handle()))
    }

    /// The same tensors on copies of the memory that these names are on. Other memory is shared.
    pub(super) fn with_copies(&self, names: &[&str]) -> Result<Self, CallError> {
        let copied: BTreeSet<usize> = names.iter().filter_map(|name| Some(self.tensors.get(*name)?.1)).collect();
        self.map(|storage, number| {
            if !copied.contains(&number) {
                return Ok(None);
            }
            let bytes = dispatch::storage_bytes(storage)?;
            let copy = dispatch::storage_from_bytes(&bytes)?;
            Ok(Some(copy.f_to_device(storage.device()).map_err(torch)?))
        })
    }

    /// The same tensors on another device.
    pub(super) fn on(&self, device: Device) -> Result<Self, CallError> {
        self.map(|storage, _| {
            let bytes = dispatch::storage_from_bytes(&dispatch::storage_bytes(storage)?)?;
            Ok(Some(bytes.f_to_device(device).map_err(torch)?))
        })
    }

    /// The tensors on other storages: `storage` gives the new one for a tensor on the old one, or `None` to keep it.
    fn map(
        &self,
        storage: impl Fn(&Tensor, usize) -> Result<Option<Tensor>, DispatchError>,
    ) -> Result<Self, CallError> {
        let mut bases: HashMap<usize, Option<Tensor>> = HashMap::new();
        let mut tensors = IndexMap::new();
        for (name, (shared, number)) in &self.tensors {
            let failed = |source| CallError::op(name, source);
            let tensor = shared.handle();
            let base = match bases.entry(*number) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(storage(&tensor, *number).map_err(failed)?),
            };
            let tensor = match base {
                None => tensor,
                Some(base) => {
                    let TensorType { dtype, sizes, strides, storage_offset, .. } =
                        dispatch::tensor_type(&tensor).map_err(failed)?;
                    dispatch::on_storage(base, dtype, &sizes, &strides, storage_offset).map_err(failed)?
                }
            };
            tensors.insert(name.clone(), (SharedTensor::new(tensor), *number));
        }
        Ok(State { tensors })
    }

    /// Copies values into the tensors (`load_state_dict`): every name of the state dict, and no other.
    pub(super) fn load(&self, names: &[String], values: &[(String, Tensor)]) -> Result<(), CallError> {
        let state = |problem: String| CallError::State { problem };
        let quoted = |names: Vec<&str>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let given: BTreeSet<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
        let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| !given.contains(name)).collect();
        if !missing.is_empty() {
            return Err(state(format!("Missing key(s) in state_dict: {}.", quoted(missing))));
        }
        let known: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let unexpected: Vec<&str> = given.difference(&known).copied().collect();
        if !unexpected.is_empty() {
            return Err(state(format!("Unexpected key(s) in state_dict: {}.", quoted(unexpected))));
        }
        // All sizes are checked before anything is written.
        let mut copies = Vec::new();
        for (name, value) in values {
            let Some(target) = self.get(name) else { continue };
            if target.size() != value.size() {
                let (found, expected) = (value.size(), target.size());
                return Err(state(format!(
                    "size mismatch for {name}: copying a param with shape torch.Size({found:?}) from checkpoint, the \
                     shape in current model is torch.Size({expected:?})."
                )));
            }
            copies.push((name, target, value));
        }
        for (name, mut target, value) in copies {
            let copied = tch::no_grad(|| target.f_copy_(value));
            copied.map_err(|error| state(format!("{name}: {}", dispatch::first_line(&error.to_string()))))?;
        }
        Ok(())
    }

    /// Writes the values into a program.
    pub(super) fn write(&self, program: &mut ExportedProgram) -> Result<(), CallError> {
        let mut storages: HashMap<usize, Storage> = HashMap::new();
        for (name, data) in program.state_dict.iter_mut().chain(&mut program.constants) {
            let Some((shared, number)) = self.tensors.get(name) else {
                return Err(CallError::State { problem: format!("Missing key(s) in state_dict: \"{name}\".") });
            };
            let tensor = shared.handle();
            let failed = |source| CallError::op(name, source);
            let found = dispatch::tensor_type(&tensor).map_err(failed)?;
            if (found.dtype, &found.sizes) != (data.tensor.dtype, &data.tensor.sizes) {
                let problem = format!("{name} is {} {:?} here", found.dtype, found.sizes);
                return Err(CallError::State { problem });
            }
            let storage = match storages.get(number) {
                Some(storage) => storage.clone(),
                None => {
                    let storage = dispatch::kept_storage(&tensor).map_err(failed)?;
                    storages.entry(*number).or_insert(storage).clone()
                }
            };
            data.tensor.strides = found.strides;
            data.tensor.storage_offset = found.storage_offset;
            data.storage = storage;
        }
        Ok(())
    }

    /// The same memory with gradients for these tensors. Afterwards they are leaves of the autograd graph.
    pub(super) fn require_gradients(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            if let Some((tensor, _)) = self.tensors.get_mut(&name) {
                *tensor = SharedTensor::new(tensor.handle().set_requires_grad(true));
            }
        }
    }
}

/// The bytes of a storage, on the device of its tensor or on this one.
fn on_device(data: &TensorData, device: Option<Device>) -> Result<Tensor, DispatchError> {
    let bytes = dispatch::storage_tensor(&data.storage)?;
    match device.or(data.tensor.device.to_tch()) {
        Some(Device::Cpu) | None => Ok(bytes),
        Some(device) => bytes.f_to_device(device).map_err(torch),
    }
}

fn torch(error: tch::TchError) -> DispatchError {
    DispatchError::Tensor { message: dispatch::first_line(&error.to_string()) }
}
