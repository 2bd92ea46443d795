//! Models whose runs take long: the example is recorded without data.

use super::work::{LONG, work_of};
use crate::ExportError;
use crate::dispatch::ffi::answer_of_a_copy;
use crate::dispatch::tensor_type;
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::record::{Call, Calls, Log, Sample, Side, capture_without_data, compare_calls, fake_tensor};

/// How long the runs without data that decide may take, of the processor.
const SECONDS: u16 = 4;

/// Whether a run with these inputs takes long, and the forward is the same without data: it does not ask for data, its calls say
/// what its results are, and it does the same again. That is tried in a copy of the process, since a forward may keep what it
/// makes in its first run, and a tensor without data must not stay in the model.
pub(super) fn is_heavy(model: &dyn Forward, inputs: &Leaves, declared: &ModelTensors) -> bool {
    may_be_heavy(inputs, declared)
        && answer_of_a_copy(SECONDS, || {
            let run = || record_without_data(model, inputs, declared, Log::default());
            let (Ok(first), Ok(second)) = (run(), run()) else { return false };
            let side = |run| Side { run, held: declared };
            let plain = |call: &Call| !call.schema.reads_data && !call.schema.sizes_from_data;
            work_of(&first.trace) > LONG
                && first.trace.calls.iter().all(plain)
                && compare_calls(side(&first), side(&second)) == Calls::Same
        })
}

/// Whether so many multiplications are possible at all: each element of an input meets each parameter. More are rare.
fn may_be_heavy(inputs: &Leaves, declared: &ModelTensors) -> bool {
    let parameters: f64 = declared.entries().iter().map(|(_, tensor)| tensor.numel() as f64).sum();
    let largest = inputs.tensors().iter().map(|(_, tensor)| tensor.numel()).max().unwrap_or_default();
    parameters * largest as f64 > LONG
}

/// Records a run of these inputs without their data.
pub(super) fn record_without_data(
    model: &dyn Forward,
    inputs: &Leaves,
    declared: &ModelTensors,
    log: Log,
) -> Result<Sample, ExportError> {
    capture_without_data(model, without_data(inputs)?, declared, log)
}

/// The same inputs without their data.
pub(crate) fn without_data(inputs: &Leaves) -> Result<Leaves, ExportError> {
    inputs.map(
        |_, tensor| {
            let known = tensor_type(tensor)?;
            Ok(fake_tensor(tensor, &known.sizes, Some(&known.strides))?)
        },
        |_, v| v,
    )
}
