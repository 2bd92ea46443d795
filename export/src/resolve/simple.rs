//! Short expressions that need no further runs: those that most integers of a graph are. Runs at many more points check
//! them at the end, and what they contradict is identified with care.

use std::collections::HashMap;
use symbolic::{Expr, ExprError, Symbol};

/// Fewer values than this say too little about an expression with several parts.
const TELLING: usize = 4;

/// The shortest expression of the atoms that has the values `seen` at these places: a number, an atom, a multiple of one, a
/// sum or difference of two, or a product, and a number added.
pub(super) fn expression(
    atoms: impl Iterator<Item = Expr>,
    places: &[HashMap<Symbol, i64>],
    seen: &[i64],
) -> Option<Expr> {
    let first = *seen.first()?;
    if seen.iter().all(|value| *value == first) {
        return Some(Expr::int(first));
    }
    let values = |atom: &Expr| {
        let values = places.iter().map(|values| atom.eval(&|symbol| values.get(symbol).copied()).ok());
        values.collect::<Option<Vec<i64>>>().filter(|values| values.len() == seen.len())
    };
    let atoms: Vec<(Expr, Vec<i64>)> = atoms.filter_map(|atom| values(&atom).map(|values| (atom, values))).collect();
    if let Some((atom, _)) = atoms.iter().find(|(_, values)| values == seen) {
        return Some(atom.clone());
    }
    if seen.len() < TELLING {
        return None;
    }
    let multiple = atoms.iter().find_map(|(atom, values)| multiple(atom, values, seen));
    multiple.or_else(|| atoms.iter().enumerate().find_map(|(i, a)| atoms[i..].iter().find_map(|b| of_two(a, b, seen))))
}

/// `k * atom + c`.
fn multiple(atom: &Expr, values: &[i64], seen: &[i64]) -> Option<Expr> {
    let (x, y) = (values.first()?, seen.first()?);
    let (other, at) = values.iter().zip(seen).find(|(value, _)| *value != x)?;
    let (run, rise) = (other.checked_sub(*x)?, at.checked_sub(*y)?);
    let k = (rise % run == 0).then(|| rise / run).filter(|k| *k != 0)?;
    let c = y.checked_sub(k.checked_mul(*x)?)?;
    let gives = |value: &i64| value.checked_mul(k)?.checked_add(c);
    values.iter().map(gives).eq(seen.iter().map(|v| Some(*v))).then_some(())?;
    written(|| Expr::int(k).try_mul(atom)?.try_add(&Expr::int(c)))
}

/// `a + b + c`, `a - b + c`, `b - a + c` and `a * b + c`.
fn of_two((a, x): &(Expr, Vec<i64>), (b, y): &(Expr, Vec<i64>), seen: &[i64]) -> Option<Expr> {
    let rest = |f: fn(i64, i64) -> Option<i64>| {
        let mut rests = x.iter().zip(y).zip(seen).map(|((x, y), value)| value.checked_sub(f(*x, *y)?));
        let first = rests.next()??;
        rests.all(|rest| rest == Some(first)).then_some(Expr::int(first))
    };
    let sum = || rest(i64::checked_add).and_then(|c| written(|| a.try_add(b)?.try_add(&c)));
    let difference = || rest(i64::checked_sub).and_then(|c| written(|| a.try_sub(b)?.try_add(&c)));
    let reverse = || rest(|x, y| y.checked_sub(x)).and_then(|c| written(|| b.try_sub(a)?.try_add(&c)));
    let product = || rest(i64::checked_mul).and_then(|c| written(|| a.try_mul(b)?.try_add(&c)));
    sum().or_else(difference).or_else(reverse).or_else(product)
}

fn written(expr: impl Fn() -> Result<Expr, ExprError>) -> Option<Expr> {
    expr().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn found(f: impl Fn(i64, i64) -> i64) -> Option<String> {
        let points = [(5, 8), (700_001, 350_003), (920_017, 610_001), (510_007, 1_000_003)];
        let symbols = ["a", "b"].map(Symbol::size);
        let places: Vec<HashMap<Symbol, i64>> =
            points.iter().map(|(a, b)| symbols.iter().cloned().zip([*a, *b]).collect()).collect();
        let seen: Vec<i64> = points.iter().map(|(a, b)| f(*a, *b)).collect();
        expression(symbols.iter().map(Expr::symbol), &places, &seen).map(|expr| expr.to_string())
    }

    #[test]
    fn short_expressions() {
        assert_eq!(found(|_, _| 7).unwrap(), "7");
        assert_eq!(found(|_, b| b).unwrap(), "b");
        assert_eq!(found(|a, _| 3 * a - 1).unwrap(), "3*a - 1");
        assert_eq!(found(|a, b| a + b).unwrap(), "a + b");
        assert_eq!(found(|a, b| b - a + 2).unwrap(), "-a + b + 2");
        assert_eq!(found(|a, b| a * b).unwrap(), "a*b");
        assert_eq!(found(|a, _| a * a).unwrap(), "a**2");
        assert_eq!(found(|a, b| a.max(b)), None);
        assert_eq!(found(|a, _| a / 2), None);
    }
}
