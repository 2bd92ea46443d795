//! `Dim.AUTO`, `Dim.DYNAMIC`, `Dim.STATIC`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::DimError;
use symbolic::ValueRange;

/// Which hint a [`DimHint`] is; torch's `_DimHintType`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum HintKind {
    /// Dynamic if the program allows it, otherwise silently static.
    Auto,
    /// Always a constant.
    Static,
    /// Dynamic; an error if the program specialises it.
    Dynamic,
}

/// `Dim.AUTO`, `Dim.DYNAMIC` or `Dim.STATIC`, the first two optionally with bounds. `Display` is torch 2.13's repr.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "HintFields", into = "HintFields")]
pub struct DimHint {
    pub(super) kind: HintKind,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct HintFields {
    kind: HintKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
}

impl TryFrom<HintFields> for DimHint {
    type Error = DimError;
    fn try_from(f: HintFields) -> Result<DimHint, DimError> {
        let hint = DimHint { kind: f.kind, min: None, max: None };
        if f.min.is_none() && f.max.is_none() { Ok(hint) } else { hint.bounded(f.min, f.max) }
    }
}

impl From<DimHint> for HintFields {
    fn from(h: DimHint) -> HintFields {
        HintFields { kind: h.kind, min: h.min, max: h.max }
    }
}

impl DimHint {
    /// The hint with bounds, `Dim.DYNAMIC(min=, max=)`.
    ///
    /// # Errors
    /// [`DimError::NegativeBound`], [`DimError::BoundOrder`], or [`DimError::StaticBounds`] on `Dim.STATIC`.
    pub fn bounded(self, min: Option<i64>, max: Option<i64>) -> Result<DimHint, DimError> {
        if self.kind == HintKind::Static {
            return Err(DimError::StaticBounds);
        }
        for (which, bound) in [("min", min), ("max", max)] {
            if let Some(value) = bound.filter(|b| *b < 0) {
                return Err(DimError::NegativeBound { which, value });
            }
        }
        match (min, max) {
            (Some(min), Some(max)) if min > max => Err(DimError::BoundOrder { min, max }),
            _ => Ok(DimHint { kind: self.kind, min, max }),
        }
    }

    /// Which hint it is.
    pub fn kind(&self) -> HintKind {
        self.kind
    }

    /// Least size, if given.
    pub fn min(&self) -> Option<i64> {
        self.min
    }

    /// Greatest size, if given.
    pub fn max(&self) -> Option<i64> {
        self.max
    }

    /// The sizes the hint allows; a size is never negative.
    pub fn range(&self) -> ValueRange {
        ValueRange::new(Some(self.min.unwrap_or(0)), self.max)
    }

    pub(crate) fn python_name(self) -> &'static str {
        match self.kind {
            HintKind::Auto => "AUTO",
            HintKind::Static => "STATIC",
            HintKind::Dynamic => "DYNAMIC",
        }
    }
}

impl fmt::Display for DimHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DimHint({}", self.python_name())?;
        for (name, bound) in [("min", self.min), ("max", self.max)] {
            if let Some(bound) = bound {
                write!(f, ", {name}={bound}")?;
            }
        }
        f.write_str(")")
    }
}
