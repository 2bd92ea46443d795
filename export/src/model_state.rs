//! The content of the tensors that a model holds, as it was before a run.

use crate::dispatch::{self, DispatchError};
use pytree_core::DType;
use std::collections::HashSet;
use tch::Tensor;

/// Copies of tensors, from which their content is restored after a run that may write to them.
#[derive(Debug, Default)]
pub(crate) struct SavedState {
    /// Memory, and a copy of its content.
    copies: Vec<(Tensor, Tensor)>,
    /// The tensors, and others at the same place of the same memory: `set_data` and `resize_` change the tensor itself.
    places: Vec<(Tensor, Tensor)>,
}

impl SavedState {
    /// Copies the content of these tensors. Memory that several of them share is copied once.
    pub(crate) fn of<'t>(tensors: impl Iterator<Item = &'t Tensor>) -> Result<Self, DispatchError> {
        Self::copied(tensors, dispatch::deep_copy)
    }

    /// Keeps the content of these tensors without a copy: libtorch copies memory when it is first written to
    /// (`torch._lazy_clone`). Reading it costs nothing, whichever op reads.
    pub(crate) fn lazy<'t>(tensors: impl Iterator<Item = &'t Tensor>) -> Result<Self, DispatchError> {
        // Memory that libtorch did not allocate itself cannot be kept like that.
        Self::copied(tensors, |memory| memory.f_internal_lazy_clone().or_else(|_| dispatch::deep_copy(memory)))
    }

    fn copied<'t>(
        tensors: impl Iterator<Item = &'t Tensor>,
        copy: impl Fn(&Tensor) -> Result<Tensor, DispatchError>,
    ) -> Result<Self, DispatchError> {
        let mut seen = HashSet::new();
        let (mut copies, mut places) = (Vec::new(), Vec::new());
        for tensor in tensors {
            places.push((tensor.shallow_clone(), tensor.f_detach().map_err(failed)?));
            let memory = match dispatch::storage_id(tensor)? {
                Some(id) if !seen.insert(id) => continue,
                // The bytes of the whole storage: the elements of the tensor may overlap (`expand`), and then nothing can be
                // copied to them.
                Some(_) => {
                    let length = i64::try_from(dispatch::storage_len(tensor)?).unwrap_or(i64::MAX);
                    dispatch::on_storage(tensor, DType::UInt8, &[length], &[1], 0)?
                }
                None => tensor.shallow_clone(),
            };
            let kept = copy(&memory)?;
            copies.push((memory, kept));
        }
        Ok(SavedState { copies, places })
    }

    /// Gives the tensors the memory and the content that they had.
    pub(crate) fn restore(self) -> Result<(), DispatchError> {
        for (mut tensor, kept) in self.places {
            if Place::of(&tensor)? != Place::of(&kept)? {
                tensor.f_set_data(&kept).map_err(failed)?;
            }
        }
        let copy_back = |(mut memory, copy): (Tensor, Tensor)| {
            // What was not written to stays as it is: a write, even of the same content, would copy it now.
            if memory.f_equal(&copy).unwrap_or(false) { Ok(()) } else { memory.f_copy_(&copy) }
        };
        let restored: Result<(), tch::TchError> = tch::no_grad(|| self.copies.into_iter().try_for_each(copy_back));
        restored.map_err(failed)
    }
}

/// Where the elements of a tensor are.
#[derive(PartialEq)]
struct Place {
    memory: Option<dispatch::StorageId>,
    sizes: Vec<i64>,
    /// None where the tensor has no memory of its own, such as a sparse one.
    strides: Option<(Vec<i64>, i64)>,
}

impl Place {
    fn of(tensor: &Tensor) -> Result<Place, DispatchError> {
        let memory = dispatch::storage_id(tensor)?;
        let strides = memory.is_some().then(|| (tensor.stride(), tensor.storage_offset()));
        Ok(Place { memory, sizes: tensor.size(), strides })
    }
}

fn failed(error: tch::TchError) -> DispatchError {
    DispatchError::Tensor { message: dispatch::first_line(&error.to_string()) }
}
