//! The expressions that are tried.

use symbolic::Expr;

use super::FloatExpr;
use super::constant::{Interval, rounded};

/// Small numbers that are added to sizes.
const SHIFTS: [i64; 5] = [-2, -1, 1, 2, 3];

/// With more atoms than this only the atoms themselves are paired.
const MOST_ATOMS: usize = 8;

/// The integers that a float may be made of: the atoms, and what is made of them: small numbers added, products, sums.
pub(super) fn integers(atoms: &[Expr]) -> (Vec<Expr>, Vec<Expr>) {
    let (mut simple, mut composed): (Vec<Expr>, Vec<Expr>) = Default::default();
    for atom in atoms.iter().filter(|atom| !atom.is_number()) {
        if !simple.contains(atom) {
            simple.push(atom.clone());
        }
    }
    let mut add = |expr: Result<Expr, symbolic::ExprError>| {
        if let Ok(expr) = expr
            && !expr.is_number()
            && !simple.contains(&expr)
            && !composed.contains(&expr)
        {
            composed.push(expr);
        }
    };
    for a in atoms {
        SHIFTS.iter().for_each(|by| add(a.try_add(&Expr::int(*by))));
    }
    if atoms.len() <= MOST_ATOMS {
        for (i, a) in atoms.iter().enumerate() {
            for b in atoms.iter().skip(i) {
                add(a.try_mul(b));
                // Twice a size is better said with a constant.
                if a != b {
                    add(a.try_add(b));
                    add(a.try_sub(b));
                    add(b.try_sub(a));
                }
            }
        }
        for (i, a) in atoms.iter().enumerate() {
            for (j, b) in atoms.iter().enumerate().skip(i) {
                atoms.iter().skip(j).for_each(|c| add(Expr::product([a.clone(), b.clone(), c.clone()])));
            }
        }
    }
    (simple, composed)
}

/// A float with its value in each sample.
#[derive(Clone)]
pub(super) struct Term {
    pub(super) expr: FloatExpr,
    pub(super) values: Vec<f64>,
}

impl Term {
    fn map(&self, build: fn(Box<FloatExpr>) -> FloatExpr, f: fn(f64) -> f64) -> Term {
        Term { expr: build(Box::new(self.expr.clone())), values: self.values.iter().map(|v| f(*v)).collect() }
    }

    fn with(
        &self,
        other: &Term,
        build: fn(Box<FloatExpr>, Box<FloatExpr>) -> FloatExpr,
        f: fn(f64, f64) -> f64,
    ) -> Term {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| f(*a, *b)).collect();
        Term { expr: build(Box::new(self.expr.clone()), Box::new(other.expr.clone())), values }
    }

    fn gives(&self, seen: &[f64]) -> bool {
        self.values.iter().map(|v| v.to_bits()).eq(seen.iter().map(|v| v.to_bits()))
    }
}

fn constant(c: f64) -> Box<FloatExpr> {
    Box::new(FloatExpr::Const(c))
}

/// The reciprocal.
fn inverse(term: &Term) -> Term {
    term.map(|x| FloatExpr::TrueDiv(constant(1.0), x), |x| 1.0 / x)
}

/// The numbers that a float may be made of.
pub(super) struct Known {
    /// Floats that were read, and the atoms.
    pub(super) simple: Vec<Term>,
    /// The integers that are made of atoms.
    pub(super) composed: Vec<Term>,
}

/// Which expressions are tried. A later level has some hundred times as many; it is for floats that the one before does
/// not give.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    /// Expressions without constants, and a constant alone.
    Plain,
    /// With constants, over one number or the quotient of two simple ones.
    Constants,
    /// With constants, over the quotient of any two numbers.
    ConstantsOfQuotients,
}

impl Level {
    pub(super) const ALL: [Level; 3] = [Level::Plain, Level::Constants, Level::ConstantsOfQuotients];
}

/// Every expression of a level that gives `seen`.
pub(super) fn candidates(level: Level, known: &Known, seen: &[f64]) -> Vec<FloatExpr> {
    let Some(first) = seen.first() else { return Vec::new() };
    if seen.iter().all(|v| v.to_bits() == first.to_bits()) {
        return if level == Level::Plain { vec![FloatExpr::Const(*first)] } else { Vec::new() };
    }
    let all: Vec<&Term> = known.simple.iter().chain(&known.composed).collect();
    let alone = || all.iter().flat_map(|x| unary(x)).chain(with_floats(&all));
    match level {
        Level::Plain => {
            let alone = alone().filter(|term| term.gives(seen)).map(|term| term.expr);
            alone.chain(pairs(&all).flat_map(|(x, y)| quotients_that_give(x, y, seen))).collect()
        }
        Level::Constants => {
            let simple: Vec<&Term> = known.simple.iter().collect();
            let terms = || alone().chain(pairs(&simple).flat_map(|(x, y)| quotients(x, y)));
            with_constants(terms, &simple, seen)
        }
        Level::ConstantsOfQuotients => with_constants(|| pairs(&all).flat_map(|(x, y)| quotients(x, y)), &all, seen),
    }
}

/// What gives `seen` with one or two constants: the terms, and quotients of numbers.
fn with_constants<T: Iterator<Item = Term>>(terms: impl Fn() -> T, numbers: &[&Term], seen: &[f64]) -> Vec<FloatExpr> {
    let one = terms().flat_map(|term| one_constant(&term, seen));
    let scaled = pairs(numbers).flat_map(|(x, y)| scaled_quotient(x, y, seen));
    let two = terms().flat_map(|term| two_constants(&term, seen));
    one.chain(scaled).chain(two).collect()
}

/// All pairs of two terms.
fn pairs<'a>(terms: &'a [&'a Term]) -> impl Iterator<Item = (&'a Term, &'a Term)> {
    let pairs = terms.iter().flat_map(|x| terms.iter().map(move |y| (*x, *y)));
    pairs.filter(|(x, y)| x.expr != y.expr)
}

/// An integer, and what is written with it alone.
fn unary(x: &Term) -> Vec<Term> {
    let sqrt = x.map(FloatExpr::Sqrt, f64::sqrt);
    let power = |by: f64| Term {
        expr: FloatExpr::Pow(Box::new(x.expr.clone()), constant(by)),
        values: x.values.iter().map(|v| v.powf(by)).collect(),
    };
    let inverted = inverse(x);
    vec![
        x.clone(),
        sqrt.clone(),
        power(0.5),
        inverted.clone(),
        inverse(&sqrt),
        power(-0.5),
        inverse(&power(0.5)),
        inverted.map(FloatExpr::Sqrt, f64::sqrt),
        power(2.0),
        power(-1.0),
        power(0.25),
        power(-0.25),
        power(1.5),
        power(-1.5),
        x.map(FloatExpr::Ln, f64::ln),
    ]
}

fn sqrt(x: FloatExpr) -> FloatExpr {
    FloatExpr::Sqrt(Box::new(x))
}

fn over(x: FloatExpr, y: FloatExpr) -> FloatExpr {
    FloatExpr::TrueDiv(Box::new(x), Box::new(y))
}

/// What is written with two numbers: its value, and its expression.
type OfTwo = (fn(f64, f64) -> f64, fn(FloatExpr, FloatExpr) -> FloatExpr);

const QUOTIENTS: [OfTwo; 6] = [
    (|x, y| (x / y).sqrt(), |x, y| sqrt(over(x, y))),
    (|x, y| x / y, over),
    (|x, y| x / y.sqrt(), |x, y| over(x, sqrt(y))),
    (|x, y| x.sqrt() / y, |x, y| over(sqrt(x), y)),
    (|x, y| x.sqrt() / y.sqrt(), |x, y| over(sqrt(x), sqrt(y))),
    (|x, y| x.sqrt() * y.sqrt(), |x, y| FloatExpr::Mul(Box::new(sqrt(x)), Box::new(sqrt(y)))),
];

fn quotients(x: &Term, y: &Term) -> impl Iterator<Item = Term> {
    QUOTIENTS.iter().map(|(f, build)| Term {
        expr: build(x.expr.clone(), y.expr.clone()),
        values: x.values.iter().zip(&y.values).map(|(x, y)| f(*x, *y)).collect(),
    })
}

/// The same that gives `seen`. Of most, one value is computed.
fn quotients_that_give(x: &Term, y: &Term, seen: &[f64]) -> impl Iterator<Item = FloatExpr> {
    let gives = move |f: fn(f64, f64) -> f64| {
        x.values.iter().zip(&y.values).zip(seen).all(|((x, y), value)| f(*x, *y).to_bits() == value.to_bits())
    };
    QUOTIENTS.iter().filter(move |(f, _)| gives(*f)).map(|(_, build)| build(x.expr.clone(), y.expr.clone()))
}

/// What is written with a float that was read and another number.
fn with_floats(plain: &[&Term]) -> Vec<Term> {
    let mut all = Vec::new();
    for (i, x) in plain.iter().enumerate().filter(|(_, x)| matches!(x.expr, FloatExpr::Read(_))) {
        for (j, y) in plain.iter().enumerate() {
            // Each pair of floats once.
            if j < i || !matches!(y.expr, FloatExpr::Read(_)) {
                all.push(x.with(y, FloatExpr::Mul, |a, b| a * b));
                all.push(x.with(y, FloatExpr::Add, |a, b| a + b));
            }
            all.push(x.with(y, FloatExpr::Sub, |a, b| a - b));
            all.push(y.with(x, FloatExpr::Sub, |a, b| a - b));
        }
        all.push(x.with(x, FloatExpr::Mul, |a, b| a * b));
    }
    all
}

/// A form with one constant `c`, which the value follows in one direction.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// `x + c`, and `x - c` where `c` is negative
    Add,
    /// `c - x`
    From,
    /// `c * x`
    Times,
    /// `x / c`
    Over,
    /// `c / x`
    Under,
    /// `x ** c`
    Power,
    /// `c ** x`
    Exponent,
    /// `sqrt(c * x)`
    RootTimes,
    /// `sqrt(x / c)`
    RootOver,
    /// `1 / sqrt(c * x)`
    InverseRoot,
    /// `1 / (c * x)`
    InverseTimes,
}

const FORMS: [Form; 11] = [
    Form::Add,
    Form::From,
    Form::Times,
    Form::Over,
    Form::Under,
    Form::Power,
    Form::Exponent,
    Form::RootTimes,
    Form::RootOver,
    Form::InverseRoot,
    Form::InverseTimes,
];

impl Form {
    fn eval(self, c: f64, x: f64) -> f64 {
        match self {
            Form::Add => x + c,
            Form::From => c - x,
            Form::Times => c * x,
            Form::Over => x / c,
            Form::Under => c / x,
            Form::Power => x.powf(c),
            Form::Exponent => c.powf(x),
            Form::RootTimes => (c * x).sqrt(),
            Form::RootOver => (x / c).sqrt(),
            Form::InverseRoot => 1.0 / (c * x).sqrt(),
            Form::InverseTimes => 1.0 / (c * x),
        }
    }

    fn build(self, c: f64, x: FloatExpr) -> FloatExpr {
        let x = Box::new(x);
        let times = |x| Box::new(FloatExpr::Mul(constant(c), x));
        match self {
            Form::Add if c < 0.0 => FloatExpr::Sub(x, constant(-c)),
            Form::Add => FloatExpr::Add(x, constant(c)),
            Form::From => FloatExpr::Sub(constant(c), x),
            Form::Times => FloatExpr::Mul(x, constant(c)),
            Form::Over => FloatExpr::TrueDiv(x, constant(c)),
            Form::Under => FloatExpr::TrueDiv(constant(c), x),
            Form::Power => FloatExpr::Pow(x, constant(c)),
            Form::Exponent => FloatExpr::Pow(constant(c), x),
            Form::RootTimes => FloatExpr::Sqrt(times(x)),
            Form::RootOver => FloatExpr::Sqrt(Box::new(FloatExpr::TrueDiv(x, constant(c)))),
            Form::InverseRoot => FloatExpr::TrueDiv(constant(1.0), Box::new(FloatExpr::Sqrt(times(x)))),
            Form::InverseTimes => FloatExpr::TrueDiv(constant(1.0), times(x)),
        }
    }

    /// Where the constant may lie: the value follows it in one direction on each of these.
    fn ranges(self) -> &'static [(f64, f64)] {
        match self {
            Form::Add | Form::From | Form::Times | Form::Under => &[(-1e300, 1e300)],
            Form::Power => &[(-64.0, 64.0)],
            Form::Exponent | Form::RootTimes | Form::RootOver | Form::InverseRoot => &[(1e-300, 1e300)],
            Form::Over | Form::InverseTimes => &[(1e-300, 1e300), (-1e300, -1e-300)],
        }
    }

    /// About the constant with which `x` gives `value`.
    fn inverse(self, x: f64, value: f64) -> f64 {
        match self {
            Form::Add => value - x,
            Form::From => value + x,
            Form::Times => value / x,
            Form::Over => x / value,
            Form::Under => value * x,
            Form::Power => value.ln() / x.ln(),
            Form::Exponent => value.powf(1.0 / x),
            Form::RootTimes => value * value / x,
            Form::RootOver => x / (value * value),
            Form::InverseRoot => 1.0 / (value * value * x),
            Form::InverseTimes => 1.0 / (value * x),
        }
    }

    /// The constants with which all samples come out.
    fn constant(self, x: &[f64], seen: &[f64]) -> Option<f64> {
        let (first, value) = (x.first()?, seen.first()?);
        let c = self.inverse(*first, *value);
        if !c.is_finite() || !x.iter().zip(seen).all(|(x, value)| near(self.eval(c, *x), *value, *x)) {
            return None;
        }
        self.ranges().iter().find_map(|(low, high)| {
            let mut interval = Interval::new(*low, *high);
            for (x, value) in x.iter().zip(seen) {
                interval = interval.narrowed(|c| self.eval(c, *x), *value)?;
            }
            let c = interval.nicest();
            let gives = x.iter().zip(seen).all(|(x, value)| self.eval(c, *x).to_bits() == value.to_bits());
            (gives && c != 0.0).then_some(c)
        })
    }
}

/// Whether a value is not far from another one, next to what it was computed from. It saves the search for a constant
/// where there is none.
fn near(a: f64, b: f64, x: f64) -> bool {
    (a - b).abs() <= 1e-7 * (b.abs() + 1e-6 * x.abs())
}

fn one_constant(term: &Term, seen: &[f64]) -> Vec<FloatExpr> {
    let found = FORMS.iter().filter_map(|form| Some((form, form.constant(&term.values, seen)?)));
    found.map(|(form, c)| form.build(c, term.expr.clone())).collect()
}

/// `(c * x) / y` and `x / (c * y)`, which round otherwise than `c * (x / y)`.
fn scaled_quotient(x: &Term, y: &Term, seen: &[f64]) -> Vec<FloatExpr> {
    let samples = || x.values.iter().zip(&y.values).zip(seen);
    let ((Some(x0), Some(y0)), Some(v0)) = ((x.values.first(), y.values.first()), seen.first()) else {
        return Vec::new();
    };
    let ratio = v0 * y0 / x0;
    if !samples().all(|((x, y), value)| near(ratio * x / y, *value, 0.0)) {
        return Vec::new();
    }
    let constant_of = |f: fn(f64, f64, f64) -> f64| {
        let mut interval = Interval::new(1e-300, 1e300);
        for ((x, y), value) in samples() {
            interval = interval.narrowed(|c| f(c, *x, *y), *value)?;
        }
        Some(interval.nicest())
    };
    let (numerator, denominator) = (Box::new(x.expr.clone()), Box::new(y.expr.clone()));
    let above = constant_of(|c, x, y| (c * x) / y)
        .map(|c| FloatExpr::TrueDiv(Box::new(FloatExpr::Mul(constant(c), numerator.clone())), denominator.clone()));
    let below = constant_of(|c, x, y| x / (c * y))
        .map(|c| FloatExpr::TrueDiv(numerator.clone(), Box::new(FloatExpr::Mul(constant(c), denominator.clone()))));
    above.into_iter().chain(below).collect()
}

/// `c*x + d`, `x/c + d`, `c/x + d`, `(x + d) * c`, `(x + d) / c` and `c / (x + d)`: one constant is the slope between two
/// samples, the other follows.
fn two_constants(term: &Term, seen: &[f64]) -> Vec<FloatExpr> {
    let mut found = Vec::new();
    let x = &term.values;
    // The samples that are furthest apart give the slope with most digits.
    let ends = |v: &[f64]| {
        let least = v.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1))?.0;
        let most = v.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?.0;
        Some((least, most))
    };
    let Some((i, j)) = ends(x) else { return found };
    let (Some(xi), Some(xj), Some(vi), Some(vj)) = (x.get(i), x.get(j), seen.get(i), seen.get(j)) else { return found };
    let slope = (vj - vi) / (xj - xi);
    for (inner, c) in
        [(Form::Times, slope), (Form::Over, 1.0 / slope), (Form::Under, (vj - vi) / (1.0 / xj - 1.0 / xi))]
    {
        let d = vi - inner.eval(c, *xi);
        let fits = |(x, v): (&f64, &f64)| near(inner.eval(c, *x) + d, *v, inner.eval(c, *x));
        if !c.is_finite() || c == 0.0 || !x.iter().zip(seen).all(fits) {
            continue;
        }
        for c in rounded(c) {
            let scaled: Vec<f64> = x.iter().map(|x| inner.eval(c, *x)).collect();
            if let Some(d) = Form::Add.constant(&scaled, seen) {
                found.push(Form::Add.build(d, inner.build(c, term.expr.clone())));
                break;
            }
        }
    }
    // `(x + d) * c` is 0 at `x = -d`; `c / (x + d)` is the reciprocal of such a line.
    let line = |vi: f64, vj: f64| vi * (xj - xi) / (vj - vi) - xi;
    for (outer, d) in
        [(Form::Times, line(*vi, *vj)), (Form::Over, line(*vi, *vj)), (Form::Under, line(1.0 / vi, 1.0 / vj))]
    {
        let c = outer.inverse(xi + d, *vi);
        let fits = |(x, v): (&f64, &f64)| near(outer.eval(c, x + d), *v, *x);
        if !d.is_finite() || d == 0.0 || !x.iter().zip(seen).all(fits) {
            continue;
        }
        for d in rounded(d) {
            let moved: Vec<f64> = x.iter().map(|x| x + d).collect();
            if let Some(c) = outer.constant(&moved, seen) {
                found.push(outer.build(c, Form::Add.build(d, term.expr.clone())));
                break;
            }
        }
    }
    found
}
