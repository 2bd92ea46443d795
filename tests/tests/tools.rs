//! The tools on tensors of tch: texts with ranges, differences, inputs at other sizes, an observed model.
#![cfg(feature = "tch")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::Tch;
use shapes::{
    Batch, ChangeOptions, CoupleInputsDynamicShapes, DiffOptions, DimSpec, DynamicShapes, InputObserver, MakeTensor,
    ShapeSpec, StringTypeOptions, max_diff, string_type_of_values,
};
use tch::{Device, Kind, Tensor};

fn shown(tensor: Tensor) -> String {
    let options = StringTypeOptions { with_min_max: true, with_device: true, ..StringTypeOptions::shapes() };
    string_type_of_values(&tensor, options).unwrap_or_else(|e| format!("error: {e}"))
}

/// The texts of onnx-diagnostic for the same tensors.
#[test]
fn ranges_are_computed_on_the_tensor() {
    let row = |values: &[f64]| Tensor::from_slice(values).to_kind(Kind::Float);
    assert_eq!(shown(row(&[0.1, 0.2])), "CT1s2[0.10000000149011612,0.20000000298023224:A0.15000000223517418]");
    let half = row(&[0.1, 0.2]).to_kind(Kind::Half);
    assert_eq!(shown(half), "CT10s2[0.0999755859375,0.199951171875:A0.14996337890625]");
    let brain = row(&[0.1, 0.2]).to_kind(Kind::BFloat16);
    assert_eq!(shown(brain), "CT16s2[0.10009765625,0.2001953125:A0.150146484375]");
    assert_eq!(shown(Tensor::from_slice(&[1_i64, 2, 2])), "CT7s3[1,2:A1.6666666666666667]");
    assert_eq!(shown(Tensor::from_slice(&[true, false, false])), "CT9s3[False,True:A0.3333333333333333]");
    assert_eq!(shown(Tensor::from_slice(&[7_u8, 200])), "CT2s2[7,200:A103.5]");
    assert_eq!(shown(Tensor::from(1.5_f32)), "CT1s=1.5");
    assert_eq!(shown(Tensor::from(7_i64)), "CT7s=7");
    assert_eq!(shown(Tensor::from(true)), "CT9s=True");
    assert_eq!(shown(Tensor::zeros([0, 3], (Kind::Float, Device::Cpu))), "CT1s0x3[empty]");
    assert_eq!(shown(row(&[1.0, f64::NAN, 3.0])), "CT1s3[nan,nan:AnanN1nans]");
    assert_eq!(shown(row(&[1.0, f64::INFINITY, f64::NEG_INFINITY])), "CT1s3[-inf,inf:Anan]");
    let complex = Tensor::complex(&row(&[3.0, 0.0]), &row(&[4.0, 0.0]));
    assert_eq!(shown(complex), "CT14s2[0.0,5.0:A2.5]");
    let scalar = Tensor::complex(&row(&[3.0]), &row(&[-4.0])).squeeze();
    assert_eq!(shown(scalar), "CT14s=(3-4j)");
    let unknown = Tensor::complex(&row(&[f64::NAN]), &row(&[0.0]));
    assert!(shown(unknown).starts_with("error: the tensor : "), "torch fails on complex nans as well");
    // A tensor that needs a gradient and one that is not contiguous.
    let odd = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([2, 3]).set_requires_grad(true).tr();
    assert_eq!(shown(odd), "CT1s3x2[0.0,5.0:A2.5]");
}

#[test]
fn differences_are_those_of_the_values() {
    let a = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([2, 3]);
    let diff = |x: &Tensor, y: &Tensor| max_diff(x, y, &DiffOptions::default()).expect("tensors").to_string();
    assert_eq!(diff(&a, &(&a + 0.5)), "abs=0.5, rel=500.0, n=6.0,amax=0,0, dev=0");
    assert_eq!(diff(&a, &a.to_kind(Kind::Half)), "abs=0.0, rel=0.0,amax=0,0, dev=0");
    assert_eq!(diff(&a, &a.tr()), "abs=inf, rel=inf, n=inf, dnan=inf");
    let row = |v: f64| Tensor::from_slice(&[v]);
    let (x, y) = (Tensor::complex(&row(1.0), &row(2.0)), Tensor::complex(&row(1.0), &row(3.0)));
    assert_eq!(diff(&x, &y), "abs=1.0, rel=0.49975012493753124, n=2.0,amax=0,1, dev=0");
}

#[test]
fn other_sizes_repeat_the_elements() {
    let x = Tensor::arange(6, (Kind::Int64, Device::Cpu)).view([2, 3]);
    let named = |n: &str| DimSpec::Text(n.to_owned());
    let shapes = DynamicShapes::Tuple(vec![DynamicShapes::leaf(ShapeSpec::dims([(0, named("n")), (1, named("m"))]))]);
    let inputs = (x,);
    let couple = CoupleInputsDynamicShapes::new(&inputs, shapes).expect("a pair");
    let options = ChangeOptions::default().desired("n", 5).desired("m", 2);
    let (changed,): (Tensor,) = couple.change_dynamic_dimensions(&options).expect("names");
    assert_eq!(Vec::<Vec<i64>>::try_from(&changed).expect("ints"), [[0, 1], [3, 4], [0, 1], [3, 4], [0, 1]]);
    let zeros = Tch::zeros(&changed, &[0, 2]).expect("zeros");
    assert_eq!((zeros.size(), zeros.kind()), (vec![0, 2], Kind::Int64));
}

/// The observer copies inputs, so later changes by the model do not show.
#[test]
fn an_observer_keeps_copies() {
    let signature = pytree_core::Signature::new([pytree_core::Parameter {
        name: "x".into(),
        kind: pytree_core::ParameterKind::PositionalOrKeyword,
        has_default: false,
    }]);
    let mut observer = InputObserver::<Tch>::new(&signature);
    for rows in [2, 3] {
        let mut x = Tensor::ones([rows, 2], (Kind::Float, Device::Cpu));
        observer.record(&(&x,)).expect("a set");
        _ = x.fill_(7.0);
    }
    assert_eq!(observer.infer_dynamic_shapes(&Batch::none()).expect("two calls").repr(), "({0: DimHint(DYNAMIC)},)");
    let (x,): (Tensor,) = {
        let (leaves, spec) = pytree_core::into_leaves(observer.infer_arguments().expect("two calls")).expect("a tree");
        pytree_core::unflatten(leaves, &spec).expect("one tensor")
    };
    assert_eq!(shown(x), "CT1s2x2[1.0,1.0:A1.0]");
}
