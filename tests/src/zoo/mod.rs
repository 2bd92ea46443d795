//! Programs that Python exported, in folders of one form: each has a `model.pt2`, the text that Python prints for the file,
//! and a `meta.json` that says what must work.

mod judge;
mod program;
#[cfg(feature = "tch")]
mod run;

pub use judge::{Step, Verdict};
pub use program::{Expect, ZooProgram};

use std::io;
use std::path::Path;

/// All programs in a folder and in the folders inside of it, by name.
///
/// # Errors
/// When a folder cannot be read, or when a `meta.json` is not of the form.
pub fn programs(folder: &Path) -> io::Result<Vec<ZooProgram>> {
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<ZooProgram>) -> io::Result<()> {
    if folder.join("model.pt2").is_file() {
        found.push(ZooProgram::open(folder)?);
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        }
    }
    Ok(())
}
