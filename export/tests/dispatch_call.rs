//! Names, schemas and boxed calls.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use tch::{Device as TchDevice, Kind, Tensor};
use torch_export::dispatch::{DispatchError, Schema, call};
use torch_export::program::{OpName, Value};
use torch_export::pytree::{DType, Device, Layout, MemoryFormat};

fn op(name: &str) -> OpName {
    name.parse().unwrap()
}

fn floats(values: &[f32], sizes: &[i64]) -> Tensor {
    Tensor::from_slice(values).view(sizes)
}

/// Calls an op that returns one tensor.
fn one(name: &str, args: &[Value<&Tensor>]) -> Tensor {
    match call(&op(name), args).unwrap().pop() {
        Some(Value::Tensor(t)) => t,
        other => panic!("{name} gave {other:?}"),
    }
}

#[test]
fn names_are_read_and_shown() {
    for text in ["aten.add.Tensor", "torch.ops.aten.add.Tensor", "aten::add.Tensor"] {
        assert_eq!(op(text), OpName::new("aten", "add", "Tensor").unwrap());
    }
    for text in ["aten.relu", "aten.relu.default", "aten::relu", "aten::relu.default"] {
        assert_eq!(op(text).to_string(), "aten.relu.default");
    }
    assert_eq!(op("aten.relu_").target(), "torch.ops.aten.relu_.default");
    for text in ["", "add", "aten.", "aten..x", "aten.a b", "aten.add.Tensor.x", "a\0b.c"] {
        assert!(text.parse::<OpName>().is_err(), "{text:?}");
    }
}

#[test]
fn schemas_tell_names_types_defaults_and_aliases() {
    let add = Schema::of(&op("aten.add.Tensor")).unwrap();
    let described: Vec<_> = add
        .arguments
        .iter()
        .map(|a| (a.name.as_str(), a.type_name.as_str(), a.kwarg_only, a.default.clone()))
        .collect();
    assert_eq!(
        described,
        [
            ("self", "Tensor", false, None),
            ("other", "Tensor", false, None),
            ("alpha", "Scalar", true, Some(Value::Int(1))),
        ]
    );
    assert!(!add.mutates());
    assert_eq!(add.returns[0].aliases, None);

    let in_place = Schema::of(&op("aten.add_.Tensor")).unwrap();
    assert!(in_place.mutates() && in_place.arguments[0].mutated);
    assert_eq!((in_place.returns[0].aliases, in_place.returns[0].mutated), (Some(0), true));

    let view = Schema::of(&op("aten.view")).unwrap();
    assert_eq!((view.returns[0].aliases, view.returns[0].mutated), (Some(0), false));

    let zeros = Schema::of(&op("aten.zeros")).unwrap();
    let types: Vec<_> = zeros.arguments.iter().map(|a| a.type_name.as_str()).collect();
    assert_eq!(types, ["SymInt[]", "ScalarType?", "Layout?", "Device?", "bool?"]);

    let conv = Schema::of(&op("aten.conv2d")).unwrap();
    let (_, stride) = conv.argument("stride").unwrap();
    assert_eq!(stride.default, Some(Value::Ints(vec![1, 1])));
    assert_eq!(conv.argument("groups").map(|(index, _)| index), Some(6));

    let like = Schema::of(&op("aten.clone")).unwrap();
    assert_eq!(like.argument("memory_format").unwrap().1.type_name, "MemoryFormat?");
}

#[test]
fn arguments_of_every_kind_arrive() {
    let x = floats(&[1., -2., 3., -4.], &[2, 2]);
    // Scalar as int, float and complex; absent keyword-only arguments.
    assert_eq!(one("aten.add.Scalar", &[Value::Tensor(&x), Value::Int(2)]), &x + 2);
    let scaled = one("aten.add.Tensor", &[Value::Tensor(&x), Value::Tensor(&x), Value::Float(0.5)]);
    assert_eq!(scaled, &x * 1.5);
    let complex = one("aten.mul.Scalar", &[Value::Tensor(&x), Value::Complex(0.0, 1.0)]);
    assert_eq!(complex.kind(), Kind::ComplexFloat);
    // An int for a float; int[], and one int for int[2].
    assert_eq!(one("aten.leaky_relu", &[Value::Tensor(&x), Value::Int(1)]), x);
    let image = x.view([1, 1, 2, 2]);
    let pool = [Value::Tensor(&image), Value::Int(2)];
    assert_eq!(one("aten.max_pool2d", &pool).size(), [1, 1, 1, 1]);
    // Tensor[] and Tensor?[].
    let cat = one("aten.cat", &[Value::Tensors(vec![&x, &x]), Value::Int(1)]);
    assert_eq!(cat.size(), [2, 4]);
    let rows = Tensor::from_slice(&[1i64, 0]);
    let picked = one("aten.index.Tensor", &[Value::Tensor(&x), Value::OptionalTensors(vec![None, Some(&rows)])]);
    assert_eq!(picked, x.flip([1]));
    // float[]? with and without a value, int[]? with one.
    let up = |size, scales| one("aten.upsample_nearest2d.vec", &[Value::Tensor(&image), size, scales]).size();
    assert_eq!(up(Value::None, Value::Floats(vec![2.0, 3.0])), [1, 1, 4, 6]);
    assert_eq!(up(Value::Ints(vec![5, 6]), Value::None), [1, 1, 5, 6]);
    // ScalarType, Layout, Device, MemoryFormat, bool, str.
    let full = one(
        "aten.full",
        &[
            Value::Ints(vec![2, 3]),
            Value::Float(1.5),
            Value::DType(DType::Float64),
            Value::Layout(Layout::Strided),
            Value::Device(Device::Cpu),
            Value::Bool(false),
        ],
    );
    assert_eq!((full.kind(), full.size()), (Kind::Double, vec![2, 3]));
    let nhwc = floats(&[0.; 24], &[1, 2, 3, 4]);
    let format = Value::MemoryFormat(MemoryFormat::ChannelsLast);
    assert_eq!(one("aten.clone", &[Value::Tensor(&nhwc), format]).stride(), [24, 1, 8, 2]);
    let gelu = |how: &str| one("aten.gelu", &[Value::Tensor(&x), Value::Str(how.to_owned())]);
    assert_eq!(gelu("tanh"), x.gelu("tanh"));
    assert_ne!(gelu("tanh"), gelu("none"));
    // bool[3], and undefined results as None.
    let grads = call(
        &op("aten.native_layer_norm_backward"),
        &[
            Value::Tensor(&x),
            Value::Tensor(&x),
            Value::Ints(vec![2]),
            Value::Tensor(&floats(&[0., 0.], &[2, 1])),
            Value::Tensor(&floats(&[1., 1.], &[2, 1])),
            Value::None,
            Value::None,
            Value::Bools(vec![true, false, false]),
        ],
    )
    .unwrap();
    assert!(matches!(grads[..], [Value::Tensor(_), Value::None, Value::None]), "{grads:?}");
}

#[test]
fn results_of_every_kind_arrive() {
    let x = floats(&[1., 5., 3., 4., 2., 6.], &[3, 2]);
    let split = call(&op("aten.split.Tensor"), &[Value::Tensor(&x), Value::Int(2)]).unwrap();
    let [Value::Tensors(parts)] = &split[..] else { panic!("{split:?}") };
    assert_eq!(parts.iter().map(Tensor::size).collect::<Vec<_>>(), [[2, 2], [1, 2]]);
    let max = call(&op("aten.max.dim"), &[Value::Tensor(&x), Value::Int(0)]).unwrap();
    let [Value::Tensor(values), Value::Tensor(places)] = &max[..] else { panic!("{max:?}") };
    assert_eq!(values, &floats(&[3., 6.], &[2]));
    assert_eq!(places, &Tensor::from_slice(&[1i64, 2]));
    let item = call(&op("aten.item"), &[Value::Tensor(&x.sum(Kind::Float))]).unwrap();
    assert_eq!(item, [Value::Float(21.0)]);
    let nothing = call(&op("aten._assert_async"), &[Value::Tensor(&x.sum(Kind::Float))]).unwrap();
    assert!(nothing.is_empty());
}

// `Value<Tensor>` compares through tch's `==`, which is by content.
#[test]
fn in_place_calls_change_their_argument() {
    let x = floats(&[1., -2.], &[2]);
    assert_eq!(one("aten.relu_", &[Value::Tensor(&x)]), x);
    assert_eq!(x, floats(&[1., 0.], &[2]));
}

#[test]
fn named_arguments_are_put_in_order() {
    let schema = Schema::of(&op("aten.add.Tensor")).unwrap();
    let x = floats(&[1.], &[1]);
    let args =
        schema.arrange([("alpha", Value::Int(3)), ("other", Value::Tensor(&x)), ("self", Value::Tensor(&x))]).unwrap();
    assert_eq!(one("aten.add.Tensor", &args), &x * 4);
    let text = |named: Vec<(&'static str, Value<&Tensor>)>| schema.arrange(named).unwrap_err().to_string();
    assert_eq!(
        text(vec![("self", Value::Tensor(&x))]),
        "`aten.add.Tensor`: argument `other` must be Tensor, not absent"
    );
    assert!(text(vec![("beta", Value::Int(1))]).contains("`beta`"));
    assert!(text(vec![("alpha", Value::Int(1)), ("alpha", Value::Int(1))]).contains("twice"));
}

#[test]
fn a_number_stands_for_a_tensor_as_in_python() {
    // A number does not change the element type of the tensor, unless it is of another category.
    let half = floats(&[1., 2.], &[2]).to_kind(Kind::Half);
    let added = |x: &Tensor, number| match &call(&op("aten.add.Tensor"), &[Value::Tensor(x), number]).unwrap()[..] {
        [Value::Tensor(sum)] => (sum.kind(), f64::try_from(sum.sum(Kind::Double)).unwrap()),
        other => panic!("{other:?}"),
    };
    assert_eq!(added(&half, Value::Float(0.5)), (Kind::Half, 4.0));
    assert_eq!(added(&half, Value::Int(3)), (Kind::Half, 9.0));
    let ints = Tensor::from_slice(&[1i32, 2]);
    assert_eq!(added(&ints, Value::Int(1)), (Kind::Int, 5.0));
    assert_eq!(added(&ints, Value::Float(0.5)), (Kind::Float, 4.0));
    assert_eq!(added(&ints, Value::Bool(true)), (Kind::Int, 5.0));
}

#[test]
fn wrong_calls_are_errors_that_name_the_place() {
    let x = floats(&[1., 2.], &[2]);
    let fails = |name: &str, args: &[Value<&Tensor>]| call(&op(name), args).unwrap_err();
    assert_eq!(fails("aten.nothing", &[]), DispatchError::NoSuchOp { op: op("aten.nothing") });
    assert_eq!(
        fails("aten.add.Tensor", &[Value::Tensor(&x), Value::Str("1".to_owned())]).to_string(),
        "`aten.add.Tensor`: argument `other` must be Tensor, not str"
    );
    let absent = fails("aten.add.Tensor", &[Value::Tensor(&x)]).to_string();
    assert!(absent.contains("`other`") && absent.contains("absent"), "{absent}");
    let many = fails("aten.relu", &[Value::Tensor(&x), Value::Int(1)]).to_string();
    assert!(many.contains("number 1") && many.contains("fewer arguments"), "{many}");
    let bools = fails("aten.sum.dim_IntList", &[Value::Tensor(&x), Value::Bools(vec![true])]);
    assert!(bools.to_string().contains("`dim`"), "{bools}");
    // PyTorch's own error, only its first line.
    let long = Tensor::zeros([3], (Kind::Float, TchDevice::Cpu));
    assert_eq!(
        fails("aten.add.Tensor", &[Value::Tensor(&x), Value::Tensor(&long)]),
        DispatchError::Torch {
            op: op("aten.add.Tensor"),
            message: "The size of tensor a (2) must match the size of tensor b (3) at \
                      non-singleton dimension 0"
                .to_owned(),
        }
    );
}
