//! A solution is checked against further runs before it is used.
#![cfg(feature = "tch")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::program::Tried;
use torch_export::shapes;

fn randn(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, (Kind::Float, Device::Cpu))
}

struct Rows;

#[module]
impl Rows {
    /// Two sizes are multiplied in Rust: the export observes two numbers and their product.
    fn forward(&self, x: &Tensor) -> Tensor {
        let sizes = x.size();
        x.view([sizes[0] * sizes[1], sizes[2]])
    }
}

#[test]
fn a_product_of_sizes_is_distinguished_from_a_sum_that_fits_the_first_runs() {
    let sets = [Rows::args(randn(&[3, 5, 6])), Rows::args(randn(&[4, 7, 6]))];
    let inputs = ModelInputs::new(&Rows, sets).unwrap();
    let program = export(&Rows, &inputs, &inputs.guess_dynamic_shapes().unwrap()).unwrap();
    assert!(program.to_string().contains(r#"view: "f32[s27*s77, 6]""#), "{program}");
    let verification = program.verification.as_ref().unwrap();
    assert!(verification.unseen, "{verification}");
    let output: Tensor = program.call(&Rows::args(randn(&[11, 13, 6]))).unwrap();
    assert_eq!(output.size(), [143, 6]);
}

struct Halves;

#[module]
impl Halves {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.view([x.size()[0] / 2, 2])
    }
}

#[test]
fn a_derived_dimension_is_probed_through_its_hidden_root() {
    let half = Dim::new("half").unwrap();
    let shapes = DynamicShapes::Tuple(vec![DynamicShapes::leaf(ShapeSpec::dims([(0, half.affine(2, 0).unwrap())]))]);
    let inputs = ModelInputs::new(&Halves, [Halves::args(randn(&[6]))]).unwrap();
    let program = export(&Halves, &inputs, &shapes).unwrap();
    let verification = program.verification.as_ref().unwrap();
    assert!(verification.unseen, "{verification}");
    let text = program.to_string();
    assert!(text.contains(r#"x: "f32[2*s44]""#) && text.contains(r#"view: "f32[s44, 2]""#), "{text}");
    // The symbol is the half.
    let [Tried { symbol, low, high }] = &verification.tried[..] else { panic!("{verification}") };
    assert_eq!(symbol.name(), "s44");
    assert!(*low <= 3 && *high > 1000, "{verification}");
    let odd: Result<Tensor, _> = program.call(&Halves::args(randn(&[7])));
    assert!(odd.is_err(), "{odd:?}");
    let output: Tensor = program.call(&Halves::args(randn(&[50]))).unwrap();
    assert_eq!(output.size(), [25, 2]);
}

struct Branching;

#[module]
impl Branching {
    fn forward(&self, x: &Tensor) -> Tensor {
        let sizes = x.size();
        if sizes[0] > 3 && sizes[1] * sizes[2] != 10 { x.sin() } else { x.cos() }
    }
}

#[test]
fn dimensions_that_the_model_branches_on_have_guards() {
    let shapes = |dim: &shapes::DimHint| {
        let dims = (0..3).map(|i| (i, *dim));
        DynamicShapes::Tuple(vec![DynamicShapes::leaf(ShapeSpec::dims(dims))])
    };
    let inputs = ModelInputs::new(&Branching, [Branching::args(randn(&[6, 3, 4]))]).unwrap();
    for dim in [Dim::auto(), Dim::dynamic()] {
        // As in PyTorch: the range of the first dimension is narrower, and the product has a guard.
        let program = export(&Branching, &inputs, &shapes(&dim)).unwrap();
        let text = program.to_string();
        assert!(text.contains(r#"x: "f32[s77, s27, s53]""#), "{text}");
        assert!(text.contains("s77: VR[4, int_oo]"), "{text}");
        for sizes in [[4, 3, 4], [6, 3, 3], [4, 2, 6], [9, 5, 3], [40, 11, 1], [4, 10, 10]] {
            let x = randn(&sizes);
            let output: Tensor = program.call(&Branching::args(x.shallow_clone())).unwrap();
            assert!(output.allclose(&x.sin(), 1e-6, 1e-6, false), "{sizes:?}");
        }
        // The model takes the other path at these sizes.
        for sizes in [[3, 3, 4], [2, 2, 2], [6, 2, 5], [6, 5, 2], [6, 10, 1], [6, 1, 10]] {
            let output: Result<Tensor, _> = program.call(&Branching::args(randn(&sizes)));
            assert!(matches!(output, Err(torch_export::CallError::Inputs(_))), "{sizes:?}: {output:?}");
        }
    }
}

struct Noisy;

#[module]
impl Noisy {
    fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        (x.dropout(0.5, true), x.relu())
    }
}

#[test]
fn a_program_that_draws_random_numbers_is_compared_by_form() {
    let inputs = ModelInputs::new(&Noisy, [2, 7].map(|n| Noisy::args(randn(&[n, 40])))).unwrap();
    let program = export(&Noisy, &inputs, &inputs.guess_dynamic_shapes().unwrap()).unwrap();
    let verification = program.verification.as_ref().unwrap();
    assert!(verification.random && verification.unseen, "{verification}");
    assert_eq!((verification.max_difference, verification.unproven.as_slice()), (0.0, [].as_slice()), "{verification}");
}

struct Attends;

#[module]
impl Attends {
    fn forward(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Tensor {
        Tensor::scaled_dot_product_attention(q, k, v, None::<&Tensor>, 0.0, false, None, false)
    }
}

#[test]
fn key_and_value_are_of_one_length() {
    let args = |q, k| {
        let heads = |n| randn(&[2, 4, n, 8]);
        Attends::args(heads(q)).k(heads(k)).v(heads(k))
    };
    let dims = || DynamicShapes::leaf(ShapeSpec::dims([(2, Dim::dynamic())]));
    let inputs = ModelInputs::new(&Attends, [args(6, 5)]).unwrap();
    let program = export(&Attends, &inputs, &DynamicShapes::Tuple(vec![dims(), dims(), dims()])).unwrap();
    let text = program.to_string();
    assert!(text.contains(r#"k: "f32[2, 4, s49, 8]", v: "f32[2, 4, s49, 8]""#), "{text}");
    let output: Tensor = program.call(&args(3, 9)).unwrap();
    assert_eq!(output.size(), [2, 4, 3, 8]);
}

struct Confused;

#[module]
impl Confused {
    /// The batch of the example is as long as its sequence; only one of them is read.
    fn forward(&self, x: &Tensor, y: &Tensor) -> Tensor {
        let positions = Tensor::arange(y.size()[1], (Kind::Int64, Device::Cpu));
        x.sum(Kind::Float) + (y + positions).mean(Kind::Float)
    }
}

#[test]
fn an_integer_is_distinguished_from_another_size_that_is_equal_in_the_example() {
    let args = |n| Confused::args(randn(&[5, n])).y(randn(&[4, n]));
    let dims = || DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::dynamic()), (1, Dim::dynamic())]));
    let inputs = ModelInputs::new(&Confused, [args(5)]).unwrap();
    let program = export(&Confused, &inputs, &DynamicShapes::Tuple(vec![dims(), dims()])).unwrap();
    let text = program.to_string();
    assert!(text.contains(r#"x: "f32[s77, s27]", y: "f32[s17, s94]""#), "{text}");
    let output: Tensor = program.call(&Confused::args(randn(&[3, 8])).y(randn(&[2, 6]))).unwrap();
    assert_eq!(output.size(), [0_i64; 0]);
}
