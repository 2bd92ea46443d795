//! `pt2 check`: every rule that a file keeps.

use crate::cli::Source;
use crate::error::Error;
use crate::output::{ADDED, CHANGED, ERROR, Output, paint};
use serde::Serialize;

#[derive(Serialize)]
struct Found {
    findings: Vec<String>,
    remarks: Vec<String>,
}

pub(crate) fn run(source: &Source, json: bool, out: &mut Output) -> Result<bool, Error> {
    let archive = source.archive()?;
    let mut found = Found { findings: archive.verify().iter().map(ToString::to_string).collect(), remarks: Vec::new() };
    let names = match &source.program {
        Some(name) => vec![name.clone()],
        None => archive.programs().to_vec(),
    };
    for name in &names {
        match archive.program(name) {
            // A loaded program keeps all rules; its report has the remarks.
            Ok(program) => {
                let report = program.check();
                found.findings.extend(report.findings.iter().map(ToString::to_string));
                found.remarks.extend(report.remarks.iter().map(ToString::to_string));
            }
            Err(error) => found.findings.push(format!("{name}: {error}")),
        }
    }
    let compiled = archive.compiled_models().iter();
    found
        .remarks
        .extend(compiled.map(|name| format!("`{name}` is an AOTInductor model, machine code that was not checked")));
    let failed = !found.findings.is_empty();
    if json {
        out.json(&found)?;
        return Ok(failed);
    }
    for finding in &found.findings {
        out.line(&format!("{} {}", paint(ERROR, "error:"), finding.replace('\n', " ")))?;
    }
    for remark in &found.remarks {
        out.line(&format!("{} {remark}", paint(CHANGED, "remark:")))?;
    }
    if !failed {
        out.line(&format!(
            "{}: {} program{}",
            paint(ADDED, "ok"),
            names.len(),
            if names.len() == 1 { "" } else { "s" }
        ))?;
    }
    Ok(failed)
}
