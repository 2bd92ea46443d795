//! `cargo xtask bench`: ours, the loops written by hand and the peers, measured in one run and shown in one table.

mod figures;
mod ours;
mod peers;
mod table;

use crate::{Error, Place};

/// Measures everything and prints the table.
///
/// A peer that is not there is said to be so. A limit that is missed is said too; it is no failure, since a busy machine
/// can miss any.
pub(crate) fn run(place: &Place) -> Result<(), Error> {
    let ours = ours::measure(place)?;
    let peers = peers::measure(place)?;
    print!("{}", table::table(&figures::FIGURES, &ours, &peers)?);
    Ok(())
}
