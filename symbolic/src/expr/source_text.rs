//! Guards as Python code over sources, `(2*L['x'].size()[0]) == L['y'].size()[0]`: torch's `ShapeGuardPythonPrinter`.

use super::print::{ADD, ATOM, MUL, precedence, real_text};
use super::{Case, Expr, ExprKind, Function, Symbol};
use crate::boolean::BoolExpr;

impl Expr {
    /// The expression as Python code, each symbol written as `source` says.
    ///
    /// Unlike `Display` this keeps sympy's internal order: numbers first, negative ones in brackets.
    pub fn source_text(&self, source: &impl Fn(&Symbol) -> String) -> String {
        let joined = |args: &[Expr], by: &str, level: u16| {
            let parts: Vec<String> = args.iter().map(|a| bracketed(a, level, source)).collect();
            parts.join(by)
        };
        // One below the strength of an atom: everything else is bracketed.
        let all = ATOM - 1;
        match self.kind() {
            ExprKind::Int(n) => n.to_string(),
            ExprKind::Real(x) => real_text(x.0),
            ExprKind::Rational(x) => x.to_string(),
            ExprKind::Symbol(s) => source(s),
            ExprKind::Add(args) => joined(args, " + ", ADD),
            ExprKind::Mul(args) => joined(args, "*", precedence(self)),
            ExprKind::Pow(base, exponent) => {
                match exponent.as_int().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 16) {
                    Some(n) => joined(&vec![base.clone(); n], "*", MUL),
                    None => joined(&[base.clone(), exponent.clone()], " ** ", super::print::POW),
                }
            }
            ExprKind::Apply(function, args) => match function {
                Function::FloorDiv => joined(args, " // ", all),
                Function::Mod | Function::PythonMod => joined(args, " % ", all),
                Function::IntTrueDiv | Function::FloatTrueDiv => joined(args, " / ", all),
                Function::FloatPow => joined(args, " ** ", all),
                Function::Sqrt => format!("torch._sym_sqrt({})", joined(args, ", ", 0)),
                Function::Max => format!("max({})", joined(args, ", ", 0)),
                Function::Min => format!("min({})", joined(args, ", ", 0)),
                Function::CeilToInt => format!("math.ceil({})", joined(args, ", ", 0)),
                Function::FloorToInt => format!("math.floor({})", joined(args, ", ", 0)),
                Function::TruncToInt => format!("math.trunc({})", joined(args, ", ", 0)),
                Function::RoundToInt => format!("round({})", joined(args, ", ", 0)),
                Function::ToFloat => format!("torch.sym_float({})", joined(args, ", ", 0)),
                Function::PowByNatural => joined(args, " ** ", all),
                Function::Identity => joined(args, ", ", all),
                Function::Abs => format!("abs({})", joined(args, ", ", 0)),
                // Torch has no Python text for these either. They occur in no guard.
                _ => format!("{}({})", function.name(), joined(args, ", ", 0)),
            },
            ExprKind::Piecewise(cases) => {
                // The last case has no `else`, as in torch: its condition is true.
                let part = |case: &Case| {
                    let value = bracketed(&case.value, 0, source);
                    let condition = bool_text(&case.condition, source);
                    if condition == "True" { value } else { format!("{value} if {condition} else ") }
                };
                format!("({})", cases.iter().map(part).collect::<String>())
            }
        }
    }
}

/// A condition as Python code.
fn bool_text(condition: &BoolExpr, source: &impl Fn(&Symbol) -> String) -> String {
    bool_text_as_it_is(&condition.joined(), source)
}

fn bool_text_as_it_is(condition: &BoolExpr, source: &impl Fn(&Symbol) -> String) -> String {
    let joined = |parts: &[BoolExpr], by: &str| {
        let parts: Vec<String> = parts.iter().map(|part| format!("({})", bool_text_as_it_is(part, source))).collect();
        parts.join(by)
    };
    match condition {
        BoolExpr::Const(value) => if *value { "True" } else { "False" }.to_owned(),
        BoolExpr::Rel(rel) => rel.source_text(source),
        BoolExpr::Not(inner) => format!("not ({})", bool_text_as_it_is(inner, source)),
        BoolExpr::And(parts) => joined(parts, " and "),
        BoolExpr::Or(parts) => joined(parts, " or "),
    }
}

pub(crate) fn bracketed(e: &Expr, level: u16, source: &impl Fn(&Symbol) -> String) -> String {
    let text = e.source_text(source);
    if precedence(e) <= level { format!("({text})") } else { text }
}
