//! A project outside the workspace uses torch-export as the README says, from the packages that would be published: with a
//! version, a build script of one line and `LIBTORCH` in the environment, but without this repository's configuration.
#![cfg(feature = "tch")]
#![allow(clippy::unwrap_used, reason = "a test that cannot make its folders has failed")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The packages that are published, in the order in which that is possible.
const PUBLISHED: [&str; 8] = [
    "libtorch-link",
    "pytree-derive",
    "pytree-core",
    "torch-export-symbolic",
    "torch-export-shapes",
    "torch-export-program",
    "torch-export",
    "pt2",
];

/// A folder outside the repository, removed at the end.
struct Project(PathBuf);

impl Project {
    /// Packs the crates, and makes a project of the template with them. The workspace's lock file makes it use the same
    /// versions of other crates and share their build.
    fn new(root: &Path) -> Self {
        let project = Self(std::env::temp_dir().join(format!("torch-export-downstream-{}", std::process::id())));
        let template = root.join("tests/downstream");
        fs::create_dir_all(project.0.join("src")).unwrap();
        let packed = project.pack(root);
        let mut manifest = fs::read_to_string(template.join("Cargo.toml.in")).unwrap();
        let command = packed.iter().find(|folder| folder.starts_with("pt2-")).unwrap();
        write!(manifest, "\n[workspace]\nmembers = [\"packed/{command}\"]\n\n[patch.crates-io]\n").unwrap();
        for (name, folder) in PUBLISHED.iter().zip(&packed) {
            writeln!(manifest, "{name} = {{ path = \"packed/{folder}\" }}").unwrap();
        }
        fs::write(project.0.join("Cargo.toml"), manifest).unwrap();
        for file in ["build.rs", "src/main.rs"] {
            fs::copy(template.join(file), project.0.join(file)).unwrap();
        }
        fs::copy(root.join("Cargo.lock"), project.0.join("Cargo.lock")).unwrap();
        project
    }

    /// Packs and unpacks the crates. Returns the folder of each in `packed`.
    fn pack(&self, root: &Path) -> Vec<String> {
        let target = self.0.join("package");
        let mut pack = Command::new(env!("CARGO"));
        pack.args(["package", "--quiet", "--offline", "--allow-dirty", "--no-verify"]).current_dir(root);
        pack.args(PUBLISHED.iter().flat_map(|name| ["--package", name])).env("CARGO_TARGET_DIR", &target);
        succeeded(&pack.output().unwrap());
        let packed = self.0.join("packed");
        fs::create_dir_all(&packed).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let unpacked = PUBLISHED.iter().map(|name| {
            let folder = format!("{name}-{version}");
            let archive = target.join(format!("package/{folder}.crate"));
            let unpack = Command::new("tar").arg("-xzf").arg(archive).current_dir(&packed).output().unwrap();
            succeeded(&unpack);
            folder
        });
        unpacked.collect()
    }

    /// Cargo in this project.
    fn cargo(&self, target: &Path, args: &[&str]) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(args)
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", target)
            // The workspace's dev profile. With another one, the bindings of libtorch would be compiled a second time.
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("DYLD_LIBRARY_PATH")
            .env_remove("DYLD_FALLBACK_LIBRARY_PATH");
        cargo
    }
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_project_outside_the_workspace_exports_saves_and_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let project = Project::new(root);
    let file = project.0.join("model.pt2");
    let output = project.cargo(target, &["run", "--quiet", "--offline", "--"]).arg(&file).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{err}");
    // relu(1 * 1 - 0.25), at the last place of the new sizes.
    assert_eq!(out.trim(), "[6, 14] 0.75", "{err}");
    assert!(file.metadata().unwrap().len() > 0);

    // The command needs no libtorch.
    let mut check = project.cargo(target, &["check", "--quiet", "--offline", "--package", "pt2"]);
    succeeded(&check.env_remove("LIBTORCH").output().unwrap());
}
