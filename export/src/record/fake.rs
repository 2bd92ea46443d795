//! Fake runs: the forward on tensors that hold no data, compared op by op with a recording.

use std::collections::HashMap;

use super::error::RecordError;
use super::id::ValueId;
use super::known::Known;
use super::log::read_op_name;
use super::panic;
use super::session::Mark;
use super::trace::Trace;
use crate::dispatch::ffi::{self, FakeSession, Session};
use crate::dispatch::wire::{Reader, WireError};
use crate::dispatch::{DispatchError, first_line};
use program::OpName;
use tch::Tensor;

/// A recording as fake runs are compared with it: its numbers, and what each of them is.
#[derive(Debug)]
pub(crate) struct Reference<'t> {
    session: &'t Session,
    /// What each number is. A fake run has its numbers at the same places.
    pub(crate) places: Vec<Place>,
    /// The numbers that came out of tensors, in order.
    pub(crate) data: Vec<DataNumber>,
    values: HashMap<ValueId, usize>,
    declared: usize,
}

/// What a number of a run is. A call is an index into [`Trace::calls`], an argument has its index in the schema, and a
/// result tensor its index among the tensors of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// An int argument, or an element of a list of ints.
    Int { call: usize, argument: usize, at: usize },
    /// A float argument, as its bits.
    Float { call: usize, argument: usize, at: usize },
    /// The content of a constant with one element that was made from Rust data. The call uses it first; a constant that
    /// the forward only returns has none.
    Constant { call: Option<usize>, lifted: usize, float: bool },
    /// A size of a result.
    Size { call: usize, tensor: usize, dim: usize },
    /// A stride of a result.
    Stride { call: usize, tensor: usize, dim: usize },
    /// The storage offset of a result.
    Offset { call: usize, tensor: usize },
    /// A number that the call returned to Rust. A float as its bits, a bool as 0 or 1.
    Read { call: usize, float: bool },
}

/// The kind of a number that came out of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DataKind {
    /// An int that was read.
    Int,
    /// The bits of a float that was read.
    Float,
    /// A bool that was read, as 0 or 1.
    Bool,
    /// The number of elements that an op selected.
    Count,
    /// A value that a run without data cannot be given.
    Other,
}

/// A number that came out of a tensor: what was read, or how many elements an op selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataNumber {
    /// The call, an index into [`Trace::calls`].
    pub(crate) call: usize,
    pub(crate) kind: DataKind,
    /// Its value in the recording.
    pub(crate) value: i64,
}

/// A fake run.
pub(crate) struct FakeRun<'r> {
    /// Its numbers: for each call its arguments, and if it succeeded its results, as [`Reference::places`] says.
    pub(crate) numbers: Vec<i64>,
    /// Why it ended before the end of the reference.
    pub(crate) stop: Option<Stop>,
    session: FakeSession<'r>,
    reference: &'r Reference<'r>,
}

/// Why a fake run ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stop {
    /// Another op than in the reference. `None`: no further op.
    Path { op: Option<OpName>, instead_of: Option<OpName> },
    /// The same op with another argument that is not a number, another length of a list, or another tensor. `None`: the
    /// argument is not known.
    Arguments { op: OpName, argument: Option<usize> },
    /// The same op with another number of results, or results of another rank or element type.
    Results { op: OpName },
    /// PyTorch raised an error.
    Failed { op: OpName, message: String },
    /// The content of a tensor is read, and no number was given for it. `op` reads it; `None`: the forward does.
    Read { op: Option<OpName> },
    /// An op cannot run without data.
    NoRule { op: OpName, reason: String },
    /// A constant made from Rust data has another content.
    Constant { op: Option<OpName>, lifted: usize },
    /// Another tensor where the reference used one that no op made and that was not declared.
    Foreign { op: OpName, index: usize },
    /// The op changes a tensor of the model in a way that cannot be undone.
    State { op: OpName, reason: String },
    /// The forward panicked on its own.
    Panicked { message: String, location: Option<String> },
}

impl<'t> Reference<'t> {
    /// The compact form of a trace. Outputs are named ([`Trace::value_of`]) before it is made.
    ///
    /// # Errors
    /// [`RecordError::Dispatch`] if the shim and this crate disagree.
    pub(crate) fn new(trace: &'t Trace) -> Result<Self, RecordError> {
        let session = trace.session();
        let bytes = session.compact().map_err(DispatchError::tensor)?;
        let mut reader = Reader::new(&bytes);
        let mut read = || -> Result<_, WireError> {
            reader.list(Reader::flag)?;
            let places = reader.list(read_place)?;
            let data = reader.list(read_data)?;
            let values = reader.list(read_value_id)?;
            Ok((places, data, values))
        };
        let (places, data, ids) = read().map_err(garbled)?;
        let mut values = HashMap::new();
        for (index, id) in ids.into_iter().enumerate() {
            // A tensor that was declared twice is its first declaration.
            values.entry(id).or_insert(index);
        }
        Ok(Self { session, places, data, values, declared: trace.declared.len() })
    }

    /// The numbers of the recording itself.
    pub(crate) fn numbers(&self) -> &[i64] {
        self.session.numbers()
    }
}

impl FakeRun<'_> {
    /// The calls of a loose run, as indices into [`Trace::calls`], that got other sizes than the forward gave them.
    pub(crate) fn loosened(&self) -> Vec<usize> {
        self.session.loosened().iter().filter_map(|call| usize::try_from(*call).ok()).collect()
    }

    /// Whether a tensor that the run returned is this value of the reference. Outputs are asked for in the order in which
    /// the reference named its own; a constant that is only returned adds its number to [`numbers`](Self::numbers).
    ///
    /// # Errors
    /// [`RecordError::Dispatch`] when PyTorch raises an error.
    pub(crate) fn is_value(&mut self, tensor: &Tensor, id: ValueId) -> Result<bool, RecordError> {
        let Some(value) = self.reference.values.get(&id) else { return Ok(false) };
        let is = self.session.is_value(tensor, *value).map_err(DispatchError::tensor)?;
        self.numbers.extend_from_slice(self.session.numbers().get(self.numbers.len()..).unwrap_or_default());
        Ok(is)
    }
}

/// A tensor without data: dtype, device, conj and neg bits and `requires_grad` of `like`. Without strides it is contiguous.
///
/// # Errors
/// [`DispatchError::Tensor`] for a tensor that cannot be without data (sparse, quantized).
pub(crate) fn fake_tensor(like: &Tensor, sizes: &[i64], strides: Option<&[i64]>) -> Result<Tensor, DispatchError> {
    ffi::fake_tensor(like, sizes, strides).map_err(DispatchError::tensor)
}

/// [`loose_run`] without an equal run.
#[cfg(test)]
pub(crate) fn fake_run<'r, R>(
    known: &Known<'_>,
    reference: &'r Reference<'r>,
    data: &[i64],
    f: impl FnOnce() -> R,
) -> Result<(Option<R>, FakeRun<'r>), RecordError> {
    loose_run(known, reference, data, None, f)
}

/// Runs `f`, whose inputs hold no data, and compares it with the reference. `known` are the tensors as the reference had
/// them, with the inputs of this run; `data` are the numbers that ops get in place of those of [`Reference::data`]. Real
/// tensors are afterwards as they were. The result of `f` is `None` if the run stopped, even if `f` went on.
///
/// With an equal run, an op that fails since sizes differ gets those equal that are equal in that run, and the run goes on:
/// [`FakeRun::loosened`].
///
/// # Errors
/// [`RecordError`] if this thread is recording already, or if `known` is not as in the reference.
pub(crate) fn loose_run<'r, R>(
    known: &Known<'_>,
    reference: &'r Reference<'r>,
    data: &[i64],
    equal: Option<&'r FakeRun<'_>>,
    f: impl FnOnce() -> R,
) -> Result<(Option<R>, FakeRun<'r>), RecordError> {
    let _mark = Mark::set().ok_or(RecordError::Nested)?;
    if known.len() != reference.declared {
        let message = format!("{} tensors are declared, {} in the recording", known.len(), reference.declared);
        return Err(DispatchError::Tensor { message }.into());
    }
    let tensors: Vec<&Tensor> = known.entries.iter().map(|(_, tensor)| *tensor).collect();
    let mut session = FakeSession::new(reference.session, &tensors, data).map_err(DispatchError::tensor)?;
    if let Some(equal) = equal {
        session.loosen(&equal.session);
    }
    let outcome = session.run(|| panic::catch(f)).map_err(DispatchError::tensor)?;
    let bytes = session.stop_reason().map_err(DispatchError::tensor)?;
    let (stop, further) = read_stop(&bytes)?;
    let (result, stop) = match (outcome, stop) {
        (_, Some(stop)) => (None, Some(stop)),
        (Err(panic), None) => (None, Some(Stop::Panicked { message: panic.message, location: panic.location })),
        (Ok(_), None) if further.is_some() => (None, Some(Stop::Path { op: None, instead_of: further })),
        (Ok(result), None) => (Some(result), None),
    };
    let numbers = session.numbers().to_vec();
    Ok((result, FakeRun { numbers, stop, session, reference }))
}

fn garbled(error: WireError) -> RecordError {
    DispatchError::Tensor { message: error.to_string() }.into()
}

fn index(reader: &mut Reader<'_>) -> Result<usize, WireError> {
    usize::try_from(reader.i64()?).map_err(|_| WireError::Garbled)
}

fn read_place(reader: &mut Reader<'_>) -> Result<Place, WireError> {
    let call = usize::try_from(reader.i64()?).ok();
    let kind = reader.i64()?;
    let (item, at) = (index(reader)?, index(reader)?);
    if let 2 | 3 = kind {
        return Ok(Place::Constant { call, lifted: item, float: kind == 3 });
    }
    let call = call.ok_or(WireError::Garbled)?;
    Ok(match kind {
        0 => Place::Int { call, argument: item, at },
        1 => Place::Float { call, argument: item, at },
        4 => Place::Size { call, tensor: item, dim: at },
        5 => Place::Stride { call, tensor: item, dim: at },
        6 => Place::Offset { call, tensor: item },
        7 | 8 => Place::Read { call, float: kind == 8 },
        _ => return Err(WireError::Garbled),
    })
}

fn read_data(reader: &mut Reader<'_>) -> Result<DataNumber, WireError> {
    let call = index(reader)?;
    let kind = match reader.i64()? {
        0 => DataKind::Int,
        1 => DataKind::Float,
        2 => DataKind::Bool,
        3 => DataKind::Count,
        4 => DataKind::Other,
        _ => return Err(WireError::Garbled),
    };
    Ok(DataNumber { call, kind, value: reader.i64()? })
}

fn read_value_id(reader: &mut Reader<'_>) -> Result<ValueId, WireError> {
    let kind = reader.i64()?;
    let (a, b) = (index(reader)?, index(reader)?);
    match kind {
        0 => Ok(ValueId::Known(a)),
        1 => Ok(ValueId::Lifted(a)),
        2 => Ok(ValueId::Output { call: a, index: b }),
        _ => Err(WireError::Garbled),
    }
}

/// The stop, and the op that the reference has next.
fn read_stop(bytes: &[u8]) -> Result<(Option<Stop>, Option<OpName>), RecordError> {
    let mut reader = Reader::new(bytes);
    // How many calls it made; its numbers say the same.
    reader.index().map_err(garbled)?;
    let kind = reader.u8().map_err(garbled)?;
    let mut name = || -> Result<Option<OpName>, RecordError> {
        let given = reader.flag().map_err(garbled)?;
        if given { Ok(Some(read_op_name(&mut reader)?)) } else { Ok(None) }
    };
    let (op, expected) = (name()?, name()?);
    let at = usize::try_from(reader.i64().map_err(garbled)?).ok();
    let text = reader.text().map_err(garbled)?;
    let named = || op.clone().ok_or_else(|| garbled(WireError::Garbled));
    let place = || at.ok_or_else(|| garbled(WireError::Garbled));
    let stop = match kind {
        0 => return Ok((None, expected)),
        1 => Stop::Path { op, instead_of: expected },
        2 => Stop::Arguments { op: named()?, argument: at },
        3 => Stop::Results { op: named()? },
        4 => Stop::Failed { op: named()?, message: first_line(&text) },
        5 => Stop::Read { op },
        6 => Stop::NoRule { op: named()?, reason: text },
        7 => Stop::Constant { op, lifted: place()? },
        8 => Stop::Foreign { op: named()?, index: place()? },
        9 => Stop::State { op: named()?, reason: text },
        _ => return Err(garbled(WireError::Garbled)),
    };
    Ok((Some(stop), None))
}

#[cfg(test)]
mod tests;
