//! `pt2 diff`: what differs between two programs.

use crate::cli::Source;
use crate::error::Error;
use crate::output::{ADDED, CHANGED, COMMENT, Output, REMOVED};
use program::inspect::Change;
use std::path::Path;

pub(crate) fn run(a: &Path, b: &Path, json: bool, out: &mut Output) -> Result<bool, Error> {
    let load = |file: &Path| Source { file: file.to_owned(), program: None }.load();
    let diff = load(a)?.diff(&load(b)?);
    if json {
        out.json(&diff)?;
        return Ok(!diff.is_empty());
    }
    for change in &diff.changes {
        match change {
            Change::Removed { node } => out.styled(REMOVED, &format!("- {node}"))?,
            Change::Added { node } => out.styled(ADDED, &format!("+ {node}"))?,
            Change::Changed { from, to } => {
                out.styled(REMOVED, &format!("- {from}"))?;
                out.styled(ADDED, &format!("+ {to}"))?;
            }
            Change::Other { what, from, to } => {
                let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "missing".to_owned());
                out.styled(CHANGED, &format!("{what}: {} -> {}", shown(from), shown(to)))?;
            }
            _ => {}
        }
    }
    if !diff.renamed.is_empty() {
        let names: Vec<String> = diff.renamed.iter().map(|(a, b)| format!("{a} -> {b}")).collect();
        out.styled(COMMENT, &format!("renamed: {}", names.join(", ")))?;
    }
    if diff.is_empty() {
        out.line("no differences")?;
    }
    Ok(!diff.is_empty())
}
