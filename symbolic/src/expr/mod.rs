//! Exact integer expressions over size symbols: what PyTorch keeps as sympy expressions.

mod bound;
mod build;
mod divide;
mod error;
mod eval;
mod extremum;
mod function;
mod number;
pub(crate) mod order;
mod piecewise;
mod poly;
pub(crate) mod print;
mod ratio;
mod sign;
pub(crate) mod source_text;
mod symbol;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

pub use error::ExprError;
pub use function::Function;
pub use number::Number;
pub use piecewise::Case;
pub use ratio::Ratio;
pub use symbol::Symbol;

/// A literal real, compared by its bits. It only occurs below functions such as [`Function::TruncToInt`].
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Real) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// What an [`Expr`] is made of. Arguments of sums and products are in sympy's own order, the number first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ExprKind {
    /// A literal integer.
    Int(i64),
    /// A literal fraction. It only occurs in the values of a loaded program.
    Rational(Ratio),
    /// A literal real.
    Real(Real),
    /// A symbol.
    Symbol(Symbol),
    /// A sum of two or more terms, like terms collected.
    Add(Vec<Expr>),
    /// A product of two or more factors, equal factors collected into powers.
    Mul(Vec<Expr>),
    /// Base and exponent.
    Pow(Expr, Expr),
    /// A function applied to arguments.
    Apply(Function, Vec<Expr>),
    /// The value of the first case whose condition holds. There are at least two cases, or one that may not hold.
    Piecewise(Vec<Case>),
}

/// An expression in canonical form, simplified as sympy simplifies on construction.
///
/// `Display` gives the text torch prints in annotations (`s17 + 2*s77`, `((s77//2)) + 1`); [`Expr::srepr`] the text of
/// a `.pt2` file. Equality is structural. Cheap to clone. Mirrors `sympy.Expr` with torch's `FloorDiv`, `Mod`, `Max`, `Min`.
///
/// ```
/// use symbolic::Expr;
/// let (a, b) = (Expr::size("s77"), Expr::size("s17"));
/// let twice = a.try_add(&a)?.try_add(&b)?;
/// assert_eq!(twice.to_string(), "s17 + 2*s77");
/// assert_eq!(twice.floor_div(&Expr::int(2))?.to_string(), "s77 + ((s17//2))");
/// # Ok::<(), symbolic::ExprError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Expr(Arc<ExprKind>);

impl Expr {
    pub(crate) fn raw(kind: ExprKind) -> Expr {
        Expr(Arc::new(kind))
    }

    /// A literal integer.
    pub fn int(value: i64) -> Expr {
        Expr::raw(ExprKind::Int(value))
    }

    /// A symbol as an expression.
    pub fn symbol(symbol: &Symbol) -> Expr {
        Expr::raw(ExprKind::Symbol(symbol.clone()))
    }

    /// A fresh size symbol as an expression: shorthand for `Expr::symbol(&Symbol::size(name))`.
    pub fn size(name: &str) -> Expr {
        Expr::symbol(&Symbol::size(name))
    }

    /// The outermost operation and its arguments.
    pub fn kind(&self) -> &ExprKind {
        &self.0
    }

    /// The value, when the expression is a literal integer.
    pub fn as_int(&self) -> Option<i64> {
        match self.kind() {
            ExprKind::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The symbol, when the expression is exactly one.
    pub fn as_symbol(&self) -> Option<&Symbol> {
        match self.kind() {
            ExprKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// Whether the expression is a literal, without symbols.
    pub fn is_number(&self) -> bool {
        matches!(self.kind(), ExprKind::Int(_) | ExprKind::Rational(_) | ExprKind::Real(_))
    }

    /// The value as a float, when the expression is a literal.
    pub fn as_real(&self) -> Option<f64> {
        match self.kind() {
            ExprKind::Int(value) => Some(*value as f64),
            ExprKind::Rational(value) => Some(value.to_f64()),
            ExprKind::Real(value) => Some(value.0),
            _ => None,
        }
    }

    /// Whether the expression is this literal integer.
    pub fn is_int(&self, value: i64) -> bool {
        self.as_int() == Some(value)
    }

    /// The direct arguments; empty for literals and symbols. Those of a choice are the values of its cases.
    pub fn args(&self) -> Vec<Expr> {
        match self.kind() {
            ExprKind::Int(_) | ExprKind::Rational(_) | ExprKind::Real(_) | ExprKind::Symbol(_) => Vec::new(),
            ExprKind::Piecewise(cases) => cases.iter().map(|case| case.value.clone()).collect(),
            ExprKind::Add(args) | ExprKind::Mul(args) | ExprKind::Apply(_, args) => args.clone(),
            ExprKind::Pow(base, exponent) => vec![base.clone(), exponent.clone()],
        }
    }

    /// Terms of a sum; the expression itself when it is not a sum.
    pub fn terms(&self) -> &[Expr] {
        match self.kind() {
            ExprKind::Add(args) => args,
            _ => std::slice::from_ref(self),
        }
    }

    /// Factors of a product; the expression itself when it is not a product.
    pub fn factors(&self) -> &[Expr] {
        match self.kind() {
            ExprKind::Mul(args) => args,
            _ => std::slice::from_ref(self),
        }
    }

    /// Symbols in order of first appearance.
    pub fn free_symbols(&self) -> IndexSet<Symbol> {
        let mut found = IndexSet::new();
        self.visit(&mut |e| {
            if let ExprKind::Symbol(symbol) = e.kind() {
                found.insert(symbol.clone());
            }
        });
        found
    }

    /// Whether `part` occurs anywhere in the expression.
    pub fn contains(&self, part: &Expr) -> bool {
        let mut found = false;
        self.visit(&mut |e| found |= e == part);
        found
    }

    /// Whether some symbol of the expression is such a one.
    pub fn has_symbol(&self, is: impl Fn(&Symbol) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |e| found = found || e.as_symbol().is_some_and(&is));
        found
    }

    /// Calls `see` with the expression and every part of it, a part before its own parts.
    pub fn visit(&self, see: &mut impl FnMut(&Expr)) {
        see(self);
        match self.kind() {
            ExprKind::Int(_) | ExprKind::Rational(_) | ExprKind::Real(_) | ExprKind::Symbol(_) => {}
            ExprKind::Add(args) | ExprKind::Mul(args) | ExprKind::Apply(_, args) => {
                args.iter().for_each(|a| a.visit(see));
            }
            ExprKind::Piecewise(cases) => {
                for case in cases {
                    case.value.visit(see);
                    // Through a trait object: the type of a nested closure would be infinite.
                    let mut nested: &mut dyn FnMut(&Expr) = see;
                    case.condition.visit(&mut |side| side.visit(&mut nested));
                }
            }
            ExprKind::Pow(base, exponent) => {
                base.visit(see);
                exponent.visit(see);
            }
        }
    }

    /// Whether any part is the given function.
    pub fn has_function(&self, function: Function) -> bool {
        let mut found = false;
        self.visit(&mut |e| found |= matches!(e.kind(), ExprKind::Apply(f, _) if *f == function));
        found
    }

    /// The expression with symbols replaced, simplified again.
    ///
    /// # Errors
    /// When a result leaves the 64-bit integers or a divisor becomes zero.
    pub fn substitute(&self, with: &IndexMap<Symbol, Expr>) -> Result<Expr, ExprError> {
        if with.is_empty() {
            return Ok(self.clone());
        }
        self.rewrite(&mut |e| match e.kind() {
            ExprKind::Symbol(symbol) => with.get(symbol).cloned(),
            _ => None,
        })
    }

    /// Rebuilds the expression; where `change` answers, its answer replaces the part as it stands.
    ///
    /// # Errors
    /// Arithmetic errors of the rebuilt parts.
    pub fn rewrite(&self, change: &mut impl FnMut(&Expr) -> Option<Expr>) -> Result<Expr, ExprError> {
        if let Some(new) = change(self) {
            return Ok(new);
        }
        let mut changed = false;
        let mut again = |e: &Expr| -> Result<Expr, ExprError> {
            let new = e.rewrite(change)?;
            changed |= new != *e;
            Ok(new)
        };
        let new = match self.kind() {
            ExprKind::Int(_) | ExprKind::Rational(_) | ExprKind::Real(_) | ExprKind::Symbol(_) => {
                return Ok(self.clone());
            }
            ExprKind::Add(args) => {
                let args = args.iter().map(&mut again).collect::<Result<Vec<_>, _>>()?;
                if changed { Expr::sum(args)? } else { self.clone() }
            }
            ExprKind::Mul(args) => {
                let args = args.iter().map(&mut again).collect::<Result<Vec<_>, _>>()?;
                if changed { Expr::product(args)? } else { self.clone() }
            }
            ExprKind::Apply(function, args) => {
                let args = args.iter().map(&mut again).collect::<Result<Vec<_>, _>>()?;
                if changed { Expr::apply(*function, args)? } else { self.clone() }
            }
            ExprKind::Pow(base, exponent) => {
                let (base, exponent) = (again(base)?, again(exponent)?);
                if changed { base.try_pow(&exponent)? } else { self.clone() }
            }
            ExprKind::Piecewise(cases) => {
                let mut new = Vec::with_capacity(cases.len());
                for case in cases {
                    let value = again(&case.value)?;
                    new.push(Case { value, condition: case.condition.map(&mut again)? });
                }
                if !changed {
                    return Ok(self.clone());
                }
                Expr::piecewise(new).ok_or_else(|| ExprError::NoCase { expr: self.to_string() })?
            }
        };
        Ok(new)
    }
}

impl From<i64> for Expr {
    fn from(value: i64) -> Expr {
        Expr::int(value)
    }
}

impl From<&Symbol> for Expr {
    fn from(symbol: &Symbol) -> Expr {
        Expr::symbol(symbol)
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
