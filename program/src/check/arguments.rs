//! Checks of the arguments and results of calls against the schema of the operator.

use super::graph::kind;
use super::schema::{Schema, SchemaType};
use super::{Problem, Report};
use crate::graph::{Argument, Graph, Literal, NamedArgument, Node, NodeId, NodeValue, Operand};
use crate::op::OpName;
use crate::pt2::cut;

/// Checks that the nodes in an argument have values of its kind. `operands`: whether it may be the operands of a sub-graph, a
/// list that PyTorch writes as one of tensors, although there may be numbers in it.
pub(super) fn values(graph: &Graph, argument: &Argument, operands: bool) -> Result<(), Problem> {
    let mut checked = Ok(());
    argument.operands(&mut |id, operand| {
        if checked.is_ok() {
            let node = graph.node(*id);
            let number = matches!(node.value, NodeValue::Int(_) | NodeValue::Float(_) | NodeValue::Bool(_));
            if !(operands && number && matches!(operand, Operand::ListedTensor)) {
                checked = value(node, operand);
            }
        }
    });
    checked
}

fn value(node: &Node, operand: Operand) -> Result<(), Problem> {
    let (expected, is) = match (operand, &node.value) {
        // A result that PyTorch leaves out, or an input without a value, is `None` where a tensor stands.
        (Operand::Tensor, NodeValue::Literal(Literal::None) | NodeValue::Object { .. }) => ("a tensor", true),
        (Operand::Tensor | Operand::ListedTensor, value) => ("a tensor", matches!(value, NodeValue::Tensor(_))),
        (Operand::Int, value) => ("an int", matches!(value, NodeValue::Int(_) | NodeValue::Literal(Literal::Int(_)))),
        (Operand::Float, value) => {
            ("a float", matches!(value, NodeValue::Float(_) | NodeValue::Literal(Literal::Float(_))))
        }
        (Operand::Bool, value) => {
            ("a bool", matches!(value, NodeValue::Bool(_) | NodeValue::Literal(Literal::Bool(_))))
        }
        (Operand::Object, value) => ("an object", matches!(value, NodeValue::Object { .. })),
    };
    if is { Ok(()) } else { Err(Problem::Kind { name: node.name.clone(), expected, found: kind(&node.value) }) }
}

/// Checks a call against the schema of its operator.
pub(super) fn check(
    graph: &Graph,
    node: &Node,
    op: &OpName,
    schema: &Schema,
    arguments: &[NamedArgument],
    place: &str,
    report: &mut Report,
) {
    let mut given = vec![false; schema.arguments.len()];
    let mut last = None;
    for argument in arguments {
        let at = || format!("{place}, argument `{}`", cut(&argument.name));
        let found = schema.arguments.iter().position(|known| known.name == argument.name);
        let Some((index, known)) = found.and_then(|index| Some((index, schema.arguments.get(index)?))) else {
            report.add(at(), Problem::UnknownArgument { op: op.to_string() });
            continue;
        };
        match given.get_mut(index) {
            Some(given) if !*given => *given = true,
            _ => report.add(at(), Problem::UnknownArgument { op: op.to_string() }),
        }
        if !argument.keyword {
            // Positional arguments stand in the order of the schema, without gaps.
            let expected = last.map_or(0, |last: usize| last + 1);
            if index != expected || known.keyword_only {
                report.add(at(), Problem::Order { op: op.to_string() });
            }
            last = Some(index);
        }
        if !fits(graph, known.ty, &argument.value) {
            let (expected, found) = (known.ty.to_string(), argument.value.kind());
            report.add(at(), Problem::Type { op: op.to_string(), expected, found });
        }
    }
    for (known, given) in schema.arguments.iter().zip(&given) {
        if !given && !known.has_default {
            report.add(place, Problem::MissingArgument { op: op.to_string(), argument: known.name });
        }
    }
    if !results_fit(&schema.returns, &node.value) {
        let expected: Vec<String> = schema.returns.iter().map(ToString::to_string).collect();
        let expected = if expected.is_empty() { "nothing".to_owned() } else { expected.join(", ") };
        let found = match &node.value {
            NodeValue::Several { count, list: true } => format!("a list of {count} values"),
            NodeValue::Several { count, list: false } => format!("{count} values"),
            value => kind(value).to_owned(),
        };
        report.add(place, Problem::Results { op: op.to_string(), expected, found });
    }
}

/// Whether an argument is of a type. PyTorch converts between numbers, and a number stands for a list of equal ones.
fn fits(graph: &Graph, ty: SchemaType, argument: &Argument) -> bool {
    let none = |id: &NodeId| matches!(graph.node(*id).value, NodeValue::Literal(Literal::None));
    let is_empty_list = match argument {
        Argument::Tensors(items) => items.is_empty(),
        Argument::OptionalTensors(items) => items.is_empty(),
        Argument::Ints(items) => items.is_empty(),
        Argument::Floats(items) => items.is_empty(),
        Argument::Bools(items) => items.is_empty(),
        Argument::Strs(items) => items.is_empty(),
        _ => false,
    };
    if ty.is_list && is_empty_list {
        return true;
    }
    match (ty.base, argument) {
        (_, Argument::None) => ty.is_optional || ty.base == "Generator",
        ("Tensor", Argument::Tensor(id)) => !ty.is_list && (ty.is_optional || !none(id)),
        ("Tensor", Argument::Tensors(_)) => ty.is_list,
        ("Tensor", Argument::OptionalTensors(_)) => ty.is_list && ty.has_optional_elements,
        // A number where a tensor is needed becomes one.
        ("Tensor", Argument::Int(_) | Argument::Float(_) | Argument::Bool(_) | Argument::Complex(..)) => !ty.is_list,
        ("int" | "SymInt", Argument::Int(_) | Argument::Bool(_)) => true,
        ("int" | "SymInt", Argument::Ints(_)) => ty.is_list,
        ("float", Argument::Float(_) | Argument::Int(_) | Argument::Bool(_)) => true,
        ("float", Argument::Floats(_) | Argument::Ints(_)) => ty.is_list,
        ("bool" | "SymBool", Argument::Bool(_) | Argument::Int(_)) => true,
        ("bool", Argument::Bools(_) | Argument::Ints(_)) => ty.is_list,
        ("Scalar", Argument::Int(_) | Argument::Float(_) | Argument::Bool(_) | Argument::Complex(..)) => !ty.is_list,
        ("Scalar", Argument::Ints(_) | Argument::Floats(_) | Argument::Bools(_)) => ty.is_list,
        ("complex", Argument::Complex(..) | Argument::Float(_) | Argument::Int(_)) => !ty.is_list,
        ("str", Argument::Str(_)) => !ty.is_list,
        ("str", Argument::Strs(_)) => ty.is_list,
        ("ScalarType", Argument::DType(_)) => true,
        ("Layout", Argument::Layout(_)) => true,
        ("MemoryFormat", Argument::MemoryFormat(_)) => true,
        ("Device", Argument::Device(_)) => true,
        (
            "Tensor" | "int" | "SymInt" | "float" | "bool" | "SymBool" | "Scalar" | "complex" | "str" | "ScalarType"
            | "Layout" | "MemoryFormat" | "Device",
            _,
        ) => false,
        // A type that only some operators have: a class, a stream, anything.
        _ => true,
    }
}

fn results_fit(returns: &[SchemaType], value: &NodeValue) -> bool {
    match (returns, value) {
        ([], NodeValue::Nothing | NodeValue::Literal(Literal::None)) => true,
        ([ty], NodeValue::Several { list: true, .. }) => ty.is_list,
        ([ty], NodeValue::Tensor(_)) => ty.base == "Tensor" && !ty.is_list,
        // What is read from a tensor is a number, and a type or a missing tensor is None.
        ([ty], value) => !ty.is_list && !matches!(value, NodeValue::Several { .. } | NodeValue::Nothing),
        (many, NodeValue::Several { count, list: false }) => many.len() == *count,
        _ => false,
    }
}

impl Argument {
    /// Its type in schema notation: `int[]`.
    pub fn kind(&self) -> &'static str {
        match self {
            Argument::None => "None",
            Argument::Tensor(_) => "Tensor",
            Argument::Tensors(_) => "Tensor[]",
            Argument::OptionalTensors(_) => "Tensor?[]",
            Argument::NestedTensors(_) => "Tensor[][]",
            Argument::Int(_) => "int",
            Argument::Ints(_) => "int[]",
            Argument::IntLists(_) => "int[][]",
            Argument::Float(_) => "float",
            Argument::Floats(_) => "float[]",
            Argument::FloatLists(_) => "float[][]",
            Argument::Bool(_) => "bool",
            Argument::Bools(_) => "bool[]",
            Argument::Str(_) => "str",
            Argument::Strs(_) => "str[]",
            Argument::Dict(_) => "Dict",
            Argument::Complex(..) => "complex",
            Argument::DType(_) => "ScalarType",
            Argument::Layout(_) => "Layout",
            Argument::MemoryFormat(_) => "MemoryFormat",
            Argument::Device(_) => "Device",
            Argument::CustomObject(_) => "object",
            Argument::Operator(_) => "operator",
            Argument::Graph { .. } => "graph",
        }
    }
}

impl std::fmt::Display for SchemaType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.base)?;
        if self.is_list {
            f.write_str(if self.has_optional_elements { "?[]" } else { "[]" })?;
        }
        f.write_str(if self.is_optional { "?" } else { "" })
    }
}
