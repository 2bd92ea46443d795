//! Recording a run.

use std::cell::Cell;

use super::error::RecordError;
use super::id::{StorageNumber, ValueId};
use super::known::Known;
use super::log::{read_log, read_seen};
use super::names::TensorNames;
use super::panic::{self, Panic};
use super::trace::{Declared, Trace};
use crate::build::Locations;
use crate::dispatch::ffi::{Log, Session, asked_elsewhere};
use crate::dispatch::wire::Reader;
use crate::dispatch::{DispatchError, first_line};

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(false) };
    /// Whether the forward has asked for that.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a forward of this thread runs for an export, which looks at every op and gives the forward tensors without data.
/// False while an export compares its program with the model. `torch.compiler.is_exporting`.
///
/// ```
/// use tch::Tensor;
/// use torch_export::is_exporting;
///
/// fn log(x: &Tensor) {
///     if !is_exporting() {
///         println!("{x}");
///     }
/// }
/// log(&Tensor::from_slice(&[1f32, 2.0]));
/// ```
pub fn is_exporting() -> bool {
    ASKED.set(true);
    RECORDING.get()
}

/// Marks this thread as recording, until dropped.
pub(crate) struct Mark;

impl Mark {
    pub(crate) fn set() -> Option<Self> {
        (!RECORDING.replace(true)).then_some(Mark)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        RECORDING.set(false);
    }
}

/// Runs `f` and records every op that reaches the dispatcher on this thread, before autograd and decompositions: the
/// ops that `torch.export` records.
///
/// Every tensor that `f` uses must be known, made by a recorded op, or made from Rust data (then it is a constant). Any
/// other tensor is an error; it never becomes a constant silently. A panic in `f` is caught and not printed, since tch
/// panics when an op fails. Recordings on several threads are independent. With `panic = "abort"` a failing op ends the
/// process.
///
/// ```
/// use tch::Tensor;
/// use torch_export::record::{Known, ValueId, record};
///
/// let x = Tensor::from_slice(&[1f32, 2.0]);
/// let (y, mut trace) = record(&Known::new().with_inputs([&x]), || x.relu() + 1.0)?;
/// let ops: Vec<String> = trace.calls.iter().map(|call| call.op.to_string()).collect();
/// assert_eq!(ops, ["aten.relu.default", "aten.add.Scalar"]);
/// assert_eq!(trace.value_of(&y)?, ValueId::Output { call: 1, index: 0 });
/// # Ok::<(), torch_export::record::RecordError>(())
/// ```
///
/// # Errors
/// [`RecordError`] when `f` panics, uses a tensor that is not known, or records on a thread that is recording already.
pub fn record<R>(known: &Known<'_>, f: impl FnOnce() -> R) -> Result<(R, Trace), RecordError> {
    record_with(known, Log::default(), f)
}

/// Like [`record`], and stores the call stack of every op in [`Call::frames`](super::Call::frames), from which the source
/// line of a node is found.
///
/// # Errors
/// The same as [`record`].
pub fn record_located<R>(known: &Known<'_>, f: impl FnOnce() -> R) -> Result<(R, Trace), RecordError> {
    record_with(known, Log { frames: true, ..Log::default() }, f)
}

/// Runs `f` without recording. A panic in it is an error and is not printed.
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> Result<R, RecordError> {
    panic::catch(f).map_err(|panic| RecordError::Panicked {
        message: panic.message,
        location: panic.location,
        op: None,
        op_message: None,
    })
}

/// [`record`] with what else is written down. A run without data that asked for some is an error.
pub(crate) fn record_with<R>(known: &Known<'_>, log: Log, f: impl FnOnce() -> R) -> Result<(R, Trace), RecordError> {
    let _mark = Mark::set().ok_or(RecordError::Nested)?;
    let mut session = Session::new(log).map_err(DispatchError::tensor)?;
    let mut names = TensorNames::default();
    let mut declared = Vec::with_capacity(known.len());
    for (index, (role, tensor)) in known.entries.iter().enumerate() {
        if !tensor.defined() {
            return Err(RecordError::Undefined { role: role.clone() });
        }
        let bytes = session.see(tensor).map_err(DispatchError::tensor)?;
        let seen = read_seen(&mut Reader::new(&bytes))
            .map_err(|e| DispatchError::Tensor { message: format!("{role}: {e}") })?;
        let id = names.name_of(&seen).unwrap_or(ValueId::Known(index));
        names.bind(&seen, id);
        declared.push(Declared { role: role.clone(), id, storage: StorageNumber::of(&seen), tensor: seen.info });
    }
    let asked = asked_elsewhere();
    ASKED.set(false);
    let outcome = session.run(|| panic::catch(f)).map_err(DispatchError::tensor)?;
    let asks = ASKED.get();
    if log.without_data && (session.is_stopped() || asked_elsewhere() != asked) {
        return Err(DispatchError::Tensor { message: "a run without data asked for some".to_owned() }.into());
    }
    let log = session.take_log().map_err(DispatchError::tensor)?;
    let events = read_log(&log);
    match outcome {
        Ok(result) => {
            let mut trace = Trace::new(declared, names, session, events?)?;
            trace.asks_if_exporting = asks;
            Ok((result, trace))
        }
        Err(panic) => {
            let last = events.ok().and_then(|mut events| events.pop());
            let failed = last.and_then(|event| Some((event.op, event.frames, event.outcome.err()?)));
            let Panic { message, location } = panic;
            Err(match failed {
                // An op that fails panics inside tch, which says nothing about the model.
                Some((op, stack, error)) => {
                    let frame = Locations::default().innermost(&stack);
                    let line = frame.map(|frame| format!("{}:{}", frame.file, frame.line));
                    let (op, op_message) = (Some(op), Some(first_line(&error)));
                    RecordError::Panicked { message, location: line.or(location), op, op_message }
                }
                None => RecordError::Panicked { message, location, op: None, op_message: None },
            })
        }
    }
}
