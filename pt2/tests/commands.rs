//! The commands of `pt2` on programs that Python exported.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A program of the zoo.
fn zoo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/zoo").join(name).join("model.pt2")
}

fn pt2(arguments: &[&str], file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pt2")).args(arguments).arg(file).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn ok(arguments: &[&str], name: &str) -> String {
    let output = pt2(arguments, &zoo(name));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text(&output)
}

#[test]
fn show_prints_what_python_prints() {
    for name in ["torch-2.13/hop_cond", "torch-2.13/dyn_sym_float"] {
        let expected = std::fs::read_to_string(zoo(name).with_file_name("text_loaded.txt")).unwrap();
        assert_eq!(ok(&["show"], name), expected);
    }
    let new = ok(&["show", "--release", "2.15"], "torch-2.13/hop_cond");
    assert!(new.contains("Graph signature:\n"));
    assert!(ok(&["show", "--color", "always"], "torch-2.13/hop_cond").contains("\u{1b}["));
}

#[test]
fn a_file_can_come_through_a_pipe() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pt2"));
    let mut child = command.args(["show", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let bytes = std::fs::read(zoo("torch-2.8/hop_cond")).unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let expected = std::fs::read_to_string(zoo("torch-2.8/hop_cond").with_file_name("text_by_2.13.txt")).unwrap();
    assert_eq!(text(&output), expected);
}

#[test]
fn tree_summary_guards_and_weights_are_text_and_json() {
    let tree = ok(&["tree"], "torch-2.13/pt_nested");
    assert!(tree.contains("│  │  │  └─ [0] d_z_0  f32[s25, 2]\n"), "{tree}");
    assert!(ok(&["tree", "--svg"], "torch-2.13/pt_nested").starts_with("<svg "));
    let guards = ok(&["guards"], "torch-2.13/dyn_dim_ranges");
    assert!(guards.contains("x.shape[0] is s68, from 3 to 9\n"), "{guards}");
    assert!(guards.contains("x.shape[0] must equal z.shape[0]\n"), "{guards}");
    let summary = ok(&["summary"], "torch-2.13/hop_cond");
    assert!(summary.contains("     2  torch.ops.aten.linear.default\n"), "{summary}");
    let weights = ok(&["weights"], "torch-2.13/st_shared_storage");
    assert!(weights.contains("  b  (on the storage of a)\n"), "{weights}");
    for command in ["tree", "summary", "check", "guards", "weights"] {
        let json = ok(&[command, "--json"], "torch-2.13/hop_cond");
        serde_json::from_str::<serde_json::Value>(&json).unwrap();
    }
}

#[test]
fn check_lists_findings_and_remarks() {
    let output = pt2(&["check"], &zoo("torch-2.13/custom_op_python"));
    assert!(output.status.success());
    assert!(text(&output).contains("zoo.twice.default is not an operator of libtorch 2.13"), "{}", text(&output));
    // A damaged weight.
    let mut bytes = std::fs::read(zoo("torch-2.13/dt_f64_mlp")).unwrap();
    let at = bytes.windows(8).position(|w| w == b"weight_0").unwrap() + 200;
    bytes[at] ^= 1;
    let folder = std::env::temp_dir().join(format!("pt2-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let damaged = folder.join("damaged.pt2");
    std::fs::write(&damaged, bytes).unwrap();
    let output = pt2(&["check"], &damaged);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("is damaged: the checksum of the bytes is"), "{}", text(&output));
}

#[test]
fn diff_says_what_changed() {
    let diff = |a: &str, b: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_pt2")).arg("diff").args([zoo(a), zoo(b)]).output().unwrap();
        (output.status.code(), text(&output))
    };
    assert_eq!(diff("torch-2.13/hop_cond", "torch-2.13/hop_cond"), (Some(0), "no differences\n".to_owned()));
    let (code, found) = diff("torch-2.13/dt_bf16_mlp", "torch-2.13/dt_f64_mlp");
    assert_eq!(code, Some(1));
    assert!(found.contains("tensor fc1.weight: bfloat16[8, 4]"), "{found}");
}

#[test]
fn errors_are_one_line_with_a_hint() {
    for (file, hint) in [("Cargo.toml", "it is not a zip archive"), ("missing.pt2", "check the path")] {
        let output = pt2(&["show"], &Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.starts_with("error: ") && error.contains(hint), "{error}");
    }
}

/// A package as AOTInductor makes it, with text in place of machine code.
fn package(folder: &Path) -> PathBuf {
    let path = folder.join("package.pt2");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let members: [(&str, &str); 5] = [
        ("archive_format", "pt2"),
        ("archive_version", "0"),
        ("data/aotinductor/model/a.wrapper.so", "machine code"),
        ("data/aotinductor/model/a.wrapper_metadata.json", r#"{"AOTI_DEVICE_KEY": "cuda", "author": "me"}"#),
        ("data/aotinductor/model/a.kernel_metadata.json", r#"{"AOTI_DEVICE_KEY": "cuda", "AOTI_PLATFORM": "linux"}"#),
    ];
    for (name, content) in members {
        archive.start_file(format!("package/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    path
}

#[test]
fn summary_describes_packages_of_aotinductor() {
    let folder = tempfile::tempdir().unwrap();
    let file = package(folder.path());
    let summary = text(&pt2(&["summary"], &file));
    for row in [
        "compiled     model, machine code of AOTInductor",
        "device       cuda",
        "machine      linux",
        "metadata     author: me",
    ] {
        assert!(summary.lines().any(|line| line == row), "{summary}");
    }
    assert!(summary.contains("        12  a.wrapper.so  machine code\n"), "{summary}");
    let json: serde_json::Value = serde_json::from_str(&text(&pt2(&["summary", "--json"], &file))).unwrap();
    assert_eq!(json["compiled"][0]["metadata"]["AOTI_DEVICE_KEY"], "cuda");
    // Other commands need a program, and say what the file is.
    let output = pt2(&["show"], &file);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("but the AOTInductor model model, which is machine code: run it with `AotiModule::load`"),
        "{error}"
    );
}

#[cfg(not(feature = "run"))]
#[test]
fn without_libtorch_run_says_how_to_get_it() {
    let output = pt2(&["run", "--random", "s77=3", "--"], &zoo("torch-2.13/hop_cond"));
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("built without libtorch") && error.contains("--features run"), "{error}");
}
