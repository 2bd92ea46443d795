//! What a run costs: the bytes that it allocates, and the time of the processor.

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How much more twice the size may cost. Tables that double when they are full make a factor of 2 a little more.
pub(crate) const TWICE: f64 = 2.6;

/// How much more of the processor's time eight times the size may take. A square takes 64 times as much.
pub(crate) const EIGHT_TIMES: f64 = 28.0;

/// So little time says nothing.
pub(crate) const LEAST: f64 = 2e6;

/// The bytes that a run allocates.
pub(crate) fn allocated(run: &dyn Fn()) -> f64 {
    let region = Region::new(ALLOCATOR);
    run();
    region.change().bytes_allocated as f64
}

/// The nanoseconds of the processor that this thread has taken, where the system says so.
fn spent() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// The least time that one of some runs takes.
pub(crate) fn time(run: &dyn Fn()) -> Option<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let before = spent()?;
        run();
        least = least.min(spent()? - before);
    }
    Some(least)
}

/// A square is found: the test would fail for it.
#[test]
fn a_square_is_seen() {
    let square = |n: usize| move || drop(black_box((0..n).map(|i| vec![0_u8; i]).collect::<Vec<_>>()));
    let (once, twice) = (square(500), square(1000));
    assert!(allocated(&twice) / allocated(&once) > TWICE);
}
