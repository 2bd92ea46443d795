//! Calls as Python would record them: tch calls some ops by overloads that Python's bindings do not have.

use crate::ExportError;
use program::{Argument, NamedArgument, NodeId, OpName};
use pytree_core::TensorType;
use symbolic::Expr;

/// Ops whose overload for numbers is missing in Python: there the overload `Tensor` accepts a number too.
const NUMBERS_AS_TENSORS: [&str; 8] = ["add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_"];

/// The op and the arguments that Python would have recorded. `tensor` returns the type of a node's value.
pub(super) fn in_python<'g>(
    op: &OpName,
    mut arguments: Vec<NamedArgument>,
    tensor: impl Fn(NodeId) -> Option<&'g TensorType<Expr>>,
) -> Result<(OpName, Vec<NamedArgument>), ExportError> {
    let own = || match arguments.first().map(|argument| &argument.value) {
        Some(Argument::Tensor(id)) => tensor(*id),
        _ => None,
    };
    match (op.to_string().as_str(), own()) {
        (text, _) if NUMBERS_AS_TENSORS.iter().any(|name| text == format!("aten.{name}.Scalar")) => {
            Ok((aten(op.name(), "Tensor")?, arguments))
        }
        // tch's `to_kind` passes layout and device too, for which Python has an overload without them. `to_device` passes
        // the device alone, where Python passes all three.
        ("aten.to.dtype_layout", Some(own)) => match names(&arguments)[..] {
            ["self", "dtype", "layout", "device"]
                if arguments[2].value == Argument::Layout(own.layout)
                    && arguments[3].value == Argument::Device(own.device) =>
            {
                arguments.truncate(2);
                arguments[1].keyword = false;
                Ok((aten("to", "dtype")?, arguments))
            }
            ["self", "device"] => {
                let dtype = NamedArgument::keyword("dtype", Argument::DType(own.dtype));
                let layout = NamedArgument::keyword("layout", Argument::Layout(own.layout));
                arguments.splice(1..1, [dtype, layout]);
                Ok((op.clone(), arguments))
            }
            _ => Ok((op.clone(), arguments)),
        },
        _ => Ok((op.clone(), arguments)),
    }
}

/// The assertion that `torch.export` adds before a conversion of a tensor: `_assert_tensor_metadata` and its arguments.
pub(super) fn metadata_assertion(
    op: &OpName,
    of: NodeId,
    tensor: &TensorType<Expr>,
) -> Result<Option<(OpName, Vec<NamedArgument>)>, ExportError> {
    if !matches!(op.to_string().as_str(), "aten.to.device" | "aten.to.dtype" | "aten.to.dtype_layout") {
        return Ok(None);
    }
    let arguments = vec![
        NamedArgument::positional("a", Argument::Tensor(of)),
        NamedArgument::keyword("dtype", Argument::DType(tensor.dtype)),
        NamedArgument::keyword("device", Argument::Device(tensor.device)),
        NamedArgument::keyword("layout", Argument::Layout(tensor.layout)),
    ];
    Ok(Some((aten("_assert_tensor_metadata", "default")?, arguments)))
}

fn names(arguments: &[NamedArgument]) -> Vec<&str> {
    arguments.iter().map(|argument| argument.name.as_str()).collect()
}

/// The op of the namespace `aten` with this name and overload.
pub(super) fn aten(name: &str, overload: &str) -> Result<OpName, ExportError> {
    Ok(OpName::new("aten", name, overload)?)
}
