//! The functions that are not plain arithmetic, by the names torch gives them.

/// A named function of expressions; the names are those of `torch.utils._sympy.functions`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Function {
    /// Ceiling of a quotient, as an integer.
    CeilToInt,
    /// A power of reals, `a ** b`.
    FloatPow,
    /// Division of reals, `a / b`.
    FloatTrueDiv,
    /// Division rounded towards minus infinity, `a // b`.
    FloorDiv,
    /// Floor of a quotient, as an integer.
    FloorToInt,
    /// True division of integers; its value is a real.
    IntTrueDiv,
    /// The greatest of the arguments.
    Max,
    /// The least of the arguments.
    Min,
    /// Remainder of non-negative integers.
    Mod,
    /// Remainder with the sign of the divisor.
    PythonMod,
    /// Nearest integer to a quotient, ties to even.
    RoundToInt,
    /// The square root of a real.
    Sqrt,
    /// An integer as a real.
    ToFloat,
    /// A real without its fraction, as an integer.
    TruncToInt,
}

impl Function {
    /// The name torch prints.
    pub fn name(self) -> &'static str {
        match self {
            Function::CeilToInt => "CeilToInt",
            Function::FloatPow => "FloatPow",
            Function::FloatTrueDiv => "FloatTrueDiv",
            Function::FloorDiv => "FloorDiv",
            Function::FloorToInt => "FloorToInt",
            Function::IntTrueDiv => "IntTrueDiv",
            Function::Max => "Max",
            Function::Min => "Min",
            Function::Mod => "Mod",
            Function::PythonMod => "PythonMod",
            Function::RoundToInt => "RoundToInt",
            Function::Sqrt => "OpaqueUnaryFn_sqrt",
            Function::ToFloat => "ToFloat",
            Function::TruncToInt => "TruncToInt",
        }
    }
}
