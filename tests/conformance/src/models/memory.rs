//! The memory of this process.

use std::fs;

/// Starts a measurement: the largest memory so far is forgotten.
pub(crate) fn forget_peak() {
    // Only Linux has this file. Elsewhere there is no measurement.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The memory in use, and the most since [`forget_peak`], in megabytes.
pub(crate) fn now_and_peak() -> Option<(f64, f64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = |name: &str| -> Option<f64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some((kilobytes("VmRSS:")? / 1024.0, kilobytes("VmHWM:")? / 1024.0))
}
