//! Builds the program from a trace and the solution of its integers and sizes.

mod asserts;
mod floats;
mod integers;
mod location;
mod spelling;

use crate::ExportError;
use crate::model_tensors::{DataReader, ModelTensors};
use crate::probe::Runs;
use crate::record::{Call, OutputLeaf, Role, Sample, StorageNumber, ValueId};
use crate::resolve::{Resolved, ResolvedNumber};
use crate::solve::FloatExpr;
use asserts::Asserts;
use indexmap::IndexMap;
use integers::{Integers, NodeNames, Reads, SymbolSource};
pub(crate) use location::{Locations, is_users_place};
use program::names::Lifted;
use program::passes::eliminate_dead_code;
use program::{
    Argument, ExportedProgram, Frame, Graph, GraphOutput, GraphSignature, Guard, InputKind, InputSpec, Literal,
    NamedArgument, Node, NodeId, NodeKind, NodeValue, OpName, OutputKind, OutputSpec, Sym, TensorData, Value,
};
use pytree_core::{Family, Leaf, Tch, TensorType};
use shapes::PlaceholderShape;
use std::collections::{HashMap, HashSet};
use symbolic::{Expr, Symbol};

/// Builds the program from the first run, with the integers and sizes of `resolved`.
pub(crate) fn build(runs: &Runs<'_>, resolved: &Resolved) -> Result<ExportedProgram, ExportError> {
    let (example, inputs, setup) = (runs.example(), &runs.sets()[0], runs.setup());
    let mut builder = Builder {
        graph: Graph::default(),
        signature: GraphSignature::default(),
        names: NodeNames::new(setup.namer.clone()),
        nodes: HashMap::new(),
        written: written_storages(example),
        cloned: HashSet::new(),
        locations: Locations::default(),
        asserts: Asserts::new(resolved),
        state_dict: IndexMap::new(),
        constants: IndexMap::new(),
        example,
        declared: runs.declared(),
        resolved,
    };
    builder.lifted()?;
    let (sources, dynamic) = builder.user_inputs(&inputs.leaves)?;
    let mut used = builder.used_symbols();
    // What an op reads is not the size of anything.
    let read = |symbol: &Symbol| resolved.data.iter().any(|datum| datum.symbol == *symbol && datum.size.is_none());
    used.retain(|symbol| !read(symbol));
    let asserted = builder.asserted_symbols();
    let reads = Reads { sources: &sources, dynamic, used: &used, asserted: &asserted };
    let mut integers = Integers::read_sizes(&mut builder.graph, &mut builder.names, &reads)?;
    for at in 0..example.trace.calls.len() {
        builder.call(at, &mut integers)?;
    }
    let outputs = builder.outputs(&mut integers)?;
    builder.name_asserts();
    let Builder { mut graph, mut signature, state_dict, constants, .. } = builder;
    signature.outputs =
        outputs.iter().map(|value| OutputSpec { value: value.clone(), kind: OutputKind::UserOutput }).collect();
    graph.outputs = outputs;
    let env = &resolved.solved.env;
    let mut program = ExportedProgram::new(graph, signature, inputs.spec.clone(), example.out_spec.clone());
    program.argument_names = setup.argument_names.clone();
    program.range_constraints = resolved.solved.ranges.0.iter().map(|(e, r)| (e.clone(), *r)).collect();
    program.hints = env.symbols().filter_map(|(symbol, info)| Some((symbol.clone(), info.hint?))).collect();
    program.state_dict = state_dict;
    program.constants = constants;
    let guards = resolved.solved.guards()?.into_iter();
    program.guards = guards.map(|(code, relation)| Guard::new(code, relation)).collect();
    eliminate_dead_code(&mut program);
    Ok(program)
}

struct Builder<'a> {
    graph: Graph,
    signature: GraphSignature,
    names: NodeNames,
    nodes: HashMap<ValueId, NodeId>,
    /// The memory that calls write to.
    written: HashSet<StorageNumber>,
    /// The constants that are written to and already have a clone.
    cloned: HashSet<ValueId>,
    locations: Locations,
    asserts: Asserts,
    state_dict: IndexMap<String, TensorData>,
    constants: IndexMap<String, TensorData>,
    example: &'a Sample,
    declared: &'a ModelTensors,
    resolved: &'a Resolved,
}

impl Builder<'_> {
    fn placeholder(&mut self, name: String, value: NodeValue, kind: InputKind) -> NodeId {
        let node = self.graph.push(Node::new(name, NodeKind::Placeholder, value));
        self.signature.inputs.push(InputSpec { node, kind });
        node
    }

    /// Adds the placeholders of all parameters and buffers, then of the constants that are used.
    fn lifted(&mut self) -> Result<(), ExportError> {
        let mut reader = DataReader::default();
        let used = self.used_values();
        let inputs = self.example.trace.declared.iter().filter(|d| matches!(d.role, Role::Input(_))).count();
        for (i, (role, tensor)) in self.declared.entries().iter().enumerate() {
            let id = ValueId::Known(inputs + i);
            let (lifted, target) = match role {
                Role::Parameter(name) => (Lifted::Parameter, name),
                Role::Buffer(name) => (Lifted::Buffer, name),
                Role::Constant(name) if used.contains(&id) => (Lifted::Constant, name),
                _ => continue,
            };
            let data = reader.read(tensor, lifted == Lifted::Parameter)?;
            let name = target.clone();
            let (kind, state) = match lifted {
                Lifted::Parameter => (InputKind::Parameter { name }, &mut self.state_dict),
                Lifted::Buffer => (InputKind::Buffer { name, persistent: true }, &mut self.state_dict),
                _ => (InputKind::ConstantTensor { name }, &mut self.constants),
            };
            let value = data.value();
            state.insert(target.clone(), data);
            let name = self.names.namer.placeholder(&lifted.placeholder_base(target));
            let node = self.placeholder(name, value, kind);
            self.nodes.insert(id, node);
        }
        for (i, lifted) in self.example.trace.lifted.iter().enumerate() {
            if self.resolved.constants.contains_key(&i) {
                continue;
            }
            let target = format!("lifted_tensor_{i}");
            let data = reader.read(&lifted.tensor, false)?;
            let name = self.names.namer.placeholder(&Lifted::Constant.placeholder_base(&target));
            let node = self.placeholder(name, data.value(), InputKind::ConstantTensor { name: target.clone() });
            self.nodes.insert(ValueId::Lifted(i), node);
            self.constants.insert(target, data);
        }
        for (i, tensor) in self.example.trace.held.iter().enumerate() {
            let id = ValueId::Held(i);
            let written = self.example.trace.storage_of(id).is_some_and(|storage| self.written.contains(&storage));
            if written {
                return Err(ExportError::WrittenTensor { sizes: tensor.size() });
            }
            let target = format!("lifted_tensor_{}", self.example.trace.lifted.len() + i);
            let data = reader.read(tensor, false)?;
            let name = self.names.namer.placeholder(&Lifted::Constant.placeholder_base(&target));
            let node = self.placeholder(name, data.value(), InputKind::ConstantTensor { name: target.clone() });
            self.nodes.insert(id, node);
            self.constants.insert(target, data);
        }
        Ok(())
    }

    /// The values that a call or the result uses.
    fn used_values(&self) -> HashSet<ValueId> {
        let calls = self.example.trace.calls.iter();
        let arguments = calls.flat_map(|call| &call.args).flat_map(|argument| argument.value.tensors());
        let returned = self.example.outputs.iter().filter_map(|leaf| leaf.as_ref().tensor());
        arguments.chain(returned).copied().collect()
    }

    /// Adds the placeholders of the user's inputs; returns where each symbol can be read from them, and how many dynamic
    /// dimensions they have.
    fn user_inputs(&mut self, inputs: &[Leaf<Tch>]) -> Result<(IndexMap<Symbol, SymbolSource>, usize), ExportError> {
        let (mut sources, mut derived) = (IndexMap::new(), IndexMap::new());
        let (mut known, mut number) = (0, 0);
        for (i, (leaf, placeholder)) in inputs.iter().zip(&self.resolved.solved.placeholders).enumerate() {
            let value = match (&self.resolved.inputs[i], &placeholder.shape) {
                (Some(tensor), _) => NodeValue::Tensor(tensor.clone()),
                (None, PlaceholderShape::Int(expr)) => NodeValue::Int(expr.clone()),
                _ => NodeValue::Literal(literal(leaf)),
            };
            let name = placeholder.name.clone();
            let id = self.placeholder(name, value, InputKind::UserInput);
            if matches!(leaf, Leaf::Tensor(_)) {
                self.nodes.insert(ValueId::Known(known), id);
                known += 1;
            }
            for (dim, created) in self.resolved.created[i].iter().enumerate() {
                let Some(symbol) = created.as_symbol() else { continue };
                if let PlaceholderShape::Tensor(sizes) = &placeholder.shape
                    && let Some(size) = sizes.get(dim).filter(|size| size.as_symbol().is_none())
                    && let Some((root, source)) = SymbolSource::derived(size, id, dim, number)
                {
                    derived.entry(root).or_insert(source);
                }
                let source = match leaf {
                    Leaf::Tensor(_) => SymbolSource::Dim { placeholder: id, dim, number },
                    _ => SymbolSource::Int(id),
                };
                number += 1;
                sources.entry(symbol.clone()).or_insert(source);
            }
        }
        // A dimension that is the symbol itself is preferred to a derived one.
        for (symbol, source) in derived {
            sources.entry(symbol).or_insert(source);
        }
        Ok((sources, number))
    }

    /// The symbols that numbers of the graph are computed from, in order of first use.
    fn used_symbols(&self) -> Vec<Symbol> {
        let mut used: Vec<Symbol> = Vec::new();
        let mut see = |expr: &Expr| {
            for symbol in expr.free_symbols() {
                if !used.contains(&symbol) {
                    used.push(symbol);
                }
            }
        };
        for (at, (call, solved)) in self.example.trace.calls.iter().zip(&self.resolved.calls).enumerate() {
            for constant in self.resolved.constants.values().filter(|constant| constant.call == Some(at)) {
                constant.content.visit_ints(&mut see);
            }
            let names: Vec<&str> = call.written().map(|a| a.name.as_str()).collect();
            for (i, (argument, value)) in call.args.iter().zip(&solved.arguments).enumerate() {
                if names.contains(&argument.name.as_str()) {
                    value.ints().iter().for_each(&mut see);
                    let floats = solved.floats.iter().filter(|((of, _), _)| *of == i);
                    floats.for_each(|(_, float)| float.visit_ints(&mut see));
                }
            }
        }
        for constant in self.resolved.constants.values().filter(|constant| constant.call.is_none()) {
            constant.content.visit_ints(&mut see);
        }
        self.resolved.outputs.iter().flatten().for_each(|output| output.visit_ints(&mut see));
        used
    }

    /// Adds the nodes that make the constants which a call uses first and whose content follows sizes.
    fn sized_constants(
        &mut self,
        call: Option<usize>,
        integers: &mut Integers,
        frame: &Option<Frame>,
    ) -> Result<(), ExportError> {
        let resolved = self.resolved;
        let mut constants: Vec<_> = resolved.constants.iter().filter(|(_, constant)| constant.call == call).collect();
        constants.sort_by_key(|(lifted, _)| **lifted);
        for (lifted, constant) in constants {
            let content = match &constant.content {
                ResolvedNumber::Int(expr) => {
                    Argument::Int(integers.argument(&mut self.graph, &mut self.names, expr, frame)?)
                }
                ResolvedNumber::Float(float) => Argument::Float(self.float(float, integers, frame)?),
            };
            let known = &self.example.trace.lifted[*lifted].tensor;
            let tensor = crate::dispatch::tensor_type(known)?.map(|n| Expr::int(*n));
            let scalar = TensorType { sizes: Vec::new(), strides: Vec::new(), requires_grad: false, ..tensor.clone() };
            let arguments = vec![
                NamedArgument::positional("s", content),
                NamedArgument::keyword("dtype", Argument::DType(tensor.dtype)),
                NamedArgument::keyword("device", Argument::Device(tensor.device)),
                NamedArgument::keyword("pin_memory", Argument::Bool(Sym::Value(false))),
            ];
            let mut node = self.op_node("scalar_tensor", "default", arguments, scalar, frame)?;
            if !tensor.sizes.is_empty() {
                let sizes = tensor.sizes.iter().map(|_| Sym::Value(1)).collect();
                let arguments = vec![
                    NamedArgument::positional("self", Argument::Tensor(node)),
                    NamedArgument::positional("size", Argument::Ints(sizes)),
                ];
                node = self.op_node("view", "default", arguments, tensor, frame)?;
            }
            self.nodes.insert(ValueId::Lifted(*lifted), node);
        }
        Ok(())
    }

    fn float(
        &mut self,
        float: &FloatExpr,
        integers: &mut Integers,
        frame: &Option<Frame>,
    ) -> Result<Sym<f64>, ExportError> {
        floats::Place { graph: &mut self.graph, names: &mut self.names, integers, frame }.float(float)
    }

    fn op_node(
        &mut self,
        name: &str,
        overload: &str,
        arguments: Vec<NamedArgument>,
        tensor: TensorType<Expr>,
        frame: &Option<Frame>,
    ) -> Result<NodeId, ExportError> {
        let kind = NodeKind::Call { target: spelling::aten(name, overload)?.into(), arguments };
        let name = self.names.node(name);
        Ok(self.graph.push(Node::new(name, kind, NodeValue::Tensor(tensor)).at(frame.clone())))
    }

    fn node_of(&self, call: &Call, id: ValueId) -> Result<NodeId, ExportError> {
        self.nodes.get(&id).copied().ok_or_else(|| ExportError::Unsolved {
            what: format!("a tensor that `{}` uses", call.op),
            seen: format!("{id:?} is not a value of the graph"),
        })
    }

    fn call(&mut self, at: usize, integers: &mut Integers) -> Result<(), ExportError> {
        let call = &self.example.trace.calls[at];
        let tensors: Vec<_> = call.output_tensors().collect();
        let read = self.resolved.data.iter().find(|datum| datum.call == at && datum.size.is_none());
        if tensors.is_empty() && !call.schema.mutates() && read.is_none() {
            // It reads a number that is known, or one that nothing follows from. PyTorch makes a node and removes it.
            self.names.node(call.op.name());
            return Ok(());
        }
        let frame = self.locations.frame(call);
        self.sized_constants(Some(at), integers, &frame)?;
        for id in call.args.iter().flat_map(|argument| argument.value.tensors()) {
            self.clone_if_written(*id, &frame)?;
        }
        let resolved = &self.resolved.calls[at];
        let mut arguments = Vec::new();
        for written in call.written() {
            let solved = call.args.iter().zip(&resolved.arguments).find(|(a, _)| a.name == written.name);
            let Some((_, value)) = solved else { continue };
            let value = value.clone().try_map(|id| self.node_of(call, id))?;
            let value =
                value.try_map_ints(|expr| integers.argument(&mut self.graph, &mut self.names, &expr, &frame))?;
            let value = self.with_floats(at, written, Argument::from(value), integers, &frame)?;
            arguments.push(NamedArgument { name: written.name.clone(), keyword: written.kwarg_only, value });
        }
        let (op, arguments) = spelling::in_python(&call.op, arguments, |id| self.tensor(id))?;
        self.assert_metadata(&op, &arguments, &frame)?;
        let values: Vec<_> =
            tensors.iter().zip(&resolved.results).map(|(output, tensor)| (output.id, tensor.clone())).collect();
        let name = self.names.node(call.op.name());
        let kind = NodeKind::Call { target: op.into(), arguments };
        if let Some(datum) = read {
            self.read(&datum.symbol, Node::new(name, kind, NodeValue::Nothing).at(frame.clone()), integers);
            return self.assert_known(integers, &frame);
        }
        let single = matches!(call.outputs.as_slice(), [Value::Tensor(_)]);
        if let (true, [(id, value)]) = (single, values.as_slice()) {
            let node = self.graph.push(Node::new(name, kind, NodeValue::Tensor(value.clone())).at(frame.clone()));
            self.nodes.insert(*id, node);
            return self.sizes_of_data(at, integers, &frame);
        }
        let value = match values.is_empty() {
            true => NodeValue::Nothing,
            false => {
                let list = matches!(call.outputs.as_slice(), [Value::Tensors(_)]);
                NodeValue::Several { count: values.len(), list }
            }
        };
        let of = self.graph.push(Node::new(name, kind, value).at(frame.clone()));
        for (index, (id, value)) in values.into_iter().enumerate() {
            let name = self.names.node("getitem");
            let item = Node::new(name, NodeKind::Item { of, index }, NodeValue::Tensor(value));
            let node = self.graph.push(item.at(frame.clone()));
            self.nodes.insert(id, node);
        }
        self.sizes_of_data(at, integers, &frame)
    }

    /// An argument, with the floats that follow sizes as nodes.
    fn with_floats(
        &mut self,
        at: usize,
        written: &crate::record::Argument,
        mut value: Argument,
        integers: &mut Integers,
        frame: &Option<Frame>,
    ) -> Result<Argument, ExportError> {
        let resolved = self.resolved;
        let args = &self.example.trace.calls[at].args;
        let index = args.iter().position(|argument| argument.name == written.name);
        let float = |place: usize| index.and_then(|index| resolved.calls[at].floats.get(&(index, place)));
        match &mut value {
            Argument::Float(sym) => {
                if let Some(float) = float(0) {
                    *sym = self.float(float, integers, frame)?;
                }
            }
            Argument::Floats(items) => {
                for (place, sym) in items.iter_mut().enumerate() {
                    if let Some(float) = float(place) {
                        *sym = self.float(float, integers, frame)?;
                    }
                }
            }
            _ => {}
        }
        Ok(value)
    }

    fn tensor(&self, id: NodeId) -> Option<&TensorType<Expr>> {
        self.graph.node(id).value.tensor()
    }

    /// Adds an assertion of the type of a tensor before it is converted, as a final pass of PyTorch does.
    fn assert_metadata(
        &mut self,
        op: &OpName,
        arguments: &[NamedArgument],
        frame: &Option<Frame>,
    ) -> Result<(), ExportError> {
        let Some(Argument::Tensor(of)) = arguments.first().map(|argument| &argument.value) else { return Ok(()) };
        let Some(tensor) = self.tensor(*of) else { return Ok(()) };
        if let Some((op, arguments)) = spelling::metadata_assertion(op, *of, tensor)? {
            // A node that a pass adds is named after op and overload, and is not numbered by the tracer.
            let name = self.names.namer.node(&format!("{}_{}", op.name(), op.overload()));
            let kind = NodeKind::Call { target: op.into(), arguments };
            self.graph.push(Node::new(name, kind, NodeValue::Nothing).at(frame.clone()));
        }
        Ok(())
    }

    /// Clones a constant that the forward writes to, at its first use, as `torch.tensor` does with `lift_fresh_copy`: the
    /// constant itself must be the same in the next call.
    fn clone_if_written(&mut self, id: ValueId, frame: &Option<Frame>) -> Result<(), ExportError> {
        let trace = &self.example.trace;
        let constant = match id {
            ValueId::Lifted(_) => true,
            ValueId::Known(index) => {
                trace.declared.get(index).is_some_and(|declared| matches!(declared.role, Role::Constant(_)))
            }
            ValueId::Held(_) | ValueId::Output { .. } => false,
        };
        let written = constant && trace.storage_of(id).is_some_and(|storage| self.written.contains(&storage));
        let Some(of) = self.nodes.get(&id).copied().filter(|_| written) else { return Ok(()) };
        if self.cloned.insert(id) {
            let op = spelling::aten("clone", "default")?;
            let arguments = vec![NamedArgument::positional("self", Argument::Tensor(of))];
            let kind = NodeKind::Call { target: op.into(), arguments };
            let (name, value) = (self.names.node("clone"), self.graph.node(of).value.clone());
            let node = self.graph.push(Node::new(name, kind, value).at(frame.clone()));
            self.nodes.insert(id, node);
        }
        Ok(())
    }

    fn outputs(&mut self, integers: &mut Integers) -> Result<Vec<GraphOutput>, ExportError> {
        let mut outputs = Vec::new();
        self.sized_constants(None, integers, &None)?;
        for (leaf, number) in self.example.outputs.iter().zip(&self.resolved.outputs) {
            let int = number.as_ref().and_then(ResolvedNumber::as_int);
            outputs.push(match (leaf, int) {
                (OutputLeaf::Tensor(id), _) => GraphOutput::Node(*self.nodes.get(id).ok_or_else(|| {
                    let what = "a tensor that the model returns".to_owned();
                    ExportError::Unsolved { what, seen: format!("{id:?} is not a value of the graph") }
                })?),
                (_, Some(expr)) => match integers.argument(&mut self.graph, &mut self.names, expr, &None)? {
                    Sym::Value(v) => GraphOutput::Literal(Literal::Int(v)),
                    Sym::Node(id) => GraphOutput::Node(id),
                },
                (_, None) if number.is_some() => {
                    let Some(ResolvedNumber::Float(float)) = number else { continue };
                    match self.float(float, integers, &None)? {
                        Sym::Value(v) => GraphOutput::Literal(Literal::Float(v)),
                        Sym::Node(id) => GraphOutput::Node(id),
                    }
                }
                (plain, None) => GraphOutput::Literal(literal(plain)),
            });
        }
        Ok(outputs)
    }
}

/// The memory that the forward writes to.
fn written_storages(example: &Sample) -> HashSet<StorageNumber> {
    let trace = &example.trace;
    trace.calls.iter().flat_map(Call::written_tensors).filter_map(|id| trace.storage_of(id)).collect()
}

/// The leaf as a plain value of the program; `None` for a tensor.
fn literal<F: Family>(leaf: &Leaf<F>) -> Literal {
    leaf.as_ref().try_map(|_| Err(())).unwrap_or(Leaf::None)
}
