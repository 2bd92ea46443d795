//! Compares two values, each as what it is.

use crate::dispatch;
use program::Vacuous;
use pytree_core::{DType, Leaf, Tch, python};
use tch::{Kind, Tensor};

/// Two values that agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Agreement {
    /// Their largest difference, relative to the largest magnitude.
    pub(super) difference: f64,
    /// Why the agreement proves nothing.
    pub(super) vacuous: Option<Vacuous>,
}

/// Two values that do not agree, as a text: `off by 1.5e-1 of the largest value`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mismatch(pub(super) String);

impl Agreement {
    fn exact() -> Self {
        Agreement { difference: 0.0, vacuous: None }
    }
}

impl From<tch::TchError> for Mismatch {
    fn from(error: tch::TchError) -> Self {
        Mismatch(format!("not comparable: {}", dispatch::first_line(&error.to_string())))
    }
}

/// What two values have in common if only their content differs, as a text.
pub(super) fn outline_of(leaf: &Leaf<Tch>) -> Result<String, Mismatch> {
    match leaf {
        Leaf::Tensor(tensor) => outline(tensor),
        other => Ok(other.kind().to_string()),
    }
}

fn outline(tensor: &Tensor) -> Result<String, Mismatch> {
    let known = dispatch::tensor_type(tensor).map_err(|e| Mismatch(e.to_string()))?;
    Ok(format!("{}{:?} ({}, {})", known.dtype.abbreviation(), tensor.size(), known.layout, known.device))
}

/// Compares a value with the expected one. Floats may differ by `tolerance`, relative to the largest magnitude; NaNs and
/// infinities must be at the same places, and everything else must be equal.
pub(super) fn compare(got: &Leaf<Tch>, expected: &Leaf<Tch>, tolerance: f64) -> Result<Agreement, Mismatch> {
    match (got, expected) {
        (Leaf::Tensor(got), Leaf::Tensor(expected)) => tch::no_grad(|| tensors(got, expected, tolerance)),
        (Leaf::Float(got), Leaf::Float(expected)) => {
            let same = got == expected || (got.is_nan() && expected.is_nan());
            if same {
                return Ok(Agreement::exact());
            }
            // Kernels are not involved, so only the last digits may differ.
            let difference = (got - expected).abs() / expected.abs();
            if difference < 1e-12 { Ok(Agreement { difference, vacuous: None }) } else { Err(unlike(got, expected)) }
        }
        (got, expected) if got == expected => Ok(Agreement::exact()),
        (got, expected) => Err(unlike(&shown(got), &shown(expected))),
    }
}

fn unlike(got: &impl std::fmt::Display, expected: &impl std::fmt::Display) -> Mismatch {
    Mismatch(format!("{got} instead of {expected}"))
}

fn shown(leaf: &Leaf<Tch>) -> String {
    match leaf {
        Leaf::Tensor(tensor) => format!("a tensor of {:?}", tensor.size()),
        Leaf::Int(v) => v.to_string(),
        Leaf::Float(v) => python::Float(*v).to_string(),
        Leaf::Bool(v) => python::bool(*v).to_owned(),
        Leaf::Str(v) => python::Str(v).to_string(),
        Leaf::None => "None".to_owned(),
    }
}

fn tensors(got: &Tensor, expected: &Tensor, tolerance: f64) -> Result<Agreement, Mismatch> {
    let (ours, theirs) = (outline(got)?, outline(expected)?);
    if ours != theirs {
        return Err(unlike(&ours, &theirs));
    }
    if expected.numel() == 0 {
        return Ok(Agreement { difference: 0.0, vacuous: Some(Vacuous::Empty) });
    }
    let (got, expected) = (plain(got)?, plain(expected)?);
    if !expected.f_is_floating_point()? {
        let (got, expected) = (bytes(&got)?, bytes(&expected)?);
        let vacuous = expected.iter().all(|byte| *byte == 0).then_some(Vacuous::Zero);
        let agrees = Agreement { difference: 0.0, vacuous };
        return if got == expected { Ok(agrees) } else { Err(Mismatch("other values".to_owned())) };
    }
    // Nearly always they are the same, which needs no copies. Nothing equals NaN.
    if got.f_equal(&expected)? {
        let vacuous = (!expected.f_any()?.f_int64_value(&[]).map(|any| any != 0)?).then_some(Vacuous::Zero);
        return Ok(Agreement { difference: 0.0, vacuous });
    }
    floats(&got.f_to_kind(Kind::Double)?, &expected.f_to_kind(Kind::Double)?, tolerance)
}

/// The content as a dense tensor of integers, bools or floats: both parts of complex numbers, the values that quantized ones
/// stand for.
fn plain(tensor: &Tensor) -> Result<Tensor, Mismatch> {
    let mut plain = tensor.f_detach()?;
    if plain.is_sparse() || plain.is_mkldnn() {
        plain = plain.f_to_dense(None, false)?;
    }
    let dtype = dispatch::tensor_type(&plain).map_err(|e| Mismatch(e.to_string()))?.dtype;
    if matches!(dtype, DType::QInt8 | DType::QUInt8 | DType::QInt32) {
        return Ok(plain.f_dequantize()?);
    }
    plain = plain.f_resolve_conj()?.f_resolve_neg()?;
    if plain.f_is_complex()? {
        plain = plain.f_view_as_real()?;
    }
    Ok(plain)
}

/// The bytes of the elements in order.
fn bytes(tensor: &Tensor) -> Result<Vec<u8>, Mismatch> {
    let copied = dispatch::deep_copy(&tensor.f_contiguous()?).and_then(|dense| dispatch::storage_bytes(&dense));
    copied.map_err(|e| Mismatch(e.to_string()))
}

/// Compares tensors of doubles with at least one element.
fn floats(got: &Tensor, expected: &Tensor, tolerance: f64) -> Result<Agreement, Mismatch> {
    let all = |truth: Tensor| truth.f_all()?.f_int64_value(&[]).map(|v| v != 0);
    if !all(got.f_isnan()?.f_eq_tensor(&expected.f_isnan()?)?)? {
        return Err(Mismatch("NaN at other places".to_owned()));
    }
    let finite = expected.f_isfinite()?;
    // Infinities with their sign; NaNs are at the same places.
    let same = got.f_eq_tensor(expected)?.f_logical_or(&finite)?.f_logical_or(&expected.f_isnan()?)?;
    if !all(same)? || !all(got.f_isfinite()?.f_eq_tensor(&finite)?)? {
        return Err(Mismatch("infinite at other places".to_owned()));
    }
    let zero = |t: &Tensor| t.f_masked_fill(&finite.f_logical_not()?, 0.0);
    let (got, finite_part) = (zero(got)?, zero(expected)?);
    let largest = finite_part.f_abs()?.f_max()?.f_double_value(&[])?;
    let vacuous = match largest == 0.0 {
        false => None,
        true if all(expected.f_isnan()?)? => Some(Vacuous::Nan),
        true if all(finite)? => Some(Vacuous::Zero),
        // Where it is infinite was compared.
        true => None,
    };
    let gap = got.f_abs()?.f_max()?.f_double_value(&[])?;
    let difference = match largest == 0.0 {
        true if gap == 0.0 => 0.0,
        true => f64::INFINITY,
        // Scaled first: the difference of two large numbers may be infinite, and a small one may vanish.
        false => {
            let (got, finite_part) = (got.f_div_scalar(largest)?, finite_part.f_div_scalar(largest)?);
            got.f_sub(&finite_part)?.f_abs()?.f_max()?.f_double_value(&[])?
        }
    };
    if difference <= tolerance {
        return Ok(Agreement { difference, vacuous });
    }
    Err(Mismatch(format!("off by {difference:.1e} of the largest value")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn tensor(values: &[f64]) -> Leaf<Tch> {
        Leaf::Tensor(Tensor::from_slice(values))
    }

    fn of(got: &[f64], expected: &[f64]) -> Result<Agreement, Mismatch> {
        compare(&tensor(got), &tensor(expected), 1e-5)
    }

    #[test]
    fn floats_are_relative_to_the_largest() {
        for scale in [1e-300, 1e-30, 1.0, 1e30, 1e300] {
            let near = of(&[scale * 1.000001, 0.0], &[scale, 0.0]).unwrap();
            assert!(near.difference > 1e-7 && near.vacuous.is_none(), "{near:?}");
            of(&[scale * 1.001, 0.0], &[scale, 0.0]).unwrap_err();
            of(&[-scale, 0.0], &[scale, 0.0]).unwrap_err();
            of(&[0.0, 0.0], &[scale, 0.0]).unwrap_err();
            of(&[scale, 0.0], &[0.0, 0.0]).unwrap_err();
        }
    }

    #[test]
    fn what_is_not_finite_has_its_place() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        assert_eq!(of(&[nan, 1.0], &[nan, 1.0]), Ok(Agreement::exact()));
        assert_eq!(of(&[inf, 1.0], &[inf, 1.0]), Ok(Agreement::exact()));
        for (got, expected) in [
            ([nan, 1.0], [1.0, nan]),
            ([nan, 1.0], [1.0, 1.0]),
            ([1.0, 1.0], [nan, 1.0]),
            ([inf, 1.0], [-inf, 1.0]),
            ([inf, 1.0], [1.0, inf]),
            ([inf, 1.0], [1e300, 1.0]),
            ([1e300, 1.0], [inf, 1.0]),
            ([nan, 1.0], [inf, 1.0]),
            ([inf, 2.0], [inf, 1.0]),
            ([nan, 2.0], [nan, 1.0]),
        ] {
            of(&got, &expected).unwrap_err();
        }
        assert_eq!(of(&[nan], &[nan]).unwrap().vacuous, Some(Vacuous::Nan));
        assert_eq!(of(&[0.0, 0.0], &[0.0, -0.0]).unwrap().vacuous, Some(Vacuous::Zero));
        assert_eq!(of(&[], &[]).unwrap().vacuous, Some(Vacuous::Empty));
    }

    #[test]
    fn plain_values_are_exact() {
        let same = |a: Leaf<Tch>, b: Leaf<Tch>| compare(&a, &b, 1e-5).is_ok();
        assert!(same(Leaf::Int(1 << 60), Leaf::Int(1 << 60)) && !same(Leaf::Int(1 << 60), Leaf::Int((1 << 60) + 1)));
        assert!(same(Leaf::Float(f64::NAN), Leaf::Float(f64::NAN)) && !same(Leaf::Float(1.0), Leaf::Float(1.000001)));
        assert!(!same(Leaf::Float(1.0), Leaf::Int(1)) && !same(Leaf::None, Leaf::Bool(false)));
        let ints = |v: &[i64]| Leaf::Tensor(Tensor::from_slice(v));
        assert!(!same(ints(&[i64::MAX]), ints(&[i64::MAX - 1])) && same(ints(&[i64::MAX]), ints(&[i64::MAX])));
    }

    #[test]
    fn other_kinds_of_tensors() {
        let values = Tensor::from_slice(&[0.5_f32, -1.0, 0.0, 3.0]);
        type Make = fn(&Tensor) -> Tensor;
        let makes: [(&str, Make); 9] = [
            ("float8_e4m3fn", |t| t.to_kind(Kind::Float8e4m3fn)),
            ("float8_e5m2", |t| t.to_kind(Kind::Float8e5m2)),
            ("half", |t| t.to_kind(Kind::Half)),
            ("bfloat16", |t| t.to_kind(Kind::BFloat16)),
            ("quantized", |t| t.quantize_per_tensor(0.5, 0, Kind::QInt8)),
            ("sparse", |t| t.internal_to_sparse_sparse_dim(1)),
            ("complex", |t| Tensor::complex(&t.ones_like(), t)),
            ("conjugated", |t| Tensor::complex(&t.ones_like(), t).conj()),
            ("bool", |t| t.gt(0.0)),
        ];
        for (name, make) in makes {
            let of = |got: &Tensor, expected: &Tensor| {
                compare(&Leaf::Tensor(make(got)), &Leaf::Tensor(make(expected)), 1e-5).map(|a| a.vacuous)
            };
            assert_eq!(of(&values, &values), Ok(None), "{name}");
            assert!(of(&values.neg(), &values).is_err(), "{name}");
            assert!(of(&values.narrow(0, 0, 3), &values).is_err(), "{name}");
        }
        // A view of a longer memory is its own elements.
        let ints = Tensor::from_slice(&[1_i64, 2, 3]);
        let view = |from: i64| Leaf::Tensor(ints.narrow(0, from, 2));
        assert!(compare(&view(0), &view(0), 0.0).is_ok() && compare(&view(0), &view(1), 0.0).is_err());
        assert!(compare(&view(0), &Leaf::Tensor(Tensor::from_slice(&[1_i64, 2])), 0.0).is_ok());
    }
}
