//! `print(ep)`.

use super::{Argument, ExportedProgram, Graph, GraphOutput, Int, IntOp, Node, NodeId, NodeKind, NodeValue};
use crate::dispatch::{Device, Value};
use pytree_core::python;
use std::collections::HashMap;
use std::fmt::{self, Display};

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
            if let Some(target) = &spec.target {
                write!(f, " target={}", python::Str(target))?;
            }
            if let super::InputKind::Buffer { persistent } = spec.kind {
                write!(f, " persistent={}", python::bool(persistent))?;
            }
            f.write_str("\n")?;
        }
        // Python joins the lines of a section; an empty one leaves its line break.
        f.write_str(if self.signature.inputs.is_empty() { "    \n    \n" } else { "    \n" })?;
        f.write_str("    # outputs\n")?;
        for spec in &self.signature.outputs {
            let name = match &spec.value {
                GraphOutput::Node(id) => self.graph.node(*id).name.as_str(),
                GraphOutput::Literal(_) => "",
            };
            write!(f, "    {name}: {}", spec.kind)?;
            if let Some(target) = &spec.target {
                write!(f, " target={}", python::Str(target))?;
            }
            f.write_str("\n")?;
        }
        f.write_str(if self.signature.outputs.is_empty() { "    \n    \n" } else { "    \n" })?;
        f.write_str("Range constraints: {")?;
        for (i, (expr, range)) in self.range_constraints.iter().enumerate() {
            write!(f, "{}{expr}: {range}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("}\n")
    }
}

/// `: "f32[s77, 4]"`, `: "Sym(s77)"`, or nothing.
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
            NodeValue::Int(expr) => write!(f, ": \"Sym({expr})\""),
            NodeValue::Many { .. } | NodeValue::Literal(_) | NodeValue::Nothing => Ok(()),
        }
    }
}

const INDENT: &str = "            ";

/// The statements of forward.
struct Body<'g> {
    graph: &'g Graph,
    /// The names in the text: a placeholder that hides a Python builtin is renamed at the top of the body.
    names: Vec<String>,
    /// For each node, the values that are used there for the last time.
    last_uses: HashMap<usize, Vec<NodeId>>,
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
        Body { graph, names: names.collect(), last_uses: last_uses(graph) }
    }

    fn name(&self, id: NodeId) -> &str {
        &self.names[id.0]
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, node) in self.graph.placeholders().filter(|(id, node)| self.name(*id) != node.name) {
            writeln!(f, "{INDENT}{} = {}", self.name(id), node.name)?;
        }
        let mut previous: Option<String> = None;
        for (i, node) in self.graph.nodes.iter().enumerate() {
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
            write!(f, "{INDENT}{}{} = ", self.names[i], Annotation(node))?;
            self.expression(f, node)?;
            if let Some(dead) = self.last_uses.get(&i) {
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
                GraphOutput::Literal(literal) => literal.fmt(f)?,
            }
        }
        f.write_str(if self.graph.outputs.len() == 1 { ",)\n" } else { ")\n" })
    }

    fn expression(&self, f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
        match &node.kind {
            NodeKind::Placeholder => Ok(()),
            NodeKind::Item { of, index } => write!(f, "{}[{index}]", self.name(*of)),
            NodeKind::Integer { op, arguments } => self.integer(f, *op, arguments),
            NodeKind::Call { op, arguments } => {
                write!(f, "{}(", op.target())?;
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

    fn integer(&self, f: &mut fmt::Formatter<'_>, op: IntOp, arguments: &[Int]) -> fmt::Result {
        let text: Vec<String> = arguments.iter().map(|i| self.int(*i)).collect();
        match (op, text.as_slice()) {
            (IntOp::Neg, [a]) => write!(f, "-{a}"),
            (IntOp::Max | IntOp::Min, _) => write!(f, "{}({})", op.symbol(), text.join(", ")),
            _ => f.write_str(&text.join(&format!(" {} ", op.symbol()))),
        }
    }

    fn int(&self, int: Int) -> String {
        match int {
            Int::Number(n) => n.to_string(),
            Int::Node(id) => self.name(id).to_owned(),
        }
    }

    fn argument(&self, f: &mut fmt::Formatter<'_>, argument: &Argument) -> fmt::Result {
        match argument {
            Value::None => f.write_str("None"),
            Value::Tensor(id) => f.write_str(self.name(*id)),
            Value::Tensors(ids) => list(f, ids.iter().map(|id| self.name(*id))),
            Value::OptionalTensors(ids) => list(f, ids.iter().map(|id| id.map_or("None", |id| self.name(id)))),
            Value::Int(i) => f.write_str(&self.int(*i)),
            Value::Ints(items) => list(f, items.iter().map(|i| self.int(*i))),
            Value::Float(v) => python::Float(*v).fmt(f),
            Value::Floats(items) => list(f, items.iter().map(|v| python::Float(*v))),
            Value::Bool(v) => f.write_str(python::bool(*v)),
            Value::Bools(items) => list(f, items.iter().map(|v| python::bool(*v))),
            Value::Str(v) => python::Str(v).fmt(f),
            Value::Strs(items) => list(f, items.iter().map(|v| python::Str(v))),
            Value::DType(v) => write!(f, "torch.{v}"),
            Value::Layout(v) => write!(f, "torch.{v}"),
            Value::MemoryFormat(v) => write!(f, "torch.{v}"),
            Value::Device(v) => device(f, *v),
            Value::Complex(re, im) => complex(f, *re, *im),
        }
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

/// Python's `repr` of a complex number: `(1+2j)`, or `2j` without a real part. Parts that are whole lose their `.0`.
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

/// The comment above a statement: the innermost frame of its stack trace.
fn summary(node: &Node) -> String {
    let Some(trace) = &node.stack_trace else { return "No stacktrace found for following nodes".to_owned() };
    let lines: Vec<&str> = trace.lines().collect();
    let frame = lines.iter().rposition(|line| line.trim_start().starts_with("File \""));
    let Some(frame) = frame else { return "No stacktrace found for following nodes".to_owned() };
    let place = lines[frame].trim().trim_start_matches("File \"");
    let code = lines.get(frame + 1).map(|line| line.trim()).unwrap_or_default();
    let parts = place.split_once("\", line ").and_then(|(file, rest)| Some((file, rest.split_once(", in ")?)));
    match parts {
        Some((file, (line, function))) => format!("File: {file}:{line} in {function}, code: {code}"),
        None => format!("File: {place}, code: {code}"),
    }
}

/// Whether a placeholder of this name would hide something that the printed code may refer to.
fn hides_a_global(name: &str) -> bool {
    python::is_builtin(name) || ["inf", "nan", "NoneType", "torch", "device", "fx_pytree", "pytree"].contains(&name)
}

/// For each statement the values whose last use it is, in order of appearance; its own when nobody uses it.
fn last_uses(graph: &Graph) -> HashMap<usize, Vec<NodeId>> {
    let mut last: HashMap<NodeId, usize> = HashMap::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        for id in node.inputs() {
            last.insert(id, i);
        }
    }
    for output in &graph.outputs {
        if let GraphOutput::Node(id) = output {
            last.insert(*id, usize::MAX);
        }
    }
    let mut dead: HashMap<usize, Vec<NodeId>> = HashMap::new();
    for (i, node) in graph.nodes.iter().enumerate().filter(|(_, n)| !matches!(n.kind, NodeKind::Placeholder)) {
        for id in node.inputs() {
            let listed = dead.get(&i).is_some_and(|ids| ids.contains(&id));
            if last.get(&id) == Some(&i) && !listed {
                dead.entry(i).or_default().push(id);
            }
        }
        if !last.contains_key(&NodeId(i)) {
            dead.entry(i).or_default().push(NodeId(i));
        }
    }
    dead
}
