//! Building programs by hand.

use crate::ExportedProgram;
use crate::check::Finding;
use crate::data::TensorData;
use crate::graph::{Graph, GraphOutput, NamedArgument, Node, NodeId, NodeKind, NodeValue, Target};
use crate::names::{Lifted, Namer, NodeNumbers};
use crate::op::{OpName, OpNameError};
use crate::signature::{GraphSignature, InputKind, InputSpec, OutputKind, OutputSpec};
use indexmap::IndexMap;
use pytree_core::{TensorType, TreeSpec};
use symbolic::{Expr, Symbol, ValueRange};

/// Builds a program by hand: placeholders, calls, outputs. Names are given as `torch.export` gives them, and the finished
/// program is checked.
///
/// ```
/// use program::{Argument, NamedArgument, NodeValue, ProgramBuilder};
/// use pytree_core::{DType, TensorType};
/// use symbolic::{Expr, Symbol, ValueRange};
///
/// let mut builder = ProgramBuilder::new();
/// let batch = builder.symbol(Symbol::size("s77"), ValueRange::SIZE, 5);
/// let mut ty = TensorType::contiguous(DType::Float32, [5, 4]).map(|n| Expr::int(*n));
/// ty.sizes[0] = batch;
/// let x = builder.input("x", ty.clone());
/// let arguments = vec![NamedArgument::positional("self", Argument::Tensor(x))];
/// let relu = builder.call("aten.relu.default", arguments, NodeValue::Tensor(ty))?;
/// let program = builder.finish(&[relu])?;
/// assert!(program.to_string().contains(r#"relu: "f32[s77, 4]" = torch.ops.aten.relu.default(x)"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProgramBuilder {
    graph: Graph,
    inputs: Vec<InputSpec>,
    argument_names: Vec<String>,
    state_dict: IndexMap<String, TensorData>,
    constants: IndexMap<String, TensorData>,
    ranges: Vec<(Expr, ValueRange)>,
    hints: IndexMap<Symbol, i64>,
    namer: Namer,
    numbers: NodeNumbers,
}

impl ProgramBuilder {
    /// A program without inputs and calls.
    pub fn new() -> Self {
        ProgramBuilder::default()
    }

    /// A symbol for sizes, with its range and its value in the example.
    pub fn symbol(&mut self, symbol: Symbol, range: ValueRange, hint: i64) -> Expr {
        let expr = Expr::symbol(&symbol);
        self.ranges.push((expr.clone(), range));
        self.hints.insert(symbol, hint);
        expr
    }

    /// A tensor that a call is given, as its next positional argument.
    pub fn input(&mut self, name: &str, tensor: TensorType<Expr>) -> NodeId {
        let name = self.namer.placeholder(name);
        self.argument_names.push(name.clone());
        self.placeholder(name, NodeValue::Tensor(tensor), InputKind::UserInput)
    }

    /// A parameter with this fully qualified name.
    pub fn parameter(&mut self, name: &str, mut data: TensorData) -> NodeId {
        data.is_parameter = true;
        let node = self.lifted(Lifted::Parameter, name, &data, InputKind::Parameter { name: name.to_owned() });
        self.state_dict.insert(name.to_owned(), data);
        node
    }

    /// A persistent buffer with this fully qualified name.
    pub fn buffer(&mut self, name: &str, data: TensorData) -> NodeId {
        let kind = InputKind::Buffer { name: name.to_owned(), persistent: true };
        let node = self.lifted(Lifted::Buffer, name, &data, kind);
        self.state_dict.insert(name.to_owned(), data);
        node
    }

    /// A constant tensor with this name.
    pub fn constant(&mut self, name: &str, data: TensorData) -> NodeId {
        let node = self.lifted(Lifted::Constant, name, &data, InputKind::ConstantTensor { name: name.to_owned() });
        self.constants.insert(name.to_owned(), data);
        node
    }

    fn lifted(&mut self, lifted: Lifted, name: &str, data: &TensorData, kind: InputKind) -> NodeId {
        let name = self.namer.placeholder(&lifted.placeholder_base(name));
        self.placeholder(name, data.value(), kind)
    }

    fn placeholder(&mut self, name: String, value: NodeValue, kind: InputKind) -> NodeId {
        let node = self.graph.push(Node::new(name, NodeKind::Placeholder, value));
        self.inputs.push(InputSpec { node, kind });
        node
    }

    /// A call of an operator, `aten.add.Tensor`, with its value. Arguments that equal their default are left out.
    ///
    /// # Errors
    /// [`OpNameError`] when `op` is not the name of an operator. Arguments are checked by [`finish`](ProgramBuilder::finish).
    pub fn call(&mut self, op: &str, arguments: Vec<NamedArgument>, value: NodeValue) -> Result<NodeId, OpNameError> {
        let op: OpName = op.parse()?;
        let name = self.numbers.next(op.name());
        let name = self.namer.node(&name);
        let kind = NodeKind::Call { target: Target::Op(op), arguments };
        Ok(self.graph.push(Node::new(name, kind, value)))
    }

    /// One result of a call that returns several.
    pub fn item(&mut self, of: NodeId, index: usize, value: NodeValue) -> NodeId {
        let name = self.numbers.next("getitem");
        let name = self.namer.node(&name);
        self.graph.push(Node::new(name, NodeKind::Item { of, index }, value))
    }

    /// The program that returns these values, as a tuple if there are several.
    ///
    /// # Errors
    /// The first rule that the program breaks.
    pub fn finish(mut self, outputs: &[NodeId]) -> Result<ExportedProgram, Finding> {
        let outputs: Vec<GraphOutput> = outputs.iter().map(|id| GraphOutput::Node(*id)).collect();
        self.graph.outputs.clone_from(&outputs);
        let leaves = |count: usize| (0..count).map(|_| TreeSpec::leaf());
        let args = TreeSpec::tuple(leaves(self.argument_names.len()));
        let in_spec = TreeSpec::tuple([args, TreeSpec::dict::<&str>([])]);
        let out_spec = if outputs.len() == 1 { TreeSpec::leaf() } else { TreeSpec::tuple(leaves(outputs.len())) };
        let outputs = outputs.into_iter().map(|value| OutputSpec { value, kind: OutputKind::UserOutput }).collect();
        let signature = GraphSignature { inputs: self.inputs, outputs };
        let mut program = ExportedProgram::new(self.graph, signature, in_spec, out_spec);
        program.argument_names = self.argument_names;
        program.state_dict = self.state_dict;
        program.constants = self.constants;
        program.range_constraints = self.ranges;
        program.hints = self.hints;
        match program.check().findings.into_iter().next() {
            Some(finding) => Err(finding),
            None => Ok(program),
        }
    }
}
