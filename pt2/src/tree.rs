//! `pt2 tree`: inputs and outputs with their types, as text, JSON or an image.

use crate::cli::Source;
use crate::error::Error;
use crate::output::{COMMENT, HEADING, NAME, Output, paint};
use program::{ExportedProgram, GraphOutput, InputKind, NodeValue, OutputKind};
use pytree_core::{SpecNode, TreeSpec};
use serde::Serialize;
use std::fmt::Write;

/// A node of the tree.
#[derive(Serialize)]
struct Branch {
    /// The key in the parent, and the name of the value for a leaf.
    label: String,
    /// The type: `f32[s77, 4]`, `tuple`.
    #[serde(rename = "type")]
    ty: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Branch>,
}

/// A line of the drawing.
struct Line {
    indent: String,
    label: String,
    ty: String,
}

pub(crate) fn run(source: &Source, svg: bool, json: bool, out: &mut Output) -> Result<(), Error> {
    let program = source.load()?;
    let mut trees = vec![inputs(&program), outputs(&program)];
    let ranges = program.range_constraints.iter();
    let ranges: Vec<Branch> = ranges
        .map(|(expr, range)| Branch { label: expr.to_string(), ty: range.to_string(), children: Vec::new() })
        .collect();
    if !ranges.is_empty() {
        trees.push(Branch { label: "symbols".to_owned(), ty: String::new(), children: ranges });
    }
    if json {
        return out.json(&trees);
    }
    let mut lines = Vec::new();
    for tree in &trees {
        lines.push(Line { indent: String::new(), label: tree.label.clone(), ty: tree.ty.clone() });
        draw(&tree.children, "", &mut lines);
    }
    if svg {
        return out.plain(&image(&lines));
    }
    for Line { indent, label, ty } in &lines {
        let label = paint(if indent.is_empty() { HEADING } else { NAME }, label);
        let ty = if ty.is_empty() { String::new() } else { format!("  {ty}") };
        out.line(&format!("{}{label}{ty}", paint(COMMENT, indent)))?;
    }
    Ok(())
}

/// The leaves of the inputs of a call, in order: their names and types.
fn inputs(program: &ExportedProgram) -> Branch {
    let users = program.signature.inputs.iter().filter(|spec| spec.kind == InputKind::UserInput);
    let leaves: Vec<(String, String)> = users
        .map(|spec| {
            let node = program.graph.node(spec.node);
            (node.name.clone(), type_text(&node.value))
        })
        .collect();
    let mut rest = leaves.into_iter();
    let mut root = branch("inputs", program.in_spec.root(), &mut rest);
    for (child, name) in root.children.iter_mut().zip(["args", "kwargs"]) {
        name.clone_into(&mut child.label);
    }
    root.ty = String::new();
    root
}

fn outputs(program: &ExportedProgram) -> Branch {
    let wanted = |kind: &OutputKind| matches!(kind, OutputKind::UserOutput | OutputKind::LossOutput);
    let users = program.signature.outputs.iter().filter(|spec| wanted(&spec.kind));
    let leaves: Vec<(String, String)> = users
        .map(|spec| match &spec.value {
            GraphOutput::Node(id) => {
                let node = program.graph.node(*id);
                (node.name.clone(), type_text(&node.value))
            }
            GraphOutput::Literal(literal) => (String::new(), type_text(&NodeValue::Literal(literal.clone()))),
        })
        .collect();
    let spec: &TreeSpec = &program.out_spec;
    branch("outputs", spec.root(), &mut leaves.into_iter())
}

fn branch(label: &str, node: SpecNode<'_>, leaves: &mut dyn Iterator<Item = (String, String)>) -> Branch {
    if node.is_leaf() {
        let (name, ty) = leaves.next().unwrap_or_default();
        let label = match (label, name.as_str()) {
            (label, "") => label.to_owned(),
            ("", name) => name.to_owned(),
            (label, name) => format!("{label} {name}"),
        };
        return Branch { label, ty, children: Vec::new() };
    }
    let ty = node.context().map_or(String::new(), |context| context.short_name().to_owned());
    let children = node.children().enumerate();
    let children = children.map(|(i, child)| branch(&node.entry(i).to_string(), child, leaves)).collect();
    Branch { label: label.to_owned(), ty, children }
}

fn type_text(value: &NodeValue) -> String {
    match value {
        NodeValue::Tensor(tensor) => {
            let sizes: Vec<String> = tensor.sizes.iter().map(ToString::to_string).collect();
            let device = match tensor.device.to_string() {
                device if device == "cpu" => String::new(),
                device => format!(" on {device}"),
            };
            format!("{}[{}]{device}", tensor.dtype.abbreviation(), sizes.join(", "))
        }
        NodeValue::Int(expr) => format!("int {expr}"),
        NodeValue::Float(expr) => format!("float {expr}"),
        NodeValue::Bool(condition) => format!("bool {condition}"),
        NodeValue::Literal(literal) => format!("constant {literal:?}"),
        NodeValue::Object { class } => format!("object {class}"),
        _ => String::new(),
    }
}

fn draw(branches: &[Branch], indent: &str, lines: &mut Vec<Line>) {
    for (i, branch) in branches.iter().enumerate() {
        let last = i + 1 == branches.len();
        let own = format!("{indent}{}", if last { "└─ " } else { "├─ " });
        lines.push(Line { indent: own, label: branch.label.clone(), ty: branch.ty.clone() });
        draw(&branch.children, &format!("{indent}{}", if last { "   " } else { "│  " }), lines);
    }
}

/// The lines as an SVG image.
fn image(lines: &[Line]) -> String {
    const HEIGHT: usize = 20;
    const WIDTH: usize = 9;
    let columns = |line: &Line| line.indent.chars().count() + line.label.chars().count() + 2 + line.ty.chars().count();
    let width = lines.iter().map(columns).max().unwrap_or(0) * WIDTH + 20;
    let height = lines.len() * HEIGHT + 20;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <style>text {{ font: 14px monospace; white-space: pre; }} .name {{ fill: #0b6e99; }} .line {{ fill: #999; }}</style>\n"
    );
    for (i, Line { indent, label, ty }) in lines.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"10\" y=\"{}\"><tspan class=\"line\">{}</tspan><tspan class=\"name\">{}</tspan><tspan>  {}</tspan></text>",
            (i + 1) * HEIGHT,
            escaped(indent),
            escaped(label),
            escaped(ty)
        );
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
