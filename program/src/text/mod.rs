//! The text of `print(ep)`.

use crate::ExportedProgram;
use crate::graph::{Argument, Frame, Graph, GraphOutput, Node, NodeId, NodeKind, NodeValue, Sym, Target};
use crate::passes::Liveness;
use crate::signature::InputKind;
use pytree_core::{Device, LeafRef, Plain, python};
use std::fmt::{self, Display};
use symbolic::ValueRange;

/// The text that Python's `print(ep)` gives.
impl Display for ExportedProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExportedProgram:\n    class GraphModule(torch.nn.Module):\n        def forward(self")?;
        for (_, node) in self.graph.placeholders() {
            write!(f, ", {}{}", node.name, Annotation(node))?;
        }
        f.write_str("):\n")?;
        Body::new(&self.graph).write(f)?;
        f.write_str("    \nGraph signature: \n    # inputs\n")?;
        for spec in &self.signature.inputs {
            write!(f, "    {}: {}", self.graph.node(spec.node).name, spec.kind)?;
            if let Some(target) = spec.kind.target() {
                write!(f, " target={}", python::Str(target))?;
            }
            if let InputKind::Buffer { persistent, .. } = spec.kind {
                write!(f, " persistent={}", python::bool(persistent))?;
            }
            f.write_str("\n")?;
        }
        // Python joins the lines of a section with line breaks, so an empty section is one empty line.
        f.write_str(if self.signature.inputs.is_empty() { "    \n    \n" } else { "    \n" })?;
        f.write_str("    # outputs\n")?;
        for spec in &self.signature.outputs {
            let name = match &spec.value {
                GraphOutput::Node(id) => self.graph.node(*id).name.as_str(),
                GraphOutput::Literal(_) => "",
            };
            write!(f, "    {name}: {}", spec.kind)?;
            if let Some(target) = spec.kind.target() {
                write!(f, " target={}", python::Str(target))?;
            }
            f.write_str("\n")?;
        }
        f.write_str(if self.signature.outputs.is_empty() { "    \n    \n" } else { "    \n" })?;
        f.write_str("Range constraints: {")?;
        for (i, (expr, range)) in self.range_constraints.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match expr.as_symbol() {
                // The range of a float that is read from a tensor, for which sympy has another infinity.
                Some(symbol) if symbol.is_real() && *range == ValueRange::ALL => write!(f, "{expr}: VR[-oo, oo]")?,
                _ => write!(f, "{expr}: {range}")?,
            }
        }
        f.write_str("}\n")
    }
}

/// The annotation of a name: `: "f32[s77, 4]"`, `: "Sym(s77)"`, or nothing.
struct Annotation<'a>(&'a Node);

impl Display for Annotation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.value {
            NodeValue::Tensor(tensor) => {
                write!(f, ": \"{}[", tensor.dtype.abbreviation())?;
                for (i, size) in tensor.sizes.iter().enumerate() {
                    write!(f, "{}{size}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]\"")
            }
            NodeValue::Int(expr) | NodeValue::Float(expr) => write!(f, ": \"Sym({expr})\""),
            NodeValue::Bool(rel) => write!(f, ": \"Sym({rel})\""),
            NodeValue::Several { .. } | NodeValue::Literal(_) | NodeValue::Nothing => Ok(()),
        }
    }
}

const INDENT: &str = "            ";

/// The statements of the forward.
struct Body<'g> {
    graph: &'g Graph,
    /// The names in the text. A placeholder that hides a Python builtin is renamed at the top of the body.
    names: Vec<String>,
    liveness: Liveness,
}

impl<'g> Body<'g> {
    fn new(graph: &'g Graph) -> Self {
        let taken = |name: &str| graph.nodes.iter().any(|n| n.name == name);
        let names = graph.nodes.iter().map(|node| match node.kind {
            NodeKind::Placeholder if hides_a_global(&node.name) => (1..)
                .map(|k| format!("{}_{k}", node.name))
                .find(|name| !taken(name))
                .unwrap_or_else(|| node.name.clone()),
            _ => node.name.clone(),
        });
        Body { graph, names: names.collect(), liveness: Liveness::of(graph) }
    }

    fn name(&self, id: NodeId) -> &str {
        &self.names[id.0]
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, node) in self.graph.placeholders().filter(|(id, node)| self.name(*id) != node.name) {
            writeln!(f, "{INDENT}{} = {}", self.name(id), node.name)?;
        }
        let mut previous: Option<String> = None;
        for (id, node) in self.graph.enumerate() {
            if matches!(node.kind, NodeKind::Placeholder) {
                continue;
            }
            let comment = summary(node);
            if previous.as_ref() != Some(&comment) {
                if previous.is_some() {
                    f.write_str("    \n")?;
                }
                writeln!(f, "{INDENT}# {comment}")?;
                previous = Some(comment);
            }
            write!(f, "{INDENT}{}{} = ", self.name(id), Annotation(node))?;
            self.expression(f, node)?;
            let dead = self.liveness.dead_after(id);
            if !dead.is_empty() {
                f.write_str(";  ")?;
                for id in dead {
                    write!(f, "{} = ", self.name(*id))?;
                }
                f.write_str("None")?;
            }
            f.write_str("\n")?;
        }
        write!(f, "{INDENT}return (")?;
        for (i, output) in self.graph.outputs.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match output {
                GraphOutput::Node(id) => f.write_str(self.name(*id))?,
                GraphOutput::Literal(literal) => literal_text(f, literal.as_ref())?,
            }
        }
        f.write_str(if self.graph.outputs.len() == 1 { ",)\n" } else { ")\n" })
    }

    fn expression(&self, f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
        match &node.kind {
            NodeKind::Placeholder => Ok(()),
            NodeKind::Item { of, index } => write!(f, "{}[{index}]", self.name(*of)),
            NodeKind::Call { target: Target::Python(function), arguments } => {
                let operands: Vec<_> = arguments.iter().map(|a| ArgumentText(self, &a.value)).collect();
                f.write_str(&function.applied(&operands))
            }
            NodeKind::Call { target, arguments } => {
                write!(f, "{target}(")?;
                for (i, argument) in arguments.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    if argument.keyword || arguments[..i].iter().any(|a| a.keyword) {
                        write!(f, "{} = ", argument.name)?;
                    }
                    self.argument(f, &argument.value)?;
                }
                f.write_str(")")
            }
        }
    }

    /// A value shown by `show`, or the name of the node that computes it.
    fn sym<'a, T, D: Display + 'a>(&'a self, sym: &'a Sym<T>, show: impl Fn(&'a T) -> D) -> SymText<'a, D> {
        match sym {
            Sym::Value(value) => SymText::Value(show(value)),
            Sym::Node(id) => SymText::Node(self.name(*id)),
        }
    }

    fn argument(&self, f: &mut fmt::Formatter<'_>, argument: &Argument) -> fmt::Result {
        let (float, truth) = (|v: &f64| python::Float(*v), |v: &bool| python::bool(*v));
        match argument {
            Argument::None => f.write_str("None"),
            Argument::Tensor(id) => f.write_str(self.name(*id)),
            Argument::Tensors(ids) => list(f, ids.iter().map(|id| self.name(*id))),
            Argument::OptionalTensors(ids) => list(f, ids.iter().map(|id| id.map_or("None", |id| self.name(id)))),
            Argument::Int(v) => self.sym(v, |v| v).fmt(f),
            Argument::Ints(items) => list(f, items.iter().map(|v| self.sym(v, |v| v))),
            Argument::Float(v) => self.sym(v, float).fmt(f),
            Argument::Floats(items) => list(f, items.iter().map(|v| self.sym(v, float))),
            Argument::Bool(v) => self.sym(v, truth).fmt(f),
            Argument::Bools(items) => list(f, items.iter().map(|v| self.sym(v, truth))),
            Argument::Str(v) => python::Str(v).fmt(f),
            Argument::Strs(items) => list(f, items.iter().map(|v| python::Str(v))),
            Argument::DType(v) => write!(f, "torch.{v}"),
            Argument::Layout(v) => write!(f, "torch.{v}"),
            Argument::MemoryFormat(v) => write!(f, "torch.{v}"),
            Argument::Device(v) => device(f, *v),
            Argument::Complex(re, im) => complex(f, *re, *im),
            Argument::Graph { name, .. } => f.write_str(name),
        }
    }
}

/// An argument as a statement shows it.
struct ArgumentText<'a>(&'a Body<'a>, &'a Argument);

impl Display for ArgumentText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.argument(f, self.1)
    }
}

/// A number: a value, or the name of the node that computes it.
enum SymText<'a, D> {
    Value(D),
    Node(&'a str),
}

impl<D: Display> Display for SymText<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SymText::Value(value) => value.fmt(f),
            SymText::Node(name) => f.write_str(name),
        }
    }
}

/// Python's `repr` of a plain value.
fn literal_text(f: &mut fmt::Formatter<'_>, literal: Plain<'_>) -> fmt::Result {
    match literal {
        LeafRef::Int(v) => v.fmt(f),
        LeafRef::Float(v) => python::Float(v).fmt(f),
        LeafRef::Bool(v) => f.write_str(python::bool(v)),
        LeafRef::Str(v) => python::Str(v).fmt(f),
        LeafRef::None => f.write_str("None"),
        LeafRef::Tensor(never) => match *never {},
    }
}

fn list<T: Display>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = T>) -> fmt::Result {
    f.write_str("[")?;
    for (i, item) in items.enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
    }
    f.write_str("]")
}

fn device(f: &mut fmt::Formatter<'_>, device: Device) -> fmt::Result {
    match device.parts() {
        (kind, None) => write!(f, "device(type='{kind}')"),
        (kind, Some(index)) => write!(f, "device(type='{kind}', index={index})"),
    }
}

/// Python's `repr` of a complex number: `(1+2j)`, or `2j` without a real part. Whole parts have no `.0`.
fn complex(f: &mut fmt::Formatter<'_>, re: f64, im: f64) -> fmt::Result {
    let part = |v: f64| {
        let text = python::Float(v).to_string();
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    let imaginary = part(im);
    if re == 0.0 && re.is_sign_positive() {
        return write!(f, "{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    write!(f, "({}{sign}{imaginary}j)", part(re))
}

/// The comment above a statement: its source line.
fn summary(node: &Node) -> String {
    match &node.frame {
        Some(Frame { file, line, function, code }) => format!("File: {file}:{line} in {function}, code: {code}"),
        None => "No stacktrace found for following nodes".to_owned(),
    }
}

/// Whether a placeholder of this name would hide a global name that the printed code may use.
fn hides_a_global(name: &str) -> bool {
    python::is_builtin(name) || ["inf", "nan", "NoneType", "torch", "device", "fx_pytree", "pytree"].contains(&name)
}
