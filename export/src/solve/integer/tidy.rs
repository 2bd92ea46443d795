//! The same expression with fewer operations, as a person would write it.

use super::form::{Form, Op};

/// The form with `x//k + d` as `(x + d*k)//k`, and `x - x%k` as `k*(x//k)`. Both are equal for all integers.
pub(super) fn tidied(form: Form) -> Form {
    let Form::Binary(op, x, y) = form else { return form };
    let (x, y) = (tidied((*x).clone()), tidied((*y).clone()));
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
    Form::new(op, x, y)
}

/// The form without a number that is added, and the number.
fn shifted(form: &Form) -> (Form, i64) {
    if let Form::Binary(op @ (Op::Add | Op::Sub), x, y) = form
        && let Form::Int(n) = **y
        && n.abs() < 1 << 40
    {
        return ((**x).clone(), if *op == Op::Add { n } else { -n });
    }
    (form.clone(), 0)
}
