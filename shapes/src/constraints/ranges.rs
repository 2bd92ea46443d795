//! The result: symbolic placeholders, range constraints, and the final check of hints.

use std::fmt;

use indexmap::{IndexMap, IndexSet};

use crate::spec::dim::{DimHint, HintKind};
use symbolic::{EnvError, Expr, Guard, Rel, ShapeEnv, Symbol, SymbolKind, ValueRange};

use super::leaf::{InputDim, InputValue, dims_of};
use super::{ConstraintError, ConstraintViolation, SymbolicInputs, Tolerance};

/// One user input of the exported program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placeholder {
    /// Its name.
    pub name: String,
    /// What it is.
    pub shape: PlaceholderShape,
}

/// What is known of an input's shape.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PlaceholderShape {
    /// Sizes of a tensor.
    Tensor(Vec<Expr>),
    /// A dynamic int, printed `Sym(s86)`.
    Int(Expr),
    /// A constant, printed without annotation.
    Constant,
}

/// `name: [s77, 3]`, `n: Sym(s86)` or `name`; the dtype is the caller's to add.
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            PlaceholderShape::Tensor(sizes) => {
                let sizes: Vec<String> = sizes.iter().map(Expr::to_string).collect();
                write!(f, "{}: [{}]", self.name, sizes.join(", "))
            }
            PlaceholderShape::Int(value) => write!(f, "{}: Sym({value})", self.name),
            PlaceholderShape::Constant => f.write_str(&self.name),
        }
    }
}

/// Expression to range, in print order. `Display` is torch's `{s77: VR[2, int_oo]}`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RangeConstraints(pub IndexMap<Expr, ValueRange>);

impl fmt::Display for RangeConstraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<String> = self.0.iter().map(|(e, r)| format!("{e}: {r}")).collect();
        write!(f, "{{{}}}", entries.join(", "))
    }
}

/// The inputs of a program once it has run.
#[derive(Clone, Debug)]
pub struct Solved {
    /// Everything known of the symbols.
    pub env: ShapeEnv,
    /// User inputs in order.
    pub placeholders: Vec<Placeholder>,
    /// Ranges in print order.
    pub ranges: RangeConstraints,
    /// What the program demanded against the spec, where [`Tolerance::Specialize`] let it pass.
    pub tolerated: Option<ConstraintViolation>,
    /// Dims of size 0 or 1 that `Dim.AUTO` was given for; torch warns about them.
    pub warnings: Vec<String>,
}

impl Solved {
    /// Guards as Python code over sources, in the order recorded; torch's `ep._guards_code`.
    pub fn guards_code(&self) -> Vec<String> {
        self.shown_guards().map(|guard| self.code_of(guard)).collect()
    }

    /// The guards, each as code and as a relation over the symbols that are left.
    ///
    /// # Errors
    /// Arithmetic errors of the substitution.
    pub fn guards(&self) -> Result<Vec<(String, Rel)>, EnvError> {
        self.shown_guards().map(|guard| Ok((self.code_of(guard), self.env.replace_rel(&guard.rel)?))).collect()
    }

    /// The guards that have code: a hidden root has no source to write.
    fn shown_guards(&self) -> impl Iterator<Item = &Guard> {
        let hidden = |s: &Symbol| self.env.info(s).is_some_and(|i| i.kind == SymbolKind::Phantom);
        self.env.guards().iter().filter(move |g| !g.rel.free_symbols().iter().any(hidden))
    }

    fn code_of(&self, guard: &Guard) -> String {
        guard.rel.source_text(&|s: &Symbol| self.env.info(s).map_or_else(|| s.to_string(), |i| i.source.clone()))
    }
}

impl SymbolicInputs {
    /// Imposes the spec, checks what the program demanded against it, and gives the result.
    ///
    /// # Errors
    /// [`ConstraintError::Violated`] unless tolerated; [`ConstraintError::Conflicts`]; equalities that do not hold for
    /// the examples.
    pub fn finish(mut self, tolerance: Tolerance) -> Result<Solved, ConstraintError> {
        self.equalities.impose(&mut self.env, &self.dims)?;
        let violation = self.violations()?;
        let tolerated = match (violation, tolerance) {
            (Some(violation), Tolerance::Strict) => return Err(violation.into()),
            (violation, _) => violation,
        };
        let mut summary = Summary { tolerant: tolerance == Tolerance::Specialize, ..Summary::default() };
        let SymbolicInputs { mut env, leaves, dims, .. } = self;
        for (symbol, info) in env.symbols() {
            if info.kind == SymbolKind::Unbacked {
                summary.ranges.insert(Expr::symbol(symbol), info.range);
            }
        }
        let mut placeholders = Vec::new();
        for (i, leaf) in leaves.into_iter().enumerate() {
            let own = dims_of(&dims, i);
            let mut sizes = Vec::with_capacity(own.len());
            for dim in own {
                let expr = env.replace(&dim.expr)?;
                summary.dim(&mut env, &leaf.path, dim, &expr)?;
                sizes.push(expr);
            }
            let shape = match (&leaf.value, sizes.as_slice()) {
                (InputValue::Tensor(_), _) => PlaceholderShape::Tensor(sizes),
                (InputValue::Int(_), [value]) if own[0].spec.hint().is_some() => PlaceholderShape::Int(value.clone()),
                _ => PlaceholderShape::Constant,
            };
            placeholders.push(Placeholder { name: leaf.name, shape });
        }
        if !summary.conflicts.is_empty() {
            let Summary { conflicts, small, .. } = summary;
            return Err(ConstraintError::Conflicts { conflicts, small });
        }
        // Roots that only occur inside composite sizes come last.
        for symbol in &summary.free {
            let range = env.bound(symbol);
            summary.ranges.entry(symbol.clone()).or_insert(range);
        }
        Ok(Solved {
            env,
            placeholders,
            ranges: RangeConstraints(summary.ranges),
            tolerated,
            warnings: summary.warnings,
        })
    }
}

#[derive(Default)]
struct Summary {
    tolerant: bool,
    ranges: IndexMap<Expr, ValueRange>,
    free: IndexSet<Expr>,
    conflicts: Vec<String>,
    /// Whether one of them is about a size of 0 or 1.
    small: bool,
    warnings: Vec<String>,
}

impl Summary {
    fn meet(&mut self, key: &Expr, range: ValueRange) -> &mut ValueRange {
        let slot = self.ranges.entry(key.clone()).or_insert(ValueRange::new(Some(0), None));
        *slot = slot.intersect(&range);
        slot
    }

    fn dim(&mut self, env: &mut ShapeEnv, path: &str, dim: &InputDim, expr: &Expr) -> Result<(), ConstraintError> {
        let constant = expr.as_int();
        if constant.is_none() && expr.as_symbol().is_none() {
            self.free.extend(expr.free_symbols().iter().map(Expr::symbol));
        }
        let mut slot = match constant {
            Some(_) => None,
            None => Some(self.meet(expr, dim.user.unwrap_or_else(|| env.bound(expr)))),
        };
        let Some(hint) = dim.spec.hint() else { return Ok(()) };
        if dim.index.is_none() && constant.is_some() {
            return Ok(());
        }
        let place = || match dim.index {
            Some(i) => format!("inputs{path}.shape[{i}]"),
            None => format!("inputs{path}"),
        };
        let traced = match (&slot, constant) {
            (Some(range), _) => **range,
            (None, n) => n.map_or(ValueRange::ALL, |n| ValueRange::point(n.into())),
        };
        let both = traced.intersect(&hint.range());
        if both.is_empty() {
            self.conflicts.push(range_conflict(hint, &traced, &place()));
            return Ok(());
        }
        if let Some(range) = slot.as_mut() {
            **range = both;
            if let Some(symbol) = expr.as_symbol() {
                env.narrow(symbol, hint.range())?;
            }
        }
        let specialized = dim.value == 0 || dim.value == 1;
        match (hint.kind(), both.as_point()) {
            (HintKind::Dynamic, Some(n)) if !self.tolerant => {
                self.small |= traced.as_point().is_some() && specialized;
                let (min, max) = (python(hint.min()), python(hint.max()));
                let head = format!("- Received user-specified dim hint Dim.DYNAMIC(min={min}, max={max}), but ");
                self.conflicts.push(if traced.as_point().is_some() && specialized {
                    format!("{head}export 0/1 specialized due to hint of {} for dimension {}.", dim.value, place())
                } else {
                    format!("{head}tracing inferred a static shape of {n} for dimension {}.", place())
                });
            }
            (HintKind::Auto, Some(_)) if specialized && constant.is_some() => self.warnings.push(format!(
                "dimension {} 0/1 specialized; Dim.AUTO was specified along with a sample input with hint = {}.",
                place(),
                dim.value
            )),
            _ => {}
        }
        Ok(())
    }
}

fn range_conflict(hint: DimHint, traced: &ValueRange, place: &str) -> String {
    format!(
        "- Received user-specified min/max range of [{}, {}], conflicting with the inferred min/max range of [{}, {}], for {place}.",
        python(hint.min()),
        python(hint.max()),
        traced.lower,
        traced.upper,
    )
}

fn python(bound: Option<i64>) -> String {
    bound.map_or_else(|| "None".to_owned(), |b| b.to_string())
}
