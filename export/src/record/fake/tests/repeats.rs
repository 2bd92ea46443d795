//! Calls that repeat an earlier one get results like those of the earlier one, and are compared as all others.

use super::super::{FakeRun, Reference, Stop, fake_run, fake_tensor, loose_run};
use super::F;
use crate::record::{Known, record};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tch::{IndexOp, Kind, Tensor};

/// Calls `check` with a fake run of `f` at other sizes, against a real run on `x`.
fn fake<R>(x: &[&Tensor], sizes: &[&[i64]], f: impl Fn(&[Tensor]) -> R, check: impl FnOnce(Option<R>, FakeRun<'_>)) {
    let _no_grad = tch::no_grad_guard();
    let own: Vec<Tensor> = x.iter().map(|x| x.shallow_clone()).collect();
    let (_, trace) = record(&Known::new().with_inputs(&own), || f(&own)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fakes: Vec<Tensor> = x.iter().zip(sizes).map(|(x, sizes)| fake_tensor(x, sizes, None).unwrap()).collect();
    let (result, run) = fake_run(&Known::new().with_inputs(&fakes), &reference, &[], || f(&fakes)).unwrap();
    check(result, run);
}

#[test]
fn results_are_those_of_each_call() {
    let x = Tensor::rand([3, 4], F);
    let layer = |x: &Tensor| {
        let heads = x.view([x.size()[0], 2, 2]).transpose(0, 1);
        let all = heads.contiguous().reshape([-1, 2]).to_kind(Kind::Double).to_kind(Kind::Float);
        let (most, at) = all.max_dim(0, false);
        let picked = x.i((1.., ..2)).unsqueeze(0).expand([3, -1, -1], false).sum(Kind::Float);
        (heads.matmul(&heads.transpose(1, 2)), all.contiguous(), x + (most + at).sum(Kind::Float) + picked)
    };
    let deep = |x: &[Tensor]| {
        let mut x = x[0].shallow_clone();
        let mut results = Vec::new();
        for _ in 0..4 {
            let (product, all, y) = layer(&x);
            x = y;
            results.extend([product, all, x.shallow_clone()]);
        }
        results
    };
    for n in [3, 2, 700] {
        fake(&[&x], &[&[n, 4]], deep, |results, run| {
            assert_eq!(run.stop, None);
            let real = tch::no_grad(|| deep(&[Tensor::rand([n, 4], F)]));
            for (fake, real) in results.unwrap().iter().zip(&real) {
                assert_eq!((fake.size(), fake.stride()), (real.size(), real.stride()));
                assert_eq!((fake.kind(), fake.device()), (real.kind(), real.device()));
            }
        });
    }
}

#[test]
fn a_repeated_result_is_another_tensor() {
    let first = std::cell::Cell::new(true);
    fake(
        &[&Tensor::rand([3, 4], F)],
        &[&[9, 4]],
        |x| {
            let (a, b) = (x[0].relu(), x[0].relu());
            // The recording adds both, the fake run the first to itself.
            if first.replace(false) { a + b } else { &a + &a }
        },
        |_, run| assert!(matches!(run.stop, Some(Stop::Arguments { argument: Some(1), .. })), "{:?}", run.stop),
    );
}

#[test]
fn a_view_is_on_the_memory_of_its_own_tensor() {
    let sum = |x: &[Tensor]| {
        let (mut a, mut b) = (x[0].relu(), x[0].relu());
        let (mut first, mut second) = (a.narrow(0, 0, 1), b.narrow(0, 0, 1));
        // What a view shows is written to, and then read through the tensor.
        let _ = first.fill_(1.0);
        let _ = second.fill_(2.0);
        let _ = (a.g_add_(&second), b.g_add_(&first));
        a + b
    };
    fake(&[&Tensor::rand([3, 4], F)], &[&[9, 4]], sum, |_, run| assert_eq!(run.stop, None));
}

#[test]
fn a_write_to_the_model_is_seen_in_each_call() {
    // The second normalization writes to other statistics than the first, which repeats it in all else.
    let statistics: Vec<Tensor> = (0..4).map(|_| Tensor::ones([4], F)).collect();
    let x = Tensor::rand([3, 4, 5], F);
    for read in 0..4 {
        let forward = |x: &[Tensor]| {
            let normalized = |mean: usize| {
                let none = None::<&Tensor>;
                x[0].instance_norm(none, none, Some(&x[mean]), Some(&x[mean + 1]), true, 0.1, 1e-5, false)
            };
            let (y, z) = (normalized(1), normalized(3));
            let _ = catch_unwind(AssertUnwindSafe(|| x[1 + read].double_value(&[0])));
            y + z
        };
        let _no_grad = tch::no_grad_guard();
        let all = |x: &Tensor| std::iter::once(x).chain(&statistics).map(Tensor::shallow_clone).collect::<Vec<_>>();
        let own = all(&x);
        let (_, trace) = record(&Known::new().with_inputs(&own), || forward(&own)).unwrap();
        let reference = Reference::new(&trace).unwrap();
        let own = all(&fake_tensor(&x, &[9, 4, 5], None).unwrap());
        let (_, run) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || forward(&own)).unwrap();
        assert!(matches!(run.stop, Some(Stop::Read { .. })), "{read}: {:?}", run.stop);
    }
}

#[test]
fn a_length_in_a_tensor_is_that_of_each_call() {
    // How many rows the first result has depends on the content of the second argument.
    let repeats = [Tensor::from_slice(&[1i64, 2, 3]), Tensor::from_slice(&[3i64, 3, 3])];
    let x = Tensor::rand([3, 4], F);
    let forward = |x: &[Tensor]| {
        let one = |n: &Tensor| x[0].repeat_interleave_self_tensor(n, 0, None);
        (one(&x[1]), one(&x[2]))
    };
    let _no_grad = tch::no_grad_guard();
    let own = vec![x.shallow_clone(), repeats[0].shallow_clone(), repeats[1].shallow_clone()];
    let (_, trace) = record(&Known::new().with_inputs(&own), || forward(&own)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let own = vec![fake_tensor(&x, &[3, 7], None).unwrap(), repeats[0].shallow_clone(), repeats[1].shallow_clone()];
    let data: Vec<i64> = reference.data.iter().map(|data| data.value).collect();
    let (_, run) = fake_run(&Known::new().with_inputs(&own), &reference, &data, || forward(&own)).unwrap();
    if let Some(stop) = &run.stop {
        // A run may refuse it, but never takes one length for the other.
        assert!(matches!(stop, Stop::Read { .. } | Stop::NoRule { .. }), "{stop:?}");
    }
}

#[test]
fn a_loose_run_goes_on_where_sizes_must_be_equal() {
    let _no_grad = tch::no_grad_guard();
    let (x, past) = (Tensor::rand([2, 3, 4], F), Tensor::rand([2, 5, 4], F));
    let forward = |x: &[Tensor]| {
        let (batch, length) = (x[0].size()[0], x[0].size()[1]);
        let all = Tensor::cat(&[&x[1], &x[0]], 1);
        let rows = all.view([batch, -1, 2, 2]);
        // The batch of a result, and that of an input.
        (rows.sum_dim_intlist([2, 3].as_slice(), false, None), Tensor::zeros([x[1].size()[0], length], F))
    };
    let own = [x.shallow_clone(), past.shallow_clone()];
    let (_, trace) = record(&Known::new().with_inputs(&own), || forward(&own)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let run = |sizes: [&[i64]; 2], equal: Option<&FakeRun<'_>>| {
        let fakes = [fake_tensor(&x, sizes[0], None).unwrap(), fake_tensor(&past, sizes[1], None).unwrap()];
        let known = Known::new().with_inputs(&fakes);
        let (result, run) = loose_run(&known, &reference, &[], equal, || forward(&fakes)).unwrap();
        (result.map(|(a, b)| (a.size(), b.size())), run.stop.clone(), run.loosened())
    };
    let fakes = [fake_tensor(&x, &[101, 103, 4], None).unwrap(), fake_tensor(&past, &[101, 107, 4], None).unwrap()];
    let (_, equal) = fake_run(&Known::new().with_inputs(&fakes), &reference, &[], || forward(&fakes)).unwrap();
    assert_eq!(equal.stop, None);
    // Without the equal run it ends at the first op.
    let (_, stop, loosened) = run([&[11, 13, 4], &[17, 19, 4]], None);
    assert!(matches!(stop, Some(Stop::Failed { .. })) && loosened.is_empty(), "{stop:?}");
    // `cat` gets the batch of its first tensor, and `view` the one that its tensor has.
    let (sizes, stop, loosened) = run([&[11, 13, 4], &[17, 19, 4]], Some(&equal));
    assert_eq!((stop, loosened), (None, vec![0, 1]));
    assert_eq!(sizes, Some((vec![17, 32], vec![17, 13])));
}

#[test]
fn a_loose_run_writes_to_a_tensor_as_it_is() {
    let _no_grad = tch::no_grad_guard();
    let (x, y) = (Tensor::rand([2, 2], F), Tensor::rand([2, 2], F));
    let forward = |x: &[Tensor]| x[0].relu().g_add_(&x[1]);
    let own = [x.shallow_clone(), y.shallow_clone()];
    let (_, trace) = record(&Known::new().with_inputs(&own), || forward(&own)).unwrap();
    let reference = Reference::new(&trace).unwrap();
    let fakes = |a: [i64; 2], b: [i64; 2]| [fake_tensor(&x, &a, None).unwrap(), fake_tensor(&y, &b, None).unwrap()];
    let run = |x: &[Tensor], equal: Option<&FakeRun<'_>>| {
        let (result, run) =
            loose_run(&Known::new().with_inputs(x), &reference, &[], equal, || forward(x).size()).unwrap();
        (result, run.stop.clone(), run.loosened())
    };
    let own = fakes([9, 5], [9, 5]);
    let (_, equal) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || forward(&own)).unwrap();
    assert_eq!(run(&fakes([7, 3], [8, 4]), Some(&equal)), (Some(vec![7, 3]), None, vec![1]));
    // Here both sizes of the tensor would have to be one.
    let own = fakes([9, 9], [9, 9]);
    let (_, equal) = fake_run(&Known::new().with_inputs(&own), &reference, &[], || forward(&own)).unwrap();
    let (_, stop, loosened) = run(&fakes([7, 3], [8, 4]), Some(&equal));
    assert!(matches!(stop, Some(Stop::Failed { .. })) && loosened.is_empty(), "{stop:?}");
}
