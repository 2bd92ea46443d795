//! Catches panics without output on stderr.

use crate::dispatch::ffi::with_modes_kept;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) location: Option<String>,
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `f`. A panic on this thread is caught and not printed; panics of other threads are printed as usual. The modes of this
/// thread are afterwards as before.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    install();
    LOCATION.take();
    let _restore = Restore(QUIET.replace(true));
    // Unwind safety is up to the caller: after a panic it uses no result of `f`.
    with_modes_kept(|| panic::catch_unwind(AssertUnwindSafe(f))).map_err(|payload| {
        let panic = Panic { message: message(payload.as_ref()), location: LOCATION.take() };
        if panic.location.is_none() {
            missed();
        }
        discard(payload);
        panic
    })
}

/// Drops the payload of a panic. Its destructor is code of the user, which may panic again, with another payload.
fn discard(mut payload: Box<dyn Any + Send>) {
    /// A destructor that panics with a value of its own type would go on without an end; then the value leaks.
    const TRIES: usize = 8;
    for _ in 0..TRIES {
        match panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    std::mem::forget(payload);
}

/// Whether the hook is to be installed before the next forward: at first, and after the user has set another one.
static WANTED: AtomicBool = AtomicBool::new(true);

/// Installs a hook that is silent on threads that ask for it and calls the previous hook on others.
fn install() {
    // A hook cannot be set while a panic unwinds; then a panic of the forward is printed.
    if std::thread::panicking() || !WANTED.swap(false, Ordering::Relaxed) {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // While a thread ends, its thread-locals are gone; then the panic is printed.
        if QUIET.try_with(Cell::get).unwrap_or(false) {
            let location = info.location().map(ToString::to_string);
            let _ = LOCATION.try_with(|place| place.replace(location));
        } else {
            before(info);
        }
    }));
}

/// Notes that the hook was not called for a panic: another one was set, or the panic was resumed, which calls none.
fn missed() {
    /// Each hook calls the one before it.
    const MOST: usize = 32;
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    if COUNT.fetch_add(1, Ordering::Relaxed) < MOST {
        WANTED.store(true, Ordering::Relaxed);
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic whose payload is not a string".to_owned())
}
