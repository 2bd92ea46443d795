//! Runs a plan in a frame.

use super::step::{Body, Condition, Higher, Operand, Place, Region, Source, Step};
use super::{Called, Plan, Returned};
use crate::dispatch::ffi::{Frame, RawNumber, ShimError, with_autocast, with_grad_mode};
use crate::dispatch::{DispatchError, first_line};
use crate::run::CallError;
use crate::run::number::{NoResult, Number, apply};
use program::Literal;
use pytree_core::{Family, Leaf, LeafRef, Tch};
use tch::Tensor;

/// Ops that check a condition and give nothing.
const ASSERTIONS: [&str; 6] = [
    "aten._assert_async.default",
    "aten._assert_async.msg",
    "aten._assert_tensor_metadata.default",
    "aten._functional_assert_async.msg",
    "aten.sym_constrain_range.default",
    "aten.sym_constrain_range_for_size.default",
];

/// How a call treats gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::run) enum Mode {
    /// Without gradients, in libtorch's inference mode.
    Inference,
    /// With gradients where the caller's thread records them.
    Gradients,
}

/// One call of a plan.
pub(in crate::run) struct Execution<'c> {
    plan: &'c Plan,
    pub(super) frame: &'c mut Frame,
    mode: Mode,
    /// How many regions of `vmap` are open.
    pub(super) regions: usize,
}

impl<'c> Execution<'c> {
    /// A call in a frame that holds the state in its first registers.
    pub(in crate::run) fn new(plan: &'c Plan, frame: &'c mut Frame, mode: Mode) -> Self {
        Execution { plan, frame, mode, regions: 0 }
    }

    /// Runs the plan. Afterwards the frame holds the state and nothing else.
    pub(in crate::run) fn run(mut self, leaves: &[LeafRef<'_, Tch>]) -> Result<Vec<Leaf<Tch>>, CallError> {
        let outputs = self.steps(leaves);
        self.leave_regions();
        self.frame.clear(self.plan.state.len());
        outputs
    }

    fn steps(&mut self, leaves: &[LeafRef<'_, Tch>]) -> Result<Vec<Leaf<Tch>>, CallError> {
        for (place, leaf) in self.plan.inputs.iter().zip(leaves) {
            match (place, leaf) {
                (Some(Place::Register(register)), LeafRef::Tensor(tensor)) => self.frame.set(*register, tensor),
                (Some(Place::Number(place)), leaf) => match number_of(leaf) {
                    Some(number) => self.set_number(*place, number),
                    None => return Err(CallError::graph("", "an input that is not a number is used as one")),
                },
                (Some(Place::Register(_)), _) => {
                    return Err(CallError::graph("", "an input that is not a tensor is used as one"));
                }
                (None, _) => {}
            }
        }
        let plan = self.plan;
        self.body(&plan.body)?;
        plan.outputs.iter().map(|output| self.returned(output)).collect()
    }

    fn returned(&mut self, output: &Returned) -> Result<Leaf<Tch>, CallError> {
        Ok(match output {
            Returned::Tensor { register, keep } => {
                let tensor = self.frame.take(*register, *keep);
                Leaf::Tensor(tensor.map_err(|e| CallError::op("output", DispatchError::tensor(e)))?)
            }
            Returned::Number(place) => self.number(*place).into(),
            Returned::Literal(literal) => literal.as_ref().map(|never| match *never {}),
        })
    }

    fn number(&mut self, place: usize) -> Number {
        self.frame.numbers().get(place).copied().map_or(Number::Int(0), Number::from)
    }

    fn set_number(&mut self, place: usize, number: Number) {
        if let Some(to) = self.frame.numbers().get_mut(place) {
            *to = number.into();
        }
    }

    pub(super) fn is_inference(&self) -> bool {
        self.mode == Mode::Inference
    }

    pub(super) fn operand(&mut self, operand: Operand) -> Number {
        match operand {
            Operand::Value(number) => number,
            Operand::Place(place) => self.number(place),
        }
    }

    pub(super) fn name(&self, node: usize) -> &str {
        self.plan.nodes.get(node).map_or("", |name| name)
    }

    fn body(&mut self, body: &Body) -> Result<(), CallError> {
        for step in &body.steps {
            match step {
                Step::Calls { from, to } => {
                    let ran = self.plan.calls.run(self.frame, *from, *to, self.is_inference());
                    ran.map_err(|(index, error)| failed(self.plan.called.get(index), error))?;
                }
                Step::Compute { node, function, operands, to } => {
                    let mut values = [Number::Int(0); 3];
                    for (value, operand) in values.iter_mut().zip(operands) {
                        *value = self.operand(*operand);
                    }
                    let values = values.get(..operands.len()).unwrap_or_default();
                    let result = apply(*function, values).map_err(|problem| match problem {
                        NoResult::Undefined(reason) => CallError::Arithmetic {
                            node: self.name(*node).to_owned(),
                            expression: function.applied(values),
                            reason,
                        },
                        NoResult::Operands => {
                            CallError::graph(self.name(*node), "has the wrong number or kind of operands")
                        }
                    })?;
                    self.set_number(*to, result);
                }
                Step::Assert { node, condition, message } => {
                    if !self.operand(*condition).is_true() {
                        let node = self.name(*node).to_owned();
                        return Err(CallError::Assertion { node, message: message.to_string() });
                    }
                }
                Step::Vmap { node, op } => self.vmap(*node, *op)?,
                Step::Higher { node, op } => self.higher(*node, op)?,
            }
        }
        Ok(())
    }

    fn higher(&mut self, node: usize, op: &Higher) -> Result<(), CallError> {
        match op {
            Higher::Cond { condition, yes, no, operands, results } => {
                let body = if self.holds(node, *condition)? { yes } else { no };
                self.give(operands, &body.inputs);
                self.body(body)?;
                self.give(&body.outputs, results);
            }
            Higher::While { condition, body, init, more, carried } => {
                self.give(init, carried);
                let values: Vec<Source> = carried.iter().map(|place| at(*place, true)).collect();
                let moved: Vec<Source> = carried.iter().map(|place| at(*place, false)).collect();
                let count = carried.len();
                loop {
                    let (first, rest) = split(&condition.inputs, count);
                    self.give(&values, first);
                    self.give(more, rest);
                    self.body(condition)?;
                    let goes_on = match condition.outputs.first() {
                        Some(Source::Register { register, .. }) => self.holds(node, Condition::Tensor(*register))?,
                        Some(Source::Number(place)) => self.number(*place).is_true(),
                        Some(Source::Literal(literal)) => number_of(&literal.as_ref()).is_some_and(Number::is_true),
                        None => false,
                    };
                    if !goes_on {
                        return Ok(());
                    }
                    let (first, rest) = split(&body.inputs, count);
                    self.give(&moved, first);
                    self.give(more, rest);
                    self.body(body)?;
                    self.give(&body.outputs, carried);
                }
            }
            Higher::Scan { body, init, slices, more, carried, stacked } => {
                self.scan(node, body, init, slices, more, carried, stacked)?;
            }
            Higher::Region { region, body, operands, results } => {
                self.give(operands, &body.inputs);
                match *region {
                    Region::Plain => self.body(body)?,
                    // In inference mode gradients are off in any case.
                    Region::Gradients(enabled) => with_grad_mode(enabled, || self.body(body))?,
                    Region::Autocast(autocast) => {
                        let ran = with_autocast(autocast, || self.body(body));
                        ran.map_err(|e| CallError::op(self.name(node), DispatchError::tensor(e)))??;
                    }
                }
                self.give(&body.outputs, results);
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one op")]
    fn scan(
        &mut self,
        node: usize,
        body: &Body,
        init: &[Source],
        slices: &[Source],
        more: &[Source],
        carried: &[Option<Place>],
        stacked: &[Option<Place>],
    ) -> Result<(), CallError> {
        let plan = self.plan;
        let name = plan.nodes.get(node).map_or("", |name| name);
        let torch =
            |e: tch::TchError| CallError::op(name, DispatchError::Tensor { message: first_line(&e.to_string()) });
        self.give(init, carried);
        let mut items: Vec<Vec<Tensor>> = Vec::new();
        for slice in slices {
            let Source::Register { register, .. } = slice else {
                return Err(CallError::graph(name, "goes over a value that is not a tensor"));
            };
            let whole = self.frame.get(*register, true);
            let whole = whole.map_err(|e| CallError::op(name, DispatchError::tensor(e)))?;
            items.push(whole.f_unbind(0).map_err(torch)?);
        }
        let rounds = items.first().map_or(0, Vec::len);
        if items.iter().any(|items| items.len() != rounds) {
            return Err(CallError::graph(name, "goes over tensors of different lengths"));
        }
        if rounds == 0 {
            return Err(CallError::graph(name, "goes over tensors of length 0, which PyTorch cannot do either"));
        }
        let moved: Vec<Source> = carried.iter().map(|place| at(*place, false)).collect();
        let mut results: Vec<Vec<Tensor>> = stacked.iter().map(|_| Vec::with_capacity(rounds)).collect();
        for round in 0..rounds {
            let (first, rest) = split(&body.inputs, carried.len());
            let (sliced, others) = split(rest, items.len());
            self.give(&moved, first);
            self.give(more, others);
            for (items, place) in items.iter().zip(sliced) {
                if let (Some(tensor), Some(Place::Register(register))) = (items.get(round), place) {
                    self.frame.set(*register, tensor);
                }
            }
            self.body(body)?;
            let outputs = body.outputs.get(carried.len()..).unwrap_or_default();
            for ((source, place), results) in outputs.iter().zip(stacked).zip(&mut results) {
                match (source, place) {
                    (_, None) => {}
                    // A carried value may be given back as well, so it stays until it has been carried on.
                    (Source::Register { register, .. }, Some(_)) => {
                        let tensor = self.frame.get(*register, true);
                        results.push(tensor.map_err(|e| CallError::op(name, DispatchError::tensor(e)))?);
                    }
                    _ => return Err(CallError::graph(name, "stacks a value that is not a tensor")),
                }
            }
            self.give(body.outputs.get(..carried.len()).unwrap_or_default(), carried);
        }
        for (results, place) in results.iter().zip(stacked) {
            if let Some(Place::Register(register)) = place {
                let whole = Tensor::f_stack(results, 0).map_err(torch)?;
                self.frame.set(*register, &whole);
            }
        }
        Ok(())
    }

    /// Whether a condition holds (`bool(x)`).
    fn holds(&mut self, node: usize, condition: Condition) -> Result<bool, CallError> {
        match condition {
            Condition::Number(operand) => Ok(self.operand(operand).is_true()),
            Condition::Tensor(register) => {
                let failed = |source| CallError::op(self.plan.nodes.get(node).map_or("", |name| name), source);
                let tensor = self.frame.get(register, true).map_err(|e| failed(DispatchError::tensor(e)))?;
                let holds = tensor.f_is_nonzero();
                holds.map_err(|e| failed(DispatchError::Tensor { message: first_line(&e.to_string()) }))
            }
        }
    }

    /// Hands values over, from places to other places.
    fn give(&mut self, from: &[Source], to: &[Option<Place>]) {
        for (source, place) in from.iter().zip(to) {
            match (source, place) {
                (Source::Register { register, keep }, Some(Place::Register(to))) => {
                    self.frame.transfer(*register, *to, *keep);
                }
                (Source::Number(from), Some(Place::Number(to))) => {
                    let number = self.number(*from);
                    self.set_number(*to, number);
                }
                (Source::Literal(literal), Some(Place::Number(to))) => {
                    if let Some(number) = number_of(&literal.as_ref()) {
                        self.set_number(*to, number);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A place as a source.
fn at(place: Option<Place>, keep: bool) -> Source {
    match place {
        Some(Place::Register(register)) => Source::Register { register, keep },
        Some(Place::Number(place)) => Source::Number(place),
        None => Source::Literal(Literal::None),
    }
}

fn split(places: &[Option<Place>], at: usize) -> (&[Option<Place>], &[Option<Place>]) {
    places.split_at_checked(at).unwrap_or((places, &[]))
}

fn number_of<F: Family>(leaf: &LeafRef<'_, F>) -> Option<Number> {
    match leaf {
        LeafRef::Int(v) => Some(Number::Int(*v)),
        LeafRef::Float(v) => Some(Number::Float(*v)),
        LeafRef::Bool(v) => Some(Number::Bool(*v)),
        _ => None,
    }
}

/// Why a call failed.
fn failed(called: Option<&Called>, error: ShimError) -> CallError {
    let message = match error {
        ShimError::Torch(message) => message,
        ShimError::NoSuchOp => "the op does not exist any more".to_owned(),
        ShimError::BadArgument { expected, .. } => expected,
    };
    let Some(Called { node, op }) = called else { return CallError::graph("", &message) };
    if ASSERTIONS.contains(&op.to_string().as_str()) {
        // The program gives the text, which may have several lines.
        return CallError::Assertion { node: node.to_string(), message };
    }
    CallError::op(node, DispatchError::Torch { op: op.clone(), message: first_line(&message) })
}

impl From<RawNumber> for Number {
    fn from(raw: RawNumber) -> Self {
        match raw.kind {
            1 => Number::Float(f64::from_bits(raw.bits.cast_unsigned())),
            2 => Number::Bool(raw.bits != 0),
            _ => Number::Int(raw.bits),
        }
    }
}

impl From<Number> for RawNumber {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(v) => RawNumber { kind: 0, bits: v },
            Number::Float(v) => RawNumber { kind: 1, bits: v.to_bits().cast_signed() },
            Number::Bool(v) => RawNumber { kind: 2, bits: v.into() },
        }
    }
}
