//! The interpreter: runs the nodes of a graph in order.

use super::CallError;
use super::carried::Carried;
use super::number::{NoResult, Number, apply};
use crate::dispatch::{self, DispatchError, Schema};
use program::{
    Argument, ExportedProgram, GraphOutput, NamedArgument, Node, NodeId, NodeKind, NodeValue, PythonFunction, Sym,
    Target, Value,
};
use pytree_core::{Leaf, Tch};
use tch::Tensor;

/// The op that checks a condition on numbers.
const ASSERT_SCALAR: &str = "aten._assert_scalar.default";

/// The value of a node.
enum NodeResult {
    Tensor(Tensor),
    Number(Number),
    Several(Vec<Tensor>),
    Plain(Leaf<Tch>),
    Nothing,
}

/// A program and the values of the nodes that have run so far.
pub(super) struct Interpreter<'p> {
    program: &'p ExportedProgram,
    carried: &'p Carried,
    values: Vec<NodeResult>,
}

impl<'p> Interpreter<'p> {
    pub(super) fn new(program: &'p ExportedProgram, carried: &'p Carried) -> Self {
        Interpreter { program, carried, values: Vec::with_capacity(program.graph.nodes.len()) }
    }

    pub(super) fn run(mut self, inputs: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, CallError> {
        let mut inputs = inputs.into_iter();
        let mut specs = self.program.signature.inputs.iter();
        for node in &self.program.graph.nodes {
            let value = match &node.kind {
                NodeKind::Placeholder => {
                    let spec = specs.next().ok_or_else(|| CallError::invalid(node, "is not in the signature"))?;
                    match spec.kind.target() {
                        None => match inputs.next() {
                            Some(Leaf::Tensor(tensor)) => NodeResult::Tensor(tensor),
                            Some(Leaf::Int(v)) => NodeResult::Number(Number::Int(v)),
                            Some(plain) => NodeResult::Plain(plain),
                            None => return Err(CallError::invalid(node, "has no input")),
                        },
                        Some(target) => NodeResult::Tensor(self.carried.tensor(node, target)?),
                    }
                }
                NodeKind::Item { of, index } => match self.values.get(of.0) {
                    Some(NodeResult::Several(items)) => match items.get(*index) {
                        Some(tensor) => NodeResult::Tensor(tensor.shallow_clone()),
                        None => return Err(CallError::invalid(node, "takes a result that its call does not give")),
                    },
                    _ => return Err(CallError::invalid(node, "takes an item of a value that does not have items")),
                },
                NodeKind::Call { target: Target::Python(function), arguments } => {
                    NodeResult::Number(self.computed(node, *function, arguments)?)
                }
                NodeKind::Call { target: Target::Op(op), arguments } if op.to_string() == ASSERT_SCALAR => {
                    self.assert_scalar(node, arguments)?;
                    NodeResult::Nothing
                }
                NodeKind::Call { target: Target::Op(op), arguments } => {
                    let failed = |source| CallError::Op { node: node.name.clone(), source };
                    let schema = Schema::of(op).map_err(failed)?;
                    let mut named = Vec::with_capacity(arguments.len());
                    for argument in arguments {
                        named.push((argument.name.as_str(), self.argument(node, &argument.value)?));
                    }
                    let args = schema.arrange(named).map_err(failed)?;
                    let results = dispatch::call(op, &args).map_err(failed)?;
                    node_result(node, results).map_err(failed)?
                }
                _ => return Err(CallError::invalid(node, "calls a function that cannot be run here")),
            };
            self.values.push(value);
        }
        self.program.graph.outputs.iter().map(|output| self.output(output)).collect()
    }

    fn tensor(&self, node: &Node, id: NodeId) -> Result<Tensor, CallError> {
        match self.values.get(id.0) {
            Some(NodeResult::Tensor(tensor)) => Ok(tensor.shallow_clone()),
            _ => Err(CallError::invalid(node, "uses a value as a tensor that is not one")),
        }
    }

    /// A plain number, or the one that a node computes.
    fn number<T: Copy>(&self, node: &Node, sym: &Sym<T>, plain: fn(T) -> Number) -> Result<Number, CallError> {
        match sym {
            Sym::Value(v) => Ok(plain(*v)),
            Sym::Node(id) => match self.values.get(id.0) {
                Some(NodeResult::Number(number)) => Ok(*number),
                _ => Err(CallError::invalid(node, "uses a value as a number that is not one")),
            },
        }
    }

    fn int(&self, node: &Node, int: &Sym<i64>) -> Result<i64, CallError> {
        match self.number(node, int, Number::Int)? {
            Number::Int(v) => Ok(v),
            _ => Err(CallError::invalid(node, "uses a value as an int that is not one")),
        }
    }

    fn float(&self, node: &Node, float: &Sym<f64>) -> Result<f64, CallError> {
        match self.number(node, float, Number::Float)? {
            Number::Float(v) => Ok(v),
            _ => Err(CallError::invalid(node, "uses a value as a float that is not one")),
        }
    }

    fn truth(&self, node: &Node, truth: &Sym<bool>) -> Result<bool, CallError> {
        match self.number(node, truth, Number::Bool)? {
            Number::Bool(v) => Ok(v),
            _ => Err(CallError::invalid(node, "uses a value as a bool that is not one")),
        }
    }

    fn argument(&self, node: &Node, argument: &Argument) -> Result<Value<Tensor>, CallError> {
        let one = |id: &NodeId| self.tensor(node, *id);
        Ok(match argument {
            Argument::None => Value::None,
            Argument::Tensor(id) => Value::Tensor(one(id)?),
            Argument::Tensors(ids) => Value::Tensors(ids.iter().map(one).collect::<Result<_, _>>()?),
            Argument::OptionalTensors(ids) => {
                let optional = |id: &Option<NodeId>| id.as_ref().map(one).transpose();
                Value::OptionalTensors(ids.iter().map(optional).collect::<Result<_, _>>()?)
            }
            Argument::Int(v) => Value::Int(self.int(node, v)?),
            Argument::Ints(items) => Value::Ints(items.iter().map(|v| self.int(node, v)).collect::<Result<_, _>>()?),
            Argument::Float(v) => Value::Float(self.float(node, v)?),
            Argument::Floats(items) => {
                Value::Floats(items.iter().map(|v| self.float(node, v)).collect::<Result<_, _>>()?)
            }
            Argument::Bool(v) => Value::Bool(self.truth(node, v)?),
            Argument::Bools(items) => {
                Value::Bools(items.iter().map(|v| self.truth(node, v)).collect::<Result<_, _>>()?)
            }
            Argument::Str(v) => Value::Str(v.clone()),
            Argument::Strs(v) => Value::Strs(v.clone()),
            Argument::Complex(re, im) => Value::Complex(*re, *im),
            Argument::DType(v) => Value::DType(*v),
            Argument::Layout(v) => Value::Layout(*v),
            Argument::MemoryFormat(v) => Value::MemoryFormat(*v),
            Argument::Device(v) => Value::Device(*v),
            _ => return Err(CallError::invalid(node, "has an argument that an op cannot take")),
        })
    }

    /// The result of a Python function on numbers.
    fn computed(
        &self,
        node: &Node,
        function: PythonFunction,
        arguments: &[NamedArgument],
    ) -> Result<Number, CallError> {
        let operand = |argument: &NamedArgument| match &argument.value {
            Argument::Int(v) => self.number(node, v, Number::Int),
            Argument::Float(v) => self.number(node, v, Number::Float),
            Argument::Bool(v) => self.number(node, v, Number::Bool),
            _ => Err(CallError::invalid(node, "has an operand that is not a number")),
        };
        let operands = arguments.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
        apply(function, &operands).map_err(|problem| match problem {
            NoResult::Undefined(reason) => {
                CallError::Arithmetic { node: node.name.clone(), expression: function.applied(&operands), reason }
            }
            NoResult::Operands => CallError::invalid(node, "has the wrong number or kind of operands"),
        })
    }

    /// Fails as PyTorch does if a check of the program does not hold.
    fn assert_scalar(&self, node: &Node, arguments: &[NamedArgument]) -> Result<(), CallError> {
        let holds = match arguments.first().map(|argument| &argument.value) {
            Some(Argument::Bool(v)) => self.number(node, v, Number::Bool)?,
            Some(Argument::Int(v)) => self.number(node, v, Number::Int)?,
            Some(Argument::Float(v)) => self.number(node, v, Number::Float)?,
            _ => return Err(CallError::invalid(node, "checks a value that is not a number")),
        };
        if holds.is_true() {
            return Ok(());
        }
        let message = arguments.iter().find_map(|argument| match &argument.value {
            Argument::Str(message) => Some(message.clone()),
            _ => None,
        });
        Err(CallError::Assertion { node: node.name.clone(), message: message.unwrap_or_default() })
    }

    fn output(&self, output: &GraphOutput) -> Result<Leaf<Tch>, CallError> {
        match output {
            GraphOutput::Literal(literal) => Ok(literal.as_ref().map(|never| match *never {})),
            GraphOutput::Node(id) => match self.values.get(id.0) {
                Some(NodeResult::Tensor(tensor)) => Ok(Leaf::Tensor(tensor.shallow_clone())),
                Some(NodeResult::Number(number)) => Ok((*number).into()),
                Some(NodeResult::Plain(plain)) => Ok(plain.as_ref().map(Tensor::shallow_clone)),
                _ => Err(CallError::invalid(
                    self.program.graph.node(*id),
                    "is returned, but does not give a tensor or a plain value",
                )),
            },
        }
    }
}

/// The results of a call, in the form that the value of its node describes.
fn node_result(node: &Node, results: Vec<Value<Tensor>>) -> Result<NodeResult, DispatchError> {
    let mut results = results;
    Ok(match (&node.value, results.len()) {
        (NodeValue::Several { list: false, .. }, _) => NodeResult::Several(
            results
                .into_iter()
                .flat_map(|r| match r {
                    Value::Tensor(t) => Some(t),
                    _ => None,
                })
                .collect(),
        ),
        (_, 0) => NodeResult::Nothing,
        _ => match results.swap_remove(0) {
            Value::Tensor(tensor) => NodeResult::Tensor(tensor),
            Value::Tensors(tensors) => NodeResult::Several(tensors),
            Value::Int(v) => NodeResult::Number(Number::Int(v)),
            Value::Float(v) => NodeResult::Number(Number::Float(v)),
            Value::Bool(v) => NodeResult::Number(Number::Bool(v)),
            _ => NodeResult::Nothing,
        },
    })
}
