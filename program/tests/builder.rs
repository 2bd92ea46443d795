//! Programs that are built by hand.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use program::{Argument, ExportedProgram, NamedArgument, NodeValue, Problem, ProgramBuilder, Storage, TensorData};
use pytree_core::{DType, TensorType};
use symbolic::{Expr, Symbol, ValueRange};

fn tensor(sizes: [i64; 2]) -> TensorType<Expr> {
    TensorType::contiguous(DType::Float32, sizes).map(|n| Expr::int(*n))
}

fn weight() -> TensorData {
    let bytes: Vec<u8> = (0..12).flat_map(|i| (i as f32).to_le_bytes()).collect();
    TensorData::new(TensorType::contiguous(DType::Float32, [3, 4]), true, Storage::new(bytes))
}

/// `linear(x, fc.weight)`, with these arguments.
fn linear(
    arguments: impl FnOnce(program::NodeId, program::NodeId) -> Vec<NamedArgument>,
) -> Result<ExportedProgram, Problem> {
    let mut builder = ProgramBuilder::new();
    let batch = builder.symbol(Symbol::size("s77"), ValueRange::SIZE, 2);
    let (mut of_x, mut of_y) = (tensor([2, 4]), tensor([2, 3]));
    (of_x.sizes[0], of_y.sizes[0]) = (batch.clone(), batch);
    let w = builder.parameter("fc.weight", weight());
    let x = builder.input("x", of_x);
    let y = builder.call("aten.linear.default", arguments(x, w), NodeValue::Tensor(of_y)).unwrap();
    builder.finish(&[y]).map_err(|finding| finding.problem)
}

fn tensors(x: program::NodeId, w: program::NodeId) -> Vec<NamedArgument> {
    vec![
        NamedArgument::positional("input", Argument::Tensor(x)),
        NamedArgument::positional("weight", Argument::Tensor(w)),
    ]
}

#[test]
fn a_program_that_was_built_is_saved_and_read() {
    let program = linear(tensors).unwrap();
    let text = program.to_string();
    assert!(text.contains("p_fc_weight: \"f32[3, 4]\"") && text.contains("linear: \"f32[s77, 3]\""), "{text}");
    let again = ExportedProgram::read(program.to_bytes().unwrap()).unwrap();
    assert_eq!(again.to_string(), text);
}

#[test]
fn mistakes_are_found_by_name() {
    let problem =
        |arguments: fn(program::NodeId, program::NodeId) -> Vec<NamedArgument>| linear(arguments).unwrap_err();
    assert!(matches!(
        problem(|x, _| vec![NamedArgument::positional("input", Argument::Tensor(x))]),
        Problem::MissingArgument { argument: "weight", .. }
    ));
    assert!(matches!(
        problem(|x, w| [tensors(x, w), vec![NamedArgument::keyword("bias", Argument::Str("no".to_owned()))]].concat()),
        Problem::Type { .. }
    ));
    assert!(matches!(
        problem(|x, w| [tensors(x, w), vec![NamedArgument::keyword("gain", Argument::None)]].concat()),
        Problem::UnknownArgument { .. }
    ));
    assert!(matches!(problem(|x, w| tensors(x, w).into_iter().rev().collect()), Problem::Order { .. }));
    assert!(matches!(problem(|x, _| tensors(x, program::NodeId(9))), Problem::NotBefore { id: 9 }));
}
