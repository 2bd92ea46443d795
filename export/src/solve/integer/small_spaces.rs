//! Random formulas in small spaces, where many expressions fit by accident: what is found is compared at every point.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use symbolic::{Rel, RelOp};

use super::domain::{Domain, Random, TOP};
use super::form::{Form, Op};
use super::formulas::{DIVISORS, Draw, Outcome, hidden, random, random_numbers};
use super::tests::{space, symbols};
use super::*;

/// A quotient that takes few values in a small space: of products and sums, often by a size.
fn blunt(next: Draw<'_>) -> Form {
    let variable = |next: Draw<'_>| Form::Variable(next(2) as usize);
    let product = |next: Draw<'_>| Form::new(Op::Mul, variable(next), variable(next));
    let number = |next: Draw<'_>| Form::Int(next(120) as i64 + 1);
    let added = |x: Form, y: Form, next: Draw<'_>| {
        let op = if next(3) == 0 { Op::Sub } else { Op::Add };
        Form::new(op, x, y)
    };
    match next(6) {
        0 | 1 => hidden(next),
        2 => random(next, 3),
        3 => {
            let (x, y) = (product(next), random(next, 1));
            Form::new(Op::Div, added(x, y, next), Form::Int(DIVISORS[next(15) as usize]))
        }
        4 => {
            let (x, y, z) = (random(next, 1), product(next), variable(next));
            Form::new(Op::Div, added(x, y, next), Form::new(Op::Mul, Form::Int(next(3) as i64 + 1), z))
        }
        _ => {
            let (x, n, z) = (random(next, 2), number(next), variable(next));
            Form::new(Op::Div, added(x, n, next), z.plus(next(3) as i64))
        }
    }
}

/// A small space around an example: ends that are declared or guards, and perhaps a relation of both sizes.
fn small(next: Draw<'_>, example: &[i64]) -> Space {
    let mut space = space(example);
    let sizes = symbols(2).iter().map(Expr::symbol).collect::<Vec<Expr>>();
    let mut guards = Vec::new();
    // One of the sizes may be without an end.
    let open = next(10) as usize;
    for (i, (variable, size)) in space.variables.iter_mut().zip(&sizes).enumerate() {
        if i == open {
            continue;
        }
        let reach = [3, 8, 20, 60, 200][next(5) as usize];
        let high = variable.example + next(reach) as i64;
        let low = (variable.example - next(reach) as i64).max(2);
        if next(2) == 0 {
            (variable.low, variable.high) = (low, high);
        } else {
            guards.push(Rel::new(RelOp::Le, size.clone(), Expr::int(high)));
            if next(2) == 0 {
                guards.push(Rel::new(RelOp::Ge, size.clone(), Expr::int(low)));
            }
        }
    }
    let (sum, product) = (sizes[0].try_add(&sizes[1]).unwrap(), sizes[0].try_mul(&sizes[1]).unwrap());
    let more = next(100) as i64;
    guards.extend(match next(8) {
        0 => Some(Rel::new(RelOp::Le, sum, Expr::int(example[0] + example[1] + more))),
        1 => Some(Rel::new(RelOp::Le, product, Expr::int(example[0] * example[1] + 3 * more))),
        2 if example[0] < example[1] => Some(Rel::new(RelOp::Lt, sizes[0].clone(), sizes[1].clone())),
        _ => None,
    });
    space.guards = guards;
    space
}

/// All points of a space whose sizes are at most a few hundred, and some beyond.
fn points(space: &Space, random: &mut Random) -> Vec<Vec<i64>> {
    let domain = Domain::new(space);
    let near = (2..=300).flat_map(|a| (2..=300).map(move |b| vec![a, b]));
    let row = |a: i64| (300..=3000).flat_map(move |b| [vec![a, b], vec![b, a]]);
    let far: Vec<Vec<i64>> = (0..20_000).map(|_| vec![random.log(TOP), random.log(TOP)]).collect();
    near.chain((2..=6).flat_map(row)).chain(far).filter(|point| domain.contains(point)).collect()
}

/// Identifies formulas in small spaces.
pub(super) fn in_small_spaces(seed: u64, count: usize) -> Outcome {
    let mut next = random_numbers(seed);
    let mut draws = Random::new(seed);
    let mut outcome = Outcome::default();
    for _ in 0..count {
        let truth = blunt(&mut next);
        let example = [2 + next(40) as i64, 2 + next(40) as i64];
        let space = small(&mut next, &example);
        let found = Solver::new(&space).identify(&mut |point| truth.at(point));
        let Ok(Identified::Everywhere { expr }) = found else {
            outcome.refused += 1;
            continue;
        };
        let result = Form::read(&expr, &symbols(2)).unwrap();
        let all = points(&space, &mut draws);
        let wrong = all.iter().filter(|p| truth.at(p).is_some_and(|value| result.at(p) != Some(value)));
        let wrong: Vec<&Vec<i64>> = wrong.collect();
        if let Some(first) = wrong.first() {
            let bounds: Vec<(i64, i64)> = space.variables.iter().map(|v| (v.low, v.high)).collect();
            outcome.wrong.push(format!(
                "{truth} as {expr} where {:?}, {bounds:?}, example {example:?}: wrong at {} of {} points, {first:?}",
                space.guards,
                wrong.len(),
                all.len()
            ));
        }
    }
    outcome
}

#[test]
fn small_spaces() {
    let outcome = in_small_spaces(1, 40);
    assert_eq!(outcome.wrong, Vec::<String>::new());
}
