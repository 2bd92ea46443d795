//! Compares the region that was found with the truth.

use super::super::*;
use crate::solve::space::SizeVariable;
use symbolic::Symbol;

/// What a region does wrong at the points where it was compared.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The relations, or why there are none.
    pub(super) text: String,
    pub(super) undecided: bool,
    /// Points in the region where the path is another one.
    pub(super) unsound: usize,
    /// Points outside of the region where the path is the same.
    pub(super) inexact: usize,
}

pub(super) const HIGH: i64 = 1 << 20;

/// Sizes with these values in the example.
pub(super) fn space(examples: &[i64]) -> Space {
    let variable = |(i, example): (usize, &i64)| SizeVariable {
        symbol: Symbol::size(&format!("s{i}")),
        example: *example,
        low: 2,
        high: HIGH,
        step: 1,
    };
    Space { variables: examples.iter().enumerate().map(variable).collect(), ..Space::default() }
}

/// Finds the region of a truth, and compares both at dense small points, next to each border of the truth along lines, and
/// far away. `every` thins the points out.
pub(super) fn judge(space: &Space, truth: &dyn Fn(&[i64]) -> bool, every: usize) -> Verdict {
    let domain = Domain::new(space);
    let found = guards(
        space,
        &mut |p| {
            assert!(domain.contains(p), "{p:?} must not be asked");
            truth(p)
        },
        4000,
    );
    let rels = match found {
        Err(e) => return Verdict { text: e.to_string(), undecided: true, unsound: 0, inexact: 0 },
        Ok(rels) => rels,
    };
    let text = rels.iter().map(ToString::to_string).collect::<Vec<_>>().join(" & ");
    let mut verdict = Verdict { text, undecided: false, unsound: 0, inexact: 0 };
    let holds = |p: &[i64]| rels.iter().all(|rel| domain.holds(rel, p));
    let mut compare = |p: &[i64]| {
        if domain.contains(p) {
            match (holds(p), truth(p)) {
                (true, false) => verdict.unsound += 1,
                (false, true) => verdict.inexact += 1,
                _ => {}
            }
        }
    };
    let example = domain.example();
    assert!(holds(&example), "{} at the example", verdict_text(&rels));
    let mut rng = rng::Rng::new(4711);
    for n in (0..12_000_usize).step_by(every) {
        // Small points in order, then any.
        let side = if space.variables.len() == 1 { 4000 } else { 70_usize.min(24 + 100 / space.variables.len()) };
        let mut rest = if n < 4900 { n } else { rng.below(usize::MAX) };
        let dense = (0..space.variables.len()).map(|_| {
            let digit = rest % side;
            rest /= side;
            2 + digit as i64
        });
        compare(&dense.collect::<Vec<_>>());
        if let Some(point) = domain.random(&mut rng) {
            compare(&point);
            // The next change of the truth along one line.
            let at = rng.below(space.variables.len());
            let here = truth(&point);
            let line = (1..200).filter_map(|k| domain.moved(&point, at, i128::from(point[at]) + k));
            if n % 37 == 0
                && let Some(next) = line.into_iter().find(|p| truth(p) != here)
            {
                compare(&next);
                domain.moved(&next, at, i128::from(next[at]) - 1).iter().for_each(|p| compare(p));
            }
        }
    }
    verdict
}

fn verdict_text(rels: &[Rel]) -> String {
    rels.iter().map(ToString::to_string).collect::<Vec<_>>().join(" & ")
}
