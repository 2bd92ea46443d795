use std::collections::HashMap;

use crate::conformance;
use crate::python::Python;
use crate::{Error, RepoRoot};

/// A Python library with the same functions.
struct Peer {
    /// Its name in the table and on the command line of its script.
    name: &'static str,
    /// The modules that must be importable.
    modules: &'static str,
    /// The packages to install for this peer.
    packages: &'static [&'static str],
    /// The packages to install without their own requirements.
    without_requirements: &'static [&'static str],
    script: &'static str,
}

const PEERS: [Peer; 4] = [
    Peer { name: "torch", modules: "torch", packages: &[], without_requirements: &[], script: "trees.py" },
    Peer {
        name: "optree",
        modules: "torch, optree",
        packages: &["optree==0.20.0"],
        without_requirements: &[],
        script: "trees.py",
    },
    Peer {
        name: "jax",
        modules: "torch, jax",
        packages: &["jax==0.10.2"],
        without_requirements: &[],
        script: "trees.py",
    },
    Peer {
        name: "onnx-diagnostic",
        modules: "onnx_diagnostic.export",
        packages: &["onnx", "packaging", "transformers==5.23.0"],
        without_requirements: &["onnx-diagnostic==0.9.3"],
        script: "shapes.py",
    },
];

/// The figures of one peer.
pub(super) struct Measured {
    pub(super) name: &'static str,
    /// The fastest reading of each figure, in nanoseconds, or `None` if the peer is not installed.
    pub(super) figures: Option<HashMap<String, f64>>,
}

/// Runs each peer in a Python process of its own.
///
/// The Python is `$TORCH_EXPORT_PYTHON` if it is set, with the peers that it has. Otherwise it is the one in `.venv`, into
/// which pip installs missing peers.
pub(super) fn measure(repo: &RepoRoot) -> Result<Vec<Measured>, Error> {
    let (python, is_ours) = conformance::python(repo)?;
    PEERS.iter().map(|peer| measure_one(repo, &python, is_ours, peer)).collect()
}

fn measure_one(repo: &RepoRoot, python: &Python, is_ours: bool, peer: &Peer) -> Result<Measured, Error> {
    if is_ours && !python.has(peer.modules) {
        install(python, peer);
    }
    if !python.has(peer.modules) {
        eprintln!("{}: not installed in {}", peer.name, python.name());
        return Ok(Measured { name: peer.name, figures: None });
    }
    let script = repo.path().join("tests/benches/peers").join(peer.script);
    let text = python.script(&script).args([peer.name]).read()?;
    Ok(Measured { name: peer.name, figures: Some(text.lines().filter_map(read_line).collect()) })
}

/// Installs a peer with pip. A failure is only a warning: the table then shows the peer as not installed.
fn install(python: &Python, peer: &Peer) {
    let wanted = [(peer.packages, None), (peer.without_requirements, Some("--no-deps"))];
    for (packages, option) in wanted.into_iter().filter(|(packages, _)| !packages.is_empty()) {
        if let Err(error) = python.pip_install().args(option).args(packages).run() {
            eprintln!("warning: {error}");
        }
    }
}

/// Reads `torch flatten 59789.0 77792.0`: peer, figure, fastest, median.
pub(super) fn read_line(line: &str) -> Option<(String, f64)> {
    let mut words = line.split_whitespace().skip(1);
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}
