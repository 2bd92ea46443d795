//! What a spec says about one dimension.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{DerivedDim, Dim, DimHint, HintKind};

/// What a spec says about one dimension (or one int input).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DimSpec {
    /// Python's `None`: a constant.
    None,
    /// An integer: a constant that must equal the example.
    Int(i64),
    /// `Dim.AUTO`, `Dim.DYNAMIC`, `Dim.STATIC`.
    Hint(DimHint),
    /// A named dim.
    Named(Dim),
    /// A dim derived from a named one.
    Derived(DerivedDim),
    /// A plain text, as onnx-diagnostic's `guess_dynamic_shapes(auto="...")` gives. Not a spec torch accepts.
    Text(String),
}

impl DimSpec {
    /// Whether the dimension is declared constant. A text is a name, and a named dimension is dynamic.
    pub fn is_static(&self) -> bool {
        match self {
            DimSpec::None | DimSpec::Int(_) => true,
            DimSpec::Hint(hint) => hint.kind() == HintKind::Static,
            DimSpec::Named(_) | DimSpec::Derived(_) | DimSpec::Text(_) => false,
        }
    }

    /// Whether it is a named or derived dim.
    pub(crate) fn is_named(&self) -> bool {
        matches!(self, DimSpec::Named(_) | DimSpec::Derived(_))
    }

    /// The hint, when it is `AUTO` or `DYNAMIC`.
    pub fn hint(&self) -> Option<DimHint> {
        match self {
            DimSpec::Hint(hint) if hint.kind() != HintKind::Static => Some(*hint),
            _ => None,
        }
    }

    /// The repr of PyTorch 2.7, where named dims were classes and hints an enum.
    pub(crate) fn legacy(&self) -> String {
        match self {
            DimSpec::Hint(hint) => {
                let number = match hint.kind() {
                    HintKind::Auto => 1,
                    HintKind::Static => 2,
                    HintKind::Dynamic => 3,
                };
                format!("_DimHint(type=<_DimHintType.{}: {number}>)", hint.python_name())
            }
            DimSpec::Named(dim) => format!("<class '__main__.{}'>", dim.name()),
            DimSpec::Derived(dim) => format!("<class 'torch.export.dynamic_shapes.{dim}'>"),
            other => other.to_string(),
        }
    }

    /// The name of a named or derived dim.
    pub fn name(&self) -> Option<String> {
        match self {
            DimSpec::Named(dim) => Some(dim.name().to_owned()),
            DimSpec::Derived(dim) => Some(dim.to_string()),
            _ => None,
        }
    }
}

impl fmt::Display for DimSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DimSpec::None => f.write_str("None"),
            DimSpec::Int(n) => write!(f, "{n}"),
            DimSpec::Hint(hint) => hint.fmt(f),
            DimSpec::Named(dim) => dim.fmt(f),
            DimSpec::Derived(dim) => dim.fmt(f),
            DimSpec::Text(text) => f.write_str(&pytree_core::python::Str(text).to_string()),
        }
    }
}

impl From<Dim> for DimSpec {
    fn from(dim: Dim) -> DimSpec {
        DimSpec::Named(dim)
    }
}

impl From<&Dim> for DimSpec {
    fn from(dim: &Dim) -> DimSpec {
        DimSpec::Named(dim.clone())
    }
}

impl From<DerivedDim> for DimSpec {
    fn from(dim: DerivedDim) -> DimSpec {
        DimSpec::Derived(dim)
    }
}

impl From<DimHint> for DimSpec {
    fn from(hint: DimHint) -> DimSpec {
        DimSpec::Hint(hint)
    }
}

impl From<i64> for DimSpec {
    fn from(n: i64) -> DimSpec {
        DimSpec::Int(n)
    }
}
