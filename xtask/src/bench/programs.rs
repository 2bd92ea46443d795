//! The rows of programs: a decoder of 32 layers that a live Python exports, opened, printed and saved here and there; and
//! decoders that are exported and called here and there.

use std::collections::HashMap;
use std::time::Instant;

use super::figures::Figure;
use super::peers::{self, Measured};
use super::{ours, table};
use crate::process::{Process, cargo, in_workspace};
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
    let peer = || python.script(&repo.path().join("tests/benches/peers/decoders.py")).env("OMP_NUM_THREADS", "1");
    let scratch = Scratch::in_folder(&repo.third_party())?;
    let folder = scratch.folder("bench")?;
    peer().args(["files".as_ref(), folder.as_os_str()]).args(LAYERS).run()?;
    let decoder = || cargo(repo, &["run", "--release", "-q", "-p", "decoder", "--"]).env("OMP_NUM_THREADS", "1");
    let text = decoder().args(LAYERS).env("TORCH_EXPORT_BENCH_SCRIPTS", &folder).read()?;
    let of = |who: &str| -> HashMap<String, f64> {
        text.lines().filter(|line| line.starts_with(who)).filter_map(peers::read_line).collect()
    };
    let (mut ours, script) = (of("ours"), of("torchscript"));
    let text = peer().args(["torch"]).args(LAYERS).read()?;
    let mut torch: HashMap<String, f64> = text.lines().filter_map(peers::read_line).collect();

    // Whole processes, up to the end of the first call.
    let file = folder.join("start.pt2");
    let start = |process: &dyn Fn() -> Process| -> Result<f64, Error> {
        let mut fastest = f64::INFINITY;
        for _ in 0..3 {
            let begin = Instant::now();
            process().args(["start".as_ref(), file.as_os_str()]).read()?;
            fastest = fastest.min(begin.elapsed().as_nanos() as f64);
        }
        Ok(fastest)
    };
    // Cargo itself is not part of it.
    let binary = decoder().args(["where"]).read()?;
    let binary = binary.trim();
    ours.insert("start".to_owned(), start(&|| in_workspace(repo, Process::new(binary)))?);
    torch.insert("start".to_owned(), start(&peer)?);
    let measured =
        [Measured { name: "torch", figures: Some(torch) }, Measured { name: "TorchScript", figures: Some(script) }];
    table::table("decoders and ResNet-18", figures, &ours, &measured).map(Some)
}
