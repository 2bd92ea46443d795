use std::collections::HashMap;
use std::ffi::OsStr;

use crate::process::cargo;
use crate::{Error, RepoRoot};

/// The benchmarks of the package `tests`. They do not need libtorch.
const BENCHES: [&str; 2] = ["trees", "shapes"];

/// Builds and runs the benchmarks of this project. Returns the fastest sample of each, in nanoseconds.
pub(super) fn measure(repo: &RepoRoot) -> Result<HashMap<String, f64>, Error> {
    let mut figures = HashMap::new();
    for bench in BENCHES {
        figures.extend(of(repo, bench, &[], "2000")?);
    }
    Ok(figures)
}

/// Builds and runs one of them with these variables and so many samples.
pub(super) fn of(
    repo: &RepoRoot,
    bench: &str,
    variables: &[(&str, &OsStr)],
    samples: &str,
) -> Result<HashMap<String, f64>, Error> {
    let args = ["bench", "-q", "-p", "tests", "--no-default-features", "--bench", bench];
    let process = cargo(repo, &args).args(["--", "--color", "never", "--sample-count", samples]);
    let process = variables.iter().fold(process, |process, (name, value)| process.env(name, value));
    Ok(process.read()?.lines().filter_map(read_line).collect())
}

/// Reads a row of divan's table: `├─ name   1.096 µs │ 12.03 µs │ ..`. The first column is the fastest sample.
fn read_line(line: &str) -> Option<(String, f64)> {
    let first = line.split('│').next()?.trim_start_matches(['├', '╰', '─', ' ']);
    let mut words = first.split_whitespace();
    let (name, number, unit) = (words.next()?, words.next()?, words.next()?);
    let scale = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some((name.to_owned(), number.parse::<f64>().ok()? * scale))
}

#[cfg(test)]
mod tests {
    use super::read_line;

    #[test]
    fn rows_of_divan() {
        let text = "Timer precision: 33 ns\n\
            trees                    fastest       │ slowest       │ median        │ mean          │ samples │ iters\n\
            ├─ flatten_derived       515.5 ns      │ 29.67 µs      │ 824.5 ns      │ 872.5 ns      │ 1000    │ 1000\n\
            ╰─ spec_loads            99.22 µs      │ 235 µs        │ 109.9 µs      │ 112.1 µs      │ 1000    │ 1000\n";
        let rows: Vec<_> = text.lines().filter_map(read_line).collect();
        assert_eq!(rows, [("flatten_derived".to_owned(), 515.5), ("spec_loads".to_owned(), 99_220.0)]);
    }
}
