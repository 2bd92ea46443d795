//! Numbers that look random and are the same in every run.

/// The generator SplitMix64.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `count - 1`; 0 where nothing can be chosen.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let count = count.max(1) as u64;
        (self.next() % count) as usize
    }

    /// From `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i128, high: i128) -> i128 {
        let width = (high - low + 1).max(1);
        low + i128::from(self.next()) % width
    }

    /// One of the items.
    pub(super) fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        let at = self.below(items.len());
        items.get(at)
    }

    /// From `low` to `high`, each power of two as likely as the others.
    pub(super) fn spread(&mut self, low: i128, high: i128) -> i128 {
        let bits = |n: i128| i128::from(128 - n.max(1).leading_zeros());
        let size = self.between(bits(low), bits(high));
        let top = 1_i128 << size.clamp(1, 62);
        self.between((top / 2).max(low).min(high), (top - 1).min(high).max(low))
    }
}
