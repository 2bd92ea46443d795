//! One run of the model, recorded.

use super::session::record_forged;
use super::{Call, Forgery, Known, RecordError, Role, Trace, ValueId, record, record_located};
use crate::ExportError;
use crate::declared::Declared;
use crate::dispatch::deep_copy;
use program::Value;
use pytree_core::{Leaf, LeafRef, Module, OwnedTree, Tch, TreeSpec, flatten, unflatten};
use tch::Tensor;

/// A leaf that the model returned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OutputLeaf {
    Tensor(ValueId),
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(String),
    None,
}

impl OutputLeaf {
    /// The number, when it is an int.
    pub(crate) fn int(&self) -> Option<i64> {
        match self {
            OutputLeaf::Int(v) => Some(*v),
            _ => None,
        }
    }
}

/// What one run showed.
pub(crate) struct Sample {
    /// By input leaf: the sizes of a tensor, the value of an int.
    pub(crate) values: Vec<Option<Vec<i64>>>,
    pub(crate) trace: Trace,
    pub(crate) outputs: Vec<OutputLeaf>,
    pub(crate) out_spec: TreeSpec,
}

/// The same tree with `f` of every tensor; `int` gives the ints, by leaf.
pub(crate) fn map_inputs<A: OwnedTree<Tch>>(
    args: &A,
    mut tensor: impl FnMut(usize, &Tensor) -> Result<Tensor, ExportError>,
    int: impl Fn(usize, i64) -> i64,
) -> Result<A, ExportError> {
    let flat = flatten(args)?;
    let mut leaves = Vec::with_capacity(flat.leaves.len());
    for (i, leaf) in flat.leaves.iter().enumerate() {
        leaves.push(match leaf {
            LeafRef::Tensor(t) => Leaf::Tensor(tensor(i, t)?),
            LeafRef::Int(v) => Leaf::Int(int(i, *v)),
            plain => plain.map(Tensor::shallow_clone),
        });
    }
    Ok(unflatten(leaves, &flat.spec)?)
}

/// How a run is recorded.
pub(crate) enum How<'a> {
    Plain,
    /// The calls hold their call stacks.
    Located,
    /// Numbers read from tensors are others than they are.
    Forged(Forgery<'a>),
}

/// Runs `model` on its own copies of `args` and records it. Buffers are as before when it returns.
pub(crate) fn capture<M: Module<Family = Tch>>(
    model: &M,
    args: &M::Args,
    declared: &Declared,
    how: &How<'_>,
) -> Result<Sample, ExportError> {
    let args = map_inputs(args, |_, tensor| Ok(deep_copy(tensor)?), |_, v| v)?;
    let flat = flatten(&args)?;
    let mut known = Known::new();
    let mut values = Vec::with_capacity(flat.leaves.len());
    for (i, leaf) in flat.leaves.iter().enumerate() {
        values.push(match leaf {
            LeafRef::Tensor(tensor) => {
                known.add(Role::Input(i), tensor);
                Some(tensor.size())
            }
            LeafRef::Int(v) => Some(vec![*v]),
            _ => None,
        });
    }
    declared.known(&mut known);
    let saved = declared.buffers()?;
    let forward = || model.call(&args);
    let recorded = match how {
        How::Plain => record(&known, forward),
        How::Located => record_located(&known, forward),
        How::Forged(forgery) => record_forged(&known, forgery, forward),
    };
    for (buffer, before) in saved {
        tch::no_grad(|| buffer.shallow_clone().copy_(&before));
    }
    let (output, mut trace) = recorded?;
    parameters_unwritten(&trace)?;
    let output = output?;
    let flat = flatten(&output)?;
    let mut outputs = Vec::with_capacity(flat.leaves.len());
    for leaf in &flat.leaves {
        outputs.push(match leaf {
            LeafRef::Tensor(tensor) => OutputLeaf::Tensor(trace.value_of(tensor)?),
            LeafRef::Int(v) => OutputLeaf::Int(*v),
            LeafRef::Float(v) => OutputLeaf::Float(*v),
            LeafRef::Bool(v) => OutputLeaf::Bool(*v),
            LeafRef::Str(v) => OutputLeaf::Str((*v).to_owned()),
            LeafRef::None => OutputLeaf::None,
        });
    }
    Ok(Sample { values, trace, outputs, out_spec: flat.spec })
}

/// Parameters are too large to be copied for every run, so one that was written to stays changed: an error.
fn parameters_unwritten(trace: &Trace) -> Result<(), ExportError> {
    for call in &trace.calls {
        let arguments = call.args.iter().zip(&call.schema.arguments).filter(|(_, schema)| schema.mutated);
        for id in arguments.flat_map(|(argument, _)| argument.value.tensors()) {
            let Some(storage) = trace.storage_of(*id) else { continue };
            let of = trace.declared.iter().find(|declared| declared.storage == Some(storage));
            if let Some(Role::Parameter(name)) = of.map(|declared| &declared.role) {
                return Err(ExportError::WrittenParameter { name: name.clone(), op: call.op.clone() });
            }
        }
    }
    Ok(())
}

/// Where two runs part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// Another op, or another number of ops, from this call on.
    Graph { first: String, second: String, at: usize },
    /// The same op with another argument that is no integer.
    Argument { op: String, argument: String, first: String, second: String },
    /// The same ops, with another integer.
    Integer { op: String, argument: String, first: String, second: String },
    /// A constant made from Rust data with other content.
    Constant { op: String, index: usize },
    /// The model returned something else.
    Output { what: &'static str, first: String, second: String },
}

impl Parting {
    /// The place in words, and what the two runs have there.
    pub(crate) fn place(self) -> (String, String, String) {
        match self {
            Parting::Graph { first, second, at } => (format!("call {at}"), first, second),
            Parting::Argument { op, argument, first, second } | Parting::Integer { op, argument, first, second } => {
                (format!("argument `{argument}` of `{op}`"), first, second)
            }
            Parting::Constant { op, index } => {
                (format!("constant {index} that `{op}` uses"), "one content".to_owned(), "another content".to_owned())
            }
            Parting::Output { what, first, second } => (what.to_owned(), first, second),
        }
    }
}

/// Where `second` parts from `first`. Integers are compared only when `integers` says so.
pub(crate) fn parting(first: &Sample, second: &Sample, integers: bool) -> Option<Parting> {
    let name = |call: Option<&Call>| call.map_or("nothing more".to_owned(), |c| c.op.to_string());
    let longest = first.trace.calls.len().max(second.trace.calls.len());
    for at in 0..longest {
        let (a, b) = (first.trace.calls.get(at), second.trace.calls.get(at));
        let (Some(a), Some(b)) = (a, b) else {
            return Some(Parting::Graph { first: name(a), second: name(b), at });
        };
        if a.op != b.op || a.args.len() != b.args.len() {
            return Some(Parting::Graph { first: name(Some(a)), second: name(Some(b)), at });
        }
        for (x, y) in a.args.iter().zip(&b.args) {
            if let Some(parting) = differing(a, &x.name, &x.value, &y.value, integers) {
                return Some(parting);
            }
        }
    }
    for (index, (a, b)) in first.trace.lifted.iter().zip(&second.trace.lifted).enumerate() {
        // Elementwise comparison would record nothing here, but it needs equal sizes and an equal kind first.
        let same = a.tensor.size() == b.tensor.size() && a.tensor.f_kind().ok() == b.tensor.f_kind().ok();
        if !same || !same_content(&a.tensor, &b.tensor) {
            let uses = |call: &&Call| call.args.iter().any(|x| x.value.tensors().any(|t| *t == ValueId::Lifted(index)));
            return Some(Parting::Constant { op: name(first.trace.calls.iter().find(uses)), index });
        }
    }
    if first.out_spec != second.out_spec {
        let (a, b) = (&first.out_spec, &second.out_spec);
        return Some(if a.num_leaves() == b.num_leaves() {
            Parting::Output { what: "the structure of the result", first: a.to_string(), second: b.to_string() }
        } else {
            let (first, second) = (a.num_leaves().to_string(), b.num_leaves().to_string());
            Parting::Output { what: "the number of results", first, second }
        });
    }
    for (a, b) in first.outputs.iter().zip(&second.outputs) {
        let number = matches!((a, b), (OutputLeaf::Int(_), OutputLeaf::Int(_)));
        if a != b && (integers || !number) {
            return Some(Parting::Output { what: "an output", first: format!("{a:?}"), second: format!("{b:?}") });
        }
    }
    None
}

/// Whether two tensors of one size and kind hold the same bits, so that NaN is equal to itself.
pub(crate) fn same_content(a: &Tensor, b: &Tensor) -> bool {
    match (crate::dispatch::storage_bytes(a), crate::dispatch::storage_bytes(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn differing(
    call: &Call,
    argument: &str,
    first: &Value<ValueId>,
    second: &Value<ValueId>,
    integers: bool,
) -> Option<Parting> {
    if first == second {
        return None;
    }
    let numbers = match (first, second) {
        (Value::Int(_), Value::Int(_)) => true,
        (Value::Ints(a), Value::Ints(b)) => a.len() == b.len(),
        _ => false,
    };
    // NaN is not equal to itself, but the same constant.
    if format!("{first:?}") == format!("{second:?}") || (numbers && !integers) {
        return None;
    }
    let (op, argument) = (call.op.to_string(), argument.to_owned());
    let (first, second) = (shown(first), shown(second));
    Some(if numbers {
        Parting::Integer { op, argument, first, second }
    } else {
        Parting::Argument { op, argument, first, second }
    })
}

fn shown(value: &Value<ValueId>) -> String {
    match value {
        Value::Int(v) => v.to_string(),
        Value::Ints(v) => format!("{v:?}"),
        Value::Float(v) => v.to_string(),
        Value::Bool(v) => v.to_string(),
        other => format!("{other:?}"),
    }
}

impl From<RecordError> for ExportError {
    fn from(error: RecordError) -> Self {
        ExportError::Capture { sizes: String::new(), error: Box::new(error) }
    }
}
