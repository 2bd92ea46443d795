//! `pt2 summary`: the program and the AOTInductor models of a file in figures.

use crate::cli::Source;
use crate::error::Error;
use crate::output::{COMMENT, HEADING, Output, paint};
use program::Archive;
use program::inspect::{CompiledModel, Summary, Tensors};
use serde::Serialize;

#[derive(Serialize)]
struct File {
    /// The program, if there is one or one is asked for.
    #[serde(flatten)]
    program: Option<Summary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compiled: Vec<CompiledModel>,
}

pub(crate) fn run(source: &Source, json: bool, out: &mut Output) -> Result<(), Error> {
    let archive = source.archive()?;
    let compiled = compiled(source, &archive)?;
    // A name may be that of a program, of a compiled model, or of both.
    let only_compiled = match &source.program {
        Some(name) => !archive.programs().contains(name),
        None => archive.programs().is_empty(),
    };
    let program = match only_compiled && !compiled.is_empty() {
        true => None,
        false => Some(source.program(&archive)?.summary()),
    };
    let file = File { program, compiled };
    if json {
        return out.json(&file);
    }
    if let Some(summary) = &file.program {
        print(summary, out)?;
    }
    file.compiled.iter().try_for_each(|model| print_compiled(model, out))
}

/// The AOTInductor models: the one with the name of the program that was chosen, or all.
fn compiled(source: &Source, archive: &Archive) -> Result<Vec<CompiledModel>, Error> {
    let names = archive.compiled_models().iter();
    let names = names.filter(|name| source.program.as_ref().is_none_or(|chosen| chosen == *name));
    let models = names.filter_map(|name| archive.compiled_model(name).transpose());
    Ok(models.collect::<Result<_, _>>()?)
}

fn row(name: &str, value: &str, out: &mut Output) -> Result<(), Error> {
    out.line(&format!("{} {value}", paint(HEADING, &format!("{name:<12}"))))
}

fn print_compiled(model: &CompiledModel, out: &mut Output) -> Result<(), Error> {
    row("compiled", &format!("{}, machine code of AOTInductor", model.name), out)?;
    row("device", model.device().unwrap_or("unknown"), out)?;
    let machine: Vec<&str> = [model.platform(), model.machine(), model.instructions()].into_iter().flatten().collect();
    if !machine.is_empty() {
        row("machine", &machine.join(", "), out)?;
    }
    if let Some(capability) = model.compute_capability() {
        row("capability", capability, out)?;
    }
    for (key, value) in model.metadata.iter().filter(|(key, _)| !key.starts_with("AOTI_")) {
        row("metadata", &format!("{key}: {value}"), out)?;
    }
    row("bytes", &model.bytes.to_string(), out)?;
    out.styled(HEADING, "files")?;
    for file in &model.files {
        out.line(&format!("{:>10}  {}  {}", file.bytes, file.name, paint(COMMENT, file.kind)))?;
    }
    Ok(())
}

fn print(summary: &Summary, out: &mut Output) -> Result<(), Error> {
    let mut row = |name: &str, value: String| row(name, &value, out);
    if let Some(version) = &summary.torch_version {
        let schema = summary.schema_version.as_deref().unwrap_or_default();
        row("torch", format!("{version}, schema {schema}, dialect {}", summary.dialect))?;
    }
    row("graph", format!("{} nodes, {} sub-graphs", summary.nodes, summary.subgraphs))?;
    row("call", format!("{} inputs, {} outputs", summary.inputs, summary.outputs))?;
    let tensors = |t: Tensors| format!("{} tensors, {} elements", t.count, t.elements);
    row("parameters", tensors(summary.parameters))?;
    row("buffers", tensors(summary.buffers))?;
    row("constants", tensors(summary.constants))?;
    row("bytes", summary.bytes.to_string())?;
    row("dtypes", summary.dtypes.join(", "))?;
    row("devices", summary.devices.join(", "))?;
    let symbols: Vec<String> = summary.symbols.iter().map(|(symbol, range)| format!("{symbol}: {range}")).collect();
    row("symbols", if symbols.is_empty() { "none".to_owned() } else { symbols.join(", ") })?;
    out.styled(HEADING, "ops")?;
    for op in &summary.ops {
        out.line(&format!("{:>6}  {}", op.calls, op.op))?;
    }
    Ok(())
}
