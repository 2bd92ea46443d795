//! `Max` and `Min` with torch's automatic simplifications.

use indexmap::IndexSet;

use super::order::compare_sizes;
use super::{Expr, ExprError, ExprKind, Function};

impl Expr {
    /// The greatest of the items. Mirrors `torch.utils._sympy.functions.Max`.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn max_of(items: impl IntoIterator<Item = Expr>) -> Result<Expr, ExprError> {
        Expr::extremum(Function::Max, items.into_iter().collect())
    }

    /// The least of the items. Mirrors `torch.utils._sympy.functions.Min`.
    ///
    /// # Errors
    /// [`ExprError::Overflow`] when a coefficient leaves 64 bits.
    pub fn min_of(items: impl IntoIterator<Item = Expr>) -> Result<Expr, ExprError> {
        Expr::extremum(Function::Min, items.into_iter().collect())
    }

    pub(super) fn extremum(function: Function, items: Vec<Expr>) -> Result<Expr, ExprError> {
        let mut args = IndexSet::new();
        for item in &items {
            match item.kind() {
                ExprKind::Apply(f, inner) if *f == function => args.extend(inner.iter().cloned()),
                _ => {
                    args.insert(item.clone());
                }
            }
        }
        let mut args: Vec<Expr> = args.into_iter().collect();
        args.sort_by(compare_sizes);
        let args = without_repeats(function, args)?;

        let mut number: Option<i64> = None;
        let mut others: IndexSet<Expr> = IndexSet::new();
        for arg in args {
            match arg.as_int() {
                Some(n) => {
                    number = Some(number.map_or(n, |m| if function == Function::Max { m.max(n) } else { m.min(n) }))
                }
                None => {
                    others.insert(arg);
                }
            }
        }
        let mut others: Vec<Expr> = others.into_iter().collect();
        match (number, others.as_slice()) {
            (None, [a, b]) => {
                if let Some(one) = same_up_to_coefficient(function, a, b) {
                    return Ok(one);
                }
            }
            (Some(n), []) => return Ok(Expr::int(n)),
            (Some(n), [one]) if (n == 0 && one.is_nonnegative()) || (n == 1 && one.is_positive()) => {
                return Ok(if function == Function::Max { one.clone() } else { Expr::int(n) });
            }
            _ => {}
        }
        others.extend(number.map(Expr::int));
        others.sort_by(compare_sizes);
        match others.as_slice() {
            [only] => Ok(only.clone()),
            _ => Ok(Expr::raw(ExprKind::Apply(function, others))),
        }
    }
}

/// Inside an inner Min (Max) an argument that is also outer adds nothing: `Max(a, Min(a, b))` is `a`.
fn without_repeats(function: Function, mut args: Vec<Expr>) -> Result<Vec<Expr>, ExprError> {
    // Only an inner Max or Min can hold an argument.
    let is_inner = |arg: &Expr| matches!(arg.kind(), ExprKind::Apply(Function::Max | Function::Min, _));
    let inner: Vec<usize> = (0..args.len()).filter(|i| is_inner(&args[*i])).collect();
    for i in (0..args.len()).take_while(|i| inner.last().is_some_and(|last| i < last)) {
        let outer = args[i].clone();
        for later in inner.iter().copied().filter(|later| *later > i) {
            args[later] = reduced(function, &args[later], &outer)?;
        }
    }
    args.sort_by(compare_sizes);
    Ok(args)
}

fn reduced(function: Function, inner: &Expr, outer: &Expr) -> Result<Expr, ExprError> {
    let ExprKind::Apply(own @ (Function::Max | Function::Min), args) = inner.kind() else { return Ok(inner.clone()) };
    if !args.contains(outer) {
        let args = args.iter().map(|a| reduced(function, a, outer)).collect::<Result<Vec<_>, _>>()?;
        return Ok(if args == *inner.args() { inner.clone() } else { Expr::extremum(*own, args)? });
    }
    if *own != function {
        return Ok(outer.clone());
    }
    Expr::extremum(*own, args.iter().filter(|a| *a != outer).cloned().collect())
}

/// `Max(s0, 2*s0)` is decided by the coefficients when the common part has a sign.
fn same_up_to_coefficient(function: Function, a: &Expr, b: &Expr) -> Option<Expr> {
    let ((ca, ra), (cb, rb)) = (a.as_coeff_mul(), b.as_coeff_mul());
    if ra != rb {
        return None;
    }
    let smaller = if ra.is_nonnegative() {
        ca < cb
    } else if ra.assumed_range().upper <= crate::range::Bound::Finite(0) {
        ca > cb
    } else {
        return None;
    };
    let first = smaller == (function == Function::Min);
    Some(if first { a.clone() } else { b.clone() })
}
