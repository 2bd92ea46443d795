//! The recording of plain tch code.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use tch::nn::{self, Module, ModuleT, RNN};
use tch::{Device, IndexOp, Kind, Tensor};
use torch_export::program::Value;
use torch_export::pytree::{DType, Layout, MemoryFormat};
use torch_export::record::{Call, Known, Role, Trace, ValueId, record};

const F: (Kind, Device) = (Kind::Float, Device::Cpu);

fn x34() -> Tensor {
    Tensor::arange(12, F).view([3, 4])
}

/// Records a function of one input.
fn trace<R>(x: &Tensor, f: impl FnOnce() -> R) -> (R, Trace) {
    record(&Known::new().with_inputs([x]), f).unwrap()
}

/// The trace as lines: `aten.add.Tensor(x0, v1.0, alpha=2)`. `x` known, `c` lifted, `v` output.
fn lines(trace: &Trace) -> Vec<String> {
    trace.calls.iter().map(line).collect()
}

fn name(id: &ValueId) -> String {
    match id {
        ValueId::Known(i) => format!("x{i}"),
        ValueId::Lifted(i) => format!("c{i}"),
        ValueId::Output { call, index } => format!("v{call}.{index}"),
        other => panic!("{other:?}"),
    }
}

fn line(call: &Call) -> String {
    let shown = |value: &Value<ValueId>| match value {
        Value::Tensor(id) => name(id),
        Value::Tensors(ids) => format!("{:?}", ids.iter().map(name).collect::<Vec<_>>()),
        Value::OptionalTensors(ids) => {
            format!("{:?}", ids.iter().map(|id| id.as_ref().map(name)).collect::<Vec<_>>())
        }
        Value::Int(v) => v.to_string(),
        Value::Ints(v) => format!("{v:?}"),
        Value::Float(v) => format!("{v:?}"),
        Value::Bool(v) => v.to_string(),
        Value::Str(v) => format!("{v:?}"),
        Value::DType(v) => v.to_string(),
        Value::Device(v) => v.to_string(),
        Value::None => "None".to_owned(),
        other => format!("{other:?}"),
    };
    let args: Vec<String> = call
        .written()
        .map(|a| if a.kwarg_only { format!("{}={}", a.name, shown(&a.value)) } else { shown(&a.value) })
        .collect();
    format!("{}({})", call.op, args.join(", "))
}

#[test]
fn ops_come_with_their_arguments_and_without_their_defaults() {
    let x = x34();
    let (_, t) = trace(&x, || {
        let y = &x + &x;
        let y = y.g_add_scalar(2.5);
        y.sum_dim_intlist(&[1i64][..], false, Kind::Float).softmax(0, None::<Kind>)
    });
    assert_eq!(
        lines(&t),
        [
            "aten.add.Tensor(x0, x0)",
            "aten.add.Scalar(v0.0, 2.5)",
            "aten.sum.dim_IntList(v1.0, [1], dtype=float32)",
            "aten.softmax.int(v2.0, 0)",
        ]
    );
    let alpha = &t.calls[0].args[2];
    assert_eq!((alpha.name.as_str(), alpha.kwarg_only, alpha.is_default), ("alpha", true, true));
    assert_eq!(alpha.value, Value::Int(1));
    // A default before a value that is not a default is written, as in PyTorch.
    let keepdim = t.calls[2].args[2].clone();
    assert_eq!((keepdim.name.as_str(), keepdim.is_default), ("keepdim", true));
    assert_eq!((&t.declared[0].role, &t.declared[0].tensor.sizes[..]), (&Role::Input(0), &[3, 4][..]));
    assert!(t.failures.is_empty() && t.lifted.is_empty());
}

#[test]
fn outputs_are_described() {
    let x = x34().set_requires_grad(true);
    let (_, t) = trace(&x, || x.transpose(0, 1).narrow(0, 1, 2));
    let out = t.output(1, 0).unwrap();
    let i = &out.tensor;
    assert_eq!((&i.sizes[..], &i.strides[..], i.storage_offset), (&[2, 3][..], &[1, 4][..], 1));
    assert_eq!((i.dtype, i.layout, i.requires_grad), (DType::Float32, Layout::Strided, true));
    assert_eq!((out.id, out.same_as_input), (ValueId::Output { call: 1, index: 0 }, None));
    assert_eq!(t.output(1, 1), None);
}

#[test]
fn composite_ops_stay_whole() {
    let x = Tensor::randn([2, 3, 4], F);
    let (w, b) = (Tensor::randn([4, 4], F), Tensor::randn([4], F));
    let known = Known::new()
        .with_inputs([&x])
        .with(Role::Parameter("fc.weight".to_owned()), &w)
        .with(Role::Parameter("fc.bias".to_owned()), &b);
    let (_, t) = record(&known, || {
        let y = x.linear(&w, Some(&b)).layer_norm([4], Some(&b), None::<&Tensor>, 1e-5, true);
        let y = y.dropout(0.5, false);
        Tensor::scaled_dot_product_attention(&y, &y, &x, None::<&Tensor>, 0.0, true, None, false)
    })
    .unwrap();
    assert_eq!(
        lines(&t),
        [
            "aten.linear.default(x0, x1, x2)",
            "aten.layer_norm.default(v0.0, [4], x2)",
            "aten.dropout.default(v1.0, 0.5, false)",
            "aten.scaled_dot_product_attention.default(v2.0, v2.0, x0, None, 0.0, true)",
        ]
    );
    // The absent tensor is None, not an unknown tensor.
    assert_eq!(t.calls[1].arg("bias"), Some(&Value::None));
}

#[test]
fn models_of_tch_nn_are_recorded() {
    let vs = nn::VarStore::new(Device::Cpu);
    let root = vs.root();
    let net = nn::seq().add(nn::linear(&root / "a", 4, 5, Default::default())).add_fn(|t| t.relu()).add(nn::linear(
        &root / "b",
        5,
        2,
        Default::default(),
    ));
    let mut parameters: Vec<_> = vs.variables().into_iter().collect();
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    let x = x34();
    let mut known = Known::new().with_inputs([&x]);
    for (path, tensor) in &parameters {
        known.add(Role::Parameter(path.clone()), tensor);
    }
    let (_, t) = record(&known, || net.forward(&x)).unwrap();
    // a.bias, a.weight, b.bias, b.weight.
    assert_eq!(
        lines(&t),
        ["aten.linear.default(x0, x2, x1)", "aten.relu.default(v0.0)", "aten.linear.default(v1.0, x4, x3)",]
    );
}

#[test]
fn the_newest_name_is_used_after_in_place_ops() {
    let x = x34();
    let (y, mut t) = trace(&x, || {
        let mut y = &x * 2.0;
        y += 1.0;
        let _ = y.relu_();
        &y + &y
    });
    assert_eq!(
        lines(&t),
        [
            "aten.mul.Scalar(x0, 2.0)",
            "aten.add_.Scalar(v0.0, 1.0)",
            "aten.relu_.default(v1.0)",
            "aten.add.Tensor(v2.0, v2.0)",
        ]
    );
    assert_eq!(t.output(1, 0).unwrap().same_as_input, Some(0));
    assert_eq!(t.value_of(&y).unwrap(), ValueId::Output { call: 3, index: 0 });

    // A buffer that is written to has the name of the last write at the end.
    let count = Tensor::zeros([1], F);
    let known = Known::new().with_inputs([&x]).with(Role::Buffer("count".to_owned()), &count);
    let (_, mut t) = record(&known, || count.shallow_clone().g_add_scalar_(1.0)).unwrap();
    assert_eq!(lines(&t), ["aten.add_.Scalar(x1, 1.0)"]);
    assert_eq!(t.value_of(&count).unwrap(), ValueId::Output { call: 0, index: 0 });
    assert_eq!(t.value_of(&x).unwrap(), ValueId::Known(0));
}

#[test]
fn values_that_share_memory_have_one_storage_number() {
    let x = x34();
    let (_, t) = trace(&x, || {
        let view = x.view([4, 3]).select(0, 1);
        let _ = view.shallow_clone().zero_();
        let c = Tensor::from_slice(&[1f32, 2.0]);
        (&x + 1.0, c.unsqueeze(0))
    });
    let storage = |id| t.storage_of(id).unwrap();
    let out = |call| ValueId::Output { call, index: 0 };
    for call in 0..3 {
        assert_eq!(storage(out(call)), storage(ValueId::Known(0)), "{call}");
    }
    assert_ne!(storage(out(3)), storage(ValueId::Known(0)));
    assert_eq!(storage(out(4)), storage(ValueId::Lifted(0)));
    assert_eq!(t.storage_of(out(5)), None);
}

#[test]
fn layers_with_lists_and_several_results_are_recorded() {
    let vs = nn::VarStore::new(Device::Cpu);
    let root = vs.root();
    let lstm = nn::lstm(&root / "lstm", 4, 5, Default::default());
    let norm = nn::batch_norm1d(&root / "norm", 4, Default::default());
    let parameters = vs.variables();
    let x = Tensor::randn([2, 3, 4], F);
    let mut known = Known::new().with_inputs([&x]);
    for (path, tensor) in &parameters {
        known.add(Role::Parameter(path.clone()), tensor);
    }
    let (_, t) = record(&known, || (lstm.seq(&x), norm.forward_t(&x.select(1, 0), true))).unwrap();
    let ops: Vec<String> = t.calls.iter().map(|call| call.op.to_string()).collect();
    assert_eq!(ops, ["aten.zeros.default", "aten.lstm.input", "aten.select.int", "aten.batch_norm.default"]);
    let sizes: Vec<_> = t.calls[1].output_tensors().map(|o| o.tensor.sizes.clone()).collect();
    assert_eq!(sizes, [[2, 3, 5], [1, 2, 5], [1, 2, 5]]);
    let Some(Value::Tensors(weights)) = t.calls[1].arg("params") else { panic!("{:?}", t.calls[1]) };
    assert_eq!(weights.len(), 4);
}

#[test]
fn geometry_may_change_in_place() {
    let x = x34();
    let (_, t) = trace(&x, || {
        let mut y = &x * 1.0;
        let _ = y.t_();
        let _ = y.unsqueeze_(0);
        y + 1.0
    });
    assert_eq!(
        lines(&t)[1..],
        ["aten.t_.default(v0.0)", "aten.unsqueeze_.default(v1.0, 0)", "aten.add.Scalar(v2.0, 1.0)",]
    );
    assert_eq!(t.output(2, 0).unwrap().tensor.sizes, [1, 4, 3]);
}

#[test]
fn writes_through_views_are_recorded() {
    let x = x34();
    let (_, t) = trace(&x, || {
        let y = x.copy();
        y.narrow(0, 0, 1).copy_(&x.narrow(0, 1, 1));
        y
    });
    assert_eq!(
        lines(&t),
        [
            "aten.zeros_like.default(x0)",
            "aten.copy_.default(v0.0, x0)",
            "aten.narrow.default(v1.0, 0, 0, 1)",
            "aten.narrow.default(x0, 0, 1, 1)",
            "aten.copy_.default(v2.0, v3.0)",
        ]
    );
}

#[test]
fn ops_with_nothing_to_do_still_rename() {
    let x = x34();
    // tch's C++ does not call `contiguous` for a contiguous tensor; the other ops reach the dispatcher.
    let (y, mut t) =
        trace(&x, || x.contiguous().to_kind(Kind::Float).to_device(Device::Cpu).expand_as(&x).reshape([3, 4]));
    let ops: Vec<&str> = t.calls.iter().map(|c| c.op.name()).collect();
    assert_eq!(ops, ["to", "to", "expand_as", "reshape"]);
    assert_eq!(t.calls[1].args[0].value, Value::Tensor(ValueId::Output { call: 0, index: 0 }));
    for number in 0..2 {
        assert_eq!(t.output(number, 0).unwrap().same_as_input, Some(0));
    }
    // `x` is now the newest node.
    assert_eq!(t.calls[2].args[1].value, Value::Tensor(ValueId::Output { call: 1, index: 0 }));
    assert_eq!(t.value_of(&x).unwrap(), ValueId::Output { call: 1, index: 0 });
    assert_eq!(t.value_of(&y).unwrap(), ValueId::Output { call: 3, index: 0 });
}

#[test]
fn several_results_and_lists_are_numbered() {
    let x = x34();
    let (_, t) = trace(&x, || {
        let parts = x.split(2, 0);
        let (values, places) = parts[1].max_dim(1, false);
        let _ = &values + &places;
        Tensor::cat(&[&parts[0], &x, &parts[1]], 0)
    });
    assert_eq!(
        lines(&t),
        [
            "aten.split.Tensor(x0, 2)",
            "aten.max.dim(v0.1, 1)",
            "aten.add.Tensor(v1.0, v1.1)",
            "aten.cat.default([\"v0.0\", \"x0\", \"v0.1\"])",
        ]
    );
    let Value::Tensors(parts) = &t.calls[0].outputs[0] else { panic!("{:?}", t.calls[0]) };
    assert_eq!(parts[1].tensor.sizes, [1, 4]);
    assert_eq!(t.calls[1].outputs.len(), 2);
}

#[test]
fn indexing_takes_optional_tensors() {
    let x = x34();
    let rows = Tensor::from_slice(&[2i64, 0]);
    let known = Known::new().with_inputs([&x, &rows]);
    let (_, t) = record(&known, || {
        let picked = x.index(&[None, Some(&rows)]);
        (picked, x.i((1.., 0)))
    })
    .unwrap();
    assert_eq!(lines(&t)[0], "aten.index.Tensor(x0, [None, Some(\"x1\")])");
    assert_eq!(t.output(0, 0).unwrap().tensor.sizes, [3, 2]);
    assert!(t.calls.len() > 1);
}

#[test]
fn values_that_leave_the_graph_are_not_tensors() {
    let x = x34();
    let (_, t) = trace(&x, || {
        let top = x.max().double_value(&[]);
        &x * top
    });
    let item = t.calls.iter().find(|c| c.op.name() == "item" || c.op.name() == "_local_scalar_dense");
    if let Some(item) = item {
        assert_eq!(item.outputs, [Value::Float(11.0)]);
    }
    assert_eq!(lines(&t).last().unwrap(), "aten.mul.Scalar(x0, 11.0)");
}

#[test]
fn kinds_are_recorded_unchanged() {
    let x = Tensor::randn([1, 2, 3, 4], F);
    let (_, t) = trace(&x, || {
        let zeros = Tensor::zeros([2, 3], (Kind::Int64, Device::Cpu));
        let clone = x.g_clone_channels_last();
        (zeros, clone)
    });
    let zeros = &t.calls[0];
    assert_eq!(line(zeros), "aten.zeros.default([2, 3], dtype=int64, device=cpu)");
    assert_eq!(t.calls[1].arg("memory_format"), Some(&Value::MemoryFormat(MemoryFormat::ChannelsLast)));
}

/// tch has no memory format argument; the boxed call has.
trait ChannelsLast {
    fn g_clone_channels_last(&self) -> Tensor;
}

impl ChannelsLast for Tensor {
    fn g_clone_channels_last(&self) -> Tensor {
        let format = Value::MemoryFormat(MemoryFormat::ChannelsLast);
        let op = "aten.clone".parse().unwrap();
        match torch_export::dispatch::call(&op, &[Value::Tensor(self), format]).unwrap().pop() {
            Some(Value::Tensor(t)) => t,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn nothing_is_recorded_outside() {
    let x = x34();
    let _ = &x + 1.0;
    let (_, t) = trace(&x, || ());
    assert!(t.calls.is_empty());
    let _ = torch_export::dispatch::deep_copy(&x).unwrap();
    let (_, t) = trace(&x, || torch_export::dispatch::deep_copy(&x).unwrap());
    assert!(t.calls.is_empty(), "copies outside the forward are not recorded: {:?}", lines(&t));
}
