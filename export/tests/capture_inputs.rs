//! Inputs of every element type and layout: exported, saved and run as PyTorch does, or refused for its reason.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
mod capture_support;

use capture_support::{F, dims, fixed, randn, refused, same, with_shapes};
use tch::{Kind, Tensor};
use torch_export::ExportError;
use torch_export::prelude::*;
use torch_export::shapes::DimHint;

model! { Doubled(x: &Tensor) -> Tensor { x * 2 } }
model! { AsFloat(x: &Tensor) -> Tensor { x.to_kind(Kind::Float) * 2 } }
model! { Negated(x: &Tensor) -> Tensor { x.logical_not() } }
model! { Sum(x: &Tensor, y: &Tensor) -> Tensor { x + y } }
model! { Written(x: &Tensor, y: &Tensor) -> Tensor {
    let mut x = x.shallow_clone();
    x.g_add_scalar_(1) + y
} }
model! { Dense(x: &Tensor) -> Tensor { x.to_dense(None::<Kind>, false) } }
model! { Dequantized(x: &Tensor) -> Tensor { x.dequantize() } }
model! { Cast(x: &Tensor) -> Tensor { tch::autocast(true, || x.matmul(&x.tr())) } }
model! { NoGrad(x: &Tensor) -> Tensor { tch::no_grad(|| x * 2) + x } }

/// Dynamic dimensions of one argument.
fn dynamic(dims: &[i64]) -> DynamicShapes {
    capture_support::dims::<DimHint>(&[&dims.iter().map(|dim| (*dim, Dim::dynamic())).collect::<Vec<_>>()])
}

/// Exports with these dynamic dimensions, and checks the program, the saved one too, on other inputs.
macro_rules! exports {
    ($model:ident, $dims:expr, $x:expr, $($other:expr),*) => {{
        let program = with_shapes(&$model, $model::args($x), &dynamic(&$dims));
        let program = program.unwrap_or_else(|e| panic!("{}: {e}", stringify!($x)));
        same(&$model, &program, [$($model::args($other)),*]);
        let again = ExportedProgram::read(program.to_bytes().unwrap()).unwrap();
        same(&$model, &again, [$($model::args($other)),*]);
        program
    }};
}

#[test]
fn layouts() {
    exports!(Doubled, [0], randn(&[1, 6]).expand([4, 6], false), randn(&[1, 6]).expand([5, 6], false), randn(&[9, 6]));
    exports!(Doubled, [0, 1], randn(&[4, 1]).expand([4, 6], false), randn(&[5, 1]).expand([5, 7], false));
    exports!(Doubled, [0, 1], randn(&[6, 4]).tr(), randn(&[7, 3]).tr(), randn(&[3, 7]));
    exports!(Doubled, [0], randn(&[8, 6]).slice(0, 0, None, 2), randn(&[18, 6]).slice(0, 0, None, 2), randn(&[3, 6]));
    exports!(Doubled, [0], randn(&[8, 6]).narrow(0, 2, 4), randn(&[18, 6]).narrow(0, 2, 9), randn(&[3, 6]));
    let last = |sizes: [i64; 4]| randn(&[sizes[0], sizes[2], sizes[3], sizes[1]]).permute([0, 3, 1, 2]);
    exports!(Doubled, [0, 2, 3], last([2, 3, 4, 5]), last([3, 3, 7, 9]), randn(&[3, 3, 7, 9]));
    exports!(Doubled, [], randn(&[0, 6]), randn(&[0, 6]));
    exports!(Doubled, [], randn(&[1, 6]), randn(&[1, 6]));
    exports!(Doubled, [], randn(&[]), randn(&[]));
    exports!(Doubled, [], randn(&[1, 2, 1, 2, 1, 2, 1, 2]), randn(&[1, 2, 1, 2, 1, 2, 1, 2]));
    for size in [0, 1] {
        let error = refused(with_shapes(&Doubled, Doubled::args(randn(&[size, 6])), &dynamic(&[0])));
        assert!(error.to_string().contains("0/1 specialized due to hint of"), "{error}");
    }
}

#[test]
fn inputs_that_share_memory() {
    let pair = |x: Tensor, y: Tensor| Sum::args(x).y(y);
    let both = dims::<DimHint>(&[&[(0, Dim::dynamic())], &[(0, Dim::dynamic())]]);
    let x = randn(&[4, 6]);
    let cases = [
        (x.shallow_clone(), x.shallow_clone()),
        (x.shallow_clone(), x.view([4, 6])),
        (x.narrow(0, 0, 3), x.narrow(0, 1, 3)),
    ];
    for (x, y) in cases {
        let program = with_shapes(&Sum, pair(x, y), &both).unwrap();
        let z = randn(&[7, 6]);
        same(&Sum, &program, [pair(randn(&[7, 6]), randn(&[7, 6])), pair(z.shallow_clone(), z)]);
    }
    // A write to one of them is a write to the other.
    let x = randn(&[4, 6]);
    let program = fixed(&Written, Written::args(x.shallow_clone()).y(x)).unwrap();
    let (x, y) = (randn(&[4, 6]), randn(&[4, 6]));
    same(&Written, &program, [Written::args(x).y(y)]);
}

#[test]
fn inputs_with_gradients() {
    let leaf = |n| randn(&[n, 6]).set_requires_grad(true);
    exports!(Doubled, [0], leaf(4), leaf(7), randn(&[9, 6]));
    exports!(Doubled, [0], leaf(4) * 2, leaf(7) * 2, randn(&[9, 6]));
}

#[test]
fn element_types() {
    let of = |kind: Kind, n: i64| (Tensor::arange(n * 6, F).view([n, 6]) / 4).to_kind(kind);
    for kind in [Kind::Uint8, Kind::Int8, Kind::Int16, Kind::Int, Kind::Int64, Kind::Half, Kind::BFloat16, Kind::Double]
    {
        exports!(Doubled, [0], of(kind, 4), of(kind, 7));
    }
    for kind in [Kind::ComplexFloat, Kind::ComplexDouble, Kind::ComplexHalf] {
        let complex = |n| Tensor::complex(&randn(&[n, 6]), &randn(&[n, 6])).to_kind(kind);
        exports!(Doubled, [0], complex(4), complex(7));
    }
    let complex = |n| Tensor::complex(&randn(&[n, 6]), &randn(&[n, 6]));
    exports!(Doubled, [0], complex(4).conj(), complex(7).conj(), complex(7));
    exports!(Doubled, [0], complex(4).conj().imag(), complex(7).conj().imag(), randn(&[9, 6]));
    exports!(Negated, [0], randn(&[4, 6]).gt(0), randn(&[9, 6]).gt(0));
    for kind in [Kind::Float8e5m2, Kind::Float8e4m3fn, Kind::Float8e5m2fnuz, Kind::Float8e4m3fnuz] {
        exports!(AsFloat, [0], of(kind, 4), of(kind, 7));
    }
}

#[test]
fn what_is_no_plain_tensor_is_refused() {
    let coo = || randn(&[4, 6]).relu().to_sparse(None, None::<&[i64]>, None);
    let quantized = randn(&[4, 6]).quantize_per_tensor(0.1, 0, Kind::QInt8);
    for (result, what) in [
        (fixed(&Dense, Dense::args(coo())), "has the layout sparse_coo"),
        (fixed(&Doubled, Doubled::args(coo())), "has the layout sparse_coo"),
        (fixed(&Dense, Dense::args(randn(&[4, 6]).relu().to_sparse_csr(None))), "has the layout sparse_csr"),
        (fixed(&Dense, Dense::args(randn(&[4, 6]).to_mkldnn())), "has the layout _mkldnn"),
        (fixed(&Dequantized, Dequantized::args(quantized)), "has the quantized element type"),
    ] {
        let error = refused(result);
        let ExportError::InputForm { input, .. } = &error else { panic!("{error:?}") };
        assert!(input == "x" && error.to_string().contains(what), "{error}");
    }
    // An undefined tensor is none at all.
    let error = refused(fixed(&Doubled, Doubled::args(Tensor::new())));
    assert!(error.to_string().contains("undefined"), "{error}");
}

#[test]
fn contexts_of_the_forward() {
    // tch's autocast is that of CUDA, so nothing is cast here.
    exports!(Cast, [0], randn(&[4, 6]), randn(&[7, 6]));
    exports!(NoGrad, [0], randn(&[4, 6]), randn(&[9, 6]));
}
