//! Numbers that come out of tensors: programs print and run as those that PyTorch exports from the same forwards, and what
//! PyTorch refuses is refused. `tests/conformance/record_symbols.py` recorded them.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
mod capture_support;
mod symbol_cases;

use capture_support::{F, dims, fixed, refused, with_shapes};
use serde_json::Value as Json;
use symbol_cases::{cases, leaf};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::{Leaf, LeafRef};
use torch_export::shapes::DimHint;
use torch_export::{CallError, ExportError};

/// The lines of a printed program without comments, and without the options that only Python or only tch passes.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.trim_start().starts_with('#'));
    let options = ["dtype = torch.float32, ", "dtype = torch.int64, ", ", pin_memory = False"];
    lines.map(|line| options.iter().fold(line.to_owned(), |line, option| line.replace(option, ""))).collect()
}

/// Checks that a program prints as the recorded one, and that its runs give the recorded outputs and errors.
fn check(name: &str, program: &ExportedProgram) {
    let cases = cases();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let (got, expected) = (lines(&program.to_string()), lines(case["text"].as_str().unwrap()));
    for (got, expected) in got.iter().zip(&expected) {
        assert_eq!(got, expected, "{name}:\n{program}");
    }
    assert_eq!(got.len(), expected.len(), "{name}:\n{program}");
    let module = program.module().unwrap();
    for run in case["runs"].as_array().unwrap() {
        let inputs: Vec<_> = run["inputs"].as_array().unwrap().iter().map(leaf).collect();
        match (module.run(inputs), run["error"].as_str()) {
            (Err(CallError::Assertion { message, .. }), Some(expected)) => assert_eq!(message, expected, "{name}"),
            (Ok(got), None) => same(name, &got, &run["outputs"]),
            (got, expected) => panic!("{name}: {got:?}, and in torch {expected:?}"),
        }
    }
}

fn same(name: &str, got: &[Leaf<Tch>], expected: &Json) {
    let expected: Vec<_> = expected.as_array().unwrap().iter().map(leaf).collect();
    assert_eq!(got.len(), expected.len(), "{name}");
    for (got, expected) in got.iter().zip(&expected) {
        match (got, expected) {
            (Leaf::Tensor(a), Leaf::Tensor(b)) => {
                assert_eq!(a.size(), b.size(), "{name}");
                assert!(a.numel() == 0 || a.allclose(b, 1e-6, 1e-7, true), "{name}: {got:?} is not {expected:?}");
            }
            (got, expected) => assert_eq!(got, expected, "{name}"),
        }
    }
}

fn rows() -> Tensor {
    Tensor::arange(10, F).reshape([5, 2]) / 4 - 1
}

/// Exports with a dynamic first dimension of `x` and checks against the case of this name.
macro_rules! cases {
    ($($name:ident($x:ident $(, $n:ident = $number:expr)?) -> $result:ty $body:block)*) => {$(
        #[test]
        fn $name() {
            struct Model;
            #[torch_export::module]
            impl Model {
                fn forward(&self, $x: &Tensor $(, $n: &Tensor)?) -> $result $body
            }
            let example = Model::args(rows())$(.$n($number))?;
            let shapes: &[&[(i64, DimHint)]] = &[&[(0, Dim::dynamic())] $(, { let _ = stringify!($n); &[] })?];
            check(stringify!($name), &with_shapes(&Model, example, &dims(shapes)).unwrap());
        }
    )*};
}

fn number(tensor: &Tensor) -> i64 {
    tensor.int64_value(&[])
}

model! { Unused(x: &Tensor, n: &Tensor) -> Tensor {
    let _logged = number(n);
    x * 2
} }

#[test]
fn item_unused() {
    let inputs = ModelInputs::new(&Unused, [Unused::args(rows()).n(Tensor::from(3i64))]).unwrap();
    let shapes = dims::<DimHint>(&[&[(0, Dim::dynamic())], &[]]);
    let export = Export::new(&Unused, &inputs).dynamic_shapes(&shapes);
    check("item_unused", &export.harmless_reads(["number"]).run().unwrap());
}

model! { Places(x: &Tensor) -> Tensor { x.nonzero() } }

#[test]
fn nonzero_of_four() {
    let x = Tensor::arange(8, F).reshape([4, 2]) / 4 - 1;
    check("nonzero_of_four", &fixed(&Places, Places::args(x)).unwrap());
}

/// `x[mask]`
fn of(x: &Tensor, mask: &Tensor) -> Tensor {
    x.index(&[Some(mask)])
}

cases! {
    item_as_length(x, n = Tensor::from(3i64)) -> Tensor { x.narrow(0, 0, number(n)) }
    item_as_size(x, n = Tensor::from(3i64)) -> Tensor { Tensor::zeros([number(n)], F) + x.sum(None) }
    item_as_int(x, n = Tensor::from(3i64)) -> Tensor { x * number(n) }
    item_twice(x, n = Tensor::from(3i64)) -> Tensor { x.narrow(0, 0, number(n)) * number(n) }
    item_in_arithmetic(x, n = Tensor::from(3i64)) -> Tensor {
        let k = number(n);
        x * k.rem_euclid(3) + k.div_euclid(2)
    }
    item_as_shape(x, n = Tensor::from(3i64)) -> Tensor {
        let (_, k) = (x, number(n));
        Tensor::zeros([k * 2], F).view([k, 2])
    }
    item_expands(x, n = Tensor::from(3i64)) -> Tensor { x.sum(None).expand([number(n)], false) }
    counted(x, n = Tensor::from_slice(&[3i64, 1, 0, 4, 1])) -> Tensor {
        let _ = x;
        n.bincount(None::<Tensor>, 0)
    }
    repeated(x, n = Tensor::from_slice(&[3i64, 1, 0, 4, 1])) -> Tensor {
        let _ = x;
        Tensor::repeat_interleave(n, None)
    }
    item_as_float(x, n = Tensor::from(1.5f32)) -> Tensor { x * n.double_value(&[]) }
    item_scaled(x, n = Tensor::from(1.5f32)) -> (Tensor, Tensor) {
        let scale = n.double_value(&[]);
        (x * (scale * 2.5), x + (scale + 0.25))
    }
    nonzero(x) -> Tensor { x.nonzero() }
    nonzero_size(x) -> (Tensor, i64) {
        let found = x.gt(0).nonzero();
        (Tensor::arange(found.size()[0], (Kind::Int64, Device::Cpu)), found.size()[0])
    }
    masked_select(x) -> Tensor { x.masked_select(&x.gt(0.0)) * 2 }
    selected(x) -> Tensor { of(x, &x.gt(0.0)) }
    selected_rows(x) -> Tensor { of(x, &x.sum_dim_intlist(1i64, false, None).gt(0.0)) * 2 }
    selected_twice(x) -> Tensor {
        let mask = x.sum_dim_intlist(1i64, false, None).gt(0.0);
        of(x, &mask) + of(x, &mask).exp()
    }
    selected_parts(x) -> Tensor { Tensor::cat(&[of(x, &x.gt(0.0)), of(x, &x.lt(0.0))], 0) }
}

model! { Branch(x: &Tensor, n: &Tensor) -> Tensor { if number(n) > 2 { x.sin() } else { x.cos() } } }
model! { Equal(x: &Tensor, n: &Tensor) -> Tensor { if number(n) == 3 { x.sin() } else { x.cos() } } }
model! { Negative(x: &Tensor, n: &Tensor) -> Tensor { if number(n) < 0 { x * number(n) } else { (x * number(n)).sin() } } }
model! { Loop(x: &Tensor, n: &Tensor) -> Tensor { (0..number(n)).fold(x.shallow_clone(), |x, _| x.sin()) } }
model! { Pieces(x: &Tensor, n: &Tensor) -> Tensor { Tensor::cat(&vec![x; number(n) as usize], 0) } }
model! { Demand(x: &Tensor, n: &Tensor) -> Tensor {
    assert!(number(n) >= 0, "negative");
    x * number(n)
} }
model! { Picked(x: &Tensor, n: &Tensor) -> Tensor { x * [1.0, 2.0, 4.0, 8.0][number(n) as usize] } }
model! { Early(x: &Tensor, n: &Tensor) -> Tensor {
    if number(n) == 0 {
        return x.shallow_clone();
    }
    x.sin()
} }
model! { Found(x: &Tensor, n: &Tensor) -> Tensor { if n.nonzero().size()[0] > 0 { x.sin() } else { x.cos() } } }
model! { Truth(x: &Tensor, n: &Tensor) -> Tensor { if n.gt(1).int64_value(&[]) != 0 { x.sin() } else { x.cos() } } }
model! { Threshold(x: &Tensor, n: &Tensor) -> Tensor {
    let scale = n.to_kind(Kind::Double).double_value(&[]);
    if scale > 1e5 { x * scale } else { x / scale }
} }
model! { Rounded(x: &Tensor, n: &Tensor) -> Tensor {
    let scale = n.to_kind(Kind::Double).double_value(&[]);
    Tensor::zeros([(scale * 1.5) as i64], F) + x.sum(None)
} }
model! { Table(x: &Tensor, n: &Tensor) -> Tensor { x * Tensor::from_slice(&[number(n), 1]) } }

/// What depends on a number is refused, with the op and the line that read it.
#[test]
fn paths_that_depend_on_a_number_are_refused() {
    macro_rules! refused {
        ($($model:ident $op:literal),*) => {$({
            let example = $model::args(rows()).n(Tensor::from(3i64));
            let error = refused(with_shapes(&$model, example, &dims::<DimHint>(&[&[(0, Dim::dynamic())], &[]])));
            let ExportError::DataDependent { op: Some(op), line: Some(line), change } = &error else {
                panic!("{}: {error:?}", stringify!($model));
            };
            assert_eq!(op.to_string(), $op, "{error}");
            assert!(line.contains("tests/capture_unbacked.rs:"), "{error}");
            assert!(change.contains(" instead of ") || change.contains("follows from it"), "{error}");
        })*};
    }
    refused!(
        Branch "aten.item.default", Equal "aten.item.default", Negative "aten.item.default", Loop "aten.item.default",
        Pieces "aten.item.default", Demand "aten.item.default", Picked "aten.item.default", Early "aten.item.default",
        Found "aten.nonzero.default", Truth "aten.item.default", Threshold "aten.item.default",
        Rounded "aten.item.default", Table "aten.item.default"
    );
}

model! { Both(x: &Tensor, n: &Tensor, m: &Tensor) -> Tensor { x.narrow(0, number(n), number(m)) } }
model! { Larger(x: &Tensor, n: &Tensor) -> Tensor { x * number(n).max(2) } }
model! { Bounded(x: &Tensor, n: &Tensor) -> Tensor { x.narrow(0, 0, number(n).clamp(1, x.size()[0])) } }
model! { Absolute(x: &Tensor, n: &Tensor) -> Tensor { x * number(n).abs() } }
model! { Truncated(x: &Tensor, n: &Tensor) -> Tensor { x * (number(n) / 2) + number(n) % 3 } }
model! { Squared(x: &Tensor, n: &Tensor) -> (Tensor, i64) { (x + number(n) * number(n), number(n) * x.size()[0]) } }
model! { Row(x: &Tensor, n: &Tensor) -> Tensor { x.select(0, number(n)) } }
model! { Until(x: &Tensor, n: &Tensor) -> Tensor { x.slice(0, None, number(n), 1) } }
model! { Shifted(x: &Tensor, n: &Tensor) -> Tensor { x.roll([number(n)], [0]) } }
model! { Filled(x: &Tensor, n: &Tensor) -> Tensor { x.masked_fill(&x.gt(0.0), number(n)) } }
model! { AsFloat(x: &Tensor, n: &Tensor) -> Tensor { x * (number(n) as f64) / (1.0 + number(n) as f64) } }
model! { AsTensor(x: &Tensor, n: &Tensor) -> Tensor { x + Tensor::from(number(n) + 1) } }
model! { Norm(x: &Tensor) -> Tensor { x / x.norm().double_value(&[]) } }
model! { Mixed(x: &Tensor) -> Tensor { x * (x.mean(Kind::Float).double_value(&[]) / x.size()[0] as f64) } }
model! { Difference(x: &Tensor) -> Tensor { x * (x.max().double_value(&[]) - x.min().double_value(&[])) } }
model! { Guarded(x: &Tensor) -> Tensor { x / x.norm().double_value(&[]).max(1e-6) } }
model! { Places2(x: &Tensor) -> Tensor {
    let places = x.gt(0.0).nonzero();
    let count = places.size()[0];
    places.reshape([2 * count]).to_kind(Kind::Float) / (count + 1)
} }
model! { Positive(x: &Tensor) -> (Tensor, Tensor) {
    let found = x.masked_select(&x.gt(0.0));
    (found.max(), found.softmax(0, None::<Kind>))
} }
model! { Joined(x: &Tensor, y: &Tensor) -> Tensor { x.masked_select(&x.gt(0.0)) + y.masked_select(&y.gt(0.0)) } }
model! { Unique(x: &Tensor) -> (Tensor, Tensor) {
    let (values, _, counts) = x.round().internal_unique2(true, false, true);
    (values, counts)
} }

/// A program is the model wherever it takes inputs, and takes them where the model does.
#[test]
fn numbers_are_followed_exactly() {
    let numbers = [0i64, 1, 2, 3, 4, 5, 6, 7, 8, 20, 1000, -1, -2, -3, -4, -7, -1000];
    macro_rules! exact {
        // How many of the numbers the program may refuse though the model takes them.
        ($($model:ident refuses $most:literal),*) => {$({
            let example = $model::args(rows()).n(Tensor::from(3i64));
            let program = with_shapes(&$model, example, &dims::<DimHint>(&[&[(0, Dim::dynamic())], &[]]));
            let program = program.unwrap_or_else(|e| panic!("{}: {e}", stringify!($model)));
            let args = |n| $model::args(Tensor::arange(14, F).reshape([7, 2]) - 6.5).n(Tensor::from(n));
            exact(stringify!($model), &$model, &program, numbers.map(args), $most);
        })*};
    }
    exact!(
        Larger refuses 0, Bounded refuses 0, Absolute refuses 6, Truncated refuses 6, Squared refuses 0, Row refuses 0,
        Until refuses 9, Shifted refuses 0, Filled refuses 0, AsFloat refuses 0, AsTensor refuses 0
    );
    let example = Both::args(rows()).n(Tensor::from(1i64)).m(Tensor::from(3i64));
    let program = with_shapes(&Both, example, &dims::<DimHint>(&[&[(0, Dim::dynamic())], &[], &[]])).unwrap();
    let pairs = (-8..9).flat_map(|n: i64| [-1i64, 0, 1, 3, 7, 8].map(|m| (n, m)));
    let args =
        pairs.map(|(n, m)| Both::args(Tensor::arange(14, F).reshape([7, 2])).n(Tensor::from(n)).m(Tensor::from(m)));
    // PyTorch also takes starts that count from the end: it asserts one condition or the other.
    exact("Both", &Both, &program, args, 20);
}

/// The same for numbers that ops choose or compute.
#[test]
fn counts_and_floats_are_followed_exactly() {
    let inputs = || {
        // Of the first one element is positive, of the others an even number: how many pairs cannot be added does not depend on
        // chance.
        let one = Tensor::from_slice(&[1.2f32, -0.7]).reshape([1, 2]);
        let others = [2, 3, 4, 9, 30].map(|n| (Tensor::arange(2 * n, F) * 1.7 + 0.3).sin().reshape([n, 2]));
        let special = [Tensor::zeros([3, 2], F), Tensor::ones([3, 2], F), -Tensor::ones([4, 2], F)];
        [one].into_iter().chain(others).chain(special)
    };
    macro_rules! exact {
        ($($model:ident),*) => {$({
            let shapes = dims::<DimHint>(&[&[(0, Dim::dynamic())]]);
            let program = with_shapes(&$model, $model::args(rows()), &shapes);
            let program = program.unwrap_or_else(|e| panic!("{}: {e}", stringify!($model)));
            exact(stringify!($model), &$model, &program, inputs().map($model::args), 0);
        })*};
    }
    exact!(Norm, Mixed, Difference, Places2, Positive, Unique);
    // Two counts must be equal, or one of them 1.
    let shapes = dims::<DimHint>(&[&[(0, Dim::dynamic())], &[(0, Dim::dynamic())]]);
    let program = with_shapes(&Joined, Joined::args(rows()).y(rows() * 2), &shapes).unwrap();
    let pairs = inputs().flat_map(|x| inputs().map(move |y| Joined::args(x.shallow_clone()).y(y)));
    exact("Joined", &Joined, &program, pairs, 16);
    let error = refused(fixed(&Guarded, Guarded::args(rows())));
    assert!(matches!(error, ExportError::Unsolved { .. }), "{error}");
}

/// Compares program and model on inputs that either may refuse.
fn exact<M: Module<Family = Tch>>(
    name: &str,
    model: &M,
    program: &ExportedProgram,
    inputs: impl IntoIterator<Item = M::Args>,
    most: usize,
) {
    let module = program.module().unwrap();
    let (mut ran, mut refused) = (0, Vec::new());
    for args in inputs {
        let flat = torch_export::pytree::flatten(&args).unwrap();
        let leaves: Vec<Leaf<Tch>> = flat.leaves.iter().map(|leaf| leaf.map(|tensor| tensor.copy())).collect();
        let shown = format!("{:?}", leaves.iter().map(|leaf| format!("{leaf:?}")).collect::<Vec<_>>());
        let quiet = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model.call(&args)));
        let got = module.run(leaves);
        match (quiet, got) {
            (Ok(Ok(expected)), Ok(got)) => {
                ran += 1;
                let expected = torch_export::pytree::flatten(&expected).unwrap();
                assert_eq!(got.len(), expected.leaves.len());
                for (got, expected) in got.iter().zip(&expected.leaves) {
                    let (got, expected) = (got.as_ref(), *expected);
                    match (got, expected) {
                        (LeafRef::Tensor(a), LeafRef::Tensor(b)) => {
                            assert_eq!(a.size(), b.size(), "{name} {shown}");
                            assert!(
                                a.numel() == 0 || a.allclose(b, 1e-5, 1e-6, true),
                                "{name} {shown}: {a} is not {b}"
                            );
                        }
                        (a, b) => assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name} {shown}"),
                    }
                }
            }
            (Ok(Ok(_)), Err(error)) => {
                assert!(matches!(error, CallError::Assertion { .. } | CallError::Inputs(_)), "{name} {shown}: {error}");
                refused.push(shown);
            }
            (_, Err(_)) => {}
            (_, Ok(_)) => panic!("{name} {shown}: the model refuses it"),
        }
    }
    assert!(ran > 1, "{name}: only {ran} runs");
    assert!(refused.len() <= most, "{name}: {} refused: {refused:#?}\n{program}", refused.len());
}

model! { BothTrue(x: &Tensor, n: &Tensor) -> Tensor {
    let (large, small) = (n.gt(5).int64_value(&[]) != 0, n.lt(7).int64_value(&[]) == 0);
    if large && small { x.sin() } else { x.cos() }
} }
model! { BothLarge(x: &Tensor, n: &Tensor, m: &Tensor) -> Tensor {
    let [a, b] = [n, m].map(|t| t.to_kind(Kind::Double).double_value(&[]));
    if a > 50.0 && b > 50.0 { x * a + b } else { x * a - (-b) }
} }

/// A branch that only two numbers together decide.
#[test]
fn a_branch_on_two_numbers_is_seen() {
    let error = refused(fixed(&BothTrue, BothTrue::args(rows()).n(Tensor::from(3i64))));
    assert!(matches!(error, ExportError::ReadsData { .. }), "{error}");
    let example = BothLarge::args(rows()).n(Tensor::from(3i64)).m(Tensor::from(4i64));
    let error = refused(fixed(&BothLarge, example));
    assert!(matches!(error, ExportError::DataDependent { .. }), "{error:?}");
}
