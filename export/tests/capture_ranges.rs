//! Ranges that layers give to sizes, as torch 2.13 gives them, and what a check says that finds no other sizes.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::randn;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::CallError;
use torch_export::prelude::*;
use torch_export::program::Unproven;

fn exported<M: Module<Family = Tch>>(store: &nn::VarStore, model: &M, sets: [M::Args; 2]) -> ExportedProgram {
    let inputs = ModelInputs::new(model, sets).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    Export::new(model, &inputs).dynamic_shapes(&shapes).parameters(store).run().unwrap()
}

/// The ranges of the sizes of the first input, in the order of its dimensions.
fn ranges(program: &ExportedProgram) -> Vec<String> {
    program.range_constraints.iter().map(|(_, range)| range.to_string()).collect()
}

/// A table of 64 positions, of which a text takes the first.
struct Sliced(Tensor);

#[module]
impl Sliced {
    fn forward(&self, x: &Tensor) -> Tensor {
        x + self.0.narrow(0, 0, x.size()[1])
    }
}

/// The same by numbers.
struct Numbered(Tensor);

#[module]
impl Numbered {
    fn forward(&self, x: &Tensor) -> Tensor {
        let places = Tensor::arange(x.size()[1], (Kind::Int64, Device::Cpu));
        x + Tensor::embedding(&self.0, &places, -1, false, false)
    }
}

#[test]
fn a_table_of_positions_is_as_long_as_texts_may_be() {
    let none = nn::VarStore::new(Device::Cpu);
    let set = |n: i64, length: i64| randn(&[n, length, 4]);
    let sliced = exported(&none, &Sliced(randn(&[64, 4])), [Sliced::args(set(2, 5)), Sliced::args(set(3, 7))]);
    assert_eq!(ranges(&sliced), ["VR[2, int_oo]", "VR[2, 64]"], "{sliced}");
    let longer: Result<Tensor, CallError> = sliced.call(&Sliced::args(set(2, 65)));
    assert!(matches!(longer, Err(CallError::Inputs(_))), "{longer:?}");
    // What an index is out of range for is the op's own error, as in PyTorch.
    let numbered = exported(&none, &Numbered(randn(&[64, 4])), [Numbered::args(set(2, 5)), Numbered::args(set(3, 7))]);
    assert_eq!(ranges(&numbered), ["VR[2, int_oo]", "VR[2, int_oo]"], "{numbered}");
    let longer: Result<Tensor, CallError> = numbered.call(&Numbered::args(set(2, 65)));
    assert!(matches!(longer, Err(CallError::Op { .. })), "{longer:?}");
}

/// A convolution as that of AlexNet, and pools behind it.
struct Pooled {
    conv: nn::Conv2D,
    last: i64,
}

#[module]
impl Pooled {
    fn forward(&self, x: &Tensor) -> Tensor {
        let y = self.conv.forward(x);
        let y = if self.last == 1 { y } else { y.max_pool2d(3, 2, 0, 1, false) };
        y.adaptive_avg_pool2d([self.last, self.last]).view([x.size()[0], 5 * self.last * self.last])
    }
}

#[test]
fn adaptive_pools_leave_the_sizes_that_the_layers_before_them_need() {
    let store = nn::VarStore::new(Device::Cpu);
    let config = nn::ConvConfig { stride: 4, padding: 2, ..Default::default() };
    for (last, least, open, sets) in
        [(6, 15, 23, [[2, 192, 224], [3, 224, 192]]), (1, 7, 11, [[2, 64, 80], [3, 80, 64]])]
    {
        let conv = nn::conv2d(store.root() / last, 3, 5, 11, config);
        let model = Pooled { conv, last };
        let program = exported(&store, &model, sets.map(|[n, h, w]| Pooled::args(randn(&[n, 3, h, w]))));
        let range = format!("VR[{least}, int_oo]");
        assert_eq!(ranges(&program), ["VR[2, int_oo]", &range, &range], "{program}");
        // Above the range there is a guard: a size of 1 before the last pool would broadcast.
        for (n, h, w, is_open) in [(1, least, least, false), (4, open - 1, 90, false), (1, open, open, true)] {
            let y: Result<Tensor, CallError> = program.call(&Pooled::args(randn(&[n, 3, h, w])));
            let guarded = matches!(&y, Err(error) if error.to_string().contains("!= 1"));
            assert!(if is_open { y.is_ok() } else { guarded }, "{h} by {w}: {y:?}");
        }
    }
}

model! { Only(x: &Tensor) -> Tensor {
    assert!([4, 6].contains(&x.size()[0]), "no other size");
    x * 2
} }

#[test]
fn a_check_without_other_sizes_says_so() {
    let inputs = ModelInputs::new(&Only, [4, 6].map(|n| Only::args(randn(&[n, 3])))).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&Only, &inputs).dynamic_shapes(&shapes).run().unwrap();
    let verification = program.verification.unwrap();
    assert!(!verification.unseen && verification.unproven.contains(&Unproven::Sizes), "{verification:?}");
}
