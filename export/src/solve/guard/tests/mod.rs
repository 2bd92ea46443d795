//! Truths that are known, the relations that are found for them, and points where both are compared.
#![allow(clippy::unwrap_used, reason = "a test")]

mod judge;
mod random;

use super::*;
use judge::{Verdict, judge, space};
use symbolic::{Expr, RelOp};

/// The relations are exact, and written like this.
fn exact(examples: &[i64], truth: impl Fn(&[i64]) -> bool, text: &str) {
    let verdict = judge(&space(examples), &truth, 17);
    assert_eq!((verdict.undecided, verdict.unsound, verdict.inexact), (false, 0, 0), "{verdict:?}");
    assert_eq!(verdict.text, text);
}

#[test]
fn thresholds_on_one_size() {
    exact(&[60], |p| p[0] > 50, "s0 > 50");
    exact(&[9], |p| p[0] <= 50, "s0 <= 50");
    exact(&[9], |p| p[0] <= 512, "s0 <= 512");
    exact(&[9], |p| p[0] < 3000, "s0 < 3000");
    exact(&[9], |p| p[0] / 8 < 4, "s0 < 32");
    exact(&[33], |p| p[0] / 8 == 4, "s0 >= 32 & s0 < 40");
    exact(&[9], |_| true, "");
}

#[test]
fn values_and_remainders_of_one_size() {
    exact(&[7], |p| p[0] == 7, "Eq(s0, 7)");
    exact(&[9], |p| p[0] != 7, "Ne(s0, 7)");
    exact(&[14], |p| p[0] % 7 == 0, "Eq(Mod(s0, 7), 0)");
    exact(&[4], |p| p[0] % 7 != 0, "Ne(Mod(s0, 7), 0)");
    exact(&[4], |p| p[0] % 64 != 0, "Ne(Mod(s0, 64), 0)");
    exact(&[300], |p| p[0] % 100 == 0, "Eq(Mod(s0, 100), 0)");
    exact(&[9], |p| p[0] % 2 == 1, "Eq(Mod(s0, 2), 1)");
    exact(&[13], |p| p[0] % 5 == 3, "Eq(Mod(s0, 5), 3)");
    exact(&[17], |p| p[0] / 8 % 2 == 0, "Eq(Mod((s0//8), 2), 0)");
}

#[test]
fn two_sizes() {
    exact(&[9, 5], |p| p[0] >= p[1], "s0 >= s1");
    exact(&[9, 5], |p| p[0] > p[1], "s0 > s1");
    exact(&[9, 9], |p| p[0] == p[1], "Eq(s0, s1)");
    exact(&[9, 7], |p| p[0] != p[1], "Ne(s0, s1)");
    exact(&[14, 7], |p| p[0] == 2 * p[1], "Eq(s0, 2*s1)");
    exact(&[9, 7], |p| 2 * p[0] > p[1], "2*s0 > s1");
    exact(&[9, 7], |p| 3 * p[0] > 2 * p[1] + 5, "3*s0 > 2*s1 + 5");
    exact(&[90, 70], |p| p[0] * p[1] > 1000, "s0*s1 > 1000");
    exact(&[9, 7], |p| (p[0] + p[1]) % 8 == 0, "Eq(Mod(s0 + s1, 8), 0)");
    exact(&[9, 5], |p| p[0] % 4 == p[1] % 4, "Eq(Mod(s0, 4), Mod(s1, 4))");
    exact(&[15, 5], |p| p[0] % p[1] == 0, "Eq(Mod(s0, s1), 0)");
}

#[test]
fn floors_and_extrema_of_two_sizes() {
    exact(&[40, 7], |p| p[0] / 8 >= p[1] / 4, "((s0//8)) >= ((s1//4))");
    exact(&[40, 5], |p| p[0] / 8 == p[1], "Eq((s0//8), s1)");
    exact(&[400, 7], |p| p[0].max(p[1]) > 100, "Max(s0, s1) > 100");
    exact(&[40, 7], |p| p[0].max(p[1]) <= 100, "s0 <= 100 & s1 <= 100");
    exact(&[512, 512], |p| (p[0] / 16) * (p[1] / 16) > 256, "((s0//16))*((s1//16)) > 256");
}

#[test]
fn more_sizes() {
    exact(&[9, 5, 6], |p| p[0] < p[1] + p[2], "s0 < s1 + s2");
    exact(&[9, 5, 16], |p| p[0] + p[1] <= p[2], "s0 + s1 <= s2");
    exact(&[11, 5, 6], |p| p[0] == p[1] + p[2], "Eq(s0, s1 + s2)");
    exact(&[3, 5, 15], |p| p[0] * p[1] == p[2], "Eq(s0*s1, s2)");
    exact(&[9, 8, 6, 5], |p| p[2] >= p[3], "s2 >= s3");
}

#[test]
fn conjunctions() {
    let verdict = judge(&space(&[12]), &|p| p[0] > 10 && p[0] <= 300 && p[0] % 2 == 0, 7);
    assert_eq!((verdict.undecided, verdict.unsound, verdict.inexact), (false, 0, 0), "{verdict:?}");
    let verdict = judge(&space(&[10, 7]), &|p| p[0] >= p[1] && p[1] > 4 && p[0] <= 1000, 7);
    assert_eq!((verdict.undecided, verdict.unsound, verdict.inexact), (false, 0, 0), "{verdict:?}");
    let verdict = judge(&space(&[16, 24]), &|p| p[0] % 8 == 0 && p[1] % 8 == 0, 7);
    assert_eq!((verdict.undecided, verdict.unsound, verdict.inexact), (false, 0, 0), "{verdict:?}");
}

/// What is missing on an equality or in a remainder of two sizes is at no point where one size moves alone.
#[test]
fn holes_where_sizes_depend_on_each_other() {
    exact(&[248, 527], |p| p[0] == p[1] - 279 && p[0] != 17, "Ne(s0, 17) & Eq(s0 + 279, s1)");
    exact(&[7, 18], |p| (p[0] + p[1]) % 16 == 9 && p[0] != 50, "Ne(s0, 50) & Eq(Mod(s0 + s1, 16), 9)");
    exact(&[28, 4], |p| p[0] % 64 != 29 && p[1] == p[0] - 24, "Ne(Mod(s0, 64), 29) & Eq(s0, s1 + 24)");
    exact(&[8, 15], |p| p[1] == p[0] + 7 && p[1] % 64 != 42, "Ne(Mod(s0, 64), 35) & Eq(s0 + 7, s1)");
    exact(&[31, 8], |p| p[1] == p[0] - 23 && p[0] <= 2000, "s1 <= 1977 & Eq(s0, s1 + 23)");
}

#[test]
fn of_a_disjunction_a_part_with_the_example_is_kept() {
    let verdict = judge(&space(&[100, 2]), &|p| p[0] > 50 || p[1] > 3, 17);
    assert_eq!((verdict.undecided, verdict.unsound), (false, 0), "{verdict:?}");
    assert_eq!(verdict.text, "s0 > 50");
}

#[test]
fn what_is_not_identified_is_refused() {
    let scattered = |p: &[i64]| (p[0] ^ 0x5a5a).wrapping_mul(0x9e37_79b9) >> 7 & 3 != 0 || p[0] == 9;
    let verdict = judge(&space(&[9]), &scattered, 7);
    assert!(verdict.undecided || verdict.unsound == 0, "{verdict:?}");
    // Without runs nothing is decided, and the message has both points.
    let refused = guards(&space(&[9, 5]), &mut |p| p[0] >= p[1], 20).unwrap_err();
    assert!(refused.to_string().starts_with("the forward takes another path at s0 = "), "{refused}");
    assert!(refused.runs <= 20, "{refused:?}");
}

#[test]
fn only_valid_points_are_asked() {
    // The judge asserts it for every point.
    let (a, b) = (Expr::size("s0"), Expr::size("s1"));
    let known = [Rel::eq(a.clone(), b.clone()), Rel::new(RelOp::Le, a, Expr::int(4000))];
    let verdict = judge(&Space { guards: known.to_vec(), ..space(&[9, 9]) }, &|p| p[0] <= 77, 7);
    assert_eq!((verdict.undecided, verdict.unsound, verdict.inexact), (false, 0, 0), "{verdict:?}");
    let mut even = space(&[10, 7]);
    even.variables[0].step = 2;
    even.variables[1].low = 5;
    even.variables[1].high = 300;
    let verdict = judge(&even, &|p| p[0] >= p[1], 7);
    assert_eq!((verdict.undecided, verdict.unsound, verdict.inexact), (false, 0, 0), "{verdict:?}");
}

#[test]
fn the_sweep_is_small_and_the_same_each_time() {
    for (examples, most) in [(vec![9], 160), (vec![9, 5], 330), (vec![9, 5, 6, 7], 500), ((3..23).collect(), 1600)] {
        let points = sweep(&space(&examples));
        assert!(points.len() <= most, "{} points for {} variables", points.len(), examples.len());
        assert_eq!(points, sweep(&space(&examples)));
        let largest = |p: &Point| p.iter().copied().max().unwrap();
        assert!(points.first().map(largest) <= points.last().map(largest));
    }
}

/// Random conjunctions: nothing is unsound, and next to nothing is inexact.
fn conjunctions_of(sizes: usize, conditions: usize, count: usize, seed: u64, every: usize) -> [usize; 3] {
    let mut rng = rng::Rng::new(seed);
    let mut wrong = [0; 3];
    for _ in 0..count {
        let size = |rng: &mut rng::Rng| 2 + if rng.below(4) == 0 { rng.below(600) } else { rng.below(30) } as i64;
        let example: Vec<i64> = (0..sizes).map(|_| size(&mut rng)).collect();
        let all: Vec<random::Condition> = (0..conditions).map(|_| random::random(&mut rng, &example)).collect();
        let truth = |p: &[i64]| all.iter().all(|c| (c.holds)(p));
        let verdict: Verdict = judge(&space(&example), &truth, every);
        let counts = [verdict.unsound > 0, verdict.inexact > 0, verdict.undecided];
        wrong.iter_mut().zip(counts).for_each(|(sum, is)| *sum += usize::from(is));
        if counts.contains(&true) {
            let text = all.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(" & ");
            println!("{example:?} {text}: {verdict:?}");
        }
    }
    println!("{sizes} sizes, {conditions} conditions, {count} times: [unsound, inexact, undecided] {wrong:?}");
    wrong
}

#[test]
fn random_conjunctions() {
    for (sizes, conditions, count) in [(1, 1, 12), (1, 2, 8), (2, 1, 5), (2, 2, 1)] {
        let [unsound, inexact, undecided] = conjunctions_of(sizes, conditions, count, 20, 7);
        assert_eq!((unsound, inexact, undecided), (0, 0, 0));
    }
}

/// `cargo test --release -p torch-export --lib solve::guard -- --ignored --nocapture` takes some minutes. Set `GUARD_SEED`
/// for other conditions.
#[test]
#[ignore = "takes minutes"]
fn many_random_conjunctions() {
    let seed = std::env::var("GUARD_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut sum = 0;
    let all = [
        (1, 1, 400),
        (1, 2, 400),
        (1, 3, 300),
        (2, 1, 300),
        (2, 2, 200),
        (2, 3, 60),
        (3, 1, 60),
        (3, 2, 40),
        (3, 3, 15),
    ];
    for (sizes, conditions, count) in all {
        sum += conjunctions_of(sizes, conditions, count, seed, 1)[0];
    }
    assert_eq!(sum, 0, "unsound regions");
}
