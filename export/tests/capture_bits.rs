//! Conjugated and negated tensors as inputs, parameters, buffers and constants.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{copied, fixed, randn, same};
use tch::{Device, Kind, Tensor};
use torch_export::dispatch::deep_copy;
use torch_export::prelude::*;

fn complex(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, (Kind::ComplexFloat, Device::Cpu))
}

/// Views of one random storage, with every combination of bits and some strides.
fn views() -> Vec<(&'static str, Tensor)> {
    let base = complex(&[3, 4]);
    vec![
        ("plain", base.shallow_clone()),
        ("conj", base.conj()),
        ("conj_t", base.conj().transpose(0, 1).contiguous().conj().transpose(0, 1)),
        ("gaps", complex(&[3, 8]).slice(1, 1, 8, 2).conj()),
        ("expanded", complex(&[1, 4]).expand([3, 4], false).conj()),
        ("neg", base.conj().imag()),
        ("neg_conj", base.internal_neg_view().conj()),
        ("offset", complex(&[5, 4]).narrow(0, 2, 3).conj()),
    ]
}

struct Holder {
    held: Vec<(&'static str, Tensor)>,
}

#[module]
impl Holder {
    fn forward(&self, x: &Tensor) -> Vec<Tensor> {
        self.held.iter().map(|(_, held)| x.unsqueeze(-1).unsqueeze(-1) * held).collect()
    }
}

#[test]
fn held_tensors_with_bits_are_resolved() {
    for way in ["parameter", "buffer", "constant"] {
        let model = Holder { held: views() };
        let inputs = ModelInputs::new(&model, [2, 3].map(|n| Holder::args(randn(&[n])))).unwrap();
        let shapes = inputs.guess_dynamic_shapes().unwrap();
        let mut export = Export::new(&model, &inputs).dynamic_shapes(&shapes);
        for (name, tensor) in &model.held {
            export = match way {
                "parameter" => export.parameter(name, tensor),
                "buffer" => export.buffer(name, tensor),
                _ => export.constant(name, tensor),
            };
        }
        let program = export.run().unwrap();
        same(&model, &program, [4, 7].map(|n| Holder::args(randn(&[n]))));
        // Every value is what the file has, and not only what the run gives.
        let module = program.module().unwrap();
        let ones: Vec<Tensor> = module.call(&Holder::args(Tensor::ones([1], capture_support::F))).unwrap();
        for ((name, held), one) in model.held.iter().zip(ones) {
            let data = program.state_dict.get(*name).or(program.constants.get(*name)).unwrap();
            assert_eq!(data.tensor.strides, held.stride(), "{way} {name}");
            assert!(!one.is_conj() && !one.is_neg());
            assert!(one.squeeze_dim(0).equal(&(held * 1.0)), "{way} {name}");
        }
    }
}

#[test]
fn tensors_with_the_same_bits_share_their_storage_still() {
    let base = complex(&[4, 2]);
    let held = vec![("a", base.conj()), ("b", base.conj().narrow(0, 1, 2)), ("c", base.shallow_clone())];
    let model = Holder { held };
    let inputs = ModelInputs::new(&model, [Holder::args(randn(&[2]))]).unwrap();
    let mut export = Export::new(&model, &inputs);
    for (name, tensor) in &model.held {
        export = export.buffer(name, tensor);
    }
    let program = export.run().unwrap();
    let storage = |name: &str| &program.state_dict[name].storage;
    assert!(storage("a").same(storage("b")) && !storage("a").same(storage("c")));
}

model! { Turned(x: &Tensor) -> Vec<Tensor> { vec![x * 2.0, x + 1.0, x.abs(), x.sum_dim_intlist([0].as_slice(), true, None::<Kind>)] } }

#[test]
fn inputs_with_bits_keep_them() {
    for (name, view) in views() {
        let copy = deep_copy(&view).unwrap();
        assert_eq!((copy.is_conj(), copy.is_neg()), (view.is_conj(), view.is_neg()), "{name}");
        assert_eq!(copy.stride(), view.stride(), "{name}");
        assert!(copy.equal(&view), "{name}");
        // A write to the copy does not reach the original.
        let before = &view * 1.0;
        let _ = tch::no_grad(|| copy.narrow(0, 0, 1).narrow(1, 0, 1).fill_(7.0));
        assert!(view.equal(&before), "{name}");

        let program = fixed(&Turned, Turned::args(view.shallow_clone())).unwrap();
        let other = Turned::args(view.shallow_clone());
        same(&Turned, &program, [copied(&other), other]);
    }
}
