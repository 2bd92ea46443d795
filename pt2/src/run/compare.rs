//! Outputs and recorded ones, as `torch.testing.assert_close` compares them.

use super::error::RunError;
use super::files;
use super::names::nearest;
use super::outputs::number;
use super::values::{convert, is_whole};
use crate::cli::RunArgs;
use crate::error::Error;
use crate::output::{ADDED, Output, REMOVED, paint};
use pytree_core::{DType, Leaf, Tch};
use serde::Serialize;
use std::path::Path;
use tch::{Kind, Tensor};
use torch_export::dispatch::tensor_type;

/// An output beside the recorded one.
#[derive(Serialize)]
pub(super) struct Compared {
    name: String,
    /// What differs in type or sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    mismatch: Option<String>,
    /// The largest absolute difference. Infinite where only one of the two is not a number.
    largest: f64,
    /// Where it is.
    place: Vec<i64>,
    pub(super) equal: bool,
}

/// Compares all outputs. Recorded tensors that are not outputs are ignored, since a file may have inputs too.
pub(super) fn compare(
    names: &[String],
    outputs: &[Leaf<Tch>],
    path: &Path,
    arguments: &RunArgs,
) -> Result<Vec<Compared>, RunError> {
    let recorded = files::read(path)?;
    let mut compared = Vec::new();
    for (name, leaf) in names.iter().zip(outputs) {
        let found = match leaf {
            Leaf::Tensor(tensor) => tensor.shallow_clone(),
            Leaf::Int(v) => Tensor::from(*v),
            Leaf::Float(v) => Tensor::from(*v),
            Leaf::Bool(v) => Tensor::from(*v),
            // A file cannot hold it.
            _ => continue,
        };
        let Some((_, expected)) = recorded.iter().find(|(known, _)| known == name) else {
            let mut known: Vec<String> = recorded.iter().map(|(known, _)| known.clone()).collect();
            if let Some(best) = nearest(name, known.iter()) {
                known = vec![format!("`{best}`, which is the most similar name")];
            }
            return Err(RunError::NotRecorded { name: name.clone(), path: path.to_owned(), known });
        };
        compared.push(one(name, &found, expected, arguments)?);
    }
    Ok(compared)
}

fn one(name: &str, found: &Tensor, expected: &Tensor, arguments: &RunArgs) -> Result<Compared, RunError> {
    let ty = |tensor: &Tensor| tensor_type(tensor).map_err(|source| RunError::dispatch(name, source));
    let (found_type, expected_type) = (ty(found)?, ty(expected)?);
    let unlike = |mismatch: String| Compared {
        name: name.to_owned(),
        mismatch: Some(mismatch),
        largest: f64::INFINITY,
        place: Vec::new(),
        equal: false,
    };
    if found_type.sizes != expected_type.sizes {
        return Ok(unlike(format!("sizes {:?}, recorded {:?}", found_type.sizes, expected_type.sizes)));
    }
    if found_type.dtype != expected_type.dtype {
        return Ok(unlike(format!("{}, recorded {}", found_type.dtype, expected_type.dtype)));
    }
    let dtype = found_type.dtype;
    let (rtol, atol) = tolerances(dtype);
    let (rtol, atol) = (arguments.rtol.unwrap_or(rtol), arguments.atol.unwrap_or(atol));
    let (largest, place, equal) = difference(name, found, expected, dtype, rtol, atol)?;
    Ok(Compared { name: name.to_owned(), mismatch: None, largest, place, equal })
}

/// The largest difference, its place, and whether all are within the tolerances.
fn difference(
    name: &str,
    found: &Tensor,
    expected: &Tensor,
    dtype: DType,
    rtol: f64,
    atol: f64,
) -> Result<(f64, Vec<i64>, bool), RunError> {
    if found.numel() == 0 {
        return Ok((0.0, Vec::new(), true));
    }
    let complex = matches!(dtype, DType::Complex32 | DType::Complex64 | DType::Complex128);
    let wide = if complex { DType::Complex128 } else { DType::Float64 };
    let cpu = |tensor: &Tensor| {
        let tensor = tensor.detach().f_to(tch::Device::Cpu).map_err(|error| RunError::torch(name, &error))?;
        Ok::<_, RunError>((convert(name, &tensor, wide, false)?, tensor))
    };
    let ((a, exact_a), (b, exact_b)) = (cpu(found)?, cpu(expected)?);
    let compare = || {
        // Ints of 64 bits are compared before they are rounded.
        let same = match is_whole(dtype) && dtype != DType::UInt64 {
            true => exact_a.f_to_kind(Kind::Int64)?.f_eq_tensor(&exact_b.f_to_kind(Kind::Int64)?)?,
            false => a.f_isclose(&b, 0.0, 0.0, true)?,
        };
        let close = a.f_isclose(&b, rtol, atol, true)?;
        let close = if is_whole(dtype) && rtol == 0.0 && atol == 0.0 { same.shallow_clone() } else { close };
        let distance = a.f_sub(&b)?.f_abs()?.f_nan_to_num(f64::INFINITY, f64::INFINITY, f64::INFINITY)?;
        let distance = distance.f_masked_fill(&same, 0.0)?;
        let at = distance.f_argmax(None, false)?.f_int64_value(&[])?;
        let largest = distance.f_flatten(0, -1)?.f_double_value(&[at])?;
        let equal = close.f_all()?.f_int64_value(&[])? != 0;
        Ok::<_, tch::TchError>((largest, at, equal))
    };
    let (largest, at, equal) = compare().map_err(|error| RunError::torch(name, &error))?;
    Ok((largest, place(at, &found.size()), equal))
}

/// The index of an element by its number.
fn place(mut at: i64, sizes: &[i64]) -> Vec<i64> {
    let mut place = Vec::new();
    for size in sizes.iter().rev() {
        place.insert(0, at.rem_euclid((*size).max(1)));
        at /= (*size).max(1);
    }
    place
}

/// `rtol` and `atol` of `torch.testing.assert_close`.
fn tolerances(dtype: DType) -> (f64, f64) {
    match dtype {
        DType::Float16 | DType::Complex32 => (1e-3, 1e-5),
        DType::BFloat16 => (1.6e-2, 1e-5),
        DType::Float32 | DType::Complex64 => (1.3e-6, 1e-5),
        DType::Float64 | DType::Complex128 => (1e-7, 1e-7),
        _ => (0.0, 0.0),
    }
}

impl Compared {
    /// Prints a line.
    pub(super) fn print(&self, out: &mut Output) -> Result<(), Error> {
        let word = if self.equal { paint(ADDED, "ok") } else { paint(REMOVED, "differs") };
        match &self.mismatch {
            Some(mismatch) => out.line(&format!("{word} {}: {mismatch}", self.name)),
            None => {
                let place = if self.largest > 0.0 { format!(" at {:?}", self.place) } else { String::new() };
                out.line(&format!("{word} {}: largest difference {}{place}", self.name, number(self.largest)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_element() {
        assert_eq!(place(7, &[2, 3, 2]), [1, 0, 1]);
        assert!(place(0, &[]).is_empty());
    }
}
