//! Points of many kinds at which expressions are compared with each other. A number is asked only at few of them.

use std::cell::OnceCell;

use super::domain::{Domain, Random, TOP};

/// So many points are drawn first.
const FIRST: usize = 2_000;

/// How many points are drawn in the search for a place where two expressions differ.
const ALL: usize = 12_000;

/// The places of a domain. They are drawn when they are needed.
#[derive(Default)]
pub(super) struct Places {
    first: OnceCell<Vec<Vec<i64>>>,
    rest: OnceCell<Vec<Vec<i64>>>,
}

impl Domain {
    /// Places that are enough for most questions.
    pub(super) fn some_places(&self) -> &[Vec<i64>] {
        self.places.first.get_or_init(|| self.draw(1, FIRST))
    }

    /// All places, in a fixed order.
    pub(super) fn all_places(&self) -> impl Iterator<Item = &Vec<i64>> {
        let rest = std::iter::once(()).flat_map(|()| self.places.rest.get_or_init(|| self.draw(2, ALL - FIRST)));
        self.some_places().iter().chain(rest)
    }

    fn draw(&self, seed: u64, count: usize) -> Vec<Vec<i64>> {
        let mut random = Random::new(0x2545_F491_4F6C_DD1D ^ seed << 7);
        (0..count).filter_map(|i| self.snap(&self.place(i, &mut random))).collect()
    }

    /// A place of the `i`-th kind. It need not be valid.
    pub(super) fn place(&self, i: usize, random: &mut Random) -> Vec<i64> {
        let count = self.variables.len();
        match i % 7 {
            0 | 1 => self.variables.iter().map(|v| v.low + random.range(0, 38) * v.step).collect(),
            2 => (0..count).map(|_| random.range(2, 200)).collect(),
            3 => (0..count).map(|_| random.log(TOP)).collect(),
            4 => (0..count).map(|j| if j == i / 7 % count { random.range(2, 200) } else { random.log(TOP) }).collect(),
            // A round size, of which common remainders are 0, beside small ones.
            5 => {
                let round = random.pick(&[64, 100, 160, 40_320, 201_600]).copied().unwrap_or(64);
                let round = round * random.log(TOP / round);
                (0..count).map(|j| if j == i / 7 % count { round } else { random.range(2, 40) }).collect()
            }
            _ => {
                let size = random.log(TOP);
                (0..count).map(|_| size + random.range(-70, 70)).collect()
            }
        }
    }
}
