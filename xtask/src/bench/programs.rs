//! The rows of programs: a decoder of 32 layers that a live Python exports, opened, printed and saved here and there.

use std::collections::HashMap;

use super::figures::Figure;
use super::peers::{self, Measured};
use super::{ours, table};
use crate::scratch::Scratch;
use crate::{Error, RepoRoot, conformance};

/// Measures the rows of programs, and makes their table. Without a Python that has torch there is nothing to measure.
pub(super) fn run(repo: &RepoRoot, figures: &[Figure]) -> Result<Option<String>, Error> {
    let (python, _) = conformance::python(repo)?;
    if !python.has("torch") {
        eprintln!("programs: torch is not installed in {}", python.name());
        return Ok(None);
    }
    let script = repo.path().join("tests/benches/peers/programs.py");
    let scratch = Scratch::in_folder(&repo.third_party())?;
    let file = scratch.folder("bench")?.join("decoder.pt2");
    python.script(&script).args(["make".as_ref(), file.as_os_str()]).run()?;
    let ours = ours::of(repo, "programs", &[("TORCH_EXPORT_BENCH_PROGRAM", file.as_os_str())], "50")?;
    let text = python.script(&script).args(["torch".as_ref(), file.as_os_str()]).read()?;
    let torch: HashMap<String, f64> = text.lines().filter_map(peers::read_line).collect();
    let measured = [Measured { name: "torch", figures: Some(torch) }];
    table::table("a decoder of 32 layers", figures, &ours, &measured).map(Some)
}
