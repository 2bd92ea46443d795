//! What a dim description can get wrong, in torch's words.

/// The largest size torch accepts as a derived maximum, `sys.maxsize - 1`.
pub(super) const MAX_SIZE: i64 = i64::MAX - 1;

const LINEAR: &str = "(Only increasing linear operations with integer coefficients are supported.)";

/// Why a dim cannot be described this way; the texts are torch's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DimError {
    /// The name is not a Python identifier.
    #[error("Dim name must be a valid identifier, got {name}")]
    Name {
        /// The name given.
        name: String,
    },
    /// The maximum does not exceed the minimum.
    #[error("Cannot create Dim with inconsistent min={min}, max={max}; max must exceed min")]
    Inconsistent {
        /// Least size.
        min: i64,
        /// Greatest size.
        max: i64,
    },
    /// A coefficient below 1.
    #[error("Attempted to multiply {by} with {dim}, where a positive integer was expected. {LINEAR}")]
    Multiply {
        /// The coefficient given.
        by: i64,
        /// The dim it was applied to.
        dim: String,
    },
    /// A coefficient or an offset left 64 bits.
    #[error("`{mul}*({dim}) + {add}` leaves the 64-bit integers; use smaller coefficients")]
    Overflow {
        /// The dim it was applied to.
        dim: String,
        /// The coefficient given.
        mul: i64,
        /// The offset given.
        add: i64,
    },
    /// A derived dim that can become negative.
    #[error(
        "Expected derived min value of {dim} to be >= 0. Please specify an appropriate min value for {root} (currently {min})."
    )]
    DerivedMin {
        /// The derived dim.
        dim: String,
        /// Its root.
        root: String,
        /// The root's minimum.
        min: i64,
    },
    /// A derived dim that can exceed every size.
    #[error(
        "Expected derived max value of {dim} to be <= {MAX_SIZE}. Please specify an appropriate max value for {root} (currently {max})."
    )]
    DerivedMax {
        /// The derived dim.
        dim: String,
        /// Its root.
        root: String,
        /// The root's maximum.
        max: i64,
    },
    /// A hint with a negative bound.
    #[error("{which} must be non-negative, got {value}")]
    NegativeBound {
        /// `min` or `max`.
        which: &'static str,
        /// The bound given.
        value: i64,
    },
    /// A hint whose minimum exceeds its maximum.
    #[error("min must be <= max, got min={min}, max={max}")]
    BoundOrder {
        /// Least size.
        min: i64,
        /// Greatest size.
        max: i64,
    },
    /// Bounds on a hint that has none: `STATIC`.
    #[error("a STATIC dim takes no bounds; use AUTO or DYNAMIC, or an integer")]
    StaticBounds,
}
