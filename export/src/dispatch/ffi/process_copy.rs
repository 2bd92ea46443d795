//! A run in a copy of the process (`cpp/child.cpp`), where what never ends or ends the process does no harm.

use std::ffi::{c_int, c_void};

use super::OK;

unsafe extern "C" {
    fn tx_in_copy(run: unsafe extern "C" fn(*mut c_void), data: *mut c_void, seconds: c_int) -> c_int;
}

/// Runs `f` in a copy of this process, and says whether it came to its end there: it did not overflow the stack, ask for more
/// memory than there is, or take more than so many seconds of the processor. True where a process cannot be copied.
pub(crate) fn ends_in_a_copy(seconds: u16, f: impl FnOnce()) -> bool {
    unsafe extern "C" fn call<F: FnOnce()>(data: *mut c_void) {
        // SAFETY: `data` is the place of the function below, which lives longer than this call.
        let f = unsafe { &mut *data.cast::<Option<F>>() };
        if let Some(f) = f.take() {
            // A panic must not unwind into C++; it is not what is asked here.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
        }
    }
    fn pointer<F: FnOnce()>(_: &Option<F>) -> unsafe extern "C" fn(*mut c_void) {
        call::<F>
    }
    let mut f = Some(f);
    let run = pointer(&f);
    // SAFETY: `run` takes the place of a function of this type, and is called while it lives, in this process or in a copy.
    unsafe { tx_in_copy(run, (&raw mut f).cast(), c_int::from(seconds)) == OK }
}
