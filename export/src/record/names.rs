//! Maps the tensors of a run to values of the program.

use std::collections::HashMap;

use super::error::UnknownReason;
use super::id::{StorageNumber, ValueId};
use super::log::Seen;

/// The newest name of every tensor that the program knows.
///
/// A name belongs to a TensorImpl, and the results of an op always get new names: an in-place op returns the TensorImpl
/// of its input, and every later use refers to the newest node.
#[derive(Debug, Default)]
pub(crate) struct TensorNames {
    bound: HashMap<u64, Bound>,
    /// Storage -> the tensors on it, the one bound last at the end.
    on_storage: HashMap<u64, Vec<u64>>,
    /// The storage that each lifted constant had when it was lifted.
    lifted: HashMap<usize, StorageNumber>,
}

#[derive(Debug)]
struct Bound {
    id: ValueId,
    /// The tensor when it was bound. If it differs later, it was changed without an op.
    seen: Seen,
}

impl TensorNames {
    /// Gives a tensor a new name, which replaces the old one.
    pub(crate) fn bind(&mut self, seen: &Seen, id: ValueId) {
        if seen.storage != 0 {
            let tensors = self.on_storage.entry(seen.storage).or_default();
            tensors.retain(|t| *t != seen.tensor);
            tensors.push(seen.tensor);
        }
        self.bound.insert(seen.tensor, Bound { id, seen: seen.clone() });
    }

    /// The name of a tensor, if it has one.
    pub(crate) fn name_of(&self, seen: &Seen) -> Option<ValueId> {
        self.bound.get(&seen.tensor).map(|bound| bound.id)
    }

    /// The storage of a lifted constant.
    pub(crate) fn lifted_storage(&self, index: usize) -> Option<StorageNumber> {
        self.lifted.get(&index).copied()
    }

    /// The newest name of a tensor.
    pub(crate) fn resolve(&mut self, seen: &Seen) -> Result<ValueId, UnknownReason> {
        if let Some(lift) = seen.lift {
            // The number of constants fits into a usize.
            let index = usize::try_from(lift).unwrap_or(usize::MAX);
            self.lifted.extend(StorageNumber::of(seen).map(|storage| (index, storage)));
            self.bind(seen, ValueId::Lifted(index));
            return Ok(ValueId::Lifted(index));
        }
        if let Some(bound) = self.bound.get(&seen.tensor) {
            let same = bound.seen.storage == seen.storage && bound.seen.info.same_elements(&seen.info);
            return if same { Ok(bound.id) } else { Err(UnknownReason::DataReplaced) };
        }
        self.alias(seen)
    }

    /// The name of a known tensor with the same elements, such as one that `data()` returns.
    fn alias(&mut self, seen: &Seen) -> Result<ValueId, UnknownReason> {
        let Some(tensors) = self.on_storage.get(&seen.storage) else {
            let parameter = seen.info.requires_grad && seen.is_leaf;
            return Err(if parameter { UnknownReason::UndeclaredParameter } else { UnknownReason::Foreign });
        };
        let newest = tensors.iter().rev().filter_map(|tensor| self.bound.get(tensor));
        let same = newest
            .filter(|bound| bound.seen.storage == seen.storage)
            .find(|bound| bound.seen.info.same_elements(&seen.info));
        let id = same.map(|bound| bound.id).ok_or(UnknownReason::UnrecordedView)?;
        self.bind(seen, id);
        Ok(id)
    }
}
