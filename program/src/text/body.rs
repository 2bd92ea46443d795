//! The statements of a graph.

use super::Annotation;
use super::argument::{ArgumentText, literal_text};
use super::metadata::summary;
use crate::graph::{Argument, Graph, GraphOutput, Node, NodeId, NodeKind, Target};
use crate::passes::Liveness;
use pytree_core::python;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// The statements of the forward.
pub(super) struct Body<'g> {
    graph: &'g Graph,
    /// The names in the text. A placeholder that hides a Python builtin is renamed at the top of the body.
    names: Vec<Cow<'g, str>>,
    liveness: Liveness,
    /// The number of spaces before a statement.
    indent: usize,
}

impl<'g> Body<'g> {
    pub(super) fn new(graph: &'g Graph, indent: usize) -> Self {
        let hides = |node: &Node| matches!(node.kind, NodeKind::Placeholder) && hides_a_global(&node.name);
        let taken: HashSet<&str> = match graph.nodes.iter().any(hides) {
            true => graph.nodes.iter().map(|node| node.name.as_str()).collect(),
            false => HashSet::new(),
        };
        let names = graph.nodes.iter().map(|node| match hides(node) {
            false => Cow::Borrowed(node.name.as_str()),
            true => (1..)
                .map(|k| format!("{}_{k}", node.name))
                .find(|name| !taken.contains(name.as_str()))
                .map_or(Cow::Borrowed(node.name.as_str()), Cow::Owned),
        });
        Body { graph, names: names.collect(), liveness: Liveness::of(graph), indent }
    }

    /// The statements of single nodes, without what depends on the others.
    pub(super) fn names_only(graph: &'g Graph) -> Self {
        let names = graph.nodes.iter().map(|node| Cow::Borrowed(node.name.as_str())).collect();
        Body { graph, names, liveness: Liveness::none(), indent: 0 }
    }

    /// The statement of a node, without indent and line break.
    pub(super) fn statement(&self, f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
        write!(f, "{}{}", node.name, Annotation(node))?;
        if !matches!(node.kind, NodeKind::Placeholder) {
            f.write_str(" = ")?;
            self.expression(f, node)?;
        }
        Ok(())
    }

    pub(super) fn name(&self, id: NodeId) -> &str {
        self.names.get(id.0).map_or("", |name| name)
    }

    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = self.indent;
        for (id, node) in self.graph.placeholders().filter(|(id, node)| self.name(*id) != node.name) {
            writeln!(f, "{:indent$}{} = {}", "", self.name(id), node.name)?;
        }
        let mut previous: Option<String> = None;
        // PyTorch leaves a line out at the start of a body only.
        let mut started = self.graph.placeholders().any(|(id, node)| self.name(id) != node.name);
        for (id, node) in self.graph.enumerate() {
            if matches!(node.kind, NodeKind::Placeholder) {
                continue;
            }
            let comment = summary(node);
            if previous.as_ref() != Some(&comment) {
                if started {
                    f.write_str("    \n")?;
                }
                writeln!(f, "{:indent$}#{comment}", "")?;
                previous = Some(comment);
            }
            started = true;
            for graph in node.graphs() {
                writeln!(f, "{:indent$}{graph} = self.{graph}", "")?;
            }
            write!(f, "{:indent$}{}{} = ", "", self.name(id), Annotation(node))?;
            self.expression(f, node)?;
            self.dead(f, id, node)?;
            f.write_str("\n")?;
        }
        write!(f, "{:indent$}return ", "")?;
        if let ([output], true) = (self.graph.outputs.as_slice(), self.graph.returns_single) {
            self.output(f, output)?;
            return f.write_str("\n");
        }
        f.write_str("(")?;
        for (i, output) in self.graph.outputs.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            self.output(f, output)?;
        }
        f.write_str(if self.graph.outputs.len() == 1 { ",)\n" } else { ")\n" })
    }

    fn output(&self, f: &mut fmt::Formatter<'_>, output: &GraphOutput) -> fmt::Result {
        match output {
            GraphOutput::Node(id) => f.write_str(self.name(*id)),
            GraphOutput::Literal(literal) => literal_text(f, literal.as_ref()),
        }
    }

    /// The values that are dead after a statement: `;  x = None`.
    fn dead(&self, f: &mut fmt::Formatter<'_>, id: NodeId, node: &Node) -> fmt::Result {
        let dead = self.liveness.dead_after(id);
        let mut graphs = node.graphs().peekable();
        if dead.is_empty() && graphs.peek().is_none() {
            return Ok(());
        }
        f.write_str(";  ")?;
        if graphs.peek().is_none() {
            for id in dead {
                write!(f, "{} = ", self.name(*id))?;
            }
            return f.write_str("None");
        }
        // A graph is used by its call only, and stands among the other arguments.
        let mut shown: Vec<NodeId> = Vec::new();
        if let NodeKind::Call { arguments, .. } = &node.kind {
            for argument in arguments {
                if let Argument::Graph { name, .. } = &argument.value {
                    write!(f, "{name} = ")?;
                }
                let mut used = Vec::new();
                argument.value.visit(&mut |id| used.push(id));
                for id in used {
                    if dead.contains(&id) && !shown.contains(&id) {
                        write!(f, "{} = ", self.name(id))?;
                        shown.push(id);
                    }
                }
            }
        }
        if dead.contains(&id) {
            write!(f, "{} = ", self.name(id))?;
        }
        f.write_str("None")
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
                    if argument.keyword || arguments.iter().take(i).any(|a| a.keyword) {
                        write!(f, "{} = ", argument.name)?;
                    }
                    ArgumentText(self, &argument.value).write(f)?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Whether a placeholder of this name would hide a global name that the printed code may use.
fn hides_a_global(name: &str) -> bool {
    python::is_builtin(name) || ["inf", "nan", "NoneType", "torch", "device", "fx_pytree", "pytree"].contains(&name)
}
