//! How much work a run of the model with data is, from the sizes in a run without.

use super::runs::{Run, Runs};
use crate::record::{Output, Trace, ValueId};
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

/// Those of them that multiply the matrices of two batches one by one.
const BATCHED: [&str; 4] = ["baddbmm", "bmm", "matmul", "scaled_dot_product_attention"];

/// How large a tensor is.
#[derive(Clone, Copy, Default)]
struct Extent {
    elements: f64,
    /// The matrices in it.
    matrices: f64,
}

impl Extent {
    fn of(sizes: impl IntoIterator<Item = i64>) -> Self {
        let sizes: Vec<f64> = sizes.into_iter().map(|size| size as f64).collect();
        let matrices = sizes.iter().take(sizes.len().saturating_sub(2)).product();
        Extent { elements: sizes.iter().product(), matrices }
    }
}

impl Runs<'_> {
    /// About how many multiplications a run with data takes that has the sizes of this one, up to the place where it ended.
    pub(crate) fn work(&self, run: &Run) -> f64 {
        let mut extents = HashMap::new();
        for (i, leaf) in self.setup().tensor_leaves.iter().enumerate() {
            if let Some(given) = run.given().sizes.leaf(*leaf) {
                extents.insert(ValueId::Known(i), Extent::of(given.iter().copied()));
            }
        }
        let result = |call: usize, result: usize, _: &Output| {
            let sizes = self.numbers().result(call, result).sizes;
            Extent::of(sizes.into_iter().filter_map(|number| run.number(number)))
        };
        work(&self.example().trace, extents, run.completed(), result)
    }
}

/// About how many multiplications a recorded run takes with data.
pub(super) fn work_of(trace: &Trace) -> f64 {
    let recorded = |_: usize, _: usize, output: &Output| Extent::of(output.tensor.sizes.iter().copied());
    work(trace, HashMap::new(), trace.calls.len(), recorded)
}

/// The multiplications of the first calls. `extents` are those of tensors that have other sizes than in the trace, and `result`
/// gives those of a result.
fn work(
    trace: &Trace,
    mut extents: HashMap<ValueId, Extent>,
    calls: usize,
    result: impl Fn(usize, usize, &Output) -> Extent,
) -> f64 {
    for (i, declared) in trace.declared.iter().enumerate() {
        let recorded = || Extent::of(declared.tensor.sizes.iter().copied());
        extents.entry(ValueId::Known(i)).or_insert_with(recorded);
    }
    let held = trace.held.iter().enumerate().map(|(i, tensor)| (ValueId::Held(i), tensor));
    let lifted = trace.lifted.iter().enumerate().map(|(i, lifted)| (ValueId::Lifted(i), &lifted.tensor));
    extents.extend(held.chain(lifted).map(|(id, tensor): (_, &Tensor)| (id, Extent::of(tensor.size()))));
    let mut work = 0.0;
    for (at, call) in trace.calls.iter().enumerate().take(calls) {
        let mut made = 0.0;
        for (index, output) in call.output_tensors().enumerate() {
            let extent = result(at, index, output);
            extents.insert(output.id, extent);
            made += extent.elements;
        }
        let tensors = call.args.iter().flat_map(|argument| argument.value.tensors());
        let arguments: Vec<Extent> = tensors.filter_map(|id| extents.get(id).copied()).collect();
        work += if multiplies(&call.op) { product(&call.op, &arguments, made) } else { made };
    }
    work
}

/// The multiplications of a product of matrices `[m, k]` and `[k, n]`: the root of `mk * kn * mn`, and so about those of a
/// convolution. Of a batch of products each has so many.
fn product(op: &OpName, arguments: &[Extent], made: f64) -> f64 {
    let largest = arguments.iter().map(|extent| extent.elements).fold(0.0, f64::max);
    let others = arguments.iter().map(|extent| extent.elements).sum::<f64>() - largest;
    let batch = match BATCHED.contains(&op.name()) {
        true => arguments.iter().map(|extent| extent.matrices).fold(f64::INFINITY, f64::min).clamp(1.0, 1e18),
        false => 1.0,
    };
    (largest * others * made / batch).sqrt().max(made)
}

fn multiplies(op: &OpName) -> bool {
    MULTIPLY.binary_search(&op.name()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Extent, MULTIPLY, product};
    use program::OpName;

    #[test]
    fn the_ops_are_in_order() {
        assert!(MULTIPLY.is_sorted());
    }

    #[test]
    #[allow(clippy::unwrap_used, reason = "a test")]
    fn products_have_the_multiplications_of_their_matrices() {
        type Row<'r> = (&'r str, &'r [&'r [i64]], &'r [i64], f64);
        let rows: [Row<'_>; 5] = [
            ("mm", &[&[20, 30], &[30, 40]], &[20, 40], 24e3),
            ("linear", &[&[8, 20, 30], &[40, 30]], &[8, 20, 40], 8.0 * 24e3),
            ("bmm", &[&[500, 20, 30], &[500, 30, 40]], &[500, 20, 40], 500.0 * 24e3),
            ("matmul", &[&[4, 500, 20, 30], &[4, 500, 30, 40]], &[4, 500, 20, 40], 2000.0 * 24e3),
            ("matmul", &[&[500, 20, 30], &[30, 40]], &[500, 20, 40], 500.0 * 24e3),
        ];
        for (op, arguments, made, multiplications) in rows {
            let extents: Vec<Extent> = arguments.iter().map(|sizes| Extent::of(sizes.iter().copied())).collect();
            let op = OpName::new("aten", op, "default").unwrap();
            let work = product(&op, &extents, Extent::of(made.iter().copied()).elements);
            assert!((work / multiplications - 1.0).abs() < 1e-9, "{op}: {work} and not {multiplications}");
        }
    }
}
