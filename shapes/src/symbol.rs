//! How symbols are numbered: by a hash of where they come from, or one after the other.

use std::collections::HashSet;

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
    used: HashSet<u64>,
}

impl Numbers {
    pub(crate) fn new(naming: Naming) -> Numbers {
        Numbers { naming, used: HashSet::new() }
    }

    /// The number of the symbol that stands for `source`.
    pub(crate) fn take(&mut self, source: &str) -> u64 {
        let mut number = match self.naming {
            Naming::Hashed => source_slot(source),
            Naming::Sequential => self.used.len() as u64,
        };
        // Past 99 the count goes on: 99, 100, 101.
        while !self.used.insert(number) {
            number += 1;
        }
        number
    }
}

/// The slot from 0 to 99 that a source text hashes to, before collisions: 77 for `L['x'].size()[0]`.
pub fn source_slot(source: &str) -> u64 {
    Sha256::digest(source.as_bytes()).iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % 100)
}
