//! Checks the promises of the fuzz targets on their seeds and on a fixed sample of damaged seeds.
//! `cargo xtask fuzz` checks them on as many texts as time allows.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "the file is a library of its own in `fuzz`")]
mod promises;

use std::fs;
use std::path::Path;
use tests::random::Random;

/// How many damaged texts each reader gets.
const SAMPLE: usize = 4000;

fn seeds(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).expect("a seed")).into_owned()).collect()
}

/// A seed in which one to four pieces are removed, doubled, replaced by a character or by a piece of another seed.
fn damage(random: &mut Random, seeds: &[String]) -> String {
    let mut text: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
    for _ in 0..=random.below(4) {
        let other: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
        let start = random.below(other.len());
        let piece = other[start..(start + 1 + random.below(12)).min(other.len())].to_vec();
        let (at, length) = (random.below(text.len() + 1), random.below(8));
        let end = (at + length).min(text.len());
        let into = match random.below(4) {
            0 => Vec::new(),
            1 => text[at..end].repeat(2),
            2 => vec![char::from(32 + random.below(95) as u8)],
            _ => piece,
        };
        text.splice(at..end, into);
    }
    text.into_iter().collect()
}

fn sample(target: &str, promise: fn(&str)) {
    let seeds = seeds(target);
    assert!(seeds.len() > 4, "{target} has {} seeds", seeds.len());
    let mut random = Random::new(2130);
    let damaged = (0..SAMPLE).map(|_| damage(&mut random, &seeds));
    for text in seeds.iter().cloned().chain(damaged) {
        if std::panic::catch_unwind(|| promise(&text)).is_err() {
            panic!("{target} breaks its promise on {text:?}");
        }
    }
}

/// The same for readers of bytes. The damaged archives are in `damaged.rs`.
fn sample_bytes(target: &str, promise: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("a seed")).collect();
    assert!(seeds.len() > 4, "{target} has {} seeds", seeds.len());
    let mut random = Random::new(2130);
    for i in 0..SAMPLE / 4 {
        let mut bytes = seeds[i % seeds.len()].clone();
        for _ in 0..random.below(5) * usize::from(i >= seeds.len()) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.below(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, *random.pick(b"(.}])NKMJXQRbcehjqrstu\x80\x85\x86\x87\x88\x89\x8a\xff\0")),
            }
        }
        if std::panic::catch_unwind(|| promise(&bytes)).is_err() {
            panic!("{target} breaks its promise on {bytes:?}");
        }
    }
}

#[test]
fn model() {
    sample("model", promises::model);
}

#[test]
fn payload() {
    sample("payload", promises::payload);
}

#[test]
fn pickle() {
    sample_bytes("pickle", promises::pickle);
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
