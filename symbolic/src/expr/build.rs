//! Sums, products and powers in sympy's canonical form.

use indexmap::IndexMap;

use super::order::compare;
use super::{Expr, ExprError, ExprKind, Function, Ratio, Real};

/// Higher powers of sums stay as they are: written out they would fill the memory.
const MAX_EXPANDED: i64 = 16;

/// So do products of more terms than this.
const MAX_PRODUCTS: usize = 4096;

fn overflow(operation: impl FnOnce() -> String) -> ExprError {
    ExprError::Overflow { operation: operation() }
}

impl Expr {
    /// A literal real; only of use below `TruncToInt` and its kin.
    pub fn real(value: f64) -> Expr {
        Expr::raw(ExprKind::Real(Real(value)))
    }

    /// The fraction `numerator / denominator` in lowest terms.
    ///
    /// # Errors
    /// [`ExprError::DivisionByZero`] for a denominator of 0, [`ExprError::Overflow`] past 64 bits.
    pub fn fraction(numerator: i64, denominator: i64) -> Result<Expr, ExprError> {
        if denominator == 0 {
            return Err(ExprError::DivisionByZero { operation: format!("{numerator}/0") });
        }
        match Ratio::new(numerator, denominator) {
            Some(Ok(ratio)) => Ok(Expr::raw(ExprKind::Rational(ratio))),
            Some(Err(integer)) => Ok(Expr::int(integer)),
            None => Err(overflow(|| format!("{numerator}/{denominator}"))),
        }
    }

    /// `self + other`.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn try_add(&self, other: &Expr) -> Result<Expr, ExprError> {
        Expr::sum([self.clone(), other.clone()])
    }

    /// `self - other`.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn try_sub(&self, other: &Expr) -> Result<Expr, ExprError> {
        Expr::sum([self.clone(), other.try_neg()?])
    }

    /// `-self`.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn try_neg(&self) -> Result<Expr, ExprError> {
        Expr::product([Expr::int(-1), self.clone()])
    }

    /// `self * other`. A number times a sum distributes; products of sums stay.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn try_mul(&self, other: &Expr) -> Result<Expr, ExprError> {
        Expr::product([self.clone(), other.clone()])
    }

    /// The sum of all items, 0 for none.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn sum(items: impl IntoIterator<Item = Expr>) -> Result<Expr, ExprError> {
        let (mut constant, mut real) = (0i64, None::<f64>);
        let mut fractions: Vec<Ratio> = Vec::new();
        let mut coefficients: IndexMap<Expr, i64> = IndexMap::new();
        for item in items {
            for term in item.terms() {
                match term.kind() {
                    ExprKind::Int(n) => {
                        constant = constant.checked_add(*n).ok_or_else(|| overflow(|| format!("{constant} + {n}")))?;
                    }
                    ExprKind::Real(x) => real = Some(real.unwrap_or(0.0) + x.0),
                    ExprKind::Rational(x) => fractions.push(*x),
                    _ => {
                        let (c, rest) = term.as_coeff_mul();
                        let slot = coefficients.entry(rest).or_insert(0);
                        *slot =
                            slot.checked_add(c).ok_or_else(|| overflow(|| format!("{slot}*{term} + {c}*{term}")))?;
                    }
                }
            }
        }
        let mut terms: Vec<Expr> =
            coefficients.into_iter().filter(|(_, c)| *c != 0).map(|(e, c)| scaled(c, e)).collect();
        terms.sort_by(compare);
        if let Some(x) = real {
            let fractions: f64 = fractions.into_iter().map(Ratio::to_f64).sum();
            terms.insert(0, Expr::real(x + constant as f64 + fractions));
        } else if !fractions.is_empty() {
            let number = fractions.into_iter().try_fold((constant, 1), added);
            let (numerator, denominator) = number.ok_or_else(|| overflow(|| "a sum of fractions".to_owned()))?;
            let number = Expr::fraction(numerator, denominator)?;
            if !number.is_int(0) || terms.is_empty() {
                terms.insert(0, number);
            }
        } else if constant != 0 || terms.is_empty() {
            terms.insert(0, Expr::int(constant));
        }
        Ok(single_or(terms, ExprKind::Add))
    }

    /// The product of all items, 1 for none.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn product(items: impl IntoIterator<Item = Expr>) -> Result<Expr, ExprError> {
        let (mut coefficient, mut divisor, mut real) = (1i64, 1i64, None::<f64>);
        let mut powers: IndexMap<Expr, Vec<Expr>> = IndexMap::new();
        for item in items {
            for factor in item.factors() {
                match factor.kind() {
                    ExprKind::Int(n) => {
                        coefficient =
                            coefficient.checked_mul(*n).ok_or_else(|| overflow(|| format!("{coefficient}*{n}")))?;
                    }
                    ExprKind::Real(x) => real = Some(real.unwrap_or(1.0) * x.0),
                    ExprKind::Rational(x) => {
                        let number = times((coefficient, divisor), (x.numerator(), x.denominator()));
                        (coefficient, divisor) = number.ok_or_else(|| overflow(|| format!("{coefficient}*{x}")))?;
                    }
                    ExprKind::Pow(base, exponent) => powers.entry(base.clone()).or_default().push(exponent.clone()),
                    _ => powers.entry(factor.clone()).or_default().push(Expr::int(1)),
                }
            }
        }
        if coefficient == 0 {
            return Ok(Expr::int(0));
        }
        let mut factors = Vec::with_capacity(powers.len() + 1);
        for (base, exponents) in powers {
            let power = base.try_pow(&Expr::sum(exponents)?)?;
            match power.as_int() {
                Some(n) => {
                    coefficient = coefficient.checked_mul(n).ok_or_else(|| overflow(|| format!("{coefficient}*{n}")))?
                }
                None => factors.push(power),
            }
        }
        factors.sort_by(compare);
        if let Some(x) = real {
            factors.insert(0, Expr::real(x * (coefficient as f64 / divisor as f64)));
            return Ok(single_or(factors, ExprKind::Mul));
        }
        if divisor != 1 {
            let number = Expr::fraction(coefficient, divisor)?;
            match number.as_int() {
                Some(integer) => coefficient = integer,
                None => return times_fraction(number, factors),
            }
        }
        if let (true, [only]) = (coefficient != 1, factors.as_slice())
            && let ExprKind::Add(terms) = only.kind()
        {
            return distribute(coefficient, terms);
        }
        if coefficient != 1 || factors.is_empty() {
            factors.insert(0, Expr::int(coefficient));
        }
        Ok(single_or(factors, ExprKind::Mul))
    }

    /// `self ** exponent`.
    ///
    /// # Errors
    /// [`ExprError::NegativeExponent`] for a negative literal exponent, [`ExprError::Overflow`] past 64 bits.
    pub fn try_pow(&self, exponent: &Expr) -> Result<Expr, ExprError> {
        let Some(n) = exponent.as_int() else {
            return Ok(if self.is_int(1) {
                Expr::int(1)
            } else {
                Expr::raw(ExprKind::Pow(self.clone(), exponent.clone()))
            });
        };
        if n < 0 {
            return Err(ExprError::NegativeExponent { operation: format!("{self}**{n}") });
        }
        match (n, self.kind()) {
            (0, _) => Ok(Expr::int(1)),
            (1, _) => Ok(self.clone()),
            (_, ExprKind::Int(base)) => u32::try_from(n)
                .ok()
                .and_then(|n| base.checked_pow(n))
                .map(Expr::int)
                .ok_or_else(|| overflow(|| format!("{base}**{n}"))),
            (_, ExprKind::Mul(factors)) => {
                let powers = factors.iter().map(|f| f.try_pow(exponent)).collect::<Result<Vec<_>, _>>()?;
                Expr::product(powers)
            }
            (_, ExprKind::Pow(base, inner)) => base.try_pow(&inner.try_mul(exponent)?),
            _ => Ok(Expr::raw(ExprKind::Pow(self.clone(), exponent.clone()))),
        }
    }

    /// `function(args)`, simplified.
    ///
    /// # Errors
    /// As the function: a zero divisor, a result outside 64 bits.
    pub fn apply(function: Function, args: Vec<Expr>) -> Result<Expr, ExprError> {
        match (function, args.as_slice()) {
            (Function::FloorDiv, [a, b]) => a.floor_div(b),
            (Function::Mod | Function::PythonMod, [a, b]) => a.remainder(b, function),
            (Function::Max | Function::Min, _) => Expr::extremum(function, args),
            (Function::IntTrueDiv, [a, b]) => a.true_div(b),
            (Function::PowByNatural, [a, b]) if b.as_int().is_some() => a.try_pow(b),
            (Function::ModularIndexing, [a, b, c]) if args.iter().all(|arg| arg.as_int().is_some()) => {
                a.floor_div(b)?.modulo(c)
            }
            (Function::FloatPow | Function::FloatTrueDiv, [a, b]) => Ok(match (a.as_real(), b.as_real()) {
                (Some(a), Some(b)) if function == Function::FloatPow => Expr::real(a.powf(b)),
                (Some(a), Some(b)) if b != 0.0 => Expr::real(a / b),
                _ => Expr::raw(ExprKind::Apply(function, args)),
            }),
            (Function::Abs, [a]) if a.as_int().is_some() => {
                a.as_int().and_then(i64::checked_abs).map(Expr::int).ok_or_else(|| overflow(|| format!("Abs({a})")))
            }
            (Function::Abs, [a]) if a.is_nonnegative() => Ok(a.clone()),
            (Function::Identity, [_]) => Ok(Expr::raw(ExprKind::Apply(function, args))),
            (Function::ToFloat, [a]) => Ok(match a.as_int() {
                Some(n) => Expr::real(n as f64),
                None => Expr::raw(ExprKind::Apply(function, args)),
            }),
            (_, [a]) if function.of_float(0.5).is_some() => {
                let value = a.as_real().and_then(|x| function.of_float(x)).filter(|x| x.is_finite());
                Ok(value.map_or_else(|| Expr::raw(ExprKind::Apply(function, args)), Expr::real))
            }
            (_, [a]) => match a.kind() {
                ExprKind::Int(_) => Ok(a.clone()),
                ExprKind::Real(x) => rounded(function, x.0),
                _ => Ok(Expr::raw(ExprKind::Apply(function, args))),
            },
            _ => Ok(Expr::raw(ExprKind::Apply(function, args))),
        }
    }

    /// Products of sums and powers of sums written out, everywhere. Mirrors torch's `safe_expand`.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn expand(&self) -> Result<Expr, ExprError> {
        match self.kind() {
            ExprKind::Int(_) | ExprKind::Rational(_) | ExprKind::Real(_) | ExprKind::Symbol(_) => Ok(self.clone()),
            // As sympy leaves them: the values of a choice are not expanded.
            ExprKind::Piecewise(_) => Ok(self.clone()),
            ExprKind::Add(args) => Expr::sum(args.iter().map(Expr::expand).collect::<Result<Vec<_>, _>>()?),
            ExprKind::Apply(function, args) => {
                let args = args.iter().map(Expr::expand).collect::<Result<Vec<_>, _>>()?;
                Expr::apply(*function, args)
            }
            ExprKind::Mul(args) => {
                let args = args.iter().map(Expr::expand).collect::<Result<Vec<_>, _>>()?;
                match multiplied_out(args.iter())? {
                    Some(sum) => Ok(sum),
                    None => Expr::product(args),
                }
            }
            ExprKind::Pow(base, exponent) => {
                let (base, exponent) = (base.expand()?, exponent.expand()?);
                match (base.kind(), exponent.as_int()) {
                    (ExprKind::Add(_), Some(n)) if (0..=MAX_EXPANDED).contains(&n) => {
                        match multiplied_out((0..n).map(|_| &base))? {
                            Some(sum) => Ok(sum),
                            None => base.try_pow(&exponent),
                        }
                    }
                    _ => base.try_pow(&exponent),
                }
            }
        }
    }

    /// The literal coefficient and the rest, `6*s0*s1` as `(6, s0*s1)`.
    pub fn as_coeff_mul(&self) -> (i64, Expr) {
        match self.kind() {
            ExprKind::Int(n) => (*n, Expr::int(1)),
            ExprKind::Mul(args) => match args[0].as_int() {
                Some(c) => (c, single_or(args[1..].to_vec(), ExprKind::Mul)),
                None => (1, self.clone()),
            },
            _ => (1, self.clone()),
        }
    }

    /// The coefficient of the first symbolic term in canonical order; the number itself for a literal.
    pub fn leading_coefficient(&self) -> i64 {
        let first = self.terms().iter().find(|t| !t.is_number());
        first.unwrap_or(self).as_coeff_mul().0
    }

    /// Every coefficient divided by `by`, when all divide exactly.
    pub fn divided_exactly(&self, by: i64) -> Option<Expr> {
        if by == 1 {
            return Some(self.clone());
        }
        let terms = self.terms().iter().map(|t| {
            let (c, rest) = t.as_coeff_mul();
            (by != 0 && c.checked_rem(by) == Some(0)).then(|| scaled(c / by, rest))
        });
        // Scaling down keeps the order of the terms by sum's own sort.
        Expr::sum(terms.collect::<Option<Vec<_>>>()?).ok()
    }
}

fn scaled(coefficient: i64, rest: Expr) -> Expr {
    match (coefficient, rest.kind()) {
        (c, ExprKind::Int(1)) => Expr::int(c),
        (1, _) => rest,
        (c, ExprKind::Mul(args)) => {
            let mut all = Vec::with_capacity(args.len() + 1);
            all.push(Expr::int(c));
            all.extend(args.iter().cloned());
            Expr::raw(ExprKind::Mul(all))
        }
        (c, _) => Expr::raw(ExprKind::Mul(vec![Expr::int(c), rest])),
    }
}

fn distribute(coefficient: i64, terms: &[Expr]) -> Result<Expr, ExprError> {
    let mut out = Vec::with_capacity(terms.len());
    for term in terms {
        let (c, rest) = term.as_coeff_mul();
        let c = c.checked_mul(coefficient).ok_or_else(|| overflow(|| format!("{coefficient}*({term})")))?;
        out.push(scaled(c, rest));
    }
    Expr::sum(out)
}

/// A fraction plus another one, in lowest terms.
fn added((a, b): (i64, i64), x: Ratio) -> Option<(i64, i64)> {
    let numerator = a.checked_mul(x.denominator())?.checked_add(x.numerator().checked_mul(b)?)?;
    reduced(numerator, b.checked_mul(x.denominator())?)
}

/// The product of two fractions, in lowest terms.
fn times((a, b): (i64, i64), (c, d): (i64, i64)) -> Option<(i64, i64)> {
    reduced(a.checked_mul(c)?, b.checked_mul(d)?)
}

fn reduced(numerator: i64, denominator: i64) -> Option<(i64, i64)> {
    Some(match Ratio::new(numerator, denominator)? {
        Ok(ratio) => (ratio.numerator(), ratio.denominator()),
        Err(integer) => (integer, 1),
    })
}

/// A fraction times a product. It distributes over a single sum.
fn times_fraction(fraction: Expr, mut factors: Vec<Expr>) -> Result<Expr, ExprError> {
    if let [only] = factors.as_slice()
        && let ExprKind::Add(terms) = only.kind()
    {
        let terms = terms.iter().map(|term| Expr::product([fraction.clone(), term.clone()]));
        return Expr::sum(terms.collect::<Result<Vec<_>, _>>()?);
    }
    factors.insert(0, fraction);
    Ok(single_or(factors, ExprKind::Mul))
}

/// The product of sums as a sum; `None` where it would be too long.
fn multiplied_out<'e>(factors: impl Iterator<Item = &'e Expr>) -> Result<Option<Expr>, ExprError> {
    let mut result = Expr::int(1);
    for factor in factors {
        if result.terms().len().saturating_mul(factor.terms().len()) > MAX_PRODUCTS {
            return Ok(None);
        }
        let mut products = Vec::new();
        for x in result.terms() {
            for y in factor.terms() {
                products.push(x.try_mul(y)?);
            }
        }
        result = Expr::sum(products)?;
    }
    Ok(Some(result))
}

fn single_or(mut args: Vec<Expr>, make: impl FnOnce(Vec<Expr>) -> ExprKind) -> Expr {
    match args.len() {
        1 => args.swap_remove(0),
        _ => Expr::raw(make(args)),
    }
}

/// 2^63, the first f64 that is not an `i64`; NaN is not in any range.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

fn rounded(function: Function, x: f64) -> Result<Expr, ExprError> {
    let value = match function {
        Function::CeilToInt => x.ceil(),
        Function::FloorToInt => x.floor(),
        Function::RoundToInt => x.round_ties_even(),
        _ => x.trunc(),
    };
    if (-LIMIT..LIMIT).contains(&value) {
        Ok(Expr::int(value as i64))
    } else {
        Err(overflow(|| format!("{}({x})", function.name())))
    }
}
