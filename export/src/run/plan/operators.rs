//! Compiles higher-order ops: their sub-graphs become parts of the plan, with registers of their own.

use super::super::CallError;
use super::compile::{Compiler, Scope, number_of, operand};
use super::registers::value_of;
use super::step::{Body, Condition, Higher, Place, Region, Source, Step};
use crate::dispatch::ffi::Autocast;
use program::{Argument, Graph, NamedArgument, Node, NodeId, NodeValue, Sym};
use pytree_core::Device;

/// Compiles a call of a higher-order op.
pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    scope: &mut Scope<'_>,
    id: NodeId,
    node: &Node,
    op: &str,
    arguments: &[NamedArgument],
) -> Result<(), CallError> {
    compiler.writes.enter(scope.graph, id, arguments);
    let higher = higher(compiler, scope, id, node, op, arguments)?;
    super::fit::check(node, &higher)?;
    compiler.writes.leave();
    let node = compiler.name(node);
    scope.body.steps.push(Step::Higher { node, op: Box::new(higher) });
    Ok(())
}

fn higher(
    compiler: &mut Compiler<'_>,
    scope: &mut Scope<'_>,
    id: NodeId,
    node: &Node,
    op: &str,
    arguments: &[NamedArgument],
) -> Result<Higher, CallError> {
    let values: Vec<&Argument> = arguments.iter().map(|argument| &argument.value).collect();
    let mut operator = Operator { compiler, scope, id, node };
    match (op, values.as_slice()) {
        ("cond", [condition, Argument::Graph { graph: yes, .. }, Argument::Graph { graph: no, .. }, operands]) => {
            operator.cond(condition, yes, no, operands)
        }
        (
            "while_loop",
            [Argument::Graph { graph: condition, .. }, Argument::Graph { graph: body, .. }, carried, more],
        ) => operator.while_loop(condition, body, carried, more),
        ("map_impl", [Argument::Graph { graph, .. }, mapped, more]) => operator.scan(graph, None, mapped, more),
        ("scan", [Argument::Graph { graph, .. }, init, slices, more]) => operator.scan(graph, Some(init), slices, more),
        (
            "wrap_with_set_grad_enabled",
            [Argument::Bool(Sym::Value(enabled)), Argument::Graph { graph, .. }, rest @ ..],
        ) => operator.region(Region::Gradients(*enabled), graph, rest),
        ("wrap_with_autocast", [device, dtype, enabled, cache, Argument::Graph { graph, .. }, rest @ ..]) => {
            let region = autocast(node, device, dtype, enabled, cache)?;
            operator.region(region, graph, rest)
        }
        // These change how Python compiles the graph, and not what it computes.
        ("strict_mode", [Argument::Graph { graph, .. }, operands]) => {
            operator.region(Region::Plain, graph, std::slice::from_ref(operands))
        }
        ("invoke_subgraph", [Argument::Graph { graph, .. }, Argument::Str(_), rest @ ..]) => {
            operator.region(Region::Plain, graph, rest)
        }
        ("wrap" | "tag_activation_checkpoint", [Argument::Graph { graph, .. }, rest @ ..]) => {
            operator.region(Region::Plain, graph, rest)
        }
        _ => {
            let problem = format!("calls `torch.ops.higher_order.{op}` in a form that cannot be run here");
            Err(CallError::invalid(node, problem))
        }
    }
}

/// The mode of an autocast region.
fn autocast(
    node: &Node,
    device: &Argument,
    dtype: &Argument,
    enabled: &Argument,
    cache: &Argument,
) -> Result<Region, CallError> {
    let invalid = || CallError::invalid(node, "has arguments that do not describe an autocast region");
    let Argument::Str(device) = device else { return Err(invalid()) };
    let device = device.parse::<Device>().ok().and_then(|device| device.to_libtorch()).ok_or_else(invalid)?.0;
    let flag = |argument: &Argument, default: bool| match argument {
        Argument::Bool(Sym::Value(flag)) => Ok(*flag),
        Argument::None => Ok(default),
        _ => Err(invalid()),
    };
    // Without a type, Python takes the usual one of the device; it is always written for CPU and CUDA.
    let Argument::DType(dtype) = dtype else { return Err(invalid()) };
    let dtype = dtype.to_libtorch().ok_or_else(invalid)?;
    let small = |number: i64| i32::try_from(number).map_err(|_| invalid());
    Ok(Region::Autocast(Autocast {
        device: small(device)?,
        dtype: small(dtype)?,
        enabled: flag(enabled, true)?,
        cache: flag(cache, true)?,
    }))
}

/// A call during its compilation.
struct Operator<'c, 'p, 's, 'g> {
    compiler: &'c mut Compiler<'p>,
    scope: &'s mut Scope<'g>,
    id: NodeId,
    node: &'s Node,
}

impl Operator<'_, '_, '_, '_> {
    fn cond(
        &mut self,
        condition: &Argument,
        yes: &Graph,
        no: &Graph,
        operands: &Argument,
    ) -> Result<Higher, CallError> {
        let predicate = match condition {
            Argument::Tensor(id) => Some(*id),
            _ => None,
        };
        let condition = match condition {
            Argument::Tensor(id) => match self.scope.places.get(value_of(self.scope.graph, *id)) {
                Some(Place::Register(register)) => Condition::Tensor(register),
                _ => Condition::Number(number_of(self.scope, self.node, *id)?),
            },
            number => Condition::Number(operand(self.scope, self.node, number)?),
        };
        let operands = self.operands(std::slice::from_ref(&operands))?;
        let (operands, mut ended) = self.sources(operands)?;
        // The predicate is needed until a branch is chosen, so its register is freed with those of the operands.
        ended.extend(self.compiler.end_uses(self.scope, predicate));
        // The results get their places first: values move there from those of the graph's outputs, which are free by then.
        let results = self.results();
        let yes = self.body(yes, operands.len(), Rounds::One)?;
        let no = self.body(no, operands.len(), Rounds::One)?;
        self.free(ended);
        Ok(Higher::Cond { condition, yes, no, operands, results })
    }

    fn while_loop(
        &mut self,
        condition: &Graph,
        body: &Graph,
        carried: &Argument,
        more: &Argument,
    ) -> Result<Higher, CallError> {
        let init = self.operands(&[carried])?;
        let more = self.operands(&[more])?;
        let kinds = body.placeholders().map(|(_, node)| node).take(init.len()).collect::<Vec<_>>();
        let count = init.len() + more.len();
        let (init, mut ended) = self.sources(init)?;
        let (more, others) = self.kept(more)?;
        ended.extend(others);
        // The values between two rounds are kept where the results will be.
        let mut places = Vec::new();
        for (index, node) in kinds.iter().enumerate() {
            let place = self.compiler.place(node)?;
            if let Some(place) = place {
                self.scope.places.set((self.id, Some(index)), place, false);
            }
            places.push(place);
        }
        if places.len() != init.len() {
            return Err(CallError::invalid(self.node, "has a body that takes fewer values than it is given"));
        }
        let condition = self.body(condition, count, Rounds::Many)?;
        let body = self.body(body, count, Rounds::Many)?;
        self.drop_unused(places.len());
        self.free(ended);
        Ok(Higher::While { condition, body, init, more, carried: places })
    }

    fn scan(
        &mut self,
        graph: &Graph,
        init: Option<&Argument>,
        slices: &Argument,
        more: &Argument,
    ) -> Result<Higher, CallError> {
        let init = match init {
            Some(init) => self.operands(&[init])?,
            None => Vec::new(),
        };
        let slices = self.operands(&[slices])?;
        let more = self.operands(&[more])?;
        let carries = init.len();
        let count = carries + slices.len() + more.len();
        let mut places = Vec::new();
        for (index, (_, node)) in graph.placeholders().take(carries).enumerate() {
            let place = self.compiler.place(node)?;
            if let Some(place) = place {
                self.scope.places.set((self.id, Some(index)), place, false);
            }
            places.push(place);
        }
        let (init, mut ended) = self.sources(init)?;
        let (slices, others) = self.kept(slices)?;
        ended.extend(others);
        let (more, others) = self.kept(more)?;
        ended.extend(others);
        let body = self.body(graph, count, Rounds::Many)?;
        let stacked = (carries..graph.outputs.len()).map(|index| self.result(index)).collect();
        self.drop_unused(carries);
        self.free(ended);
        Ok(Higher::Scan { body, init, slices, more, carried: places, stacked })
    }

    fn region(&mut self, region: Region, graph: &Graph, rest: &[&Argument]) -> Result<Higher, CallError> {
        let operands = self.operands(rest)?;
        let (operands, ended) = self.sources(operands)?;
        let results = self.results();
        let body = self.body(graph, operands.len(), Rounds::One)?;
        self.free(ended);
        Ok(Higher::Region { region, body, operands, results })
    }

    /// Compiles a sub-graph. Its registers are free for others when the op has been compiled.
    fn body(&mut self, graph: &Graph, operands: usize, rounds: Rounds) -> Result<Body, CallError> {
        let found = graph.placeholders().count();
        if found != operands {
            let problem = format!("calls a graph of {found} inputs with {operands}");
            return Err(CallError::invalid(self.node, problem));
        }
        let compiler = &mut *self.compiler;
        let mut inner = Scope::new(graph);
        let mut registers = Vec::new();
        for (id, node) in graph.placeholders() {
            let used = inner.uses.is_used((id, None));
            let place = if used { compiler.place(node)? } else { None };
            if let Some(place) = place {
                // An operand that is given in every round keeps its register, as if it were used after the graph as well.
                inner.places.set((id, None), place, rounds == Rounds::Many);
                if let (Place::Register(register), Rounds::Many) = (place, rounds) {
                    registers.push(register);
                }
            }
            inner.body.inputs.push(place);
        }
        compiler.nodes(&mut inner)?;
        for output in &graph.outputs {
            let source = compiler.output(&mut inner, output)?;
            if let Source::Register { register, keep: false } = source {
                registers.push(register);
            }
            inner.body.outputs.push(source);
        }
        registers.into_iter().for_each(|register| compiler.registers.free(register));
        Ok(inner.body)
    }

    /// The nodes and values that a sub-graph is called with.
    fn operands(&self, arguments: &[&Argument]) -> Result<Vec<Given>, CallError> {
        fn syms<T: Copy>(items: &[Sym<T>], literal: fn(T) -> program::Literal) -> Vec<Given> {
            let one = |item: &Sym<T>| match item {
                Sym::Node(id) => Given::Node(*id),
                Sym::Value(v) => Given::Literal(literal(*v)),
            };
            items.iter().map(one).collect()
        }
        let mut given = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Tensor(id) => given.push(Given::Node(*id)),
                Argument::Tensors(ids) => given.extend(ids.iter().map(|id| Given::Node(*id))),
                Argument::OptionalTensors(ids) => {
                    given.extend(ids.iter().map(|id| id.map_or(Given::Literal(program::Literal::None), Given::Node)));
                }
                Argument::Int(v) => given.extend(syms(std::slice::from_ref(v), program::Literal::Int)),
                Argument::Ints(v) => given.extend(syms(v, program::Literal::Int)),
                Argument::Float(v) => given.extend(syms(std::slice::from_ref(v), program::Literal::Float)),
                Argument::Floats(v) => given.extend(syms(v, program::Literal::Float)),
                Argument::Bool(v) => given.extend(syms(std::slice::from_ref(v), program::Literal::Bool)),
                Argument::Bools(v) => given.extend(syms(v, program::Literal::Bool)),
                Argument::None => given.push(Given::Literal(program::Literal::None)),
                _ => return Err(CallError::invalid(self.node, "has an operand that a graph cannot take")),
            }
        }
        Ok(given)
    }

    /// Where operands are. Those that nothing else uses are moved; their registers are the second result.
    fn sources(&mut self, given: Vec<Given>) -> Result<(Vec<Source>, Vec<usize>), CallError> {
        let (mut sources, ended) = self.kept(given)?;
        // A register that is handed over twice is moved the last time only.
        let mut seen = Vec::new();
        for source in sources.iter_mut().rev() {
            if let Source::Register { register, keep } = source {
                *keep = seen.contains(register) || !ended.contains(register);
                seen.push(*register);
            }
        }
        Ok((sources, ended))
    }

    /// Where operands are that are used several times.
    fn kept(&mut self, given: Vec<Given>) -> Result<(Vec<Source>, Vec<usize>), CallError> {
        let (mut sources, mut nodes) = (Vec::new(), Vec::new());
        for one in given {
            sources.push(match one {
                Given::Literal(literal) => Source::Literal(literal),
                Given::Node(id) => {
                    nodes.push(id);
                    match (self.scope.places.get(value_of(self.scope.graph, id)), self.scope.literal(id)) {
                        (Some(Place::Register(register)), _) => Source::Register { register, keep: true },
                        (Some(Place::Number(place)), _) => Source::Number(place),
                        (None, Some(literal)) => Source::Literal(literal.clone()),
                        (None, None) => {
                            return Err(CallError::invalid(self.node, "hands over a value that is not known"));
                        }
                    }
                }
            });
        }
        let ended = self.compiler.end_uses(self.scope, nodes);
        Ok((sources, ended))
    }

    fn free(&mut self, registers: Vec<usize>) {
        registers.into_iter().for_each(|register| self.compiler.registers.free(register));
    }

    /// The places of all results.
    fn results(&mut self) -> Vec<Option<Place>> {
        match &self.node.value {
            NodeValue::Several { count, .. } => (0..*count).map(|index| self.result(index)).collect(),
            NodeValue::Nothing => Vec::new(),
            _ => {
                let place = self.compiler.place(self.node).ok().flatten();
                let place = place.filter(|_| self.scope.uses.is_used((self.id, None)));
                if let Some(place) = place {
                    self.scope.places.set((self.id, None), place, false);
                }
                vec![place]
            }
        }
    }

    /// The place of one result; `None` for one that is not used. What kind of value it is, the node that takes it says.
    fn result(&mut self, index: usize) -> Option<Place> {
        let value = (self.id, Some(index));
        if !self.scope.uses.is_used(value) {
            return None;
        }
        let item = self.scope.graph.enumerate().find(|(item, _)| value_of(self.scope.graph, *item) == value);
        let (_, node) = item?;
        let place = self.compiler.place(node).ok().flatten()?;
        self.scope.places.set(value, place, false);
        Some(place)
    }

    /// Frees the registers of carried values that the graph does not use.
    fn drop_unused(&mut self, count: usize) {
        for index in 0..count {
            let value = (self.id, Some(index));
            if !self.scope.uses.is_used(value)
                && let Some(register) = self.scope.places.own(value)
            {
                self.compiler.registers.free(register);
            }
        }
    }
}

/// How often a sub-graph runs in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounds {
    One,
    Many,
}

/// An operand.
enum Given {
    Node(NodeId),
    Literal(program::Literal),
}
