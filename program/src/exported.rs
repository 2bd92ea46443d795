//! An exported program: its graph, signature, tensors and metadata.

use crate::data::{Pickled, Storage, TensorData};
use crate::graph::{Graph, GraphOutput};
use crate::pt2::Hint;
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
    /// The modules of the model in the order of their calls, without the model itself (`ep.module_call_graph`).
    pub module_calls: Vec<ModuleCall>,
    /// Metadata of the graph as JSON texts (`ep.graph_module.meta`).
    pub metadata: IndexMap<String, String>,
    /// The rules that the graph keeps (`ep.dialect`): `TRAINING` for a new program, `ATEN` after `run_decompositions`.
    pub verifiers: Vec<String>,
    /// Objects that are not tensors, in the state dict and the constants of a loaded program. They are never unpickled.
    pub pickled: IndexMap<String, Pickled>,
    /// The example inputs of a loaded program (`ep.example_inputs`) as PyTorch wrote them, a pickle in an archive. They are
    /// never unpickled.
    pub sample_inputs: Option<Storage>,
    /// Files that were stored with the program (`extra_files`), by name.
    pub extra_files: IndexMap<String, Storage>,
    /// What wrote the file from which the program was loaded; `None` for a new program.
    pub origin: Option<Origin>,
    /// Example values of expressions that do not follow from those of their symbols.
    pub(crate) expression_hints: IndexMap<Expr, Hint>,
    /// The ranges of symbols that occur in offsets of tensors only. PyTorch does not print these.
    pub(crate) offset_ranges: Vec<(Expr, ValueRange)>,
}

/// What wrote a `.pt2` file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The name of the program in the archive.
    pub name: String,
    /// The release of PyTorch: `2.13.0+cu130`. Empty if the file does not say.
    pub torch_version: String,
    /// The version of the file's schema: major and minor.
    pub schema_version: (u32, u32),
    /// The versions of the operator sets: `aten` is 10.
    pub opset_version: IndexMap<String, i64>,
}

/// A module of the model (`torch.export.ModuleCallEntry`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModuleCall {
    /// Its fully qualified name: `layers.0.fc`.
    pub fqn: String,
    /// How it is called, if the export preserved that (`preserve_module_call_signature`).
    pub signature: Option<ModuleCallSignature>,
}

/// The call of a module (`torch.export.ModuleCallSignature`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModuleCallSignature {
    /// The leaves of its inputs.
    pub inputs: Vec<GraphOutput>,
    /// The leaves of its output.
    pub outputs: Vec<GraphOutput>,
    /// The structure of the inputs: `(args, kwargs)`.
    pub in_spec: TreeSpec,
    /// The structure of the output.
    pub out_spec: TreeSpec,
    /// The names of the given arguments, if known.
    pub argument_names: Option<Vec<String>>,
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

    /// A condition that is only known as Python code.
    pub fn of_code(code: String) -> Self {
        Guard { code, relation: None }
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
    /// Whether they ran without data at these sizes, since a run with data takes long: both make the same calls on the same
    /// values, so that they give the same, whatever the values are.
    pub by_calls: bool,
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
            module_calls: Vec::new(),
            metadata: IndexMap::new(),
            verifiers: vec!["TRAINING".to_owned()],
            pickled: IndexMap::new(),
            sample_inputs: None,
            extra_files: IndexMap::new(),
            origin: None,
            expression_hints: IndexMap::new(),
            offset_ranges: Vec::new(),
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
        } else if self.by_calls {
            f.write_str(" (the same calls on the same values)")?;
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
