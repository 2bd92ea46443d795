//! Shapes corrected by what an error suggests.

use super::from_inputs::map_dims;
use crate::spec::DynamicShapes;
use crate::spec::dim::{DerivedDim, Dim, DimError, DimSpec};
use indexmap::IndexMap;
use symbolic::Affine;

/// Fixes that cannot be read or do not fit the shapes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefineError {
    /// The message suggests nothing.
    #[error("Suggested fixes not found in error message given to refine_dynamic_shapes_from_suggested_fixes()")]
    NoFixes,
    /// A line is neither a range, nor a number, nor a dim in terms of another.
    #[error("the suggested fix `{line}` is not of the form `n = Dim('n', min=.., max=..)`, `n = 4` or `n = 2*m + 1`")]
    Line {
        /// The line.
        line: String,
    },
    /// A fix for a dim that the shapes do not name.
    #[error("shape_fixes key '{name}' not found in name_to_dim or roots: the shapes name {known:?}")]
    UnknownDim {
        /// The name in the fix.
        name: String,
        /// The names in the shapes.
        known: Vec<String>,
    },
    /// A fix in terms of a dim that neither the shapes nor the fixes name.
    #[error("symbol.name '{name}' not found in name_to_dim, in the suggested fix of '{of}'")]
    UnknownRoot {
        /// The name in the formula.
        name: String,
        /// The dim that it is the formula of.
        of: String,
    },
    /// A fix in terms of itself.
    #[error("the suggested fix of '{name}' leads back to '{name}'")]
    Cycle {
        /// The dim.
        name: String,
    },
    /// A suggested dim cannot be.
    #[error(transparent)]
    Dim(#[from] DimError),
}

/// What is suggested for one dim.
#[derive(Clone, Debug)]
enum Fix {
    Size(i64),
    Range(Dim),
    Formula { root: String, form: Affine },
}

/// The shapes with the fixes that a constraint violation suggests
/// (`torch.export.dynamic_shapes.refine_dynamic_shapes_from_suggested_fixes`): another range, a constant, or a dim in
/// terms of another; what is derived from a dim follows it. Hints stay as they are.
///
/// ```
/// use shapes::{Dim, DynamicShapes, ShapeSpec, refine_dynamic_shapes_from_suggested_fixes};
/// let (dx, dy) = (Dim::new("dx")?, Dim::new("dy")?);
/// let leaf = |dim| DynamicShapes::leaf(ShapeSpec::dims([(0, dim)]));
/// let shapes = DynamicShapes::Tuple(vec![leaf(dx), leaf(dy)]);
/// let message = "Constraints violated (dx, dy)!\n\nSuggested fixes:\n  dx = Dim('dx', min=3, max=8)\n  dy = dx + 1";
/// let refined = refine_dynamic_shapes_from_suggested_fixes(message, &shapes)?;
/// assert_eq!(refined.repr(), "({0: Dim('dx', min=3, max=8)}, {0: dx + 1})");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`RefineError`] when the message holds no fixes, or some that do not fit the shapes.
pub fn refine_dynamic_shapes_from_suggested_fixes(
    message: &str,
    shapes: &DynamicShapes,
) -> Result<DynamicShapes, RefineError> {
    let lines = message.split("Suggested fixes:").nth(1).ok_or(RefineError::NoFixes)?.trim();
    let mut fixes: IndexMap<String, Fix> = IndexMap::new();
    for line in lines.lines() {
        let (name, fix) = parse(line.trim())?;
        fixes.insert(name, fix);
    }
    let known = names(shapes);
    let roots: Vec<&str> = fixes.values().filter_map(|fix| fix.root()).collect();
    for name in fixes.keys() {
        if !known.contains_key(name) && !roots.contains(&name.as_str()) {
            return Err(RefineError::UnknownDim { name: name.clone(), known: known.into_keys().collect() });
        }
    }
    let refiner = Refiner { fixes, known };
    // Every dim once before anything is rewritten: the rewriting itself cannot fail.
    let mut rewritten: IndexMap<DimSpec, DimSpec> = IndexMap::new();
    for leaf in shapes.leaves() {
        let scalar = match leaf {
            crate::spec::ShapeSpec::Scalar(dim) => Some(dim),
            _ => None,
        };
        for dim in leaf.mentioned().into_iter().map(|(_, dim)| dim).chain(scalar) {
            rewritten.insert(dim.clone(), refiner.refined(dim)?);
        }
    }
    Ok(map_dims(shapes, &|dim| rewritten.get(dim).unwrap_or(dim).clone()))
}

impl Fix {
    fn root(&self) -> Option<&str> {
        match self {
            Fix::Formula { root, .. } => Some(root),
            _ => None,
        }
    }
}

/// The named dims of the shapes, and the roots of the derived ones.
fn names(shapes: &DynamicShapes) -> IndexMap<String, DimSpec> {
    let mut names = IndexMap::new();
    for (_, dim) in shapes.leaves().into_iter().flat_map(|leaf| leaf.mentioned()) {
        if let Some(name) = dim.name() {
            names.insert(name, dim.clone());
        }
        if let DimSpec::Derived(derived) = dim {
            names.insert(derived.root().name().to_owned(), derived.root().into());
        }
    }
    names
}

struct Refiner {
    fixes: IndexMap<String, Fix>,
    known: IndexMap<String, DimSpec>,
}

impl Refiner {
    fn refined(&self, dim: &DimSpec) -> Result<DimSpec, RefineError> {
        let Some(name) = dim.name() else { return Ok(dim.clone()) };
        if self.fixes.contains_key(&name) {
            return self.fixed(&name, &mut Vec::new());
        }
        match dim {
            DimSpec::Derived(derived) if self.fixes.contains_key(derived.root().name()) => {
                let root = self.fixed(derived.root().name(), &mut Vec::new())?;
                derived_from(&root, derived.form())
            }
            _ => Ok(dim.clone()),
        }
    }

    /// What the fix of a dim makes of it. `above` are the dims whose fixes ask for it.
    fn fixed(&self, name: &str, above: &mut Vec<String>) -> Result<DimSpec, RefineError> {
        match self.fixes.get(name) {
            Some(Fix::Size(size)) => Ok(DimSpec::Int(*size)),
            Some(Fix::Range(dim)) => Ok(dim.into()),
            Some(Fix::Formula { root, form }) => {
                if above.iter().any(|n| n == name) {
                    return Err(RefineError::Cycle { name: name.to_owned() });
                }
                above.push(name.to_owned());
                let unknown = || RefineError::UnknownRoot { name: root.clone(), of: name.to_owned() };
                let root = match self.fixes.contains_key(root) {
                    true => self.fixed(root, above)?,
                    false => self.known.get(root).cloned().ok_or_else(unknown)?,
                };
                above.pop();
                derived_from(&root, *form)
            }
            None => Ok(self.known.get(name).cloned().unwrap_or(DimSpec::None)),
        }
    }
}

fn derived_from(root: &DimSpec, form: Affine) -> Result<DimSpec, RefineError> {
    let Affine { mul, add } = form;
    let plain = |derived: DerivedDim| match derived.form() {
        Affine::IDENTITY => derived.root().into(),
        _ => DimSpec::Derived(derived),
    };
    match root {
        DimSpec::Int(size) => {
            let overflow = || DimError::Overflow { dim: size.to_string(), mul, add };
            Ok(DimSpec::Int(form.apply(*size).ok_or_else(overflow)?))
        }
        DimSpec::Named(dim) => Ok(plain(dim.affine(mul, add)?)),
        DimSpec::Derived(dim) => Ok(plain(dim.affine(mul, add)?)),
        other => Ok(other.clone()),
    }
}

/// `n = Dim('n', min=3, max=8)`, `n = 4`, `n = 2*m + 1`.
fn parse(line: &str) -> Result<(String, Fix), RefineError> {
    let error = || RefineError::Line { line: line.to_owned() };
    let (name, right) = line.split_once(" = ").ok_or_else(error)?;
    let fix = match right.strip_prefix("Dim(").and_then(|r| r.strip_suffix(')')) {
        Some(arguments) => Fix::Range(range(name, arguments)?.ok_or_else(error)?),
        None => formula(right).ok_or_else(error)?,
    };
    Ok((name.to_owned(), fix))
}

/// `'n', min=3, max=8`; the name in it is that of the line.
fn range(name: &str, arguments: &str) -> Result<Option<Dim>, RefineError> {
    let (mut min, mut max) = (0, None);
    for argument in arguments.split(',').skip(1) {
        match argument.trim().split_once('=').map(|(key, value)| (key, value.parse::<i64>())) {
            Some(("min", Ok(value))) => min = value,
            Some(("max", Ok(value))) => max = Some(value),
            _ => return Ok(None),
        }
    }
    Ok(Some(Dim::with_range(name, min, max)?))
}

/// `4`, `m`, `2*m`, `m + 1`, `2*m - 1`.
fn formula(text: &str) -> Option<Fix> {
    if let Ok(size) = text.parse() {
        return Some(Fix::Size(size));
    }
    let (form, root) = Affine::parse(text);
    // Any other text comes back as the name of a root, which it cannot be.
    Dim::new(root).ok()?;
    Some(Fix::Formula { root: root.to_owned(), form })
}
