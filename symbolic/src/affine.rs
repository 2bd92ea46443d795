//! `mul*root + add`: the form of a derived dim, read and written in one place.

use crate::arith::{ceil_div, floor_div};
use crate::expr::{Expr, ExprError, Symbol};
use crate::range::{Bound, ValueRange};

/// What turns a root into `mul*root + add`. `mul` is not 0.
///
/// ```
/// use symbolic::{Affine, Expr, Symbol};
///
/// let size: Expr = Expr::size("s39").try_mul(&Expr::int(2))?.try_add(&Expr::int(1))?;
/// let (root, affine) = Affine::of(&size).expect("2*s39 + 1 is affine");
/// assert_eq!((root.name(), affine), ("s39", Affine { mul: 2, add: 1 }));
/// assert_eq!(affine.apply(5), Some(11));
/// assert_eq!(affine.root(11), Some(5));
/// assert_eq!(affine.root(12), None);
/// # Ok::<(), symbolic::ExprError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Affine {
    /// The factor.
    pub mul: i64,
    /// What is added.
    pub add: i64,
}

impl Affine {
    /// The root itself.
    pub const IDENTITY: Affine = Affine { mul: 1, add: 0 };

    /// Reads an expression in exactly one symbol; `None` when it is not affine.
    pub fn of(expr: &Expr) -> Option<(Symbol, Affine)> {
        let free = expr.free_symbols();
        let (1, Some(symbol)) = (free.len(), free.first()) else { return None };
        let (mut mul, mut add) = (0, 0);
        for term in expr.terms() {
            match term.as_coeff_mul() {
                (c, rest) if rest.is_int(1) => add = c,
                (c, rest) if rest.as_symbol() == Some(symbol) => mul = c,
                _ => return None,
            }
        }
        (mul != 0).then(|| (symbol.clone(), Affine { mul, add }))
    }

    /// Reads the text of a derived dim, `2*dx + 1`: the form and the name of the root. Any other text is a name by itself.
    pub fn parse(text: &str) -> (Affine, &str) {
        let read = || -> Option<(Affine, &str)> {
            let (head, add) = match text.rsplit_once(" + ") {
                Some((head, add)) => (head, add.parse().ok()?),
                None => match text.rsplit_once(" - ") {
                    Some((head, sub)) => (head, sub.parse::<i64>().ok()?.checked_neg()?),
                    None => (text, 0),
                },
            };
            match head.split_once('*') {
                Some((mul, root)) => Some((Affine { mul: mul.parse().ok()?, add }, root)),
                None => Some((Affine { mul: 1, add }, head)),
            }
        };
        read().unwrap_or((Affine::IDENTITY, text))
    }

    /// The expression for a root.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] past 64 bits.
    pub fn expr(self, root: &Expr) -> Result<Expr, ExprError> {
        root.try_mul(&Expr::int(self.mul))?.try_add(&Expr::int(self.add))
    }

    /// The text for the name of a root, `2*dx + 1`; [`parse`](Affine::parse) reads it back.
    pub fn text(self, root: &str) -> String {
        let mul = if self.mul == 1 { String::new() } else { format!("{}*", self.mul) };
        match self.add {
            0 => format!("{mul}{root}"),
            add if add < 0 => format!("{mul}{root} - {}", add.unsigned_abs()),
            add => format!("{mul}{root} + {add}"),
        }
    }

    /// First this, then `next`: `next.mul*(mul*root + add) + next.add`. `None` past 64 bits.
    pub fn then(self, next: Affine) -> Option<Affine> {
        let add = self.add.checked_mul(next.mul)?.checked_add(next.add)?;
        Some(Affine { mul: self.mul.checked_mul(next.mul)?, add })
    }

    /// The value for a root; `None` past 64 bits.
    pub fn apply(self, root: i64) -> Option<i64> {
        i64::try_from(i128::from(self.mul) * i128::from(root) + i128::from(self.add)).ok()
    }

    /// The root whose value this is; `None` when there is no such integer.
    pub fn root(self, value: i64) -> Option<i64> {
        let rest = value.checked_sub(self.add)?;
        (rest.checked_rem(self.mul)? == 0).then(|| rest.checked_div(self.mul)).flatten()
    }

    /// The least root whose value is not below this one. `mul` must be positive.
    #[must_use]
    pub fn ceil_root(self, value: Bound) -> Bound {
        self.rounded(value, ceil_div)
    }

    /// The greatest root whose value is not above this one. `mul` must be positive.
    #[must_use]
    pub fn floor_root(self, value: Bound) -> Bound {
        self.rounded(value, floor_div)
    }

    fn rounded(self, value: Bound, round: fn(i128, i128) -> i128) -> Bound {
        match value {
            Bound::Finite(n) => Bound::Finite(round(n.saturating_sub(self.add.into()), self.mul.into())),
            infinite => infinite,
        }
    }

    /// The roots whose values lie in `values`. `mul` must be positive.
    #[must_use]
    pub fn roots(self, values: ValueRange) -> ValueRange {
        ValueRange { lower: self.ceil_root(values.lower), upper: self.floor_root(values.upper) }
    }
}
