//! Times loading, printing and saving a `.pt2` file: `cargo run --release --example time_load -- FILE`.
#![allow(clippy::expect_used, reason = "an example")]

use program::ExportedProgram;
use std::time::{Duration, Instant};

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
    println!("load  {:?}", shortest(|| drop(ExportedProgram::load(&path))));
    println!("print {:?}", shortest(|| drop(program.to_string())));
    println!("check {:?}", shortest(|| drop(program.check())));
    println!("save  {:?}", shortest(|| drop(program.to_bytes())));
}
