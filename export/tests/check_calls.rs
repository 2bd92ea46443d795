//! Models whose runs take long are recorded without data, and compared by their calls: they must be as safe as others, and stay as
//! they were.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::cell::RefCell;
use std::sync::mpsc;
use tch::{Device, Kind, Tensor, nn};
use torch_export::prelude::*;
use torch_export::{ExportError, is_exporting};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

/// A width at which a run is cheap, and one at which the first product takes 1.3 billion multiplications.
const WIDTHS: [i64; 2] = [8, 1100];

/// Multiplies with a weight, and does something else with the product and another input.
struct Model {
    weight: Tensor,
    kept: RefCell<Option<Tensor>>,
    then: fn(&Model, &Tensor, &Tensor) -> Tensor,
}

#[module]
impl Model {
    fn forward(&self, x: &Tensor, y: &Tensor) -> Tensor {
        (self.then)(self, &x.matmul(&self.weight), y)
    }
}

impl Model {
    fn new(width: i64, then: fn(&Model, &Tensor, &Tensor) -> Tensor) -> Self {
        Model { weight: Tensor::randn([width, width], FLOAT) * 0.05, kept: RefCell::default(), then }
    }

    fn width(&self) -> i64 {
        self.weight.size()[0]
    }

    /// A set with this second input, and so many rows more than columns.
    fn set(&self, more: i64, y: &Tensor) -> <Self as Module>::Args {
        let width = self.width();
        Model::args((Tensor::randn([width + more, width], FLOAT), y.shallow_clone()))
    }

    /// The program of a static export, on sets with these second inputs.
    fn export(&self, ys: &[Tensor]) -> Result<ExportedProgram, ExportError> {
        let inputs = ModelInputs::new(self, ys.iter().map(|y| self.set(0, y))).unwrap();
        Export::new(self, &inputs).parameter("weight", &self.weight).run()
    }

    /// The program must be the model on all of these inputs, or be refused.
    fn is_never_wrong(&self, ys: &[Tensor]) {
        let Ok(program) = self.export(ys) else { return };
        self.agrees(&program, 0, ys);
    }

    fn agrees(&self, program: &ExportedProgram, more: i64, ys: &[Tensor]) {
        let module = program.module().unwrap();
        for (i, y) in ys.iter().enumerate() {
            let x = Tensor::randn([self.width() + more, self.width()], FLOAT);
            let got: Tensor = module.call(&Model::args((x.shallow_clone(), y.shallow_clone()))).unwrap();
            let verification = program.verification.as_ref().unwrap();
            assert!(got.allclose(&self.forward(&x, y), 1e-4, 1e-4, false), "set {i}, {verification}");
        }
    }
}

fn y() -> Tensor {
    Tensor::randn([4, 6], FLOAT)
}

fn never_wrong(then: fn(&Model, &Tensor, &Tensor) -> Tensor, ys: &[Tensor]) {
    WIDTHS.iter().for_each(|width| Model::new(*width, then).is_never_wrong(ys));
}

#[test]
fn a_forward_is_compared_as_it_is_outside_of_exports() {
    never_wrong(|_, _, y| if is_exporting() { y.relu() } else { y.gelu("none") }, &[y()]);
}

#[test]
fn the_mode_of_gradients_is_that_of_the_caller() {
    for width in WIDTHS {
        let store = nn::VarStore::new(Device::Cpu);
        let mut model = Model::new(width, |_, h, y| if h.requires_grad() { y * 2 } else { y * 3 });
        model.weight = store.root().randn("weight", &[width, width], 0.0, 0.05);
        model.is_never_wrong(&[y()]);
    }
}

#[test]
fn each_set_has_its_own_layout_bits_and_gradients() {
    let square = || Tensor::randn([6, 6], FLOAT);
    never_wrong(|_, _, y| if y.is_contiguous() { y * 2 } else { y * 3 }, &[square(), square().tr()]);
    never_wrong(
        |_, _, y| if y.stride()[0] == 0 { y * 2 } else { y * 3 },
        &[y(), y().narrow(0, 0, 1).expand([4, 6], false)],
    );
    let complex = || Tensor::randn([4, 6], (Kind::ComplexFloat, Device::Cpu));
    never_wrong(|_, _, y| (if y.is_conj() { y * 2 } else { y * 3 }).real(), &[complex(), complex().conj()]);
    never_wrong(|_, _, y| if y.requires_grad() { y * 2 } else { y * 3 }, &[y(), y().set_requires_grad(true)]);
}

#[test]
fn sets_of_other_sizes_have_their_own_layout() {
    for width in WIDTHS {
        let model = Model::new(width, |_, _, y| if y.is_contiguous() { y * 2 } else { y * 3 });
        let square = || Tensor::randn([6, 6], FLOAT);
        let inputs = ModelInputs::new(&model, [model.set(0, &square()), model.set(20, &square().tr())]).unwrap();
        let shapes = inputs.guess_dynamic_shapes().unwrap();
        let export = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameter("weight", &model.weight);
        assert!(export.run().is_err(), "{width}");
    }
}

#[test]
fn a_set_whose_calls_differ_runs_with_data() {
    for width in WIDTHS {
        let model = Model::new(width, |_, h, y| if h.size()[0] - h.size()[1] == 27 { y * 3 } else { y * 2 });
        let inputs = ModelInputs::new(&model, [model.set(0, &y()), model.set(27, &y())]).unwrap();
        let shapes = inputs.guess_dynamic_shapes().unwrap();
        let export = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameter("weight", &model.weight);
        if let Ok(program) = export.run() {
            model.agrees(&program, 27, &[y()]);
        }
    }
}

#[test]
fn a_read_on_another_thread_is_noticed() {
    let reads = |_: &Model, _: &Tensor, y: &Tensor| {
        let shared = y.shallow_clone();
        let read = move || shared.f_sum(Kind::Float).and_then(|sum| sum.f_double_value(&[])).is_ok();
        if std::thread::spawn(read).join().unwrap() { y * 2 } else { y * 3 }
    };
    never_wrong(reads, &[y()]);
}

#[test]
fn random_numbers_and_memory_of_others_are_compared_with_data() {
    for width in WIDTHS {
        let seeded = Model::new(width, |_, _, y| {
            tch::manual_seed(42);
            y + y.randn_like()
        });
        // Other tests draw from the same generator, so that the values may differ.
        if let Ok(program) = seeded.export(&[y()]) {
            let verification = program.verification.unwrap();
            assert!(!verification.by_calls, "{width}: {verification}");
        }
        let uninitialized = Model::new(width, |_, _, y| y.empty_like().fill_(2.0) * y);
        let verification = uninitialized.export(&[y()]).unwrap().verification.unwrap();
        assert!(!verification.by_calls, "{width}: {verification}");
    }
}

#[test]
fn a_model_that_keeps_its_last_result_has_one_with_data() {
    for width in WIDTHS {
        let model = Model::new(width, |model, h, y| {
            let mean = h.mean(Kind::Float);
            *model.kept.borrow_mut() = Some(mean.shallow_clone());
            y + mean
        });
        model.export(&[y()]).unwrap();
        assert!(model.kept.borrow().as_ref().unwrap().f_double_value(&[]).is_ok(), "{width}");
        // The same memory as another tensor.
        let model = Model::new(width, |model, h, y| {
            let mean = h.mean(Kind::Float);
            *model.kept.borrow_mut() = Some(mean.data());
            y + mean
        });
        model.export(&[y()]).unwrap();
        assert!(model.kept.borrow().as_ref().unwrap().f_double_value(&[]).is_ok(), "{width}");
    }
}

#[test]
fn what_the_forward_writes_to_its_own_tensors_is_not_read() {
    for width in WIDTHS {
        let model = Model::new(width, |_, _, y| {
            let mut own = Tensor::zeros([4, 6], FLOAT);
            own.copy_(y);
            own.masked_select(&own.gt(0.0)) + (&own * 2).masked_select(&own.gt(0.0))
        });
        let program = model.export(&[y()]).unwrap();
        model.agrees(&program, 0, &[y(), y()]);
    }
}

#[test]
fn a_backward_pass_leaves_no_gradient_without_data() {
    let plain = Model::new(WIDTHS[0], |_, _, y| y * 2);
    let program = plain.export(&[y()]).unwrap();
    let mut model = Model::new(WIDTHS[0], |_, h, y| {
        (h * h).sum(Kind::Float).backward();
        y * 2
    });
    model.weight = Tensor::randn([WIDTHS[0], WIDTHS[0]], FLOAT).set_requires_grad(true);
    let inputs = ModelInputs::new(&model, [model.set(0, &y())]).unwrap();
    assert!(!Export::new(&model, &inputs).parameter("weight", &model.weight).same_calls(&program).unwrap());
    let _ = model.forward(&Tensor::randn([WIDTHS[0], WIDTHS[0]], FLOAT), &y());
    assert!(model.weight.grad().sum(Kind::Float).f_double_value(&[]).is_ok());
}

/// Asks another thread, which a copy of the process does not have.
struct Asks {
    weight: Tensor,
    question: mpsc::Sender<i64>,
    answer: mpsc::Receiver<i64>,
}

#[module]
impl Asks {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.question.send(x.size()[1]).unwrap();
        x.matmul(&self.weight).narrow(1, 0, self.answer.recv().unwrap() / 2)
    }
}

#[test]
fn a_forward_may_ask_another_thread() {
    let ((question, asked), (reply, answer)) = (mpsc::channel(), mpsc::channel());
    std::thread::spawn(move || asked.iter().for_each(|size| reply.send(size).unwrap()));
    let width = WIDTHS[1];
    let model = Asks { weight: Tensor::randn([width, width], FLOAT), question, answer };
    let inputs = ModelInputs::new(&model, [Asks::args(Tensor::randn([width, width], FLOAT))]).unwrap();
    let program = Export::new(&model, &inputs).parameter("weight", &model.weight).run().unwrap();
    let output: Tensor = program.module().unwrap().call(&Asks::args(Tensor::randn([width, width], FLOAT))).unwrap();
    assert_eq!(output.size(), [width, width / 2]);
}

#[test]
fn another_structure_of_the_output_is_another_program() {
    let one = Model::new(WIDTHS[0], |_, _, y| y * 2);
    let mut program = one.export(&[y()]).unwrap();
    let inputs = ModelInputs::new(&one, [one.set(0, &y())]).unwrap();
    let export = || Export::new(&one, &inputs).parameter("weight", &one.weight);
    assert!(export().same_calls(&program).unwrap());
    export().check(&program).unwrap();
    program.out_spec = torch_export::pytree::TreeSpec::list([torch_export::pytree::TreeSpec::leaf()]);
    assert!(!export().same_calls(&program).unwrap());
    assert!(matches!(export().check(&program), Err(ExportError::Differs { .. })));
}

/// Reads the statistics that a batch norm has written to.
struct Reads {
    mean: Tensor,
    var: Tensor,
}

#[module]
impl Reads {
    fn forward(&self, x: &Tensor) -> Tensor {
        let normal = x.batch_norm(None, None, Some(&self.mean), Some(&self.var), true, 0.1, 1e-5, false);
        normal * self.mean.sum(Kind::Float).double_value(&[])
    }
}

#[test]
fn statistics_that_were_written_to_are_numbers_out_of_tensors() {
    let x = || Tensor::randn([5, 3], FLOAT) + 1.0;
    let model = Reads { mean: Tensor::zeros([3], FLOAT), var: Tensor::ones([3], FLOAT) };
    let inputs = ModelInputs::new(&model, [Reads::args(x())]).unwrap();
    let program = Export::new(&model, &inputs).buffer("mean", &model.mean).buffer("var", &model.var).run().unwrap();
    let (x, module) = (x(), program.module().unwrap());
    let got: Tensor = module.call(&Reads::args(x.shallow_clone())).unwrap();
    assert!(got.allclose(&model.forward(&x), 1e-5, 1e-6, false));
}
