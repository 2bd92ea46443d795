//! Symbols that turned out to be other symbols or constants.

use indexmap::IndexSet;

use crate::affine::Affine;
use crate::expr::{Expr, ExprKind, Function, Symbol};
use crate::range::{Bound, ValueRange};
use crate::rel::Rel;
use crate::solve::solve;

use super::{EnvError, ShapeEnv};

impl ShapeEnv {
    /// The expression with every known equality applied: what is printed. Products are written out if anything changed.
    ///
    /// # Errors
    /// Arithmetic errors of the substitution.
    pub fn replace(&self, expr: &Expr) -> Result<Expr, EnvError> {
        if self.replacements.is_empty() || !expr.has_symbol(|s| self.replacements.contains_key(s)) {
            return Ok(expr.clone());
        }
        Ok(expr.substitute(&self.replacements)?.expand()?)
    }

    /// [`replace`](ShapeEnv::replace) of both sides.
    ///
    /// # Errors
    /// Arithmetic errors of the substitution.
    pub fn replace_rel(&self, rel: &Rel) -> Result<Rel, EnvError> {
        Ok(Rel::new(rel.op, self.replace(&rel.lhs)?, self.replace(&rel.rhs)?))
    }

    /// [`replace`](ShapeEnv::replace), then what is known of `Max` and of divisibility: what questions are asked about.
    ///
    /// # Errors
    /// Arithmetic errors of the substitution.
    pub fn simplify(&self, expr: &Expr) -> Result<Expr, EnvError> {
        let mut expr = self.replace(&expr.expand()?)?;
        if expr.has_function(Function::Max) {
            expr = expr.rewrite(&mut |e| self.without_floor(e))?;
        }
        if expr.has_function(Function::FloorDiv) && !self.divisible.is_empty() {
            expr = expr.rewrite(&mut |e| self.exact_quotient(e))?.expand()?;
        }
        Ok(expr)
    }

    /// [`simplify`](ShapeEnv::simplify) of both sides.
    ///
    /// # Errors
    /// Arithmetic errors of the substitution.
    pub fn simplify_rel(&self, rel: &Rel) -> Result<Rel, EnvError> {
        Ok(Rel::new(rel.op, self.simplify(&rel.lhs)?, self.simplify(&rel.rhs)?))
    }

    /// `Max(1, x)` is `x` where x is at least 1.
    fn without_floor(&self, e: &Expr) -> Option<Expr> {
        let ExprKind::Apply(Function::Max, args) = e.kind() else { return None };
        let [floor, other] = args.as_slice() else { return None };
        let floor = floor.as_int().filter(|n| *n == 0 || *n == 1)?;
        (self.bound(other).lower >= Bound::from(floor)).then(|| other.clone())
    }

    /// `a // (a // b)` is `b` where b divides a and the quotient divides a.
    fn exact_quotient(&self, e: &Expr) -> Option<Expr> {
        let ExprKind::Apply(Function::FloorDiv, args) = e.kind() else { return None };
        let [base, divisor] = args.as_slice() else { return None };
        let ExprKind::Apply(Function::FloorDiv, inner) = divisor.kind() else { return None };
        let [inner_base, inner_divisor] = inner.as_slice() else { return None };
        let divides = |a: &Expr, b: &Expr| {
            let rest = a.modulo(b).ok()?;
            Some(self.divisible.contains(&self.replace(&rest).ok()?))
        };
        let exact = base == inner_base
            && divides(base, divisor).unwrap_or(false)
            && divides(inner_base, inner_divisor).unwrap_or(false);
        exact.then(|| inner_divisor.clone())
    }

    /// Whether the relation holds a quotient known to be exact, torch's `CleanDiv`.
    pub fn has_exact_quotient(&self, rel: &Rel) -> bool {
        let exact = |e: &Expr| {
            let ExprKind::Apply(Function::FloorDiv, args) = e.kind() else { return false };
            let [base, divisor] = args.as_slice() else { return false };
            let rest = base.modulo(divisor).ok().and_then(|rest| self.replace(&rest).ok());
            rest.is_some_and(|rest| self.divisible.contains(&rest))
        };
        let mut found = false;
        for side in [&rel.lhs, &rel.rhs] {
            side.visit(&mut |e| found = found || exact(e));
        }
        found
    }

    /// Narrows the values of a symbol.
    ///
    /// # Errors
    /// [`EnvError::EmptyRange`] when no value is left.
    pub fn narrow(&mut self, symbol: &Symbol, to: ValueRange) -> Result<(), EnvError> {
        let Some(info) = self.symbols.get_mut(symbol) else { return Ok(()) };
        let range = info.range.intersect(&to);
        // The example satisfies every guard, so a guard that excludes it contradicts an earlier one.
        if range.is_empty() {
            return Err(EnvError::EmptyRange {
                source_text: info.source.clone(),
                old: info.range.into(),
                new: to.into(),
            });
        }
        info.range = range;
        Ok(())
    }

    /// Records `symbol == target`, unless that would forget values: torch's `_set_replacement`.
    pub(super) fn set_replacement(&mut self, symbol: &Symbol, target: &Expr) -> Result<(), EnvError> {
        if self.replacements.get(symbol) == Some(target) || target.free_symbols().contains(symbol) {
            return Ok(());
        }
        if self.keeps_values(symbol, target)? {
            self.put(symbol, target.clone());
            self.settle(symbol)?;
        }
        Ok(())
    }

    /// Carries ranges over between a symbol and what it equals; whether the latter then keeps to the symbol's range.
    fn keeps_values(&mut self, symbol: &Symbol, target: &Expr) -> Result<bool, EnvError> {
        let source = self.range(symbol);
        let bound = self.bound(target);
        self.narrow(symbol, bound)?;
        if bound.is_subset(&source) {
            return Ok(true);
        }
        self.push_range(symbol, target)?;
        Ok(self.bound(target).is_subset(&source))
    }

    /// The range of the symbol, carried over to the only symbol of what replaces it.
    fn push_range(&mut self, symbol: &Symbol, target: &Expr) -> Result<(), EnvError> {
        let free = target.free_symbols();
        let (1, Some(inner)) = (free.len(), free.first().cloned()) else { return Ok(()) };
        let equation = Rel::eq(Expr::symbol(symbol), target.clone());
        let Some(solution) = solve(&equation, &Expr::symbol(&inner), false)? else { return Ok(()) };
        let bound = self.bound(&solution.rhs);
        let quotient = Affine { mul: solution.divisor, add: 0 };
        let range = quotient.roots(bound);
        self.narrow(&inner, range)
    }

    pub(super) fn put(&mut self, symbol: &Symbol, target: Expr) {
        for inner in target.free_symbols() {
            self.mentioned.entry(inner).or_default().insert(symbol.clone());
        }
        tracing::debug!(%symbol, %target, "replaced");
        self.replacements.insert(symbol.clone(), target);
    }

    /// Applies a new replacement to the others, and they to it, until none mentions a replaced symbol.
    pub(super) fn settle(&mut self, new: &Symbol) -> Result<(), EnvError> {
        let mut changed = vec![new.clone()];
        // Each round removes one link of a chain, and no chain is longer than the symbols.
        for _ in 0..=self.replacements.len() {
            let mut touched: IndexSet<Symbol> = changed.iter().cloned().collect();
            for symbol in &changed {
                touched.extend(self.mentioned.get(symbol).into_iter().flatten().cloned());
            }
            touched.sort_by_key(|symbol| self.replacements.get_index_of(symbol));
            let mut stale = Vec::new();
            for symbol in touched {
                let Some(target) = self.replacements.get(&symbol) else { continue };
                let new = self.replace(target)?;
                if new != *target {
                    stale.push((symbol, new));
                }
            }
            if stale.is_empty() {
                break;
            }
            changed.clear();
            for (symbol, new) in stale {
                changed.push(symbol.clone());
                if !new.free_symbols().contains(&symbol) {
                    self.keeps_values(&symbol, &new)?;
                    self.put(&symbol, new);
                } else {
                    // A circle adds nothing about this symbol.
                    self.replacements.shift_remove(&symbol);
                }
            }
        }
        Ok(())
    }
}
