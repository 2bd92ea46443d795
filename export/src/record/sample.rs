//! One run of the model, recorded.

use super::{Known, Log, RecordError, Role, Trace, ValueId, record_with};
use crate::ExportError;
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::outcome::{Outcome, own_inputs};
use crate::variable::LeafSizes;
use pytree_core::{Family, Leaf, LeafRef, Tch, TreeSpec};

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
    /// What the run returned and left behind, if that was to be kept.
    pub(crate) outcome: Option<Outcome>,
    /// Whether the model keeps a tensor that it made.
    pub(crate) keeps: bool,
}

/// Runs the model on copies of `inputs` and records it. Afterwards the buffers have their old content again. With `outcome` the
/// sample keeps what the run returns and leaves behind.
pub(crate) fn capture(
    model: &dyn Forward,
    inputs: &Leaves,
    declared: &ModelTensors,
    log: Log,
    outcome: bool,
) -> Result<Sample, ExportError> {
    let (inputs, own) = own_inputs(inputs)?;
    // In the mode of the caller: without gradients a backward pass of the forward would end the process.
    captured(model, inputs, own, declared, log, outcome)
}

/// Runs a model on inputs without data and records it. It must not ask for data.
pub(crate) fn capture_without_data(
    model: &dyn Forward,
    inputs: Leaves,
    declared: &ModelTensors,
    log: Log,
) -> Result<Sample, ExportError> {
    let own = inputs.shared().leaves;
    captured(model, inputs, own, declared, Log { without_data: true, ..log }, false)
}

fn captured(
    model: &dyn Forward,
    inputs: Leaves,
    own: Vec<Leaf<Tch>>,
    declared: &ModelTensors,
    log: Log,
    outcome: bool,
) -> Result<Sample, ExportError> {
    let sizes = LeafSizes::of(&inputs.leaves);
    let mut known = Known::new();
    for (leaf, own) in own.iter().enumerate() {
        if let LeafRef::Tensor(tensor) = own.as_ref() {
            known.add(Role::Input(leaf), tensor);
        }
    }
    declared.known(&mut known);
    let forward = model.bind(inputs)?;
    let saved = declared.buffers()?;
    let parameters = declared.parameters()?;
    let recorded = record_with(&known, log, forward);
    let outcome = match &recorded {
        Ok((Ok(output), _)) if outcome => Some(Outcome::of(output, own, declared)),
        _ => None,
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
    drop(leaves);
    let keeps = trace.keeps_results();
    let outcome = outcome.transpose()?;
    Ok(Sample { sizes, trace, outputs, out_spec, outcome, keeps })
}

/// A program cannot keep a new value of a parameter for the next call, so a write to one is an error.
fn parameters_unwritten(trace: &Trace) -> Result<(), ExportError> {
    for call in &trace.calls {
        for id in call.written_tensors() {
            let Some(storage) = trace.storage_of(id) else { continue };
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
