//! Programs that a live Python exports, opened and saved here, and opened again there.

use std::fs;
use std::time::SystemTime;

use crate::process::cargo;
use crate::scratch::Scratch;
use crate::{Error, RepoRoot, conformance, progress};

/// How many programs a comparison makes. All of them take several minutes.
pub(crate) const SAMPLE: usize = 15;

/// Makes programs with `tests/conformance/zoo.py`, judges them with `tests --bin zoo`, and checks the saved files in Python.
///
/// Without a number, all programs are made. A sample is the same in every run where `CI` is set; otherwise it depends on the
/// time.
pub(crate) fn run(repo: &RepoRoot, sample: Option<usize>) -> Result<(), Error> {
    let (python, _) = conformance::python(repo)?;
    let scripts = repo.path().join("tests/conformance");
    let generator = scripts.join("zoo.py");
    let listed = python.script(&generator).args(["--list"]).read()?;
    let mut names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    if let Some(count) = sample {
        let seed = seed();
        progress::say(&format!("zoo: {count} of {} programs, seed {seed}", names.len()));
        names.sort_by_key(|name| hash(seed, name));
        names.truncate(count);
    }
    let scratch = Scratch::in_folder(&repo.third_party())?;
    let (made, saved) = (scratch.folder("made")?, scratch.folder("saved")?);
    let threads = |process: crate::process::Process| process.env("OMP_NUM_THREADS", "1");
    threads(python.script(&generator))
        .args(["--out".as_ref(), made.as_os_str()])
        .args(["--only"])
        .args(&names)
        .run()?;
    let judge = cargo(repo, &["run", "-q", "-p", "tests", "--bin", "zoo", "--", "--run", "--save"]);
    judge.args([saved.as_os_str(), made.as_os_str()]).run()?;
    threads(python.script(&scripts.join("zoo_saved.py"))).args([&made, &saved]).run()?;
    let count = fs::read_dir(&made).map_err(Error::file(&made, "list"))?.count();
    progress::say(&format!("zoo: {count} programs load, print, run and are saved as in PyTorch"));
    Ok(())
}

fn seed() -> u64 {
    if std::env::var_os("CI").is_some() {
        return 0;
    }
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(1, |since| since.as_secs())
}

/// FNV-1a: an order of names that looks random and depends on the seed.
fn hash(seed: u64, name: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed;
    name.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
