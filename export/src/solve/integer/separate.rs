//! Numbers that are a sum or a product of a part of one size and a part of the other ones.

use symbolic::arith::gcd;

use super::domain::{Domain, Random, TOP};
use super::form::{Form, Op};
use super::target::Target;
use super::tidy::shifted;

/// How many points show that a number separates.
const POINTS: usize = 10;

/// A number along some of its sizes, the others fixed.
pub(super) struct Slice<'t, 'n> {
    target: &'t Target<'n>,
    base: Vec<i64>,
    kept: Vec<usize>,
    divisor: i64,
}

impl Slice<'_, '_> {
    fn point(&self, part: &[i64]) -> Vec<i64> {
        let mut point = self.base.clone();
        for (i, x) in self.kept.iter().zip(part) {
            point.iter_mut().skip(*i).take(1).for_each(|c| *c = *x);
        }
        point
    }

    pub(super) fn at(&self, part: &[i64]) -> Option<i64> {
        let value = self.target.at(&self.point(part))?;
        (value % self.divisor == 0).then_some(value / self.divisor)
    }
}

/// A way to separate a number: both parts, and how they are combined.
pub(super) struct Separation<'t, 'n> {
    pub(super) parts: [(Domain, Slice<'t, 'n>); 2],
    op: Op,
    at_base: i64,
}

/// The ways in which a number separates into one size and the others.
pub(super) fn separations<'t, 'n>(target: &'t Target<'n>, relevant: &[usize]) -> Vec<Separation<'t, 'n>> {
    let mut found = Vec::new();
    let far: Vec<i64> = (0..target.domain.variables.len() as i64).map(|i| 530_011 + 77_003 * (i % 5)).collect();
    let Some(base) = target.domain.snap(&far) else { return found };
    let Some(at_base) = target.at(&base) else { return found };
    if relevant.len() < 2 {
        return found;
    }
    for own in relevant {
        let mut random = Random::new(0x5E9A);
        let (mut sum, mut product, mut seen) = (true, at_base != 0, 0);
        for turn in 0..POINTS {
            let top = if turn % 2 == 0 { TOP } else { 300 };
            let drawn: Vec<i64> = base.iter().map(|_| random.log(top)).collect();
            let Some(point) = target.domain.snap(&drawn) else { continue };
            let mixed = |one: &[i64], others: &[i64]| -> Vec<i64> {
                one.iter().zip(others).enumerate().map(|(i, (x, y))| if i == *own { *x } else { *y }).collect()
            };
            let values = (target.at(&point), target.at(&mixed(&point, &base)), target.at(&mixed(&base, &point)));
            let (Some(whole), Some(one), Some(others)) = values else { continue };
            seen += 1;
            let [whole, one, others, at_base] = [whole, one, others, at_base].map(i128::from);
            sum &= whole + at_base == one + others;
            product &= whole.checked_mul(at_base) == one.checked_mul(others);
            if !sum && !product {
                break;
            }
        }
        if seen * 2 < POINTS {
            continue;
        }
        let others: Vec<usize> = relevant.iter().copied().filter(|i| i != own).collect();
        for (op, fits) in [(Op::Add, sum), (Op::Mul, product)] {
            if !fits {
                continue;
            }
            let mut part = |kept: &[usize]| {
                let domain = target.domain.slice(kept, &base);
                let mut slice = Slice { target, base: base.clone(), kept: kept.to_vec(), divisor: 1 };
                if op == Op::Mul {
                    let mut common = 0_i128;
                    for _ in 0..24 {
                        let drawn: Vec<i64> = kept.iter().map(|_| random.log(TOP)).collect();
                        let value = domain.snap(&drawn).and_then(|p| slice.at(&p));
                        common = gcd(common, value.unwrap_or(0).into());
                    }
                    slice.divisor = i64::try_from(common).unwrap_or(1).max(1);
                }
                (domain, slice)
            };
            let parts = [part(&[*own]), part(&others)];
            found.push(Separation { parts, op, at_base });
        }
    }
    found
}

impl Separation<'_, '_> {
    /// The whole from the expressions of both parts.
    pub(super) fn joined(&self, forms: [Form; 2]) -> Option<Form> {
        let [x, y] = forms;
        let [one, others] = [(&self.parts[0].1, x), (&self.parts[1].1, y)]
            .map(|(slice, form)| form.renamed(&|i| slice.kept.get(i).copied()));
        let (one, others) = (one?, others?);
        let base = &self.parts[0].1.base;
        match self.op {
            Op::Add => {
                // What is added follows from the base, so the numerators keep small constants.
                let (one, others) = (reduced(one), reduced(others));
                let excess = one.at(base)?.checked_add(others.at(base)?)?.checked_sub(self.at_base)?;
                Some(Form::new(Op::Add, one, others.plus(excess.checked_neg()?)))
            }
            _ => {
                let product =
                    one.at(base)?.checked_mul(others.at(base)?).filter(|p| *p != 0 && self.at_base % p == 0)?;
                let scale = Form::Int(self.at_base / product);
                Some(Form::new(Op::Mul, Form::new(Op::Mul, scale, one), others))
            }
        }
    }
}

/// The form up to what is added to it: `(x + c)//k + d` with the smallest `c`, without `d`.
fn reduced(form: Form) -> Form {
    let (form, _) = shifted(&form);
    if let Form::Binary(Op::Div, numerator, divisor) = &form
        && let Form::Int(k) = **divisor
        && k > 0
    {
        let (base, c) = shifted(numerator);
        return Form::new(Op::Div, base.plus(c.rem_euclid(k)), Form::Int(k));
    }
    form
}
