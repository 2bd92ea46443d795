//! The interpreter.

use super::CallError;
use super::carried::Carried;
use crate::dispatch::{self, DispatchError, Schema, Value};
use crate::program::{
    Argument, ExportedProgram, GraphOutput, InputKind, Int, IntOp, Literal, Node, NodeId, NodeKind, NodeValue,
};
use pytree_core::{Leaf, Tch};
use tch::Tensor;

/// What a node gave.
enum Held {
    Tensor(Tensor),
    Int(i64),
    Many(Vec<Tensor>),
    Plain(Leaf<Tch>),
    Nothing,
}

/// A program with the values that its nodes have given so far.
pub(super) struct Interpreter<'p> {
    program: &'p ExportedProgram,
    carried: &'p Carried,
    values: Vec<Held>,
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
                    let spec = specs.next().ok_or_else(|| missing(node, "a placeholder without a signature"))?;
                    match (spec.kind, &spec.target) {
                        (InputKind::UserInput, _) => match inputs.next() {
                            Some(Leaf::Tensor(tensor)) => Held::Tensor(tensor),
                            Some(Leaf::Int(v)) => Held::Int(v),
                            Some(plain) => Held::Plain(plain),
                            None => return Err(missing(node, "an input that was not given")),
                        },
                        (_, target) => Held::Tensor(self.carried.tensor(node, target.as_deref().unwrap_or_default())?),
                    }
                }
                NodeKind::Item { of, index } => match self.values.get(of.0) {
                    Some(Held::Many(items)) => match items.get(*index) {
                        Some(tensor) => Held::Tensor(tensor.shallow_clone()),
                        None => return Err(missing(node, "a result that the call did not give")),
                    },
                    _ => return Err(missing(node, "a value that is not several")),
                },
                NodeKind::Integer { op, arguments } => Held::Int(self.integer(node, *op, arguments)?),
                NodeKind::Call { op, arguments } => {
                    let failed = |error| CallError::Op { node: node.name.clone(), error };
                    let schema = Schema::of(op).map_err(failed)?;
                    let mut named = Vec::with_capacity(arguments.len());
                    for argument in arguments {
                        named.push((argument.name.as_str(), self.argument(node, &argument.value)?));
                    }
                    let args = schema.arrange(named).map_err(failed)?;
                    let results = dispatch::call(op, &args).map_err(failed)?;
                    held(node, results).map_err(failed)?
                }
            };
            self.values.push(value);
        }
        self.program.graph.outputs.iter().map(|output| self.output(output)).collect()
    }

    fn tensor(&self, node: &Node, id: NodeId) -> Result<Tensor, CallError> {
        match self.values.get(id.0) {
            Some(Held::Tensor(tensor)) => Ok(tensor.shallow_clone()),
            _ => Err(missing(node, "a value that is no tensor")),
        }
    }

    fn int(&self, node: &Node, int: Int) -> Result<i64, CallError> {
        match int {
            Int::Number(v) => Ok(v),
            Int::Node(id) => match self.values.get(id.0) {
                Some(Held::Int(v)) => Ok(*v),
                _ => Err(missing(node, "a value that is no int")),
            },
        }
    }

    fn argument(&self, node: &Node, argument: &Argument) -> Result<Value<Tensor>, CallError> {
        let with_tensors = argument.clone().try_map(|id| self.tensor(node, id))?;
        with_tensors.try_map_ints(|int| self.int(node, int))
    }

    fn integer(&self, node: &Node, op: IntOp, arguments: &[Int]) -> Result<i64, CallError> {
        let values = arguments.iter().map(|int| self.int(node, *int)).collect::<Result<Vec<_>, _>>()?;
        let result = match (op, values.as_slice()) {
            (IntOp::Add, [a, b]) => a.checked_add(*b),
            (IntOp::Sub, [a, b]) => a.checked_sub(*b),
            (IntOp::Mul, [a, b]) => a.checked_mul(*b),
            (IntOp::FloorDiv, [a, b]) if *b != 0 => Some(floor_div(*a, *b)),
            (IntOp::Mod, [a, b]) if *b != 0 => Some(a - floor_div(*a, *b) * b),
            (IntOp::Pow, [a, b]) => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)),
            (IntOp::Neg, [a]) => a.checked_neg(),
            (IntOp::Max, [a, b]) => Some(*a.max(b)),
            (IntOp::Min, [a, b]) => Some(*a.min(b)),
            _ => None,
        };
        result.ok_or_else(|| missing(node, &format!("`{}` of {values:?}, which is no int", op.symbol())))
    }

    fn output(&self, output: &GraphOutput) -> Result<Leaf<Tch>, CallError> {
        match output {
            GraphOutput::Literal(literal) => Ok(leaf_of(literal)),
            GraphOutput::Node(id) => match self.values.get(id.0) {
                Some(Held::Tensor(tensor)) => Ok(Leaf::Tensor(tensor.shallow_clone())),
                Some(Held::Int(v)) => Ok(Leaf::Int(*v)),
                Some(Held::Plain(plain)) => Ok(plain.as_ref().map(Tensor::shallow_clone)),
                _ => Err(missing(self.program.graph.node(*id), "a value that cannot be returned")),
            },
        }
    }
}

/// Rounds down, as Python does; Rust rounds towards zero.
fn floor_div(a: i64, b: i64) -> i64 {
    let quotient = a.wrapping_div(b);
    if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

pub(super) fn missing(node: &Node, what: &str) -> CallError {
    CallError::Graph { node: node.name.clone(), missing: what.to_owned() }
}

/// What a call gave, in the form its node's value says.
fn held(node: &Node, results: Vec<Value<Tensor>>) -> Result<Held, DispatchError> {
    let mut results = results;
    Ok(match (&node.value, results.len()) {
        (NodeValue::Many { list: false, .. }, _) => Held::Many(
            results
                .into_iter()
                .flat_map(|r| match r {
                    Value::Tensor(t) => Some(t),
                    _ => None,
                })
                .collect(),
        ),
        (_, 0) => Held::Nothing,
        _ => match results.swap_remove(0) {
            Value::Tensor(tensor) => Held::Tensor(tensor),
            Value::Tensors(tensors) => Held::Many(tensors),
            Value::Int(v) => Held::Int(v),
            Value::Float(v) => Held::Plain(Leaf::Float(v)),
            Value::Bool(v) => Held::Plain(Leaf::Bool(v)),
            _ => Held::Nothing,
        },
    })
}

fn leaf_of(literal: &Literal) -> Leaf<Tch> {
    match literal {
        Literal::None => Leaf::None,
        Literal::Int(v) => Leaf::Int(*v),
        Literal::Float(v) => Leaf::Float(*v),
        Literal::Bool(v) => Leaf::Bool(*v),
        Literal::Str(v) => Leaf::Str(v.clone()),
    }
}
