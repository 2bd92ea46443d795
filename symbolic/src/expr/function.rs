//! The functions that are not plain arithmetic, by the names torch gives them.

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// A named function of expressions; the names are those of `torch.utils._sympy.functions`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Function {
            $($(#[$doc])* $variant,)*
        }

        impl Function {
            /// Every function.
            pub const ALL: &[Function] = &[$(Function::$variant),*];

            /// The name torch prints.
            pub fn name(self) -> &'static str {
                match self { $(Function::$variant => $name,)* }
            }
        }
    };
}

functions! {
    /// The absolute value.
    Abs "Abs",
    /// Ceiling of a quotient, as an integer.
    CeilToInt "CeilToInt",
    /// A power of floats.
    FloatPow "FloatPow",
    /// True division of floats.
    FloatTrueDiv "FloatTrueDiv",
    /// Division rounded towards minus infinity, `a // b`.
    FloorDiv "FloorDiv",
    /// Floor of a quotient, as an integer.
    FloorToInt "FloorToInt",
    /// Its argument, which nothing simplifies.
    Identity "Identity",
    /// True division of integers; its value is a real.
    IntTrueDiv "IntTrueDiv",
    /// 1 if sizes and strides (first half and second half of the arguments) describe a dense tensor, else 0.
    IsNonOverlappingAndDense "IsNonOverlappingAndDenseIndicator",
    /// The greatest of the arguments.
    Max "Max",
    /// The least of the arguments.
    Min "Min",
    /// Remainder of non-negative integers.
    Mod "Mod",
    /// `(a // b) % c`.
    ModularIndexing "ModularIndexing",
    /// `math.acos` of a float.
    OpaqueAcos "OpaqueUnaryFn_acos",
    /// `math.acosh` of a float.
    OpaqueAcosh "OpaqueUnaryFn_acosh",
    /// `math.asin` of a float.
    OpaqueAsin "OpaqueUnaryFn_asin",
    /// `math.asinh` of a float.
    OpaqueAsinh "OpaqueUnaryFn_asinh",
    /// `math.atan` of a float.
    OpaqueAtan "OpaqueUnaryFn_atan",
    /// `math.atanh` of a float.
    OpaqueAtanh "OpaqueUnaryFn_atanh",
    /// `math.cos` of a float.
    OpaqueCos "OpaqueUnaryFn_cos",
    /// `math.cosh` of a float.
    OpaqueCosh "OpaqueUnaryFn_cosh",
    /// `math.exp` of a float.
    OpaqueExp "OpaqueUnaryFn_exp",
    /// `math.log` of a float.
    OpaqueLog "OpaqueUnaryFn_log",
    /// `math.log2` of a float.
    OpaqueLog2 "OpaqueUnaryFn_log2",
    /// `math.sin` of a float.
    OpaqueSin "OpaqueUnaryFn_sin",
    /// `math.sinh` of a float.
    OpaqueSinh "OpaqueUnaryFn_sinh",
    /// `math.sqrt` of a float.
    Sqrt "OpaqueUnaryFn_sqrt",
    /// `math.tan` of a float.
    OpaqueTan "OpaqueUnaryFn_tan",
    /// `math.tanh` of a float.
    OpaqueTanh "OpaqueUnaryFn_tanh",
    /// A power with an exponent that is not negative.
    PowByNatural "PowByNatural",
    /// Remainder with the sign of the divisor.
    PythonMod "PythonMod",
    /// A float rounded to a number of decimal digits.
    RoundDecimal "RoundDecimal",
    /// Nearest integer to a quotient, ties to even.
    RoundToInt "RoundToInt",
    /// An integer as a real.
    ToFloat "ToFloat",
    /// A float without its fraction, as a float.
    TruncToFloat "TruncToFloat",
    /// A real without its fraction, as an integer.
    TruncToInt "TruncToInt",
}

impl Function {
    /// The smallest and the largest number of arguments.
    pub(crate) fn arity(self) -> (usize, usize) {
        match self {
            Function::Max | Function::Min | Function::IsNonOverlappingAndDense => (1, usize::MAX),
            Function::FloorDiv
            | Function::Mod
            | Function::PythonMod
            | Function::IntTrueDiv
            | Function::FloatTrueDiv
            | Function::FloatPow
            | Function::PowByNatural
            | Function::RoundDecimal => (2, 2),
            Function::ModularIndexing => (3, 3),
            _ => (1, 1),
        }
    }

    /// The value at a float, for functions of one float.
    pub(crate) fn of_float(self, x: f64) -> Option<f64> {
        Some(match self {
            Function::Abs => x.abs(),
            Function::TruncToFloat => x.trunc(),
            Function::OpaqueAcos => x.acos(),
            Function::OpaqueAcosh => x.acosh(),
            Function::OpaqueAsin => x.asin(),
            Function::OpaqueAsinh => x.asinh(),
            Function::OpaqueAtan => x.atan(),
            Function::OpaqueAtanh => x.atanh(),
            Function::OpaqueCos => x.cos(),
            Function::OpaqueCosh => x.cosh(),
            Function::OpaqueExp => x.exp(),
            Function::OpaqueLog => x.ln(),
            Function::OpaqueLog2 => x.log2(),
            Function::OpaqueSin => x.sin(),
            Function::OpaqueSinh => x.sinh(),
            Function::Sqrt => x.sqrt(),
            Function::OpaqueTan => x.tan(),
            Function::OpaqueTanh => x.tanh(),
            _ => return None,
        })
    }
}
