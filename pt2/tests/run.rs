//! `pt2 run` on programs that Python exported.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tch::{Device, Kind, Tensor};

/// A program of the zoo.
fn zoo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/zoo/torch-2.13").join(name).join("model.pt2")
}

/// The exit code, the output and the error of `pt2 run`.
fn run(name: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pt2"));
    let output = command.arg("run").arg(zoo(name)).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn ok(name: &str, arguments: &[&str]) -> String {
    let (code, out, error) = run(name, arguments);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    out
}

/// The error, one line with exit code 2.
fn refused(name: &str, arguments: &[&str]) -> String {
    let (code, out, error) = run(name, arguments);
    assert_eq!(code, 2, "{out}");
    assert!(error.starts_with("error: ") && error.lines().count() == 1, "{error}");
    error
}

#[test]
fn inputs_from_the_command_line() {
    // The second output is n + 1, the third one x[:n] filled with a number; other arguments are constants.
    let out = ok("dyn_int_inputs", &["--input", "x=[[1, 2, 3], [4, 5, 6]]", "--input", "n=5"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[1], "1  int  6", "{out}");
    assert!(lines[2].starts_with("2  float32[5]  "), "{out}");
    assert_eq!(lines[4], "4  None", "{out}");
    // A constant may be given, and must be the one of the export.
    let given = ["--input", "x=[[1, 2, 3], [4, 5, 6]]", "--input", "n=5", "--input"];
    ok("dyn_int_inputs", &[given.as_slice(), &["mode=mean", "--input", "flag=True", "--input", "eps=0.001"]].concat());
    let error = refused("dyn_int_inputs", &[given.as_slice(), &["k=3"]].concat());
    assert!(error.contains("k == 2"), "{error}");
}

#[test]
fn every_name_of_an_input_is_known() {
    let rest = ["--random", "s33=2", "--input", "x=[[1, 2, 3]]"];
    for name in ["ys.a", "ys_a", "ys['a']"] {
        let value = format!("{name}=[[1, 1, 1], [1, 1, 1]]");
        // The program writes to it, and returns what it has become.
        let out = ok(
            "mut_inputs",
            &[["--input", value.as_str(), "--input", "x=[[1, 2, 3], [1, 2, 3]]"].as_slice(), &rest[..2]].concat(),
        );
        assert!(out.lines().nth(2).unwrap().starts_with("2  float32[2, 3]"), "{out}");
    }
    let error = refused("mut_inputs", &["--input", "ys.c=1"]);
    assert!(error.contains("no input `ys.c`; did you mean `ys.a`? (it has x, ys.a, ys.b)"), "{error}");
    let error = refused("mut_inputs", &["--input", "x=1", "--input", "x=2"]);
    assert!(error.contains("`x` is given twice"), "{error}");
    let error = refused("mut_inputs", &["--input", "x"]);
    assert!(error.contains("`x` is not of the form NAME=VALUE"), "{error}");
    let error = refused("mut_inputs", &[]);
    assert!(error.contains("the input `x`, f32[s77, 3], is not given"), "{error}");
}

#[test]
fn random_inputs_have_the_given_sizes_and_seed() {
    let sizes = |arguments: &[&str]| ok("dyn_dim_ranges", arguments).lines().next().unwrap().to_owned();
    assert!(sizes(&["--random", "s68=7", "s17=11"]).starts_with("0  float32[7, 11]  min "));
    assert!(sizes(&["--random", "s68=7"]).starts_with("0  float32[7, 5]  "), "the example's size");
    assert_eq!(sizes(&["--random"]), sizes(&["--random", "--seed", "0"]));
    assert_ne!(sizes(&["--random"]), sizes(&["--random", "--seed", "1"]));
    // The size of an input that is given wins.
    let z = ["--input", "z=[1, 2, 3, 4, 5, 6]", "--random"];
    assert!(sizes(&z).starts_with("0  float32[6, 5]  "));
    let error = refused("dyn_dim_ranges", &["--random", "s6=7"]);
    assert!(error.contains("no symbol `s6`; did you mean `s68`?"), "{error}");
    let error = refused("dyn_dim_ranges", &["--random", "s68=10"]);
    assert!(error.contains("x.size()[0] <= 9"), "{error}");
    let error = refused("dyn_dim_ranges", &["--random", "s68=many"]);
    assert!(error.contains("is not an int of 64 bits"), "{error}");
    // A size that follows from a given one.
    let derived = ok(
        "dyn_derived",
        &["--random", "--input", "x=[[1, 2, 3], [4, 5, 6], [1, 2, 3], [4, 5, 6], [0, 0, 0], [0, 0, 0]]"],
    );
    assert!(derived.starts_with("0  float32[3, 3]  "), "{derived}");
}

#[test]
fn random_ints_are_valid_indices() {
    let out = ok("rnn_lstm", &["--random"]);
    assert!(out.starts_with("# ids has random ints from 0 to 19\n"), "{out}");
    // A condition on a random value may not hold; then the error says that it was random.
    let error = refused("unb_item_check", &["--random"]);
    assert!(error.contains("u0 >= 2") && error.contains("n has random ints from 0 to 1"), "{error}");
    ok("unb_item_check", &["--random", "--input", "n=3"]);
}

#[test]
fn outputs_are_written_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outputs.safetensors");
    let file = file.to_str().unwrap();
    let out = ok("dyn_int_inputs", &["--random", "s86=4", "--output", file]);
    assert_eq!(out, format!("written {file}\n"));
    let same = ok("dyn_int_inputs", &["--random", "s86=4", "--compare", file]);
    assert!(same.contains("ok 0: largest difference 0\n") && same.contains("ok 3: largest difference 0\n"), "{same}");
    let (code, out, _) = run("dyn_int_inputs", &["--random", "s86=4", "--seed", "1", "--compare", file]);
    assert_eq!(code, 1);
    assert!(out.contains("differs 0: largest difference ") && out.contains("ok 1: "), "{out}");
    ok("dyn_int_inputs", &["--random", "s86=4", "--seed", "1", "--compare", file, "--atol", "1000"]);
    let (code, out, _) = run("dyn_int_inputs", &["--random", "s86=3", "--compare", file]);
    assert_eq!(code, 1);
    assert!(out.contains("differs 2: sizes [3], recorded [4]"), "{out}");
    let error = refused("dt_f64_mlp", &["--random", "--compare", file]);
    assert!(error.contains("`output` is not in "), "{error}");
    // Types that safetensors has and tch does not.
    let file = folder.path().join("uints.safetensors");
    ok("dt_small_uints", &["--random", "--output", file.to_str().unwrap()]);
    ok("dt_small_uints", &["--random", "--compare", file.to_str().unwrap()]);
}

#[test]
fn inputs_from_safetensors_and_npz() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (one, two) = (path("inputs.safetensors"), path("inputs.npz"));
    let x = Tensor::arange(8, (Kind::Double, Device::Cpu)).reshape([2, 4]);
    let named = [("input", &x)];
    Tensor::write_safetensors(&named, &one).unwrap();
    Tensor::write_npz(&named, &two).unwrap();
    let figures = ok("dt_f64_mlp", &["--inputs", &one]);
    assert_eq!(ok("dt_f64_mlp", &["--inputs", &two]), figures);
    // As np.savez writes the transpose of a matrix.
    let three = path("fortran.npz");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&three).unwrap());
    archive.start_file("input.npy", zip::write::SimpleFileOptions::default()).unwrap();
    let header = b"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 4), }\n";
    let columns = [0.0_f64, 4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0].map(f64::to_le_bytes).concat();
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    archive.write_all(&[b"\x93NUMPY\x01\x00".as_slice(), &length, header, &columns].concat()).unwrap();
    archive.finish().unwrap();
    assert_eq!(ok("dt_f64_mlp", &["--inputs", &three]), figures);
    // Another element type is PyTorch's business, and the user's to know.
    Tensor::write_npz(&[("input", x.to_kind(Kind::Float))], &two).unwrap();
    let error = refused("dt_f64_mlp", &["--inputs", &two]);
    assert!(error.contains("input is float32 in the file, and float64 in the program"), "{error}");
    Tensor::write_npz(&[("inputs", &x)], &two).unwrap();
    let error = refused("dt_f64_mlp", &["--inputs", &two]);
    assert!(error.contains("no input `inputs`; did you mean `input`?"), "{error}");
    std::fs::write(&two, "text").unwrap();
    let error = refused("dt_f64_mlp", &["--inputs", &two]);
    assert!(error.contains("neither a safetensors nor an npz file"), "{error}");
    let error = refused("dt_f64_mlp", &["--inputs", "/nowhere/x.npz"]);
    assert!(error.contains("check the path"), "{error}");
}

#[test]
fn values_that_do_not_fit() {
    let error = refused("dt_f64_mlp", &["--input", "input=[[1, 2], [3]]"]);
    assert!(error.contains("its lists have different lengths"), "{error}");
    let error = refused("dt_f64_mlp", &["--input", "input=[1, 2]"]);
    assert!(error.contains("Unexpected number of dimensions"), "{error}");
    let error = refused("dyn_int_inputs", &["--random", "--input", "n=2.5"]);
    assert!(error.contains("the value of `n` is not an int"), "{error}");
}

#[test]
fn calls_are_timed_and_reported_as_json() {
    let out = ok("mut_buffers", &["--random", "--time", "5"]);
    assert!(out.contains("time median ") && out.contains(" ms, 5 calls\n"), "{out}");
    // Timed calls do not change what is printed, though the program counts its calls.
    assert_eq!(out.lines().next(), ok("mut_buffers", &["--random"]).lines().next());
    let json = ok("mut_buffers", &["--random", "--time", "5", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["outputs"][0]["sizes"], serde_json::json!([2, 3]));
    assert_eq!(json["time"]["calls"], 5);
}

#[test]
fn complex_outputs_are_shown() {
    let out = ok("ops_complex", &["--random"]);
    let first = out.lines().next().unwrap();
    assert!(first.starts_with("0  complex64[2, 3]  ") && first.ends_with('j'), "{out}");
    assert!(first.len() < 120, "{first}");
}
