//! Runs recorded cases, file by file.

pub mod constraint;
mod couple;
mod described;
pub mod guess;
mod kwargs;
mod naming;
mod observer;
mod pytree;
mod shape_expr;
mod string_type;

pub(crate) use described::element;

use crate::json::{Miss, Outcome, array};
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};

/// The cases of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The name of the file without `.json`.
    pub name: String,
    /// How many cases agree.
    pub passed: usize,
    /// The id of each case that does not agree, and how it differs.
    pub failed: Vec<(String, String)>,
    /// The id of each case that needs something this project does not have yet, and what it needs.
    pub not_yet: Vec<(String, String)>,
}

/// `NAME: N passed, M failed, K not yet`, then the ids that failed, one a line. With `{:#}` each with its reason.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} passed, {} failed", self.name, self.passed, self.failed.len())?;
        if !self.not_yet.is_empty() {
            write!(f, ", {} not yet", self.not_yet.len())?;
        }
        for (id, reason) in &self.failed {
            write!(f, "\n{id}")?;
            if f.alternate() {
                write!(f, ": {reason}")?;
            }
        }
        Ok(())
    }
}

/// Runs every `*.json` of a folder, in the order of their names.
///
/// # Errors
/// When the folder cannot be read, or has no such file.
pub fn run_folder(folder: &Path) -> Result<Vec<Report>, String> {
    let cannot = |e: std::io::Error| format!("{}: {e}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let mut files: Vec<PathBuf> = entries.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>().map_err(cannot)?;
    files.retain(|path| path.extension().is_some_and(|e| e == "json"));
    files.sort();
    if files.is_empty() {
        return Err(format!("{}: this folder has no *.json", folder.display()));
    }
    Ok(files.iter().map(|path| run_file(path)).collect())
}

/// Runs the cases of a file. A file that cannot be read counts as one failure.
pub fn run_file(path: &Path) -> Report {
    let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut report = Report { name, ..Report::default() };
    let read = std::fs::read_to_string(path).map_err(|e| e.to_string());
    match read.and_then(|text| serde_json::from_str(&text).map_err(|e| e.to_string())) {
        Ok(json) => run_json(&json, &mut report),
        Err(e) => report.failed.push((report.name.clone(), e)),
    }
    report
}

fn run_json(json: &Value, report: &mut Report) {
    let run: fn(&Value) -> Outcome = match report.name.as_str() {
        "constraint_cases" => constraint::run,
        "couple_cases" => couple::run,
        "observer_cases" | "observer_cases_random" => observer::run,
        "guess_cases" | "guess_cases_random" | "guess_cases_subclasses" => guess::run,
        "move_to_kwargs_cases" => kwargs::run,
        "naming_cases" => naming::run,
        "pytree_cases" => pytree::run,
        "shape_expr_cases" | "shape_expr_cases_random" => shape_expr::run,
        "string_type_cases" => string_type::run,
        _ => |_| Err(Miss::NotYet("a reader for this file".to_owned())),
    };
    // Expressions are recorded as two lists of rows, everything else as one list of cases.
    let lists = if report.name.starts_with("shape_expr_cases") { &["exprs", "ops"][..] } else { &["cases"] };
    let found: Vec<&Value> = lists.iter().filter_map(|name| json.get(name)).collect();
    if found.is_empty() {
        report.failed.push((report.name.clone(), format!("the file has none of {lists:?}")));
    }
    for list in found {
        match array(list) {
            Ok(cases) => cases.iter().enumerate().for_each(|(i, case)| report.add(id(case, i), run(case))),
            Err(Miss::Failed(e) | Miss::NotYet(e)) => report.failed.push((report.name.clone(), e)),
        }
    }
}

/// The id of a case. The id of a row is its first item.
fn id(case: &Value, index: usize) -> String {
    let id = case.get("id").or_else(|| case.get(0)).and_then(Value::as_str);
    id.map_or_else(|| format!("case {index}"), str::to_owned)
}

impl Report {
    fn add(&mut self, id: String, outcome: Outcome) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(Miss::Failed(reason)) => self.failed.push((id, reason)),
            Err(Miss::NotYet(reason)) => self.not_yet.push((id, reason)),
        }
    }
}
