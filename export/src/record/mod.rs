//! Recording a forward: every op that reaches the dispatcher, with its arguments and results.
//!
//! [`export`](crate::export()) records by itself, so most programs do not need this module. It is for tools that look at the
//! ops of a forward without exporting it: profilers, op counters, tests of a model. [`record`] gives a [`Trace`], whose
//! [`Call`]s are those of `torch.export` before decompositions.

mod error;
mod fake;
mod id;
mod known;
mod log;
mod names;
mod panic;
mod same;
mod sample;
mod session;
mod trace;

pub(crate) use crate::dispatch::ffi::Log;
pub use error::{RecordError, UnknownReason, UseSite};
pub(crate) use fake::{DataKind, DataNumber, FakeRun, Place, Reference, Stop, fake_tensor, loose_run};
pub use id::{StorageNumber, ValueId};
pub use known::{Known, Role};
pub(crate) use panic::{Panic, catch};
pub(crate) use same::{Calls, Side, UNINITIALIZED, compare_calls, says_all};
pub(crate) use sample::{OutputLeaf, Sample, capture, capture_without_data};
pub use session::{is_exporting, record, record_located};
pub(crate) use session::{quietly, record_with};
pub use trace::{Argument, Call, Declared, Failure, LiftedTensor, Output, Trace};
