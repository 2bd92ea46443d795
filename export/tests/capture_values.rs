//! Inputs and outputs: trees, plain values, in-place ops, unusual tensors.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{F, copied, fixed, guessed, header, randn, refused, same, statements, with_shapes};
use indexmap::IndexMap;
use std::hint::black_box;
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::{CallError, ExportError};

#[derive(PyTree)]
#[pytree(as = "dict")]
struct Out {
    hidden: Tensor,
    pair: (Tensor, Tensor),
}

model! { Trees(x: &Tensor) -> (Out, Vec<Tensor>) {
    let a = x.relu();
    (Out { hidden: a.shallow_clone(), pair: (&a + 1, a.neg()) }, vec![a.sin(), a.cos()])
} }

#[test]
fn a_tree_of_outputs() {
    let program = guessed(&Trees, [2, 5].map(|n| Trees::args(randn(&[n])))).unwrap();
    assert_eq!(statements(&program).last().unwrap(), "return (relu, add, neg, sin, cos)");
    same(&Trees, &program, [3, 9].map(|n| Trees::args(randn(&[n]))));
}

model! { Plain(x: &Tensor) -> (Tensor, Option<Tensor>, (i64, f64), (bool, String)) {
    (x.abs(), None, (3, 0.5), (true, "done".to_owned()))
} }

#[test]
fn plain_values_among_the_outputs() {
    let program = guessed(&Plain, [2, 5].map(|n| Plain::args(randn(&[n])))).unwrap();
    assert_eq!(statements(&program).last().unwrap(), "return (abs_1, None, 3, 0.5, True, 'done')");
    same(&Plain, &program, [9].map(|n| Plain::args(randn(&[n]))));
}

model! { Same(x: &Tensor, y: &Tensor) -> (Tensor, Tensor, Tensor) {
    (x.shallow_clone(), y + x, x.shallow_clone())
} }

#[test]
fn an_input_returned_as_it_is() {
    let set = |n: i64| Same::args((randn(&[n]), randn(&[n])));
    let program = guessed(&Same, [2, 5].map(set)).unwrap();
    assert_eq!(statements(&program).last().unwrap(), "return (x, add, x)");
    same(&Same, &program, [9].map(set));
}

model! { InPlace(x: &Tensor) -> Tensor {
    let mut y = x * 2;
    let _ = y.relu_();
    let mut row = y.select(0, 0);
    row += 5;
    y.g_add_scalar_(1)
} }

#[test]
fn ops_that_write_in_place() {
    let program = guessed(&InPlace, [2, 5].map(|n| InPlace::args(randn(&[n, 3])))).unwrap();
    let text = program.to_string();
    for op in ["relu_.default(mul)", "select.int(relu_, 0, 0)", "add_.Tensor(select, 5)"] {
        assert!(text.contains(&format!("torch.ops.aten.{op}")), "{text}");
    }
    same(&InPlace, &program, [3, 9].map(|n| InPlace::args(randn(&[n, 3]))));
}

model! { WritesInput(x: &Tensor) -> Tensor { x.shallow_clone().g_add_scalar_(1) * 2 } }

#[test]
fn an_input_that_is_written_to() {
    let example = WritesInput::args(Tensor::zeros([3], F));
    let before = copied(&example);
    let program = fixed(&WritesInput, example).unwrap();
    // `same` also compares the inputs after the call.
    same(&WritesInput, &program, [before]);
}

#[test]
fn an_export_leaves_its_inputs_alone() {
    let inputs = ModelInputs::new(&WritesInput, [WritesInput::args(Tensor::zeros([3], F))]).unwrap();
    export(&WritesInput, &inputs, &DynamicShapes::NONE).unwrap();
    let flat = flatten(&inputs.sets()[0]).unwrap();
    let torch_export::pytree::LeafRef::Tensor(x) = flat.leaves[0] else { panic!("a tensor went in") };
    assert_eq!(*x, Tensor::zeros([3], F));
}

model! { Outer(x: &Tensor, y: &Tensor) -> Tensor { x.outer(y) } }

#[test]
fn one_tensor_as_two_inputs() {
    let set = |n: i64| {
        let x = randn(&[n]);
        Outer::args((x.shallow_clone(), x))
    };
    let program = guessed(&Outer, [3, 7].map(set)).unwrap();
    same(&Outer, &program, [5, 8].map(set));
    // They are two inputs, and their sizes are independent if the model allows it.
    let set = |a: i64, b: i64| Outer::args((randn(&[a]), randn(&[b])));
    let program = guessed(&Outer, [set(3, 3), set(7, 7)]).unwrap();
    same(&Outer, &program, [set(5, 8), set(8, 2)]);
}

model! { Embedded(table: &Tensor, ids: &Tensor) -> Tensor { Tensor::embedding(table, ids, -1, false, false) } }

#[test]
fn indices_stay_valid_in_every_run() {
    let set = |rows: i64, n: i64| {
        Embedded::args((randn(&[rows, 4]), Tensor::randint(rows, [n, 2], (Kind::Int64, Device::Cpu))))
    };
    let program = guessed(&Embedded, [set(6, 3), set(6, 5)]).unwrap();
    assert!(header(&program).contains("table: \"f32[6, 4]\", ids: \"i64[s"), "{program}");
    same(&Embedded, &program, [set(6, 2), set(6, 11)]);
}

model! { Viewed(x: &Tensor) -> Tensor { x.contiguous().view([-1]) + x.transpose(0, 1).reshape([-1]) } }

#[test]
fn an_input_that_is_not_contiguous() {
    let set = |a: i64, b: i64| Viewed::args(randn(&[b, a]).transpose(0, 1));
    let program = guessed(&Viewed, [set(2, 3), set(4, 5)]).unwrap();
    same(&Viewed, &program, [set(3, 2), set(7, 9), Viewed::args(randn(&[4, 6]))]);
}

model! { Gaps(x: &Tensor) -> Tensor { x.contiguous().view([-1]) * 2 } }

#[test]
fn an_input_with_gaps_in_its_memory() {
    let set = |a: i64, b: i64| Gaps::args(randn(&[a, b + 3]).narrow(1, 1, b));
    let program = guessed(&Gaps, [set(2, 3), set(4, 5)]).unwrap();
    assert!(program.to_string().contains("torch.ops.aten.contiguous.default(x)"), "{program}");
    same(&Gaps, &program, [set(3, 2), set(7, 9), Gaps::args(randn(&[4, 6]))]);
    let wide = |n: i64| Gaps::args(randn(&[1, 3]).expand([n, 3], false));
    let program = guessed(&Gaps, [wide(2), wide(5)]).unwrap();
    same(&Gaps, &program, [wide(4)]);
}

model! { Masked(x: &Tensor, mask: &Tensor) -> Tensor {
    x.masked_fill(&mask.logical_not(), f64::NEG_INFINITY).softmax(-1, None)
} }

#[test]
fn a_bool_mask() {
    let set = |n: i64| {
        let mask = randn(&[n, 4]).gt(0.0).logical_or(&Tensor::from_slice(&[true, false, false, false]));
        Masked::args((randn(&[n, 4]), mask))
    };
    let program = guessed(&Masked, [set(2), set(5)]).unwrap();
    assert!(header(&program).contains("mask: \"b8[s31, 4]\""), "{program}");
    same(&Masked, &program, [3, 9].map(set));
}

model! { Options(x: &Tensor, scale: f64, twice: bool, bias: Option<&Tensor>) -> Tensor {
    let y = x * scale;
    let y = if twice { &y + &y } else { y };
    match bias {
        Some(bias) => y + bias,
        None => y,
    }
} }

#[test]
fn plain_inputs_are_constants_of_the_program() {
    let set = |n: i64| Options::args((randn(&[n]), 0.5, true, None));
    let moving = DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::dynamic())]));
    let shapes = [moving, DynamicShapes::NONE, DynamicShapes::NONE, DynamicShapes::NONE];
    let program = with_shapes(&Options, set(2), &DynamicShapes::Tuple(shapes.to_vec())).unwrap();
    same(&Options, &program, [set(9)]);
    let other: Result<Tensor, _> = program.call(&Options::args((randn(&[9]), 0.25, true, None)));
    assert!(other.unwrap_err().to_string().contains("to be equal to 0.5, but got 0.25"));
}

model! { Sizes(x: &Tensor) -> Tensor {
    let total: i64 = x.size().iter().sum();
    x.sum_dim_intlist([0i64].as_slice(), false, None) / total
} }

#[test]
fn a_number_computed_from_sizes() {
    let set = |a: i64, b: i64| Sizes::args(randn(&[a, b]));
    let program = guessed(&Sizes, [set(2, 3), set(4, 7)]).unwrap();
    same(&Sizes, &program, [set(5, 2), set(6, 6)]);
}

fn ones(n: i64) -> u32 {
    black_box(n).count_ones()
}

model! { OnesOfASize(x: &Tensor) -> Tensor { x + i64::from(ones(x.size()[0])) } }
model! { HalfTheOnes(x: &Tensor) -> Tensor { x * (f64::from(ones(x.size()[0])) / 2.0) } }
model! { Logarithm(x: &Tensor) -> Tensor { x * (x.size()[0] as f64).ln() } }

const CURE: &str = "Compute it with ops of tensors, make the dimension static, narrow its range with `min` and `max`, or pass \
    the number as an input";

/// What is not found has a text with the number, its values, and what to do.
#[test]
fn a_number_that_no_formula_gives() {
    let unsolved = |result| {
        let error = refused(result);
        let text = error.to_string();
        let ExportError::Unsolved { what, seen } = error else { panic!("{error:?}") };
        (what, seen, text)
    };
    // An integer has the sizes that it was seen at, the example first.
    let (what, seen, text) = unsolved(guessed(&OnesOfASize, [3, 6].map(|n| OnesOfASize::args(randn(&[n])))));
    let argument = "argument `other` of `aten.add.Scalar`";
    assert_eq!(what, argument);
    let pairs: Vec<(u32, i64)> = seen
        .split(", ")
        .map(|pair| {
            let (value, size) = pair.strip_suffix(']').unwrap().split_once(" at x [").unwrap();
            (value.parse().unwrap(), size.parse().unwrap())
        })
        .collect();
    assert_eq!(pairs[0], (2, 3), "{seen}");
    assert!(pairs.len() > 2 && pairs.iter().all(|(value, size)| *value == ones(*size)), "{seen}");
    assert_eq!(text, format!("cannot find out how {argument} follows from the sizes of the inputs: {seen}. {CURE}"));
    // A float has its values.
    let (what, seen, text) = unsolved(guessed(&HalfTheOnes, [3, 6].map(|n| HalfTheOnes::args(randn(&[n])))));
    let argument = "argument `other` of `aten.mul.Scalar`";
    assert_eq!(what, argument);
    let list = seen.strip_prefix('[').and_then(|seen| seen.strip_suffix(']')).unwrap();
    let values: Vec<f64> = list.split(", ").map(|value| value.parse().unwrap()).collect();
    assert_eq!(values[0], 1.0, "{seen}");
    assert!(values.len() > 2 && values.iter().all(|value| (value * 2.0).fract() == 0.0), "{seen}");
    assert_eq!(text, format!("cannot find out how {argument} follows from the sizes of the inputs: {seen}. {CURE}"));
    // Without values there is no colon.
    let (_, seen, text) = unsolved(guessed(&Logarithm, [3, 6].map(|n| Logarithm::args(randn(&[n])))));
    let what = "a logarithm or an infinity made from sizes, for which PyTorch's programs have no node,";
    assert_eq!(seen, "");
    assert_eq!(text, format!("cannot find out how {what} follows from the sizes of the inputs. {CURE}"));
}

model! { Mapped(tensors: &IndexMap<String, Tensor>) -> IndexMap<String, Tensor> {
    tensors.iter().map(|(name, tensor)| (format!("{name}_out"), tensor.relu())).collect()
} }

#[test]
fn a_dict_in_and_out() {
    let set = |n: i64| Mapped::args(IndexMap::from([("a".to_owned(), randn(&[n])), ("b".to_owned(), randn(&[n, 2]))]));
    let program = guessed(&Mapped, [2, 5].map(set)).unwrap();
    assert!(header(&program).contains("tensors_a: \"f32[s"), "{program}");
    same(&Mapped, &program, [9].map(set));
}

#[derive(PyTree)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct DynamicCache {
    key_cache: Vec<Tensor>,
    value_cache: Vec<Tensor>,
}

model! { Cached(x: &Tensor, cache: &DynamicCache) -> (Tensor, DynamicCache) {
    let size = cache.key_cache[0].size();
    let ones = Tensor::ones([size[0], size[1], 2, size[3]], F);
    let key_cache: Vec<Tensor> = cache.key_cache.iter().map(|k| Tensor::cat(&[k, &ones], 2)).collect();
    let value_cache: Vec<Tensor> = cache.value_cache.iter().map(|v| Tensor::cat(&[v, &ones], 2)).collect();
    let scores = x.matmul(&key_cache[0].transpose(2, 3)).softmax(-1, None);
    (scores.matmul(&value_cache[0]), DynamicCache { key_cache, value_cache })
} }

#[test]
fn a_cache_in_and_a_longer_one_out() {
    let set = |batch: i64, past: i64| {
        let layer = || randn(&[batch, 8, past, 6]);
        let cache = DynamicCache { key_cache: vec![layer(), layer()], value_cache: vec![layer(), layer()] };
        Cached::args((randn(&[batch, 8, 3, 6]), cache))
    };
    let program = guessed(&Cached, [set(4, 11), set(3, 5)]).unwrap();
    let head = header(&program);
    for name in ["cache_key_cache_0", "cache_key_cache_1", "cache_value_cache_0", "cache_value_cache_1"] {
        assert!(head.contains(&format!("{name}: \"f32[s")), "{head}");
    }
    assert!(program.verification.as_ref().unwrap().unseen);
    same(&Cached, &program, [set(1, 1), set(2, 7), set(9, 20)]);
}

model! { Growing(x: &Tensor) -> Vec<Tensor> { (0..x.size()[0]).map(|i| x.select(0, i)).collect() } }

#[test]
fn as_many_outputs_as_a_size() {
    // The number of results is that of the example, so the size is too, as in PyTorch.
    let error = refused(guessed(&Growing, [2, 5].map(|n| Growing::args(randn(&[n, 3])))));
    let ExportError::Constraint(violated) = &error else { panic!("{error:?}") };
    let expected = "You marked L['x'].size()[0] as dynamic but your code specialized it to be a constant (2).";
    assert!(violated.to_string().contains(expected), "{violated}");
    let auto = DynamicShapes::Tuple(vec![DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::auto()), (1, Dim::auto())]))]);
    let program = with_shapes(&Growing, Growing::args(randn(&[4, 3])), &auto).unwrap();
    assert_eq!(header(&program), "def forward(self, x: \"f32[4, s27]\"):");
    same(&Growing, &program, [2, 3, 9].map(|n| Growing::args(randn(&[4, n]))));
    for n in [2, 3, 5, 9] {
        let other: Result<Vec<Tensor>, _> = program.call(&Growing::args(randn(&[n, 3])));
        assert!(matches!(other, Err(CallError::Inputs(_))), "{other:?}");
    }
}

model! { Maybe(x: &Tensor, y: Option<&Tensor>) -> Tensor { if y.is_some() { x.sin() } else { x.cos() } } }

#[test]
fn an_argument_that_only_a_later_set_has() {
    let sets = [Maybe::args(randn(&[3])), Maybe::args(randn(&[6])).y(Some(randn(&[2])))];
    let inputs = ModelInputs::new(&Maybe, sets).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    assert_eq!(shapes.to_string(), "(({0: DimHint(DYNAMIC)},), {})");
    // The shapes fit, but the model does something else with this argument.
    let error = export(&Maybe, &inputs, &shapes).unwrap_err();
    let ExportError::Verify { sizes, source } = &error else { panic!("{error:?}") };
    assert!(sizes.starts_with("x [6]") && matches!(**source, CallError::Inputs(_)), "{error:?}");
    assert!(error.to_string().contains("export this set on its own"), "{error}");
    // Each form has an export of its own, and refuses the other.
    let without = || Maybe::args(randn(&[5]));
    let with = || Maybe::args(randn(&[5])).y(Some(randn(&[2])));
    let (sine, cosine) = (fixed(&Maybe, with()).unwrap(), fixed(&Maybe, without()).unwrap());
    same(&Maybe, &sine, [with()]);
    same(&Maybe, &cosine, [without()]);
    for (program, args) in [(&sine, without()), (&cosine, with())] {
        let other: Result<Tensor, _> = program.call(&args);
        assert!(matches!(other, Err(CallError::Inputs(_))), "{other:?}");
    }
}
