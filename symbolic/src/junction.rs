//! Conditions joined as sympy joins them: without repetitions, in its order, and decided where two contradict each other.

use crate::boolean::BoolExpr;
use crate::expr::order::{compare_keys, size};
use crate::rel::Rel;
use std::cmp::Ordering;
use std::collections::HashSet;

impl BoolExpr {
    /// All of these conditions (`sympy.And`): parts of an `And` are its own, what holds always is dropped, and one that never
    /// holds, or two that exclude each other, make it false.
    ///
    /// ```
    /// use symbolic::{BoolExpr, Expr, Rel, RelOp};
    /// let less = |a, b| BoolExpr::from(Rel::new(RelOp::Lt, Expr::size(a), Expr::size(b)));
    /// let more = BoolExpr::from(Rel::new(RelOp::Gt, Expr::size("s3"), Expr::int(3)));
    /// assert_eq!(BoolExpr::all([less("s27", "s77"), more]).to_string(), "(s3 > 3) & (s27 < s77)");
    /// ```
    pub fn all(parts: impl IntoIterator<Item = BoolExpr>) -> BoolExpr {
        match join(parts, true) {
            Joined::Decided(value) => BoolExpr::Const(value),
            Joined::One(part) => part,
            Joined::Several(parts) => BoolExpr::And(parts),
        }
    }

    /// Any of these conditions (`sympy.Or`), as [`all`](BoolExpr::all).
    pub fn any(parts: impl IntoIterator<Item = BoolExpr>) -> BoolExpr {
        match join(parts, false) {
            Joined::Decided(value) => BoolExpr::Const(value),
            Joined::One(part) => part,
            Joined::Several(parts) => BoolExpr::Or(parts),
        }
    }

    /// The condition with its parts joined anew, which differs for one that was put together by hand.
    pub(crate) fn joined(&self) -> BoolExpr {
        match self {
            BoolExpr::And(parts) => BoolExpr::all(parts.iter().map(BoolExpr::joined)),
            BoolExpr::Or(parts) => BoolExpr::any(parts.iter().map(BoolExpr::joined)),
            BoolExpr::Not(inner) => BoolExpr::Not(Box::new(inner.joined())),
            BoolExpr::Const(_) | BoolExpr::Rel(_) => self.clone(),
        }
    }
}

enum Joined {
    Decided(bool),
    One(BoolExpr),
    Several(Vec<BoolExpr>),
}

/// Joins conditions of which all hold, or of which one holds.
fn join(parts: impl IntoIterator<Item = BoolExpr>, all: bool) -> Joined {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            BoolExpr::Const(value) if value == all => {}
            BoolExpr::Const(_) => return Joined::Decided(!all),
            BoolExpr::And(inner) if all => flat.extend(inner),
            BoolExpr::Or(inner) if !all => flat.extend(inner),
            part => flat.push(part),
        }
    }
    flat.sort_by_cached_key(Key::of);
    let mut relations: HashSet<Rel> = HashSet::new();
    let mut others: HashSet<BoolExpr> = HashSet::new();
    let mut kept = Vec::with_capacity(flat.len());
    for part in flat {
        let is_new = match &part {
            BoolExpr::Rel(rel) => {
                if relations.contains(&one_way(&rel.negated())) {
                    return Joined::Decided(!all);
                }
                relations.insert(one_way(rel))
            }
            other => others.insert(other.clone()),
        };
        if is_new {
            kept.push(part);
        }
    }
    match kept.pop() {
        None => Joined::Decided(all),
        Some(part) if kept.is_empty() => Joined::One(part),
        Some(part) => {
            kept.push(part);
            Joined::Several(kept)
        }
    }
}

/// A relation with its sides in one of their two orders.
fn one_way(rel: &Rel) -> Rel {
    let order = size(&rel.lhs).cmp(&size(&rel.rhs)).then_with(|| compare_keys(&rel.lhs, &rel.rhs));
    if order.is_gt() { Rel::new(rel.op.mirrored(), rel.rhs.clone(), rel.lhs.clone()) } else { rel.clone() }
}

/// The place of a condition in sympy's `ordered`: smaller trees first.
#[derive(PartialEq, Eq)]
struct Key {
    size: usize,
    part: BoolExpr,
}

impl Key {
    fn of(part: &BoolExpr) -> Key {
        Key { size: tree_size(part), part: part.clone() }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.size.cmp(&other.size).then_with(|| compare(&self.part, &other.part))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Twice the number of its nodes: sympy counts a float as a half.
fn tree_size(condition: &BoolExpr) -> usize {
    match condition {
        BoolExpr::Const(_) => 2,
        BoolExpr::Rel(rel) => 2 + size(&rel.lhs) + size(&rel.rhs),
        BoolExpr::Not(inner) => 2 + tree_size(inner),
        BoolExpr::And(parts) | BoolExpr::Or(parts) => 2 + parts.iter().map(tree_size).sum::<usize>(),
    }
}

fn class(condition: &BoolExpr) -> &'static str {
    match condition {
        BoolExpr::Const(true) => "BooleanTrue",
        BoolExpr::Const(false) => "BooleanFalse",
        BoolExpr::Rel(rel) => rel.op.class(),
        BoolExpr::Not(_) => "Not",
        BoolExpr::And(_) => "And",
        BoolExpr::Or(_) => "Or",
    }
}

/// Sympy's `default_sort_key` of conditions: class, number of parts, parts.
fn compare(a: &BoolExpr, b: &BoolExpr) -> Ordering {
    class(a).cmp(class(b)).then_with(|| match (a, b) {
        (BoolExpr::Rel(a), BoolExpr::Rel(b)) => compare_keys(&a.lhs, &b.lhs).then_with(|| compare_keys(&a.rhs, &b.rhs)),
        (BoolExpr::Not(a), BoolExpr::Not(b)) => compare(a, b),
        (BoolExpr::And(a), BoolExpr::And(b)) | (BoolExpr::Or(a), BoolExpr::Or(b)) => {
            let differing = || a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
            a.len().cmp(&b.len()).then_with(|| differing().unwrap_or(Ordering::Equal))
        }
        _ => Ordering::Equal,
    })
}
