//! Runs `cargo xtask` in repositories with nothing but a folder `xtask`, and with a program that stands in for Python and pip.
#![allow(clippy::unwrap_used, reason = "a test that cannot make its folders has failed")]
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Stands in for `python3`: it has pip, and "installs" the files of a torch wheel into the folder after `--target`.
const PYTHON: &str = r#"#!/bin/sh
case "$*" in *version_info*) echo 3 11; exit;; -c*) exit 0;; esac
while [ "$1" != --target ]; do shift; done
torch=$2/torch; cuda=$2/nvidia/cu13/lib
mkdir -p $torch/include/torch $torch/lib/libshm $torch/share $cuda
cd $torch/lib
printf 'ELF\0libtorch_cpu.so\0libtorch_cuda.so\0libc.so.6\0' > libtorch.so
touch ../include/torch/torch.h libtorch_cpu.so libc10.so libtorch_cuda.so libtorch_cuda_linalg.so
touch libc10_cuda.so libtorch_python.so libtorch_nvshmem.so libcaffe2_nvrtc.so libgomp.so.1 libshm.so libshm/x
touch $cuda/libcudart.so.13 $cuda/libcupti.so.13 $cuda/libcublas.so.13
"#;

/// A repository in Cargo's folder for tests.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("xtask").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("xtask")).unwrap();
        let repository = Self(root);
        repository.program("python3", PYTHON);
        repository
    }

    /// Puts a program into its folder `bin`.
    fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join("bin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn libtorch(&self) -> PathBuf {
        self.0.join("third_party/libtorch")
    }

    /// The entries of `third_party`, including hidden ones.
    fn third_party(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join("third_party"));
        entries.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// `cargo xtask` with `args`, in the environment that Cargo's configuration sets.
    fn xtask(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).env("CARGO_MANIFEST_DIR", self.0.join("xtask")).env("LIBTORCH", self.libtorch());
        command.env("PYTHON", self.0.join("bin/python3")).env("CXX", "true -of-course").stdin(Stdio::null());
        command.env_remove("LIBTORCH_USE_PYTORCH").env_remove("LIBTORCH_BYPASS_VERSION_CHECK");
        command
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn set_up_keeps_the_part_of_the_cpu() {
    let repository = Repository::new("cpu");
    // A folder that a loss of power has left: no process has this number.
    fs::create_dir_all(repository.0.join("third_party/.setup-4194305/site")).unwrap();
    let output = repository.xtask(&["setup"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(repository.third_party(), ["libtorch"]);

    let lib = repository.libtorch().join("lib");
    let mut names: Vec<_> =
        fs::read_dir(&lib).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let wanted = ["libc10.so", "libcudart.so.13", "libcupti.so.13", "libgomp.so.1", "libtorch.so", "libtorch_cpu.so"];
    assert_eq!(names, wanted);
    // A library that does not need the part for CUDA, which is not there.
    let library = fs::read_to_string(lib.join("libtorch.so")).unwrap();
    assert_eq!(library, "ELF\0libtorch_cpu.so\0libtorch_cpu.so\0\0libc.so.6\0");
    assert_eq!(fs::read_to_string(repository.libtorch().join("build-version")).unwrap(), "2.13.0\n");

    // The second time nothing is left to do, so no Python is needed.
    let again = repository.xtask(&["setup"]).env("PYTHON", "/nowhere/python").output().unwrap();
    assert!(again.status.success(), "{}", text(&again));
}

#[test]
fn a_failing_pip_leaves_nothing_and_passes_its_exit_code_on() {
    let repository = Repository::new("pip-fails");
    repository.program("python3", &PYTHON.replace("touch $cuda", "exit 7; "));
    let output = repository.xtask(&["setup"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    assert!(repository.third_party().is_empty(), "{:?}", repository.third_party());
}

#[test]
fn a_wheel_laid_out_otherwise_is_refused() {
    let repository = Repository::new("layout");
    repository.program("python3", &PYTHON.replace("touch $cuda/libcudart.so.13", "touch"));
    let output = repository.xtask(&["setup"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("libcudart.so.13"), "{}", text(&output));
    assert!(repository.third_party().is_empty(), "{:?}", repository.third_party());
}

#[test]
fn ctrl_c_and_a_kill_leave_nothing() {
    for signal in ["INT", "KILL"] {
        let repository = Repository::new(signal);
        repository.program("python3", &PYTHON.replace("touch $cuda", "echo here; sleep 60; "));
        // A process group stands for that of the terminal.
        let mut child =
            repository.xtask(&["setup"]).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
        let mut here = [0; 4];
        child.stdout.take().unwrap().read_exact(&mut here).unwrap();
        assert_eq!((&here, repository.third_party().len()), (b"here", 1));
        let kill = format!("kill -{signal} -{}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert!(!child.wait().unwrap().success());
        let patience = Instant::now() + Duration::from_secs(20);
        while !repository.third_party().is_empty() {
            assert!(Instant::now() < patience, "{signal} leaves {:?}", repository.third_party());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn all_missing_tools_are_listed_at_once() {
    let repository = Repository::new("missing");
    let output =
        repository.xtask(&["setup"]).env("PYTHON", "/nowhere/python").env("CXX", "/nowhere/c++").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    for word in ["/nowhere/python", "apt install python3", "/nowhere/c++", "apt install g++"] {
        assert!(text(&output).contains(word), "no {word} in: {}", text(&output));
    }
    repository.program("python3", &PYTHON.replace("-c*)", "*pip*) exit 1;; -c*)"));
    let output = repository.xtask(&["setup"]).output().unwrap();
    assert!(text(&output).contains("apt install python3-pip"), "{}", text(&output));
}

#[test]
fn a_wrong_version_is_an_error_with_the_cure() {
    let repository = Repository::new("version");
    assert!(repository.xtask(&["setup"]).output().unwrap().status.success());
    let ours = repository.libtorch();
    fs::write(ours.join("build-version"), "2.7.1+cpu").unwrap();
    let theirs = repository.0.join("theirs");
    let said = |path: &Path, cure: &str| {
        let output = repository.xtask(&["setup"]).env("LIBTORCH", path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        for word in ["2.7.1+cpu", "2.13.0", path.to_str().unwrap(), cure] {
            assert!(text(&output).contains(word), "no {word} in: {}", text(&output));
        }
    };
    said(&ours, "remove the folder");
    fs::rename(&ours, &theirs).unwrap();
    said(&theirs, "unset it");
    // A libtorch of the user's is only checked, so nothing is downloaded.
    assert!(repository.third_party().is_empty());
}

#[test]
fn the_torch_of_python_is_checked_when_it_is_selected() {
    let repository = Repository::new("python-torch");
    for (version, succeeds) in [("2.13.0+cu130", true), ("2.7.1", false)] {
        let folder = repository.program("python3", &format!("#!/bin/sh\necho {version}\n"));
        let output = repository
            .xtask(&["setup"])
            .env("LIBTORCH_USE_PYTORCH", "1")
            .env_remove("VIRTUAL_ENV")
            .env("PATH", folder.parent().unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.success(), succeeds, "{}", text(&output));
        assert!(text(&output).contains(version), "{}", text(&output));
        assert!(repository.third_party().is_empty());
    }
}

#[test]
fn a_python_that_torch_is_not_published_for_is_refused() {
    let repository = Repository::new("old-python");
    assert!(repository.xtask(&["setup"]).output().unwrap().status.success());
    repository.program("python3", &PYTHON.replace("3 11", "3 9"));
    let output = repository.xtask(&["conformance"]).env_remove("TORCH_EXPORT_PYTHON").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("Python 3.9") && text(&output).contains("PYTHON"), "{}", text(&output));
}

#[test]
fn the_commands_are_listed() {
    let repository = Repository::new("help");
    for (args, code) in
        [(&[][..], 0), (&["help"], 0), (&["--help"], 0), (&["sing"], 2), (&["test", "me"], 2), (&["fuzz", "a", "b"], 2)]
    {
        let output = repository.xtask(args).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        for word in ["setup", "demo", "test", "conformance", "bench", "fuzz", "help"] {
            assert!(text(&output).contains(&format!("\n  {word} ")), "{args:?}: {}", text(&output));
        }
    }
}

#[test]
fn a_command_is_explained_and_a_slip_is_understood() {
    let repository = Repository::new("help-on");
    for args in [&["help", "setup"], &["setup", "--help"], &["bench", "-h"], &["help", "fuzz"], &["fuzz", "--help"]] {
        let output = repository.xtask(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
        assert!(text(&output).starts_with("usage: cargo xtask "), "{args:?}: {}", text(&output));
    }
    for (args, meant) in [(&["dmeo"][..], "demo"), (&["help", "tset"], "test"), (&["conformanc"], "conformance")] {
        let output = repository.xtask(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(&format!("did you mean `{meant}`?")), "{args:?}: {}", text(&output));
    }
}

#[test]
fn an_empty_variable_is_refused() {
    let repository = Repository::new("empty-variable");
    let output = repository.xtask(&["setup"]).env("LIBTORCH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("LIBTORCH is set to nothing"), "{}", text(&output));
}

/// Stands in for `rustup run nightly cargo`: it has cargo-fuzz, a target `b` that breaks a promise, and a target `c` that
/// does not build.
const RUSTUP: &str = r#"#!/bin/sh
case "$*" in
    *"fuzz run --sanitizer none b "*) mkdir -p fuzz/artifacts/b; touch fuzz/artifacts/b/crash-1; exit 77;;
    *"fuzz run --sanitizer none c "*) exit 101;;
esac
echo "$@"
"#;

#[test]
fn a_finding_of_fuzzing_differs_from_a_failure() {
    let repository = Repository::new("fuzz");
    let targets = repository.0.join("fuzz/fuzz_targets");
    fs::create_dir_all(&targets).unwrap();
    for target in ["a.rs", "b.rs", "c.rs"] {
        fs::write(targets.join(target), "").unwrap();
    }
    let rustup = repository.program("rustup", RUSTUP);
    let path = format!("{}:/usr/bin:/bin", rustup.parent().unwrap().display());
    let run = |args: &[&str]| repository.xtask(args).env("PATH", &path).output().unwrap();
    let said = |args: &[&str], code: i32, words: &[&str]| {
        let output = run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output));
        for word in words {
            assert!(text(&output).contains(word), "no {word} in: {}", text(&output));
        }
    };
    said(
        &["fuzz", "a", "5"],
        0,
        &["fuzz run --sanitizer none a ", "fuzz/corpus/a", "fuzz/seeds/a", "-max_total_time=5"],
    );
    said(&["fuzz", "b"], 1, &["breaks a promise", "fuzz/artifacts/b", "-max_total_time=60"]);
    said(&["fuzz", "c", "5"], 101, &["exit code 101"]);
    // Without a target all run in order, up to the first that fails.
    said(&["fuzz", "7"], 1, &["sanitizer none a ", "sanitizer none b ", "-max_total_time=7"]);
    said(&["fuzz", "d"], 1, &["`d` is not a fuzz target", "a, b, c"]);
    repository.program("rustup", "#!/bin/sh\ncase \"$*\" in *fuzz*) exit 1;; esac\n");
    said(&["fuzz", "a"], 1, &["cargo install cargo-fuzz"]);
    repository.program("rustup", "#!/bin/sh\nexit 1\n");
    said(&["fuzz", "a"], 1, &["rustup toolchain install nightly"]);
}

/// The stand-in for `cargo bench` prints one figure, and the table needs more.
#[test]
fn a_missing_benchmark_is_an_error() {
    let repository = Repository::new("bench");
    let cargo = repository.program("cargo", "#!/bin/sh\necho '├─ tensors_derived  1.5 ns │ 2 ns'\n");
    let python = repository.program("python3", "#!/bin/sh\nexit 1\n");
    let output = repository.xtask(&["bench"]).env("CARGO", cargo).env("TORCH_EXPORT_PYTHON", python).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    for word in ["torch: not installed", "jax: not installed", "`tensors_by_hand`", "figures.rs"] {
        assert!(text(&output).contains(word), "no {word} in: {}", text(&output));
    }
}
