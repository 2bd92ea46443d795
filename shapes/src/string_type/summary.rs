//! What is told of a tensor's data: range and mean.

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
