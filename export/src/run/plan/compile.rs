//! Compiles the graph of a program.

use super::super::CallError;
use super::super::number::Number;
use super::registers::{Places, Registers, Uses, ValueId, value_of};
use super::step::{Body, Operand, Place, Source, Step};
use super::writes::Writes;
use super::{Called, Plan, Returned, arguments, operators, vmap};
use crate::dispatch::ffi::{Calls, FrameSize, ShimError};
use crate::dispatch::wire::Writer;
use crate::dispatch::{DispatchError, Schema, first_line};
use program::{
    Argument, ExportedProgram, Graph, GraphOutput, InputKind, Literal, NamedArgument, Node, NodeId, NodeKind,
    NodeValue, OpName, OutputKind, PythonFunction, Target,
};
use pytree_core::Device;
use std::collections::HashMap;

/// The op that checks a condition on numbers.
const ASSERT_SCALAR: &str = "aten._assert_scalar.default";
/// The op that writes the new value of a buffer or input back.
const COPY: &str = "aten.copy_.default";

/// Compiles a program. With a device, everything that the graph makes on a device is made on that one.
pub(in crate::run) fn compile(program: &ExportedProgram, device: Option<&Device>) -> Result<Plan, CallError> {
    let mut compiler = Compiler { device, ..Compiler::default() };
    let graph = &program.graph;
    let mut scope = Scope::new(graph);
    let (state, inputs) = compiler.placeholders(program, &mut scope)?;
    let written = write_backs(program)?;
    for (to, from) in &written {
        for id in [to, from] {
            scope.uses.add(value_of(graph, *id));
        }
    }
    compiler.nodes(&mut scope)?;
    for (to, from) in written {
        compiler.write_back(&mut scope, to, from)?;
    }
    let mut outputs = Vec::new();
    for (spec, output) in program.signature.outputs.iter().zip(&graph.outputs) {
        let mutation = matches!(
            spec.kind,
            OutputKind::BufferMutation { .. }
                | OutputKind::UserInputMutation { .. }
                | OutputKind::ParameterMutation { .. }
        );
        if !mutation {
            outputs.push(match compiler.output(&mut scope, output)? {
                Source::Register { register, keep } => Returned::Tensor { register, keep },
                Source::Number(place) => Returned::Number(place),
                Source::Literal(literal) => Returned::Literal(literal),
            });
        }
    }
    let written = compiler.writes.found.iter().copied().collect();
    compiler.finish(scope.body, state, inputs, outputs, written)
}

/// The nodes that are written to at the end of a call, and their new values.
fn write_backs(program: &ExportedProgram) -> Result<Vec<(NodeId, NodeId)>, CallError> {
    let graph = &program.graph;
    let mut found = Vec::new();
    for (spec, output) in program.signature.outputs.iter().zip(&graph.outputs) {
        let target = match &spec.kind {
            OutputKind::BufferMutation { buffer } => program.signature.inputs.iter().find(|input| match &input.kind {
                InputKind::Buffer { name, .. } => name == buffer,
                _ => false,
            }),
            OutputKind::ParameterMutation { parameter } => {
                let is_it = |kind: &InputKind| matches!(kind, InputKind::Parameter { name } if name == parameter);
                program.signature.inputs.iter().find(|spec| is_it(&spec.kind))
            }
            OutputKind::UserInputMutation { input } => {
                let named = |id: NodeId| graph.nodes.get(id.0).is_some_and(|node| node.name == *input);
                program.signature.inputs.iter().find(|spec| named(spec.node))
            }
            _ => continue,
        };
        let name = spec.kind.target().unwrap_or_default();
        let (Some(target), GraphOutput::Node(value)) = (target, output) else {
            return Err(CallError::graph(name, "is written to by the program, but is not one of its inputs"));
        };
        found.push((target.node, *value));
    }
    Ok(found)
}

/// A graph during its compilation.
pub(super) struct Scope<'g> {
    pub(super) graph: &'g Graph,
    pub(super) uses: Uses,
    pub(super) places: Places,
    pub(super) body: Body,
}

impl<'g> Scope<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Scope { graph, uses: Uses::of(graph), places: Places::default(), body: Body::default() }
    }

    /// The literal of a node, if its value is one.
    pub(super) fn literal(&self, id: NodeId) -> Option<&'g Literal> {
        match self.graph.nodes.get(id.0).map(|node| &node.value) {
            Some(NodeValue::Literal(literal)) => Some(literal),
            _ => None,
        }
    }
}

/// What all graphs of a program share.
#[derive(Default)]
pub(super) struct Compiler<'p> {
    pub(super) registers: Registers,
    pub(super) device: Option<&'p Device>,
    pub(super) writes: Writes,
    calls: Writer,
    called: Vec<Called>,
    nodes: Vec<Box<str>>,
}

impl Compiler<'_> {
    /// Gives the inputs of a program their places: the names of its state, and where each leaf of the inputs goes.
    fn placeholders(
        &mut self,
        program: &ExportedProgram,
        scope: &mut Scope<'_>,
    ) -> Result<(Vec<String>, Vec<Option<Place>>), CallError> {
        let (mut state, mut inputs) = (Vec::new(), Vec::new());
        let mut registers: HashMap<&str, usize> = HashMap::new();
        let specs: HashMap<NodeId, &InputKind> =
            program.signature.inputs.iter().map(|spec| (spec.node, &spec.kind)).collect();
        let mut leaves = Vec::new();
        for (id, node) in program.graph.placeholders() {
            match specs.get(&id) {
                None => return Err(CallError::invalid(node, "is not in the signature")),
                Some(InputKind::UserInput) => leaves.push((id, node)),
                Some(InputKind::Token) => {
                    return Err(CallError::invalid(node, "is a token of an effect, which cannot be run here"));
                }
                Some(InputKind::CustomObject { name }) => {
                    let problem = format!(
                        "is a custom_obj input: `{name}` is an object of a Python or TorchScript class, which is stored \
                         as a pickle and cannot be run here"
                    );
                    return Err(CallError::invalid(node, problem));
                }
                Some(kind) => {
                    let name = kind.target().unwrap_or_default();
                    if !program.state_dict.contains_key(name) && !program.constants.contains_key(name) {
                        let problem = format!("stands for `{name}`, which the program does not hold");
                        return Err(CallError::invalid(node, problem));
                    }
                    let register = *registers.entry(name).or_insert_with(|| {
                        state.push(name.to_owned());
                        self.registers.tensor()
                    });
                    scope.places.set((id, None), Place::Register(register), true);
                    // The first registers hold the state, so the number of one is that of the other.
                    self.writes.holds(id, register);
                }
            }
        }
        for (id, node) in leaves {
            let used = scope.uses.is_used((id, None)) || writes_to(program, &node.name);
            let place = used.then(|| self.place(node)).transpose()?.flatten();
            if let Some(place) = place {
                scope.places.set((id, None), place, false);
            }
            inputs.push(place);
        }
        Ok((state, inputs))
    }

    /// A place for the value of a node, which is one tensor or number; `None` for a plain value.
    pub(super) fn place(&mut self, node: &Node) -> Result<Option<Place>, CallError> {
        match &node.value {
            NodeValue::Tensor(_) => Ok(Some(Place::Register(self.registers.tensor()))),
            NodeValue::Int(_) | NodeValue::Float(_) | NodeValue::Bool(_) => {
                Ok(Some(Place::Number(self.registers.number())))
            }
            NodeValue::Literal(_) => Ok(None),
            _ => Err(CallError::invalid(node, "has a value that cannot be handed over")),
        }
    }

    /// Compiles all nodes of a graph whose inputs have places.
    pub(super) fn nodes(&mut self, scope: &mut Scope<'_>) -> Result<(), CallError> {
        let graph = scope.graph;
        for (id, node) in graph.enumerate() {
            let NodeKind::Call { target, arguments } = &node.kind else { continue };
            match target {
                Target::Python(function) => self.compute(scope, id, node, *function, arguments)?,
                Target::Op(op) if op.to_string() == ASSERT_SCALAR => self.assert(scope, node, arguments)?,
                Target::Op(op) => self.call(scope, id, node, op, arguments)?,
                Target::HigherOrder(op) => operators::compile(self, scope, id, node, op, arguments)?,
                Target::Predispatch(function) => vmap::compile(self, scope, id, node, function, arguments)?,
                other => {
                    return Err(CallError::invalid(node, format!("calls `{other}`, which cannot be run here")));
                }
            }
        }
        Ok(())
    }

    /// The index of a node's name.
    pub(super) fn name(&mut self, node: &Node) -> usize {
        self.nodes.push(node.name.as_str().into());
        self.nodes.len() - 1
    }

    /// Ends one use of each of these nodes, and gives the registers that nothing uses from here on.
    pub(super) fn end_uses(&mut self, scope: &mut Scope<'_>, used: impl IntoIterator<Item = NodeId>) -> Vec<usize> {
        let mut ended = Vec::new();
        for id in used {
            let value = value_of(scope.graph, id);
            if scope.uses.end(value)
                && let Some(register) = scope.places.own(value)
            {
                ended.push(register);
            }
        }
        ended
    }

    fn compute(
        &mut self,
        scope: &mut Scope<'_>,
        id: NodeId,
        node: &Node,
        function: PythonFunction,
        arguments: &[NamedArgument],
    ) -> Result<(), CallError> {
        let operands = arguments.iter().map(|argument| operand(scope, node, &argument.value));
        let operands = operands.collect::<Result<Vec<_>, _>>()?.into();
        let to = self.registers.number();
        scope.places.set((id, None), Place::Number(to), false);
        let node = self.name(node);
        scope.body.steps.push(Step::Compute { node, function, operands, to });
        Ok(())
    }

    fn assert(&mut self, scope: &mut Scope<'_>, node: &Node, arguments: &[NamedArgument]) -> Result<(), CallError> {
        let Some(condition) = arguments.first() else {
            return Err(CallError::invalid(node, "checks nothing"));
        };
        let condition = operand(scope, node, &condition.value)?;
        let message = arguments.iter().find_map(|argument| match &argument.value {
            Argument::Str(message) => Some(message.as_str().into()),
            _ => None,
        });
        let node = self.name(node);
        scope.body.steps.push(Step::Assert { node, condition, message: message.unwrap_or_default() });
        Ok(())
    }

    fn call(
        &mut self,
        scope: &mut Scope<'_>,
        id: NodeId,
        node: &Node,
        op: &OpName,
        arguments: &[NamedArgument],
    ) -> Result<(), CallError> {
        let schema = Schema::of(op).map_err(|source| CallError::op(&node.name, source))?;
        self.writes.see(scope.graph, id, &schema, arguments);
        self.begin_call(&node.name, op);
        arguments::write(&mut self.calls, scope, node, &schema, arguments, self.device)?;
        self.results(scope, id, node, &schema);
        let ended = self.end_uses(scope, node.inputs());
        self.end_call(scope, ended);
        Ok(())
    }

    fn begin_call(&mut self, node: &str, op: &OpName) {
        let (name, overload) = op.dispatcher_names();
        self.calls.text(&name.to_string_lossy());
        self.calls.text(&overload.to_string_lossy());
        self.called.push(Called { node: node.into(), op: op.clone() });
    }

    /// Gives the results of a call their places.
    fn results(&mut self, scope: &mut Scope<'_>, id: NodeId, node: &Node, schema: &Schema) {
        let items = |scope: &Scope<'_>| -> Vec<bool> {
            let NodeValue::Several { count, .. } = &node.value else { return Vec::new() };
            (0..*count).map(|index| scope.uses.is_used((id, Some(index)))).collect()
        };
        self.calls.index(schema.returns.len());
        for (index, result) in schema.returns.iter().enumerate() {
            let list = result.type_name.ends_with("[]");
            let (tag, places) = match &node.value {
                NodeValue::Several { list: true, .. } if list => {
                    let used = items(scope).into_iter().enumerate();
                    let places = used.map(|(item, used)| used.then(|| self.register(scope, (id, Some(item)))));
                    (to::TENSORS, places.collect())
                }
                NodeValue::Several { .. } if scope.uses.is_used((id, Some(index))) => {
                    self.result(scope, (id, Some(index)), &result.type_name)
                }
                NodeValue::Tensor(_) | NodeValue::Int(_) | NodeValue::Float(_) | NodeValue::Bool(_)
                    if index == 0 && scope.uses.is_used((id, None)) =>
                {
                    self.result(scope, (id, None), &result.type_name)
                }
                _ => (to::NOWHERE, Vec::new()),
            };
            self.calls.tag(tag);
            self.calls.places(places);
        }
    }

    /// A place for one result, by its type in the schema.
    fn result(&mut self, scope: &mut Scope<'_>, value: ValueId, type_name: &str) -> (u8, Vec<Option<usize>>) {
        if type_name.starts_with("Tensor") {
            return (to::TENSOR, vec![Some(self.register(scope, value))]);
        }
        let number = self.registers.number();
        scope.places.set(value, Place::Number(number), false);
        (to::NUMBER, vec![Some(number)])
    }

    fn register(&mut self, scope: &mut Scope<'_>, value: ValueId) -> usize {
        let register = self.registers.tensor();
        scope.places.set(value, Place::Register(register), false);
        register
    }

    fn end_call(&mut self, scope: &mut Scope<'_>, ended: Vec<usize>) {
        self.calls.places(ended.iter().map(|register| Some(*register)));
        // Only now, since the results must not be where the arguments still are.
        ended.into_iter().for_each(|register| self.registers.free(register));
        let index = self.called.len();
        match scope.body.steps.last_mut() {
            Some(Step::Calls { to, .. }) if *to + 1 == index => *to = index,
            _ => scope.body.steps.push(Step::Calls { from: index - 1, to: index }),
        }
    }

    /// `to.copy_(from)` at the end of a call.
    fn write_back(&mut self, scope: &mut Scope<'_>, to: NodeId, from: NodeId) -> Result<(), CallError> {
        let place = |id: NodeId| scope.places.get(value_of(scope.graph, id));
        let node = scope.graph.node(from);
        let (Some(Place::Register(target)), Some(Place::Register(source))) = (place(to), place(from)) else {
            return Err(CallError::invalid(node, "is the new value of an input or buffer, but is not a tensor"));
        };
        let op: OpName = COPY.parse().map_err(|_| CallError::invalid(node, "cannot be written back"))?;
        self.begin_call(&node.name, &op);
        self.calls.index(3);
        for register in [target, source] {
            self.calls.tag(arguments::from::TENSOR);
            self.calls.places([Some(register)]);
        }
        self.calls.tag(arguments::from::DEFAULT);
        self.calls.index(1);
        self.calls.tag(to::NOWHERE);
        self.calls.places([]);
        self.writes.writes_to(scope.graph, to);
        let ended = self.end_uses(scope, [to, from]);
        self.end_call(scope, ended);
        Ok(())
    }

    /// Where an output is.
    pub(super) fn output(&mut self, scope: &mut Scope<'_>, output: &GraphOutput) -> Result<Source, CallError> {
        let id = match output {
            GraphOutput::Literal(literal) => return Ok(Source::Literal(literal.clone())),
            GraphOutput::Node(id) => *id,
        };
        let value = value_of(scope.graph, id);
        if let Some(literal) = scope.literal(id) {
            return Ok(Source::Literal(literal.clone()));
        }
        match scope.places.get(value) {
            Some(Place::Number(place)) => Ok(Source::Number(place)),
            Some(Place::Register(register)) => {
                let last = scope.uses.end(value) && scope.places.own(value).is_some();
                Ok(Source::Register { register, keep: !last })
            }
            None => {
                let node = scope.graph.node(id);
                Err(CallError::invalid(node, "is returned, but does not give a tensor or a plain value"))
            }
        }
    }

    fn finish(
        self,
        body: Body,
        state: Vec<String>,
        inputs: Vec<Option<Place>>,
        outputs: Vec<Returned>,
        written: Vec<usize>,
    ) -> Result<Plan, CallError> {
        let Compiler { registers, calls, called, nodes, .. } = self;
        let size = FrameSize { registers: registers.registers, numbers: registers.numbers };
        let mut bytes = Writer::default();
        bytes.index(size.registers);
        bytes.index(size.numbers);
        bytes.append(&calls);
        let calls =
            Calls::new(bytes.bytes(), size, called.len()).map_err(|(index, error)| refused(&called, index, error))?;
        Ok(Plan { calls, called, nodes, body, state, inputs, outputs, written })
    }
}

/// The tags of results (`tx::To`).
mod to {
    pub(super) const NOWHERE: u8 = 0;
    pub(super) const TENSOR: u8 = 1;
    pub(super) const NUMBER: u8 = 2;
    pub(super) const TENSORS: u8 = 3;
}

fn writes_to(program: &ExportedProgram, name: &str) -> bool {
    let input = |kind: &OutputKind| matches!(kind, OutputKind::UserInputMutation { input } if input == name);
    program.signature.outputs.iter().any(|spec| input(&spec.kind))
}

/// A number of a Python function, an assertion or a condition.
pub(super) fn operand(scope: &Scope<'_>, node: &Node, argument: &Argument) -> Result<Operand, CallError> {
    let value = match argument {
        Argument::Int(v) => v.value().map(|v| Number::Int(*v)).ok_or(v.node()),
        Argument::Float(v) => v.value().map(|v| Number::Float(*v)).ok_or(v.node()),
        Argument::Bool(v) => v.value().map(|v| Number::Bool(*v)).ok_or(v.node()),
        _ => return Err(CallError::invalid(node, "has an operand that is not a number")),
    };
    match value {
        Ok(value) => Ok(Operand::Value(value)),
        Err(Some(id)) => number_of(scope, node, id),
        Err(None) => Err(CallError::invalid(node, "has an operand that is not a number")),
    }
}

/// The number that a node gives.
pub(super) fn number_of(scope: &Scope<'_>, node: &Node, id: NodeId) -> Result<Operand, CallError> {
    match (scope.places.get(value_of(scope.graph, id)), scope.literal(id)) {
        (Some(Place::Number(place)), _) => Ok(Operand::Place(place)),
        (None, Some(Literal::Int(v))) => Ok(Operand::Value(Number::Int(*v))),
        (None, Some(Literal::Float(v))) => Ok(Operand::Value(Number::Float(*v))),
        (None, Some(Literal::Bool(v))) => Ok(Operand::Value(Number::Bool(*v))),
        _ => Err(CallError::invalid(node, "uses a value as a number that is not one")),
    }
}

/// Why a call could not be prepared.
fn refused(called: &[Called], index: usize, error: ShimError) -> CallError {
    let Some(Called { node, op }) = called.get(index) else {
        return CallError::graph("", &format!("cannot be prepared: {error:?}"));
    };
    let source = match error {
        ShimError::NoSuchOp => DispatchError::NoSuchOp { op: op.clone() },
        ShimError::Torch(message) => DispatchError::Torch { op: op.clone(), message: first_line(&message) },
        ShimError::BadArgument { index, expected } => {
            let schema = Schema::of(op).ok();
            let name = schema.as_ref().and_then(|schema| schema.arguments.get(index)).map(|a| a.name.clone());
            DispatchError::BadArgument {
                op: op.clone(),
                argument: name.unwrap_or_else(|| format!("number {index}")),
                expected,
                given: "another kind of value".to_owned(),
            }
        }
    };
    CallError::op(node, source)
}
