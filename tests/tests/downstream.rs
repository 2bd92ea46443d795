//! A project outside the workspace uses torch-export as the README says: with a path or version, a build script of one line
//! and `LIBTORCH` in the environment, but without this repository's configuration.
#![cfg(feature = "tch")]
#![allow(clippy::unwrap_used, reason = "a test that cannot make its folders has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder outside the repository, removed at the end.
struct Project(PathBuf);

impl Project {
    /// Copies the template and the workspace's lock file, so that the project uses the same versions and shares their build.
    fn new(root: &Path) -> Self {
        let project = Self(std::env::temp_dir().join(format!("torch-export-downstream-{}", std::process::id())));
        let template = root.join("tests/downstream");
        fs::create_dir_all(project.0.join("src")).unwrap();
        let manifest = fs::read_to_string(template.join("Cargo.toml.in")).unwrap();
        fs::write(project.0.join("Cargo.toml"), manifest.replace("@ROOT@", root.to_str().unwrap())).unwrap();
        for file in ["build.rs", "src/main.rs"] {
            fs::copy(template.join(file), project.0.join(file)).unwrap();
        }
        fs::copy(root.join("Cargo.lock"), project.0.join("Cargo.lock")).unwrap();
        project
    }
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
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--"])
        .arg(&file)
        .current_dir(&project.0)
        .env("CARGO_TARGET_DIR", target)
        // The workspace's dev profile. With another one, the bindings of libtorch would be compiled a second time.
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("DYLD_LIBRARY_PATH")
        .env_remove("DYLD_FALLBACK_LIBRARY_PATH")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{err}");
    // relu(1 * 1 - 0.25), at the last place of the new sizes.
    assert_eq!(out.trim(), "[6, 14] 0.75", "{err}");
    assert!(file.metadata().unwrap().len() > 0);
}
