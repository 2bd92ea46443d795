//! Where two runs of one model diverge.

use super::{Call, OutputLeaf, Sample, ValueId};
use program::Value;
use pytree_core::Leaf;
use tch::Tensor;

/// The first difference between two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Divergence {
    /// Another op, or another number of ops, from this call on.
    Graph { first: String, second: String, at: usize },
    /// The same op with another argument that is not an integer.
    Argument { op: String, argument: String, first: String, second: String },
    /// The same ops, with another integer.
    Integer { op: String, argument: String, first: String, second: String },
    /// A constant made from Rust data, with other content.
    Constant { op: String, index: usize },
    /// The model returned something else.
    Output { what: &'static str, first: String, second: String },
}

impl Divergence {
    /// The place in words, and what each of the two runs has there.
    pub(crate) fn place(self) -> (String, String, String) {
        match self {
            Divergence::Graph { first, second, at } => (format!("call {at}"), first, second),
            Divergence::Argument { op, argument, first, second }
            | Divergence::Integer { op, argument, first, second } => {
                (format!("argument `{argument}` of `{op}`"), first, second)
            }
            Divergence::Constant { op, index } => {
                (format!("constant {index} that `{op}` uses"), "one content".to_owned(), "another content".to_owned())
            }
            Divergence::Output { what, first, second } => (what.to_owned(), first, second),
        }
    }
}

/// Where `second` diverges from `first`. Integers are compared only when `integers` is true.
pub(crate) fn divergence(first: &Sample, second: &Sample, integers: bool) -> Option<Divergence> {
    let name = |call: Option<&Call>| call.map_or("no further op".to_owned(), |c| c.op.to_string());
    let longest = first.trace.calls.len().max(second.trace.calls.len());
    for at in 0..longest {
        let (a, b) = (first.trace.calls.get(at), second.trace.calls.get(at));
        let (Some(a), Some(b)) = (a, b) else {
            return Some(Divergence::Graph { first: name(a), second: name(b), at });
        };
        if a.op != b.op || a.args.len() != b.args.len() {
            return Some(Divergence::Graph { first: name(Some(a)), second: name(Some(b)), at });
        }
        for (x, y) in a.args.iter().zip(&b.args) {
            if let Some(divergence) = differing(a, &x.name, &x.value, &y.value, integers) {
                return Some(divergence);
            }
        }
    }
    for (index, (a, b)) in first.trace.lifted.iter().zip(&second.trace.lifted).enumerate() {
        // Contents can be compared only if size and kind are equal.
        let same = a.tensor.size() == b.tensor.size() && a.tensor.f_kind().ok() == b.tensor.f_kind().ok();
        if !same || !same_content(&a.tensor, &b.tensor) {
            let uses = |call: &&Call| call.args.iter().any(|x| x.value.tensors().any(|t| *t == ValueId::Lifted(index)));
            return Some(Divergence::Constant { op: name(first.trace.calls.iter().find(uses)), index });
        }
    }
    if first.out_spec != second.out_spec {
        let (a, b) = (&first.out_spec, &second.out_spec);
        return Some(if a.num_leaves() == b.num_leaves() {
            Divergence::Output { what: "the structure of the result", first: a.to_string(), second: b.to_string() }
        } else {
            let (first, second) = (a.num_leaves().to_string(), b.num_leaves().to_string());
            Divergence::Output { what: "the number of results", first, second }
        });
    }
    for (a, b) in first.outputs.iter().zip(&second.outputs) {
        let number = matches!((a, b), (OutputLeaf::Int(_), OutputLeaf::Int(_)));
        if !same_leaf(a, b) && (integers || !number) {
            return Some(Divergence::Output { what: "an output", first: format!("{a:?}"), second: format!("{b:?}") });
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
) -> Option<Divergence> {
    if first == second {
        return None;
    }
    let numbers = match (first, second) {
        (Value::Int(_), Value::Int(_)) => true,
        (Value::Ints(a), Value::Ints(b)) => a.len() == b.len(),
        _ => false,
    };
    // NaN is not equal to itself, but it is the same constant.
    if same_bits(first, second) || (numbers && !integers) {
        return None;
    }
    let (op, argument) = (call.op.to_string(), argument.to_owned());
    let (first, second) = (shown(first), shown(second));
    Some(if numbers {
        Divergence::Integer { op, argument, first, second }
    } else {
        Divergence::Argument { op, argument, first, second }
    })
}

/// Whether both hold the same floats. Any other value would be equal already.
fn same_bits(first: &Value<ValueId>, second: &Value<ValueId>) -> bool {
    let same = |a: &[f64], b: &[f64]| a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()));
    match (first, second) {
        (Value::Float(a), Value::Float(b)) => same(&[*a], &[*b]),
        (Value::Floats(a), Value::Floats(b)) => same(a, b),
        (Value::Complex(re, im), Value::Complex(other_re, other_im)) => same(&[*re, *im], &[*other_re, *other_im]),
        _ => false,
    }
}

/// Whether two leaves are the same; a NaN is equal to itself.
fn same_leaf(a: &OutputLeaf, b: &OutputLeaf) -> bool {
    match (a, b) {
        (Leaf::Float(a), Leaf::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
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
