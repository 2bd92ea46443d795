//! What the guards say about each dim, taken together: torch's `DimConstraints.solve`.

use indexmap::{IndexMap, IndexSet};

use symbolic::arith::{ceil_div, floor_div};
use symbolic::{Affine, Bound, Expr, ExprError, Function, Rel, RelOp, Symbol, ValueRange};

use super::ConstraintError;
use super::error::Fixes;
use super::fact::{Fact, Facts};
use super::linear::{Congruence, Linear, combined, of_root};
use super::polynomial;
use super::view::{View, named_expr};

/// Guards sorted by the symbols they are about.
#[derive(Clone, Debug, Default)]
pub(super) struct Solver {
    single: IndexMap<Symbol, Vec<(RelOp, Linear)>>,
    several: Vec<Rel>,
    /// Inequalities on one symbol that are not linear.
    curved: Vec<(Symbol, Rel)>,
    /// Guards with a quotient known to be exact, which torch's solver cannot read.
    exact: Vec<Rel>,
    congruences: IndexMap<Symbol, IndexSet<Congruence>>,
    /// Source of a dim to what it equals, in input order.
    equivalent: Vec<(String, Expr)>,
    fixed: IndexMap<Symbol, i64>,
}

/// The facts by name, and the dims forced to one value as `(name, source, value)`.
pub(super) struct Answer {
    pub(super) facts: IndexMap<String, Fact>,
    pub(super) forced: Vec<(String, String, i64)>,
}

impl Solver {
    pub(super) fn equivalent(&mut self, source: &str, expr: &Expr) {
        self.equivalent.push((source.to_owned(), expr.clone()));
    }

    pub(super) fn bounded(&mut self, symbol: &Symbol, range: &ValueRange) {
        let bounds = [(RelOp::Ge, range.lower), (RelOp::Le, range.upper)];
        for (op, bound) in bounds {
            if let Bound::Finite(n) = bound {
                let form = Linear { a: 1, c: -n, q: 1 };
                self.single.entry(symbol.clone()).or_default().push((op, form));
            }
        }
    }

    /// Takes a simplified guard; true when it is a tautology without a new congruence.
    pub(super) fn add(&mut self, view: &View<'_>, rel: &Rel) -> bool {
        if view.inputs.env.has_exact_quotient(rel) {
            self.exact.push(rel.clone());
            return false;
        }
        self.sort(view, rel)
    }

    fn sort(&mut self, view: &View<'_>, rel: &Rel) -> bool {
        let free = rel.free_symbols();
        if rel.op == RelOp::Ne {
            return false;
        }
        let Some(symbol) = free.first() else { return true };
        if free.len() > 1 {
            self.several.push(rel.clone());
            return false;
        }
        let env = &view.inputs.env;
        let mut noted = Vec::new();
        let difference =
            Linear::read(&rel.lhs, env, &mut noted).and_then(|l| l.minus(Linear::read(&rel.rhs, env, &mut noted)?));
        let known = self.congruences.entry(symbol.clone()).or_default();
        let before = known.len();
        known.extend(noted);
        let form = match difference {
            Some(form) if form.a == 0 => return known.len() == before,
            Some(form) => form,
            // An equality that is not linear is solved by the example; an inequality teaches nothing.
            None if rel.op == RelOp::Eq && !has_remainder(rel) => match env.info(symbol).and_then(|i| i.hint) {
                Some(hint) => Linear { a: 1, c: -i128::from(hint), q: 1 },
                None => return false,
            },
            None => {
                if rel.op != RelOp::Eq {
                    self.curved.push((symbol.clone(), rel.clone()));
                }
                return false;
            }
        };
        self.single.entry(symbol.clone()).or_default().push((rel.op, form));
        false
    }

    pub(super) fn solve(mut self, view: &View<'_>, fixes: Fixes) -> Result<Answer, ConstraintError> {
        let mut facts = Facts { view, fixes, by_name: IndexMap::new() };
        if fixes == Fixes::Correct {
            for rel in std::mem::take(&mut self.exact) {
                self.sort(view, &rel);
            }
        }
        self.fix(&mut facts)?;
        self.combine(&mut facts)?;
        self.bound(&mut facts);
        self.bend(&mut facts);
        self.relate(&mut facts)?;
        let mut forced: Vec<(String, String, i64)> = Vec::new();
        for (symbol, value) in &self.fixed {
            let source = view.source(symbol);
            if let (true, Some(name)) = (view.constraints.contains_key(symbol), view.names.get(&source)) {
                forced.push((name.clone(), source, *value));
            }
        }
        forced.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(Answer { facts: facts.by_name, forced })
    }

    /// Symbols that an equality fixes, one after the other.
    fn fix(&mut self, facts: &mut Facts<'_>) -> Result<(), ConstraintError> {
        let view = facts.view;
        let equality = |guards: &[(RelOp, Linear)]| guards.iter().find(|(op, _)| *op == RelOp::Eq).map(|(_, f)| *f);
        while let Some((symbol, form)) = self.single.iter().find_map(|(s, g)| Some((s.clone(), equality(g)?))) {
            self.single.shift_remove(&symbol);
            let (n, d) = form.root();
            let Some(value) = i64::try_from(n / d).ok().filter(|_| n % d == 0) else { continue };
            self.fixed.insert(symbol.clone(), value);
            if let Some(fact) = facts.of(&view.source(&symbol)) {
                fact.eq = Some(Expr::int(value));
            }
            let with = IndexMap::from([(symbol, Expr::int(value))]);
            for rel in std::mem::take(&mut self.several) {
                let rel = rel.substitute(&with)?;
                self.add(view, &rel);
            }
        }
        Ok(())
    }

    /// Congruences as a new root: `n = 3*_n + 1`.
    fn combine(&self, facts: &mut Facts<'_>) -> Result<(), ConstraintError> {
        let view = facts.view;
        for (symbol, congruences) in &self.congruences {
            let solved = congruences.iter().filter_map(|c| c.solved());
            let Some((modulus, rest)) = solved.into_iter().try_fold((1, 0), combined) else { continue };
            let settled = self.fixed.get(symbol).is_some_and(|v| i128::from(*v).rem_euclid(modulus) == rest);
            if modulus <= 1 || settled {
                continue;
            }
            let source = view.source(symbol);
            let Some(name) = view.fixable(&source, facts.fixes) else { continue };
            let (name, modulus, rest) = match facts.fixes {
                // A derived dim moves with its root: `batch - 2 = 3*k` is `batch = 3*k + 2`.
                Fixes::Correct => {
                    let (form, root) = Affine::parse(&name);
                    let Some((modulus, rest)) = of_root(form, modulus, rest) else { continue };
                    (root.to_owned(), modulus, rest)
                }
                Fixes::Compatible => (name, modulus, rest),
            };
            let (Ok(modulus), Ok(shift)) = (i64::try_from(modulus), i64::try_from((-rest).rem_euclid(modulus))) else {
                continue;
            };
            let root = named_expr(&format!("_{name}"))?;
            let value = by_text(&root, |linear| linear.try_mul(&Expr::int(modulus)))?.try_sub(&Expr::int(shift))?;
            facts.by_name.entry(name).or_default().eq = Some(value);
        }
        Ok(())
    }

    /// The interval that the inequalities on one symbol leave.
    fn bound(&self, facts: &mut Facts<'_>) {
        let view = facts.view;
        for (symbol, guards) in &self.single {
            let (mut low, mut high) = (Bound::NegInf, Bound::PosInf);
            for (op, form) in guards {
                let (n, d) = form.root();
                match if form.a < 0 { op.mirrored() } else { *op } {
                    RelOp::Gt => low = low.max(Bound::Finite(floor_div(n, d) + 1)),
                    RelOp::Ge => low = low.max(Bound::Finite(ceil_div(n, d))),
                    RelOp::Lt => high = high.min(Bound::Finite(ceil_div(n, d) - 1)),
                    _ => high = high.min(Bound::Finite(floor_div(n, d))),
                }
            }
            let Some(fact) = facts.of(&view.source(symbol)) else { continue };
            let point = low.finite().filter(|_| low == high).and_then(|n| i64::try_from(n).ok());
            match point {
                Some(n) => fact.eq = Some(Expr::int(n)),
                None => {
                    fact.min = Some(low).filter(|b| *b != Bound::NegInf).or(fact.min);
                    fact.max = Some(high).filter(|b| *b != Bound::PosInf).or(fact.max);
                }
            }
        }
    }

    /// Inequalities that are not linear: bounds where they change sign. Torch cannot print a bound that is not an integer, and
    /// suggests the left side as a dim.
    fn bend(&self, facts: &mut Facts<'_>) {
        let view = facts.view;
        for (symbol, rel) in &self.curved {
            let source = view.source(symbol);
            let Some(hint) = view.inputs.env.info(symbol).and_then(|i| i.hint) else { continue };
            if facts.fixes == Fixes::Correct || polynomial::has_integer_root(rel, symbol, hint) {
                let (low, high) = polynomial::bounds(rel, symbol, hint);
                let Some(fact) = facts.of(&source) else { continue };
                fact.narrow(low, high);
                fact.settle();
            } else if let (Some((low, high)), true) = (polynomial::as_written(rel), view.names.contains_key(&source)) {
                let left = if rel.lhs.is_number() { &rel.rhs } else { &rel.lhs };
                let name = left.source_text(&|s| view.name(&view.source(s)).to_owned());
                facts.by_name.entry(name).or_default().narrow(low, high);
            }
        }
    }

    /// Dims that are an expression of another.
    fn relate(&self, facts: &mut Facts<'_>) -> Result<(), ConstraintError> {
        let view = facts.view;
        let fixed: IndexMap<Symbol, Expr> = self.fixed.iter().map(|(s, v)| (s.clone(), Expr::int(*v))).collect();
        for (source, expr) in &self.equivalent {
            let expr = expr.substitute(&fixed)?;
            let free = expr.free_symbols();
            if free.is_empty() {
                if let Some(fact) = facts.of(source) {
                    fact.eq = Some(expr);
                }
                continue;
            }
            let sources: Vec<String> = free.iter().map(|s| view.source(s)).collect();
            // A suggestion cannot mention a dim without a name.
            if !sources.iter().all(|s| view.is_named(s)) {
                continue;
            }
            let texts: Vec<&str> = sources.iter().map(|s| view.name(s)).collect();
            if !view.names.contains_key(source) && !sources.iter().any(|s| view.names.contains_key(s)) {
                continue;
            }
            if expr.as_symbol().is_some() && texts.first().copied() == view.names.get(source).map(String::as_str) {
                continue;
            }
            let names = texts.iter().map(|t| named_expr(t)).collect::<Result<Vec<_>, _>>()?;
            let with = free.into_iter().zip(names).collect();
            let value = match facts.fixes {
                Fixes::Correct => expr.substitute(&with)?.expand()?,
                Fixes::Compatible => {
                    let terms = expr.terms().iter().map(|term| in_names(term, &with));
                    Expr::sum(terms.collect::<Result<Vec<_>, _>>()?)?
                }
            };
            let name = view.name(source);
            // `batch` is `(batch - 2) + 2`: nothing new.
            if facts.fixes == Fixes::Correct && value == named_expr(name)? {
                continue;
            }
            facts.by_name.entry(name.to_owned()).or_default().eq = Some(value);
        }
        Ok(())
    }
}

fn has_remainder(rel: &Rel) -> bool {
    rel.lhs.has_function(Function::Mod) || rel.rhs.has_function(Function::Mod)
}

/// One term with names for symbols, put in as text: `2*s` of the name `batch - 2` is `2*batch - 2`, as torch writes it.
fn in_names(term: &Expr, names: &IndexMap<Symbol, Expr>) -> Result<Expr, ExprError> {
    let own = term.free_symbols();
    match (own.len(), own.first().and_then(|s| names.get_key_value(s))) {
        (1, Some((symbol, name))) => {
            by_text(name, |linear| term.substitute(&IndexMap::from([(symbol.clone(), linear.clone())])))
        }
        _ => term.substitute(names),
    }
}

/// A change that reaches a name, but not the number added to it.
fn by_text(name: &Expr, change: impl Fn(&Expr) -> Result<Expr, ExprError>) -> Result<Expr, ExprError> {
    let (linear, constant): (Vec<Expr>, Vec<Expr>) = name.terms().iter().cloned().partition(|t| !t.is_number());
    change(&Expr::sum(linear)?)?.try_add(&Expr::sum(constant)?)
}
