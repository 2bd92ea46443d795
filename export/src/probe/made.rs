//! The runs that an export has made. Their numbers are kept as long as they do not take much memory.

use super::runs::Run;
use crate::resolve::Given;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// So many numbers are kept, of 8 bytes each. A model with many layers has some ten thousand in each run.
const NUMBERS: usize = 3 << 20;

/// Runs by what they were given.
#[derive(Default)]
pub(super) struct Made {
    runs: HashMap<Given, Slot>,
    /// Those that are kept, the oldest first.
    kept: VecDeque<Rc<Run>>,
    numbers: usize,
}

enum Slot {
    Kept(Rc<Run>),
    /// It can be made again. What is known of it: whether it took the path of the example.
    Dropped {
        is_same: bool,
    },
}

impl Made {
    /// The run, if it is kept.
    pub(super) fn get(&self, given: &Given) -> Option<Rc<Run>> {
        match self.runs.get(given)? {
            Slot::Kept(run) => Some(Rc::clone(run)),
            Slot::Dropped { .. } => None,
        }
    }

    /// Whether there was such a run.
    pub(super) fn contains(&self, given: &Given) -> bool {
        self.runs.contains_key(given)
    }

    /// Keeps a run, and drops the oldest ones if there are too many numbers.
    pub(super) fn insert(&mut self, run: &Rc<Run>) {
        self.numbers += run.count();
        self.runs.insert(run.given().clone(), Slot::Kept(Rc::clone(run)));
        self.kept.push_back(Rc::clone(run));
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

    fn given(n: i64) -> Given {
        Given { sizes: LeafSizes::of(&[Leaf::Int(n)]), data: Vec::new() }
    }

    #[test]
    fn the_oldest_runs_are_dropped_and_still_known() {
        let mut made = Made::default();
        for n in 0..10 {
            made.insert(&Rc::new(Run::with_numbers(given(n), NUMBERS / 4)));
        }
        let kept: Vec<i64> = (0..10).filter(|n| made.get(&given(*n)).is_some()).collect();
        assert_eq!(kept, [6, 7, 8, 9]);
        assert!((0..10).all(|n| made.contains(&given(n))) && made.same().count() == 10);
        // One that is made again is kept again.
        made.insert(&Rc::new(Run::with_numbers(given(0), 1)));
        assert!(made.get(&given(0)).is_some() && made.same().count() == 10);
        // Dropping an older run of the same numbers leaves the newer one.
        made.insert(&Rc::new(Run::with_numbers(given(6), 1)));
        made.insert(&Rc::new(Run::with_numbers(given(10), NUMBERS / 4)));
        assert!(made.get(&given(6)).is_some() && made.get(&given(7)).is_none());
        // The newest one is kept, however large it is.
        made.insert(&Rc::new(Run::with_numbers(given(11), 2 * NUMBERS)));
        assert!(made.get(&given(11)).is_some() && made.get(&given(9)).is_none());
    }
}
