//! Recording what a forward does: every op that reaches the dispatcher, with what it takes and gives.

mod divergence;
mod error;
mod known;
mod log;
mod names;
mod panic;
mod sample;
mod session;
mod trace;

pub(crate) use divergence::{Divergence, divergence, same_content};
pub use error::{RecordError, UnknownReason, UseSite};
pub use known::{Known, Role};
pub(crate) use sample::{OutputLeaf, RecordMode, Sample, capture};
pub(crate) use session::{ReadOverride, quietly};
pub use session::{record, record_located};
pub use trace::{Argument, Call, Declared, Failure, LiftedTensor, Output, StorageNumber, Trace, ValueId};
