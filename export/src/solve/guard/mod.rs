//! Finds the condition under which a forward takes the path of the example.
//!
//! A forward that asks `if n > 50` does not tell anyone. It can only be run, at any sizes, and each run takes the path of
//! the example or another one. From the points of both kinds [`guards`] infers the relations that torch would have
//! recorded as guards, and asks at further points until nothing refutes them: on both sides of every border, around the
//! example, and at sizes far away.
//!
//! What cannot be found: a path that no point of a sweep or of the verification meets. `if n == 777` is only seen when
//! 777 is asked, and a sweep asks all sizes up to 64, those next to powers of two, and some others. A condition that
//! changes at points of no relation in the bank (`bank.rs`) is refused and not approximated.

mod atom;
mod bank;
mod cover;
mod domain;
mod feature;
mod rng;
mod search;
mod sweep;
mod table;
mod verify;

use std::rc::Rc;
use symbolic::Rel;

use super::space::Space;
use domain::Domain;
pub(crate) use domain::Point;

/// The condition was not identified. The forward takes another path at `other`.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", message(names, example, other, *runs))]
pub(crate) struct Undecided {
    /// The names of the variables.
    pub(crate) names: Vec<String>,
    /// The example.
    pub(crate) example: Point,
    /// The nearest point seen with another path; the example where none was seen.
    pub(crate) other: Point,
    /// The number of runs that were made.
    pub(crate) runs: usize,
}

fn message(names: &[String], example: &[i64], other: &[i64], runs: usize) -> String {
    let at = |point: &[i64]| {
        let sizes: Vec<String> = names.iter().zip(point).map(|(name, size)| format!("{name} = {size}")).collect();
        sizes.join(", ")
    };
    if other == example {
        return format!("{runs} runs do not show whether the forward always takes the path of {}", at(example));
    }
    format!("the forward takes another path at {} than at {}", at(other), at(example))
}

/// The relations under which the path is that of the example. `same` answers for one point; it is asked for no point
/// twice, and only for points of the space. `budget` is the greatest number of points that are asked.
///
/// All relations together hold at the example, and wherever they hold the path was the example's at every point asked.
/// Where the path depends on a conjunction of relations, they are that conjunction; where it depends on a disjunction, they
/// are a part that the example is in.
///
/// # Errors
/// [`Undecided`] where no relations of the bank agree with the runs, or the budget is used up before that is sure.
pub(crate) fn guards(
    space: &Space,
    same: &mut dyn FnMut(&[i64]) -> bool,
    budget: usize,
) -> Result<Vec<Rel>, Undecided> {
    let domain = Domain::new(space);
    search::Search::new(&domain, same, budget).run()
}

/// The points at which every forward is run to see whether it takes another path somewhere: along each variable, between
/// variables, and generic ones. They are the same in every run, and `guards` asks them first. The smallest come first.
#[cfg(test)]
pub(crate) fn sweep(space: &Space) -> Vec<Point> {
    sweep::points(&Domain::new(space))
}

/// Points without a relation, small and large ones in turn. They are the same in every run.
pub(crate) fn generic(space: &Space, count: usize) -> Vec<Point> {
    let domain = Domain::new(space);
    let mut rng = rng::Rng::new(0x67_656e_6572_6963);
    let mut points: Vec<Point> = Vec::new();
    for _ in 0..2 * count {
        let new = domain.random(&mut rng).filter(|p| points.len() < count && !points.contains(p));
        points.extend(new);
    }
    points
}

/// For each variable its least sizes, so many, with all others as in the example.
pub(crate) fn lines(space: &Space, count: usize) -> impl Iterator<Item = Point> {
    let domain = Rc::new(Domain::new(space));
    (0..space.variables.len()).flat_map(move |at| {
        let domain = Rc::clone(&domain);
        let (low, high) = domain.bounds(at);
        let example = domain.example();
        let sizes = (low..=high).step_by(usize::try_from(domain.step(at)).unwrap_or(1)).take(count);
        sizes.filter_map(move |size| domain.moved(&example, at, size.into()))
    })
}

#[cfg(test)]
mod tests;
