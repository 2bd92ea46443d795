//! The text of `print(ep)`.

mod argument;
mod body;
mod metadata;

use crate::ExportedProgram;
use crate::graph::{Graph, GraphOutput, Node, NodeValue};
use crate::signature::InputKind;
use body::Body;
use pytree_core::{Layout, python};
use std::fmt::{self, Display};
use symbolic::ValueRange;

/// A release of PyTorch whose text is wanted. Those that are not listed print as their predecessor does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TextRelease {
    /// 2.13
    #[default]
    Torch2_13,
    /// 2.15, which writes no space behind `Graph signature:`.
    Torch2_15,
}

/// The text of a program as a release of PyTorch prints it. See [`ExportedProgram::text`].
#[derive(Clone, Copy, Debug)]
pub struct ProgramText<'p> {
    program: &'p ExportedProgram,
    release: TextRelease,
}

impl ExportedProgram {
    /// The text that `print(ep)` gives in this release of PyTorch. `Display` of a program is that of 2.13.
    pub fn text(&self, release: TextRelease) -> ProgramText<'_> {
        ProgramText { program: self, release }
    }
}

/// The text that Python's `print(ep)` gives.
impl Display for ExportedProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text(TextRelease::default()).fmt(f)
    }
}

impl Display for ProgramText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProgramText { program, release } = *self;
        f.write_str("ExportedProgram:\n")?;
        class(f, "GraphModule", &program.graph, 1)?;
        f.write_str(if release < TextRelease::Torch2_15 { "Graph signature: \n" } else { "Graph signature:\n" })?;
        f.write_str("    # inputs\n")?;
        for spec in &program.signature.inputs {
            write!(f, "    {}: {}", program.graph.node(spec.node).name, spec.kind)?;
            // PyTorch does not escape the name.
            if let Some(target) = spec.kind.target() {
                write!(f, " target='{target}'")?;
            }
            if let InputKind::Buffer { persistent, .. } = spec.kind {
                write!(f, " persistent={}", python::bool(persistent))?;
            }
            f.write_str("\n")?;
        }
        // Python joins the lines of a section with line breaks, so an empty section is one empty line.
        f.write_str(if program.signature.inputs.is_empty() { "    \n    \n" } else { "    \n" })?;
        f.write_str("    # outputs\n")?;
        for spec in &program.signature.outputs {
            let name = match &spec.value {
                GraphOutput::Node(id) => program.graph.node(*id).name.as_str(),
                GraphOutput::Literal(_) => "",
            };
            write!(f, "    {name}: {}", spec.kind)?;
            if let Some(target) = spec.kind.target() {
                write!(f, " target='{target}'")?;
            }
            f.write_str("\n")?;
        }
        f.write_str(if program.signature.outputs.is_empty() { "    \n    \n" } else { "    \n" })?;
        f.write_str("Range constraints: {")?;
        // PyTorch has another infinity of floats, and that of ints in a program that was loaded.
        let is_new = program.origin.is_none();
        for (i, (expr, range)) in program.range_constraints.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match expr.as_symbol() {
                Some(symbol) if is_new && symbol.is_real() && *range == ValueRange::ALL => {
                    write!(f, "{expr}: VR[-oo, oo]")?;
                }
                _ => write!(f, "{expr}: {range}")?,
            }
        }
        f.write_str("}\n")
    }
}

/// The statement of every node: `add: "f32[2]" = torch.ops.aten.add.Tensor(x, 1)`.
pub(crate) fn statements(graph: &Graph) -> Vec<String> {
    /// A node of a graph, for its `Display`.
    struct Statement<'g>(&'g Body<'g>, &'g Node);
    impl Display for Statement<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.statement(f, self.1)
        }
    }
    let body = Body::names_only(graph);
    graph.nodes.iter().map(|node| Statement(&body, node).to_string()).collect()
}

/// The code of a graph as a class, and the classes of the graphs inside of it.
fn class(f: &mut fmt::Formatter<'_>, name: &str, graph: &Graph, level: usize) -> fmt::Result {
    let indent = 4 * level;
    write!(f, "{:indent$}class {name}(torch.nn.Module):\n{:indent$}    def forward(self", "", "")?;
    for (_, node) in graph.placeholders() {
        write!(f, ", {}{}", node.name, Annotation(node))?;
    }
    f.write_str("):\n")?;
    Body::new(graph, indent + 8).write(f)?;
    f.write_str("    \n")?;
    for (name, graph) in graph.subgraphs() {
        class(f, name, graph, level + 1)?;
    }
    Ok(())
}

/// The annotation of a name: `: "f32[s77, 4]"`, `: "Sym(s77)"`, or nothing.
struct Annotation<'a>(&'a Node);

impl Display for Annotation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.value {
            // As in PyTorch.
            NodeValue::Tensor(tensor) if matches!(tensor.layout, Layout::SparseCsr | Layout::SparseCsc) => Ok(()),
            NodeValue::Tensor(tensor) => {
                write!(f, ": \"{}[", tensor.dtype.abbreviation())?;
                for (i, size) in tensor.sizes.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    // Most sizes are numbers, which need no text of their own.
                    match size.as_int() {
                        Some(size) => Display::fmt(&size, f)?,
                        None => Display::fmt(size, f)?,
                    }
                }
                f.write_str("]\"")
            }
            NodeValue::Int(expr) | NodeValue::Float(expr) => write!(f, ": \"Sym({expr})\""),
            NodeValue::Bool(condition) => write!(f, ": \"Sym({condition})\""),
            NodeValue::Several { .. } | NodeValue::Literal(_) | NodeValue::Object { .. } | NodeValue::Nothing => Ok(()),
        }
    }
}
