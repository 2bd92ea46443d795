//! How symbols are numbered: by a hash of where they come from, or one after the other.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How the number in `s77` is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Naming {
    /// PyTorch 2.8 and later: SHA-256 of the source text modulo 100, then the next free number.
    #[default]
    Hashed,
    /// PyTorch 2.7 and before: `s0`, `s1`, ... in order of creation.
    Sequential,
}

/// Numbers given out in one program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    naming: Naming,
    /// For each number in use one to try next, 0 for one that is free.
    next: Vec<usize>,
    count: usize,
}

impl Numbers {
    pub(crate) fn new(naming: Naming) -> Numbers {
        Numbers { naming, ..Numbers::default() }
    }

    /// The number of the symbol that stands for `source`.
    pub(crate) fn take(&mut self, source: &str) -> u64 {
        let wanted = match self.naming {
            // Below 100.
            Naming::Hashed => source_slot(source) as usize,
            Naming::Sequential => self.count,
        };
        self.count += 1;
        // Past 99 the count goes on: 99, 100, 101.
        let next = |numbers: &[usize], at: usize| numbers.get(at).copied().filter(|next| *next > 0);
        let mut free = wanted;
        while let Some(to) = next(&self.next, free) {
            free = to;
        }
        if self.next.len() <= free {
            self.next.resize(free + 1, 0);
        }
        // Path compression: later lookups start at the next free number.
        let mut at = Some(wanted);
        while let Some(from) = at {
            at = next(&self.next, from);
            self.next[from] = free + 1;
        }
        free as u64
    }
}

/// The slot from 0 to 99 that a source text hashes to, before collisions: 77 for `L['x'].size()[0]`.
pub fn source_slot(source: &str) -> u64 {
    Sha256::digest(source.as_bytes()).iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % 100)
}
