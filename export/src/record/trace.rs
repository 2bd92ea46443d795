//! The result of a recording.

use std::sync::Arc;

use tch::Tensor;

use super::error::{RecordError, UnknownReason, UseSite};
use super::id::{StorageNumber, ValueId};
use super::known::Role;
use super::log::{Event, Seen, read_seen};
use super::names::TensorNames;
use crate::dispatch::ffi::Session;
use crate::dispatch::wire::Reader;
use crate::dispatch::{DispatchError, Schema, SchemaArgument, first_line};
use program::{OpName, Value};
use pytree_core::TensorType;
use symbolic::Expr;

/// The ops of one run, in order, with their arguments and results.
#[derive(Debug)]
#[non_exhaustive]
pub struct Trace {
    /// The declared tensors, in the order of their declaration.
    pub declared: Vec<Declared>,
    /// The calls that succeeded.
    pub calls: Vec<Call>,
    /// Constants that the forward made from Rust data (`from_slice`, `Tensor::from`), in order of their first use.
    pub lifted: Vec<LiftedTensor>,
    /// Tensors that no recorded op made and that were not declared, in order of their first use. They are on the memory that
    /// the forward used.
    pub held: Vec<Tensor>,
    /// Calls that failed without failing the forward.
    pub failures: Vec<Failure>,
    /// Whether the forward asked [`is_exporting`](super::is_exporting), so that it may do something else in other runs.
    pub(crate) asks_if_exporting: bool,
    names: TensorNames,
    session: Session,
    held_storages: Vec<Option<StorageNumber>>,
}

/// A tensor that was declared, as it was before the run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Declared {
    /// Its role in the program.
    pub role: Role,
    /// Its first name: a tensor that was declared twice has the name of its first declaration.
    pub id: ValueId,
    /// Its type.
    pub tensor: TensorType,
    /// Its memory; `None` for sparse tensors.
    pub storage: Option<StorageNumber>,
}

/// A constant that the forward made from Rust data.
#[derive(Debug)]
#[non_exhaustive]
pub struct LiftedTensor {
    /// A copy of its content at its first use.
    pub tensor: Tensor,
}

/// One op that reached the dispatcher. The ops that it calls internally are not recorded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// The op.
    pub op: OpName,
    /// Its schema.
    pub schema: Arc<Schema>,
    /// All its arguments, in the order of the schema.
    pub args: Vec<Argument>,
    /// Its results, in the order of the schema. Results that are not tensors (`item`) have left the graph.
    pub outputs: Vec<Value<Output>>,
    /// The return addresses of the call stack, innermost first and without those of libtorch. Empty unless the recording
    /// is one of [`record_located`](super::record_located).
    pub frames: Vec<u64>,
}

/// An argument of a recorded call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Argument {
    /// The schema's name.
    pub name: String,
    /// Whether Python takes it by keyword only.
    pub kwarg_only: bool,
    /// Whether it equals the schema's default.
    pub is_default: bool,
    /// Its value.
    pub value: Value<ValueId>,
}

/// A tensor that a call returned.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Output {
    /// Its identity.
    pub id: ValueId,
    /// Its type.
    pub tensor: TensorType,
    /// Whether it is a leaf of the autograd graph: not the result of a differentiated op.
    pub is_leaf: bool,
    /// Its memory; `None` for sparse tensors.
    pub storage: Option<StorageNumber>,
    /// The index of the argument that is the same TensorImpl, if there is one: for an in-place op, or one that had nothing
    /// to do (`to`).
    pub same_as_input: Option<usize>,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The op.
    pub op: OpName,
    /// The first line of PyTorch's message.
    pub message: String,
    /// The number of calls in [`Trace::calls`] before it.
    pub after: usize,
}

impl Output {
    /// The tensor with sizes and strides as expressions. In a program only leaves of the autograd graph require gradients.
    pub(crate) fn resolved(&self, sizes: Vec<Expr>, strides: Vec<Expr>) -> TensorType<Expr> {
        let requires_grad = self.tensor.requires_grad && self.is_leaf;
        TensorType { sizes, strides, requires_grad, ..self.tensor.map(|n| Expr::int(*n)) }
    }
}

impl Trace {
    /// Whether some tensor that the forward made still lives.
    pub(crate) fn keeps_results(&self) -> bool {
        self.session.keeps_results()
    }

    /// Whether the forward ran a backward pass.
    pub(crate) fn has_gradients(&self) -> bool {
        self.session.has_gradients()
    }
}

impl Call {
    /// The arguments that PyTorch writes into the graph: keyword-only arguments that do not equal their defaults, and
    /// positional ones up to the last that does not.
    pub fn written(&self) -> impl Iterator<Item = &Argument> {
        let last = self.args.iter().rposition(|a| !a.kwarg_only && !a.is_default);
        let shown = last.map_or(0, |index| index + 1);
        self.args.iter().enumerate().filter_map(move |(index, argument)| {
            let written = if argument.kwarg_only { !argument.is_default } else { index < shown };
            written.then_some(argument)
        })
    }

    /// The argument of this name.
    pub fn arg(&self, name: &str) -> Option<&Value<ValueId>> {
        self.args.iter().find(|argument| argument.name == name).map(|argument| &argument.value)
    }

    /// The tensors among its arguments that it writes to.
    pub(crate) fn written_tensors(&self) -> impl Iterator<Item = ValueId> {
        let flag = |name: &str| match self.arg(name) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        };
        let arguments = self.args.iter().zip(&self.schema.arguments);
        let written = arguments.filter(move |(_, schema)| self.schema.writes_to(schema, flag));
        written.flat_map(|(argument, _)| argument.value.tensors().copied())
    }

    /// The tensors that it returned, in the order of their index.
    pub fn output_tensors(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter().flat_map(Value::tensors)
    }
}

impl Trace {
    /// Builds the trace of a log.
    pub(crate) fn new(
        declared: Vec<Declared>,
        mut names: TensorNames,
        mut session: Session,
        events: Vec<Event>,
    ) -> Result<Self, RecordError> {
        let mut calls = Vec::new();
        let mut failures = Vec::new();
        let mut holder = Holder { session: &mut session, names: &mut names, held: Vec::new(), storages: Vec::new() };
        for event in events {
            match read_call(event, calls.len(), &mut holder)? {
                Step::Call(call) => calls.push(call),
                Step::Failed(op, message) => {
                    failures.push(Failure { op, message, after: calls.len() });
                }
                Step::FromRust => {}
            }
        }
        let Holder { held, storages, .. } = holder;
        let lifted = collect_lifted(&mut session, 0)?;
        Ok(Self {
            declared,
            calls,
            lifted,
            held,
            failures,
            asks_if_exporting: false,
            names,
            session,
            held_storages: storages,
        })
    }

    /// The value that a tensor is after the run: a tensor that the forward returned, or a buffer that it wrote to.
    ///
    /// A constant that the forward returned but did not use is added to [`lifted`](Self::lifted).
    ///
    /// # Errors
    /// [`RecordError::UnknownTensor`] for a tensor that is not a value of this trace, [`RecordError::Dispatch`] for an
    /// undefined one.
    pub fn value_of(&mut self, tensor: &Tensor) -> Result<ValueId, RecordError> {
        let bytes = self.session.see(tensor).map_err(DispatchError::tensor)?;
        let seen = read_seen(&mut Reader::new(&bytes)).map_err(|e| DispatchError::Tensor { message: e.to_string() })?;
        let (held, storages) = (std::mem::take(&mut self.held), std::mem::take(&mut self.held_storages));
        let mut holder = Holder { session: &mut self.session, names: &mut self.names, held, storages };
        let id = holder.resolve(&seen);
        (self.held, self.held_storages) = (holder.held, holder.storages);
        let id = id.map_err(|reason| RecordError::UnknownTensor {
            place: UseSite::Result,
            sizes: seen.info.sizes.clone(),
            dtype: seen.info.dtype,
            reason,
        })?;
        let more = collect_lifted(&mut self.session, self.lifted.len())?;
        self.lifted.extend(more);
        Ok(id)
    }

    /// The session, whose compact form fake runs are compared with.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The memory of a value; `None` for a sparse tensor and for an id of another trace.
    pub fn storage_of(&self, id: ValueId) -> Option<StorageNumber> {
        match id {
            ValueId::Known(index) => self.declared.get(index)?.storage,
            ValueId::Lifted(index) => self.names.lifted_storage(index),
            ValueId::Held(index) => self.held_storages.get(index).copied().flatten(),
            ValueId::Output { call, index } => self.output(call, index)?.storage,
        }
    }

    /// A tensor that a call returned.
    pub fn output(&self, call: usize, index: usize) -> Option<&Output> {
        self.calls.get(call)?.output_tensors().nth(index)
    }
}

fn collect_lifted(session: &mut Session, from: usize) -> Result<Vec<LiftedTensor>, DispatchError> {
    let count = session.lifted_count();
    (from..count)
        .map(|index| Ok(LiftedTensor { tensor: session.lifted(index).map_err(DispatchError::tensor)? }))
        .collect()
}

/// Names tensors; one that no op made and nobody declared is held by the model.
struct Holder<'a> {
    session: &'a mut Session,
    names: &'a mut TensorNames,
    held: Vec<Tensor>,
    storages: Vec<Option<StorageNumber>>,
}

impl Holder<'_> {
    fn resolve(&mut self, seen: &Seen) -> Result<ValueId, UnknownReason> {
        let reason = match self.names.resolve(seen) {
            Err(reason @ UnknownReason::Foreign) => reason,
            other => return other,
        };
        // A tensor that is gone was made for one use, so the model does not hold it.
        let Ok(tensor) = self.session.tensor(seen.tensor) else { return Err(reason) };
        let id = ValueId::Held(self.held.len());
        self.held.push(tensor);
        self.storages.push(StorageNumber::of(seen));
        self.names.bind(seen, id);
        Ok(id)
    }
}

/// What an event adds to the trace.
enum Step {
    Call(Call),
    Failed(OpName, String),
    FromRust,
}

fn read_call(event: Event, number: usize, names: &mut Holder<'_>) -> Result<Step, RecordError> {
    let Event { op, from_rust, frames, args, outcome } = event;
    let schema = Schema::of(&op)?;
    let inputs: Vec<Vec<u64>> = args.iter().map(|arg| arg.tensors().map(|seen| seen.tensor).collect()).collect();
    let results = match outcome {
        Ok(results) => results,
        Err(message) => {
            // A tensor that this call was the first to use is lifted; an unknown one does no harm.
            for seen in args.iter().flat_map(Value::tensors) {
                let _ = names.resolve(seen);
            }
            return Ok(Step::Failed(op, first_line(&message)));
        }
    };
    if from_rust {
        // Its result gets a name at its first use.
        return Ok(Step::FromRust);
    }
    let args = args
        .into_iter()
        .zip(&schema.arguments)
        .map(|(value, argument)| read_argument(value, argument, &op, names))
        .collect::<Result<Vec<_>, _>>()?;
    let mut index = 0;
    let outputs = results
        .into_iter()
        .map(|value| {
            value.map(|seen| {
                let id = ValueId::Output { call: number, index };
                index += 1;
                names.names.bind(&seen, id);
                let same_as_input = inputs.iter().position(|input| input.contains(&seen.tensor));
                Output {
                    id,
                    storage: StorageNumber::of(&seen),
                    is_leaf: seen.is_leaf,
                    tensor: seen.info,
                    same_as_input,
                }
            })
        })
        .collect();
    Ok(Step::Call(Call { op, schema, args, outputs, frames }))
}

fn read_argument(
    value: Value<Seen>,
    argument: &SchemaArgument,
    op: &OpName,
    names: &mut Holder<'_>,
) -> Result<Argument, RecordError> {
    let value = value.try_map(|seen| {
        names.resolve(&seen).map_err(|reason| RecordError::UnknownTensor {
            place: UseSite::Argument { op: op.clone(), argument: argument.name.clone() },
            sizes: seen.info.sizes.clone(),
            dtype: seen.info.dtype,
            reason,
        })
    })?;
    let default = argument.default.clone().map(|d| d.map(|never| match never {}));
    Ok(Argument {
        name: argument.name.clone(),
        kwarg_only: argument.kwarg_only,
        is_default: default.as_ref() == Some(&value),
        value,
    })
}
