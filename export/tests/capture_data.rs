//! Values that leave the graph, forwards that are not deterministic, and forwards that fail.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use std::cell::Cell;

use capture_support::{F, fixed, guessed, randn, recording, refused, same, statements};
use tch::{Device, Kind, Tensor};
use torch_export::ExportError;
use torch_export::prelude::*;
use torch_export::record::RecordError;

/// The place of the data dependence for which an export must fail.
fn dependence(result: Result<ExportedProgram, ExportError>) -> String {
    let error = refused(result);
    let text = error.to_string();
    assert!(text.contains("compute with tensors instead"), "{text}");
    match error {
        ExportError::DataDependence { place, first, second } => {
            assert_ne!(first, second);
            place
        }
        other => panic!("{other:?}"),
    }
}

model! { Mean(x: &Tensor) -> Tensor { x / x.mean(Kind::Float).double_value(&[]) } }
model! { Copied(x: &Tensor) -> Tensor {
    let values: Vec<f32> = x.try_into().unwrap();
    Tensor::from_slice(&values) + 1.0
} }
model! { Compared(x: &Tensor) -> Tensor { if *x == x.round() { x.relu() } else { x.neg() } } }
model! { Counted(x: &Tensor) -> Tensor { x.narrow(0, 0, x.argmax(0, false).int64_value(&[]) + 1) } }
model! { Told(x: &Tensor) -> f64 { x.sum(Kind::Float).double_value(&[]) } }
model! { Signed(x: &Tensor) -> Tensor { if x.double_value(&[0]) > 0.5 { x.sin() } else { x.cos() } } }

#[test]
fn a_number_read_from_a_tensor_does_not_become_a_constant() {
    let x = || Tensor::from_slice(&[1f32, 2.0, 3.0]);
    assert_eq!(dependence(fixed(&Mean, Mean::args(x()))), "argument `other` of `aten.div.Scalar`");
    assert_eq!(dependence(fixed(&Counted, Counted::args(x()))), "argument `length` of `aten.narrow.default`");
    assert_eq!(dependence(fixed(&Told, Told::args(x()))), "an output");
}

#[test]
fn a_copy_made_into_a_tensor_does_not_become_a_constant() {
    let place = dependence(fixed(&Copied, Copied::args(randn(&[3]))));
    assert_eq!(place, "constant 0 that `aten.add.Scalar` uses");
}

#[test]
fn a_branch_on_data_is_seen() {
    let x = Tensor::from_slice(&[1f32, 0.1, 0.2]);
    let place = dependence(fixed(&Signed, Signed::args(x)));
    assert_eq!(place, "call 2");
}

model! { Shortened(x: &Tensor, n: &Tensor) -> Tensor { x.narrow(0, 0, n.int64_value(&[])) } }
model! { Switched(x: &Tensor, on: &Tensor) -> Tensor { if on.int64_value(&[]) != 0 { x.sin() } else { x.cos() } } }
model! { Half(x: &Tensor) -> Tensor { x * x.double_value(&[0]) } }
model! { Looked(x: &Tensor, at: &Tensor) -> Tensor { x.index_select(0, at) } }

#[test]
fn a_value_that_is_the_same_in_reverse_does_not_become_a_constant() {
    let (x, n) = (|| randn(&[4]), Tensor::from(3i64));
    let place = dependence(fixed(&Shortened, Shortened::args(x()).n(n)));
    assert_eq!(place, "argument `length` of `aten.narrow.default`");
    assert_eq!(dependence(fixed(&Switched, Switched::args(x()).on(Tensor::from(true)))), "call 1");
    let halves = Tensor::full([3], 0.5, F);
    assert_eq!(dependence(fixed(&Half, Half::args(halves))), "argument `other` of `aten.mul.Scalar`");
    // Moved by one, this index is out of range; that failure is ignored.
    let program = fixed(&Looked, Looked::args(x()).at(Tensor::from_slice(&[0i64]))).unwrap();
    same(&Looked, &program, [Looked::args(x()).at(Tensor::from_slice(&[2i64]))]);
    let program = fixed(&Looked, Looked::args(randn(&[1])).at(Tensor::from_slice(&[0i64]))).unwrap();
    same(&Looked, &program, [Looked::args(randn(&[1])).at(Tensor::from_slice(&[0i64]))]);
}

model! { Signs(x: &Tensor) -> Tensor { if x.sum(Kind::Float).double_value(&[]) > 0.0 { x * 2.0 } else { x - 1.0 } } }
model! { Large(x: &Tensor) -> Tensor { if x.max().int64_value(&[]) > 100 { x * 2 } else { x - 1 } } }
model! { All(x: &Tensor) -> Tensor { if x.eq_tensor(x).all().int64_value(&[]) == 1 { x.sin() } else { x.cos() } } }
model! { Same(x: &Tensor) -> Tensor { if *x == x.abs() { x.sin() } else { x.cos() } } }
model! { Endless(x: &Tensor) -> Tensor {
    let mut y = x.shallow_clone();
    while y.abs().max().double_value(&[]) > 1.0 {
        y *= 0.5;
    }
    y
} }
model! { Scaled(x: &Tensor, scale: &Tensor) -> Tensor { x * scale.sum(Kind::Float).double_value(&[]) } }

struct Configured {
    exponent: Tensor,
}

#[module]
impl Configured {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.pow_tensor_scalar(self.exponent.double_value(&[]))
    }
}

#[test]
fn a_branch_on_data_is_seen_whatever_the_values_are() {
    let branches = |result: Result<ExportedProgram, ExportError>| {
        let place = dependence(result);
        assert!(place.starts_with("call ") || place.starts_with("whether "), "{place}");
    };
    for x in [|n| Tensor::ones([n, 2], F), |n| Tensor::zeros([n, 2], F), |n| Tensor::rand([n, 2], F)] {
        branches(fixed(&Signs, Signs::args(x(3))));
        branches(guessed(&Signs, [2, 5].map(|n| Signs::args(x(n)))));
        branches(fixed(&All, All::args(x(3))));
        branches(fixed(&Same, Same::args(x(3))));
        branches(guessed(&Endless, [2, 5].map(|n| Endless::args(x(n)))));
    }
    let ints = |n| Tensor::randint(50, [n], (Kind::Int64, Device::Cpu));
    branches(guessed(&Large, [2, 5].map(|n| Large::args(ints(n)))));
    // A difference between two sets is not reported as a branch on a size.
    let set = |n: i64| Scaled::args(Tensor::ones([n], F)).scale(Tensor::ones([n], F));
    assert_eq!(dependence(guessed(&Scaled, [2, 5].map(set))), "argument `other` of `aten.mul.Scalar`");
}

#[test]
fn a_number_of_the_model_is_a_constant() {
    let model = Configured { exponent: Tensor::from(2.0) };
    let inputs = ModelInputs::new(&model, [2, 5].map(|n| Configured::args(randn(&[n])))).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program =
        Export::new(&model, &inputs).dynamic_shapes(&shapes).constant("exponent", &model.exponent).run().unwrap();
    same(&model, &program, [Configured::args(randn(&[4]))]);
}

model! { Rooted(x: &Tensor) -> Tensor { x * (x.size()[0] as f64).sqrt() } }
model! { Plain(x: &Tensor, by: f64) -> Tensor { x * by } }

#[test]
fn a_number_that_is_no_size_has_one_value() {
    let error = refused(guessed(&Rooted, [4, 9].map(|n| Rooted::args(randn(&[n])))));
    let expected = "argument `other` of `aten.mul.Scalar` is 2 with x [4] and 3 with x [9], and a program has one value \
                    there. Only integers follow sizes: compute any other number with tensors.";
    assert!(error.to_string().starts_with(expected), "{error}");
    let error = refused(guessed(&Plain, [2.0, 3.0].map(|by| Plain::args(randn(&[4])).by(by))));
    assert!(matches!(&error, ExportError::Varies { first, second, .. } if first == "2" && second == "3"), "{error:?}");
}

model! { Unread(x: &Tensor) -> Tensor {
    let _logged = x.sum(Kind::Float).double_value(&[]);
    x.relu()
} }

#[test]
fn a_number_that_is_not_used_does_no_harm() {
    let program = guessed(&Unread, [2, 5].map(|n| Unread::args(randn(&[n])))).unwrap();
    assert_eq!(statements(&program).last().unwrap(), "return (relu,)");
    same(&Unread, &program, [Unread::args(randn(&[9]))]);
}

#[test]
fn a_comparison_of_tensors_is_a_number_that_has_left() {
    // `==` is an op with a bool result. The graph does not show how it is used, but the second run does.
    let x = Tensor::from_slice(&[1f32, 2.0, 3.0]);
    let error = refused(fixed(&Compared, Compared::args(x)));
    assert!(matches!(error, ExportError::DataDependence { .. }), "{error:?}");
}

struct Counter {
    calls: Cell<i64>,
}

#[module]
impl Counter {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.calls.set(self.calls.get() + 1);
        x + self.calls.get()
    }
}

struct Alternating {
    odd: Cell<bool>,
}

#[module]
impl Alternating {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.odd.set(!self.odd.get());
        if self.odd.get() { x.sin() } else { x.cos() }
    }
}

struct Noise {
    state: Cell<u64>,
}

#[module]
impl Noise {
    fn forward(&self, x: &Tensor) -> Tensor {
        let next = self.state.get().wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.state.set(next);
        x * Tensor::from_slice(&[(next >> 40) as f32])
    }
}

model! { Picked(x: &Tensor) -> Tensor { x.index(&[Some(x.gt(0.0))]) } }
model! { PickedByBytes(x: &Tensor) -> Tensor { x.index(&[None, Some(x.select(0, 0).gt(0.0).to_kind(Kind::Uint8))]) } }
model! { Selected(x: &Tensor) -> Tensor { x.masked_select(&x.gt(0.0)) } }
model! { Places(x: &Tensor) -> Tensor { x.nonzero() } }

model! { Repeated(x: &Tensor) -> Tensor {
    x.repeat_interleave_self_tensor(&Tensor::from_slice(&[1i64, 2, 3]), 0, None::<i64>)
} }
model! { Put(x: &Tensor) -> Tensor { x.index_put(&[Some(x.gt(0.0))], &Tensor::from(0.5f32), false) } }

#[test]
fn sizes_that_depend_on_values() {
    // Every element is positive in every copy, so the probes at other sizes do not show it; other values do.
    let x = || randn(&[3, 4]).abs() + 1.0;
    let by_mask = [
        fixed(&Picked, Picked::args(x())),
        guessed(&Picked, [2, 5].map(|n| Picked::args(randn(&[n]).abs() + 1.0))),
        fixed(&PickedByBytes, PickedByBytes::args(x())),
    ];
    for (result, place) in by_mask.into_iter().zip([0, 0, 1]) {
        let error = refused(result);
        assert!(matches!(error, ExportError::Rule(_)), "{error:?}");
        let expected = format!(
            "aten.index.Tensor: the mask at place {place} has a size that depends on data; use `where` or `masked_fill`, \
             which keep the size, or index with numbers"
        );
        assert_eq!(error.to_string(), expected);
    }
    let by_op = [
        (fixed(&Selected, Selected::args(x())), "aten.masked_select.default"),
        (guessed(&Selected, [2, 5].map(|n| Selected::args(randn(&[n]).abs() + 1.0))), "aten.masked_select.default"),
        (fixed(&Places, Places::args(x())), "aten.nonzero.default"),
        (fixed(&Repeated, Repeated::args(x())), "aten.repeat_interleave.self_Tensor"),
    ];
    for (result, expected) in by_op {
        let error = refused(result);
        let ExportError::DataDependentSize { op } = &error else { panic!("{error:?}") };
        assert_eq!(op.to_string(), expected);
    }
    let program = fixed(&Put, Put::args(x())).unwrap();
    same(&Put, &program, [Put::args(randn(&[3, 4]))]);
}

#[test]
fn a_forward_that_is_not_the_same_twice() {
    let counter = Counter { calls: Cell::new(0) };
    let error = refused(fixed(&counter, Counter::args(randn(&[3]))));
    assert!(
        matches!(&error, ExportError::Impure { place, .. } if place == "argument `other` of `aten.add.Scalar`"),
        "{error:?}"
    );
    assert!(
        error.to_string().starts_with("the forward is impure: argument `other` of `aten.add.Scalar` is 1"),
        "{error}"
    );

    let noise = Noise { state: Cell::new(1) };
    let error = refused(fixed(&noise, Noise::args(randn(&[3]))));
    assert!(matches!(&error, ExportError::Impure { place, .. } if place.contains("aten.mul.Tensor")), "{error:?}");

    let alternating = Alternating { odd: Cell::new(false) };
    let error = refused(fixed(&alternating, Alternating::args(randn(&[3]))));
    assert!(matches!(error, ExportError::Impure { .. } | ExportError::DataDependence { .. }), "{error:?}");
}

model! { Broken(x: &Tensor) -> Tensor { x.matmul(x) } }
model! { Panicking(x: &Tensor) -> Tensor {
    assert!(x.size()[0] > 100, "too short");
    x.relu()
} }

#[test]
fn an_op_that_fails_on_the_example() {
    let error = refused(fixed(&Broken, Broken::args(randn(&[2, 3]))));
    let RecordError::Panicked { op, op_message, .. } = recording(&error) else { panic!("{error:?}") };
    assert_eq!(op.as_ref().unwrap().to_string(), "aten.matmul.default");
    assert!(op_message.as_ref().unwrap().contains("2x3"), "{op_message:?}");
    assert!(error.to_string().starts_with("the forward panicked in `aten.matmul.default`: "), "{error}");
}

#[test]
fn a_panic_of_the_model_itself() {
    let error = refused(fixed(&Panicking, Panicking::args(randn(&[2]))));
    let RecordError::Panicked { message, location, op, .. } = recording(&error) else { panic!("{error:?}") };
    assert_eq!((message.as_str(), op), ("too short", &None));
    assert!(location.as_ref().unwrap().contains("capture_data.rs"), "{location:?}");
}

#[test]
fn an_export_after_a_failed_one() {
    assert!(fixed(&Broken, Broken::args(randn(&[2, 3]))).is_err());
    let program = fixed(&Unread, Unread::args(randn(&[3]))).unwrap();
    same(&Unread, &program, [Unread::args(randn(&[3]))]);
    // The model that failed can be exported where it is right.
    let program = fixed(&Broken, Broken::args(randn(&[3, 3]))).unwrap();
    same(&Broken, &program, [Broken::args(randn(&[3, 3]))]);
}

struct Nested {
    error: Cell<Option<ExportError>>,
}

#[module]
impl Nested {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.error.set(fixed(&Unread, Unread::args(Tensor::zeros([2], F))).err());
        x.relu()
    }
}

#[test]
fn an_export_inside_a_forward() {
    let nested = Nested { error: Cell::new(None) };
    let outer = fixed(&nested, Nested::args(randn(&[3]))).unwrap();
    assert_eq!(statements(&outer).last().unwrap(), "return (relu,)");
    // Outside a recording, as in the comparison with the model, it is an export like any other, so only a recorded run counts.
    nested.error.set(None);
    let _ = Export::new(&nested, &ModelInputs::new(&nested, [Nested::args(randn(&[3]))]).unwrap()).verify(false).run();
    let error = nested.error.take().unwrap();
    assert!(matches!(recording(&error), RecordError::Nested), "{error:?}");
    assert!(error.to_string().contains("a forward must not export another model"), "{error}");
}

#[test]
fn exports_on_several_threads() {
    let threads: Vec<_> = (2..6)
        .map(|width| {
            std::thread::spawn(move || {
                for _ in 0..5 {
                    let sets = [2, 5].map(|n| Unread::args(randn(&[n, width])));
                    let program = guessed(&Unread, sets).unwrap();
                    assert!(capture_support::header(&program).contains(&format!("x: \"f32[s77, {width}]\"")));
                    same(&Unread, &program, [Unread::args(randn(&[7, width]))]);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
