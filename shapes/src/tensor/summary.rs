//! What is shown of a tensor's data: range and mean.

use super::TensorError;
use pytree_core::python;
use std::cmp::Ordering;
use std::fmt;

/// A Python number: an element of a tensor, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An `int`.
    Int(i64),
    /// A `float`.
    Float(f64),
    /// A `bool`.
    Bool(bool),
    /// A `complex`: its real and its imaginary part.
    Complex(f64, f64),
}

impl Number {
    /// The number as a `float`; of a complex one the absolute value.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Int(v) => v as f64,
            Number::Float(v) => v,
            Number::Bool(v) => f64::from(u8::from(v)),
            Number::Complex(re, im) => re.hypot(im),
        }
    }

    fn order(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.as_f64().partial_cmp(&b.as_f64()),
        }
    }

    /// The least and the greatest, the first one where several are equal (`min`, `max`). `None` when there is none.
    pub fn range(numbers: &[Number]) -> Option<(Number, Number)> {
        let (first, rest) = numbers.split_first()?;
        let pick =
            |wanted| move |best: Number, next: &Number| if next.order(best) == Some(wanted) { *next } else { best };
        Some((rest.iter().fold(*first, pick(Ordering::Less)), rest.iter().fold(*first, pick(Ordering::Greater))))
    }
}

/// Python's `str` of the number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(v) => v.fmt(f),
            Number::Float(v) => python::Float(*v).fmt(f),
            Number::Bool(v) => f.write_str(python::bool(*v)),
            Number::Complex(re, im) => {
                // The parts are written as floats without `.0`; a real part of 0 is left out.
                let part = |v: f64| python::Float(v).to_string().trim_end_matches(".0").to_owned();
                if *re == 0.0 && re.is_sign_positive() {
                    return write!(f, "{}j", part(*im));
                }
                let sign = if im.is_sign_negative() && !im.is_nan() { "" } else { "+" };
                write!(f, "({}{sign}{}j)", part(*re), part(*im))
            }
        }
    }
}

/// Range and mean of a tensor. Of complex numbers they are those of the absolute values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum TensorSummary {
    /// A tensor without elements.
    Empty,
    /// A tensor without dimensions: its one value.
    Scalar(Number),
    /// A numpy array of nothing but nans, so many; numpy passes over nans, torch does not.
    Nans(usize),
    /// Any other tensor.
    Range {
        /// The least element; nan when one is.
        min: Number,
        /// The greatest element; nan when one is.
        max: Number,
        /// The mean, in double precision.
        mean: f64,
        /// How many elements are nan.
        nans: usize,
    },
}

/// `=1.5`, `[0,5:A2.5]`, `[nan,nan:AnanN1nans]`, `[empty]`.
impl fmt::Display for TensorSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TensorSummary::Empty => f.write_str("[empty]"),
            TensorSummary::Scalar(value) => write!(f, "={value}"),
            TensorSummary::Nans(nans) => write!(f, "[N{nans}nans]"),
            TensorSummary::Range { min, max, mean, nans } => {
                write!(f, "[{min},{max}:A{}", python::Float(*mean))?;
                if *nans > 0 {
                    write!(f, "N{nans}nans")?;
                }
                f.write_str("]")
            }
        }
    }
}

impl TensorSummary {
    /// Range and mean of these elements of a tensor of this rank, as torch computes them: a nan makes all of them nan,
    /// and complex numbers count by their absolute values.
    ///
    /// # Errors
    /// For complex numbers with nans, which torch cannot print either.
    pub fn of(elements: &[Number], rank: usize) -> Result<TensorSummary, TensorError> {
        match elements {
            [] => return Ok(TensorSummary::Empty),
            [only] if rank == 0 => return Ok(TensorSummary::Scalar(*only)),
            _ => {}
        }
        let complex = |n: &Number| matches!(n, Number::Complex(..));
        let nans = elements.iter().filter(|n| n.as_f64().is_nan()).count();
        if nans > 0 && elements.iter().any(complex) {
            return Err(TensorError::new("a complex tensor with nans has no range; torch fails as well"));
        }
        let real = |n: &Number| if complex(n) { Number::Float(n.as_f64()) } else { *n };
        let real: Vec<Number> = elements.iter().map(real).collect();
        let nan = (Number::Float(f64::NAN), Number::Float(f64::NAN));
        let (min, max) = Number::range(&real).filter(|_| nans == 0).unwrap_or(nan);
        let sum: f64 = real.iter().map(|n| n.as_f64()).sum();
        Ok(TensorSummary::Range { min, max, mean: sum / real.len() as f64, nans })
    }
}
