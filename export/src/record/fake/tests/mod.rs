//! Fake runs against recordings.
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod listed;
mod models;
mod ops;
mod random;
mod repeats;
mod speed;
mod stops;

use super::*;
use crate::record::record;
use tch::nn::{self, Module as _};
use tch::{Device, Kind};

const F: (Kind, Device) = (Kind::Float, Device::Cpu);

/// A fake run of `f` on an input of other sizes, against a recording on `x`.
fn with_sizes<R>(
    x: &Tensor,
    sizes: &[i64],
    f: impl Fn(&Tensor) -> Tensor,
    check: impl FnOnce(Option<Tensor>, &mut FakeRun<'_>, &Reference<'_>) -> R,
) -> R {
    let (y, mut trace) = record(&Known::new().with_inputs([x]), || f(x)).unwrap();
    trace.value_of(&y).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fake = fake_tensor(x, sizes, None).unwrap();
    let (result, mut run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &[], || f(&fake)).unwrap();
    check(result, &mut run, &reference)
}

#[test]
fn linear_relu_view_cat() {
    let store = nn::VarStore::new(Device::Cpu);
    let layer = nn::linear(store.root(), 4, 6, Default::default());
    let forward = |x: &Tensor| {
        let y = layer.forward(x).relu();
        let n = y.size()[0];
        Tensor::cat(&[y.view([n * 2, 3]), Tensor::zeros([1, 3], F)], 0)
    };
    let x = Tensor::rand([5, 4], F);
    let entries =
        |x: &Tensor| vec![x.shallow_clone(), layer.ws.shallow_clone(), layer.bs.as_ref().unwrap().shallow_clone()];
    let own = entries(&x);
    let known = Known::new().with_inputs(&own);
    let (y, mut trace) = record(&known, || forward(&x)).unwrap();
    let id = trace.value_of(&y).unwrap();
    let reference = Reference::new(&trace).unwrap();
    assert_eq!(reference.numbers().len(), reference.places.len());
    for n in [5, 1, 0, 786_433] {
        let fake = fake_tensor(&x, &[n, 4], None).unwrap();
        let own = entries(&fake);
        let known = Known::new().with_inputs(&own);
        let (result, mut run) = fake_run(&known, &reference, &[], || forward(&fake)).unwrap();
        assert_eq!(run.stop, None);
        let result = result.unwrap();
        assert_eq!(result.size(), [2 * n + 1, 3]);
        assert!(run.is_value(&result, id).unwrap());
        assert_eq!(run.numbers.len(), reference.places.len());
        if n == 5 {
            assert_eq!(run.numbers, reference.numbers());
        }
    }
}

#[test]
fn an_op_more_stops_the_run() {
    let forward = |x: &Tensor| if x.size()[0] > 50 { x.sigmoid() } else { x.relu() };
    with_sizes(&Tensor::rand([3], F), &[51], forward, |result, run, _| {
        assert!(result.is_none());
        let (op, instead_of) =
            (Some("aten.sigmoid.default".parse().unwrap()), Some("aten.relu.default".parse().unwrap()));
        assert_eq!(run.stop, Some(Stop::Path { op, instead_of }));
    });
}
