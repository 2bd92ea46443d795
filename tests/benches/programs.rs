//! Loading, printing and saving a program that Python exported: the file that `TORCH_EXPORT_BENCH_PROGRAM` names.
//! `cargo xtask bench` makes it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use divan::{Bencher, black_box};
use program::ExportedProgram;
use std::path::PathBuf;

fn main() {
    divan::main();
}

/// The file; without one there is nothing to measure.
fn file() -> Option<PathBuf> {
    std::env::var_os("TORCH_EXPORT_BENCH_PROGRAM").map(PathBuf::from)
}

#[divan::bench]
fn program_load(bencher: Bencher<'_, '_>) {
    let Some(file) = file() else { return };
    bencher.bench(|| ExportedProgram::load(black_box(&file)).unwrap());
}

#[divan::bench]
fn program_print(bencher: Bencher<'_, '_>) {
    let Some(file) = file() else { return };
    let program = ExportedProgram::load(file).unwrap();
    bencher.bench(|| black_box(&program).to_string());
}

#[divan::bench]
fn program_save(bencher: Bencher<'_, '_>) {
    let Some(file) = file() else { return };
    let program = ExportedProgram::load(file).unwrap();
    bencher.bench(|| black_box(&program).to_bytes().unwrap());
}
