//! Outputs for people: types, sizes, figures and a few values.

use super::error::RunError;
use super::values::is_whole;
use crate::error::Error;
use crate::output::{COMMENT, NAME, Output, paint};
use pytree_core::{DType, Leaf, Tch};
use serde::Serialize;
use tch::{Kind, Tensor};
use torch_export::dispatch::tensor_type;

/// How many elements are shown.
const SHOWN: i64 = 6;

/// An output in figures.
#[derive(Serialize)]
pub(super) struct Shown {
    name: String,
    /// The element type, or the type of a plain value.
    #[serde(rename = "type")]
    ty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Figures>,
    values: Vec<String>,
    /// Whether there are more values.
    more: bool,
}

#[derive(Serialize)]
struct Figures {
    min: f64,
    max: f64,
    mean: f64,
}

impl Shown {
    pub(super) fn of(name: &str, leaf: &Leaf<Tch>) -> Result<Self, RunError> {
        let plain = |ty: &str, value: String| Shown {
            name: name.to_owned(),
            ty: ty.to_owned(),
            sizes: None,
            figures: None,
            values: vec![value],
            more: false,
        };
        Ok(match leaf {
            Leaf::Tensor(tensor) => Self::of_tensor(name, tensor)?,
            Leaf::Int(v) => plain("int", v.to_string()),
            Leaf::Float(v) => plain("float", number(*v)),
            Leaf::Bool(v) => plain("bool", pytree_core::python::bool(*v).to_owned()),
            Leaf::Str(v) => plain("str", v.to_string()),
            _ => plain("None", String::new()),
        })
    }

    fn of_tensor(name: &str, tensor: &Tensor) -> Result<Self, RunError> {
        let torch = |error: tch::TchError| RunError::torch(name, &error);
        let ty = tensor_type(tensor).map_err(|source| RunError::dispatch(name, source))?;
        let tensor = tensor.detach();
        let complex = matches!(ty.dtype, DType::Complex32 | DType::Complex64 | DType::Complex128);
        let kind = match (complex, is_whole(ty.dtype)) {
            (true, _) => Kind::ComplexDouble,
            // Ints are shown exactly.
            (_, true) if ty.dtype != DType::UInt64 => Kind::Int64,
            _ => Kind::Double,
        };
        let count = tensor.numel();
        let first =
            tensor.f_flatten(0, -1).and_then(|t| t.f_narrow(0, 0, SHOWN.min(i64::try_from(count).unwrap_or(SHOWN))));
        // Quantised and other rare types cannot be converted, and have no values to show.
        let values = match first.and_then(|first| first.f_to_kind(kind)).and_then(|first| first.f_to(tch::Device::Cpu))
        {
            Ok(first) if kind == Kind::ComplexDouble => complex_values(&first).map_err(torch)?,
            Ok(first) if kind == Kind::Int64 => {
                Vec::<i64>::try_from(first).map_err(torch)?.iter().map(ToString::to_string).collect()
            }
            Ok(first) => Vec::<f64>::try_from(first).map_err(torch)?.into_iter().map(number).collect(),
            Err(_) => Vec::new(),
        };
        let figures = if complex || count == 0 { None } else { figures(&tensor) };
        Ok(Shown {
            name: name.to_owned(),
            ty: ty.dtype.name().to_owned(),
            sizes: Some(ty.sizes.to_vec()),
            figures,
            more: count > values.len(),
            values,
        })
    }

    /// Prints a line.
    pub(super) fn print(&self, out: &mut Output) -> Result<(), Error> {
        let mut ty = self.ty.clone();
        if let Some(sizes) = &self.sizes {
            ty += &format!("{sizes:?}");
        }
        let mut line = format!("{}  {ty}", paint(NAME, &self.name));
        if let Some(Figures { min, max, mean }) = &self.figures {
            line += &format!("  min {} max {} mean {}", number(*min), number(*max), number(*mean));
        }
        if self.values.iter().any(|value| !value.is_empty()) {
            let more = if self.more { ", ..." } else { "" };
            line += &format!("  {}", paint(COMMENT, &format!("{}{more}", self.values.join(", "))));
        }
        out.line(&line)
    }
}

fn complex_values(tensor: &Tensor) -> Result<Vec<String>, tch::TchError> {
    let parts = tensor.f_resolve_conj()?.f_view_as_real()?.f_flatten(0, -1)?;
    let parts = Vec::<f64>::try_from(parts)?;
    let shown = |pair: &[f64]| match pair {
        [real, imaginary] if imaginary.is_sign_negative() => format!("{}-{}j", number(*real), number(-imaginary)),
        [real, imaginary] => format!("{}+{}j", number(*real), number(*imaginary)),
        _ => String::new(),
    };
    Ok(parts.chunks(2).map(shown).collect())
}

fn figures(tensor: &Tensor) -> Option<Figures> {
    let values = tensor.f_to_kind(Kind::Double).ok()?;
    let number = |t: Result<Tensor, tch::TchError>| t.and_then(|t| t.f_double_value(&[])).ok();
    Some(Figures {
        min: number(values.f_min())?,
        max: number(values.f_max())?,
        mean: number(values.f_mean(Kind::Double))?,
    })
}

/// A number with five digits.
pub(super) fn number(v: f64) -> String {
    let size = v.abs();
    if v == v.trunc() && size < 1e6 {
        format!("{v}")
    } else if (1e-3..1e6).contains(&size) {
        format!("{v:.4}")
    } else if v.is_finite() {
        format!("{v:.4e}")
    } else {
        pytree_core::python::Float(v).to_string()
    }
}
