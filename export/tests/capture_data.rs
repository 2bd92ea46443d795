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

/// The op whose read of data an export must refuse, `""` for a read by the forward itself. The read is on this line of Rust.
#[track_caller]
fn reads(result: Result<ExportedProgram, ExportError>, code: &str) -> String {
    let error = refused(result);
    let text = error.to_string();
    let (start, cure) = match &error {
        ExportError::DataDependent { .. } => {
            ("the forward depends on a number that comes out of a tensor", "`where_self`")
        }
        _ => ("the forward reads values of a tensor that depends on the inputs", "Compute with tensors instead"),
    };
    assert!(text.starts_with(start) && text.contains(cure), "{text}");
    let (ExportError::ReadsData { op, line: Some(line) } | ExportError::DataDependent { op, line: Some(line), .. }) =
        &error
    else {
        panic!("{error:?}")
    };
    let (file, number) = line.rsplit_once(':').unwrap();
    assert!(file.ends_with("tests/capture_data.rs") && text.contains(line), "{text}");
    let source = include_str!("capture_data.rs").lines().nth(number.parse::<usize>().unwrap() - 1).unwrap();
    assert!(source.contains(code), "{line}: {source}");
    op.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// The op that reads a single number.
const ITEM: &str = "aten.item.default";

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
    let others = || [Tensor::from_slice(&[5f32, 2.0, 7.0]), Tensor::from_slice(&[9f32, 2.0, 7.0])];
    same(&Mean, &fixed(&Mean, Mean::args(x())).unwrap(), others().map(Mean::args));
    same(&Counted, &fixed(&Counted, Counted::args(x())).unwrap(), others().map(Counted::args));
    same(&Told, &fixed(&Told, Told::args(x())).unwrap(), others().map(Told::args));
}

#[test]
fn a_copy_made_into_a_tensor_does_not_become_a_constant() {
    assert_eq!(reads(fixed(&Copied, Copied::args(randn(&[3]))), "Tensor::from_slice(&values) + 1.0"), "");
}

#[test]
fn a_branch_on_data_is_seen() {
    let x = Tensor::from_slice(&[1f32, 0.1, 0.2]);
    assert_eq!(reads(fixed(&Signed, Signed::args(x)), "Signed("), ITEM);
}

model! { Shortened(x: &Tensor, n: &Tensor) -> Tensor { x.narrow(0, 0, n.int64_value(&[])) } }
model! { Switched(x: &Tensor, on: &Tensor) -> Tensor { if on.int64_value(&[]) != 0 { x.sin() } else { x.cos() } } }
model! { Half(x: &Tensor) -> Tensor { x * x.double_value(&[0]) } }
model! { Looked(x: &Tensor, at: &Tensor) -> Tensor { x.index_select(0, at) } }

#[test]
fn a_value_that_is_the_same_in_reverse_does_not_become_a_constant() {
    let (x, n) = (|| randn(&[4]), Tensor::from(3i64));
    let program = fixed(&Shortened, Shortened::args(x()).n(n)).unwrap();
    same(&Shortened, &program, [0i64, 1, 4].map(|n| Shortened::args(x()).n(Tensor::from(n))));
    assert_eq!(reads(fixed(&Switched, Switched::args(x()).on(Tensor::from(true))), "Switched("), ITEM);
    let halves = Tensor::full([3], 0.5, F);
    same(&Half, &fixed(&Half, Half::args(halves)).unwrap(), [Half::args(randn(&[3]))]);
    // An op that looks at the values of its indices does not read them.
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
    for x in [|n| Tensor::ones([n, 2], F), |n| Tensor::zeros([n, 2], F), |n| Tensor::rand([n, 2], F)] {
        assert_eq!(reads(fixed(&Signs, Signs::args(x(3))), "Signs("), ITEM);
        assert_eq!(reads(guessed(&Signs, [2, 5].map(|n| Signs::args(x(n)))), "Signs("), ITEM);
        assert_eq!(reads(fixed(&All, All::args(x(3))), "All("), ITEM);
        assert_eq!(reads(fixed(&Same, Same::args(x(3))), "Same("), "");
        let ends = guessed(&Endless, [2, 5].map(|n| Endless::args(x(n))));
        assert_eq!(reads(ends, "while y.abs().max().double_value(&[]) > 1.0 {"), ITEM);
    }
    let ints = |n| Tensor::randint(50, [n], (Kind::Int64, Device::Cpu));
    assert_eq!(reads(guessed(&Large, [2, 5].map(|n| Large::args(ints(n)))), "Large("), ITEM);
    // A difference between two sets is not reported as a branch on a size.
    let set = |n: i64| Scaled::args(Tensor::ones([n], F)).scale(Tensor::ones([n], F));
    let other = Scaled::args(randn(&[7])).scale(randn(&[7]));
    same(&Scaled, &guessed(&Scaled, [2, 5].map(set)).unwrap(), [other]);
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
fn a_float_computed_from_a_size_follows_it() {
    let program = guessed(&Rooted, [4, 9].map(|n| Rooted::args(randn(&[n])))).unwrap();
    let text = program.to_string();
    assert!(text.contains("_sym_sqrt: \"Sym(OpaqueUnaryFn_sqrt(ToFloat(s77)))\" = torch._sym_sqrt("), "{text}");
    assert!(text.contains("torch.ops.aten.mul.Tensor(x, _sym_sqrt)"), "{text}");
    same(&Rooted, &program, [1, 2, 5, 16, 31].map(|n| Rooted::args(randn(&[n]))));
}

#[test]
fn a_float_among_the_inputs_has_one_value() {
    let error = refused(guessed(&Plain, [2.0, 3.0].map(|by| Plain::args(randn(&[4])).by(by))));
    let ExportError::Verify { sizes, source } = &error else { panic!("{error:?}") };
    assert_eq!(
        (sizes.as_str(), source.to_string().as_str()),
        ("x [4]", "Expected input at `by` to be equal to 2.0, but got 3.0")
    );
    assert!(error.to_string().contains("pass what differs as a tensor"), "{error}");
}

model! { Unread(x: &Tensor) -> Tensor {
    let _logged = x.sum(Kind::Float).double_value(&[]);
    x.relu()
} }

#[test]
fn a_number_that_is_only_printed_is_a_read_too() {
    let line = "let _logged = x.sum(Kind::Float).double_value(&[]);";
    assert_eq!(reads(guessed(&Unread, [2, 5].map(|n| Unread::args(randn(&[n])))), line), ITEM);
    assert_eq!(reads(fixed(&Unread, Unread::args(randn(&[3]))), line), ITEM);
    // It can be named: by its function, or by its line.
    let inputs = ModelInputs::new(&Unread, [Unread::args(randn(&[3]))]).unwrap();
    let number = include_str!("capture_data.rs").lines().position(|text| text.trim() == line).unwrap() + 1;
    for name in ["forward".to_owned(), format!("capture_data.rs:{number}"), format!("tests/capture_data.rs:{number}")] {
        Export::new(&Unread, &inputs).harmless_reads([name]).run().unwrap();
    }
    for name in ["backward".to_owned(), format!("capture_data.rs:{}", number + 1), format!("data.rs:{number}")] {
        assert!(matches!(
            Export::new(&Unread, &inputs).harmless_reads([name]).run(),
            Err(ExportError::ReadsData { .. })
        ));
    }
    // A branch on a number that is named is still seen at the values that are tried.
    let inputs = ModelInputs::new(&Signed, [Signed::args(Tensor::from_slice(&[1f32, 0.1]))]).unwrap();
    let result = Export::new(&Signed, &inputs).harmless_reads(["forward"]).run();
    assert!(matches!(result, Err(ExportError::DataDependent { .. })));
}

model! { Logged(x: &Tensor) -> Tensor {
    if !torch_export::is_exporting() {
        println!("{x} {:?}", Vec::<f32>::try_from(x));
    }
    x.relu()
} }

#[test]
fn what_is_left_out_while_exporting_is_not_a_read() {
    let program = guessed(&Logged, [2, 5].map(|n| Logged::args(randn(&[n])))).unwrap();
    same(&Logged, &program, [Logged::args(randn(&[3]))]);
    assert!(!torch_export::is_exporting());
}

#[test]
fn a_comparison_of_tensors_is_a_number_that_has_left() {
    // tch compares with an op whose result is a bool and not a tensor.
    let x = Tensor::from_slice(&[1f32, 2.0, 3.0]);
    assert_eq!(reads(fixed(&Compared, Compared::args(x)), "Compared("), "");
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
    // Every element is positive, so that the size is the same in every run with data.
    let x = || randn(&[3, 4]).abs() + 1.0;
    let others = || [randn(&[3, 4]), randn(&[3, 4]), Tensor::zeros([3, 4], F), Tensor::ones([3, 4], F)];
    same(&Picked, &fixed(&Picked, Picked::args(x())).unwrap(), others().map(Picked::args));
    let program = guessed(&Picked, [2, 5].map(|n| Picked::args(randn(&[n]).abs() + 1.0))).unwrap();
    same(&Picked, &program, [3, 9].map(|n| Picked::args(randn(&[n]))));
    same(&PickedByBytes, &fixed(&PickedByBytes, PickedByBytes::args(x())).unwrap(), others().map(PickedByBytes::args));
    same(&Selected, &fixed(&Selected, Selected::args(x())).unwrap(), others().map(Selected::args));
    let program = guessed(&Selected, [2, 5].map(|n| Selected::args(randn(&[n]).abs() + 1.0))).unwrap();
    same(&Selected, &program, [3, 9].map(|n| Selected::args(randn(&[n]))));
    same(&Places, &fixed(&Places, Places::args(x())).unwrap(), others().map(Places::args));
    // The counts are a constant of the forward, so that the size is one.
    let program = fixed(&Repeated, Repeated::args(x())).unwrap();
    same(&Repeated, &program, [Repeated::args(randn(&[3, 4]))]);
    let program = fixed(&Put, Put::args(x())).unwrap();
    same(&Put, &program, [Put::args(randn(&[3, 4]))]);
}

#[test]
fn a_forward_that_is_not_the_same_twice() {
    let impure = |result, cause: &str| {
        let error = refused(result);
        let text = error.to_string();
        let ExportError::Impure { place, first, second, line: Some(line) } = &error else { panic!("{error:?}") };
        assert_eq!(place, cause, "{text}");
        assert_ne!(first, second);
        assert!(line.contains("tests/capture_data.rs:") && text.contains(line), "{text}");
        assert!(text.ends_with("Take random numbers, clocks and counters out of it, or pass them as inputs"), "{text}");
        (first.clone(), second.clone())
    };
    let counter = Counter { calls: Cell::new(0) };
    let seen = impure(fixed(&counter, Counter::args(randn(&[3]))), "argument `other` of `aten.add.Scalar`");
    assert_eq!(seen, ("1".to_owned(), "2".to_owned()));
    // A size that moves does not hide it.
    let seen =
        impure(guessed(&counter, [2, 5].map(|n| Counter::args(randn(&[n])))), "argument `other` of `aten.add.Scalar`");
    assert_ne!(seen.0, seen.1);
    let noise = Noise { state: Cell::new(1) };
    impure(fixed(&noise, Noise::args(randn(&[3]))), "constant 0 that `aten.mul.Tensor` uses");
    let alternating = Alternating { odd: Cell::new(false) };
    let seen = impure(fixed(&alternating, Alternating::args(randn(&[3]))), "call 0");
    assert_eq!(seen, ("`aten.sin.default`".to_owned(), "`aten.cos.default`".to_owned()));
}

struct Ticking {
    calls: Cell<i64>,
}

#[module]
impl Ticking {
    fn forward(&self, x: &Tensor) -> (Tensor, i64, f64) {
        self.calls.set(self.calls.get() + 1);
        (x.relu(), 7, self.calls.get() as f64)
    }
}

struct Tables {
    calls: Cell<i64>,
}

#[module]
impl Tables {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.calls.set(self.calls.get() + 1);
        x * Tensor::from_slice(&[1, 2, self.calls.get()])
    }
}

struct Once {
    called: Cell<bool>,
}

#[module]
impl Once {
    fn forward(&self, x: &Tensor) -> Tensor {
        assert!(!self.called.replace(true), "only once");
        x.relu()
    }
}

#[test]
fn results_and_tables_that_are_not_the_same_twice() {
    let ticking = Ticking { calls: Cell::new(0) };
    let error = refused(fixed(&ticking, Ticking::args(randn(&[3]))));
    let ExportError::Impure { place, first, second, .. } = &error else { panic!("{error:?}") };
    assert_eq!((place.as_str(), first.as_str(), second.as_str()), ("output 2", "1", "2"));
    let tables = Tables { calls: Cell::new(0) };
    let error = refused(fixed(&tables, Tables::args(randn(&[3]))));
    let ExportError::Impure { place, line: Some(_), .. } = &error else { panic!("{error:?}") };
    assert_eq!(place, "constant 0 that `aten.mul.Tensor` uses");
    let once = Once { called: Cell::new(false) };
    let error = refused(fixed(&once, Once::args(randn(&[3]))));
    let ExportError::Impure { place, second, line: Some(line), .. } = &error else { panic!("{error:?}") };
    assert_eq!((place.as_str(), second.as_str()), ("the forward", "a panic (`only once`)"));
    assert!(line.contains("capture_data.rs:"), "{line}");
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
    let text = error.to_string();
    let (start, said) = text.split_once(": ").unwrap();
    let line =
        1 + include_str!("capture_data.rs").lines().position(|line| line.starts_with("model! { Broken(")).unwrap();
    assert!(start.starts_with("the forward panicked in `aten.matmul.default` ("), "{text}");
    assert!(start.ends_with(&format!("tests/capture_data.rs:{line})")) && said.contains("2x3"), "{text}");
}

#[test]
fn a_panic_of_the_model_itself() {
    let error = refused(fixed(&Panicking, Panicking::args(randn(&[2]))));
    let RecordError::Panicked { message, location, op, .. } = recording(&error) else { panic!("{error:?}") };
    assert_eq!((message.as_str(), op), ("too short", &None));
    assert!(location.as_ref().unwrap().contains("capture_data.rs"), "{location:?}");
    let text = error.to_string();
    assert!(text.starts_with("the forward panicked (") && text.ends_with("): too short"), "{text}");
    assert!(text.contains("tests/capture_data.rs:"), "{text}");
}

#[test]
fn an_export_after_a_failed_one() {
    assert!(fixed(&Broken, Broken::args(randn(&[2, 3]))).is_err());
    let program = fixed(&Rooted, Rooted::args(randn(&[3]))).unwrap();
    same(&Rooted, &program, [Rooted::args(randn(&[3]))]);
    assert!(fixed(&Signed, Signed::args(Tensor::from_slice(&[1f32, 0.1]))).is_err());
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
                    let sets = [2, 5].map(|n| Rooted::args(randn(&[n, width])));
                    let program = guessed(&Rooted, sets).unwrap();
                    assert!(capture_support::header(&program).contains(&format!("x: \"f32[s77, {width}]\"")));
                    same(&Rooted, &program, [Rooted::args(randn(&[7, width]))]);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
