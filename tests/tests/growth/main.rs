//! What it costs to read, print and walk a text or a tree grows with its size and no faster.
//!
//! The cost is counted: the bytes that are allocated, and the most that are held at once. What allocates nothing while it
//! compares is also bounded by the time of the processor, with so much room that only a square is too slow.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub, clippy::expect_used, reason = "the file is a library of its own in `fuzz`")]
mod promises;

mod depth;
mod made;
mod meter;
mod rows;

use meter::{EIGHT_TIMES, LEAST, TWICE, allocated, time};
use rows::{Row, rows};

#[test]
fn costs_grow_with_the_size_and_no_faster() {
    let mut wrong = Vec::new();
    let only = std::env::var("ONLY").ok();
    for Row { name, size, make } in rows() {
        if only.as_deref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let (once, twice, eight) = (make(size), make(2 * size), make(8 * size));
        // What is made once in a process is not counted.
        once();
        let (a, b) = (allocated(&once), allocated(&twice));
        let factor = b / a.max(1000.0);
        let times = time(&once).zip(time(&eight)).map(|(a, b)| (b / a.max(LEAST), a, b));
        println!("{name}: {factor:.2} times the memory of {a} bytes, {times:.1?} times the time");
        if factor > TWICE {
            wrong.push(format!("{name}: twice the size takes {factor:.2} times the memory, {a} and {b} bytes"));
        }
        if let Some((times, a, b)) = times.filter(|(times, ..)| *times > EIGHT_TIMES) {
            wrong.push(format!("{name}: eight times the size takes {times:.1} times the time, {a} and {b} ns"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
