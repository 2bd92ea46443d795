//! Recording what a forward does: every op that reaches the dispatcher, with what it takes and gives.

mod error;
mod known;
mod log;
mod names;
mod panic;
mod sample;
mod session;
mod trace;

pub use error::{Place, RecordError, UnknownReason};
pub use known::{Known, Role};
pub(crate) use sample::{How, OutputLeaf, Parting, Sample, capture, map_inputs, parting, same_content};
pub use session::{record, record_located};
pub(crate) use session::{Forgery, quietly};
pub use trace::{Argument, Call, Declared, Failure, Lifted, Output, StorageNumber, Trace, ValueId};
