//! `pt2 run`: the program on inputs from a file, the command line or chance.

mod compare;
mod error;
mod files;
mod inputs;
mod names;
mod npy;
mod outputs;
mod random;
mod values;

pub(crate) use error::RunError;

use crate::cli::RunArgs;
use crate::error::Error;
use crate::output::{COMMENT, HEADING, Output, paint};
use compare::Compared;
use outputs::Shown;
use pytree_core::{Leaf, Tch};
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tch::Tensor;
use torch_export::dispatch::deep_copy;
use torch_export::{ProgramModule, RunProgram};

/// What a run has found.
#[derive(Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<Shown>,
    /// The file with the outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Vec<Compared>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Times>,
}

/// The times of calls, in seconds.
#[derive(Serialize)]
struct Times {
    calls: u32,
    median: f64,
    min: f64,
}

/// Runs the program; whether its outputs differ from the recorded ones.
pub(crate) fn run(arguments: &RunArgs, out: &mut Output) -> Result<bool, Error> {
    let program = arguments.source.load()?;
    tch::manual_seed(arguments.seed);
    let call = inputs::collect(&program, arguments)?;
    let module = program.module().map_err(RunError::from)?;
    // A call may write to its inputs, and to the state of the module.
    let timed = arguments.time.map(|count| Ok::<_, RunError>((count, module.session()?, copies(&call.leaves)?)));
    let timed = timed.transpose()?;
    let outputs = module.run(call.leaves);
    let outputs = outputs.map_err(|error| RunError::Call { source: Box::new(error), notes: call.notes.clone() })?;
    let names = names::outputs(&program);
    let mut report = Report { notes: call.notes, outputs: Vec::new(), written: None, compared: None, time: None };
    match &arguments.output {
        Some(path) => {
            write(path, &names, &outputs)?;
            report.written = Some(path.clone());
        }
        None => {
            let shown = names.iter().zip(&outputs).map(|(name, leaf)| Shown::of(name, leaf));
            report.outputs = shown.collect::<Result<_, _>>()?;
        }
    }
    if let Some(path) = &arguments.compare {
        report.compared = Some(compare::compare(&names, &outputs, path, arguments)?);
    }
    if let Some((count, session, leaves)) = timed {
        report.time = Some(time(&session, &leaves, count)?);
    }
    let differs = report.compared.iter().flatten().any(|compared| !compared.equal);
    match arguments.json {
        true => out.json(&report)?,
        false => print(&report, out)?,
    }
    Ok(differs)
}

fn print(report: &Report, out: &mut Output) -> Result<(), Error> {
    for note in &report.notes {
        out.styled(COMMENT, &format!("# {note}"))?;
    }
    report.outputs.iter().try_for_each(|shown| shown.print(out))?;
    if let Some(path) = &report.written {
        out.line(&format!("{} {}", paint(HEADING, "written"), path.display()))?;
    }
    report.compared.iter().flatten().try_for_each(|compared| compared.print(out))?;
    if let Some(Times { calls, median, min }) = &report.time {
        let shown = |seconds: &f64| format!("{:.3} ms", seconds * 1e3);
        let (median, min) = (shown(median), shown(min));
        out.line(&format!("{} median {median}, min {min}, {calls} calls", paint(HEADING, "time")))?;
    }
    Ok(())
}

/// Writes all outputs but None.
fn write(path: &std::path::Path, names: &[String], outputs: &[Leaf<Tch>]) -> Result<(), Error> {
    let mut tensors = Vec::new();
    for (name, leaf) in names.iter().zip(outputs) {
        let tensor = match leaf {
            Leaf::Tensor(tensor) => tensor.shallow_clone(),
            Leaf::Int(v) => Tensor::from(*v),
            Leaf::Float(v) => Tensor::from(*v),
            Leaf::Bool(v) => Tensor::from(*v),
            _ => continue,
        };
        tensors.push((name.clone(), tensor));
    }
    files::write(path, &tensors)
}

/// Copies of leaves with memory of their own.
fn copies(leaves: &[Leaf<Tch>]) -> Result<Vec<Leaf<Tch>>, RunError> {
    let copy = |leaf: &Leaf<Tch>| match leaf {
        Leaf::Tensor(tensor) => deep_copy(tensor).map(Leaf::Tensor).map_err(|source| RunError::dispatch("", source)),
        leaf => Ok(handle(leaf)),
    };
    leaves.iter().map(copy).collect()
}

/// The same leaf on the same memory.
fn handle(leaf: &Leaf<Tch>) -> Leaf<Tch> {
    match leaf {
        Leaf::Tensor(tensor) => Leaf::Tensor(tensor.shallow_clone()),
        Leaf::Int(v) => Leaf::Int(*v),
        Leaf::Float(v) => Leaf::Float(*v),
        Leaf::Bool(v) => Leaf::Bool(*v),
        Leaf::Str(v) => Leaf::Str(v.clone()),
        _ => Leaf::None,
    }
}

/// Times calls, after one that warms up.
fn time(module: &ProgramModule, leaves: &[Leaf<Tch>], count: u32) -> Result<Times, RunError> {
    let call = || {
        let leaves = leaves.iter().map(handle).collect();
        let start = Instant::now();
        module.run(leaves)?;
        Ok::<_, RunError>(start.elapsed())
    };
    call()?;
    let mut times: Vec<Duration> = (0..count).map(|_| call()).collect::<Result<_, _>>()?;
    times.sort();
    let at = |place: usize| times.get(place).copied().unwrap_or_default().as_secs_f64();
    Ok(Times { calls: count, median: at(times.len() / 2), min: at(0) })
}
