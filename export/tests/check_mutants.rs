//! The check of a program refuses every mutant: a finished program with one mistake.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use program::{
    Argument, ExportedProgram, GraphOutput, NodeId, NodeKind, NodeValue, OpName, Storage, Sym, Target, Unproven,
    Vacuous,
};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::DType;
use torch_export::{ExportError, program};

/// Ops of every kind, whose effect shows in the outputs, in an input and in a buffer.
struct Model {
    weight: Tensor,
    total: Tensor,
}

#[module]
impl Model {
    fn forward(&self, x: &Tensor, y: &Tensor) -> (Tensor, Tensor, Tensor) {
        let mut total = self.total.shallow_clone();
        let difference = x - y * 3;
        let scaled = &difference * &self.weight;
        let _ = total.f_add_(&scaled).unwrap();
        let mut written = x.shallow_clone();
        let _ = written.f_mul_(y).unwrap();
        (scaled, x.narrow(1, 0, 2).sum_dim_intlist([1].as_slice(), true, x.kind()), difference.transpose(0, 1))
    }
}

/// Every type of elements, and the magnitudes that it can hold.
const TYPES: [(Kind, &[f64]); 11] = [
    (Kind::Float, &[1e-30, 1e-9, 1.0, 1e9, 1e18]),
    (Kind::Double, &[1e-30, 1e-9, 1.0, 1e9, 1e30]),
    (Kind::Half, &[1e-2, 1.0, 1e2]),
    (Kind::BFloat16, &[1e-15, 1.0, 1e15]),
    (Kind::ComplexFloat, &[1e-15, 1.0, 1e15]),
    (Kind::ComplexDouble, &[1e-30, 1.0, 1e30]),
    (Kind::Uint8, &[1.0]),
    (Kind::Int8, &[1.0]),
    (Kind::Int16, &[1.0]),
    (Kind::Int, &[1.0]),
    (Kind::Int64, &[1.0, 1e9]),
];

/// Random values of a type around a magnitude.
fn random(sizes: &[i64], kind: Kind, scale: f64) -> Tensor {
    match kind {
        Kind::ComplexFloat | Kind::ComplexDouble => Tensor::randn(sizes, (kind, Device::Cpu)) * scale,
        Kind::Float | Kind::Double | Kind::Half | Kind::BFloat16 => {
            (Tensor::randn(sizes, (Kind::Double, Device::Cpu)) * scale).to_kind(kind)
        }
        _ => (Tensor::randint_low(1, 9, sizes, (Kind::Int64, Device::Cpu)) * scale as i64).to_kind(kind),
    }
}

/// What is wrong with a mutant, and how it is made. `None` if the program has nothing to change.
type Mutation = (&'static str, fn(&mut ExportedProgram) -> Option<()>);

/// The node of the first call of this op.
fn call<'p>(program: &'p mut ExportedProgram, op: &str) -> Option<(NodeId, &'p mut Vec<program::NamedArgument>)> {
    program.graph.nodes.iter_mut().enumerate().find_map(|(id, node)| match &mut node.kind {
        NodeKind::Call { target: Target::Op(name), arguments } if name.to_string() == op => {
            Some((NodeId(id), arguments))
        }
        _ => None,
    })
}

fn rename(program: &mut ExportedProgram, from: &str, to: &str) -> Option<()> {
    let (id, _) = call(program, from)?;
    let NodeKind::Call { target, .. } = &mut program.graph.nodes[id.0].kind else { return None };
    *target = to.parse::<OpName>().unwrap().into();
    Some(())
}

/// The elements of a stored tensor, changed in place.
fn stored(program: &mut ExportedProgram, name: &str, change: fn(&Tensor) -> Tensor) -> Option<()> {
    let data = program.state_dict.get_mut(name)?;
    let base = torch_export::dispatch::storage_from_bytes(data.storage.as_bytes()).unwrap();
    let tensor =
        torch_export::dispatch::on_storage(&base, data.tensor.dtype, &data.tensor.sizes, &data.tensor.strides, 0);
    let changed = change(&tensor.unwrap()).to_kind(data.tensor.dtype.to_tch().unwrap());
    if changed.equal(
        &torch_export::dispatch::on_storage(&base, data.tensor.dtype, &data.tensor.sizes, &data.tensor.strides, 0)
            .unwrap(),
    ) {
        return None;
    }
    data.storage = Storage::new(torch_export::dispatch::storage_bytes(&changed).unwrap());
    Some(())
}

fn swap_outputs(program: &mut ExportedProgram, a: usize, b: usize) {
    program.graph.outputs.swap(a, b);
    program.signature.outputs.swap(a, b);
}

/// Appends an op of output `at`, and returns its result instead.
fn then(program: &mut ExportedProgram, at: usize, op: &str) -> Option<()> {
    let GraphOutput::Node(of) = program.graph.outputs[at] else { return None };
    let value = program.graph.node(of).value.clone();
    let arguments = vec![program::NamedArgument::positional("self", Argument::Tensor(of))];
    let kind = NodeKind::Call { target: op.parse::<OpName>().unwrap().into(), arguments };
    let id = program.graph.push(program::Node::new("mutant", kind, value));
    program.graph.outputs[at] = GraphOutput::Node(id);
    program.signature.outputs[at].value = GraphOutput::Node(id);
    Some(())
}

fn dtype(program: &ExportedProgram) -> DType {
    match &program.graph.node(program.signature.inputs.last().unwrap().node).value {
        NodeValue::Tensor(tensor) => tensor.dtype,
        _ => panic!("the last input is a tensor"),
    }
}

fn float(program: &ExportedProgram) -> Option<()> {
    dtype(program).abbreviation().starts_with(['f', 'b', 'c']).then_some(())
}

fn complex(program: &ExportedProgram) -> Option<()> {
    dtype(program).abbreviation().starts_with('c').then_some(())
}

const MUTATIONS: [Mutation; 18] = [
    ("a write to a buffer is dropped", |p| rename(p, "aten.add_.Tensor", "aten.add.Tensor")),
    ("a write to an input is dropped", |p| rename(p, "aten.mul_.Tensor", "aten.mul.Tensor")),
    ("another op writes to an input", |p| rename(p, "aten.mul_.Tensor", "aten.add_.Tensor")),
    ("subtraction became addition", |p| rename(p, "aten.sub.Tensor", "aten.add.Tensor")),
    ("multiplication became subtraction", |p| {
        let (id, _) = p.graph.enumerate().filter(|(_, n)| n.name == "mul_1").map(|(id, _)| (id, ())).next()?;
        let NodeKind::Call { target, .. } = &mut p.graph.nodes[id.0].kind else { return None };
        *target = "aten.sub.Tensor".parse::<OpName>().unwrap().into();
        Some(())
    }),
    ("operands are swapped", |p| {
        let (_, arguments) = call(p, "aten.sub.Tensor")?;
        let other = arguments[1].value.clone();
        arguments[1].value = std::mem::replace(&mut arguments[0].value, other);
        Some(())
    }),
    ("an int is one more", |p| {
        let (_, arguments) = call(p, "aten.mul.Tensor")?;
        arguments[1].value = Argument::Int(Sym::Value(4));
        Some(())
    }),
    ("a start is one more", |p| {
        let (_, arguments) = call(p, "aten.narrow.default")?;
        arguments[2].value = Argument::Int(Sym::Value(1));
        Some(())
    }),
    ("a length is one less", |p| {
        let (_, arguments) = call(p, "aten.narrow.default")?;
        arguments[3].value = Argument::Int(Sym::Value(1));
        Some(())
    }),
    ("a weight is scaled", |p| {
        float(p)?;
        stored(p, "weight", |w| w * 1.25)
    }),
    ("a weight has another sign", |p| stored(p, "weight", |w| w.neg())),
    ("an element of a weight is larger", |p| {
        stored(p, "weight", |w| {
            let changed = w.copy();
            changed.narrow(0, 0, 1).copy_(&(w.narrow(0, 0, 1) * 2));
            changed
        })
    }),
    ("a buffer starts with another value", |p| stored(p, "total", |t| t + t)),
    ("a weight is conjugated", |p| {
        complex(p)?;
        stored(p, "weight", |w| w.conj().resolve_conj())
    }),
    ("an output is conjugated", |p| {
        complex(p)?;
        then(p, 0, "aten.conj.default")
    }),
    ("an output is negated", |p| then(p, 1, "aten.neg.default")),
    ("an output is transposed", |p| {
        swap_outputs(p, 0, 1);
        Some(())
    }),
    ("an output has another type", |p| {
        let GraphOutput::Node(of) = p.graph.outputs[0] else { return None };
        let other = if dtype(p) == DType::Float64 { DType::Float32 } else { DType::Float64 };
        let value = p.graph.node(of).value.clone();
        let arguments = vec![
            program::NamedArgument::positional("self", Argument::Tensor(of)),
            program::NamedArgument::positional("dtype", Argument::DType(other)),
        ];
        let kind = NodeKind::Call { target: "aten.to.dtype".parse::<OpName>().unwrap().into(), arguments };
        let id = p.graph.push(program::Node::new("mutant", kind, value));
        p.graph.outputs[0] = GraphOutput::Node(id);
        p.signature.outputs[0].value = GraphOutput::Node(id);
        Some(())
    }),
];

#[test]
fn every_mutant_is_refused() {
    let mut refused = std::collections::HashMap::new();
    for (kind, scales) in TYPES {
        for scale in scales {
            // Products have the magnitude.
            let root = scale.sqrt();
            let values = |sizes: &[i64], scale: f64| random(sizes, kind, scale);
            let small = |v: f64| if matches!(kind, Kind::Uint8 | Kind::Int8 | Kind::Int16) { 1.0 } else { v };
            let model = Model { weight: values(&[3, 4], small(root)), total: values(&[3, 4], small(*scale)) };
            let call = || Model::args((values(&[3, 4], small(root)), values(&[3, 4], small(root))));
            let inputs = ModelInputs::new(&model, [call()]).unwrap();
            let export =
                || Export::new(&model, &inputs).parameter("weight", &model.weight).buffer("total", &model.total);
            let program = export().run().unwrap_or_else(|e| panic!("{kind:?} {scale}: {e}"));
            let verification = program.verification.as_ref().unwrap();
            assert!(verification.unproven.is_empty(), "{kind:?} {scale}: {verification}");
            let export = export();
            export.check(&program).unwrap();
            for (what, mutate) in MUTATIONS {
                let mut mutant = program.clone();
                if mutate(&mut mutant).is_none() {
                    continue;
                }
                match export.check(&mutant) {
                    Err(ExportError::Differs { .. } | ExportError::Verify { .. }) => {
                        *refused.entry(what).or_insert(0) += 1;
                    }
                    Ok(verification) => panic!("{kind:?} of {scale:e}: {what}, and the check says: {verification}"),
                    Err(other) => panic!("{kind:?} of {scale:e}: {what}: {other}"),
                }
            }
        }
    }
    for (what, _) in MUTATIONS {
        assert!(refused.contains_key(what), "no mutant was made: {what}");
    }
}

/// The same without writes, so that its calls say all. Two parameters have the same content, and two the same sizes.
struct Pure {
    weight: Tensor,
    total: Tensor,
    other: Tensor,
}

#[module]
impl Pure {
    fn forward(&self, x: &Tensor, y: &Tensor) -> (Tensor, Tensor, Tensor) {
        let difference = x - y * 3;
        let mut scaled = &difference * &self.weight + &self.total - &self.other;
        let _ = scaled.f_mul_(y).unwrap();
        (scaled, x.narrow(1, 0, 2).sum_dim_intlist([1].as_slice(), true, x.kind()), difference.transpose(0, 1))
    }
}

#[test]
fn no_mutant_makes_the_same_calls() {
    let mut different = 0;
    for (kind, _) in TYPES {
        let total = random(&[3, 4], kind, 1.0);
        let model = Pure { weight: random(&[3, 4], kind, 1.0), other: total.copy(), total };
        let inputs =
            ModelInputs::new(&model, [Pure::args((random(&[3, 4], kind, 1.0), random(&[3, 4], kind, 1.0)))]).unwrap();
        let export = || {
            let export = Export::new(&model, &inputs).parameter("weight", &model.weight);
            export.parameter("total", &model.total).parameter("other", &model.other)
        };
        let program = export().run().unwrap();
        assert!(export().same_calls(&program).unwrap(), "{kind:?}");
        for (what, mutate) in MUTATIONS {
            let mut mutant = program.clone();
            if mutate(&mut mutant).is_some() {
                assert!(!export().same_calls(&mutant).unwrap_or(false), "{kind:?}: {what}");
                different += 1;
            }
        }
        // Another input, another weight, and one call fewer.
        for (at, with) in [(3, 4), (0, 1)] {
            let mut mutant = program.clone();
            let (a, b) = (mutant.signature.inputs[at].node, mutant.signature.inputs[with].node);
            for node in &mut mutant.graph.nodes {
                let NodeKind::Call { arguments, .. } = &mut node.kind else { continue };
                for argument in arguments {
                    if argument.value == Argument::Tensor(a) {
                        argument.value = Argument::Tensor(b);
                    }
                }
            }
            assert!(!export().same_calls(&mutant).unwrap(), "{kind:?}: input {at} is {with}");
        }
        // Nobody can tell two parameters of the same content apart.
        let mut alike = program.clone();
        let (a, b) = (alike.signature.inputs[1].node, alike.signature.inputs[2].node);
        for node in &mut alike.graph.nodes {
            if let NodeKind::Call { arguments, .. } = &mut node.kind {
                arguments
                    .iter_mut()
                    .filter(|to| to.value == Argument::Tensor(a))
                    .for_each(|to| to.value = Argument::Tensor(b));
            }
        }
        assert!(export().same_calls(&alike).unwrap(), "{kind:?}");
    }
    assert!(different > 100, "{different} mutants");
}

/// Two layers whose statistics start alike: another one that is written to is another program.
struct Norms([Tensor; 4]);

#[module]
impl Norms {
    fn forward(&self, x: &Tensor) -> Tensor {
        let [a, b, c, d] = &self.0;
        let norm = |x: &Tensor, mean, var| x.batch_norm(None, None, Some(mean), Some(var), true, 0.1, 1e-5, false);
        norm(&norm(x, a, b), c, d)
    }
}

#[test]
fn calls_that_write_to_the_model_do_not_say_all() {
    let statistic = |value: f64| Tensor::full([3], value, (Kind::Float, Device::Cpu));
    let model = Norms([0.0, 1.0, 0.0, 1.0].map(statistic));
    let inputs = ModelInputs::new(&model, [Norms::args(random(&[2, 3, 4], Kind::Float, 1.0))]).unwrap();
    let export = || {
        let names = ["a.mean", "a.var", "b.mean", "b.var"];
        names.iter().zip(&model.0).fold(Export::new(&model, &inputs), |export, (name, of)| export.buffer(name, of))
    };
    let program = export().run().unwrap();
    assert!(!export().same_calls(&program).unwrap());
    export().check(&program).unwrap();

    let error = Export::new(&model, &inputs).run().unwrap_err();
    assert!(matches!(error, ExportError::WrittenTensor { .. }), "{error}");
}

struct Gelu;

#[module]
impl Gelu {
    fn forward(&self, x: &Tensor) -> Tensor {
        x * 2.0
    }
}

#[test]
fn examples_that_say_little_are_not_the_only_ones() {
    let kinds = [0.0, f64::NAN, 1.5, f64::INFINITY];
    for value in kinds {
        for sizes in [vec![], vec![1], vec![2, 3]] {
            for complex in [false, true] {
                let kind = if complex { Kind::ComplexDouble } else { Kind::Double };
                let x = Tensor::full(&sizes, value, (Kind::Double, Device::Cpu)).to_kind(kind);
                let inputs = ModelInputs::new(&Gelu, [Gelu::args(x)]).unwrap();
                let export = Export::new(&Gelu, &inputs);
                let program = Export::new(&Gelu, &inputs).run().unwrap();
                assert!(program.verification.as_ref().unwrap().unproven.is_empty(), "{value} {sizes:?}");
                for to in ["aten.neg.default", "aten.conj_physical.default"] {
                    let mut mutant = program.clone();
                    then(&mut mutant, 0, to).unwrap();
                    if to == "aten.conj_physical.default" && !complex {
                        continue;
                    }
                    assert!(
                        matches!(export.check(&mutant), Err(ExportError::Differs { .. })),
                        "{value} {sizes:?} {to}"
                    );
                }
            }
        }
    }
}

struct Zeros;

#[module]
impl Zeros {
    fn forward(&self, x: &Tensor) -> (Tensor, Tensor, Tensor) {
        (x.zeros_like(), x.narrow(0, 0, 0), x + 1)
    }
}

#[test]
fn what_is_not_proven_is_said() {
    let x = Tensor::from_slice(&[0_i64, 0]);
    let inputs = ModelInputs::new(&Zeros, [Zeros::args(x)]).unwrap();
    let program = Export::new(&Zeros, &inputs).run().unwrap();
    let verification = program.verification.unwrap();
    let error = Export::new(&Zeros, &inputs).require_proof(true).run().unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the export is not proven: output 0 is zero in every run; output 1 is empty"), "{text}");
    let value = |what: &str, why| Unproven::Value { what: what.to_owned(), why };
    assert_eq!(verification.unproven, [value("output 0", Vacuous::Zero), value("output 1", Vacuous::Empty)]);
    let text = verification.to_string();
    assert!(text.ends_with("; NOT PROVEN: output 0 is zero in every run; output 1 is empty in every run"), "{text}");
}
