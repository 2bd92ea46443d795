//! Forwards that change modes of libtorch, what the model holds or the memory of tensors.

use crate::Ends::{Either, Error, Program};
use crate::Row;
use crate::capture_support::{F, fixed, guessed, randn, same};
use crate::forwards::{one, sized};
use std::cell::{Cell, RefCell};
use tch::{Device, Kind, Tensor};
use torch_export::ExportError;
use torch_export::prelude::*;

pub(crate) const ROWS: &[Row] = &[
    Row { name: "runs backward", ends: Either, run: || one(&Backward, Backward::args(randn(&[3]))) },
    Row { name: "runs backward of a parameter", ends: Either, run: backward_of_a_parameter },
    Row { name: "writes its parameter", ends: Error("WrittenParameter", "weight"), run: writes_its_parameter },
    Row { name: "keeps its tensors", ends: Either, run: keeps_its_tensors },
    Row { name: "exports itself", ends: Either, run: || one(&Itself, Itself::args(randn(&[3]))) },
    Row { name: "turns gradients off", ends: Program, run: || sized(&NoGradients, NoGradients::args) },
    Row { name: "leaves gradients off", ends: Either, run: || sized(&LeavesGradientsOff, LeavesGradientsOff::args) },
    Row {
        name: "seeds the generator",
        ends: Program,
        run: || guessed(&Seeds, [3, 6].map(|n| Seeds::args(randn(&[n])))).map(drop),
    },
    Row {
        name: "views its input as other sizes",
        ends: Error("Verify", "x.size()[0] // 3 == 1"),
        run: || sized(&Reshapes, Reshapes::args),
    },
    Row {
        name: "replaces the data of its input",
        ends: Error("DataReplaced", ""),
        run: || sized(&SetsData, SetsData::args),
    },
    Row { name: "resizes its input", ends: Either, run: || sized(&Resizes, Resizes::args) },
    Row { name: "reads raw memory", ends: Error("ReadsData", ""), run: || one(&Raw, Raw::args(randn(&[3]))) },
    Row { name: "asks for more than there is", ends: Program, run: || sized(&Huge, Huge::args) },
];

model! { Backward(x: &Tensor) -> Tensor {
    let x = x.detach().set_requires_grad(true);
    let loss = (&x * &x).sum(Kind::Float);
    Tensor::run_backward(&[loss], &[&x], false, false).remove(0)
} }

struct Held {
    weight: Tensor,
}

#[module]
impl Held {
    fn forward(&self, x: &Tensor) -> Tensor {
        let loss = (x * &self.weight).sum(Kind::Float);
        Tensor::run_backward(&[loss], &[&self.weight], false, false).remove(0)
    }
}

fn backward_of_a_parameter() -> Result<(), ExportError> {
    let model = Held { weight: randn(&[3]).set_requires_grad(true) };
    let inputs = ModelInputs::new(&model, [Held::args(randn(&[3]))]).unwrap();
    let program = Export::new(&model, &inputs).parameter("weight", &model.weight).run()?;
    same(&model, &program, [Held::args(randn(&[3]))]);
    Ok(())
}

struct Writes {
    weight: Tensor,
}

#[module]
impl Writes {
    fn forward(&self, x: &Tensor) -> Tensor {
        let _ = self.weight.shallow_clone().fill_(7.0);
        x + &self.weight
    }
}

fn writes_its_parameter() -> Result<(), ExportError> {
    let model = Writes { weight: randn(&[3]) };
    let before = model.weight.copy();
    let inputs = ModelInputs::new(&model, [Writes::args(randn(&[3]))]).unwrap();
    let result = Export::new(&model, &inputs).parameter("weight", &model.weight).run();
    assert!(model.weight.equal(&before));
    result.map(|_| ())
}

struct Keeps {
    kept: RefCell<Vec<Tensor>>,
}

#[module]
impl Keeps {
    fn forward(&self, x: &Tensor) -> Tensor {
        let y = x.relu();
        self.kept.borrow_mut().push(y.shallow_clone());
        y
    }
}

fn keeps_its_tensors() -> Result<(), ExportError> {
    let model = Keeps { kept: RefCell::default() };
    let result = sized(&model, Keeps::args);
    // Tensors of runs without data: what is done to them fails, and does not end the process.
    for tensor in model.kept.borrow().iter() {
        let _ = (tensor.size(), tensor.f_relu(), tensor.f_sum(Kind::Float).and_then(|t| t.f_double_value(&[])));
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| format!("{tensor}")));
    }
    result
}

model! { Itself(x: &Tensor) -> Tensor {
    thread_local! { static DEPTH: Cell<usize> = const { Cell::new(0) }; }
    if DEPTH.get() < 3 {
        DEPTH.set(DEPTH.get() + 1);
        let _ = fixed(&Itself, Itself::args(randn(&[2])));
        DEPTH.set(DEPTH.get() - 1);
    }
    x.relu()
} }
model! { NoGradients(x: &Tensor) -> Tensor { tch::no_grad(|| x.relu()) } }
model! { LeavesGradientsOff(x: &Tensor) -> Tensor {
    std::mem::forget(tch::no_grad_guard());
    x.relu()
} }
model! { Seeds(x: &Tensor) -> Tensor {
    tch::manual_seed(7);
    x + x.rand_like()
} }
model! { Reshapes(x: &Tensor) -> Tensor { x.view([3, -1]) } }
model! { SetsData(x: &Tensor) -> Tensor {
    let mut own = x.shallow_clone();
    own.set_data(&Tensor::zeros([2], F));
    x.relu()
} }
model! { Resizes(x: &Tensor) -> Tensor { x.shallow_clone().resize_([2]).relu() } }
model! { Raw(x: &Tensor) -> Tensor {
    let address = x.data_ptr() as usize;
    x + i64::from(address == 0)
} }
model! { Huge(x: &Tensor) -> Tensor {
    let table = Tensor::zeros([x.size()[0], 1 << 20], (Kind::Float, Device::Cpu));
    x + table.select(1, 0)
} }
