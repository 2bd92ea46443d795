//! A program in figures.

use crate::ExportedProgram;
use crate::data::TensorData;
use crate::graph::{Argument, Graph, NodeKind, NodeValue};
use indexmap::{IndexMap, IndexSet};
use serde::Serialize;
use std::collections::HashSet;

/// A program in figures. See [`ExportedProgram::summary`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The release of PyTorch that wrote the file, if the program was loaded.
    pub torch_version: Option<String>,
    /// The version of the file's schema, `8.20`, if the program was loaded.
    pub schema_version: Option<String>,
    /// The dialect: `TRAINING`, `ATEN`.
    pub dialect: String,
    /// The number of nodes, those of sub-graphs included, without placeholders.
    pub nodes: usize,
    /// The number of sub-graphs.
    pub subgraphs: usize,
    /// The number of inputs of a call, flattened.
    pub inputs: usize,
    /// The number of outputs of a call, flattened.
    pub outputs: usize,
    /// The functions by the number of calls, most frequent first.
    pub ops: Vec<OpCount>,
    /// Parameters.
    pub parameters: Tensors,
    /// Buffers, those that are not persistent included.
    pub buffers: Tensors,
    /// Constant tensors.
    pub constants: Tensors,
    /// The bytes of all stored tensors, shared ones counted once.
    pub bytes: usize,
    /// The element types of all tensors of the graph and of the stored ones.
    pub dtypes: Vec<String>,
    /// The devices of all tensors of the graph.
    pub devices: Vec<String>,
    /// The symbols and their ranges: `s77`, `VR[2, int_oo]`.
    pub symbols: IndexMap<String, String>,
}

/// A function and the number of its calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpCount {
    /// The function: `torch.ops.aten.add.Tensor`.
    pub op: String,
    /// The number of calls.
    pub calls: usize,
}

/// Stored tensors in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tensors {
    /// How many names there are.
    pub count: usize,
    /// How many elements they have in all.
    pub elements: u64,
}

impl Tensors {
    fn add(&mut self, data: &TensorData) {
        self.count += 1;
        let elements = data.tensor.sizes.iter().map(|size| u64::try_from(*size).unwrap_or(0));
        self.elements = self.elements.saturating_add(elements.fold(1, u64::saturating_mul));
    }
}

impl ExportedProgram {
    /// The program in figures: ops, parameters, bytes, element types, devices, symbols.
    pub fn summary(&self) -> Summary {
        let mut counts = Counts::default();
        counts.graph(&self.graph);
        let mut summary = Summary {
            torch_version: self.origin.as_ref().map(|origin| origin.torch_version.clone()),
            schema_version: self.origin.as_ref().map(|origin| {
                let (major, minor) = origin.schema_version;
                format!("{major}.{minor}")
            }),
            dialect: self.verifiers.join(", "),
            nodes: counts.nodes,
            subgraphs: counts.subgraphs,
            inputs: self.in_spec.num_leaves(),
            outputs: self.out_spec.num_leaves(),
            ..Summary::default()
        };
        let mut ops: Vec<OpCount> = counts.ops.into_iter().map(|(op, calls)| OpCount { op, calls }).collect();
        ops.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.op.cmp(&b.op)));
        summary.ops = ops;
        let buffers: HashSet<&str> = self
            .signature
            .inputs
            .iter()
            .filter(|spec| matches!(spec.kind, crate::InputKind::Buffer { .. }))
            .filter_map(|spec| spec.kind.target())
            .collect();
        let mut storages = HashSet::new();
        for (name, data) in self.state_dict.iter().chain(&self.constants) {
            let group = match (data.is_parameter, buffers.contains(name.as_str())) {
                (true, _) => &mut summary.parameters,
                (false, true) => &mut summary.buffers,
                (false, false) => &mut summary.constants,
            };
            group.add(data);
            counts.dtypes.insert(data.tensor.dtype.to_string());
            if storages.insert(data.storage.identity()) {
                summary.bytes = summary.bytes.saturating_add(data.storage.as_bytes().len());
            }
        }
        summary.dtypes = counts.dtypes.into_iter().collect();
        summary.devices = counts.devices.into_iter().collect();
        let ranges = self.range_constraints.iter();
        summary.symbols = ranges.map(|(expr, range)| (expr.to_string(), range.to_string())).collect();
        summary
    }
}

#[derive(Default)]
struct Counts {
    nodes: usize,
    subgraphs: usize,
    ops: IndexMap<String, usize>,
    dtypes: IndexSet<String>,
    devices: IndexSet<String>,
}

impl Counts {
    fn graph(&mut self, graph: &Graph) {
        for node in &graph.nodes {
            if let NodeValue::Tensor(tensor) = &node.value {
                self.dtypes.insert(tensor.dtype.to_string());
                self.devices.insert(tensor.device.to_string());
            }
            match &node.kind {
                NodeKind::Placeholder => continue,
                NodeKind::Item { .. } => {}
                NodeKind::Call { target, arguments } => {
                    *self.ops.entry(target.to_string()).or_insert(0) += 1;
                    for argument in arguments {
                        if let Argument::Graph { graph, .. } = &argument.value {
                            self.subgraphs += 1;
                            self.graph(graph);
                        }
                    }
                }
            }
            self.nodes += 1;
        }
    }
}
