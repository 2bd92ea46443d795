//! The text torch prints: sympy's `str` with torch's functions.

use std::fmt::{self, Write};

use super::order::{compare_keys, ordered_factors, ordered_terms};
use super::{Expr, ExprKind, Function};

/// Sympy's binding strengths; torch gives its divisions the strength of a relation, hence their double brackets.
pub(crate) const RELATIONAL: u16 = 35;
pub(super) const ADD: u16 = 40;
pub(crate) const MUL: u16 = 50;
pub(super) const POW: u16 = 60;
const CALL: u16 = 70;
pub(super) const ATOM: u16 = 1000;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        write(self, &mut text)?;
        f.pad(&text)
    }
}

/// One side of an inequality, bracketed where sympy brackets it.
pub(crate) fn relation_side(e: &Expr) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = bracketed(e, precedence(e) <= RELATIONAL, &mut text);
    text
}

fn write(e: &Expr, out: &mut String) -> fmt::Result {
    match e.kind() {
        ExprKind::Int(n) => write!(out, "{n}"),
        ExprKind::Real(x) => out.write_str(&real_text(x.0)),
        ExprKind::Rational(x) => write!(out, "{x}"),
        ExprKind::Symbol(s) => out.write_str(s.name()),
        ExprKind::Add(_) => write_sum(e, out),
        ExprKind::Mul(_) => write_product(e, out),
        ExprKind::Pow(base, exponent) => {
            bracketed(base, precedence(base) <= POW, out)?;
            out.push_str("**");
            bracketed(exponent, precedence(exponent) <= POW, out)
        }
        ExprKind::Apply(Function::Identity, args) => {
            out.push('(');
            for arg in args {
                write(arg, out)?;
            }
            out.push(')');
            Ok(())
        }
        ExprKind::Piecewise(cases) => {
            out.push_str("Piecewise(");
            for (i, case) in cases.iter().enumerate() {
                write!(out, "{}(", if i == 0 { "" } else { ", " })?;
                write(&case.value, out)?;
                write!(out, ", {})", case.condition)?;
            }
            out.push(')');
            Ok(())
        }
        ExprKind::Apply(Function::FloorDiv, args) => {
            out.push('(');
            for (i, arg) in args.iter().enumerate() {
                if i > 0 {
                    out.push_str("//");
                }
                bracketed(arg, precedence(arg) < ATOM, out)?;
            }
            out.push(')');
            Ok(())
        }
        ExprKind::Apply(function, args) => {
            write!(out, "{}(", function.name())?;
            let mut args = args.clone();
            if matches!(function, Function::Max | Function::Min) {
                args.sort_by(compare_keys);
            }
            for (i, arg) in args.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write(arg, out)?;
            }
            out.push(')');
            Ok(())
        }
    }
}

fn write_sum(e: &Expr, out: &mut String) -> fmt::Result {
    for (i, term) in ordered_terms(e).iter().enumerate() {
        let mut text = String::new();
        write(term, &mut text)?;
        let (sign, body) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("+", text.as_str()),
        };
        match (i, sign) {
            (0, "+") => {}
            (0, _) => out.push('-'),
            _ => write!(out, " {sign} ")?,
        }
        if precedence(term) < ADD { write!(out, "({body})")? } else { out.push_str(body) }
    }
    Ok(())
}

fn write_product(e: &Expr, out: &mut String) -> fmt::Result {
    let level = precedence(e);
    let mut factors = ordered_factors(e);
    if factors.first().is_some_and(|f| f.is_int(-1)) {
        out.push('-');
        factors.remove(0);
    }
    if let Some(first) = factors.first_mut()
        && let ExprKind::Real(x) = first.kind()
        && x.0 < 0.0
    {
        out.push('-');
        *first = Expr::real(-x.0);
    }
    // Sympy writes the denominator of a fraction behind the product: `3*s77/2`.
    let mut divisor = None;
    if let Some(first) = factors.first_mut()
        && let ExprKind::Rational(x) = first.kind()
    {
        divisor = Some(x.denominator());
        if x.numerator() < 0 {
            out.push('-');
        }
        match x.numerator().checked_abs() {
            Some(1) => drop(factors.remove(0)),
            Some(numerator) => *first = Expr::int(numerator),
            None => {}
        }
    }
    for (i, factor) in factors.iter().enumerate() {
        if i > 0 {
            out.push('*');
        }
        bracketed(factor, precedence(factor) <= level, out)?;
    }
    match divisor {
        Some(divisor) => write!(out, "/{divisor}"),
        None => Ok(()),
    }
}

fn bracketed(e: &Expr, brackets: bool, out: &mut String) -> fmt::Result {
    if brackets {
        out.push('(');
    }
    write(e, out)?;
    if brackets {
        out.push(')');
    }
    Ok(())
}

pub(super) fn precedence(e: &Expr) -> u16 {
    match e.kind() {
        ExprKind::Int(n) if *n < 0 => ADD,
        ExprKind::Real(x) if x.0 < 0.0 => ADD,
        ExprKind::Rational(x) if x.numerator() < 0 => ADD,
        ExprKind::Rational(_) => MUL,
        ExprKind::Piecewise(_) => CALL,
        ExprKind::Int(_) | ExprKind::Real(_) | ExprKind::Symbol(_) => ATOM,
        ExprKind::Add(_) => ADD,
        ExprKind::Mul(args) => {
            if !args.iter().any(is_weak)
                && args[0].as_real().is_some_and(|c| c < 0.0)
                && !matches!(args[0].kind(), ExprKind::Real(_))
            {
                ADD
            } else {
                MUL
            }
        }
        ExprKind::Pow(..) => POW,
        ExprKind::Apply(..) if is_weak(e) => RELATIONAL,
        ExprKind::Apply(Function::Max | Function::Min, _) => ATOM,
        ExprKind::Apply(Function::FloatPow, _) => POW,
        ExprKind::Apply(Function::PowByNatural, _) => MUL,
        ExprKind::Apply(..) => CALL,
    }
}

/// Torch's functions that bind weaker than a sum.
fn is_weak(e: &Expr) -> bool {
    matches!(
        e.kind(),
        ExprKind::Apply(
            Function::FloorDiv
                | Function::Mod
                | Function::PythonMod
                | Function::IntTrueDiv
                | Function::FloatTrueDiv
                | Function::ModularIndexing
                | Function::Identity,
            _
        )
    )
}

/// A real with the 15 digits sympy shows, at least one of them after the point.
pub(crate) fn real_text(x: f64) -> String {
    digits_text(x, 15)
}

/// A real with the 17 digits of sympy's `srepr`, which determine it.
pub(crate) fn exact_real_text(x: f64) -> String {
    digits_text(x, 17)
}

fn digits_text(x: f64, count: usize) -> String {
    let text = format!("{x:.*e}", count - 1);
    let (Some((digits, exponent)), true) = (text.split_once('e'), x.is_finite()) else { return text };
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    let digits = digits.trim_end_matches('0');
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = |at: usize| {
        let (whole, fraction) = digits.split_at(at.min(digits.len()));
        format!("{whole:0<at$}.{}", if fraction.is_empty() { "0" } else { fraction })
    };
    match usize::try_from(exponent) {
        Ok(exponent) if exponent < count => format!("{sign}{}", point(exponent + 1)),
        Err(_) if exponent > -5 => {
            let zeros = exponent.unsigned_abs() as usize - 1;
            format!("{sign}0.{}{digits}", "0".repeat(zeros))
        }
        _ => format!("{sign}{}e{exponent:+}", point(1)),
    }
}
