//! `cargo xtask bench`: measures this project, loops written by hand and the peers in one run, and prints one table.

mod figures;
mod ours;
mod peers;
mod programs;
mod table;

use crate::{Error, RepoRoot};

/// Measures everything and prints the table.
///
/// The table says which peers are not installed and which limits are missed. A missed limit is not a failure, since any
/// limit can be missed on a busy machine.
pub(crate) fn run(repo: &RepoRoot) -> Result<(), Error> {
    let ours = ours::measure(repo)?;
    let peers = peers::measure(repo)?;
    print!("{}", table::table("126 layers, 252 tensors", &figures::FIGURES, &ours, &peers)?);
    if let Some(table) = programs::run(repo, &figures::PROGRAMS)? {
        print!("\n{table}");
    }
    if let Some(table) = programs::decoders(repo, &figures::DECODERS)? {
        print!("\n{table}");
    }
    Ok(())
}
