//! Which inputs a model is run on, and what the runs tell.
//!
//! In this order: the given sets and other values of the same sizes (`values`), sizes at which equal dimensions move together
//! (`together`), then apart (`apart`), and sizes at which what was solved has to hold (`settle`).

mod apart;
mod classes;
mod inputs;
mod predict;
mod runs;
mod settle;
mod sizes;
mod together;
mod values;

pub(crate) use runs::Runs;
pub(crate) use settle::Settled;

use crate::ExportError;

/// Runs the model until what was solved from the runs agrees with two more in a row.
pub(crate) fn search(runs: &mut Runs<'_>) -> Result<Settled, ExportError> {
    values::run_sets(runs)?;
    loop {
        if together::run(runs)? {
            apart::run(runs)?;
            if let Some(settled) = settle::run(runs)? {
                return Ok(settled);
            }
        }
        // A dimension was made static: everything is solved again without it.
        runs.forget_probes();
    }
}
