//! How far two tensors are apart.

use super::{Diff, Exceeding, Position};
use crate::tensor::{Number, TensorError, TensorValues};
use pytree_core::{DType, TensorMeta};

fn is_complex(meta: &TensorMeta) -> bool {
    matches!(meta.dtype, DType::Complex32 | DType::Complex64 | DType::Complex128)
}

/// Two tensors, in double precision.
pub(super) fn measure<F: TensorValues>(
    expected: &F::Tensor,
    got: &F::Tensor,
    hist: &[f64],
) -> Result<Diff, TensorError> {
    let (a, b) = (F::describe(expected), F::describe(got));
    let (mut a_sizes, mut b_sizes) = (a.sizes.to_vec(), b.sizes.to_vec());
    let mut real_part = false;
    match (is_complex(&a), is_complex(&b)) {
        (true, true) if a.dtype == b.dtype => {
            a_sizes.push(2);
            b_sizes.push(2);
        }
        (true, false) if matches!(b.dtype, DType::Float32 | DType::Float64) => a_sizes.push(2),
        (true, _) => return Ok(Diff::infinite()),
        // Torch drops the imaginary part when it casts.
        (false, real) => real_part = real,
    }
    if a_sizes != b_sizes {
        return Ok(Diff::infinite());
    }
    let x = F::values(expected)?;
    let mut y = F::values(got)?;
    if real_part {
        y = y.into_iter().step_by(2).collect();
    }
    if x.len() != y.len() {
        return Err(TensorError::new(format!("{} values are expected and {} were read", x.len(), y.len())));
    }
    let mut diff = Diff { dev: Some(u64::from(a.device != b.device)), ..zeros() };
    let mut rep: Vec<Exceeding> = hist.iter().map(|h| Exceeding { threshold: *h, count: 0 }).collect();
    let (mut abs, mut rel, mut sum, mut dnan, mut at) = (0.0, 0.0_f64, 0.0, 0_u64, 0);
    for (i, (x, y)) in x.iter().zip(&y).enumerate() {
        dnan += u64::from(x.is_nan() != y.is_nan());
        let (x, y) = (finite(*x), finite(*y));
        let d = (y - x).abs();
        sum += d;
        rel = rel.max(d / (x.abs() + 1e-3));
        if d > abs {
            (abs, at) = (d, i);
        }
        for above in &mut rep {
            above.count += u64::from(d > above.threshold);
        }
    }
    diff.argm = Some(if x.is_empty() { Position::Nowhere } else { Position::At(unravel(at, &a_sizes)) });
    diff.rep = (!hist.is_empty()).then_some(rep);
    diff.abs = Number::Float(abs);
    diff.rel = Number::Float(rel);
    diff.sum = Number::Float(sum);
    diff.n = Number::Float(x.len() as f64);
    diff.dnan = Number::Float(dnan as f64);
    Ok(diff)
}

/// An int, a size for example, and a tensor of one element without dimensions.
pub(super) fn against_number<F: TensorValues>(expected: Number, got: &F::Tensor) -> Result<Diff, TensorError> {
    let meta = F::describe(got);
    if meta.rank() > 0 {
        return Ok(Diff { argm: Some(Position::Infinite), ..Diff::infinite() });
    }
    let value = F::values(got)?
        .first()
        .copied()
        .ok_or_else(|| TensorError::new("a tensor without dimensions has one value"))?;
    let float = matches!(
        meta.dtype,
        DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Float64 | DType::Complex64 | DType::Complex128
    );
    let whole = (!float && value.abs() < 2.0_f64.powi(53)).then_some(value as i64);
    let e = expected.as_f64();
    let abs = match (expected, whole) {
        (Number::Bool(e), Some(v)) => Number::Int((i64::from(e) - v).abs()),
        (Number::Int(e), Some(v)) => {
            e.checked_sub(v).map_or(Number::Float((e as f64 - value).abs()), |d| Number::Int(d.abs()))
        }
        _ => Number::Float((e - value).abs()),
    };
    let rel = Number::Float(((e - value) / e.max(1.0)).abs());
    Ok(Diff { abs, rel, sum: abs, n: Number::Int(1), ..zeros() })
}

/// Two numbers, as numpy's scalars are compared.
pub(super) fn numbers(expected: Number, got: Number) -> Diff {
    let (x, y) = (expected.as_f64(), got.as_f64());
    if x == y || (x.is_nan() && y.is_nan()) {
        let zero = || Number::Float(0.0);
        return Diff { abs: zero(), rel: zero(), sum: zero(), n: zero(), ..zeros() };
    }
    let (dnan, x, y) = (x.is_nan() != y.is_nan(), finite(x), finite(y));
    let abs = (x - y).abs();
    let rel = Number::Float(abs / (x.abs() + 1e-5));
    let dnan = Number::Int(i64::from(dnan));
    Diff { abs: Number::Float(abs), rel, sum: Number::Float(abs), n: Number::Int(1), dnan, ..zeros() }
}

fn zeros() -> Diff {
    Diff::none()
}

/// `nan_to_num(1e10)`: infinities become the greatest numbers.
fn finite(v: f64) -> f64 {
    if v.is_nan() { 1e10 } else { v.clamp(f64::MIN, f64::MAX) }
}

/// The indices of an element, row by row.
fn unravel(mut at: usize, sizes: &[i64]) -> Vec<usize> {
    let mut indices: Vec<usize> = sizes
        .iter()
        .rev()
        .map(|size| {
            let size = usize::try_from(*size).unwrap_or(1).max(1);
            let index = at % size;
            at /= size;
            index
        })
        .collect();
    indices.reverse();
    indices
}
