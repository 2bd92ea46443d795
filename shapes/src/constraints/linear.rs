//! `(a*s + c) / q` in one symbol: what a guard on one size becomes once floor divisions and remainders are taken apart.

use symbolic::arith::{bezout, gcd};
use symbolic::{Affine, Expr, ExprKind, Function, ShapeEnv};

/// A linear form in one symbol, in lowest terms, `q >= 1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Linear {
    pub(super) a: i128,
    pub(super) c: i128,
    pub(super) q: i128,
}

/// `form` is a multiple of `modulus`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Congruence {
    pub(super) form: Linear,
    pub(super) modulus: i128,
}

impl Linear {
    fn new(a: i128, c: i128, q: i128) -> Linear {
        let g = gcd(gcd(a, c), q).max(1);
        Linear { a: a / g, c: c / g, q: q / g }
    }

    fn constant(c: i128) -> Linear {
        Linear { a: 0, c, q: 1 }
    }

    fn plus(self, other: Linear) -> Option<Linear> {
        let cross = |x: i128, y: i128| x.checked_mul(other.q)?.checked_add(y.checked_mul(self.q)?);
        Some(Linear::new(cross(self.a, other.a)?, cross(self.c, other.c)?, self.q.checked_mul(other.q)?))
    }

    fn times(self, by: i128) -> Option<Linear> {
        Some(Linear::new(self.a.checked_mul(by)?, self.c.checked_mul(by)?, self.q))
    }

    pub(super) fn minus(self, other: Linear) -> Option<Linear> {
        self.plus(other.times(-1)?)
    }

    /// Where the form is zero, as numerator and positive denominator.
    pub(super) fn root(self) -> (i128, i128) {
        if self.a < 0 { (self.c, -self.a) } else { (-self.c, self.a) }
    }

    /// Reads an expression in at most one symbol. Every `e % k` is taken at its example value and noted as a congruence,
    /// every `e // k` becomes the exact quotient of what is left: torch's `rewrite_with_congruences`. `None` when the
    /// expression is not linear after that.
    pub(super) fn read(e: &Expr, env: &ShapeEnv, noted: &mut Vec<Congruence>) -> Option<Linear> {
        match e.kind() {
            ExprKind::Int(n) => Some(Linear::constant((*n).into())),
            ExprKind::Symbol(_) => Some(Linear { a: 1, c: 0, q: 1 }),
            ExprKind::Add(args) => {
                args.iter().try_fold(Linear::constant(0), |sum, t| sum.plus(Linear::read(t, env, noted)?))
            }
            ExprKind::Mul(args) => {
                let (factor, rest) = args.split_first()?;
                let [only] = rest else { return None };
                Linear::read(only, env, noted)?.times(factor.as_int()?.into())
            }
            ExprKind::Apply(function @ (Function::FloorDiv | Function::Mod), args) => {
                let [numerator, divisor] = args.as_slice() else { return None };
                let k = divisor.as_int().filter(|k| *k > 0)?;
                let rest: i128 = env.hint(numerator).ok()?.rem_euclid(k).into();
                let k = i128::from(k);
                let form = Linear::read(numerator, env, noted)?.minus(Linear::constant(rest))?;
                let step = form.q.checked_mul(k)?;
                if form.a % step != 0 || form.c % step != 0 {
                    noted.push(Congruence { form, modulus: k });
                }
                Some(match function {
                    Function::Mod => Linear::constant(rest),
                    _ => Linear::new(form.a, form.c, step),
                })
            }
            _ => None,
        }
    }
}

impl Congruence {
    /// `s = remainder` modulo `modulus`, where the coefficient lets torch understand it.
    pub(super) fn solved(self) -> Option<(i128, i128)> {
        let Linear { a, c, q } = self.form;
        let k = self.modulus;
        let (a, d) = if q == 1 && c % k == 0 { (a.rem_euclid(k), 1) } else { (a, q) };
        if (a, d) != (1, 1) {
            let whole = |n: i128, by: i128| by != 0 && n % by == 0;
            if d == 1 || !whole(k.checked_mul(d)?, a) || !whole(c.checked_mul(d)?, q.checked_mul(a)?) {
                return None;
            }
        }
        let modulus = k.checked_mul(d)? / a;
        let shift = c.checked_mul(d)? / q.checked_mul(a)?;
        (modulus > 0).then(|| (modulus, (-shift).rem_euclid(modulus)))
    }
}

/// Both congruences as one; `None` when they exclude each other.
pub(super) fn combined((m, r): (i128, i128), (k, want): (i128, i128)) -> Option<(i128, i128)> {
    // m*i = want - r modulo k, for the least i.
    let (shared, inverse) = bezout(m, k);
    let (step, wanted) = (k / shared, want - r);
    if wanted % shared != 0 {
        return None;
    }
    let i = (wanted / shared).rem_euclid(step).checked_mul(inverse.rem_euclid(step))?.rem_euclid(step);
    let lcm = m.checked_mul(step)?;
    Some((lcm, r.checked_add(m.checked_mul(i)?)?.rem_euclid(lcm)))
}

/// `mul*root + add = rest` modulo `modulus` as a congruence of the root.
pub(super) fn of_root(form: Affine, modulus: i128, rest: i128) -> Option<(i128, i128)> {
    let (shared, inverse) = bezout(form.mul.into(), modulus);
    let (modulus, wanted) = (modulus / shared, rest - i128::from(form.add));
    // Within one period of the root one value fits, or none does.
    let fits = wanted % shared == 0;
    let rest = (wanted / shared).rem_euclid(modulus).checked_mul(inverse.rem_euclid(modulus))?.rem_euclid(modulus);
    fits.then_some((modulus, rest))
}
