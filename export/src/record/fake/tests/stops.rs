//! What ends a fake run: reads of data, other paths, other constants; and that nothing is left behind.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::{DataKind, FakeRun, Reference, Stop, fake_run, fake_tensor};
use super::F;
use crate::record::{Known, record};
use tch::{Device, IndexOp, Kind, Tensor};

fn x() -> Tensor {
    Tensor::arange(12, F).view([3, 4]) + 0.5
}

/// The stop of a fake run of `f` at `sizes`, against a real run on `x`.
fn stop_at(sizes: &[i64], data: &[i64], f: impl Fn(&Tensor)) -> Option<Stop> {
    let x = x();
    let ((), trace) = record(&Known::new().with_inputs([&x]), || f(&x)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fake = fake_tensor(&x, sizes, None).unwrap();
    let (result, run) = fake_run(&Known::new().with_inputs([&fake]), &reference, data, || f(&fake)).unwrap();
    assert_eq!(result.is_none(), run.stop.is_some());
    run.stop
}

fn same_sizes(f: impl Fn(&Tensor)) -> Option<Stop> {
    stop_at(&[3, 4], &[], f)
}

/// A way to read a tensor, with its name.
type Reader = (&'static str, fn(&Tensor));

#[test]
fn every_read_stops() {
    let reads: [Reader; 14] = [
        ("item", |x| drop(f64::try_from(x.max()))),
        ("double_value", |x| drop(catch_unwind(AssertUnwindSafe(|| x.double_value(&[0, 0]))))),
        ("try_from", |x| drop(Vec::<f32>::try_from(x.i(0)))),
        ("copy_data", |x| drop(x.f_copy_data(&mut [0f32; 12], 12))),
        ("equal", |x| drop(x.f_equal(x))),
        ("==", |x| drop(catch_unwind(AssertUnwindSafe(|| *x == *x)))),
        ("is_nonzero", |x| drop(x.max().f_is_nonzero())),
        ("allclose", |x| drop(x.f_allclose(x, 1e-5, 1e-5, false))),
        ("to_string", |x| drop(x.to_string(80))),
        ("print", |x| drop(catch_unwind(AssertUnwindSafe(|| format!("{x}"))))),
        ("debug", |x| drop(catch_unwind(AssertUnwindSafe(|| format!("{:?}", x.max()))))),
        ("bool", |x| drop(bool::try_from(x.gt(0.).all()))),
        ("iter", |x| drop(x.i(0).to_kind(Kind::Int64).iter::<i64>().map(Iterator::count))),
        ("nonzero", |x| drop(x.f_nonzero())),
    ];
    for (name, read) in reads {
        let stop = same_sizes(|x| {
            read(x);
            // The forward goes on as if nothing had happened.
            let _ = x.f_relu();
        });
        assert!(matches!(stop, Some(Stop::Read { .. })), "{name}: {stop:?}");
    }
    let stop = same_sizes(|x| drop(catch_unwind(AssertUnwindSafe(|| x.data_ptr() as usize))));
    assert!(matches!(stop, Some(Stop::Read { .. })), "data_ptr: {stop:?}");
}

#[test]
fn reads_get_the_numbers_that_are_given() {
    let x = x();
    let f = |x: &Tensor| {
        let n = x.sum(Kind::Float).to_kind(Kind::Int64).int64_value(&[]);
        let scale = x.max().double_value(&[]);
        let picked = x.masked_select(&x.gt(3.0));
        (x.narrow(0, 0, n.min(2)) * scale, picked)
    };
    let (_, trace) = record(&Known::new().with_inputs([&x]), || f(&x)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let kinds: Vec<DataKind> = reference.data.iter().map(|number| number.kind).collect();
    assert_eq!(kinds, [DataKind::Int, DataKind::Float, DataKind::Count]);
    assert_eq!(reference.data[0].value, 72);
    assert_eq!(reference.data[2].value, 9);
    let fake = fake_tensor(&x, &[1000, 4], None).unwrap();
    let data = [1, 2.5f64.to_bits() as i64, 77];
    let (result, run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &data, || f(&fake)).unwrap();
    assert_eq!(run.stop, None);
    let (scaled, picked) = result.unwrap();
    assert_eq!((scaled.size(), picked.size()), (vec![1, 4], vec![77]));
    let (_, run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &data[..2], || f(&fake)).unwrap();
    assert!(matches!(run.stop, Some(Stop::Read { op: Some(_) })), "{:?}", run.stop);
}

#[test]
fn other_paths_stop() {
    let n = |x: &Tensor| x.size()[0];
    let stop = stop_at(&[60, 4], &[], |x| drop(if n(x) > 50 { x.relu() } else { x.sigmoid() }));
    assert!(matches!(stop, Some(Stop::Path { op: Some(_), instead_of: Some(_) })), "{stop:?}");
    let stop = stop_at(&[60, 4], &[], |x| drop((n(x) > 50).then(|| x.relu())));
    assert!(matches!(stop, Some(Stop::Path { op: Some(_), instead_of: None })), "{stop:?}");
    let stop = stop_at(&[60, 4], &[], |x| drop((n(x) < 50).then(|| x.relu())));
    assert!(matches!(stop, Some(Stop::Path { op: None, instead_of: Some(_) })), "{stop:?}");
    let stop =
        stop_at(&[60, 4], &[], |x| drop(x.sum_dim_intlist(&[0, 1][..if n(x) > 50 { 1 } else { 2 }], false, None)));
    assert!(matches!(stop, Some(Stop::Arguments { argument: Some(1), .. })), "{stop:?}");
    let stop = stop_at(&[60, 4], &[], |x| drop(x.softmax(0, (n(x) > 50).then_some(Kind::Double))));
    assert!(matches!(stop, Some(Stop::Arguments { argument: Some(2), .. })), "{stop:?}");
    let stop = stop_at(&[60, 4], &[], |x| {
        let (a, b) = (x.relu(), x.sigmoid());
        drop(if n(x) > 50 { a.exp() } else { b.exp() });
    });
    assert!(matches!(stop, Some(Stop::Arguments { argument: Some(0), .. })), "{stop:?}");
    let stop = stop_at(&[60, 4], &[], |x| drop(x.unbind(0)));
    assert!(matches!(stop, Some(Stop::Results { .. })), "{stop:?}");
    let stop = stop_at(&[60, 4], &[], |x| drop(x.view([12])));
    assert!(matches!(stop, Some(Stop::Failed { .. })), "{stop:?}");
    let stop = stop_at(&[60, 4], &[], |x| assert!(n(x) < 50, "too long"));
    assert!(matches!(&stop, Some(Stop::Panicked { message, .. }) if message == "too long"), "{stop:?}");
}

#[test]
fn a_loop_over_a_million_ends_at_once() {
    let count = std::cell::Cell::new(0);
    let stop = stop_at(&[1 << 20, 4], &[], |x| {
        let mut y = x.select(0, 0);
        for i in 1..x.size()[0] {
            count.set(count.get() + 1);
            y += x.select(0, i);
        }
    });
    assert!(matches!(stop, Some(Stop::Path { .. })), "{stop:?}");
    assert!(count.get() < 10, "{}", count.get());
}

#[test]
fn floats_and_constants_are_numbers() {
    let x = x();
    let f = |x: &Tensor| {
        x * (x.size()[0] as f64).sqrt() + Tensor::from(x.size()[0]) * Tensor::from(0.5 * x.size()[0] as f64)
    };
    let (_, trace) = record(&Known::new().with_inputs([&x]), || f(&x)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fake = fake_tensor(&x, &[16, 4], None).unwrap();
    let (_, run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &[], || f(&fake)).unwrap();
    assert_eq!(run.stop, None);
    let has = |run: &FakeRun<'_>, n: i64| run.numbers.contains(&n);
    assert!(has(&run, 4f64.to_bits() as i64) && has(&run, 16) && has(&run, 8f64.to_bits() as i64), "{:?}", run.numbers);
    let table =
        |x: &Tensor| x.select(1, 0) * Tensor::from_slice(&(0..3).map(|i| i + x.size()[1]).collect::<Vec<i64>>());
    let stop = stop_at(&[3, 5], &[], |x| drop(table(x)));
    assert_eq!(stop, Some(Stop::Constant { op: Some("aten.mul.Tensor".parse().unwrap()), lifted: 0 }));
    assert_eq!(stop_at(&[3, 4], &[], |x| drop(table(x))), None);
}

#[test]
fn a_constant_that_is_only_returned_is_a_value() {
    let x = x();
    let f = |x: &Tensor| (x + 1, Tensor::from(x.size()[0]));
    let ((a, b), mut trace) = record(&Known::new().with_inputs([&x]), || f(&x)).unwrap();
    let ids = [trace.value_of(&a).unwrap(), trace.value_of(&b).unwrap()];
    let reference = Reference::new(&trace).unwrap();
    let fake = fake_tensor(&x, &[77, 4], None).unwrap();
    let (result, mut run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &[], || f(&fake)).unwrap();
    let (a, b) = result.unwrap();
    assert!(run.is_value(&a, ids[0]).unwrap() && run.is_value(&b, ids[1]).unwrap());
    assert!(!run.is_value(&a, ids[1]).unwrap());
    assert_eq!(run.numbers.len(), reference.places.len());
    assert_eq!(run.numbers.last(), Some(&77));
}

#[test]
fn tensors_that_nobody_declared_must_be_the_same() {
    let (held, other) = (Tensor::rand([4], F), Tensor::rand([4], F));
    let x = x();
    let f = |x: &Tensor| x + if x.size()[0] > 5 { &other } else { &held };
    let (_, trace) = record(&Known::new().with_inputs([&x]), || f(&x)).unwrap();
    assert_eq!((trace.held.len(), &trace.held[0]), (1, &held));
    let reference = Reference::new(&trace).unwrap();
    for (size, expected) in [(4, None), (5, None), (6, Some(()))] {
        let fake = fake_tensor(&x, &[size, 4], None).unwrap();
        let (_, run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &[], || f(&fake)).unwrap();
        let op = "aten.add.Tensor".parse().unwrap();
        assert_eq!(run.stop, expected.map(|()| Stop::Foreign { op, index: 0 }), "{size}");
    }
}

#[test]
fn real_tensors_stay_as_they_are() {
    let x = x();
    let buffer = Tensor::rand([4], F);
    let weight = Tensor::rand([4, 4], F).set_requires_grad(true);
    let counter = Tensor::from(3i64);
    let same = |a: &Tensor, b: &Tensor| assert!(a.equal(b), "{a} {b}");
    let before = (buffer.copy(), weight.detach().copy(), counter.copy());
    for fails in [false, true] {
        let f = |x: &Tensor| {
            let _ = buffer.shallow_clone().g_add_(&x.select(0, 0));
            let _ = counter.shallow_clone().g_add_scalar_(1);
            let _ = weight.detach().g_mul_scalar_(0.5);
            let y = x.matmul(&weight) + &buffer;
            // Normalisation of parameters in place, as some models have it.
            tch::no_grad(|| weight.shallow_clone().copy_(&weight.f_div(&weight.norm()).unwrap()));
            assert!(!fails || x.size()[0] == 3, "as asked for");
            y
        };
        let known = |x: &Tensor| {
            vec![x.shallow_clone(), buffer.shallow_clone(), weight.shallow_clone(), counter.shallow_clone()]
        };
        let own = known(&x);
        let known_real = Known::new().with_inputs(&own);
        let (_, trace) = record(&known_real, || f(&x)).unwrap();
        // The real run has written to them.
        tch::no_grad(|| {
            buffer.shallow_clone().copy_(&before.0);
            weight.shallow_clone().copy_(&before.1);
            counter.shallow_clone().copy_(&before.2);
        });
        let reference = Reference::new(&trace).unwrap();
        for n in [3, 4096] {
            let fake = fake_tensor(&x, &[n, 4], None).unwrap();
            let own = known(&fake);
            let (_, run) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || f(&fake)).unwrap();
            assert_eq!(run.stop.is_some(), fails && n != 3, "{:?}", run.stop);
            same(&buffer, &before.0);
            same(&weight.detach(), &before.1);
            same(&counter, &before.2);
            assert_eq!((buffer.size(), buffer.requires_grad(), weight.requires_grad()), (vec![4], false, true));
            assert!(weight.is_leaf() && buffer.is_leaf());
            assert_eq!(Vec::<f32>::try_from(&buffer).unwrap().len(), 4);
        }
    }
}

#[test]
fn what_a_fake_run_wrote_cannot_be_read() {
    let x = x();
    let buffer = Tensor::zeros([4], F);
    let f = |x: &Tensor| {
        buffer.shallow_clone().copy_(&x.select(0, 0));
        let read = Vec::<f32>::try_from(&buffer);
        x * f64::from(read.map_or(0.0, |v| v[0]))
    };
    let own = [x.shallow_clone(), buffer.shallow_clone()];
    let (_, trace) = record(&Known::new().with_inputs(&own), || f(&x)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fake = fake_tensor(&x, &[3, 4], None).unwrap();
    let own = [fake.shallow_clone(), buffer.shallow_clone()];
    let (_, run) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || f(&fake)).unwrap();
    assert!(matches!(run.stop, Some(Stop::Read { .. })), "{:?}", run.stop);
    assert_eq!(Vec::<f32>::try_from(&buffer).unwrap(), [0.5, 1.5, 2.5, 3.5]);
}

#[test]
fn changes_that_cannot_be_undone_stop() {
    let x = x();
    let buffer = Tensor::zeros([4], F);
    let f = |x: &Tensor| {
        let mut own = buffer.shallow_clone();
        own.set_data(&x.select(0, 0));
        x + &own
    };
    let stopped = |f: &dyn Fn(&Tensor) -> Tensor| {
        let own = [x.shallow_clone(), buffer.shallow_clone()];
        let traced = record(&Known::new().with_inputs(&own), || f(&x));
        let Ok((_, trace)) = traced else { return None };
        let reference = Reference::new(&trace).unwrap();
        let fake = fake_tensor(&x, &[3, 4], None).unwrap();
        let own = [fake.shallow_clone(), buffer.shallow_clone()];
        fake_run(&Known::new().with_inputs(&own), &reference, &[], || f(&fake)).unwrap().1.stop
    };
    let stop = stopped(&f);
    assert!(stop.is_none() || matches!(stop, Some(Stop::State { .. })), "{stop:?}");
    let stop = stopped(&|x| x.sum(Kind::Float) + buffer.shallow_clone().unsqueeze_(0).squeeze_());
    assert!(matches!(stop, Some(Stop::State { .. })), "{stop:?}");
    assert_eq!(Vec::<f32>::try_from(&buffer).unwrap().len(), 4);
}

#[test]
fn gradients_inside_of_a_forward_never_crash() {
    let weight = Tensor::rand([4, 3], F).set_requires_grad(true);
    let forward = |x: &Tensor| {
        let loss = x.matmul(&weight).relu().sum(Kind::Float);
        Tensor::f_run_backward(&[loss], &[&weight], false, false).unwrap_or_else(|e| panic!("{e}")).remove(0)
    };
    let x = x();
    let own = [x.shallow_clone(), weight.shallow_clone()];
    let (_, trace) = record(&Known::new().with_inputs(&own), || forward(&x)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fake = fake_tensor(&x, &[300, 4], None).unwrap();
    let own = [fake.shallow_clone(), weight.shallow_clone()];
    let (result, run) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || forward(&fake)).unwrap();
    assert_eq!(run.stop, None);
    assert_eq!(result.map(|t| t.size()), Some(vec![4, 3]));
    let backward = |x: &Tensor| {
        x.matmul(&weight).sum(Kind::Float).backward();
        x.relu()
    };
    let own = [x.shallow_clone(), weight.shallow_clone()];
    let (_, trace) = record(&Known::new().with_inputs(&own), || backward(&x)).unwrap();
    let grad = weight.grad().copy();
    let reference = Reference::new(&trace).unwrap();
    let own = [fake.shallow_clone(), weight.shallow_clone()];
    let (_, run) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || backward(&fake)).unwrap();
    assert!(weight.grad().equal(&grad), "{:?}", run.stop);
    // Inputs that require gradients.
    let x = x.set_requires_grad(true);
    let (y, trace) = record(&Known::new().with_inputs([&x]), || (&x * 2).relu()).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fake = fake_tensor(&x, &[30, 4], None).unwrap();
    let (result, run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &[], || (&fake * 2).relu()).unwrap();
    assert_eq!((run.stop, result.map(|t| t.requires_grad())), (None, Some(y.requires_grad())));
}

#[test]
fn a_fake_tensor_may_outlive_its_run() {
    let x = x();
    let fake = fake_tensor(&x, &[30, 4], None).unwrap();
    let y = (&fake + 1).relu().matmul(&Tensor::rand([4, 5], F));
    assert_eq!((y.size(), y.device()), (vec![30, 5], Device::Cpu));
    assert!(Vec::<f32>::try_from(y.i(0)).is_err());
    assert!(y.f_nonzero().is_err() && y.f_equal(&y).is_err());
    let thread = std::thread::spawn(move || y.relu().size());
    assert_eq!(thread.join().unwrap(), [30, 5]);
}

#[test]
fn tensors_without_a_fake_form_are_refused() {
    let x = x();
    assert!(fake_tensor(&x.to_sparse(None, None::<&[i64]>, None), &[3, 4], None).is_err());
    assert!(fake_tensor(&x.quantize_per_tensor(0.1, 0, Kind::QInt8), &[3, 4], None).is_err());
    let stop = same_sizes(|x| drop(x.quantize_per_tensor(0.1, 0, Kind::QInt8)));
    assert!(matches!(stop, Some(Stop::NoRule { .. } | Stop::Failed { .. })), "{stop:?}");
    let stop = same_sizes(|x| drop(x.to_sparse(None, None::<&[i64]>, None)));
    assert!(stop.is_some());
}

#[test]
fn runs_on_two_threads_are_independent() {
    let worker = || {
        let x = x();
        let f = |x: &Tensor| (x.matmul(&x.tr()) + 1).relu();
        let (_, trace) = record(&Known::new().with_inputs([&x]), || f(&x)).unwrap();
        let reference = Reference::new(&trace).unwrap();
        for n in 1..200 {
            let fake = fake_tensor(&x, &[n, 4], None).unwrap();
            let (result, run) = fake_run(&Known::new().with_inputs([&fake]), &reference, &[], || f(&fake)).unwrap();
            assert_eq!((run.stop, result.unwrap().size()), (None, vec![n, n]));
        }
    };
    let threads: Vec<_> = (0..2).map(|_| std::thread::spawn(worker)).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
