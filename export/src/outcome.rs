//! What a run with data returns and leaves behind.

use crate::ExportError;
use crate::dispatch::deep_copy;
use crate::model::Leaves;
use crate::model_tensors::ModelTensors;
use pytree_core::{Leaf, Tch, TreeSpec};
use tch::Tensor;

/// What a run returned, and its inputs and buffers afterwards. No later run changes them.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) outputs: Vec<Leaf<Tch>>,
    /// The structure of the outputs.
    pub(crate) spec: TreeSpec,
    /// The copies of the inputs that the run had for itself.
    pub(crate) inputs: Vec<Leaf<Tch>>,
    /// The declared buffers, in the order of their declaration.
    pub(crate) buffers: Vec<Leaf<Tch>>,
}

impl Outcome {
    /// Copies what a run leaves behind. `inputs` are those that it had for itself.
    pub(crate) fn of(outputs: &Leaves, inputs: Vec<Leaf<Tch>>, declared: &ModelTensors) -> Result<Self, ExportError> {
        Self::with_buffers((&outputs.leaves, &outputs.spec), inputs, declared.named_buffers().map(|(_, tensor)| tensor))
    }

    /// The same with these tensors in the place of the buffers.
    pub(crate) fn with_buffers<'t>(
        (outputs, spec): (&[Leaf<Tch>], &TreeSpec),
        inputs: Vec<Leaf<Tch>>,
        buffers: impl Iterator<Item = &'t Tensor>,
    ) -> Result<Self, ExportError> {
        // An output may be a buffer or an input.
        let outputs = outputs.iter().map(|leaf| leaf.as_ref().try_map(deep_copy)).collect::<Result<_, _>>()?;
        let buffers = buffers.map(|tensor| Ok(Leaf::Tensor(deep_copy(tensor)?)));
        Ok(Outcome { outputs, spec: spec.clone(), inputs, buffers: buffers.collect::<Result<_, ExportError>>()? })
    }
}

/// Copies of the inputs for one run, and handles to them, which show what it writes to them.
pub(crate) fn own_inputs(inputs: &Leaves) -> Result<(Leaves, Vec<Leaf<Tch>>), ExportError> {
    let own = inputs.map(|_, tensor| Ok(deep_copy(tensor)?), |_, v| v)?;
    let handles = own.leaves.iter().map(|leaf| leaf.as_ref().map(Tensor::shallow_clone)).collect();
    Ok((own, handles))
}
