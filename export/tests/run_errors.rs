//! Errors of running a program, and the causes that errors wrap.
#![cfg(feature = "tch")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::error::Error;

use tch::{Kind, Tensor};
use torch_export::dispatch::DispatchError;
use torch_export::prelude::*;
use torch_export::program::{
    Argument, ExportedProgram, Graph, GraphOutput, GraphSignature, InputKind, InputSpec, NamedArgument, Node, NodeId,
    NodeKind, NodeValue, OutputKind, OutputSpec, PythonFunction, Sym, Target,
};
use torch_export::pytree::Leaf;
use torch_export::record::RecordError;
use torch_export::symbolic::Expr;
use torch_export::{CallError, ExportError};

/// A program that computes an integer from two int inputs.
fn arithmetic(function: PythonFunction, operands: &[NodeId]) -> ExportedProgram {
    let mut graph = Graph::default();
    let value = |name: &str| NodeValue::Int(Expr::size(name));
    let inputs = ["a", "b"].map(|name| graph.push(Node::new(name, NodeKind::Placeholder, value(name))));
    let operand = |(id, name): (&NodeId, &&str)| NamedArgument::positional(name, Argument::Int(Sym::Node(*id)));
    let arguments = operands.iter().zip(["a", "b", "c"].iter()).map(operand).collect();
    let kind = NodeKind::Call { target: Target::Python(function), arguments };
    let result = graph.push(Node::new(function.base_name(), kind, value("c")));
    graph.outputs = vec![GraphOutput::Node(result)];
    let signature = GraphSignature {
        inputs: inputs.map(|node| InputSpec { node, kind: InputKind::UserInput }).to_vec(),
        outputs: vec![OutputSpec { value: GraphOutput::Node(result), kind: OutputKind::UserOutput }],
    };
    let leaf = TreeSpec::leaf;
    let call = TreeSpec::tuple([TreeSpec::tuple([leaf(), leaf()]), TreeSpec::dict::<&str>([])]);
    ExportedProgram::new(graph, signature, call, leaf())
}

fn computed(function: PythonFunction, a: i64, b: i64) -> Result<i64, String> {
    let operands: &[NodeId] = if function == PythonFunction::Neg { &[NodeId(0)] } else { &[NodeId(0), NodeId(1)] };
    let program = arithmetic(function, operands);
    match program.run(vec![Leaf::Int(a), Leaf::Int(b)]) {
        Ok(outputs) => match outputs[..] {
            [Leaf::Int(v)] => Ok(v),
            _ => panic!("{outputs:?}"),
        },
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn integers_are_computed_as_in_python() {
    use PythonFunction::*;
    for (function, a, b, result) in [
        (Add, 7, -2, 5),
        (Sub, 7, -2, 9),
        (Mul, 7, -2, -14),
        (FloorDiv, 7, -2, -4),
        (FloorDiv, -7, 2, -4),
        (Mod, 7, -2, -1),
        (Mod, -7, 2, 1),
        (Mod, i64::MIN, -1, 0),
        (Pow, 7, 2, 49),
        (Neg, 7, 0, -7),
        (Max, 7, -2, 7),
        (Min, 7, -2, -2),
    ] {
        assert_eq!(computed(function, a, b), Ok(result), "{function:?} of {a} and {b}");
    }
}

#[test]
fn a_power_with_a_negative_exponent_is_a_float_as_in_python() {
    let program = arithmetic(PythonFunction::Pow, &[NodeId(0), NodeId(1)]);
    for (a, b, result) in [(2, -1, 0.5), (-4, -3, -0.015625)] {
        let outputs = program.run(vec![Leaf::Int(a), Leaf::Int(b)]).unwrap();
        assert!(matches!(outputs[..], [Leaf::Float(v)] if v == result), "{outputs:?}");
    }
    assert!(program.run(vec![Leaf::Int(0), Leaf::Int(-1)]).is_err(), "a division by zero in Python");
}

#[test]
fn an_integer_that_cannot_be_computed_names_the_node_and_its_operands() {
    use PythonFunction::*;
    let zero = "division by zero";
    let range = "the result is not an integer of 64 bits";
    for (function, a, b, node, expression, reason) in [
        (FloorDiv, 7, 0, "floordiv", "7 // 0", zero),
        (Mod, -7, 0, "mod", "-7 % 0", zero),
        (FloorDiv, i64::MIN, -1, "floordiv", "-9223372036854775808 // -1", range),
        (Add, i64::MAX, 1, "add", "9223372036854775807 + 1", range),
        (Mul, i64::MAX, 2, "mul", "9223372036854775807 * 2", range),
        (Pow, 2, 64, "pow", "2 ** 64", range),
        (Neg, i64::MIN, 0, "neg", "--9223372036854775808", range),
    ] {
        let expected = format!(
            "node `{node}` cannot compute `{expression}`: {reason}; the program is not made for inputs of these sizes"
        );
        assert_eq!(computed(function, a, b), Err(expected));
    }
}

#[test]
fn a_graph_that_is_not_valid_names_the_node() {
    let problem =
        |program: &ExportedProgram| program.run(vec![Leaf::Int(1), Leaf::Int(2)]).map(|_| ()).unwrap_err().to_string();
    let missing = arithmetic(PythonFunction::Add, &[NodeId(0), NodeId(9)]);
    assert_eq!(problem(&missing), "the graph is not valid: node `add` uses a value as a number that is not one");
    let three = arithmetic(PythonFunction::Max, &[NodeId(0), NodeId(1), NodeId(0)]);
    assert_eq!(problem(&three), "the graph is not valid: node `sym_max` has the wrong number or kind of operands");
}

/// The messages of the errors that an error wraps, the direct cause first.
fn causes(error: &dyn Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}

#[test]
fn errors_that_wrap_another_have_it_as_their_source() {
    let op = || "aten.relu.default".parse().unwrap();
    let dispatch = || DispatchError::Torch { op: op(), message: "no kernel".to_owned() };
    let call = || CallError::Op { node: "relu".to_owned(), source: dispatch() };
    let record = || Box::new(RecordError::Nested);
    let text = String::new;

    assert_eq!(causes(&call()), [dispatch().to_string()]);
    // A transparent variant is its inner error, and has the same source.
    let export = ExportError::Verify { sizes: text(), source: Box::new(call()) };
    assert_eq!(causes(&export), [call().to_string(), dispatch().to_string()]);
    let export = ExportError::Capture { sizes: text(), source: record() };
    assert_eq!(causes(&export), [RecordError::Nested.to_string()]);
    let tch = || Tensor::from_slice(&[1.0]).f_view([7]).unwrap_err();
    let causes_of_inputs = causes(&ExportError::Inputs(tch()));
    assert!(causes_of_inputs[0].starts_with("Internal torch error: shape '[7]' is invalid"), "{causes_of_inputs:?}");
    for (transparent, inner) in [
        (ExportError::from(dispatch()), causes(&dispatch())),
        (ExportError::Capture { sizes: text(), source: Box::new(dispatch().into()) }, vec![dispatch().to_string()]),
    ] {
        assert_eq!(causes(&transparent), inner, "{transparent}");
    }

    // The result is a tensor and not the requested pair.
    let x = Tensor::ones([2], (Kind::Float, tch::Device::Cpu));
    let output = pytree_mismatch(&x);
    let CallError::Output(inner) = &output else { panic!("{output}") };
    assert_eq!(causes(&output)[0], inner.to_string());
}

struct Identity;

#[module]
impl Identity {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.relu()
    }
}

fn pytree_mismatch(x: &Tensor) -> CallError {
    let inputs = ModelInputs::new(&Identity, [Identity::args(x.shallow_clone())]).unwrap();
    let program = Export::new(&Identity, &inputs).run().unwrap();
    program.call::<_, (Tensor, Tensor)>(&Identity::args(x.shallow_clone())).unwrap_err()
}
