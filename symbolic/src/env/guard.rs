//! Guards: relations the program relied on, and what they teach about the symbols.

use crate::expr::{Expr, ExprKind, Function, Symbol};
use crate::range::{Bound, ValueRange};
use crate::rel::{Rel, RelOp};
use crate::solve::solve;

use super::{EnvError, ShapeEnv, SymbolKind};

/// More symbols than this in one relation and torch learns nothing from it.
const MAX_SYMBOLS: usize = 5;

/// A relation that holds for the examples and must hold for every call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Guard {
    /// What must hold, with the symbols as they were when it was recorded.
    pub rel: Rel,
    /// Who asked: an operator such as `aten.add.Tensor`, or `spec`.
    pub origin: String,
}

impl ShapeEnv {
    /// Answers a relation. What ranges and earlier guards leave open is answered by the examples and recorded as a guard.
    ///
    /// Mirrors `ShapeEnv.evaluate_expr`.
    ///
    /// # Errors
    /// [`EnvError::DataDependent`] when the answer needs a value without an example; arithmetic errors.
    pub fn evaluate(&mut self, rel: &Rel, origin: &str) -> Result<bool, EnvError> {
        if let Some(known) = self.static_eval(rel)? {
            return Ok(known);
        }
        let value = rel.op.accepts(self.hint(&rel.lhs)?.cmp(&self.hint(&rel.rhs)?));
        let guard = if value { rel.clone() } else { rel.negated() };
        self.assume(&guard)?;
        let learned = self.simplify_rel(&guard)?;
        tracing::debug!(%guard, origin, "guard");
        self.guards.push(Guard { rel: guard, origin: origin.to_owned() });
        self.learn(&learned)?;
        Ok(value)
    }

    /// Demands a relation of values that only exist when the program runs: the program asserts it. What follows for the
    /// ranges holds from now on.
    ///
    /// Mirrors `ShapeEnv.defer_runtime_assert`. Of an equality, the symbol that was created last is replaced.
    ///
    /// ```
    /// # use symbolic::{Expr, Naming, Rel, RelOp, ShapeEnv, ValueRange};
    /// let mut env = ShapeEnv::new(Naming::Hashed);
    /// let length = env.create_unbacked("n.item()", ValueRange::ALL);
    /// env.defer(&Rel::new(RelOp::Ge, length.clone(), Expr::int(0)), "aten.narrow.default")?;
    /// assert_eq!(env.bound(&length).to_string(), "VR[0, int_oo]");
    /// assert_eq!(env.asserts().len(), 1);
    /// # Ok::<(), symbolic::EnvError>(())
    /// ```
    ///
    /// # Errors
    /// [`EnvError::EmptyRange`] when no value satisfies it and what is known; arithmetic errors.
    pub fn defer(&mut self, rel: &Rel, origin: &str) -> Result<(), EnvError> {
        if self.static_eval(rel)? == Some(true) {
            return Ok(());
        }
        self.assume(rel)?;
        let learned = self.simplify_rel(rel)?;
        tracing::debug!(assert = %rel, origin, "deferred");
        self.asserts.push(Guard { rel: rel.clone(), origin: origin.to_owned() });
        self.learn(&learned)?;
        if rel.op == RelOp::Eq { self.replace_unbacked(&learned) } else { Ok(()) }
    }

    /// Replaces the last of the unbacked symbols of an equality by what is known before it.
    fn replace_unbacked(&mut self, rel: &Rel) -> Result<(), EnvError> {
        let order = |symbol: &Symbol| match self.symbols.get_full(symbol) {
            Some((at, _, info)) if info.kind == SymbolKind::Unbacked => Some(at),
            _ => None,
        };
        let last = rel
            .free_symbols()
            .into_iter()
            .filter_map(|symbol| Some((order(&symbol)?, symbol)))
            .max_by_key(|(at, _)| *at);
        let Some((_, symbol)) = last else { return Ok(()) };
        let Some(solution) = solve(rel, &Expr::symbol(&symbol), false)? else { return Ok(()) };
        if solution.divisor != 1 || solution.rhs.free_symbols().contains(&symbol) {
            return Ok(());
        }
        let bound = self.bound(&solution.rhs);
        self.narrow(&symbol, bound)?;
        self.put(&symbol, solution.rhs);
        self.settle(&symbol)
    }

    /// Demands `a == b`; the answer is whether the examples agree. Of two symbols the lesser name survives.
    ///
    /// # Errors
    /// As [`ShapeEnv::evaluate`].
    pub fn guard_eq(&mut self, a: &Expr, b: &Expr, origin: &str) -> Result<bool, EnvError> {
        self.evaluate(&Rel::eq(a.clone(), b.clone()), origin)
    }

    /// The expression as a plain number, which specialises its symbols: what `int(size)` does.
    ///
    /// # Errors
    /// As [`ShapeEnv::evaluate`].
    pub fn specialize(&mut self, expr: &Expr, origin: &str) -> Result<i64, EnvError> {
        let expr = self.replace(expr)?;
        if let Some(n) = expr.as_int() {
            return Ok(n);
        }
        let value = self.hint(&expr)?;
        self.guard_eq(&expr, &Expr::int(value), origin)?;
        Ok(value)
    }

    /// Learns ranges, replacements and divisibility from a relation that holds: torch's `_maybe_guard_rel`.
    fn assume(&mut self, rel: &Rel) -> Result<(), EnvError> {
        let mut free: Vec<Symbol> = rel.free_symbols().into_iter().collect();
        if rel.op == RelOp::Ne || free.is_empty() || free.len() > MAX_SYMBOLS {
            return Ok(());
        }
        let weight = |s: &Symbol| self.info(s).and_then(|i| i.hint).unwrap_or(i64::MAX);
        free.sort_by(|a, b| (weight(b), b.name()).cmp(&(weight(a), a.name())));
        self.refine(rel)?;
        if rel.op != RelOp::Eq {
            return Ok(());
        }
        if let Some(remainder) = first_remainder(rel) {
            if let Some(s) = solve(rel, &remainder, false)?
                && s.rhs.is_int(0)
            {
                self.divisible.insert(remainder);
            }
            return Ok(());
        }
        if rel.lhs.has_function(Function::FloorDiv) || rel.rhs.has_function(Function::FloorDiv) {
            return Ok(());
        }
        // Only the largest symbol is tried.
        let largest = &free[0];
        if self.info(largest).is_none_or(|i| i.kind == SymbolKind::Unbacked) {
            return Ok(());
        }
        let Some(solution) = solve(rel, &Expr::symbol(largest), false)? else { return Ok(()) };
        if solution.divisor != 1 {
            return Ok(());
        }
        // A lone symbol is followed to what it stands for; a composite one is taken as it is.
        let target = match solution.rhs.as_symbol() {
            Some(symbol) => self.replacements.get(symbol).cloned().unwrap_or(solution.rhs),
            None => solution.rhs,
        };
        if target.free_symbols().iter().any(|s| self.info(s).is_some_and(|i| i.kind == SymbolKind::Unbacked)) {
            return Ok(());
        }
        let value = self.hint(&target)?;
        if self.fits_example(largest, |hint| hint == value) { self.set_replacement(largest, &target) } else { Ok(()) }
    }

    /// Whether the example agrees with what was solved. Solving may divide by an expression that the example makes 0, and
    /// then proves nothing; torch takes it all the same.
    fn fits_example(&self, symbol: &Symbol, fits: impl Fn(i64) -> bool) -> bool {
        self.info(symbol).and_then(|i| i.hint).is_none_or(fits)
    }

    /// Tightens the range of every symbol that the relation isolates: torch's `_refine_ranges`.
    fn refine(&mut self, rel: &Rel) -> Result<(), EnvError> {
        let rel = self.simplify_rel(rel)?;
        let mut free: Vec<Symbol> = rel.free_symbols().into_iter().collect();
        free.sort_by(|a, b| a.name().cmp(b.name()));
        for symbol in free {
            let Some(solution) = solve(&rel, &Expr::symbol(&symbol), true)? else { continue };
            if solution.divisor != 1 {
                continue;
            }
            let old = self.range(&symbol);
            let rhs = self.bound(&solution.rhs);
            let mut new = old;
            let step = |b: Bound, by: i128| match b {
                Bound::Finite(n) => Bound::Finite(n.saturating_add(by)),
                infinite => infinite,
            };
            if old.lower <= rhs.lower && matches!(solution.op, RelOp::Eq | RelOp::Ge | RelOp::Gt) {
                new.lower = step(rhs.lower, (solution.op == RelOp::Gt).into());
            }
            if old.upper >= rhs.upper && matches!(solution.op, RelOp::Eq | RelOp::Le | RelOp::Lt) {
                new.upper = step(rhs.upper, -i128::from(solution.op == RelOp::Lt));
            }
            if new == old || !self.fits_example(&symbol, |hint| new.contains(hint)) {
                continue;
            }
            self.narrow(&symbol, new)?;
            let point = self.range(&symbol).as_point().and_then(|n| i64::try_from(n).ok());
            if let Some(n) = point {
                self.set_replacement(&symbol, &Expr::int(n))?;
            }
        }
        Ok(())
    }

    /// The range a guard-free expression keeps, cut to non-negative values: what range constraints print.
    pub fn size_range(&self, expr: &Expr) -> ValueRange {
        self.bound(expr).intersect(&ValueRange::new(Some(0), None))
    }
}

fn first_remainder(rel: &Rel) -> Option<Expr> {
    let mut found = None;
    for side in [&rel.lhs, &rel.rhs] {
        side.visit(&mut |e| {
            if found.is_none() && matches!(e.kind(), ExprKind::Apply(Function::Mod, _)) {
                found = Some(e.clone());
            }
        });
    }
    found
}
