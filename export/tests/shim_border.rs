//! No exception of C++ crosses the border to Rust: each function of the shim catches what it throws, or cannot throw.
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

/// Functions that read or move what is there, and call nothing that throws.
const CANNOT_THROW: [&str; 17] = [
    "tx_bytes_free",
    "tx_tensors_free",
    "tx_version",
    "tx_session_lifted_count",
    "tx_session_gradients",
    "tx_session_loose",
    "tx_session_loosened",
    "tx_session_numbers",
    "tx_session_stop",
    "tx_frame_numbers",
    "tx_frame_set",
    "tx_frame_move",
    "tx_frame_clear",
    "tx_grad_mode",
    "tx_script_optimize",
    "tx_session_stopped",
    "tx_asked_elsewhere",
];

/// Functions that release what an earlier call made, in the modes that it has set.
const RELEASE: [&str; 5] =
    ["tx_session_free", "tx_plan_free", "tx_frame_free", "tx_inference_leave", "tx_autocast_leave"];

/// The functions of a source file with their bodies.
fn functions(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in source.split("extern \"C\" ").skip(1) {
        let Some((head, rest)) = part.split_once('{') else { continue };
        let name = head.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap();
        // A body ends at the first line that is only a brace, or on its own line.
        let end = rest.find("\n}").unwrap_or(rest.len());
        let first = rest.lines().next().unwrap_or_default();
        let body = if first.trim_end().ends_with('}') { first } else { &rest[..end] };
        found.push((name.to_owned(), body.to_owned()));
    }
    found
}

#[test]
fn every_function_catches_or_cannot_throw() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cpp");
    let mut names = Vec::new();
    let mut open = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "cpp") {
            continue;
        }
        for (name, body) in functions(&std::fs::read_to_string(&path).unwrap()) {
            let caught = body.contains("guarded(") || body.contains("catch (...)");
            if !caught && !CANNOT_THROW.contains(&name.as_str()) && !RELEASE.contains(&name.as_str()) {
                open.push(format!("{name} in {}", path.display()));
            }
            names.push(name);
        }
    }
    assert!(names.len() > 50, "{} functions were found: {names:?}", names.len());
    assert!(open.is_empty(), "these neither catch nor are listed: {open:#?}");
    for name in CANNOT_THROW.iter().chain(&RELEASE) {
        assert!(names.iter().any(|known| known == name), "{name} is listed and does not exist");
    }
    // Every function of the header exists, and none is there that it does not declare.
    let header = include_str!("../cpp/shim.h");
    for name in &names {
        assert!(header.contains(&format!("{name}(")) || name.starts_with("tx_package"), "{name} is not in shim.h");
    }
}
