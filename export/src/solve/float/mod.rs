//! Finds the expression over sizes that gives an observed float, bit for bit.
//!
//! A model that scales by `1.0 / (n as f64).sqrt()` hands libtorch a plain `f64`. What it was computed from shows in its
//! bits at a few sizes: [`identify_float`] tries small expressions over the integers of the graph, infers constants from
//! the values, and asks for the float at further sizes until one expression is left.
//!
//! Only arithmetic of 64 bits is found. A float that was rounded to 32 bits on the way is refused, since no node of a
//! PyTorch program rounds like that.

mod constant;
mod forms;

use std::cell::OnceCell;
use symbolic::{Expr, Symbol};

use self::forms::{Known, Level, Term};
use super::guard::{self, Point};
use super::space::Space;

/// A float computed from integers. In PyTorch each variant is a node on a `SymFloat`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum FloatExpr {
    /// A literal.
    Const(f64),
    /// `torch.sym_float` of an integer. As an argument of [`TrueDiv`](FloatExpr::TrueDiv) next to another integer it
    /// stands for the integer itself: `operator.truediv` takes both.
    Int(Expr),
    /// A float that was read from a tensor: an unbacked symbol.
    Read(Symbol),
    /// `operator.add`
    Add(Box<FloatExpr>, Box<FloatExpr>),
    /// `operator.sub`
    Sub(Box<FloatExpr>, Box<FloatExpr>),
    /// `operator.mul`
    Mul(Box<FloatExpr>, Box<FloatExpr>),
    /// `operator.truediv`
    TrueDiv(Box<FloatExpr>, Box<FloatExpr>),
    /// `operator.pow`
    Pow(Box<FloatExpr>, Box<FloatExpr>),
    /// `torch._sym_sqrt`
    Sqrt(Box<FloatExpr>),
    /// The natural logarithm. PyTorch's programs have no node for it.
    Ln(Box<FloatExpr>),
}

impl FloatExpr {
    /// The value, computed as Rust and Python compute it; `None` where a symbol has no value. The value of a float that was
    /// read is given as its bits.
    pub(crate) fn eval(&self, values: &impl Fn(&Symbol) -> Option<i64>) -> Option<f64> {
        let both = |a: &FloatExpr, b: &FloatExpr| Some((a.eval(values)?, b.eval(values)?));
        Some(match self {
            FloatExpr::Const(c) => *c,
            FloatExpr::Int(expr) => expr.eval(values).ok()? as f64,
            FloatExpr::Read(symbol) => f64::from_bits(values(symbol)? as u64),
            FloatExpr::Add(a, b) => both(a, b).map(|(a, b)| a + b)?,
            FloatExpr::Sub(a, b) => both(a, b).map(|(a, b)| a - b)?,
            FloatExpr::Mul(a, b) => both(a, b).map(|(a, b)| a * b)?,
            FloatExpr::TrueDiv(a, b) => both(a, b).map(|(a, b)| a / b)?,
            FloatExpr::Pow(a, b) => both(a, b).map(|(a, b)| a.powf(b))?,
            FloatExpr::Sqrt(a) => a.eval(values)?.sqrt(),
            FloatExpr::Ln(a) => a.eval(values)?.ln(),
        })
    }

    /// The same float, computed from other integers.
    pub(crate) fn try_map_ints<E>(&self, map: &mut impl FnMut(&Expr) -> Result<Expr, E>) -> Result<FloatExpr, E> {
        let mut part = |float: &FloatExpr| float.try_map_ints(map).map(Box::new);
        Ok(match self {
            FloatExpr::Const(c) => FloatExpr::Const(*c),
            FloatExpr::Int(expr) => FloatExpr::Int(map(expr)?),
            FloatExpr::Read(symbol) => FloatExpr::Read(symbol.clone()),
            FloatExpr::Add(a, b) => FloatExpr::Add(part(a)?, part(b)?),
            FloatExpr::Sub(a, b) => FloatExpr::Sub(part(a)?, part(b)?),
            FloatExpr::Mul(a, b) => FloatExpr::Mul(part(a)?, part(b)?),
            FloatExpr::TrueDiv(a, b) => FloatExpr::TrueDiv(part(a)?, part(b)?),
            FloatExpr::Pow(a, b) => FloatExpr::Pow(part(a)?, part(b)?),
            FloatExpr::Sqrt(a) => FloatExpr::Sqrt(part(a)?),
            FloatExpr::Ln(a) => FloatExpr::Ln(part(a)?),
        })
    }

    /// Calls `see` with every integer that it is computed from.
    pub(crate) fn visit_ints(&self, see: &mut impl FnMut(&Expr)) {
        match self {
            FloatExpr::Const(_) | FloatExpr::Read(_) => {}
            FloatExpr::Int(expr) => see(expr),
            FloatExpr::Add(a, b)
            | FloatExpr::Sub(a, b)
            | FloatExpr::Mul(a, b)
            | FloatExpr::TrueDiv(a, b)
            | FloatExpr::Pow(a, b) => {
                a.visit_ints(see);
                b.visit_ints(see);
            }
            FloatExpr::Sqrt(a) | FloatExpr::Ln(a) => a.visit_ints(see),
        }
    }

    /// How much there is to read: the nodes, and the digits of the literals.
    fn cost(&self) -> usize {
        match self {
            FloatExpr::Const(c) => format!("{c}").len(),
            FloatExpr::Int(expr) => 1 + expr.args().len(),
            FloatExpr::Read(_) => 1,
            FloatExpr::Add(a, b)
            | FloatExpr::Sub(a, b)
            | FloatExpr::Mul(a, b)
            | FloatExpr::TrueDiv(a, b)
            | FloatExpr::Pow(a, b) => 2 + a.cost() + b.cost(),
            FloatExpr::Sqrt(a) => 2 + a.cost(),
            // The last resort.
            FloatExpr::Ln(a) => 100 + a.cost(),
        }
    }

    /// Whether both are equal for every value: a power of two is divided by without an error.
    fn is_same(&self, other: &FloatExpr) -> bool {
        match (self, other) {
            (FloatExpr::Mul(x, c), FloatExpr::TrueDiv(y, d)) | (FloatExpr::TrueDiv(y, d), FloatExpr::Mul(x, c)) => {
                let (FloatExpr::Const(c), FloatExpr::Const(d)) = (&**c, &**d) else { return false };
                x == y && c * d == 1.0 && c.to_bits().trailing_zeros() >= 52
            }
            _ => self == other,
        }
    }

    /// Whether a PyTorch program can hold it.
    pub(crate) fn in_torch(&self) -> bool {
        match self {
            FloatExpr::Const(c) => c.is_finite(),
            FloatExpr::Int(_) | FloatExpr::Read(_) => true,
            FloatExpr::Add(a, b)
            | FloatExpr::Sub(a, b)
            | FloatExpr::Mul(a, b)
            | FloatExpr::TrueDiv(a, b)
            | FloatExpr::Pow(a, b) => a.in_torch() && b.in_torch(),
            FloatExpr::Sqrt(a) => a.in_torch(),
            FloatExpr::Ln(_) => false,
        }
    }
}

/// So many samples are asked for before any expression is tried.
const SAMPLES: usize = 10;
/// Points at which expressions are compared with each other; only those where they differ are asked.
const POOL: usize = 400;
/// So many expressions are compared.
const CANDIDATES: usize = 12;
/// So many sizes of each variable are tried where nothing else tells two expressions apart.
const RARE: usize = 4000;
/// Further points at which the last expression must agree.
const VERIFIED: usize = 16;

/// The floats that were read from tensors, and their bits at a point.
pub(crate) struct Floats<'a> {
    pub(crate) symbols: &'a [&'a Symbol],
    pub(crate) value: &'a dyn Fn(&Symbol, &[i64]) -> Option<i64>,
}

/// The expression that gives a float. `atoms` are integers that it may be computed from, as expressions over the
/// variables' symbols. `samples` are values that are known, and `at` gives more of them; `None` where the forward takes
/// another path.
///
/// The answer agrees in every bit with all samples and at all points that were asked. `None` if no small expression does,
/// or it is not finite.
pub(crate) fn identify_float(
    space: &Space,
    atoms: &[Expr],
    floats: &Floats<'_>,
    samples: &[(Point, f64)],
    at: &mut dyn FnMut(&[i64]) -> Option<f64>,
) -> Option<FloatExpr> {
    let mut search =
        Search { space, floats, samples: samples.to_vec(), elsewhere: Vec::new(), lines: OnceCell::new(), at };
    if samples.iter().any(|(_, value)| !value.is_finite()) {
        return None;
    }
    let pool = guard::generic(space, POOL);
    // Small sizes and large ones in turn.
    for point in pool.iter().take(4 * SAMPLES) {
        if search.samples.len() >= SAMPLES {
            break;
        }
        search.ask(point);
    }
    Level::ALL.iter().find_map(|level| search.expression(*level, atoms, &pool))
}

/// Whether some small expression of one float gives another one: pairs of both.
pub(crate) fn has_form(pairs: &[(f64, f64)]) -> bool {
    let (values, seen): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let read = Term { expr: FloatExpr::Read(Symbol::real("zuf")), values };
    let known = Known { simple: vec![read], composed: Vec::new() };
    Level::ALL.iter().any(|level| !forms::candidates(*level, &known, &seen).is_empty())
}

struct Search<'a> {
    space: &'a Space,
    floats: &'a Floats<'a>,
    samples: Vec<(Point, f64)>,
    /// Points where the forward takes another path.
    elsewhere: Vec<Point>,
    /// Points along each variable, made when they are first needed.
    lines: OnceCell<Vec<Point>>,
    at: &'a mut dyn FnMut(&[i64]) -> Option<f64>,
}

impl Search<'_> {
    fn knows(&self, point: &[i64]) -> bool {
        self.samples.iter().any(|(known, _)| known == point) || self.elsewhere.iter().any(|known| known == point)
    }

    /// Whether there is a value at the point now that was not known before.
    fn ask(&mut self, point: &Point) -> bool {
        if self.knows(point) {
            return false;
        }
        let value = (self.at)(point);
        match value {
            Some(value) => self.samples.push((point.clone(), value)),
            None => self.elsewhere.push(point.clone()),
        }
        value.is_some()
    }

    fn eval(&self, expr: &FloatExpr, point: &[i64]) -> Option<f64> {
        expr.eval(&|s| match s.is_real() {
            true => (self.floats.value)(s, point),
            false => self.space.variables.iter().position(|v| v.symbol == *s).and_then(|i| point.get(i)).copied(),
        })
    }

    fn agrees(&self, expr: &FloatExpr) -> bool {
        self.samples.iter().all(|(point, value)| self.eval(expr, point).is_some_and(|v| v.to_bits() == value.to_bits()))
    }

    /// Whether two expressions differ at a point without a value.
    fn tells_apart(&self, a: &FloatExpr, b: &FloatExpr, point: &[i64]) -> bool {
        let differ = self.eval(a, point).map(f64::to_bits) != self.eval(b, point).map(f64::to_bits);
        differ && !self.knows(point)
    }

    /// A point along one variable where two expressions differ: `sqrt(n)` and `n ** 0.5` do so at one size in thousands.
    fn rare(&self, a: &FloatExpr, b: &FloatExpr) -> Option<Point> {
        let lines = self.lines.get_or_init(|| guard::lines(self.space, RARE).collect());
        lines.iter().find(|point| self.tells_apart(a, b, point)).cloned()
    }

    /// The expression of a level that agrees with all samples and at further points.
    fn expression(&mut self, level: Level, atoms: &[Expr], pool: &[Point]) -> Option<FloatExpr> {
        // The expressions with their values in the pool.
        let in_pool = |expr: FloatExpr| {
            let values: Vec<_> = pool.iter().map(|point| self.eval(&expr, point).map(f64::to_bits)).collect();
            (expr, values)
        };
        let mut left: Vec<_> = self.candidates(level, atoms).into_iter().map(in_pool).collect();
        loop {
            left.retain(|(expr, _)| self.agrees(expr));
            let (first, values) = left.first()?;
            let others = || left.iter().skip(1);
            let differs = |other: &Vec<_>| {
                let mut points = pool.iter().zip(values.iter().zip(other));
                points.find(|(point, (a, b))| a != b && !self.knows(point)).map(|(point, _)| point.clone())
            };
            let point = others().find_map(|(_, other)| differs(other));
            match point.or_else(|| others().find_map(|(other, _)| self.rare(first, other))) {
                Some(point) => self.ask(&point),
                None => break,
            };
        }
        let (found, _) = left.into_iter().next()?;
        let mut agreed = 0;
        for point in pool.iter().rev() {
            if agreed == VERIFIED {
                break;
            }
            if !self.knows(point) && self.ask(point) {
                self.agrees(&found).then_some(())?;
                agreed += 1;
            }
        }
        Some(found)
    }

    /// The expressions of a level that agree with all samples, the simplest first.
    fn candidates(&self, level: Level, atoms: &[Expr]) -> Vec<FloatExpr> {
        let seen: Vec<f64> = self.samples.iter().map(|(_, value)| *value).collect();
        let term = |expr: FloatExpr| {
            let values = self.samples.iter().map(|(point, _)| self.eval(&expr, point)).collect::<Option<Vec<f64>>>()?;
            Some(Term { expr, values })
        };
        let read = self.floats.symbols.iter().map(|symbol| FloatExpr::Read((*symbol).clone()));
        let (simple, composed) = forms::integers(atoms);
        let known = Known {
            simple: read.chain(simple.into_iter().map(FloatExpr::Int)).filter_map(term).collect(),
            composed: composed.into_iter().map(FloatExpr::Int).filter_map(term).collect(),
        };
        let mut all = forms::candidates(level, &known, &seen);
        all.sort_by_cached_key(FloatExpr::cost);
        let mut kept: Vec<FloatExpr> = Vec::new();
        for expr in all {
            if kept.len() < CANDIDATES && !kept.iter().any(|known| known.is_same(&expr)) {
                kept.push(expr);
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests;
