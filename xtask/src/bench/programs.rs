//! The rows of programs: a decoder of 32 layers that a live Python exports, opened, printed and saved here and there; and
//! decoders that are exported and called here and there.

use std::collections::HashMap;

use super::figures::Figure;
use super::peers::{self, Measured};
use super::{ours, table};
use crate::process::cargo;
use crate::scratch::Scratch;
use crate::{Error, RepoRoot, conformance, libtorch};

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

/// How many layers the decoders have.
const LAYERS: [&str; 4] = ["2", "12", "32", "128"];

/// Measures exports and calls of decoders, each in one thread, and makes their table.
pub(super) fn decoders(repo: &RepoRoot, figures: &[Figure]) -> Result<Option<String>, Error> {
    let (python, _) = conformance::python(repo)?;
    if !python.has("torch") {
        return Ok(None);
    }
    libtorch::setup(repo)?;
    let read = |text: String| text.lines().filter_map(peers::read_line).collect::<HashMap<String, f64>>();
    let ours = cargo(repo, &["run", "--release", "-q", "-p", "decoder", "--"]);
    let ours = read(ours.args(LAYERS).env("OMP_NUM_THREADS", "1").read()?);
    let script = python.script(&repo.path().join("tests/benches/peers/decoders.py"));
    let torch = read(script.args(["torch"]).args(LAYERS).env("OMP_NUM_THREADS", "1").read()?);
    let measured = [Measured { name: "torch", figures: Some(torch) }];
    table::table("decoders", figures, &ours, &measured).map(Some)
}
