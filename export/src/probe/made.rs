//! The runs that an export has made. They are kept as long as they do not take much memory.

use super::packed::{Packed, Pattern};
use super::runs::Run;
use crate::resolve::Given;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// So many numbers are kept, of 8 bytes each. Packed, a run of a model with many layers has some hundred.
const NUMBERS: usize = 3 << 20;

/// Runs by what they were given.
#[derive(Default)]
pub(super) struct Made {
    runs: HashMap<Given, Slot>,
    /// Those that are kept, the oldest first.
    kept: VecDeque<Rc<Packed>>,
    numbers: usize,
    pattern: Rc<Pattern>,
}

enum Slot {
    Kept(Rc<Packed>),
    /// It can be made again. What is known of it: whether it took the path of the example.
    Dropped {
        is_same: bool,
    },
}

impl Made {
    /// The run, if it is kept.
    pub(super) fn get(&self, given: &Given) -> Option<Run> {
        match self.runs.get(given)? {
            Slot::Kept(run) => Some(run.unpacked()),
            Slot::Dropped { .. } => None,
        }
    }

    /// Whether there was such a run.
    pub(super) fn contains(&self, given: &Given) -> bool {
        self.runs.contains_key(given)
    }

    /// Keeps a run, and drops the oldest ones if there are too many numbers.
    pub(super) fn insert(&mut self, run: &Run) {
        let packed = Rc::new(Packed::new(run, &mut self.pattern));
        self.numbers += packed.count();
        self.runs.insert(run.given().clone(), Slot::Kept(Rc::clone(&packed)));
        self.kept.push_back(packed);
        while self.numbers > NUMBERS && self.kept.len() > 1 {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.numbers -= oldest.count();
            // A run that was made again stands in the place of an older one.
            if let Some(slot) = self.runs.get_mut(oldest.given())
                && matches!(slot, Slot::Kept(kept) if Rc::ptr_eq(kept, &oldest))
            {
                *slot = Slot::Dropped { is_same: oldest.is_same() };
            }
        }
    }

    /// What the runs on the path of the example were given.
    pub(super) fn same(&self) -> impl Iterator<Item = &Given> {
        let is_same = |slot: &Slot| match slot {
            Slot::Kept(run) => run.is_same(),
            Slot::Dropped { is_same } => *is_same,
        };
        self.runs.iter().filter(move |(_, slot)| is_same(slot)).map(|(given, _)| given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::LeafSizes;
    use pytree_core::Leaf;

    fn run(n: i64, numbers: impl IntoIterator<Item = i64>) -> Run {
        let given = Given { sizes: LeafSizes::of(&[Leaf::Int(n)]), data: Vec::new() };
        Run::with_numbers(given, numbers.into_iter().collect())
    }

    /// A run that takes a quarter of the memory: all its numbers differ.
    fn large(n: i64) -> Run {
        run(n, 0..NUMBERS as i64 / 4)
    }

    fn is_kept(made: &Made, n: i64) -> bool {
        made.get(run(n, []).given()).is_some()
    }

    #[test]
    fn the_oldest_runs_are_dropped_and_still_known() {
        let mut made = Made::default();
        (0..10).for_each(|n| made.insert(&large(n)));
        let kept: Vec<i64> = (0..10).filter(|n| is_kept(&made, *n)).collect();
        assert_eq!(kept, [6, 7, 8, 9]);
        assert!((0..10).all(|n| made.contains(run(n, []).given())) && made.same().count() == 10);
        // One that is made again is kept again.
        made.insert(&run(0, [1]));
        assert!(is_kept(&made, 0) && made.same().count() == 10);
        // Dropping an older run of the same numbers leaves the newer one.
        made.insert(&run(6, [1]));
        made.insert(&large(10));
        assert!(is_kept(&made, 6) && !is_kept(&made, 7));
        // The newest one is kept, however large it is.
        made.insert(&run(11, (0..2 * NUMBERS as i64).map(|i| i + 1)));
        assert!(is_kept(&made, 11) && !is_kept(&made, 9));
    }

    #[test]
    fn numbers_that_follow_the_same_pattern_take_little() {
        let mut made = Made::default();
        // 2,000 numbers that are one of 20 sizes, in 4,000 runs: raw, less than half of these would be kept.
        let numbers = |n: i64| (0..2_000).map(move |i| (i % 20) * 1_000_003 + n);
        (0..4_000).for_each(|n| made.insert(&run(n, numbers(n))));
        assert!((0..4_000).all(|n| is_kept(&made, n)));
        let seventh = made.get(run(7, []).given()).map(|run| run.number(1_999));
        assert_eq!(seventh, Some(numbers(7).next_back()));
    }
}
