//! How much work a run of the model with data is, from the sizes in a run without.

use super::runs::{Run, Runs};
use crate::record::{Call, Output, Trace, ValueId};
use program::OpName;
use std::collections::HashMap;
use tch::Tensor;

/// What takes long: so many multiplications, some hundredths of a second.
pub(crate) const LONG: f64 = 1e9;

/// Ops that multiply each element of one tensor with many of another one.
const MULTIPLY: [&str; 26] = [
    "_convolution",
    "addbmm",
    "addmm",
    "addmv",
    "baddbmm",
    "bilinear",
    "bmm",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution",
    "einsum",
    "gru",
    "linear",
    "lstm",
    "matmul",
    "mm",
    "multi_head_attention_forward",
    "mv",
    "rnn_relu",
    "rnn_tanh",
    "scaled_dot_product_attention",
    "tensordot",
];

impl Runs<'_> {
    /// About how many multiplications a run with data takes that has the sizes of this one, up to the place where it ended.
    pub(crate) fn work(&self, run: &Run) -> f64 {
        let mut sizes = HashMap::new();
        for (i, leaf) in self.setup().tensor_leaves.iter().enumerate() {
            if let Some(given) = run.given().sizes.leaf(*leaf) {
                sizes.insert(ValueId::Known(i), product(given.iter().copied()));
            }
        }
        let result = |call: usize, result: usize, _: &Output| {
            let sizes = self.numbers().result(call, result).sizes;
            product(sizes.into_iter().filter_map(|number| run.number(number)))
        };
        work(&self.example().trace, sizes, run.completed(), result)
    }
}

/// About how many multiplications a recorded run takes with data.
pub(super) fn work_of(trace: &Trace) -> f64 {
    let recorded = |_: usize, _: usize, output: &Output| product(output.tensor.sizes.iter().copied());
    work(trace, HashMap::new(), trace.calls.len(), recorded)
}

/// The multiplications of the first calls. Of a product of matrices `[m, k]` and `[k, n]` they are the root of `mk * kn * mn`, and
/// so about those of a convolution; of other ops they are the elements of the results. `elements` are those of tensors that
/// have other sizes than in the trace, and `result` gives those of a result.
fn work(
    trace: &Trace,
    mut elements: HashMap<ValueId, f64>,
    calls: usize,
    result: impl Fn(usize, usize, &Output) -> f64,
) -> f64 {
    for (i, declared) in trace.declared.iter().enumerate() {
        elements.entry(ValueId::Known(i)).or_insert_with(|| product(declared.tensor.sizes.iter().copied()));
    }
    let held = trace.held.iter().enumerate().map(|(i, tensor)| (ValueId::Held(i), tensor));
    let lifted = trace.lifted.iter().enumerate().map(|(i, lifted)| (ValueId::Lifted(i), &lifted.tensor));
    elements.extend(held.chain(lifted).map(|(id, tensor): (_, &Tensor)| (id, tensor.numel() as f64)));
    let mut work = 0.0;
    for (at, call) in trace.calls.iter().enumerate().take(calls) {
        let mut made = 0.0;
        for (index, output) in call.output_tensors().enumerate() {
            let count = result(at, index, output);
            elements.insert(output.id, count);
            made += count;
        }
        work += of_call(call, &elements, made);
    }
    work
}

fn of_call(call: &Call, elements: &HashMap<ValueId, f64>, made: f64) -> f64 {
    if !multiplies(&call.op) {
        return made;
    }
    let tensors = call.args.iter().flat_map(|argument| argument.value.tensors());
    let counts: Vec<f64> = tensors.filter_map(|id| elements.get(id).copied()).collect();
    let largest = counts.iter().copied().fold(0.0, f64::max);
    let others = counts.iter().sum::<f64>() - largest;
    (largest * others * made).sqrt().max(made)
}

fn multiplies(op: &OpName) -> bool {
    MULTIPLY.binary_search(&op.name()).is_ok()
}

fn product(sizes: impl Iterator<Item = i64>) -> f64 {
    sizes.map(|size| size as f64).product()
}

#[cfg(test)]
mod tests {
    use super::MULTIPLY;

    #[test]
    fn the_ops_are_in_order() {
        assert!(MULTIPLY.is_sorted());
    }
}
