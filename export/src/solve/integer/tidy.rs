//! The same expression with fewer operations, as a person would write it.

use symbolic::arith::gcd;

use super::form::{Form, Op};
use super::sum::Sum;

/// The form with `x//k + d` as `(x + d*k)//k`, `x - x%k` as `k*(x//k)`, `Min(2*x, x + 9)` as `x + Min(x, 9)`, and the like.
/// Each step is right for all integers, and none makes the expression larger.
pub(super) fn tidied(form: Form) -> Form {
    let Form::Binary(op, x, y) = &form else { return form };
    let (x, y) = (tidied((**x).clone()), tidied((**y).clone()));
    let simple = Form::new(*op, x, y);
    let Form::Binary(op, x, y) = &simple else { return simple };
    let tidy = match (op, &**y) {
        (Op::Add | Op::Sub, _) => Sum::of(&simple).map(sum),
        (Op::Div, Form::Int(k)) if *k > 1 => quotient(x, *k),
        (Op::Mod, Form::Int(k)) if *k > 1 => remainder(x, *k),
        (Op::Min | Op::Max, _) if matches!(**x, Form::Int(_)) => extreme(*op, y, x),
        (Op::Min | Op::Max, _) => extreme(*op, x, y),
        _ => None,
    };
    tidy.unwrap_or(simple)
}

/// The lightest way to write a sum.
fn sum(mut sum: Sum) -> Form {
    let mut best = sum.write();
    // Each turn makes the sum lighter or moves a number inwards, so a few are enough.
    for _ in 0..4 {
        let ways = (0..sum.terms.len()).filter_map(|i| {
            let (c, term) = sum.terms.get(i)?;
            let Form::Binary(op, x, y) = term else { return None };
            let rest = sum.without(i);
            let way = match (op, &**y) {
                (Op::Mod, Form::Int(k)) if *k > 0 => multiple(*c, x, *k, &rest),
                (Op::Div, Form::Int(k)) if *k > 0 => whole(*c, x, *k, &rest),
                (Op::Min | Op::Max, _) => clamped(*c, *op, x, y, &rest).or_else(|| pushed(*c, *op, x, y, &rest)),
                _ => None,
            }?;
            let (written, ties) = (way.0.write(), way.1);
            let lighter = written.weight() < best.weight() || ties && written.weight() == best.weight();
            (lighter && written != best).then_some((written.weight(), written, way.0))
        });
        let Some((_, written, next)) = ways.min_by_key(|way| way.0) else { break };
        (best, sum) = (written, next);
    }
    best
}

/// `x + c - (x + d)%k` as `k*((x + d)//k) + (c - d)`. Like those below, the second item says whether it is better at the same
/// weight.
fn multiple(c: i64, inner: &Form, k: i64, rest: &Sum) -> Option<(Sum, bool)> {
    let times = c.checked_neg()?;
    let quotient = Form::new(Op::Div, inner.clone(), Form::Int(k));
    let mut sum = rest.plus(&Sum::of(inner)?, c)?;
    sum.add(times.checked_mul(k)?, quotient)?;
    (times > 0).then_some((sum, true))
}

/// `(x + c)//k + d` as `(x + c + d*k)//k`, and `-((n - x)//k)` as `(x - n + k - 1)//k`.
fn whole(c: i64, numerator: &Form, k: i64, rest: &Sum) -> Option<(Sum, bool)> {
    let mut inner = Sum::of(numerator)?;
    let mut c = c;
    if c < 0 && !inner.terms.is_empty() && inner.terms.iter().all(|(factor, _)| *factor < 0) {
        inner = Sum { number: k - 1, ..Sum::default() }.plus(&inner, -1)?;
        c = c.checked_neg()?;
    }
    let mut rest = rest.clone();
    if c == 1 {
        inner.number = inner.number.checked_add(rest.number.checked_mul(k)?)?;
        rest.number = 0;
    }
    // As PyTorch, which takes what the divisor divides out of a quotient.
    if inner.number % k == 0 {
        rest.number = rest.number.checked_add((inner.number / k).checked_mul(c)?)?;
        inner.number = 0;
    }
    rest.add(c, Form::new(Op::Div, inner.write(), Form::Int(k)))?;
    Some((rest, true))
}

/// `Max(x, y) - y` as `Max(x - y, 0)`, `Min(0, x - 9) + 9` as `Min(x, 9)`, and the like.
fn pushed(c: i64, op: Op, x: &Form, y: &Form, rest: &Sum) -> Option<(Sum, bool)> {
    if c.abs() != 1 {
        return None;
    }
    let op = if c == 1 { op } else { opposite(op) };
    let [x, y] = [rest.plus(&Sum::of(x)?, c)?, rest.plus(&Sum::of(y)?, c)?].map(|side| side.write());
    let difference = !rest.terms.is_empty() && (x == Form::Int(0) || y == Form::Int(0));
    let mut sum = Sum::default();
    sum.add(1, Form::new(op, x, y))?;
    Some((sum, difference))
}

/// `Max(x, 6) - Max(x, 49)` as `Max(Min(x, 49), 6) - 49`: a size that is held between two numbers.
fn clamped(c: i64, op: Op, x: &Form, y: &Form, rest: &Sum) -> Option<(Sum, bool)> {
    let Form::Int(own) = *y else { return None };
    let (i, other) = rest.terms.iter().enumerate().find_map(|(i, (factor, term))| match term {
        Form::Binary(theirs, z, n) if *theirs == op && **z == *x && factor.checked_neg() == Some(c) => match **n {
            Form::Int(n) => Some((i, n)),
            _ => None,
        },
        _ => None,
    })?;
    let (low, high) = (own.min(other), own.max(other));
    // The maximum with the lower number, or the minimum with the higher one, less the other.
    let (c, less) = match op {
        Op::Max if own == low => (c, high),
        Op::Min if own == high => (c, low),
        _ => return None,
    };
    let mut sum = rest.without(i);
    sum.add(c, Form::new(Op::Max, Form::new(Op::Min, x.clone(), Form::Int(high)), Form::Int(low)))?;
    sum.number = sum.number.checked_sub(c.checked_mul(less)?)?;
    Some((sum, true))
}

/// `Min(2*x, x + 9)` as `x + Min(x, 9)`, and `Min(x - 30, -8)` as `Min(x, 22) - 30`: without what both sides have in common,
/// or without the number in one of them, if that is lighter.
///
/// A size between two numbers is written in one way: `Min(Max(x, 6), 49)` as `Max(Min(x, 49), 6)`.
fn extreme(op: Op, x: &Form, y: &Form) -> Option<Form> {
    if let (Op::Min, Form::Binary(Op::Max, inner, low), Form::Int(high)) = (op, x, y)
        && matches!(**low, Form::Int(low) if low <= *high)
    {
        let held = Form::new(Op::Min, (**inner).clone(), Form::Int(*high));
        return Some(Form::new(Op::Max, held, (**low).clone()));
    }
    let (left, right) = (Sum::of(x)?, Sum::of(y)?);
    let number = |number: i64| Sum { number, ..Sum::default() };
    let ways = [left.common(&right), number(left.number), number(right.number)].map(|out| {
        let mut whole = out.clone();
        whole.add(1, Form::new(op, left.plus(&out, -1)?.write(), right.plus(&out, -1)?.write()))?;
        Some(whole.write())
    });
    let lightest = ways.into_iter().flatten().min_by_key(Form::weight)?;
    (lightest.weight() < Form::new(op, x.clone(), y.clone()).weight()).then_some(lightest)
}

/// `Max(x, c)//k` as `Max(x//k, c//k)`, where that makes the number small or a division needless.
fn quotient(x: &Form, k: i64) -> Option<Form> {
    let Form::Binary(side @ (Op::Max | Op::Min), x, y) = x else { return None };
    if let Form::Int(c) = **y {
        let near = c % k == 0 || c % k == k - 1;
        return near
            .then(|| Form::new(*side, Form::new(Op::Div, (**x).clone(), Form::Int(k)), Form::Int(c.div_euclid(k))));
    }
    let whole = Form::new(*side, divided(x, k)?, divided(y, k)?);
    (whole.weight() < 3 + x.weight() + y.weight()).then_some(whole)
}

/// `x//k` without the factor that all terms of `x` share with `k`.
fn divided(x: &Form, k: i64) -> Option<Form> {
    let sum = Sum::of(x)?;
    let factors = sum.terms.iter().map(|(factor, _)| *factor).chain([sum.number, k]);
    let shared = factors.fold(0_i128, |shared, factor| gcd(shared, factor.into()));
    let shared = i64::try_from(shared).ok().filter(|shared| *shared > 0)?;
    Some(Form::new(Op::Div, sum.over(shared).write(), Form::Int(k / shared)))
}

/// `Max(x - d, c) % k` as `Max(x, c + d) % k`, where `k` divides `d`.
fn remainder(x: &Form, k: i64) -> Option<Form> {
    let mut sum = Sum::of(x)?;
    let before = sum.write().weight();
    for i in 0..sum.terms.len() {
        let Some((1, Form::Binary(op @ (Op::Max | Op::Min), x, y))) = sum.terms.get(i) else { continue };
        let (mut x, mut y) = (Sum::of(x)?, Sum::of(y)?);
        // The number that leaves the side which is more than a number.
        let out = if y.terms.is_empty() { x.number } else { y.number };
        let number = sum.number.checked_add(out)?.rem_euclid(k);
        if out == 0 || number != 0 {
            continue;
        }
        x.number = x.number.checked_sub(out)?;
        y.number = y.number.checked_sub(out)?;
        let moved = Form::new(*op, x.write(), y.write());
        sum = Sum { number, ..sum.without(i) };
        sum.add(1, moved)?;
    }
    let written = sum.write();
    (written.weight() < before).then(|| Form::new(Op::Mod, written, Form::Int(k)))
}

fn opposite(op: Op) -> Op {
    if op == Op::Max { Op::Min } else { Op::Max }
}

/// The form without a number that is added, and the number.
pub(super) fn shifted(form: &Form) -> (Form, i64) {
    if let Form::Binary(op @ (Op::Add | Op::Sub), x, y) = form
        && let Form::Int(n) = **y
        && n.abs() < 1 << 40
    {
        return ((**x).clone(), if *op == Op::Add { n } else { -n });
    }
    (form.clone(), 0)
}
