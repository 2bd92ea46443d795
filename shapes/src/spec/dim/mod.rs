//! How one dimension is described: named, derived from a named one, by a hint, or fixed.

mod error;
mod hint;
mod spec;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use error::DimError;
use error::MAX_SIZE;
pub use hint::{DimHint, HintKind};
pub use spec::DimSpec;

use symbolic::{Affine, ValueRange};

/// A named dimension, `torch.export.Dim(name, min=, max=)`. Dims of one name are one dimension.
///
/// `Display` is torch 2.13's repr: the minimum is printed unless it equals 2.
///
/// ```
/// use shapes::Dim;
/// let batch = Dim::new("batch")?.at_least(1)?.at_most(1024)?;
/// assert_eq!(batch.to_string(), "Dim('batch', min=1, max=1024)");
/// assert_eq!(batch.affine(2, 1)?.to_string(), "2*batch + 1");
/// # Ok::<(), shapes::DimError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "DimFields", into = "DimFields")]
pub struct Dim {
    name: String,
    min: i64,
    max: Option<i64>,
}

/// What is serialized, so that reading goes through the same checks as building.
#[derive(Serialize, Deserialize)]
struct DimFields {
    name: String,
    min: i64,
    max: Option<i64>,
}

impl TryFrom<DimFields> for Dim {
    type Error = DimError;
    fn try_from(f: DimFields) -> Result<Dim, DimError> {
        Dim::with_range(&f.name, f.min, f.max)
    }
}

impl From<Dim> for DimFields {
    fn from(dim: Dim) -> DimFields {
        DimFields { name: dim.name, min: dim.min, max: dim.max }
    }
}

impl Dim {
    /// A dimension of any size, `Dim(name)`.
    ///
    /// # Errors
    /// [`DimError::Name`] unless the name is an identifier.
    pub fn new(name: &str) -> Result<Dim, DimError> {
        Dim::with_range(name, 0, None)
    }

    /// A dimension between `min` and `max`, both included; `None` is unbounded. `Dim(name, min=, max=)`.
    ///
    /// # Errors
    /// [`DimError::Name`] unless the name is an identifier, [`DimError::Inconsistent`] unless `max > min`.
    pub fn with_range(name: &str, min: i64, max: Option<i64>) -> Result<Dim, DimError> {
        if !is_identifier(name) {
            return Err(DimError::Name { name: name.to_owned() });
        }
        match max {
            Some(max) if max <= min => Err(DimError::Inconsistent { min, max }),
            _ => Ok(Dim { name: name.to_owned(), min, max }),
        }
    }

    /// The same dim with another minimum.
    ///
    /// # Errors
    /// [`DimError::Inconsistent`] unless the maximum exceeds it.
    pub fn at_least(self, min: i64) -> Result<Dim, DimError> {
        Dim::with_range(&self.name, min, self.max)
    }

    /// The same dim with a maximum.
    ///
    /// # Errors
    /// [`DimError::Inconsistent`] unless it exceeds the minimum.
    pub fn at_most(self, max: i64) -> Result<Dim, DimError> {
        Dim::with_range(&self.name, self.min, Some(max))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Least size; 0 unless given.
    pub fn min(&self) -> i64 {
        self.min
    }

    /// Greatest size, if bounded.
    pub fn max(&self) -> Option<i64> {
        self.max
    }

    /// The sizes the user declares.
    pub fn range(&self) -> ValueRange {
        ValueRange::new(Some(self.min), self.max)
    }

    /// The dim `mul*self + add`, Python's `mul*dim + add`.
    ///
    /// # Errors
    /// [`DimError::Multiply`] unless `mul >= 1`.
    pub fn affine(&self, mul: i64, add: i64) -> Result<DerivedDim, DimError> {
        DerivedDim { root: self.clone(), form: Affine::IDENTITY }.affine(mul, add)
    }

    /// Unbounded dynamic hint that may turn static: `Dim.AUTO`.
    pub fn auto() -> DimHint {
        DimHint { kind: HintKind::Auto, min: None, max: None }
    }

    /// Dynamic hint; specialisation is an error: `Dim.DYNAMIC`.
    pub fn dynamic() -> DimHint {
        DimHint { kind: HintKind::Dynamic, min: None, max: None }
    }

    /// A constant: `Dim.STATIC`.
    pub fn static_() -> DimHint {
        DimHint { kind: HintKind::Static, min: None, max: None }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&readable(&self.name, self.min, self.max))
    }
}

/// A dim of this name and range as torch shows it (`Dim._readable`).
pub(crate) fn readable(name: &str, min: i64, max: Option<i64>) -> String {
    let min = if min == 2 { String::new() } else { format!(", min={min}") };
    let max = max.map(|max| format!(", max={max}")).unwrap_or_default();
    format!("Dim('{name}'{min}{max})")
}

/// A dimension `mul*root + add` with `mul >= 1`; `Display` is the formula, which is also its name in torch.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "DerivedFields", into = "DerivedFields")]
pub struct DerivedDim {
    root: Dim,
    form: Affine,
}

#[derive(Serialize, Deserialize)]
struct DerivedFields {
    root: Dim,
    mul: i64,
    add: i64,
}

impl TryFrom<DerivedFields> for DerivedDim {
    type Error = DimError;
    fn try_from(f: DerivedFields) -> Result<DerivedDim, DimError> {
        f.root.affine(f.mul, f.add)
    }
}

impl From<DerivedDim> for DerivedFields {
    fn from(d: DerivedDim) -> DerivedFields {
        DerivedFields { root: d.root, mul: d.form.mul, add: d.form.add }
    }
}

impl DerivedDim {
    /// The named dim it depends on.
    pub fn root(&self) -> &Dim {
        &self.root
    }

    /// How it depends on the root; `mul` is at least 1.
    pub fn form(&self) -> Affine {
        self.form
    }

    /// The size of the root where this dim has this size; `None` when no integer fits.
    pub fn root_value(&self, size: i64) -> Option<i64> {
        self.form.root(size)
    }

    /// The dim `mul*self + add`.
    ///
    /// # Errors
    /// [`DimError::Multiply`] unless `mul >= 1`; [`DimError::Overflow`] past 64 bits.
    pub fn affine(&self, mul: i64, add: i64) -> Result<DerivedDim, DimError> {
        if mul < 1 {
            return Err(DimError::Multiply { by: mul, dim: self.to_string() });
        }
        match self.form.then(Affine { mul, add }) {
            Some(form) => Ok(DerivedDim { root: self.root.clone(), form }),
            None => Err(DimError::Overflow { dim: self.to_string(), mul, add }),
        }
    }

    /// The sizes that follow from the root's range.
    ///
    /// # Errors
    /// [`DimError::DerivedMin`] when the least one is negative, [`DimError::DerivedMax`] when the greatest exceeds every size.
    pub fn range(&self) -> Result<ValueRange, DimError> {
        let (dim, root) = (|| self.to_string(), || self.root.name.clone());
        let min = self.form.apply(self.root.min).filter(|min| *min >= 0);
        let min = min.ok_or_else(|| DimError::DerivedMin { dim: dim(), root: root(), min: self.root.min })?;
        let max = match self.root.max {
            None => None,
            Some(root_max) => match self.form.apply(root_max) {
                Some(max) if max <= MAX_SIZE => Some(max),
                _ => return Err(DimError::DerivedMax { dim: dim(), root: root(), max: root_max }),
            },
        };
        Ok(ValueRange::new(Some(min), max))
    }
}

impl fmt::Display for DerivedDim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.form.text(&self.root.name))
    }
}

/// Python's `str.isidentifier`, for ASCII and the letters of other scripts.
fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric())
}
