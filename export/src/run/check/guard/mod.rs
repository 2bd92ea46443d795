//! Conditions on inputs as Python code: `L['x'].size()[0] % 2 == 0`. Files hold them in this form.

mod function;
mod parse;
mod show;
#[cfg(test)]
mod tests;

use super::super::number::{NoResult, Number, apply};
use function::Function;
use program::PythonFunction;

/// A condition, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Code {
    Number(Number),
    /// A size of a tensor among the inputs.
    Size {
        leaf: usize,
        dim: usize,
        /// As messages name it: `x.size()[0]`.
        name: String,
    },
    /// A number among the inputs.
    Leaf {
        leaf: usize,
        name: String,
    },
    Unary(PythonFunction, Box<Code>),
    Binary(PythonFunction, Box<Code>, Box<Code>),
    /// `a ^ b`, which no graph has.
    Xor(Box<Code>, Box<Code>),
    /// `max(a, b, ..)`, `math.trunc(x)`, `torch.sym_float(x)` and the like
    Call(Function, Vec<Code>),
    /// `a if c else b`: the condition, and the two values
    IfElse(Box<[Code; 3]>),
    And(Vec<Code>),
    Or(Vec<Code>),
    Not(Box<Code>),
}

/// The values of inputs.
pub(super) trait Values {
    /// A size of a tensor.
    fn size(&self, leaf: usize, dim: usize) -> Option<i64>;
    /// A number.
    fn number(&self, leaf: usize) -> Option<Number>;
}

impl Code {
    /// The value. A size that the inputs do not have counts as an operand of the wrong kind.
    pub(super) fn eval(&self, values: &impl Values) -> Result<Number, NoResult> {
        Ok(match self {
            Code::Number(number) => *number,
            Code::Size { leaf, dim, .. } => Number::Int(values.size(*leaf, *dim).ok_or(NoResult::Operands)?),
            Code::Leaf { leaf, .. } => values.number(*leaf).ok_or(NoResult::Operands)?,
            Code::Unary(function, a) => apply(*function, &[a.eval(values)?])?,
            Code::Binary(function, a, b) => apply(*function, &[a.eval(values)?, b.eval(values)?])?,
            Code::Xor(a, b) => function::xor(a.eval(values)?, b.eval(values)?)?,
            Code::Call(function, operands) => {
                let operands = operands.iter().map(|operand| operand.eval(values)).collect::<Result<Vec<_>, _>>()?;
                function.apply(&operands)?
            }
            // As in Python, the value that is not chosen is not computed.
            Code::IfElse(parts) => {
                let [condition, yes, no] = &**parts;
                if condition.eval(values)?.is_true() { yes.eval(values)? } else { no.eval(values)? }
            }
            // `a and b` is one of the two and not a bool.
            Code::And(parts) => decide(parts, values, false)?,
            Code::Or(parts) => decide(parts, values, true)?,
            Code::Not(a) => Number::Bool(!a.eval(values)?.is_true()),
        })
    }

    /// The inputs that it depends on, each once.
    pub(super) fn inputs<'c>(&'c self, found: &mut Vec<&'c Code>) {
        match self {
            Code::Number(_) => {}
            Code::Size { .. } | Code::Leaf { .. } => {
                if !found.contains(&self) {
                    found.push(self);
                }
            }
            Code::Unary(_, a) | Code::Not(a) => a.inputs(found),
            Code::Binary(_, a, b) | Code::Xor(a, b) => {
                a.inputs(found);
                b.inputs(found);
            }
            Code::IfElse(parts) => {
                // In the order of the text.
                let [condition, yes, no] = &**parts;
                [yes, condition, no].into_iter().for_each(|part| part.inputs(found));
            }
            Code::Call(_, parts) | Code::And(parts) | Code::Or(parts) => {
                parts.iter().for_each(|part| part.inputs(found));
            }
        }
    }
}

/// The first value that decides, or the last one.
fn decide(parts: &[Code], values: &impl Values, by: bool) -> Result<Number, NoResult> {
    let mut last = Number::Bool(!by);
    for part in parts {
        last = part.eval(values)?;
        if last.is_true() == by {
            break;
        }
    }
    Ok(last)
}
