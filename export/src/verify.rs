//! Compares the program with the model, at sizes that no run has used.

use crate::ExportError;
use crate::dispatch::deep_copy;
use crate::model::Leaves;
use crate::probe::Runs;
use crate::resolve::Resolved;
use crate::run::RunProgram;
use program::{ExportedProgram, InputSizes, Verification};
use pytree_core::{Leaf, Tch};
use tch::Tensor;

/// The largest relative difference that is accepted: kernels may sum in another order.
const TOLERANCE: f64 = 1e-5;

pub(crate) fn verify(
    runs: &Runs<'_>,
    resolved: &Resolved,
    program: &ExportedProgram,
) -> Result<Verification, ExportError> {
    let example = &runs.example().sizes;
    let unseen = resolved.domain.small(1, 0).first().and_then(|point| resolved.domain.sizes(point, example));
    let is_unseen = unseen.is_some();
    let values = unseen.unwrap_or_else(|| example.clone());
    let sizes = runs.shown(&values);
    let inputs = runs.inputs_of(&values)?;
    let run = || -> Result<Vec<Leaf<Tch>>, ExportError> {
        let failed = |source| ExportError::Verify { sizes: sizes.clone(), source: Box::new(source) };
        let own = inputs.map(|_, tensor| Ok(deep_copy(tensor)?), |_, v| v)?;
        tch::no_grad(|| program.run(own.leaves).map_err(failed))
    };
    let got = run()?;
    let Leaves { leaves: expected, .. } = runs.outputs_of(&inputs)?;
    let mut compared = compare(&got, &expected);
    // A program whose results differ from run to run draws random numbers, so only kinds and sizes can be compared.
    let random = compared.is_err() && compare(&got, &run()?) != Ok(0.0);
    if random {
        compared = compare(&blank(&got)?, &blank(&expected)?);
    }
    let max_difference =
        compared.map_err(|(output, difference)| ExportError::Differs { sizes: sizes.clone(), output, difference })?;
    let names = program.graph.placeholders().map(|(_, node)| node.name.clone());
    let lifted = program.graph.placeholders().count() - values.iter().count();
    let named = names.skip(lifted).zip(values.iter());
    let sizes = named.filter_map(|(name, sizes)| Some(InputSizes { name, sizes: sizes?.to_vec() }));
    let mut verification = Verification::default();
    verification.run = sizes.collect();
    verification.unseen = is_unseen;
    verification.random = random;
    verification.max_difference = max_difference;
    Ok(verification)
}

/// The largest difference of any output; an error with the first output that differs too much, and its difference.
fn compare(got: &[Leaf<Tch>], expected: &[Leaf<Tch>]) -> Result<f64, (usize, f64)> {
    if got.len() != expected.len() {
        return Err((got.len().min(expected.len()), f64::NAN));
    }
    let mut worst = 0.0_f64;
    for (output, (got, expected)) in got.iter().zip(expected).enumerate() {
        let difference = difference(got, expected);
        if difference.is_nan() || difference > TOLERANCE {
            return Err((output, difference));
        }
        worst = worst.max(difference);
    }
    Ok(worst)
}

/// The same leaves, with zeros in every tensor.
fn blank(leaves: &[Leaf<Tch>]) -> Result<Vec<Leaf<Tch>>, ExportError> {
    let blank = leaves.iter().map(|leaf| match leaf {
        Leaf::Tensor(tensor) => tensor.f_zeros_like().map(Leaf::Tensor),
        other => Ok(other.as_ref().map(Tensor::shallow_clone)),
    });
    blank.collect::<Result<_, _>>().map_err(ExportError::Inputs)
}

/// The largest absolute difference of two leaves, relative to the largest value if that is above 1. NaN if they cannot be
/// compared. NaNs and equal infinities at the same place do not differ.
fn difference(a: &Leaf<Tch>, b: &Leaf<Tch>) -> f64 {
    match (a, b) {
        (Leaf::Tensor(a), Leaf::Tensor(b)) => tensor_difference(a, b).unwrap_or(f64::NAN),
        (Leaf::Float(a), Leaf::Float(b)) if a.to_bits() == b.to_bits() => 0.0,
        (Leaf::Float(a), Leaf::Float(b)) => (a - b).abs(),
        (a, b) if a == b => 0.0,
        _ => f64::NAN,
    }
}

fn tensor_difference(a: &Tensor, b: &Tensor) -> Result<f64, tch::TchError> {
    if a.size() != b.size() || a.f_kind()? != b.f_kind()? {
        return Ok(f64::NAN);
    }
    if a.numel() == 0 {
        return Ok(0.0);
    }
    let (a, b) = (a.f_to_kind(tch::Kind::Double)?, b.f_to_kind(tch::Kind::Double)?);
    let same = a.f_eq_tensor(&b)?.f_logical_or(&a.f_isnan()?.f_logical_and(&b.f_isnan()?)?)?;
    let gap = a.f_sub(&b)?.f_abs()?.f_masked_fill(&same, 0.0)?;
    let scale = f64::try_from(b.f_masked_fill(&same, 0.0)?.f_abs()?.f_max()?)?.max(1.0);
    Ok(f64::try_from(gap.f_max()?)? / scale)
}
