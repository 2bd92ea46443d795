//! The leaves of a call: from a file, from the command line, constants of the program, random ones.

use super::error::RunError;
use super::files;
use super::names::{self, Input, find};
use super::random::Random;
use super::values::{self, pair};
use crate::cli::RunArgs;
use program::{ExportedProgram, Literal, NodeValue};
use pytree_core::{Leaf, Tch, TensorType};
use symbolic::Expr;
use tch::Tensor;
use torch_export::dispatch::tensor_type;

/// What the user gave for an input.
enum Given {
    Tensor(Tensor),
    Text(String),
}

/// The leaves of a call, and remarks for the user.
pub(super) struct Call {
    pub(super) leaves: Vec<Leaf<Tch>>,
    pub(super) notes: Vec<String>,
}

/// Makes the leaves.
pub(super) fn collect(program: &ExportedProgram, arguments: &RunArgs) -> Result<Call, RunError> {
    let inputs = names::inputs(program);
    let given = given(&inputs, arguments)?;
    let mut notes = Vec::new();
    let mut leaves: Vec<Option<Leaf<Tch>>> = Vec::new();
    for (input, given) in inputs.iter().zip(given) {
        leaves.push(given.map(|given| leaf(input, given, &mut notes)).transpose()?);
    }
    let mut random = match &arguments.random {
        Some(sizes) => Some(Random::new(program, &inputs, &leaves, sizes)?),
        None => None,
    };
    let mut complete = Vec::new();
    for (input, leaf) in inputs.iter().zip(leaves) {
        complete.push(match (leaf, &input.value, &mut random) {
            (Some(leaf), ..) => leaf,
            (None, NodeValue::Literal(literal), _) => plain(literal),
            (None, _, Some(random)) => random.leaf(input, &mut notes)?,
            (None, value, None) => {
                return Err(RunError::Missing { name: input.name().to_owned(), ty: type_text(value) });
            }
        });
    }
    Ok(Call { leaves: complete, notes })
}

/// What is given for each input.
fn given(inputs: &[Input], arguments: &RunArgs) -> Result<Vec<Option<Given>>, RunError> {
    let mut given: Vec<Option<Given>> = inputs.iter().map(|_| None).collect();
    if let Some(path) = &arguments.inputs {
        for (name, tensor) in files::read(path)? {
            let place = given.get_mut(find(inputs, &name)?);
            if place.and_then(|place| place.replace(Given::Tensor(tensor))).is_some() {
                return Err(RunError::Twice { name });
            }
        }
    }
    for text in &arguments.input {
        let (name, value) = pair(text, "NAME=VALUE")?;
        let place = given.get_mut(find(inputs, name)?);
        let before = place.and_then(|place| place.replace(Given::Text(value.to_owned())));
        if matches!(before, Some(Given::Text(_))) {
            return Err(RunError::Twice { name: name.to_owned() });
        }
    }
    Ok(given)
}

fn leaf(input: &Input, given: Given, notes: &mut Vec<String>) -> Result<Leaf<Tch>, RunError> {
    let name = input.name();
    Ok(match (&input.value, given) {
        (NodeValue::Tensor(ty), Given::Tensor(tensor)) => {
            note_dtype(name, ty, &tensor, notes)?;
            Leaf::Tensor(tensor)
        }
        (NodeValue::Tensor(ty), Given::Text(text)) => Leaf::Tensor(values::tensor(name, &text, ty.dtype)?),
        (NodeValue::Int(_), Given::Text(text)) => Leaf::Int(values::int(name, &text)?),
        (NodeValue::Int(_) | NodeValue::Literal(Leaf::Int(_)), Given::Tensor(tensor)) => {
            Leaf::Int(values::int_of(name, &tensor)?)
        }
        // A file holds a float or bool as a tensor, which the checks of the program would refuse.
        (NodeValue::Literal(Leaf::Float(_)), Given::Tensor(tensor)) if tensor.numel() == 1 => {
            let number = tensor.f_double_value(&vec![0; tensor.dim()]);
            Leaf::Float(number.map_err(|error| RunError::torch(name, &error))?)
        }
        (NodeValue::Literal(Leaf::Bool(_)), Given::Tensor(tensor)) if tensor.numel() == 1 => {
            let number = tensor.f_int64_value(&vec![0; tensor.dim()]);
            Leaf::Bool(number.map_err(|error| RunError::torch(name, &error))? != 0)
        }
        // `1` is also a float.
        (NodeValue::Literal(Leaf::Float(_)), Given::Text(text)) => match values::literal(&text) {
            Leaf::Int(int) => Leaf::Float(int as f64),
            other => plain(&other),
        },
        (NodeValue::Literal(Leaf::Str(_)), Given::Text(text)) => Leaf::Str(text),
        (_, Given::Text(text)) => plain(&values::literal(&text)),
        (_, Given::Tensor(tensor)) => Leaf::Tensor(tensor),
    })
}

/// PyTorch does not check element types, and ops may accept another one.
fn note_dtype(name: &str, ty: &TensorType<Expr>, tensor: &Tensor, notes: &mut Vec<String>) -> Result<(), RunError> {
    let found = tensor_type(tensor).map_err(|source| RunError::dispatch(name, source))?.dtype;
    if found != ty.dtype {
        notes.push(format!("{name} is {found} in the file, and {} in the program", ty.dtype));
    }
    Ok(())
}

/// A plain value as a leaf.
fn plain(literal: &Literal) -> Leaf<Tch> {
    match literal {
        Leaf::Int(v) => Leaf::Int(*v),
        Leaf::Float(v) => Leaf::Float(*v),
        Leaf::Bool(v) => Leaf::Bool(*v),
        Leaf::Str(v) => Leaf::Str(v.clone()),
        _ => Leaf::None,
    }
}

/// A type for messages.
pub(super) fn type_text(value: &NodeValue) -> String {
    match value {
        NodeValue::Tensor(tensor) => {
            let sizes: Vec<String> = tensor.sizes.iter().map(ToString::to_string).collect();
            format!("{}[{}]", tensor.dtype.abbreviation(), sizes.join(", "))
        }
        NodeValue::Int(expr) => format!("int {expr}"),
        _ => "a value that is not a tensor".to_owned(),
    }
}
