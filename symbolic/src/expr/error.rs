//! What can go wrong while computing with expressions.

/// Why an expression has no value or cannot be built.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExprError {
    /// A number left the range of 64-bit integers.
    #[error("`{operation}` leaves the 64-bit integers; use smaller sizes or coefficients")]
    Overflow {
        /// The operation, with its operands.
        operation: String,
    },
    /// A divisor is zero.
    #[error("division by zero in `{operation}`; keep the divisor at least 1 (a `min` on its dim)")]
    DivisionByZero {
        /// The operation, with its operands.
        operation: String,
    },
    /// A negative exponent: the result would not be an integer.
    #[error("`{operation}` has a negative exponent and is not an integer; use a floor division")]
    NegativeExponent {
        /// The operation, with its operands.
        operation: String,
    },
    /// A symbol has no value in the assignment.
    #[error("symbol `{symbol}` has no value; give every symbol of the expression one")]
    Unbound {
        /// The symbol.
        symbol: String,
    },
    /// The value is a real number.
    #[error("`{expr}` is not an integer; wrap it in FloorToInt, CeilToInt, RoundToInt or TruncToInt")]
    NotAnInteger {
        /// The value reached.
        expr: String,
    },
    /// None of the conditions of a choice holds.
    #[error("no case of `{expr}` applies")]
    NoCase {
        /// The choice.
        expr: String,
    },
    /// A text is not an expression in srepr form.
    #[error(
        "cannot read expression at byte {at}: {reason}; expected sympy's srepr form such as `Add(Symbol('s0', positive=True, integer=True), Integer(1))`"
    )]
    Parse {
        /// Byte offset in the text.
        at: usize,
        /// What is wrong there.
        reason: String,
    },
}
