//! An exported program: its graph, signature, tensors and metadata.

use crate::data::TensorData;
use crate::graph::Graph;
use crate::signature::GraphSignature;
use crate::verification::Unproven;
use indexmap::IndexMap;
use pytree_core::TreeSpec;
use std::fmt;
use symbolic::{Expr, Rel, Symbol, ValueRange};

/// An exported program (`torch.export.ExportedProgram`).
///
/// `Display` gives the text of Python's `print(ep)`. [`save`](ExportedProgram::save) writes the `.pt2` file that
/// `torch.export.load` opens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExportedProgram {
    /// The graph (`ep.graph`).
    pub graph: Graph,
    /// The meaning of each placeholder and output (`ep.graph_signature`).
    pub signature: GraphSignature,
    /// The structure of the inputs of a call, which is always `(args, kwargs)` (`ep.call_spec.in_spec`).
    pub in_spec: TreeSpec,
    /// The structure of the output (`ep.call_spec.out_spec`).
    pub out_spec: TreeSpec,
    /// The names of the given arguments, positional ones first (`forward_arg_names`).
    pub argument_names: Vec<String>,
    /// The range of every dynamic size, in the order in which PyTorch prints them (`ep.range_constraints`).
    pub range_constraints: Vec<(Expr, ValueRange)>,
    /// The value of every symbol in the example, which is the first input set.
    pub hints: IndexMap<Symbol, i64>,
    /// Parameters and persistent buffers by fully qualified name (`ep.state_dict`).
    pub state_dict: IndexMap<String, TensorData>,
    /// Constant tensors and buffers that are not persistent, by name (`ep.constants`).
    pub constants: IndexMap<String, TensorData>,
    /// Conditions on the inputs under which the program is valid (`ep._guards_code`).
    pub guards: Vec<Guard>,
    /// How the program was compared with the model; `None` if it was not.
    pub verification: Option<Verification>,
}

/// A condition on the inputs. A call with other inputs is rejected, since the graph would be wrong for them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guard {
    /// The condition as Python code over the inputs: `L['x'].size()[0] % 2 == 0`.
    pub code: String,
    /// The condition over the symbols of the program; `None` if it is only known as code.
    pub relation: Option<Rel>,
}

impl Guard {
    /// A condition over the symbols of a program, and the same as Python code.
    pub fn new(code: String, relation: Rel) -> Self {
        Guard { code, relation: Some(relation) }
    }
}

/// How an export was checked.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Verification {
    /// The sizes of the inputs with which program and model were compared.
    pub run: Vec<InputSizes>,
    /// Whether no run of the export had used these sizes. It is false for a program without dynamic sizes.
    pub unseen: bool,
    /// Whether the program draws random numbers. Then it was compared with the model on the same random numbers if possible.
    pub random: bool,
    /// The largest difference between model and program, relative to the largest magnitude of the value.
    pub max_difference: f64,
    /// What the comparison does not prove; empty if it proves the whole program at these sizes.
    pub unproven: Vec<Unproven>,
    /// The values of each symbol in the runs of the export. Beyond these values the program follows from the shape rules
    /// alone.
    pub tried: Vec<Tried>,
}

/// The sizes of a tensor input in a run, or the value of an int input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSizes {
    /// The name of its placeholder.
    pub name: String,
    /// Its sizes, one per dimension; for an int, its value.
    pub sizes: Vec<i64>,
}

/// The smallest and the largest value of a symbol in the runs of an export.
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
    /// A program with this graph and signature, and with these structures of its inputs and outputs. All other fields are
    /// empty and can be assigned.
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
        if self.unproven.contains(&Unproven::Random) {
            f.write_str(" (sizes only: the program draws random numbers)")?;
        } else {
            write!(f, " (largest difference {:e})", self.max_difference)?;
        }
        for (i, unproven) in self.unproven.iter().enumerate() {
            write!(f, "{}{unproven}", if i == 0 { "; NOT PROVEN: " } else { "; " })?;
        }
        for (i, Tried { symbol, low, high }) in self.tried.iter().enumerate() {
            write!(f, "{}{symbol} from {low} to {high}", if i == 0 { "; tried with " } else { ", " })?;
        }
        Ok(())
    }
}
