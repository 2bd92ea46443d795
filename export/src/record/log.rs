//! The session's log: the ops that reached the fallback, with tensors as numbers.

use crate::dispatch::DispatchError;
use crate::dispatch::wire::{Description, Reader, WireError};
use program::{OpName, Value};
use pytree_core::TensorType;

/// A tensor at the moment when an op used or made it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The number of its TensorImpl.
    pub(crate) tensor: u64,
    /// The number of its storage; 0 when it has none.
    pub(crate) storage: u64,
    /// If this use lifted it: the number of the copy of its content.
    pub(crate) lift: Option<u64>,
    /// Its description at that time.
    pub(crate) info: TensorType,
    /// Whether it is a leaf of the autograd graph.
    pub(crate) is_leaf: bool,
}

/// One op that reached the dispatcher.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) op: OpName,
    /// Whether its result is filled from Rust data afterwards.
    pub(crate) from_rust: bool,
    /// The return addresses of its call stack, innermost first; empty unless requested.
    pub(crate) frames: Vec<u64>,
    pub(crate) args: Vec<Value<Seen>>,
    /// Its results, or PyTorch's error message.
    pub(crate) outcome: Result<Vec<Value<Seen>>, String>,
}

pub(crate) fn read_seen(reader: &mut Reader<'_>) -> Result<Seen, WireError> {
    let tensor = reader.u64()?;
    let lift = if reader.flag()? { Some(reader.u64()?) } else { None };
    let Description { storage, is_leaf, tensor: info } = reader.description()?;
    Ok(Seen { tensor, storage, lift, info, is_leaf })
}

/// Reads a whole log.
pub(crate) fn read_log(bytes: &[u8]) -> Result<Vec<Event>, DispatchError> {
    let mut reader = Reader::new(bytes);
    let mut events = Vec::new();
    while !reader.is_done() {
        let op = read_op_name(&mut reader)?;
        let event = read_event(&mut reader, op.clone());
        events.push(event.map_err(|(place, e)| DispatchError::wire(&op, place, &e))?);
    }
    Ok(events)
}

pub(crate) fn read_op_name(reader: &mut Reader<'_>) -> Result<OpName, DispatchError> {
    let garbled = |what: &dyn std::fmt::Display| DispatchError::Tensor { message: what.to_string() };
    let name = reader.text().map_err(|e| garbled(&e))?;
    let overload = reader.text().map_err(|e| garbled(&e))?;
    let (namespace, name) = name.split_once("::").unwrap_or(("", &name));
    OpName::new(namespace, name, &overload).map_err(|e| garbled(&e))
}

fn read_event(reader: &mut Reader<'_>, op: OpName) -> Result<Event, (&'static str, WireError)> {
    let argument = |e| ("arguments", e);
    let result = |e| ("result", e);
    let from_rust = reader.flag().map_err(argument)?;
    let frames = reader.list(Reader::u64).map_err(argument)?;
    let args = reader.list(|r| r.value(read_seen)).map_err(argument)?;
    let outcome = if reader.flag().map_err(result)? {
        Ok(reader.list(|r| r.value(read_seen)).map_err(result)?)
    } else {
        Err(reader.text().map_err(result)?)
    };
    Ok(Event { op, from_rust, frames, args, outcome })
}
