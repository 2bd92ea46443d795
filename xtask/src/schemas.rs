//! Writes the schemas of libtorch's operators into the repository, so that a program can be checked without libtorch.

use std::fs;

use libtorch_link::VERSION;

use crate::process::Process;
use crate::scratch::Scratch;
use crate::{Error, RepoRoot, libtorch};

/// Prints the schema of every operator that libtorch registers.
const PROGRAM: &str = r#"
#include <ATen/core/dispatch/Dispatcher.h>
#include <iostream>

int main() {
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const auto& name : dispatcher.getAllOpNames()) {
    if (auto handle = dispatcher.findSchema(name)) {
      std::cout << handle->schema() << "\n";
    }
  }
}
"#;

/// Makes `program/src/check/schemas.txt` anew: one schema a line, sorted.
pub(crate) fn run(repo: &RepoRoot) -> Result<(), Error> {
    libtorch::setup(repo)?;
    let root = std::env::var_os("LIBTORCH").map_or_else(|| repo.libtorch(), Into::into);
    let scratch = Scratch::in_folder(&repo.third_party())?;
    let (source, binary) = (scratch.path().join("schemas.cpp"), scratch.path().join("schemas"));
    fs::write(&source, PROGRAM).map_err(Error::file(&source, "write"))?;
    let (include, lib) = (root.join("include"), root.join("lib"));
    Process::new("c++")
        .args(["-std=c++20", "-O0", "-w"])
        .args([include.as_os_str(), include.join("torch/csrc/api/include").as_os_str()].map(|path| {
            let mut flag = std::ffi::OsString::from("-I");
            flag.push(path);
            flag
        }))
        .args([source.as_os_str(), "-o".as_ref(), binary.as_os_str()])
        .args([format!("-L{}", lib.display()), format!("-Wl,--no-as-needed,-rpath,{}", lib.display())])
        .args(["-ltorch_cpu", "-lc10"])
        .run()?;
    let printed = Process::new(&binary).read()?;
    let mut lines: Vec<&str> = printed.lines().filter(|line| line.contains("::") && !line.contains("(...)")).collect();
    lines.sort_by_key(|line| line.split('(').next());
    lines.dedup();
    let to = repo.path().join("program/src/check/schemas.txt");
    let text = format!("# The operators of libtorch {VERSION}: made by `cargo xtask schemas`.\n{}\n", lines.join("\n"));
    fs::write(&to, text).map_err(Error::file(&to, "write"))?;
    eprintln!("{} schemas are in {}", lines.len(), to.display());
    Ok(())
}
