//! The promises of the fuzz targets, asked of their seeds and of a fixed sample of damaged ones.
//! `cargo xtask fuzz` asks them of as many texts as time allows.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "there it is a library")]
mod promises;

use std::fs;
use std::path::Path;

/// How many damaged texts each reader is given.
const SAMPLE: usize = 4000;

/// xorshift: the same numbers at every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

fn seeds(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).expect("a seed")).into_owned()).collect()
}

/// One to four pieces cut out, doubled, put elsewhere or taken from another seed.
fn damage(numbers: &mut Numbers, seeds: &[String]) -> String {
    let mut text: Vec<char> = seeds[numbers.below(seeds.len())].chars().collect();
    for _ in 0..=numbers.below(4) {
        let other: Vec<char> = seeds[numbers.below(seeds.len())].chars().collect();
        let start = numbers.below(other.len());
        let piece = other[start..(start + 1 + numbers.below(12)).min(other.len())].to_vec();
        let (at, length) = (numbers.below(text.len() + 1), numbers.below(8));
        let end = (at + length).min(text.len());
        let into = match numbers.below(4) {
            0 => Vec::new(),
            1 => text[at..end].repeat(2),
            2 => vec![char::from(32 + numbers.below(95) as u8)],
            _ => piece,
        };
        text.splice(at..end, into);
    }
    text.into_iter().collect()
}

fn sample(target: &str, promise: fn(&str)) {
    let seeds = seeds(target);
    assert!(seeds.len() > 4, "{target} has {} seeds", seeds.len());
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let damaged = (0..SAMPLE).map(|_| damage(&mut numbers, &seeds));
    for text in seeds.iter().cloned().chain(damaged) {
        if std::panic::catch_unwind(|| promise(&text)).is_err() {
            panic!("{target} breaks its promise of {text:?}");
        }
    }
}

#[test]
fn treespec() {
    sample("treespec", promises::treespec);
}

#[test]
fn srepr() {
    sample("srepr", promises::srepr);
}

#[test]
fn dynamic_shapes() {
    sample("dynamic_shapes", promises::dynamic_shapes);
}

#[test]
fn pattern() {
    sample("pattern", promises::pattern);
}
