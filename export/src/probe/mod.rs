//! Runs the model on the given inputs and on probes, and solves the sizes from these runs.
//!
//! The order is: the given sets and other values of the same sizes (`values`), sizes at which equal dimensions move together
//! (`together`) and then separately (`apart`), and sizes that check the solution (`settle`).

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

/// Runs the model until the solution agrees with two further runs in a row.
pub(crate) fn search(runs: &mut Runs<'_>) -> Result<Settled, ExportError> {
    values::run_sets(runs)?;
    loop {
        if together::run(runs)? {
            apart::run(runs)?;
            if let Some(settled) = settle::run(runs)? {
                return Ok(settled);
            }
        }
        // A dimension was made static, so everything is solved again without it.
        runs.forget_probes();
    }
}
