//! Tensors that are not inputs: constants, aliases, parameters, buffers, and tensors that were not declared.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{F, alike, fixed, guessed, randn, recording, refused, same, statements};
use tch::Tensor;
use torch_export::ExportError;
use torch_export::prelude::*;
use torch_export::program::InputKind;
use torch_export::pytree::flatten;
use torch_export::record::{RecordError, UnknownReason};

model! { Scaled(x: &Tensor) -> Tensor { x * Tensor::from_slice(&[1f32, 2.0, 3.0]) } }

#[test]
fn a_slice_is_a_constant() {
    let sets = || [2, 5, 9].map(|n| Scaled::args(randn(&[n, 3])));
    let program = guessed(&Scaled, sets()).unwrap();
    assert_eq!(
        statements(&program),
        ["mul: \"f32[s77, 3]\" = torch.ops.aten.mul.Tensor(x, c_lifted_tensor_0)", "return (mul,)",]
    );
    assert_eq!(program.constants.keys().collect::<Vec<_>>(), ["lifted_tensor_0"]);
    same(&Scaled, &program, sets());
    same(&Scaled, &program, [Scaled::args(randn(&[13, 3]))]);
}

model! { Accumulated(x: &Tensor) -> Tensor {
    let mut c = Tensor::from_slice(&[1f32, 2.0, 3.0]);
    c += 1.0;
    let mut row = c.narrow(0, 0, 1);
    row += 10.0;
    x + &c
} }

#[test]
fn a_constant_that_is_written_to_is_the_same_in_every_call() {
    let program = fixed(&Accumulated, Accumulated::args(randn(&[3]))).unwrap();
    assert_eq!(
        statements(&program)[..2],
        [
            "clone: \"f32[3]\" = torch.ops.aten.clone.default(c_lifted_tensor_0)",
            "add_: \"f32[3]\" = torch.ops.aten.add_.Tensor(clone, 1.0)",
        ]
    );
    for _ in 0..3 {
        same(&Accumulated, &program, [Accumulated::args(randn(&[3]))]);
    }
}

struct Held {
    w: Tensor,
}

#[module]
impl Held {
    fn forward(&self, x: &Tensor) -> Tensor {
        x * &self.w
    }
}

#[test]
fn an_undeclared_tensor_is_a_constant_of_the_model() {
    let model = Held { w: randn(&[3]) };
    let before = model.w.copy();
    let program = guessed(&model, [2, 4].map(|n| Held::args(randn(&[n, 3])))).unwrap();
    assert_eq!(
        statements(&program),
        ["mul: \"f32[s77, 3]\" = torch.ops.aten.mul.Tensor(x, c_lifted_tensor_0)", "return (mul,)"]
    );
    let InputKind::ConstantTensor { name } = &program.signature.inputs[0].kind else { panic!("{program}") };
    assert_eq!(name, "lifted_tensor_0");
    assert_eq!(program.constants.keys().collect::<Vec<_>>(), ["lifted_tensor_0"]);
    same(&model, &program, [7, 1].map(|n| Held::args(randn(&[n, 3]))));
    assert_eq!(model.w, before);
}

#[test]
fn an_undeclared_parameter_is_an_error_with_the_cure() {
    let model = Held { w: randn(&[3]).set_requires_grad(true) };
    let error = refused(fixed(&model, Held::args(randn(&[2, 3]))));
    let text = error.to_string();
    let RecordError::UnknownTensor { sizes, reason, .. } = recording(&error) else { panic!("{error:?}") };
    assert_eq!((sizes.as_slice(), reason), ([3].as_slice(), &UnknownReason::UndeclaredParameter));
    assert!(text.starts_with("argument `other` of `aten.mul.Tensor` is a float32 tensor of sizes [3] "), "{text}");
    assert!(text.contains(".parameter(name, &tensor)"), "{text}");
}

struct Alternating {
    tables: [Tensor; 2],
    second: std::cell::Cell<bool>,
}

#[module]
impl Alternating {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.second.set(!self.second.get());
        x * &self.tables[usize::from(self.second.get())]
    }
}

#[test]
fn an_undeclared_tensor_that_is_another_one_in_the_next_run_is_refused() {
    let model = Alternating { tables: [randn(&[3]), randn(&[3])], second: std::cell::Cell::new(false) };
    let error = refused(fixed(&model, Alternating::args(randn(&[2, 3]))));
    let ExportError::OtherTensor { op, line: Some(line) } = &error else { panic!("{error:?}") };
    assert_eq!(op.to_string(), "aten.mul.Tensor");
    assert!(line.contains("capture_constants.rs:"), "{line}");
    assert!(error.to_string().contains("let the model hold it"), "{error}");
}

struct WrittenHeld {
    seen: Tensor,
}

#[module]
impl WrittenHeld {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.seen.shallow_clone().g_add_(&x.sum(tch::Kind::Float)) + x
    }
}

#[test]
fn an_undeclared_tensor_that_is_written_to_is_refused() {
    let model = WrittenHeld { seen: Tensor::zeros([3], F) };
    let error = refused(fixed(&model, WrittenHeld::args(randn(&[2, 3]))));
    let ExportError::WrittenTensor { sizes } = &error else { panic!("{error:?}") };
    assert_eq!(sizes, &[3]);
    assert!(error.to_string().contains(".buffer(name, &tensor)"), "{error}");
}

#[test]
fn a_declared_tensor_has_its_declared_role() {
    let model = Held { w: randn(&[3]) };
    let inputs = ModelInputs::new(&model, [2, 4].map(|n| Held::args(randn(&[n, 3])))).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let new = || Export::new(&model, &inputs).dynamic_shapes(&shapes);
    let name = "w".to_owned();
    let declared = [
        (new().parameter("w", &model.w), "p_w", InputKind::Parameter { name: name.clone() }),
        (new().buffer("w", &model.w), "b_w", InputKind::Buffer { name: name.clone(), persistent: true }),
        (new().constant("w", &model.w), "c_w", InputKind::ConstantTensor { name }),
    ];
    for (export, name, kind) in declared {
        let program = export.run().unwrap();
        assert_eq!(program.signature.inputs[0].kind, kind);
        assert_eq!(statements(&program)[0], format!("mul: \"f32[s77, 3]\" = torch.ops.aten.mul.Tensor(x, {name})"));
        same(&model, &program, [7, 1].map(|n| Held::args(randn(&[n, 3]))));
    }
}

#[test]
fn a_declared_tensor_that_is_not_used() {
    let (model, unused) = (Held { w: randn(&[3]) }, randn(&[5]));
    let inputs = ModelInputs::new(&model, [Held::args(randn(&[2, 3]))]).unwrap();
    let program =
        Export::new(&model, &inputs).buffer("w", &model.w).buffer("b", &unused).constant("c", &unused).run().unwrap();
    let names: Vec<_> = program.graph.placeholders().map(|(_, n)| n.name.as_str()).collect();
    // As in PyTorch: all parameters and buffers, but only the constants that are used.
    assert_eq!(names, ["b_w", "b_b", "x"]);
}

struct Counting {
    steps: Tensor,
    mean: Tensor,
}

#[module]
impl Counting {
    fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        let _ = self.steps.shallow_clone().g_add_scalar_(1);
        let mean = x.mean_dim([0i64].as_slice(), false, None) * 0.5 + &self.mean * 0.5;
        self.mean.shallow_clone().copy_(&mean);
        (x - &self.mean, self.steps.to_kind(tch::Kind::Float))
    }
}

#[test]
fn buffers_that_are_written_to_are_as_before_after_an_export_and_new_in_every_run() {
    let model = Counting { steps: Tensor::from(5i64), mean: randn(&[3]) };
    let before = model.mean.copy();
    let set = |n: i64| Counting::args(randn(&[n, 3]));
    let inputs = ModelInputs::new(&model, [set(2), set(6)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&model, &inputs)
        .dynamic_shapes(&shapes)
        .buffer("steps", &model.steps)
        .buffer("mean", &model.mean)
        .run()
        .unwrap();
    assert_eq!(model.steps.int64_value(&[]), 5);
    assert_eq!(model.mean, before);
    let text = program.to_string();
    assert!(text.contains("torch.ops.aten.add_.Tensor(b_steps, 1)"), "{text}");
    assert!(text.contains("torch.ops.aten.copy_.default(b_mean, "), "{text}");
    for n in [2, 3, 11] {
        let args = set(n);
        let first: (Tensor, Tensor) = program.call(&args).unwrap();
        let second: (Tensor, Tensor) = program.call(&args).unwrap();
        assert_eq!(first.1.double_value(&[]), 6.0);
        alike(&first, &second);
        let expected = model.call(&args).unwrap();
        alike(&first.0, &expected.0);
        model.steps.shallow_clone().copy_(&Tensor::from(5i64));
        model.mean.shallow_clone().copy_(&before);
    }
    // A module keeps what is written to its buffers, as the model and `ep.module()` do; another module starts again.
    let module = program.module().unwrap();
    for n in [2, 3, 11] {
        let args = set(n);
        alike(&module.call::<_, (Tensor, Tensor)>(&args).unwrap(), &model.call(&args).unwrap());
    }
    assert_eq!(model.steps.int64_value(&[]), 8);
    let (_, steps): (Tensor, Tensor) = program.module().unwrap().call(&set(4)).unwrap();
    assert_eq!(steps.double_value(&[]), 6.0);
}

struct Written {
    c: Tensor,
}

#[module]
impl Written {
    fn forward(&self, x: &Tensor) -> Tensor {
        let mut flat = self.c.view([4]);
        flat += 1.0;
        x + &self.c
    }
}

#[test]
fn a_declared_constant_that_is_written_to_through_a_view() {
    let model = Written { c: Tensor::zeros([2, 2], F) };
    let inputs = ModelInputs::new(&model, [Written::args(randn(&[2, 2]))]).unwrap();
    let program = Export::new(&model, &inputs).constant("c", &model.c).run().unwrap();
    assert_eq!(model.c.abs().max().double_value(&[]), 0.0, "the export has left its mark on the model");
    let zeros = Written::args(Tensor::zeros([2, 2], F));
    for _ in 0..2 {
        let out: Tensor = program.call(&zeros).unwrap();
        assert_eq!(out, Tensor::ones([2, 2], F));
    }
    assert_eq!(
        statements(&program)[..2],
        [
            "clone: \"f32[2, 2]\" = torch.ops.aten.clone.default(c_c)",
            "view: \"f32[4]\" = torch.ops.aten.view.default(clone, [4])",
        ]
    );
}

struct WrittenParameter {
    w: Tensor,
}

#[module]
impl WrittenParameter {
    fn forward(&self, x: &Tensor) -> Tensor {
        let mut w = self.w.data();
        w += 1.0;
        x + &self.w
    }
}

#[test]
fn a_parameter_that_is_written_to_is_refused() {
    let model = WrittenParameter { w: randn(&[2]).set_requires_grad(true) };
    let inputs = ModelInputs::new(&model, [WrittenParameter::args(randn(&[2]))]).unwrap();
    let error = refused(Export::new(&model, &inputs).parameter("w", &model.w).run());
    let ExportError::WrittenParameter { name, op } = &error else { panic!("{error:?}") };
    assert_eq!((name.as_str(), op.to_string().as_str()), ("w", "aten.add_.Scalar"));
    assert!(error.to_string().contains("declare it as a buffer"), "{error}");
}

model! { Aliases(x: &Tensor) -> Tensor {
    let a = x.data() + 1;
    let b = x.detach();
    let c = x.shallow_clone();
    (&a + &b) * &c
} }

#[test]
fn an_alias_is_the_tensor_itself() {
    let program = guessed(&Aliases, [2, 5].map(|n| Aliases::args(randn(&[n])))).unwrap();
    let body = statements(&program);
    assert_eq!(
        body,
        [
            "add: \"f32[s77]\" = torch.ops.aten.add.Tensor(x, 1)",
            "detach: \"f32[s77]\" = torch.ops.aten.detach.default(x)",
            "add_1: \"f32[s77]\" = torch.ops.aten.add.Tensor(add, detach)",
            "mul: \"f32[s77]\" = torch.ops.aten.mul.Tensor(add_1, x)",
            "return (mul,)",
        ]
    );
    same(&Aliases, &program, [Aliases::args(randn(&[9]))]);
}

model! { Returned(x: &Tensor) -> (Tensor, Tensor) {
    (x.relu(), Tensor::from_slice(&[7i64, 8]))
} }

#[test]
fn a_constant_may_be_returned() {
    let program = guessed(&Returned, [2, 5].map(|n| Returned::args(randn(&[n])))).unwrap();
    assert_eq!(statements(&program).last().unwrap(), "return (relu, c_lifted_tensor_0)");
    same(&Returned, &program, [Returned::args(randn(&[9]))]);
}

#[test]
fn inputs_are_not_touched_by_an_export() {
    model! { InPlace(x: &Tensor) -> Tensor { x.shallow_clone().g_add_scalar_(1) } }
    let args = InPlace::args(Tensor::zeros([3], F));
    let inputs = ModelInputs::new(&InPlace, [args]).unwrap();
    export(&InPlace, &inputs, &DynamicShapes::NONE).unwrap();
    let flat = flatten(&inputs.sets()[0]).unwrap();
    let torch_export::pytree::LeafRef::Tensor(x) = flat.leaves[0] else { panic!("a tensor went in") };
    assert_eq!(*x, Tensor::zeros([3], F));
}

/// A model that does something to its buffer, and whether the export is refused then.
struct Changes {
    state: Tensor,
    how: fn(&mut Tensor, &Tensor),
}

#[module]
impl Changes {
    fn forward(&self, x: &Tensor) -> Tensor {
        let mut state = self.state.shallow_clone();
        (self.how)(&mut state, x);
        x + self.state.sum(None)
    }
}

/// What a forward does to a buffer is undone, also where it is given other memory, and where the export is refused.
#[test]
fn buffers_are_as_before() {
    type Row = (&'static str, fn(&mut Tensor, &Tensor), bool);
    let rows: [Row; 8] = [
        ("nothing", |_, _| {}, true),
        ("written to", |state, _| drop(state.f_add_(&Tensor::from(1_f32)).unwrap()), true),
        ("written to, then a panic", |state, _| assert!(state.f_zero_().unwrap().size() == [9], "nine"), false),
        ("other data", |state, _| state.set_data(&Tensor::zeros([2, 2], F)), false),
        ("data of an input", |state, x| state.set_data(&x.relu()), false),
        ("smaller", |state, _| drop(state.f_resize_([2]).unwrap()), false),
        ("transposed", |state, _| drop(state.f_transpose_(0, 1).unwrap()), false),
        ("other memory", |state, x| drop(state.f_set_source_tensor_(&x.relu()).unwrap()), false),
    ];
    for (name, how, succeeds) in rows {
        let model = Changes { state: Tensor::from_slice(&[1_f32, 2.0, 3.0, 4.0]).view([2, 2]), how };
        let address = model.state.data_ptr();
        let inputs = ModelInputs::new(&model, [Changes::args(randn(&[3]))]).unwrap();
        let result = Export::new(&model, &inputs).buffer("state", &model.state).run();
        assert_eq!(result.is_ok(), succeeds, "{name}: {result:?}");
        assert_eq!(model.state.data_ptr(), address, "{name}");
        assert_eq!((model.state.size(), model.state.stride()), (vec![2, 2], vec![2, 1]), "{name}");
        assert_eq!(Vec::<f32>::try_from(model.state.view([-1])).unwrap(), [1.0, 2.0, 3.0, 4.0], "{name}");
    }
}
