//! One run of the model, recorded.

use super::{Known, RecordError, Role, Trace, ValueId, record, record_located};
use crate::ExportError;
use crate::dispatch::deep_copy;
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::variable::LeafSizes;
use pytree_core::{Family, Leaf, Tch, TreeSpec};
use tch::Tensor;

/// A leaf that the model returned: its tensors are values of the trace.
pub(crate) type OutputLeaf = Leaf<Traced>;

/// The family of the values of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traced {}

impl Family for Traced {
    type Tensor = ValueId;
}

/// A recorded run.
pub(crate) struct Sample {
    pub(crate) sizes: LeafSizes,
    pub(crate) trace: Trace,
    pub(crate) outputs: Vec<OutputLeaf>,
    pub(crate) out_spec: TreeSpec,
}

/// How a run is recorded.
pub(crate) enum RecordMode {
    Plain,
    /// The calls hold their call stacks.
    Located,
}

/// Runs the model on copies of `inputs` and records it. Afterwards the buffers have their old content again.
pub(crate) fn capture(
    model: &dyn Forward,
    inputs: &Leaves,
    declared: &ModelTensors,
    mode: &RecordMode,
) -> Result<Sample, ExportError> {
    let inputs = inputs.map(|_, tensor| deep_copy(tensor).map_err(ExportError::from), |_, v| v)?;
    let sizes = LeafSizes::of(&inputs.leaves);
    let tensors: Vec<(usize, Tensor)> = inputs.leaves.iter().enumerate().filter_map(tensor_of).collect();
    let mut known = Known::new();
    for (leaf, tensor) in &tensors {
        known.add(Role::Input(*leaf), tensor);
    }
    declared.known(&mut known);
    let forward = model.bind(inputs)?;
    let saved = declared.buffers()?;
    let parameters = declared.parameters()?;
    // In the mode of the caller: without gradients a backward pass of the forward would end the process.
    let recorded = match mode {
        RecordMode::Plain => record(&known, forward),
        RecordMode::Located => record_located(&known, forward),
    };
    saved.restore()?;
    let checked = recorded.map_err(ExportError::from).and_then(|(output, trace)| {
        parameters_unwritten(&trace)?;
        Ok((output, trace))
    });
    let (output, mut trace) = match checked {
        Ok(recorded) => recorded,
        Err(error) => {
            parameters.restore()?;
            return Err(error);
        }
    };
    let Leaves { leaves, spec: out_spec } = output?;
    let outputs = leaves.iter().map(|leaf| leaf.as_ref().try_map(|tensor| trace.value_of(tensor)));
    let outputs = outputs.collect::<Result<_, RecordError>>()?;
    Ok(Sample { sizes, trace, outputs, out_spec })
}

/// The tensor of a leaf, on the same memory.
fn tensor_of((i, leaf): (usize, &Leaf<Tch>)) -> Option<(usize, Tensor)> {
    leaf.as_ref().tensor().map(|tensor| (i, tensor.shallow_clone()))
}

/// A program cannot keep a new value of a parameter for the next call, so a write to one is an error.
fn parameters_unwritten(trace: &Trace) -> Result<(), ExportError> {
    for call in &trace.calls {
        let arguments = call.args.iter().zip(&call.schema.arguments).filter(|(_, schema)| schema.mutated);
        for id in arguments.flat_map(|(argument, _)| argument.value.tensors()) {
            let Some(storage) = trace.storage_of(*id) else { continue };
            let of = trace.declared.iter().find(|declared| declared.storage == Some(storage));
            if let Some(Role::Parameter(name)) = of.map(|declared| &declared.role) {
                return Err(ExportError::WrittenParameter { name: name.clone(), op: call.op.clone() });
            }
        }
    }
    Ok(())
}

impl From<RecordError> for ExportError {
    fn from(error: RecordError) -> Self {
        ExportError::Capture { sizes: String::new(), source: Box::new(error) }
    }
}
