//! An exported program: the graph, what its inputs and outputs are, and the tensors it carries.

use crate::data::TensorData;
use crate::graph::Graph;
use crate::signature::GraphSignature;
use indexmap::IndexMap;
use pytree_core::TreeSpec;
use std::fmt;
use symbolic::{Expr, Symbol, ValueRange};

/// A program that a model was exported to (`torch.export.ExportedProgram`).
///
/// `Display` is the text of Python's `print(ep)`. [`save`](ExportedProgram::save) writes the `.pt2` file that
/// `torch.export.load` opens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExportedProgram {
    /// The graph.
    pub graph: Graph,
    /// What each placeholder and each output is (`ep.graph_signature`).
    pub signature: GraphSignature,
    /// The structure of a call: always `tuple(args, kwargs)` (`ep.call_spec.in_spec`).
    pub in_spec: TreeSpec,
    /// The structure of what the model returns (`ep.call_spec.out_spec`).
    pub out_spec: TreeSpec,
    /// The names of the arguments as they were given: positional ones first (`forward_arg_names`).
    pub argument_names: Vec<String>,
    /// The range of every dynamic size, in the order in which torch prints them (`ep.range_constraints`).
    pub range_constraints: Vec<(Expr, ValueRange)>,
    /// The example value of every symbol: the sizes of the first input set.
    pub hints: IndexMap<Symbol, i64>,
    /// Parameters and persistent buffers by fully qualified name (`ep.state_dict`).
    pub state_dict: IndexMap<String, TensorData>,
    /// Constant tensors and buffers that are not persistent, by name (`ep.constants`).
    pub constants: IndexMap<String, TensorData>,
    /// Python expressions over the inputs that held while exporting (`ep._guards_code`).
    pub guards: Vec<String>,
    /// How the program was checked against the model, when it was.
    pub verification: Option<Verification>,
}

/// What an export was tried and checked on.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Verification {
    /// The sizes of every input of the run in which program and model were compared.
    pub run: Vec<InputSizes>,
    /// Whether no step of the export had seen these sizes. A program without dynamic sizes has no others.
    pub unseen: bool,
    /// Whether the program draws random numbers: then the kinds and sizes of the results were compared, not their values.
    pub random: bool,
    /// The largest difference between model and program, relative to the largest value when that is above 1.
    pub max_difference: f64,
    /// The values that each symbol had in the runs of the export. Beyond them the program is what the shape rules say, and no
    /// run has shown it.
    pub tried: Vec<Tried>,
}

/// The sizes that an input had in a run; of an int its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSizes {
    /// The name of its placeholder.
    pub name: String,
    /// Its sizes.
    pub sizes: Vec<i64>,
}

/// The smallest and the largest value that a symbol had in the runs of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The symbol.
    pub symbol: Symbol,
    /// Its smallest value.
    pub low: i64,
    /// Its largest value.
    pub high: i64,
}

impl ExportedProgram {
    /// A program of a graph, with the structure of its inputs and outputs. Its other parts are empty, to be filled in.
    pub fn new(graph: Graph, signature: GraphSignature, in_spec: TreeSpec, out_spec: TreeSpec) -> Self {
        ExportedProgram {
            graph,
            signature,
            in_spec,
            out_spec,
            argument_names: Vec::new(),
            range_constraints: Vec::new(),
            hints: IndexMap::new(),
            state_dict: IndexMap::new(),
            constants: IndexMap::new(),
            guards: Vec::new(),
            verification: None,
        }
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.unseen { "verified on unseen sizes: " } else { "verified at the sizes of the example: " })?;
        for (i, InputSizes { name, sizes }) in self.run.iter().enumerate() {
            write!(f, "{}{name} {sizes:?}", if i == 0 { "" } else { ", " })?;
        }
        if self.random {
            f.write_str(" (sizes only: the program draws random numbers)")?;
        } else {
            write!(f, " (largest difference {:e})", self.max_difference)?;
        }
        for (i, Tried { symbol, low, high }) in self.tried.iter().enumerate() {
            write!(f, "{}{symbol} from {low} to {high}", if i == 0 { "; tried with " } else { ", " })?;
        }
        Ok(())
    }
}
