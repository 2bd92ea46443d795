//! The difference of two programs.

use crate::ExportedProgram;
use crate::graph::{Graph, GraphOutput, Node, NodeId, NodeKind};
use crate::text::statements;
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;

/// The differences of two programs. Nodes are compared by what they do, so that a renamed node is not a difference.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Diff {
    /// The differences, in the order of the programs.
    pub changes: Vec<Change>,
    /// The nodes that have other names, and are the same otherwise.
    pub renamed: Vec<(String, String)>,
}

/// A difference of two programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A node is in the first program only.
    Removed {
        /// Its statement.
        node: String,
    },
    /// A node is in the second program only.
    Added {
        /// Its statement.
        node: String,
    },
    /// A node calls the same function with other arguments, or has another value.
    Changed {
        /// Its statement in the first program.
        from: String,
        /// Its statement in the second program.
        to: String,
    },
    /// A part beside the graph differs: a range, a guard, an entry of the signature, a stored tensor.
    Other {
        /// The part.
        what: String,
        /// What the first program has; nothing if the part is missing there.
        from: Option<String>,
        /// What the second program has.
        to: Option<String>,
    },
}

impl Diff {
    /// Whether the programs are the same but for the names of nodes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl ExportedProgram {
    /// The differences between this program and another one.
    pub fn diff(&self, other: &ExportedProgram) -> Diff {
        let mut diff = Diff::default();
        let names = Aligner { diff: &mut diff, path: "" }.graphs(&self.graph, &other.graph);
        let in_other = |name: &str| names.get(name).cloned().unwrap_or_else(|| name.to_owned());
        diff.renamed = names.iter().filter(|(a, b)| a != b).map(|(a, b)| (a.clone(), b.clone())).collect();
        diff.renamed.sort();
        let ranges = |program: &ExportedProgram| -> Vec<(String, String)> {
            program.range_constraints.iter().map(|(expr, range)| (expr.to_string(), range.to_string())).collect()
        };
        entries(&mut diff, "range of", ranges(self), ranges(other));
        let guards = |program: &ExportedProgram| -> Vec<(String, String)> {
            program.guards.iter().map(|guard| (guard.code.clone(), "required".to_owned())).collect()
        };
        entries(&mut diff, "guard", guards(self), guards(other));
        let tensors = |program: &ExportedProgram| -> Vec<(String, String)> {
            let all = program.state_dict.iter().chain(&program.constants);
            all.map(|(name, data)| {
                let sum = crc32fast::hash(data.storage.as_bytes());
                (name.clone(), format!("{}{:?} checksum {sum:08x}", data.tensor.dtype, data.tensor.sizes))
            })
            .collect()
        };
        entries(&mut diff, "tensor", tensors(self), tensors(other));
        let inputs = |program: &ExportedProgram, renamed: &dyn Fn(&str) -> String| -> Vec<(String, String)> {
            let specs = program.signature.inputs.iter();
            specs
                .map(|spec| {
                    let name = renamed(&program.graph.node(spec.node).name);
                    (name, format!("{} {}", spec.kind, spec.kind.target().unwrap_or_default()).trim().to_owned())
                })
                .collect()
        };
        entries(&mut diff, "input", inputs(self, &in_other), inputs(other, &|name| name.to_owned()));
        for (what, a, b) in [("in_spec", &self.in_spec, &other.in_spec), ("out_spec", &self.out_spec, &other.out_spec)]
        {
            if a != b {
                let shown = |spec: &pytree_core::TreeSpec| spec.to_json().ok();
                diff.changes.push(Change::Other { what: what.to_owned(), from: shown(a), to: shown(b) });
            }
        }
        diff
    }
}

/// Compares named entries.
fn entries(diff: &mut Diff, what: &str, from: Vec<(String, String)>, to: Vec<(String, String)>) {
    let other: HashMap<&str, &str> = to.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let own: HashMap<&str, &str> = from.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (name, value) in &from {
        let found = other.get(name.as_str()).copied();
        if found != Some(value.as_str()) {
            let to = found.map(str::to_owned);
            diff.changes.push(Change::Other { what: format!("{what} {name}"), from: Some(value.clone()), to });
        }
    }
    for (name, value) in to.iter().filter(|(name, _)| !own.contains_key(name.as_str())) {
        diff.changes.push(Change::Other { what: format!("{what} {name}"), from: None, to: Some(value.clone()) });
    }
}

struct Aligner<'d> {
    diff: &'d mut Diff,
    path: &'d str,
}

impl Aligner<'_> {
    /// Compares two graphs, and those inside of them. Returns the names of aligned nodes.
    fn graphs(&mut self, a: &Graph, b: &Graph) -> HashMap<String, String> {
        let ops = capture_diff_slices(Algorithm::Myers, &keys(a), &keys(b));
        let mut aligned: HashMap<NodeId, NodeId> = HashMap::new();
        for op in &ops {
            if let DiffOp::Equal { old_index, new_index, len } = *op {
                aligned.extend((0..len).map(|i| (NodeId(old_index + i), NodeId(new_index + i))));
            }
        }
        // Inside of a replaced range, nodes that call the same function belong together.
        for op in &ops {
            if let DiffOp::Replace { old_index, old_len, new_index, new_len } = *op {
                let mut next = new_index;
                for old in old_index..old_index + old_len {
                    let function = |graph: &Graph, at: usize| graph.nodes.get(at).map(function);
                    let found = (next..new_index + new_len).find(|new| function(a, old) == function(b, *new));
                    if let Some(new) = found {
                        aligned.insert(NodeId(old), NodeId(new));
                        next = new + 1;
                    }
                }
            }
        }
        // Statements of the first graph with the names of the second one.
        let names: HashMap<String, String> =
            aligned.iter().map(|(old, new)| (a.node(*old).name.clone(), b.node(*new).name.clone())).collect();
        let mut renamed = a.clone();
        for node in &mut renamed.nodes {
            if let Some(name) = names.get(&node.name) {
                node.name = name.clone();
            }
        }
        let path = self.path;
        let (own, changed, other) = (statements(a), statements(&renamed), statements(b));
        let shown = |statements: &[String], NodeId(id): NodeId| {
            format!("{path}{}", statements.get(id).map_or("", String::as_str))
        };
        let taken: HashMap<NodeId, NodeId> = aligned.iter().map(|(old, new)| (*new, *old)).collect();
        let mut added = b.enumerate().map(|(id, _)| id).filter(|id| !taken.contains_key(id)).peekable();
        for (old, node) in a.enumerate() {
            let Some(new) = aligned.get(&old) else {
                self.diff.changes.push(Change::Removed { node: shown(&own, old) });
                continue;
            };
            while let Some(id) = added.next_if(|id| id < new) {
                self.diff.changes.push(Change::Added { node: shown(&other, id) });
            }
            let (from, to) = (shown(&changed, old), shown(&other, *new));
            if from != to {
                self.diff.changes.push(Change::Changed { from: shown(&own, old), to });
            }
            self.inner(node, b.node(*new));
        }
        for id in added {
            self.diff.changes.push(Change::Added { node: shown(&other, id) });
        }
        let outputs = |graph: &Graph, names: &dyn Fn(&str) -> String| -> String {
            let shown = graph.outputs.iter().map(|output| match output {
                GraphOutput::Node(id) => names(&graph.node(*id).name),
                GraphOutput::Literal(literal) => format!("{literal:?}"),
            });
            shown.collect::<Vec<_>>().join(", ")
        };
        let own = |name: &str| names.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let (from, to) = (outputs(a, &own), outputs(b, &|name| name.to_owned()));
        if from != to {
            let what = format!("{}outputs", self.path);
            self.diff.changes.push(Change::Other { what, from: Some(from), to: Some(to) });
        }
        names
    }

    fn inner(&mut self, a: &Node, b: &Node) {
        let graphs = |node: &Node| -> Vec<(String, Graph)> {
            let NodeKind::Call { arguments, .. } = &node.kind else { return Vec::new() };
            let graphs = arguments.iter().filter_map(|argument| match &argument.value {
                crate::Argument::Graph { name, graph } => Some((name.clone(), (**graph).clone())),
                _ => None,
            });
            graphs.collect()
        };
        for ((name, a), (_, b)) in graphs(a).iter().zip(&graphs(b)) {
            let path = format!("{}{name}: ", self.path);
            Aligner { diff: self.diff, path: &path }.graphs(a, b);
        }
    }
}

/// What a node does, without the names of others: the alignment matches nodes that have the same.
fn keys(graph: &Graph) -> Vec<String> {
    let key = |(id, node): (NodeId, &Node)| match &node.kind {
        // Placeholders keep their names: they are parts of the signature.
        NodeKind::Placeholder => format!("placeholder {}", node.name),
        NodeKind::Item { index, .. } => format!("item {index}"),
        NodeKind::Call { .. } => {
            // The distances to the operands say how a node is connected.
            let inputs = node.inputs();
            let near: Vec<usize> = inputs.iter().map(|input| (id.0 - input.0).min(8)).collect();
            format!("{} {near:?} {:?}", function(node), node.value)
        }
    };
    graph.enumerate().map(key).collect()
}

fn function(node: &Node) -> String {
    match &node.kind {
        NodeKind::Placeholder => "placeholder".to_owned(),
        NodeKind::Item { .. } => "item".to_owned(),
        NodeKind::Call { target, .. } => target.to_string(),
    }
}
