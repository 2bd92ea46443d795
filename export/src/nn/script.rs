//! TorchScript modules as models.

use pytree_core::{Context, Key, Leaf, Tch, Value};
use pytree_derive::module;
use tch::{CModule, IValue, TchError, Tensor};

/// A TorchScript module as a model: its `forward` with any number of arguments (`*inputs`), and whatever it returns.
///
/// [`Export::script_module`](crate::Export::script_module) declares its parameters.
///
/// ```no_run
/// use tch::{CModule, Device, Kind, Tensor};
/// use torch_export::nn::Script;
/// use torch_export::prelude::*;
///
/// let module = CModule::load("classifier.pt")?;
/// let model = Script::new(&module);
/// let x = |rows| Script::kwargs().inputs([Tensor::ones([rows, 4], (Kind::Float, Device::Cpu)).into()]);
/// let inputs = ModelInputs::new(&model, [x(2), x(5)])?;
/// let shapes = inputs.guess_dynamic_shapes()?;
/// let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).script_module(&module).run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Script<'m>(&'m CModule);

impl<'m> Script<'m> {
    /// The module as a model.
    pub fn new(module: &'m CModule) -> Self {
        Script(module)
    }
}

#[module]
impl Script<'_> {
    fn forward(&self, #[args] inputs: &[Value<Tch>]) -> Result<Value<Tch>, ScriptError> {
        let inputs = inputs.iter().map(to_ivalue).collect::<Result<Vec<_>, _>>()?;
        from_ivalue(self.0.forward_is(&inputs)?)
    }
}

/// A TorchScript module could not be called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// TorchScript raised an error.
    #[error(transparent)]
    Torch(#[from] TchError),
    /// TorchScript has no value like this argument.
    #[error("TorchScript takes tensors, numbers, text, lists, tuples and dicts, not a {0}")]
    Argument(String),
    /// A result is not a tree.
    #[error("the module returns a {0}, which is not a tree of tensors and plain values")]
    Result(&'static str),
}

fn to_ivalue(value: &Value<Tch>) -> Result<IValue, ScriptError> {
    let (context, children) = match value {
        Value::Leaf(leaf) => return Ok(leaf_to_ivalue(leaf)),
        Value::Node(context, children) => (context, children),
    };
    let items = children.iter().map(to_ivalue).collect::<Result<Vec<_>, _>>()?;
    Ok(match context {
        Context::Tuple => IValue::Tuple(items),
        Context::List => list(children, items),
        Context::Dict(keys) => {
            let keys = keys.iter().map(key_to_ivalue).collect::<Result<Vec<_>, _>>()?;
            IValue::GenericDict(keys.into_iter().zip(items).collect())
        }
        other => return Err(ScriptError::Argument(other.short_name().to_owned())),
    })
}

fn leaf_to_ivalue(leaf: &Leaf<Tch>) -> IValue {
    match leaf {
        Leaf::Tensor(tensor) => IValue::Tensor(tensor.shallow_clone()),
        Leaf::Int(v) => IValue::Int(*v),
        Leaf::Float(v) => IValue::Double(*v),
        Leaf::Bool(v) => IValue::Bool(*v),
        Leaf::Str(v) => IValue::String(v.clone()),
        Leaf::None => IValue::None,
    }
}

fn key_to_ivalue(key: &Key) -> Result<IValue, ScriptError> {
    match (key.as_str(), key) {
        (Some(text), _) => Ok(IValue::String(text.to_owned())),
        (None, Key::Int(v)) => Ok(IValue::Int(*v)),
        (None, other) => Err(ScriptError::Argument(format!("dict with the key {other}"))),
    }
}

/// A list of the type of its items, since TorchScript's lists are typed.
fn list(children: &[Value<Tch>], items: Vec<IValue>) -> IValue {
    fn all<T>(children: &[Value<Tch>], of: impl Fn(&Leaf<Tch>) -> Option<T>) -> Option<Vec<T>> {
        let item = |child: &Value<Tch>| match child {
            Value::Leaf(leaf) => of(leaf),
            Value::Node(..) => None,
        };
        children.iter().map(item).collect()
    }
    let tensor = |leaf: &Leaf<Tch>| leaf.as_ref().tensor().map(Tensor::shallow_clone);
    if let Some(tensors) = all(children, tensor) {
        return IValue::TensorList(tensors);
    }
    let int = |leaf: &Leaf<Tch>| if let Leaf::Int(v) = leaf { Some(*v) } else { None };
    if let Some(ints) = all(children, int) {
        return IValue::IntList(ints);
    }
    let float = |leaf: &Leaf<Tch>| if let Leaf::Float(v) = leaf { Some(*v) } else { None };
    if let Some(floats) = all(children, float) {
        return IValue::DoubleList(floats);
    }
    let bool = |leaf: &Leaf<Tch>| if let Leaf::Bool(v) = leaf { Some(*v) } else { None };
    if let Some(bools) = all(children, bool) {
        return IValue::BoolList(bools);
    }
    let text = |leaf: &Leaf<Tch>| if let Leaf::Str(v) = leaf { Some(v.clone()) } else { None };
    match all(children, text) {
        Some(texts) => IValue::StringList(texts),
        None => IValue::GenericList(items),
    }
}

fn from_ivalue(value: IValue) -> Result<Value<Tch>, ScriptError> {
    fn leaves<T>(items: Vec<T>, leaf: impl Fn(T) -> Leaf<Tch>) -> Value<Tch> {
        Value::list(items.into_iter().map(|item| leaf(item).into()))
    }
    let leaf = match value {
        IValue::None => Leaf::None,
        IValue::Tensor(tensor) => Leaf::Tensor(tensor),
        IValue::Double(v) => Leaf::Float(v),
        IValue::Int(v) => Leaf::Int(v),
        IValue::Bool(v) => Leaf::Bool(v),
        IValue::String(v) => Leaf::Str(v),
        IValue::Tuple(items) => {
            return Ok(Value::tuple(items.into_iter().map(from_ivalue).collect::<Result<Vec<_>, _>>()?));
        }
        IValue::GenericList(items) => {
            return Ok(Value::list(items.into_iter().map(from_ivalue).collect::<Result<Vec<_>, _>>()?));
        }
        IValue::IntList(items) => return Ok(leaves(items, Leaf::Int)),
        IValue::DoubleList(items) => return Ok(leaves(items, Leaf::Float)),
        IValue::BoolList(items) => return Ok(leaves(items, Leaf::Bool)),
        IValue::StringList(items) => return Ok(leaves(items, Leaf::Str)),
        IValue::TensorList(items) => return Ok(leaves(items, Leaf::Tensor)),
        IValue::GenericDict(items) => {
            let item = |(key, value)| Ok((key_from_ivalue(key)?, from_ivalue(value)?));
            return Ok(Value::dict(items.into_iter().map(item).collect::<Result<Vec<_>, ScriptError>>()?));
        }
        IValue::Device(_) => return Err(ScriptError::Result("device")),
        _ => return Err(ScriptError::Result("TorchScript object")),
    };
    Ok(leaf.into())
}

fn key_from_ivalue(key: IValue) -> Result<Key, ScriptError> {
    match key {
        IValue::String(text) => Ok(Key::from(text)),
        IValue::Int(v) => Ok(Key::Int(v)),
        _ => Err(ScriptError::Result("dict whose keys are neither texts nor ints")),
    }
}
