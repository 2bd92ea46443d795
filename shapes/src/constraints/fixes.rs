//! The lines under "Suggested fixes": what a spec would have to say to fit the program.

use indexmap::IndexMap;

use crate::dim::{DerivedDim, Dim, DimSpec};
use crate::expr::Expr;
use crate::range::{Bound, ValueRange};
use crate::rel::Rel;

use super::ConstraintError;
use super::violations::{View, named_expr};

/// What the solver found out about the dims.
#[derive(Default)]
pub(super) struct Facts {
    /// Source of a dim to what it equals, in input order.
    equivalent: Vec<(String, Expr)>,
    bounded: IndexMap<String, ValueRange>,
}

/// What is suggested for one name.
enum Fix {
    Equal(Expr),
    Range(ValueRange),
}

impl Facts {
    pub(super) fn new(_view: &View<'_>) -> Facts {
        Facts::default()
    }

    pub(super) fn equivalent(&mut self, source: &str, expr: &Expr) {
        self.equivalent.push((source.to_owned(), expr.clone()));
    }

    pub(super) fn bounded(&mut self, source: &str, range: &ValueRange) {
        self.bounded.insert(source.to_owned(), *range);
    }

    /// Takes a guard; true when it says nothing that the ranges do not.
    pub(super) fn add(&mut self, view: &View<'_>, rel: &Rel) -> Result<bool, ConstraintError> {
        Ok(view.simplified(rel)?.free_symbols().is_empty())
    }

    /// Dims forced to one value, and the lines to suggest.
    #[allow(clippy::type_complexity)]
    pub(super) fn solve(self, view: &View<'_>) -> Result<(Vec<(String, String, i64)>, Vec<String>), ConstraintError> {
        if view.names.is_empty() {
            return Ok(Default::default());
        }
        let dims = Known::of(view);
        let mut fixes: IndexMap<String, Fix> = IndexMap::new();
        for (source, range) in &self.bounded {
            if let Some(name) = view.names.get(source) {
                fixes.insert(name.clone(), Fix::Range(*range));
            }
        }
        for (source, expr) in &self.equivalent {
            let free = expr.free_symbols();
            let texts: Vec<String> = free.iter().map(|s| view.name(&view.source(s)).to_owned()).collect();
            // An expression over a dim without a name is no suggestion.
            if texts.iter().any(|t| t.starts_with("L[")) {
                continue;
            }
            if !view.names.contains_key(source) && !free.iter().any(|s| view.names.contains_key(&view.source(s))) {
                continue;
            }
            if expr.as_symbol().is_some()
                && texts.first().map(String::as_str) == view.names.get(source).map(String::as_str)
            {
                continue;
            }
            let mut with = IndexMap::new();
            for (symbol, text) in free.into_iter().zip(&texts) {
                with.insert(symbol, named_expr(text)?);
            }
            fixes.insert(view.name(source).to_owned(), Fix::Equal(expr.substitute(&with)?));
        }
        Ok((Vec::new(), lines(view, &dims, fixes)))
    }
}

/// Dims the spec declares, by name.
struct Known {
    named: IndexMap<String, Dim>,
    derived: IndexMap<String, DerivedDim>,
}

impl Known {
    fn of(view: &View<'_>) -> Known {
        let mut known = Known { named: IndexMap::new(), derived: IndexMap::new() };
        for dim in &view.inputs.dims {
            match &dim.spec {
                DimSpec::Named(d) => {
                    known.named.insert(d.name().to_owned(), d.clone());
                }
                DimSpec::Derived(d) => {
                    known.named.entry(d.root().name().to_owned()).or_insert_with(|| d.root().clone());
                    known.derived.insert(d.to_string(), d.clone());
                }
                _ => {}
            }
        }
        known
    }
}

/// Ranges first, then equalities, each sorted by source.
fn lines(view: &View<'_>, known: &Known, fixes: IndexMap<String, Fix>) -> Vec<String> {
    // The key is the name with every dim name replaced textually by its source, as in torch.
    let key = |name: &String| view.names.iter().fold(name.clone(), |n, (source, dim)| n.replace(dim.as_str(), source));
    let mut sorted: Vec<(String, Fix)> = fixes.into_iter().collect();
    sorted.sort_by_key(|(name, _)| key(name));
    let (mut ranges, mut others) = (Vec::new(), Vec::new());
    for (name, fix) in sorted {
        match fix {
            Fix::Range(range) => {
                let Some(dim) = known.named.get(&name) else { continue };
                if same_range(dim, &range) {
                    continue;
                }
                let mut line = format!("{name} = Dim('{name}'");
                if let Bound::Finite(min) = range.lower
                    && min != 2
                {
                    line += &format!(", min={min}");
                }
                if let Bound::Finite(max) = range.upper {
                    line += &format!(", max={max}");
                }
                ranges.push(line + ")");
            }
            Fix::Equal(expr) => {
                let own = known.derived.contains_key(&name);
                if !own && expr.free_symbols().len() < 2 {
                    others.push(format!("{name} = {expr}"));
                }
            }
        }
    }
    ranges.append(&mut others);
    ranges
}

/// Whether the range is what the user declared; every minimum below 2 counts as 2.
fn same_range(dim: &Dim, range: &ValueRange) -> bool {
    let min = dim.min().max(2);
    range.lower.max(Bound::Finite(2)) == Bound::from(min) && range.upper == dim.max().map_or(Bound::PosInf, Bound::from)
}
