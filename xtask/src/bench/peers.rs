use std::collections::HashMap;

use crate::conformance;
use crate::python::Python;
use crate::{Error, Place};

/// A library in Python that does the same.
struct Peer {
    /// Its name in the table, and on the command line of its script.
    name: &'static str,
    /// What has to be importable.
    modules: &'static str,
    /// What pip is asked for, and for its sake alone.
    packages: &'static [&'static str],
    /// Packages whose own requirements are not wanted.
    alone: &'static [&'static str],
    script: &'static str,
}

const PEERS: [Peer; 4] = [
    Peer { name: "torch", modules: "torch", packages: &[], alone: &[], script: "trees.py" },
    Peer { name: "optree", modules: "torch, optree", packages: &["optree==0.20.0"], alone: &[], script: "trees.py" },
    Peer { name: "jax", modules: "torch, jax", packages: &["jax==0.10.2"], alone: &[], script: "trees.py" },
    Peer {
        name: "onnx-diagnostic",
        modules: "onnx_diagnostic.export",
        packages: &["onnx", "packaging", "transformers==5.23.0"],
        alone: &["onnx-diagnostic==0.9.3"],
        script: "shapes.py",
    },
];

/// What a peer has measured, or `None` when it is not installed.
pub(super) struct Measured {
    pub(super) name: &'static str,
    /// The fastest reading of each figure, in nanoseconds.
    pub(super) figures: Option<HashMap<String, f64>>,
}

/// Runs the peers, one Python each.
///
/// The Python is `$TORCH_EXPORT_PYTHON` if set, with the peers that it has. Else it is the one in `.venv`, into which
/// pip brings what is missing.
pub(super) fn measure(place: &Place) -> Result<Vec<Measured>, Error> {
    let (python, is_ours) = conformance::python(place)?;
    PEERS.iter().map(|peer| measure_one(place, &python, is_ours, peer)).collect()
}

fn measure_one(place: &Place, python: &Python, is_ours: bool, peer: &Peer) -> Result<Measured, Error> {
    if is_ours && !python.has(peer.modules) {
        bring(python, peer);
    }
    if !python.has(peer.modules) {
        eprintln!("{}: not installed in {}", peer.name, python.name());
        return Ok(Measured { name: peer.name, figures: None });
    }
    let script = place.root().join("tests/benches/peers").join(peer.script);
    let text = python.script(&script).args([peer.name]).read()?;
    Ok(Measured { name: peer.name, figures: Some(text.lines().filter_map(read_line).collect()) })
}

/// Asks pip for a peer. Without network there is one peer less, which is said where it is looked for.
fn bring(python: &Python, peer: &Peer) {
    let wanted = [(peer.packages, None), (peer.alone, Some("--no-deps"))];
    for (packages, option) in wanted.into_iter().filter(|(packages, _)| !packages.is_empty()) {
        if let Err(error) = python.pip_install().args(option).args(packages).run() {
            eprintln!("warning: {error}");
        }
    }
}

/// `torch flatten 59789.0 77792.0`: peer, figure, fastest, median.
fn read_line(line: &str) -> Option<(String, f64)> {
    let mut words = line.split_whitespace().skip(1);
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}
