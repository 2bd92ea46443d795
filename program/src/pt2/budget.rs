//! The memory that a file may take: it is bounded by what its members unpack to, whatever they say.

use super::error::ContentError;
use std::cell::Cell;

/// The memory that is left for the program in a file.
///
/// A file can ask for more than it is worth: a list `[1,1,1]` has two bytes an entry, and a node some hundred. So every list,
/// table and node that a reader makes is counted before it is made. A program that PyTorch wrote takes about its own size.
pub(super) struct Budget {
    left: Cell<usize>,
    limit: usize,
}

/// What a small file may take however it is written.
const BASE: usize = 64 << 10;

impl Budget {
    /// The budget of a file whose members unpack to this many bytes. It leaves room for an unpacked member, and for what
    /// stands beside the program while it is checked: four times the bytes in all.
    pub(super) fn of(unpacked: usize) -> Self {
        let limit = unpacked.saturating_mul(2).saturating_add(BASE);
        Budget { left: Cell::new(limit), limit }
    }

    /// Takes memory, which must be left.
    pub(super) fn take(&self, bytes: usize) -> Result<(), ContentError> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(ContentError::Memory { limit: self.limit }),
        }
    }

    /// Gives back what was taken for a time.
    pub(super) fn give(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_add(bytes));
    }

    /// Checks that this much is left for a moment.
    pub(super) fn for_a_moment(&self, bytes: usize) -> Result<(), ContentError> {
        self.take(bytes)?;
        self.give(bytes);
        Ok(())
    }

    /// An empty list with room for this many entries.
    pub(super) fn list<T>(&self, count: usize) -> Result<Vec<T>, ContentError> {
        self.take(count.saturating_mul(size_of::<T>()))?;
        Ok(Vec::with_capacity(count))
    }

    /// Adds an entry to a list, which grows as it is needed.
    pub(super) fn push<T>(&self, list: &mut Vec<T>, entry: T) -> Result<(), ContentError> {
        if list.len() == list.capacity() {
            let (old, more) = (list.capacity(), list.capacity().max(4));
            // While the entries move there are both lists.
            self.take(old.saturating_add(more).saturating_mul(size_of::<T>()))?;
            list.reserve_exact(more);
            self.give(old.saturating_mul(size_of::<T>()));
        }
        list.push(entry);
        Ok(())
    }

    /// Takes the memory of one more entry of a hash table or an ordered one, which is at most this many times the entry and
    /// its hash: such a table grows by doubling, is not full, and exists twice while it grows.
    pub(super) fn entry<T>(&self) -> Result<(), ContentError> {
        self.take((size_of::<T>() + 16).saturating_mul(3))
    }
}
