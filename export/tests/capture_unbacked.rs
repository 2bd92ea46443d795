//! Numbers that come out of tensors: programs print and run as those that PyTorch exports from the same forwards, and what
//! PyTorch refuses is refused. `tests/conformance/record_symbols.py` recorded them.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
mod capture_support;
mod symbol_cases;

use capture_support::{F, dims, fixed, with_shapes};
use serde_json::Value as Json;
use symbol_cases::{cases, leaf};
use tch::{Device, Kind, Tensor};
use torch_export::CallError;
use torch_export::prelude::*;
use torch_export::pytree::Leaf;
use torch_export::shapes::DimHint;

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
