//! What the program demanded against the spec: torch's `produce_guards`.

use indexmap::IndexSet;

use crate::spec::dim::HintKind;
use symbolic::{Bound, Expr, Guard, RelOp, Symbol, ValueRange};

use super::equalities::ORIGIN;
use super::error::{Bullet, Cause, Fixes, SMALL};
use super::fixes::suggest;
use super::leaf::InputDim;
use super::solver::Solver;
use super::view::{View, named_expr};
use super::{ConstraintError, ConstraintViolation, SymbolicInputs};

/// PyTorch's advice for a dim that became a constant.
const MARK_DYNAMIC: &str = " If you're using mark_dynamic, either remove it or use maybe_mark_dynamic. If you're using \
                            Dim.DYNAMIC, replace it with either Dim.STATIC or Dim.AUTO.";

impl SymbolicInputs {
    /// What the program demanded against the spec so far, if anything. Call after the spec has been imposed.
    pub(super) fn violations(&self) -> Result<Option<ConstraintViolation>, ConstraintError> {
        let view = View::new(self)?;
        let mut bullets = view.specialized();
        let mut solver = Solver::default();
        bullets.extend(view.equated(&mut solver)?);
        bullets.extend(view.guarded(&mut solver)?);
        bullets.extend(view.narrowed(&mut solver));
        if view.names.is_empty() {
            // Without a name there is nothing to suggest.
            let violation = ConstraintViolation { bullets, ..ConstraintViolation::default() };
            return Ok(Some(violation).filter(|v| !v.bullets.is_empty()));
        }
        let (_, suggested_fixes) = suggest(&view, solver.clone(), Fixes::Correct)?;
        // What is refused is torch's to say; only what to do about it differs.
        let (specializations, compatible_fixes) = suggest(&view, solver, Fixes::Compatible)?;
        if bullets.is_empty() && specializations.is_empty() {
            return Ok(None);
        }
        Ok(Some(ConstraintViolation { bullets, specializations, suggested_fixes, compatible_fixes }))
    }
}

impl View<'_> {
    fn bullet(&self, source: &str, text: String) -> Bullet {
        let dim = self.name(source).to_owned();
        Bullet { dim, text, compatible_advice: "", advice: String::new(), cause: None }
    }

    /// The guard that made a size a number, or that made two sizes depend on each other.
    fn cause(&self, expr: &Expr) -> Option<Cause> {
        let equalities = || self.inputs.env.guards().iter().enumerate().filter(|(_, guard)| guard.rel.op == RelOp::Eq);
        let mut linked = expr.free_symbols();
        loop {
            let before = linked.len();
            for (_, guard) in equalities() {
                let free = guard.rel.free_symbols();
                if free.iter().any(|symbol| linked.contains(symbol)) {
                    linked.extend(free);
                }
            }
            if linked.len() == before {
                break;
            }
        }
        let touches = |guard: &Guard| guard.rel.free_symbols().iter().any(|symbol| linked.contains(symbol));
        let fixes = |guard: &Guard| touches(guard) && guard.rel.free_symbols().len() == 1;
        let found = equalities().find(|(_, guard)| fixes(guard)).or_else(|| equalities().find(|(_, g)| touches(g)));
        found.and_then(|(at, guard)| self.cause_of(at, guard))
    }

    /// What a guard of the program comes from; a guard of the spec has no cause in the program.
    fn cause_of(&self, at: usize, guard: &Guard) -> Option<Cause> {
        let origin = guard.origin.clone();
        (origin != ORIGIN).then_some(Cause { origin, guard: at, line: None })
    }

    /// The other dimensions that are static in the spec and have this size.
    fn static_partners(&self, own: &InputDim, size: i64) -> Vec<&str> {
        let others = self.inputs.dims.iter().filter(|dim| dim.source != own.source && dim.index.is_some());
        others.filter(|dim| dim.spec.is_static() && dim.value == size).map(|dim| dim.source.as_str()).collect()
    }

    /// What to do about a dim that became a constant.
    fn constant_advice(&self, dim: &InputDim, size: i64) -> String {
        if (size == 0 || size == 1) && dim.value == size {
            return format!(" {SMALL}");
        }
        let advice = "make the dimension static (`Dim::static_()`), or let the export decide (`Dim::auto()`)";
        match self.static_partners(dim, size).as_slice() {
            [] => format!(" Change the code, {advice}."),
            [other] => format!(
                " {other} is static in the spec and has this size: if the two belong together, make it dynamic too. \
                 Otherwise {advice}."
            ),
            [first, others @ ..] => {
                let others = match others {
                    [other] => (*other).to_owned(),
                    many => format!("{} other dimensions", many.len()),
                };
                format!(
                    " {first} and {others} are static in the spec and have this size: if one of them belongs to it, make \
                     that dynamic too. Otherwise {advice}."
                )
            }
        }
    }

    /// Dims that became constants.
    fn specialized(&self) -> Vec<Bullet> {
        let mut bullets = Vec::new();
        for (_, dim, expr) in self.dims() {
            let Some(c) = expr.as_int() else { continue };
            let allowed = match (dim.user, dim.spec.hint()) {
                (Some(user), _) => user.as_point() == Some(c.into()),
                // 0 and 1 are reported by the check of hints.
                (None, Some(hint)) => hint.kind() != HintKind::Dynamic || c == 0 || c == 1,
                (None, None) => true,
            };
            if !allowed {
                let name = self.name(&dim.source);
                let text = format!("You marked {name} as dynamic but your code specialized it to be a constant ({c}).");
                bullets.push(Bullet {
                    compatible_advice: MARK_DYNAMIC,
                    advice: self.constant_advice(dim, c),
                    cause: self.cause(&dim.expr),
                    ..self.bullet(&dim.source, text)
                });
            }
        }
        bullets
    }

    /// Dims that became equal to, or an expression of, another named dim without the spec saying so.
    fn equated(&self, solver: &mut Solver) -> Result<Vec<Bullet>, ConstraintError> {
        let mut bullets = Vec::new();
        for (i, dim, expr) in self.dims() {
            let symbol = expr.as_symbol();
            if symbol.is_some_and(|s| self.carriers.get(s).and_then(|c| c.first()) == Some(&i)) || dim.index.is_none() {
                continue;
            }
            solver.equivalent(&dim.source, expr);
            let free = expr.free_symbols();
            let (1, Some(inner)) = (free.len(), free.first()) else { continue };
            if !self.constraints.contains_key(inner) {
                continue;
            }
            let (source, other) = (&dim.source, self.source(inner));
            let (name, other_name) = (self.name(source), self.name(&other));
            if let Some(symbol) = symbol {
                if !self.declared_equal(dim, symbol, &other) {
                    let text =
                        format!("The values of {name} = {source} and {other_name} = {other} must always be equal.");
                    bullets.push(Bullet { cause: self.cause(&dim.expr), ..self.bullet(source, text) });
                }
            } else if !self.inputs.equalities.is_derived(source, &other, expr)? {
                let relation = expr.substitute(&[(inner.clone(), named_expr(other_name)?)].into_iter().collect())?;
                let text = format!(
                    "The values of {name} = {source} must always be related to the values of {other_name} = {other} \
                     by {name} = {relation}."
                );
                bullets.push(Bullet { cause: self.cause(&dim.expr), ..self.bullet(source, text) });
            }
        }
        Ok(bullets)
    }

    /// Equality with a hint, which is what the symbol's first dim has, needs no declaration.
    fn declared_equal(&self, dim: &InputDim, symbol: &Symbol, other: &str) -> bool {
        let first = self.carriers.get(symbol).and_then(|dims| self.inputs.dims.get(*dims.first()?));
        let hint = |dim: &InputDim| dim.spec.hint().is_some();
        hint(dim) || first.is_some_and(hint) || self.inputs.equalities.are_equal(&dim.source, other)
    }

    /// Guards on one named dim that its range does not imply.
    fn guarded(&self, solver: &mut Solver) -> Result<Vec<Bullet>, ConstraintError> {
        let (mut bullets, mut issued) = (Vec::new(), IndexSet::new());
        let env = &self.inputs.env;
        for (at, guard) in env.guards().iter().enumerate() {
            if env.static_eval_with(&guard.rel, false)?.is_some() {
                continue;
            }
            let rel = env.simplify_rel(&guard.rel)?;
            if !issued.insert(rel.clone()) {
                continue;
            }
            let free = rel.free_symbols();
            let on_dims = free.iter().any(|s| self.is_size(s));
            let trivial = on_dims && solver.add(self, &rel);
            let (1, Some(symbol)) = (free.len(), free.first()) else { continue };
            if trivial {
                continue;
            }
            for range in self.constraints.get(symbol).into_iter().flatten() {
                let source = self.source(symbol);
                let code = rel.source_text(&|s| self.source(s));
                let values = self.values(&source, range);
                let text = format!("Not all values of {values} satisfy the generated guard {code}.");
                bullets.push(Bullet { cause: self.cause_of(at, guard), ..self.bullet(&source, text) });
            }
        }
        Ok(bullets)
    }

    fn is_size(&self, symbol: &Symbol) -> bool {
        self.carriers.get(symbol).is_some_and(|dims| self.any_size(dims))
    }

    fn any_size(&self, dims: &[usize]) -> bool {
        dims.iter().any(|i| self.inputs.dims[*i].index.is_some())
    }

    /// Named dims whose symbol ended with a narrower range.
    fn narrowed(&self, solver: &mut Solver) -> Vec<Bullet> {
        let mut bullets = Vec::new();
        for (symbol, dims) in &self.carriers {
            let range = self.inputs.env.range(symbol);
            if !self.names.is_empty() && self.any_size(dims) {
                solver.bounded(symbol, &range);
            }
            for user in self.constraints.get(symbol).into_iter().flatten() {
                if user.intersect(&ValueRange::SIZE).is_subset(&range) {
                    continue;
                }
                let source = self.source(symbol);
                let top = match range.upper {
                    Bound::Finite(n) => n.to_string(),
                    _ => "IntInfinity()".to_owned(),
                };
                bullets.push(self.bullet(
                    &source,
                    format!(
                        "Not all values of {} satisfy the generated guard {} <= {source} and {source} <= {top}",
                        self.values(&source, user),
                        range.lower,
                    ),
                ));
            }
        }
        bullets
    }

    /// `batch = L['x'].size()[0] in the specified range 3 <= batch <= 30`.
    fn values(&self, source: &str, user: &ValueRange) -> String {
        let name = self.name(source);
        let head = format!("{name} = {source} in the specified range");
        match (user.lower > Bound::Finite(2), user.upper < Bound::PosInf) {
            (true, true) => format!("{head} {} <= {name} <= {}", user.lower, user.upper),
            (true, false) => format!("{head} {} <= {name}", user.lower),
            (false, true) => format!("{head} {name} <= {}", user.upper),
            (false, false) => head,
        }
    }
}
