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
    /// A function of `torch._functorch.predispatch`, which marks a region of `vmap` or of a derivative.
    Predispatch(String),
}

macro_rules! python_functions {
    ($($(#[$doc:meta])* $variant:ident $form:ident $symbol:literal $path:literal [$($argument:literal),*],)*) => {
        /// A Python function on numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum PythonFunction {
            $($(#[$doc])* $variant,)*
        }

        impl PythonFunction {
            /// Every function.
            pub const ALL: &[PythonFunction] = &[$(PythonFunction::$variant),*];

            /// The symbol in a printed program: an operator, or the name of a function.
            pub fn symbol(self) -> &'static str {
                match self { $(PythonFunction::$variant => $symbol,)* }
            }

            /// The module and name, as in a `.pt2` file.
            pub fn path(self) -> &'static str {
                match self { $(PythonFunction::$variant => $path,)* }
            }

            /// The names of its arguments in a `.pt2` file.
            pub fn argument_names(self) -> &'static [&'static str] {
                match self { $(PythonFunction::$variant => &[$($argument),*],)* }
            }

            fn form(self) -> Form {
                match self { $(PythonFunction::$variant => Form::$form,)* }
            }
        }
    };
}

/// How a call is written.
enum Form {
    Infix,
    Prefix,
    Call,
}

python_functions! {
    /// `+`
    Add Infix "+" "_operator.add" ["a", "b"],
    /// `-`
    Sub Infix "-" "_operator.sub" ["a", "b"],
    /// `*`
    Mul Infix "*" "_operator.mul" ["a", "b"],
    /// `/`
    TrueDiv Infix "/" "_operator.truediv" ["a", "b"],
    /// `//`
    FloorDiv Infix "//" "_operator.floordiv" ["a", "b"],
    /// `%`
    Mod Infix "%" "_operator.mod" ["a", "b"],
    /// `**`
    Pow Infix "**" "_operator.pow" ["a", "b"],
    /// `<<`
    LeftShift Infix "<<" "_operator.lshift" ["a", "b"],
    /// `>>`
    RightShift Infix ">>" "_operator.rshift" ["a", "b"],
    /// `&`
    And Infix "&" "_operator.and_" ["a", "b"],
    /// `|`
    Or Infix "|" "_operator.or_" ["a", "b"],
    /// `==`
    Eq Infix "==" "_operator.eq" ["a", "b"],
    /// `!=`
    Ne Infix "!=" "_operator.ne" ["a", "b"],
    /// `<`
    Lt Infix "<" "_operator.lt" ["a", "b"],
    /// `<=`
    Le Infix "<=" "_operator.le" ["a", "b"],
    /// `>`
    Gt Infix ">" "_operator.gt" ["a", "b"],
    /// `>=`
    Ge Infix ">=" "_operator.ge" ["a", "b"],
    /// `-x`
    Neg Prefix "-" "_operator.neg" ["a"],
    /// `+x`
    Pos Prefix "+" "_operator.pos" ["a"],
    /// `torch.sym_max`
    Max Call "torch.sym_max" "torch.sym_max" ["a", "b"],
    /// `torch.sym_min`
    Min Call "torch.sym_min" "torch.sym_min" ["a", "b"],
    /// `torch.sym_int`
    Int Call "torch.sym_int" "torch.sym_int" ["a"],
    /// `torch.sym_float`
    Float Call "torch.sym_float" "torch.sym_float" ["a"],
    /// `torch.sym_not`
    Not Call "torch.sym_not" "torch.sym_not" ["a"],
    /// `torch.sym_ite`: the second operand if the first one holds, else the third
    IfElse Call "torch.sym_ite" "torch.sym_ite" ["b", "t", "f"],
    /// `torch.sym_sqrt`
    Sqrt Call "torch._sym_sqrt" "torch._sym_sqrt" ["a"],
    /// `math.trunc`
    Trunc Call "math_trunc" "math.trunc" ["x"],
}

impl PythonFunction {
    /// The function with this module and name.
    pub fn from_path(path: &str) -> Option<Self> {
        let path = if path == "torch.sym_sqrt" { "torch._sym_sqrt" } else { path };
        PythonFunction::ALL.iter().copied().find(|function| function.path() == path)
    }

    /// The text of a call with these operands: `a + b`, `-a`, `torch.sym_max(a, b)`.
    pub fn applied(self, operands: &[impl fmt::Display]) -> String {
        let joined = |by: &str| operands.iter().map(ToString::to_string).collect::<Vec<_>>().join(by);
        match self.form() {
            Form::Infix => joined(&format!(" {} ", self.symbol())),
            Form::Prefix => format!("{}{}", self.symbol(), joined(", ")),
            Form::Call => format!("{}({})", self.symbol(), joined(", ")),
        }
    }

    /// The base name of nodes that call it: `add`, `sym_max`.
    pub fn base_name(self) -> &'static str {
        let path = self.path();
        path.rsplit('.').next().unwrap_or(path)
    }
}

/// The module of [`Target::Predispatch`].
pub(crate) const PREDISPATCH: &str = "torch._functorch.predispatch.";

/// The module of [`Target::HigherOrder`].
pub(crate) const HIGHER_ORDER: &str = "torch.ops.higher_order.";

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Op(op) => write!(f, "torch.ops.{op}"),
            Target::HigherOrder(name) => write!(f, "{HIGHER_ORDER}{name}"),
            Target::Python(function) => f.write_str(function.path()),
            Target::Predispatch(name) => write!(f, "{PREDISPATCH}{name}"),
        }
    }
}

impl From<OpName> for Target {
    fn from(op: OpName) -> Self {
        Target::Op(op)
    }
}
