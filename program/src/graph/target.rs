//! The functions that calls call.

use crate::op::OpName;
use std::fmt;

/// The function of a call (`node.target`). `Display` gives its name in a `.pt2` file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// An overload of an op: `torch.ops.aten.add.Tensor`.
    Op(OpName),
    /// A higher-order op, which takes graphs: `cond` for `torch.ops.higher_order.cond`.
    HigherOrder(String),
    /// A Python function on numbers: `_operator.add`, `torch.sym_max`.
    Python(PythonFunction),
}

/// A Python function on numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PythonFunction {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `//`
    FloorDiv,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `-x`
    Neg,
    /// `/`
    TrueDiv,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `torch.sym_max`
    Max,
    /// `torch.sym_min`
    Min,
    /// `torch.sym_float`: an int as a float.
    Float,
    /// `torch._sym_sqrt`
    Sqrt,
    /// `math.trunc`: a float without its fraction, as an int.
    Trunc,
    /// `torch.sym_not`
    Not,
    /// `torch.sym_ite(b, t, f)`: `t` if `b`, and otherwise `f`.
    IfElse,
}

impl PythonFunction {
    /// Every function.
    pub const ALL: [PythonFunction; 21] = [
        PythonFunction::Add,
        PythonFunction::Sub,
        PythonFunction::Mul,
        PythonFunction::FloorDiv,
        PythonFunction::Mod,
        PythonFunction::Pow,
        PythonFunction::Neg,
        PythonFunction::TrueDiv,
        PythonFunction::Eq,
        PythonFunction::Ne,
        PythonFunction::Lt,
        PythonFunction::Le,
        PythonFunction::Gt,
        PythonFunction::Ge,
        PythonFunction::Max,
        PythonFunction::Min,
        PythonFunction::Float,
        PythonFunction::Sqrt,
        PythonFunction::Trunc,
        PythonFunction::Not,
        PythonFunction::IfElse,
    ];

    /// The symbol in a printed program: an operator, or the name of a function.
    pub fn symbol(self) -> &'static str {
        match self {
            PythonFunction::Add => "+",
            PythonFunction::Sub | PythonFunction::Neg => "-",
            PythonFunction::Mul => "*",
            PythonFunction::FloorDiv => "//",
            PythonFunction::Mod => "%",
            PythonFunction::Pow => "**",
            PythonFunction::TrueDiv => "/",
            PythonFunction::Eq => "==",
            PythonFunction::Ne => "!=",
            PythonFunction::Lt => "<",
            PythonFunction::Le => "<=",
            PythonFunction::Gt => ">",
            PythonFunction::Ge => ">=",
            PythonFunction::Trunc => "math_trunc",
            PythonFunction::Max
            | PythonFunction::Min
            | PythonFunction::Float
            | PythonFunction::Sqrt
            | PythonFunction::Not
            | PythonFunction::IfElse => self.path(),
        }
    }

    /// The text of a call with these operands: `a + b`, `-a`, `torch.sym_max(a, b)`.
    pub fn applied(self, operands: &[impl fmt::Display]) -> String {
        let joined = |by: &str| operands.iter().map(ToString::to_string).collect::<Vec<_>>().join(by);
        match self {
            PythonFunction::Max
            | PythonFunction::Min
            | PythonFunction::Float
            | PythonFunction::Sqrt
            | PythonFunction::Trunc
            | PythonFunction::Not
            | PythonFunction::IfElse => format!("{}({})", self.symbol(), joined(", ")),
            PythonFunction::Neg => format!("-{}", joined(", ")),
            _ => joined(&format!(" {} ", self.symbol())),
        }
    }

    /// The module and name, as in a `.pt2` file.
    pub fn path(self) -> &'static str {
        match self {
            PythonFunction::Add => "_operator.add",
            PythonFunction::Sub => "_operator.sub",
            PythonFunction::Mul => "_operator.mul",
            PythonFunction::FloorDiv => "_operator.floordiv",
            PythonFunction::Mod => "_operator.mod",
            PythonFunction::Pow => "_operator.pow",
            PythonFunction::Neg => "_operator.neg",
            PythonFunction::Max => "torch.sym_max",
            PythonFunction::Min => "torch.sym_min",
            PythonFunction::TrueDiv => "_operator.truediv",
            PythonFunction::Eq => "_operator.eq",
            PythonFunction::Ne => "_operator.ne",
            PythonFunction::Lt => "_operator.lt",
            PythonFunction::Le => "_operator.le",
            PythonFunction::Gt => "_operator.gt",
            PythonFunction::Ge => "_operator.ge",
            PythonFunction::Float => "torch.sym_float",
            PythonFunction::Sqrt => "torch._sym_sqrt",
            PythonFunction::Trunc => "math.trunc",
            PythonFunction::Not => "torch.sym_not",
            PythonFunction::IfElse => "torch.sym_ite",
        }
    }

    /// The base name of nodes that call it: `add`, `sym_max`.
    pub fn base_name(self) -> &'static str {
        let path = self.path();
        path.rsplit('.').next().unwrap_or(path)
    }

    /// The names of its arguments in a `.pt2` file.
    pub fn argument_names(self) -> &'static [&'static str] {
        match self {
            PythonFunction::Neg | PythonFunction::Float | PythonFunction::Sqrt | PythonFunction::Not => &["a"],
            PythonFunction::Trunc => &["x"],
            PythonFunction::IfElse => &["b", "t", "f"],
            _ => &["a", "b"],
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Op(op) => write!(f, "torch.ops.{op}"),
            Target::HigherOrder(name) => write!(f, "torch.ops.higher_order.{name}"),
            Target::Python(function) => f.write_str(function.path()),
        }
    }
}

impl From<OpName> for Target {
    fn from(op: OpName) -> Self {
        Target::Op(op)
    }
}
