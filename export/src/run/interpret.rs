//! The interpreter: runs the nodes of a graph in order.

use super::CallError;
use super::carried::Carried;
use crate::dispatch::{self, DispatchError, Schema};
use program::{
    Argument, ExportedProgram, GraphOutput, NamedArgument, Node, NodeId, NodeKind, NodeValue, PythonFunction, Sym,
    Target, Value,
};
use pytree_core::{Leaf, Tch};
use symbolic::arith::floor_div;
use tch::Tensor;

/// The value of a node.
enum NodeResult {
    Tensor(Tensor),
    Int(i64),
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
                            Some(Leaf::Int(v)) => NodeResult::Int(v),
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
                    NodeResult::Int(self.integer(node, *function, arguments)?)
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

    fn int(&self, node: &Node, int: &Sym<i64>) -> Result<i64, CallError> {
        match int {
            Sym::Value(v) => Ok(*v),
            Sym::Node(id) => match self.values.get(id.0) {
                Some(NodeResult::Int(v)) => Ok(*v),
                _ => Err(CallError::invalid(node, "uses a value as an int that is not one")),
            },
        }
    }

    fn argument(&self, node: &Node, argument: &Argument) -> Result<Value<Tensor>, CallError> {
        fn values<T: Copy>(node: &Node, items: &[Sym<T>]) -> Result<Vec<T>, CallError> {
            let value = |sym: &Sym<T>| sym.value().copied();
            let values: Option<Vec<T>> = items.iter().map(value).collect();
            values.ok_or_else(|| CallError::invalid(node, "uses a computed float or bool, which cannot be run here"))
        }
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
            Argument::Float(v) => Value::Float(values(node, std::slice::from_ref(v))?[0]),
            Argument::Floats(items) => Value::Floats(values(node, items)?),
            Argument::Bool(v) => Value::Bool(values(node, std::slice::from_ref(v))?[0]),
            Argument::Bools(items) => Value::Bools(values(node, items)?),
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

    fn integer(&self, node: &Node, function: PythonFunction, arguments: &[NamedArgument]) -> Result<i64, CallError> {
        let operand = |argument: &NamedArgument| match &argument.value {
            Argument::Int(v) => self.int(node, v),
            _ => Err(CallError::invalid(node, "has an operand that is not an int")),
        };
        let values = arguments.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
        let failed =
            |reason| CallError::Arithmetic { node: node.name.clone(), expression: function.applied(&values), reason };
        // Operands of 64 bits cannot overflow 128.
        let floor = |a: i64, b: i64| floor_div(a.into(), b.into());
        let result = match (function, values.as_slice()) {
            (PythonFunction::Add, [a, b]) => a.checked_add(*b),
            (PythonFunction::Sub, [a, b]) => a.checked_sub(*b),
            (PythonFunction::Mul, [a, b]) => a.checked_mul(*b),
            (PythonFunction::FloorDiv | PythonFunction::Mod, [_, 0]) => return Err(failed("division by zero")),
            (PythonFunction::FloorDiv, [a, b]) => i64::try_from(floor(*a, *b)).ok(),
            (PythonFunction::Mod, [a, b]) => i64::try_from(i128::from(*a) - floor(*a, *b) * i128::from(*b)).ok(),
            (PythonFunction::Pow, [a, b]) => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)),
            (PythonFunction::Neg, [a]) => a.checked_neg(),
            (PythonFunction::Max, [a, b]) => Some(*a.max(b)),
            (PythonFunction::Min, [a, b]) => Some(*a.min(b)),
            (PythonFunction::Neg, _) | (_, [] | [_] | [_, _, _, ..]) => {
                return Err(CallError::invalid(node, "has the wrong number of operands"));
            }
            _ => return Err(CallError::invalid(node, "calls a function that cannot be run here")),
        };
        result.ok_or_else(|| failed("the result is not an integer of 64 bits"))
    }

    fn output(&self, output: &GraphOutput) -> Result<Leaf<Tch>, CallError> {
        match output {
            GraphOutput::Literal(literal) => Ok(literal.as_ref().map(|never| match *never {})),
            GraphOutput::Node(id) => match self.values.get(id.0) {
                Some(NodeResult::Tensor(tensor)) => Ok(Leaf::Tensor(tensor.shallow_clone())),
                Some(NodeResult::Int(v)) => Ok(Leaf::Int(*v)),
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
            Value::Int(v) => NodeResult::Int(v),
            Value::Float(v) => NodeResult::Plain(Leaf::Float(v)),
            Value::Bool(v) => NodeResult::Plain(Leaf::Bool(v)),
            _ => NodeResult::Nothing,
        },
    })
}
