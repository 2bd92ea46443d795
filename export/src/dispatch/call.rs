//! Calling an op by name.

use std::borrow::Borrow;

use tch::Tensor;

use super::error::{DispatchError, first_line};
use super::ffi::{self, ShimError};
use super::schema::Schema;
use super::wire::{Reader, WireError, Writer};
use program::{OpName, Value};

/// Calls an op through the dispatcher, boxed (`torch.ops.aten.add.Tensor(...)`).
///
/// Arguments are in the order of the schema, including keyword-only ones; missing arguments at the end have their
/// defaults. An int is converted to a float where the schema wants one, and one int can stand for an `int[2]`. Tensors may
/// be owned or borrowed. A call during a recording is recorded.
///
/// ```
/// use tch::Tensor;
/// use torch_export::dispatch::call;
/// use torch_export::program::Value;
///
/// let x = Tensor::from_slice(&[1f32, -2.0]);
/// let results = call(&"aten.relu.default".parse()?, &[Value::Tensor(&x)])?;
/// assert!(matches!(&results[..], [Value::Tensor(y)] if *y == Tensor::from_slice(&[1f32, 0.0])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DispatchError`] when the op does not exist, the schema does not allow an argument, or PyTorch raises an error.
pub fn call<T: Borrow<Tensor>>(op: &OpName, args: &[Value<T>]) -> Result<Vec<Value<Tensor>>, DispatchError> {
    let mut tensors: Vec<&Tensor> = Vec::new();
    let mut writer = Writer::default();
    for (index, arg) in args.iter().enumerate() {
        // `tensors()` has the order in which `value` asks for them.
        let mut place = tensors.len();
        tensors.extend(arg.tensors().map(T::borrow));
        let next = |_: &T| {
            place += 1;
            place - 1
        };
        writer.value(arg, next).map_err(|e| DispatchError::wire(op, &argument_name(op, index), &e))?;
    }
    let (name, overload) = op.dispatcher_names();
    let (bytes, made) = ffi::call(&name, &overload, writer.bytes(), &tensors).map_err(|error| match error {
        ShimError::NoSuchOp => DispatchError::NoSuchOp { op: op.clone() },
        ShimError::Torch(message) => DispatchError::Torch { op: op.clone(), message: first_line(&message) },
        ShimError::BadArgument { index, expected } => DispatchError::BadArgument {
            op: op.clone(),
            argument: argument_name(op, index),
            expected,
            given: args.get(index).map_or("absent", Value::kind).to_owned(),
        },
    })?;
    results(&bytes, made).map_err(|e| DispatchError::wire(op, "result", &e))
}

/// Reads the results; their tensors are in order.
fn results(bytes: &[u8], made: Vec<Tensor>) -> Result<Vec<Value<Tensor>>, WireError> {
    let mut made = made.into_iter();
    Reader::new(bytes).list(|reader| {
        reader.value(|reader| {
            reader.index()?;
            made.next().ok_or(WireError::Garbled)
        })
    })
}

fn argument_name(op: &OpName, index: usize) -> String {
    let schema = Schema::of(op).ok();
    let name = schema.as_ref().and_then(|s| s.arguments.get(index)).map(|a| a.name.clone());
    name.unwrap_or_else(|| format!("number {index}"))
}
