//! The names of tensors and of their memory within one recording.

use super::log::Seen;

/// Identifies a tensor of the program by its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ValueId {
    /// A tensor that was declared: its index in [`Known`](super::Known) and in [`Trace::declared`](super::Trace::declared).
    Known(usize),
    /// A constant that the forward made from Rust data: its index in [`Trace::lifted`](super::Trace::lifted).
    Lifted(usize),
    /// A tensor that the model holds and that was not declared: its index in [`Trace::held`](super::Trace::held).
    Held(usize),
    /// A result of a call.
    Output {
        /// Its index in [`Trace::calls`](super::Trace::calls).
        call: usize,
        /// Its index among the tensors of the call, including those inside lists.
        index: usize,
    },
}

/// The memory of a tensor within one trace. Values with the same number share memory, so a write to one changes the
/// others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StorageNumber(u64);

impl StorageNumber {
    /// The session's number; 0 means that there is no storage.
    pub(crate) fn of(seen: &Seen) -> Option<Self> {
        (seen.storage != 0).then_some(Self(seen.storage))
    }
}
