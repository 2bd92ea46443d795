//! Times loading, printing and saving a `.pt2` file, and measures the memory of a load:
//! `cargo run --release -p torch-export-program --example time_load -- FILE`.
#![allow(clippy::expect_used, reason = "an example")]

use peak_alloc::PeakAlloc;
use program::{Archive, ExportedProgram};
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The shortest of ten runs.
fn shortest(mut run: impl FnMut()) -> Duration {
    let times = (0..10).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn main() {
    let path = std::env::args().nth(1).expect("a path of a .pt2 file");
    let program = ExportedProgram::load(&path).expect("a program");
    println!("{} nodes", program.graph.nodes.len());
    drop(program);
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let program = ExportedProgram::load(&path).expect("a program");
    let (peak, kept) = (MEMORY.peak_usage() - before, MEMORY.current_usage() - before);
    let archive = Archive::open(&path).expect("an archive");
    let json: usize = archive.members().filter(|(name, _)| name.ends_with(".json")).map(|(_, size)| size).sum();
    println!(
        "memory {peak} bytes at most, {kept} bytes kept, for {json} bytes of JSON ({:.2})",
        peak as f64 / json as f64
    );
    println!("load  {:?}", shortest(|| drop(ExportedProgram::load(&path))));
    println!("print {:?}", shortest(|| drop(program.to_string())));
    println!("check {:?}", shortest(|| drop(program.check())));
    println!("save  {:?}", shortest(|| drop(program.to_bytes())));
}
