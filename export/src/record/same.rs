//! Whether two recordings made the same calls on the same values: then they gave the same results, whatever the values are.

use super::{Argument, Call, Output, OutputLeaf, Role, Sample, StorageNumber, Trace, ValueId};
use crate::dispatch::same_content;
use crate::model_tensors::ModelTensors;
use program::Value;
use pytree_core::{Leaf, TensorType};
use std::collections::{HashMap, HashSet};
use tch::Tensor;

/// What the calls of two runs say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// Both make the same calls on the same values.
    Same,
    /// They make other calls. The results may still be the same.
    Other,
    /// The calls do not say what the results are.
    Unsaid,
}

/// Ops that give memory that nothing was written to.
pub(crate) const UNINITIALIZED: [&str; 7] =
    ["empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided", "resize_"];

/// Compares two runs. The second one may be that of a program: it may lack calls of which nothing follows, has the overloads that
/// Python calls, and calls that only give numbers.
pub(crate) fn compare_calls(first: Side<'_>, second: Side<'_>) -> Calls {
    if !says_all(first.run) || !says_all(second.run) {
        return Calls::Unsaid;
    }
    match (Pairs { first, second, made: HashMap::new(), given: HashMap::new() }).same() {
        Some(()) => Calls::Same,
        None => Calls::Other,
    }
}

/// Whether the results of a run follow from its calls. They do not where a call fails, which may leave something behind, writes to
/// memory that was there before, draws random numbers, which the forward may seed, or gives what the memory held; nor where the
/// model keeps tensors, runs a backward pass, or may do something else outside of exports.
pub(crate) fn says_all(run: &Sample) -> bool {
    let trace = &run.trace;
    let vague = |call: &Call| UNINITIALIZED.contains(&call.op.name()) || draws(call);
    let whole = trace.failures.is_empty() && !trace.has_gradients() && !run.keeps && !trace.asks_if_exporting;
    whole && !trace.calls.iter().any(vague) && !writes_to_given(trace)
}

/// Whether some call writes to memory that no call made: to an input, or to a tensor of the model.
fn writes_to_given(trace: &Trace) -> bool {
    let given = (0..trace.declared.len()).map(ValueId::Known);
    let given =
        given.chain((0..trace.lifted.len()).map(ValueId::Lifted)).chain((0..trace.held.len()).map(ValueId::Held));
    let given: HashSet<StorageNumber> = given.filter_map(|id| trace.storage_of(id)).collect();
    let on_given = |id: ValueId| trace.storage_of(id).is_none_or(|storage| given.contains(&storage));
    trace.calls.iter().flat_map(Call::written_tensors).any(on_given)
}

/// A run, and the tensors of the model that were declared for it.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) run: &'a Sample,
    pub(crate) held: &'a ModelTensors,
}

impl<'a> Side<'a> {
    /// A tensor that no call made and that is not an input.
    fn given(self, id: ValueId) -> Option<&'a Tensor> {
        let trace = &self.run.trace;
        match id {
            ValueId::Known(at) => {
                let inputs = trace.declared.iter().filter(|declared| matches!(declared.role, Role::Input(_))).count();
                self.held.entries().get(at.checked_sub(inputs)?).map(|(_, tensor)| tensor)
            }
            ValueId::Lifted(at) => trace.lifted.get(at).map(|lifted| &lifted.tensor),
            ValueId::Held(at) => trace.held.get(at),
            ValueId::Output { .. } => None,
        }
    }

    /// The type of the first argument of a call.
    fn tensor(self, call: &Call) -> Option<&'a TensorType> {
        let trace = &self.run.trace;
        match *call.args.first()?.value.tensors().next()? {
            ValueId::Known(at) => Some(&trace.declared.get(at)?.tensor),
            ValueId::Output { call, index } => Some(&trace.output(call, index)?.tensor),
            _ => None,
        }
    }

    fn input(self, id: ValueId) -> Option<usize> {
        let ValueId::Known(at) = id else { return None };
        match self.run.trace.declared.get(at)?.role {
            Role::Input(leaf) => Some(leaf),
            _ => None,
        }
    }
}

/// Which value of the second run each value of the first is.
struct Pairs<'a> {
    first: Side<'a>,
    second: Side<'a>,
    made: HashMap<ValueId, ValueId>,
    given: HashMap<(ValueId, ValueId), bool>,
}

impl Pairs<'_> {
    fn same(mut self) -> Option<()> {
        let (first, second) = (self.first.run, self.second.run);
        let calls: Vec<&Call> = second.trace.calls.iter().filter(|call| !is_aside(call)).collect();
        let mut calls = calls.into_iter().peekable();
        for call in &first.trace.calls {
            // A program leaves it out where nothing follows.
            if call.op.name() == "detach" && calls.peek().is_none_or(|next| next.op != call.op) {
                continue;
            }
            if !self.same_call(call, calls.next()?) {
                return None;
            }
        }
        let same = calls.next().is_none() && first.out_spec == second.out_spec;
        let mut outputs = first.outputs.iter().zip(&second.outputs);
        (same && outputs.all(|(a, b)| self.same_leaf(a, b))).then_some(())
    }

    fn same_call(&mut self, a: &Call, b: &Call) -> bool {
        if !same_op(a, b) || !self.same_arguments(a, b) || a.outputs.len() != b.outputs.len() {
            return false;
        }
        let made: Vec<(&Output, &Output)> = a.output_tensors().zip(b.output_tensors()).collect();
        let plain = a.outputs.iter().zip(&b.outputs).all(|(a, b)| a.clone().map(|_| ()) == b.clone().map(|_| ()));
        self.made.extend(made.iter().map(|(a, b)| (a.id, b.id)));
        plain && made.iter().all(|(a, b)| a.tensor.same_elements(&b.tensor) && a.tensor.device == b.tensor.device)
    }

    /// Whether both calls have the same arguments. Those of `to` are compared by what they come to.
    fn same_arguments(&mut self, a: &Call, b: &Call) -> bool {
        let types = if a.op.name() == "to" { self.first.tensor(a) } else { None };
        let names = a.args.iter().chain(b.args.iter().filter(|argument| a.arg(&argument.name).is_none()));
        names.map(|argument| argument.name.as_str()).all(|name| {
            let value = |call: &Call| {
                let given = call.arg(name).cloned().unwrap_or(Value::None);
                types.and_then(|own| own_of(name, own)).filter(|_| given == Value::None).unwrap_or(given)
            };
            let (a, b) = (value(a), value(b));
            same_plain(&a, &b) && a.tensors().zip(b.tensors()).all(|(a, b)| self.same_value(*a, *b))
        })
    }

    fn same_value(&mut self, a: ValueId, b: ValueId) -> bool {
        if let ValueId::Output { .. } = a {
            return self.made.get(&a) == Some(&b);
        }
        match (self.first.input(a), self.second.input(b)) {
            (None, None) => {}
            (a, b) => return a == b,
        }
        let (first, second) = (self.first, self.second);
        *self.given.entry((a, b)).or_insert_with(|| match (first.given(a), second.given(b)) {
            (Some(a), Some(b)) => same_content(a, b).unwrap_or(false),
            _ => false,
        })
    }

    fn same_leaf(&mut self, a: &OutputLeaf, b: &OutputLeaf) -> bool {
        match (a, b) {
            (Leaf::Tensor(a), Leaf::Tensor(b)) => self.same_value(*a, *b),
            (Leaf::Float(a), Leaf::Float(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        }
    }
}

/// Whether two arguments differ at most in their tensors. Floats are compared as bits.
fn same_plain(a: &Value<ValueId>, b: &Value<ValueId>) -> bool {
    let bits = |floats: &[f64]| floats.iter().map(|float| float.to_bits()).collect::<Vec<_>>();
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Floats(a), Value::Floats(b)) => bits(a) == bits(b),
        (Value::Complex(a, b), Value::Complex(c, d)) => bits(&[*a, *b]) == bits(&[*c, *d]),
        (a, b) => a.clone().map(|_| ()) == b.clone().map(|_| ()),
    }
}

/// Whether a call of a program gives only numbers, which the calls that use them have, or checks something.
fn is_aside(call: &Call) -> bool {
    call.op.name().starts_with("sym_") || call.op.name() == "_assert_tensor_metadata"
}

/// Whether two ops do the same with the same arguments: programs have the overloads that Python calls.
fn same_op(a: &Call, b: &Call) -> bool {
    let overload = (a.op.overload(), b.op.overload());
    let same = match a.op.name() {
        "add" | "add_" | "sub" | "sub_" | "mul" | "mul_" | "div" | "div_" => overload == ("Scalar", "Tensor"),
        "to" => overload == ("dtype_layout", "dtype"),
        _ => false,
    };
    a.op == b.op || (same && (a.op.namespace(), a.op.name()) == (b.op.namespace(), b.op.name()))
}

/// What an argument of `to` comes to that is not given, for a tensor of this type.
fn own_of(name: &str, own: &TensorType) -> Option<Value<ValueId>> {
    match name {
        "dtype" => Some(Value::DType(own.dtype)),
        "layout" => Some(Value::Layout(own.layout)),
        "device" => Some(Value::Device(own.device)),
        _ => None,
    }
}

/// Whether a call draws random numbers: its op can, and no probability of 0 and no flag says that it does not.
fn draws(call: &Call) -> bool {
    let never = |argument: &Argument| match argument.value {
        Value::Float(p) => p == 0.0 && matches!(argument.name.as_str(), "p" | "dropout" | "dropout_p"),
        Value::Bool(train) => !train && matches!(argument.name.as_str(), "train" | "training"),
        _ => false,
    };
    call.schema.random && !call.args.iter().any(never)
}
