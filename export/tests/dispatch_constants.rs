//! Tensors that no op made: constants, aliases, and tensors that are rejected.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use tch::{Device, Kind, Tensor};
use torch_export::program::Value;
use torch_export::pytree::DType;
use torch_export::record::{Known, RecordError, Role, Trace, UnknownReason, UseSite, ValueId, record};

const F: (Kind, Device) = (Kind::Float, Device::Cpu);

fn x34() -> Tensor {
    Tensor::arange(12, F).view([3, 4])
}

fn ops(trace: &Trace) -> Vec<String> {
    trace.calls.iter().map(|call| call.op.to_string()).collect()
}

fn arg(trace: &Trace, call: usize, index: usize) -> Value<ValueId> {
    trace.calls[call].args[index].value.clone()
}

/// Why and where a forward on `x34` is rejected.
fn refused<R: std::fmt::Debug>(x: &Tensor, f: impl FnOnce() -> R) -> (UnknownReason, UseSite, String) {
    let error = record(&Known::new().with_inputs([x]), f).unwrap_err();
    let text = error.to_string();
    match error {
        RecordError::UnknownTensor { reason, place, .. } => (reason, place, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn from_slice_is_a_constant_of_its_content() {
    let x = x34();
    let (y, mut t) = record(&Known::new().with_inputs([&x]), || {
        let scale = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0]);
        let shift = Tensor::from(7.0f32);
        (&x * &scale + &shift) * &scale
    })
    .unwrap();
    assert_eq!(ops(&t), ["aten.mul.Tensor", "aten.add.Tensor", "aten.mul.Tensor"]);
    assert_eq!(arg(&t, 0, 1), Value::Tensor(ValueId::Lifted(0)));
    assert_eq!(arg(&t, 1, 1), Value::Tensor(ValueId::Lifted(1)));
    assert_eq!(arg(&t, 2, 1), Value::Tensor(ValueId::Lifted(0)));
    assert_eq!(t.lifted.len(), 2);
    assert_eq!(t.lifted[0].tensor, Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0]));
    assert_eq!((&t.lifted[1].tensor, t.lifted[1].tensor.dim()), (&Tensor::from(7.0f32), 0));
    // The zeros with which they began are not recorded and do not count.
    assert_eq!(t.value_of(&y).unwrap(), ValueId::Output { call: 2, index: 0 });
}

#[test]
fn the_content_is_that_of_the_first_use() {
    let x = x34();
    let (_, t) = record(&Known::new().with_inputs([&x]), || {
        let mut c = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0]);
        let y = &x + &c;
        c += 10.0;
        y + c
    })
    .unwrap();
    assert_eq!(ops(&t), ["aten.add.Tensor", "aten.add_.Scalar", "aten.add.Tensor"]);
    assert_eq!(arg(&t, 1, 0), Value::Tensor(ValueId::Lifted(0)));
    assert_eq!(arg(&t, 2, 1), Value::Tensor(ValueId::Output { call: 1, index: 0 }));
    assert_eq!(t.lifted[0].tensor, Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0]));
}

#[test]
fn zeros_of_the_user_stay_an_op() {
    let x = x34();
    let (_, t) = record(&Known::new().with_inputs([&x]), || &x + Tensor::zeros([3, 4], F)).unwrap();
    assert_eq!(ops(&t), ["aten.zeros.default", "aten.add.Tensor"]);
    assert!(t.lifted.is_empty());
}

#[test]
fn every_way_from_rust_data_is_lifted() {
    let x = x34();
    let (_, t) = record(&Known::new().with_inputs([&x]), || {
        let data = 3f32.to_ne_bytes();
        [
            &x + Tensor::from_slice(&[1f32]),
            &x + Tensor::from_slice2(&[[1f32, 2.0, 3.0, 4.0]]),
            &x + Tensor::from(2i64),
            &x + Tensor::from(&[5f32][..]),
            &x + Tensor::from_data_size(&data, &[1, 1], Kind::Float),
            &x + Tensor::try_from(vec![6f32]).unwrap(),
        ]
    })
    .unwrap();
    assert_eq!(t.lifted.len(), 6);
    let sum = |index: usize| t.lifted[index].tensor.sum(Kind::Double).double_value(&[]);
    assert_eq!((0..6).map(sum).collect::<Vec<_>>(), [1.0, 10.0, 2.0, 5.0, 3.0, 6.0]);
    assert!(!ops(&t).iter().any(|op| op.starts_with("aten.zeros")), "{:?}", ops(&t));
}

#[test]
fn a_constant_may_be_returned_or_left_unused() {
    let x = x34();
    let (c, mut t) = record(&Known::new().with_inputs([&x]), || {
        let _unused = Tensor::from_slice(&[9f32]);
        let _ = &x + 1.0;
        Tensor::from_slice(&[5i64, 6])
    })
    .unwrap();
    assert_eq!(ops(&t), ["aten.add.Scalar"]);
    assert!(t.lifted.is_empty());
    assert_eq!(t.value_of(&c).unwrap(), ValueId::Lifted(0));
    assert_eq!(t.value_of(&c).unwrap(), ValueId::Lifted(0));
    assert_eq!((t.lifted.len(), &t.lifted[0].tensor), (1, &Tensor::from_slice(&[5i64, 6])));
}

#[test]
fn a_constant_met_first_through_an_alias_is_one_constant() {
    let x = x34();
    let (_, t) = record(&Known::new().with_inputs([&x]), || {
        let c = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0]);
        &x + c.data() + &c
    })
    .unwrap();
    assert_eq!(t.lifted.len(), 1);
    assert_eq!(arg(&t, 0, 1), Value::Tensor(ValueId::Lifted(0)));
    assert_eq!(arg(&t, 1, 1), Value::Tensor(ValueId::Lifted(0)));
}

#[test]
fn data_and_shallow_clones_are_the_tensor_itself() {
    let x = x34();
    let (y, mut t) = record(&Known::new().with_inputs([&x]), || {
        let y = x.data() + x.shallow_clone();
        let z = y.data() * 2.0;
        z.detach()
    })
    .unwrap();
    assert_eq!(ops(&t), ["aten.add.Tensor", "aten.mul.Scalar", "aten.detach.default"]);
    assert_eq!(arg(&t, 0, 0), Value::Tensor(ValueId::Known(0)));
    assert_eq!(arg(&t, 0, 1), Value::Tensor(ValueId::Known(0)));
    assert_eq!(arg(&t, 1, 0), Value::Tensor(ValueId::Output { call: 0, index: 0 }));
    assert_eq!(t.value_of(&y).unwrap(), ValueId::Output { call: 2, index: 0 });
}

#[test]
fn a_parameter_that_is_not_declared_is_refused() {
    let x = x34();
    let w = Tensor::randn([4, 4], F).set_requires_grad(true);
    let (reason, place, text) = refused(&x, || x.matmul(&w));
    assert_eq!(reason, UnknownReason::UndeclaredParameter);
    let op = "aten.matmul".parse().unwrap();
    assert_eq!(place, UseSite::Argument { op, argument: "other".to_owned() });
    assert!(text.contains("float32") && text.contains("[4, 4]") && text.contains("declare"), "{text}");
    // A declared tensor is accepted in every role.
    for role in [Role::Parameter("w".to_owned()), Role::Constant("w".to_owned())] {
        let known = Known::new().with_inputs([&x]).with(role.clone(), &w);
        let (_, t) = record(&known, || x.matmul(&w)).unwrap();
        assert_eq!(arg(&t, 0, 1), Value::Tensor(ValueId::Known(1)));
        assert_eq!(t.declared[1].role, role);
    }
}

#[test]
fn a_tensor_held_by_the_closure_is_held() {
    let x = x34();
    let table = Tensor::randn([3, 4], F);
    // This also holds for a tensor that was made from Rust data before the recording.
    let before = Tensor::from_slice(&[1f32]);
    let (y, mut t) = record(&Known::new().with_inputs([&x]), || {
        let y = &x + &table + &before;
        // And for tensors in lists.
        Tensor::cat(&[&y, &table], 0)
    })
    .unwrap();
    assert_eq!(ops(&t), ["aten.add.Tensor", "aten.add.Tensor", "aten.cat.default"]);
    assert_eq!(arg(&t, 0, 1), Value::Tensor(ValueId::Held(0)));
    assert_eq!(arg(&t, 1, 1), Value::Tensor(ValueId::Held(1)));
    let sum = ValueId::Output { call: 1, index: 0 };
    assert_eq!(arg(&t, 2, 0), Value::Tensors(vec![sum, ValueId::Held(0)]));
    assert!(t.lifted.is_empty() && t.held.len() == 2, "{t:?}");
    for (held, tensor) in t.held.iter().zip([&table, &before]) {
        assert_eq!((held, held.data_ptr()), (tensor, tensor.data_ptr()), "the memory of the model");
    }
    assert_eq!(t.value_of(&y).unwrap(), ValueId::Output { call: 2, index: 0 });
    // One that requires grad is a parameter.
    let weight = Tensor::randn([3, 4], F).set_requires_grad(true);
    assert_eq!(refused(&x, || Tensor::cat(&[&x, &weight], 0)).0, UnknownReason::UndeclaredParameter);
}

#[test]
fn a_tensor_made_on_another_thread_is_refused() {
    let x = x34();
    let (reason, _, text) = refused(&x, || {
        let y = x.shallow_clone();
        let z = std::thread::spawn(move || y * 3.0).join().unwrap();
        &x + z
    });
    assert_eq!(reason, UnknownReason::Foreign);
    assert!(text.contains("another thread"), "{text}");
}

#[test]
fn replaced_data_is_refused() {
    let x = x34();
    let (reason, ..) = refused(&x, || {
        let mut y = x.copy();
        y.set_data(&Tensor::ones([3, 4], F));
        y + 1.0
    });
    assert_eq!(reason, UnknownReason::DataReplaced);
}

#[test]
fn a_view_made_outside_is_refused() {
    let x = x34();
    let part = x.narrow(0, 1, 1);
    assert_eq!(refused(&x, || &part + 1.0).0, UnknownReason::UnrecordedView);
    // A view of the same elements is an alias.
    let whole = x.view([3, 4]);
    let (_, t) = record(&Known::new().with_inputs([&x]), || &whole + 1.0).unwrap();
    assert_eq!(arg(&t, 0, 0), Value::Tensor(ValueId::Known(0)));
}

#[test]
fn an_unknown_result_is_held_or_refused() {
    let x = x34();
    let table = Tensor::randn([3, 4], F);
    let (result, mut t) = record(&Known::new().with_inputs([&x]), || table.shallow_clone()).unwrap();
    assert_eq!(t.value_of(&result).unwrap(), ValueId::Held(0));
    assert_eq!(t.value_of(&table).unwrap(), ValueId::Held(0));
    assert_eq!((t.held.len(), &t.held[0]), (1, &table));
    // A parameter and a view of an input that no op made have no name.
    let weight = Tensor::randn([3, 4], F).set_requires_grad(true);
    let part = x.narrow(0, 1, 1);
    for (tensor, sizes, expected) in
        [(&weight, vec![3, 4], UnknownReason::UndeclaredParameter), (&part, vec![1, 4], UnknownReason::UnrecordedView)]
    {
        let (result, mut t) = record(&Known::new().with_inputs([&x]), || tensor.shallow_clone()).unwrap();
        match t.value_of(&result).unwrap_err() {
            RecordError::UnknownTensor { place, sizes: got, dtype, reason } => {
                assert_eq!((place, got, dtype), (UseSite::Result, sizes, DType::Float32));
                assert_eq!(reason, expected);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn freed_tensors_are_not_mistaken_for_new_ones() {
    let x = x34();
    // Each temporary is freed at once. Unless its address stays reserved, the next one gets the same address.
    let (_, t) = record(&Known::new().with_inputs([&x]), || {
        (0..50).fold(x.shallow_clone(), |sum, _| sum + Tensor::from_slice(&[1f32]) * 2.0)
    })
    .unwrap();
    assert_eq!(t.lifted.len(), 50);
    for (number, call) in t.calls.iter().enumerate() {
        if call.op.name() == "add" {
            let product = ValueId::Output { call: number - 1, index: 0 };
            assert_eq!(call.args[1].value, Value::Tensor(product));
        }
    }
}

#[test]
fn tied_weights_go_by_their_first_role() {
    let x = x34();
    let w = Tensor::randn([4, 4], F);
    let tied = w.shallow_clone();
    let known = Known::new()
        .with_inputs([&x])
        .with(Role::Parameter("embed".to_owned()), &w)
        .with(Role::Parameter("head".to_owned()), &tied);
    let (_, t) = record(&known, || x.matmul(&tied)).unwrap();
    assert_eq!(t.declared[2].id, ValueId::Known(1));
    assert_eq!(arg(&t, 0, 1), Value::Tensor(ValueId::Known(1)));
}

#[test]
fn an_undefined_tensor_cannot_be_declared() {
    let nothing = Tensor::new();
    let known = Known::new().with(Role::Buffer("cache".to_owned()), &nothing);
    let error = record(&known, || ()).unwrap_err();
    assert_eq!(error, RecordError::Undefined { role: Role::Buffer("cache".to_owned()) });
}
