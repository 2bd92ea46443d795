//! The text of conditions.

use super::Code;
use program::PythonFunction;
use std::fmt;

impl Code {
    /// How tightly its outermost operation binds, from `if` at 0.
    fn precedence(&self) -> u8 {
        use PythonFunction as P;
        match self {
            Code::IfElse(_) => 0,
            Code::Or(_) => 1,
            Code::And(_) => 2,
            Code::Not(_) => 3,
            Code::Binary(P::Eq | P::Ne | P::Lt | P::Le | P::Gt | P::Ge, ..) => 4,
            Code::Binary(P::Or, ..) => 5,
            Code::Xor(..) => 6,
            Code::Binary(P::And, ..) => 7,
            Code::Binary(P::LeftShift | P::RightShift, ..) => 8,
            Code::Binary(P::Add | P::Sub, ..) => 9,
            Code::Binary(P::Pow, ..) => 12,
            Code::Binary(..) => 10,
            Code::Unary(..) => 11,
            Code::Number(number) if number.is_negative() => 11,
            _ => 20,
        }
    }
}

/// The code as `ast.unparse` of Python writes it, with the inputs by their names.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |f: &mut fmt::Formatter<'_>, code: &Code, least: u8| {
            if code.precedence() < least { write!(f, "({code})") } else { write!(f, "{code}") }
        };
        // `ast.unparse` puts the later parts of `a or b or c` into parentheses more and more easily.
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Code], by: &str, least: u8, rises: u8| {
            let mut least = least;
            for (i, code) in parts.iter().enumerate() {
                if i > 0 {
                    f.write_str(by)?;
                }
                part(f, code, least)?;
                least = least.saturating_add(rises).min(14);
            }
            Ok(())
        };
        let own = self.precedence();
        match self {
            Code::Number(number) => number.fmt(f),
            Code::Size { name, .. } | Code::Leaf { name, .. } => f.write_str(name),
            Code::Unary(function, a) => {
                f.write_str(function.symbol())?;
                part(f, a, own)
            }
            Code::Binary(function, a, b) => {
                // Operators of one kind are grouped from the left, powers from the right. Comparisons are not.
                let (left, right) = match own {
                    12 => (13, 12),
                    4 => (5, 5),
                    _ => (own, own + 1),
                };
                part(f, a, left)?;
                write!(f, " {} ", function.symbol())?;
                part(f, b, right)
            }
            Code::Xor(a, b) => {
                part(f, a, own)?;
                f.write_str(" ^ ")?;
                part(f, b, own + 1)
            }
            Code::Call(function, operands) => {
                write!(f, "{}(", function.name())?;
                joined(f, operands, ", ", 0, 0)?;
                f.write_str(")")
            }
            Code::IfElse(parts) => {
                let [condition, yes, no] = &**parts;
                part(f, yes, 1)?;
                f.write_str(" if ")?;
                part(f, condition, 1)?;
                f.write_str(" else ")?;
                part(f, no, 0)
            }
            Code::And(parts) => joined(f, parts, " and ", own + 1, 1),
            Code::Or(parts) => joined(f, parts, " or ", own + 1, 1),
            Code::Not(a) => {
                f.write_str("not ")?;
                part(f, a, own)
            }
        }
    }
}
