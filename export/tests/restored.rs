//! What is set for the process or the thread is after an export as it was before, whether the export succeeds or fails.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{fixed, guessed, randn, refused};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tch::{Kind, Tensor};
use torch_export::ExportError;
use torch_export::prelude::*;

model! { Right(x: &Tensor) -> Tensor { x.relu() * x.size()[0] } }
model! { Panics(x: &Tensor) -> Tensor {
    assert!(x.dim() == 7, "seven dimensions");
    x.relu()
} }
model! { FailingOp(x: &Tensor) -> Tensor { x.matmul(&randn(&[99, 99])) } }
model! { Reads(x: &Tensor) -> Tensor { if x.double_value(&[0]) > 0.5 { x.sin() } else { x.cos() } } }
model! { PanicsElsewhere(x: &Tensor) -> Tensor {
    assert!(x.size()[0] < 40, "too long");
    x.relu()
} }
model! { InOtherModes(x: &Tensor) -> Tensor {
    let y = tch::no_grad(|| x.relu());
    tch::autocast(true, || y.matmul(&y.tr())).to_kind(Kind::Float)
} }
model! { PanicsInModes(x: &Tensor) -> Tensor {
    tch::no_grad(|| tch::autocast(true, || panic!("inside of {:?}", x.size())))
} }

/// What can be seen of the modes of this thread.
fn modes() -> Vec<String> {
    let x = Tensor::ones([2, 2], (Kind::Float, tch::Device::Cpu)).set_requires_grad(true);
    let y = x.matmul(&x);
    vec![
        format!("gradients {}", y.requires_grad()),
        format!("inference {}", y.is_inference()),
        format!("element type {:?} {:?}", y.kind(), Tensor::from(1.0).kind()),
        format!("threads {} {}", tch::get_num_threads(), tch::get_num_interop_threads()),
        format!("exporting {}", torch_export::is_exporting()),
    ]
}

/// The panics that the user's hook has seen, by thread.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// One test at a time: a hook is for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// The user's hook, which also shows what fails in this test.
fn seen(info: &panic::PanicHookInfo<'_>) {
    SEEN.fetch_add(1, Ordering::SeqCst);
    if info.payload().downcast_ref::<&str>() != Some(&"as asked for") {
        eprintln!("{info}");
    }
}

/// Whether a panic comes to the user's hook.
fn is_seen() -> bool {
    let before = SEEN.load(Ordering::SeqCst);
    assert!(panic::catch_unwind(|| panic!("as asked for")).is_err());
    let one = SEEN.load(Ordering::SeqCst) == before + 1;
    assert!(std::thread::spawn(|| panic!("as asked for")).join().is_err());
    one && SEEN.load(Ordering::SeqCst) == before + 2
}

/// What happens, an export, and whether it succeeds.
type Row = (&'static str, fn() -> Result<ExportedProgram, ExportError>, bool);

fn exports() -> Vec<Row> {
    vec![
        ("right", || guessed(&Right, [3, 6].map(|n| Right::args(randn(&[n])))), true),
        ("a panic", || fixed(&Panics, Panics::args(randn(&[3]))), false),
        ("an op that fails", || fixed(&FailingOp, FailingOp::args(randn(&[3, 3]))), false),
        ("a read", || fixed(&Reads, Reads::args(randn(&[3]))), false),
        (
            "a panic at other sizes",
            || guessed(&PanicsElsewhere, [3, 6].map(|n| PanicsElsewhere::args(randn(&[n])))),
            true,
        ),
        ("other modes", || fixed(&InOtherModes, InOtherModes::args(randn(&[3, 3]))), true),
        ("a panic in other modes", || fixed(&PanicsInModes, PanicsInModes::args(randn(&[3]))), false),
    ]
}

#[test]
fn modes_and_hooks_are_as_before() {
    let _alone = ALONE.lock().unwrap();
    panic::set_hook(Box::new(seen));
    let before = modes();
    assert!(is_seen());
    for (name, export, succeeds) in exports() {
        let panics = SEEN.load(Ordering::SeqCst);
        let result = export();
        assert_eq!(result.is_ok(), succeeds, "{name}: {result:?}");
        assert_eq!(SEEN.load(Ordering::SeqCst), panics, "{name}: a panic of the forward came to the hook");
        assert_eq!(modes(), before, "{name}");
        assert!(is_seen(), "{name}: the hook is gone");
    }
    // In other modes of the caller too.
    tch::no_grad(|| {
        let inside = modes();
        assert_ne!(inside, before);
        for (name, export, _) in exports() {
            let _ = export();
            assert_eq!(modes(), inside, "{name}");
        }
    });
    assert_eq!(modes(), before);
    // A hook that is set later stays too, and the export is as before.
    let _ = panic::take_hook();
    panic::set_hook(Box::new(seen));
    for quiet in [false, true] {
        let before = SEEN.load(Ordering::SeqCst);
        let error = refused(fixed(&Panics, Panics::args(randn(&[3]))));
        assert!(error.to_string().contains("seven dimensions"), "{error}");
        // Only the first panic comes to it.
        assert_eq!(SEEN.load(Ordering::SeqCst) == before, quiet);
        assert_eq!(error.to_string().contains("restored.rs:"), quiet, "{error}");
        assert!(is_seen());
    }
    let _ = panic::take_hook();
}

/// An export while the thread is already panicking.
#[test]
fn an_export_while_a_panic_unwinds() {
    struct Exports;
    impl Drop for Exports {
        fn drop(&mut self) {
            let program = fixed(&Right, Right::args(randn(&[3])));
            assert!(program.is_ok() && std::thread::panicking());
        }
    }
    let _alone = ALONE.lock().unwrap();
    let unwound = panic::catch_unwind(|| {
        let _exports = Exports;
        panic!("as asked for")
    });
    assert!(unwound.is_err());
}

/// Code of the user besides the forward: the callback of the progress.
#[test]
fn panics_of_other_code_are_errors() {
    let _alone = ALONE.lock().unwrap();
    // Another test may have set a hook.
    let _ = fixed(&Panics, Panics::args(randn(&[3])));
    let inputs = ModelInputs::new(&Right, [Right::args(randn(&[3]))]).unwrap();
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        Export::new(&Right, &inputs).on_progress(|_| panic!("of the callback")).run()
    }));
    let Ok(Err(error)) = result else { panic!("the panic left the export") };
    assert!(matches!(error, ExportError::Panicked { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("tests/restored.rs:") && text.contains("of the callback"), "{text}");
    assert!(fixed(&Right, Right::args(randn(&[3]))).is_ok());
}
