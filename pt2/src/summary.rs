//! `pt2 summary`: the program in figures.

use crate::cli::Source;
use crate::error::Error;
use crate::output::{HEADING, Output, paint};
use program::inspect::Tensors;

pub(crate) fn run(source: &Source, json: bool, out: &mut Output) -> Result<(), Error> {
    let summary = source.load()?.summary();
    if json {
        return out.json(&summary);
    }
    let mut row = |name: &str, value: String| out.line(&format!("{} {value}", paint(HEADING, &format!("{name:<12}"))));
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
