#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;

use symbolic::{Expr, Rel, RelOp, Symbol};

use super::domain::TOP;
use super::*;
use crate::solve::space::SizeVariable;

pub(super) fn symbols(count: usize) -> Vec<Symbol> {
    (0..count).map(|i| Symbol::size(&format!("s{i}"))).collect()
}

pub(super) fn space(example: &[i64]) -> Space {
    let variable =
        |(symbol, example): (Symbol, &i64)| SizeVariable { symbol, example: *example, low: 2, high: TOP, step: 1 };
    Space { variables: symbols(example.len()).into_iter().zip(example).map(variable).collect(), ..Space::default() }
}

/// What is found, as text: `?` for nothing, `piece: ..` for a piece.
pub(super) fn found(space: &Space, function: impl Fn(&[i64]) -> Option<i64>) -> String {
    match Solver::new(space).identify(&mut |point| function(point)) {
        Ok(Identified::Everywhere { expr }) => expr.to_string(),
        Ok(Identified::Piece { expr }) => format!("piece: {expr}"),
        Err(_) => "?".to_owned(),
    }
}

fn one(function: impl Fn(i64) -> i64) -> String {
    found(&space(&[7]), |p| Some(function(p[0])))
}

fn two(function: impl Fn(i64, i64) -> i64) -> String {
    found(&space(&[7, 12]), |p| Some(function(p[0], p[1])))
}

fn three(function: impl Fn(i64, i64, i64) -> i64) -> String {
    found(&space(&[7, 12, 5]), |p| Some(function(p[0], p[1], p[2])))
}

#[test]
fn one_size() {
    assert_eq!(one(|_| -8), "-8");
    assert_eq!(one(|n| n), "s0");
    assert_eq!(one(|n| 3 * n - 7), "3*s0 - 7");
    assert_eq!(one(|n| n * n + n), "s0**2 + s0");
    assert_eq!(one(|n| n * (n - 1) / 2), "((s0**2 - s0)//2)");
    assert_eq!(one(|n| (n + 7) / 8), "((s0 + 7)//8)");
    assert_eq!(one(|n| (n + 127) / 128 * 128), "128*(((s0 + 127)//128))");
    assert_eq!(one(|n| n % 8), "Mod(s0, 8)");
    assert_eq!(one(|n| (3 * n + 2) / 7), "((3*s0 + 2)//7)");
    assert_eq!(one(|n| (5 * n + 1234) / 4321), "((5*s0 + 1234)//4321)");
    assert_eq!(one(|n| n / 10_000), "(s0//10000)");
    assert_eq!(one(|n| n / 2 / 3), "(s0//6)");
    assert_eq!(one(|n| (n / 14) * (n / 14) + 1), "((s0//14))**2 + 1");
}

#[test]
fn thresholds_that_few_sizes_reach() {
    assert_eq!(one(|n| n.min(512)), "Min(512, s0)");
    assert_eq!(one(|n| n.max(64) - n), "Max(0, 64 - s0)");
    assert_eq!(one(|n| (n / 100).max(7)), "Max(7, (s0//100))");
    assert_eq!(one(|n| n.max(7)), "Max(7, s0)");
    assert_eq!(one(|n| n.min(400_000)), "Min(400000, s0)");
    assert_eq!(two(|a, b| a.min(b / 2)), "Min(s0, (s1//2))");
    assert_eq!(two(|a, b| (a / 2).max(b / 3)), "Max((s0//2), (s1//3))");
    assert_eq!(one(|n| n + n.min(36)), "s0 + Min(36, s0)");
    assert_eq!(one(|n| (n - 5).max(1)), "Max(1, s0 - 5)");
    assert_eq!(one(|n| n.clamp(6, 49)), "Max(6, Min(49, s0))");
    assert_eq!(one(|n| n.min(22) - 30), "Min(22, s0) - 30");
    assert_eq!(one(|n| (n / 10).max(69) % 3), "Mod(Max(69, (s0//10)), 3)");
}

#[test]
fn two_sizes() {
    assert_eq!(two(|a, b| a * b), "s0*s1");
    assert_eq!(two(|a, b| 2 * a + 3 * b - 4), "2*s0 + 3*s1 - 4");
    assert_eq!(two(|a, b| (a / 2) * (b / 2)), "((s0//2))*((s1//2))");
    assert_eq!(two(|a, b| ((a + 15) / 16) * ((b + 15) / 16)), "(((s0 + 15)//16))*(((s1 + 15)//16))");
    assert_eq!(two(|a, b| a.max(b)), "Max(s0, s1)");
    assert_eq!(two(|a, b| (a - b).max(0)), "Max(0, s0 - s1)");
    assert_eq!(two(|a, b| a / b), "(s0//s1)");
    assert_eq!(two(|a, b| a % b), "Mod(s0, s1)");
    assert_eq!(two(|a, b| 16 * a / b), "((16*s0)//s1)");
    assert_eq!(two(|a, b| (a + b + 7) / 8), "((s0 + s1 + 7)//8)");
    assert_eq!(two(|a, b| (a + b) % 64), "Mod(s0 + s1, 64)");
    let whole = two(|a, b| (a + 411) / 777 + (b + 20) / 345);
    assert_eq!(whole, "(((s0 + 411)//777)) + (((s1 + 20)//345))");
}

#[test]
fn three_sizes() {
    assert_eq!(three(|a, b, c| a * b * c), "s0*s1*s2");
    assert_eq!(three(|a, b, c| a + b + c / 2), "s0 + s1 + ((s2//2))");
    assert_eq!(three(|a, b, c| a * (b / 2) * (c / 2)), "s0*((s1//2))*((s2//2))");
    assert_eq!(three(|a, b, c| (a + b + c) % 8), "Mod(s0 + s1 + s2, 8)");
}

#[test]
fn sizes_of_results_are_parts() {
    let mut space = space(&[30, 40]);
    let [h, w] = [0, 1].map(|i| Expr::symbol(&space.variables[i].symbol));
    let half =
        |e: &Expr| e.try_sub(&Expr::int(1)).unwrap().floor_div(&Expr::int(2)).unwrap().try_add(&Expr::int(1)).unwrap();
    let (h, w) = (half(&half(&h)), half(&half(&w)));
    space.parts = vec![h.clone(), w.clone()];
    let part = |n: i64| ((n - 1) / 2 + 1 - 1) / 2 + 1;
    let whole = found(&space, |p| Some(3 * part(p[0]) * part(p[1]) + 1));
    assert_eq!(
        whole,
        h.try_mul(&w).unwrap().try_mul(&Expr::int(3)).unwrap().try_add(&Expr::int(1)).unwrap().to_string()
    );
    // PyTorch writes `(h + 6)//7` of this part so, though it is `(s0 + 27)//28`.
    assert_eq!(found(&space, |p| Some((part(p[0]) + 6) / 7)), "(((s0 - 1)//28)) + 1");
    assert_eq!(one(|n| (n + 27) / 28), "((s0 + 27)//28)");
}

#[test]
fn only_valid_points_are_asked() {
    let mut stepped = space(&[16]);
    stepped.variables[0].step = 8;
    let function = |p: &[i64]| {
        assert_eq!(p[0] % 8, 0);
        Some(p[0] / 8 + 3)
    };
    assert_eq!(found(&stepped, function), "((s0//8)) + 3");
    let mut ordered = space(&[4, 9]);
    let [a, b] = [0, 1].map(|i| Expr::symbol(&ordered.variables[i].symbol));
    ordered.guards = vec![Rel::new(RelOp::Le, a, b)];
    let function = |p: &[i64]| {
        assert!(p[0] <= p[1]);
        Some(p[0].min(p[1]) + p[1] / 4)
    };
    assert_eq!(found(&ordered, function), "s0 + ((s1//4))");
    let mut narrow = space(&[5]);
    (narrow.variables[0].low, narrow.variables[0].high) = (4, 6);
    let function = |p: &[i64]| {
        assert!((4..=6).contains(&p[0]));
        Some(2 * p[0] + 1)
    };
    assert_eq!(found(&narrow, function), "2*s0 + 1");
}

#[test]
fn a_run_without_a_value_says_nothing() {
    assert_eq!(found(&space(&[30]), |p| (p[0] >= 16).then(|| p[0] / 4)), "(s0//4)");
    assert_eq!(found(&space(&[30, 9]), |p| (p[0] >= 16 && p[1] != 5).then(|| p[0] * p[1])), "s0*s1");
}

#[test]
fn a_branch_gives_a_piece() {
    assert_eq!(one(|n| if n > 50 { 2 * n } else { n + 1 }), "piece: s0 + 1");
}

#[test]
#[ignore = "takes a minute without optimisation"]
fn branches_give_pieces() {
    assert_eq!(found(&space(&[70]), |p| Some(if p[0] > 50 { 2 * p[0] } else { p[0] + 1 })), "piece: 2*s0");
    assert_eq!(two(|a, b| if a >= b { a * b } else { a + 2 * b }), "piece: s0 + 2*s1");
}

#[test]
fn what_is_not_sure_is_refused() {
    let mixed = |n: i64| (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as i64 >> 40;
    let refused = Solver::new(&space(&[7])).identify(&mut |p| Some(mixed(p[0]))).unwrap_err();
    assert_eq!(refused.seen[0], (vec![7], mixed(7)));
    assert!(refused.seen.len() > 1);
}

#[test]
fn numbers_share_the_runs() {
    let mut solver = Solver::new(&space(&[7, 12]));
    let mut runs: HashSet<Vec<i64>> = HashSet::new();
    for i in 0..500_i64 {
        let function = |p: &[i64]| match i % 4 {
            0 => i,
            1 => p[0],
            2 => p[0] * 64 + i,
            _ => p[0] * p[1],
        };
        let found = solver.identify(&mut |point| {
            runs.insert(point.to_vec());
            Some(function(point))
        });
        assert!(matches!(found, Ok(Identified::Everywhere { .. })), "{found:?}");
    }
    assert!(runs.len() < 400, "{} runs", runs.len());
}
