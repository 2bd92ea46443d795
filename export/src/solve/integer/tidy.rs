//! The same expression with fewer operations, as a person would write it.

use super::form::{Form, Op};

/// The form with `x//k + d` as `(x + d*k)//k`, `x - x%k` as `k*(x//k)`, and the like. Each step is right for all integers.
pub(super) fn tidied(form: Form) -> Form {
    let Form::Binary(op, x, y) = form else { return form };
    let (x, y) = (tidied((*x).clone()), tidied((*y).clone()));
    if let Some(form) = without_negation(op, &x, &y) {
        return form;
    }
    let shift = match (op, &y) {
        (Op::Add, Form::Int(d)) => Some(*d),
        (Op::Sub, Form::Int(d)) => d.checked_neg(),
        _ => None,
    };
    if let (Some(d), Form::Binary(Op::Div, inner, divisor)) = (shift, &x)
        && let Form::Int(k) = **divisor
        && let Some(shift) = d.checked_mul(k)
    {
        let moved = Form::new(Op::Div, (**inner).clone().plus(shift), Form::Int(k));
        if moved.weight() <= Form::new(op, x.clone(), y.clone()).weight() {
            return moved;
        }
    }
    if let (Op::Sub, Form::Binary(Op::Mod, inner, divisor)) = (op, &y) {
        // `x + c - (x + d)%k` is `k*((x + d)//k) + (c - d)`.
        let (base, d) = shifted(inner);
        let (own, c) = shifted(&x);
        if base == own {
            let quotient = Form::new(Op::Div, (**inner).clone(), (**divisor).clone());
            return Form::new(Op::Mul, (**divisor).clone(), quotient).plus(c - d);
        }
    }
    if let Some(form) = excess(op, &x, &y).or_else(|| quotient_inside(op, &x, &y)) {
        return form;
    }
    match shift {
        Some(d) => x.plus(d),
        None => Form::new(op, x, y),
    }
}

/// `x + (n - y)` as `x - y + n`, `x - (n - y)` as `x + y - n`, `-((n - x)//k)` as `(x - n + k - 1)//k`.
fn without_negation(op: Op, x: &Form, y: &Form) -> Option<Form> {
    let negated = |form: &Form| match form {
        Form::Binary(Op::Sub, n, inner) => match **n {
            Form::Int(n) if n.abs() < 1 << 40 => Some((n, (**inner).clone())),
            _ => None,
        },
        _ => None,
    };
    if let (Op::Sub, Form::Binary(Op::Div, numerator, divisor)) = (op, y)
        && let (Some((n, inner)), Form::Int(k)) = (negated(numerator), &**divisor)
        && *k > 0
    {
        let rounded_up = Form::new(Op::Div, inner.plus(k - 1 - n), Form::Int(*k));
        return Some(match x {
            Form::Int(d) => tidied(rounded_up.plus(*d)),
            x => Form::new(Op::Add, x.clone(), rounded_up),
        });
    }
    match (op, negated(x), negated(y)) {
        (_, _, Some((_, Form::Int(_)))) | (_, Some((_, Form::Int(_))), _) => None,
        (Op::Add, _, Some((n, y))) => Some(tidied(Form::new(Op::Sub, x.clone(), y)).plus(n)),
        (Op::Add, Some((n, x)), None) if !matches!(y, Form::Int(_)) => {
            Some(tidied(Form::new(Op::Sub, y.clone(), x)).plus(n))
        }
        (Op::Sub, _, Some((n, y))) => Some(tidied(Form::new(Op::Add, x.clone(), y)).plus(-n)),
        _ => None,
    }
}

/// `Max(x, y) - y` as `Max(x - y, 0)`, and its relatives.
fn excess(op: Op, x: &Form, y: &Form) -> Option<Form> {
    if op != Op::Sub {
        return None;
    }
    let other = |form: &Form, wanted: Op, known: &Form| match form {
        Form::Binary(op, a, b) if *op == wanted && **b == *known => Some((**a).clone()),
        Form::Binary(op, a, b) if *op == wanted && **a == *known => Some((**b).clone()),
        _ => None,
    };
    for side in [Op::Max, Op::Min] {
        let opposite = if side == Op::Max { Op::Min } else { Op::Max };
        let difference = match (other(x, side, y), other(y, opposite, x)) {
            (Some(a), _) => Form::new(Op::Sub, a, y.clone()),
            (None, Some(b)) => Form::new(Op::Sub, x.clone(), b),
            (None, None) => continue,
        };
        return Some(Form::new(side, difference, Form::Int(0)));
    }
    None
}

/// `Max(x, c)//k` as `Max(x//k, c//k)`, where that makes the number small.
fn quotient_inside(op: Op, x: &Form, y: &Form) -> Option<Form> {
    let (Op::Div, Form::Int(k), Form::Binary(side @ (Op::Max | Op::Min), inner, number)) = (op, y, x) else {
        return None;
    };
    let Form::Int(c) = **number else { return None };
    let divided = (*k > 1 && (c % k == 0 || c % k == k - 1)).then(|| c.div_euclid(*k))?;
    Some(Form::new(*side, Form::new(Op::Div, (**inner).clone(), Form::Int(*k)), Form::Int(divided)))
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
