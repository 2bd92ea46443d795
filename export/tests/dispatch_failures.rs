//! Panics, failing ops, threads, and recordings after and inside others.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{Arc, Barrier};

use tch::{Device, Kind, Tensor};
use torch_export::program::Value;
use torch_export::record::{Known, RecordError, ValueId, record};

const F: (Kind, Device) = (Kind::Float, Device::Cpu);

fn x34() -> Tensor {
    Tensor::arange(12, F).view([3, 4])
}

#[test]
fn an_op_that_fails_is_named_with_torchs_words() {
    let x = x34();
    let error = record(&Known::new().with_inputs([&x]), || {
        let y = &x * 2.0;
        y.matmul(&Tensor::ones([3, 3], F))
    })
    .unwrap_err();
    let text = error.to_string();
    let RecordError::Panicked { op: Some(op), op_message: Some(said), location: Some(at), .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(op.to_string(), "aten.matmul.default");
    assert_eq!(said, "mat1 and mat2 shapes cannot be multiplied (3x4 and 3x3)");
    assert!(at.contains(".rs:"), "{at}");
    assert_eq!(text, format!("the forward panicked in `aten.matmul.default`: {said}"));
}

#[test]
fn a_panic_of_the_forward_is_reported_unchanged() {
    let x = x34();
    let panicked = |f: fn(&Tensor)| match record(&Known::new().with_inputs([&x]), || f(&x)) {
        Err(RecordError::Panicked { message, op: None, op_message: None, location }) => (message, location.unwrap()),
        other => panic!("{other:?}"),
    };
    let (message, at) = panicked(|x| {
        let _ = x + 1.0;
        panic!("no {}", "luck")
    });
    assert_eq!(message, "no luck");
    assert!(at.contains("dispatch_failures.rs"), "{at}");
    assert_eq!(panicked(|_| panic!("plain")).0, "plain");
    assert!(panicked(|_| std::panic::panic_any(3)).0.contains("not a string"));
    // An op failed, but the forward continued and panicked later for another reason.
    let (message, _) = panicked(|x| {
        assert!(x.f_matmul(x).is_err());
        let _ = x + 1.0;
        panic!("later")
    });
    assert_eq!(message, "later");
}

#[test]
fn a_recording_works_after_one_that_failed() {
    let x = x34();
    let known = Known::new().with_inputs([&x]);
    for _ in 0..3 {
        assert!(record(&known, || x.matmul(&x)).is_err());
        let (_, t) = record(&known, || x.relu()).unwrap();
        assert_eq!(t.calls.len(), 1);
        assert_eq!(t.calls[0].args[0].value, Value::Tensor(ValueId::Known(0)));
        // And recording is off again.
        let _ = x.relu();
        assert_eq!(t.calls.len(), 1);
    }
}

#[test]
fn failures_that_do_not_end_the_forward_are_listed() {
    let x = x34();
    let (_, t) = record(&Known::new().with_inputs([&x]), || {
        let y = x.relu();
        y.f_matmul(&y).unwrap_or_else(|_| y + 1.0)
    })
    .unwrap();
    let ops: Vec<String> = t.calls.iter().map(|call| call.op.to_string()).collect();
    assert_eq!(ops, ["aten.relu.default", "aten.add.Scalar"]);
    assert_eq!(t.failures.len(), 1);
    assert_eq!((t.failures[0].op.to_string().as_str(), t.failures[0].after), ("aten.matmul.default", 1));
    assert!(t.failures[0].message.contains("cannot be multiplied"));
}

#[test]
fn a_recording_inside_another_is_an_error() {
    let x = x34();
    let known = Known::new().with_inputs([&x]);
    let (inner, t) = record(&known, || {
        let inner = record(&known, || x.relu()).map(|_| ());
        let _ = &x + 1.0;
        inner
    })
    .unwrap();
    assert_eq!(inner, Err(RecordError::Nested));
    assert_eq!(t.calls.len(), 1, "the outer one goes on");
    assert!(record(&known, || ()).is_ok());
}

#[test]
fn two_threads_record_at_once_and_apart() {
    let barrier = Arc::new(Barrier::new(2));
    let run = |times: usize, barrier: Arc<Barrier>| {
        std::thread::spawn(move || {
            let x = x34();
            for _ in 0..20 {
                let (_, t) = record(&Known::new().with_inputs([&x]), || {
                    barrier.wait();
                    (0..times).fold(x.shallow_clone(), |y, _| y + 1.0)
                })
                .unwrap();
                assert_eq!(t.calls.len(), times);
            }
        })
    };
    let threads = [run(3, Arc::clone(&barrier)), run(50, barrier)];
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_trace_may_go_to_another_thread() {
    let x = x34();
    let (y, mut t) = record(&Known::new().with_inputs([&x]), || &x + Tensor::from_slice(&[1f32])).unwrap();
    let id = std::thread::spawn(move || t.value_of(&y).unwrap()).join().unwrap();
    assert_eq!(id, ValueId::Output { call: 0, index: 0 });
}

/// Runs in a child process of `only_the_recording_thread_is_quiet`, which reads its stderr.
#[test]
#[ignore = "run by another test"]
fn child_that_panics() {
    // `--include-ignored` runs it too, where a panic would be a failure.
    if std::env::var_os("TORCH_EXPORT_TEST_CHILD").is_none() {
        return;
    }
    let x = x34();
    let known = Known::new().with_inputs([&x]);
    let speak = || std::thread::spawn(|| panic!("other thread during")).join();
    let error = record(&known, || {
        assert!(speak().is_err());
        panic!("hushed")
    })
    .unwrap_err();
    assert!(matches!(error, RecordError::Panicked { message, .. } if message == "hushed"));
    let failed = record(&known, || x.matmul(&x));
    assert!(failed.is_err());
    panic!("own thread after");
}

#[test]
fn only_the_recording_thread_is_quiet() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .env("TORCH_EXPORT_TEST_CHILD", "1")
        .args(["--exact", "child_that_panics", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&child.stderr);
    assert!(!child.status.success());
    assert!(stderr.contains("other thread during") && stderr.contains("own thread after"), "{stderr}");
    assert!(!stderr.contains("hushed") && !stderr.contains("cannot be multiplied"), "{stderr}");
}
