//! The functions that conditions call.

use super::super::super::number::{NoResult, Number, apply};
use program::PythonFunction;

/// A function in a condition. Most of them cannot be in a graph, where PyTorch writes what they compute in other ways.
#[derive(Clone, Copy, Debug)]
pub(in crate::run::check) enum Function {
    /// A function that graphs have as well, by its name in this code.
    Graph(PythonFunction, &'static str),
    Max,
    Min,
    Abs,
    Floor,
    Ceil,
    Round,
    /// A function of `math` from floats to floats.
    Math(&'static str, fn(f64) -> f64),
}

/// The functions of `math` on floats that PyTorch has for its symbols.
const MATH: [Function; 13] = [
    Function::Math("math.sqrt", f64::sqrt),
    Function::Math("math.cos", f64::cos),
    Function::Math("math.cosh", f64::cosh),
    Function::Math("math.acos", f64::acos),
    Function::Math("math.sin", f64::sin),
    Function::Math("math.sinh", f64::sinh),
    Function::Math("math.asin", f64::asin),
    Function::Math("math.tan", f64::tan),
    Function::Math("math.tanh", f64::tanh),
    Function::Math("math.atan", f64::atan),
    Function::Math("math.exp", f64::exp),
    Function::Math("math.log", f64::ln),
    Function::Math("math.log2", f64::log2),
];

/// Functions with one name are the same.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Function {
    /// The function of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        use PythonFunction as P;
        Some(match name {
            "max" | "Max" | "torch.sym_max" => Function::Max,
            "min" | "Min" | "torch.sym_min" => Function::Min,
            "abs" => Function::Abs,
            "math.floor" => Function::Floor,
            "math.ceil" => Function::Ceil,
            "round" => Function::Round,
            "float" => Function::Graph(P::Float, "float"),
            "int" => Function::Graph(P::Int, "int"),
            name => match PythonFunction::from_path(name).filter(|function| function.argument_names().len() == 1) {
                Some(function) => Function::Graph(function, function.path()),
                None => *MATH.iter().find(|function| function.name() == name)?,
            },
        })
    }

    /// Its name in Python.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Function::Graph(_, name) | Function::Math(name, _) => name,
            Function::Max => "max",
            Function::Min => "min",
            Function::Abs => "abs",
            Function::Floor => "math.floor",
            Function::Ceil => "math.ceil",
            Function::Round => "round",
        }
    }

    /// Whether it can be called with so many operands.
    pub(super) fn takes(&self, operands: usize) -> bool {
        match self {
            Function::Max | Function::Min => operands >= 2,
            Function::Round => operands == 1 || operands == 2,
            _ => operands == 1,
        }
    }

    /// Its result.
    pub(super) fn apply(&self, operands: &[Number]) -> Result<Number, NoResult> {
        let whole = |round: fn(f64) -> f64, v: Number| match v {
            Number::Float(v) => apply(PythonFunction::Trunc, &[Number::Float(round(v))]),
            int => apply(PythonFunction::Pos, &[int]),
        };
        match (self, operands) {
            (Function::Graph(function, _), operands) => apply(*function, operands),
            (Function::Max, [first, rest @ ..]) => {
                rest.iter().try_fold(*first, |best, next| apply(PythonFunction::Max, &[best, *next]))
            }
            (Function::Min, [first, rest @ ..]) => {
                rest.iter().try_fold(*first, |best, next| apply(PythonFunction::Min, &[best, *next]))
            }
            (Function::Abs, [Number::Float(v)]) => Ok(Number::Float(v.abs())),
            (Function::Abs, [v]) => {
                apply(if v.is_negative() { PythonFunction::Neg } else { PythonFunction::Pos }, &[*v])
            }
            (Function::Floor, [v]) => whole(f64::floor, *v),
            (Function::Ceil, [v]) => whole(f64::ceil, *v),
            (Function::Round, [v]) => whole(f64::round_ties_even, *v),
            (Function::Round, [v, Number::Int(digits)]) => round_to(*v, *digits),
            (Function::Math(_, function), [v]) => {
                let Number::Float(v) = apply(PythonFunction::Float, &[*v])? else { return Err(NoResult::Operands) };
                match function(v) {
                    // Python raises an error where C gives these.
                    result if result.is_nan() && !v.is_nan() => Err(NoResult::Undefined("math domain error")),
                    result if result.is_infinite() && v.is_finite() => Err(NoResult::Undefined("math range error")),
                    result => Ok(Number::Float(result)),
                }
            }
            _ => Err(NoResult::Operands),
        }
    }
}

/// `round(v, digits)`: to the nearest number of so many decimals, where the exact value of the float counts.
fn round_to(v: Number, digits: i64) -> Result<Number, NoResult> {
    match (v, usize::try_from(digits)) {
        // A float has no more than 323 decimals that count.
        (Number::Float(v), Ok(digits)) if v.is_finite() && digits < 324 => {
            format!("{v:.digits$}").parse().map(Number::Float).map_err(|_| NoResult::Operands)
        }
        (Number::Float(v), Ok(_)) => Ok(Number::Float(v)),
        (int, Ok(_)) => apply(PythonFunction::Pos, &[int]),
        (_, Err(_)) => Err(NoResult::Undefined("rounding to tens is not supported")),
    }
}

/// `a ^ b`
pub(super) fn xor(a: Number, b: Number) -> Result<Number, NoResult> {
    match (a, b) {
        (Number::Bool(a), Number::Bool(b)) => Ok(Number::Bool(a ^ b)),
        (a, b) => match (apply(PythonFunction::Pos, &[a])?, apply(PythonFunction::Pos, &[b])?) {
            (Number::Int(a), Number::Int(b)) => Ok(Number::Int(a ^ b)),
            _ => Err(NoResult::Operands),
        },
    }
}
