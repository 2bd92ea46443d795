//! A run in a copy of the process (`cpp/child.cpp`), where what never ends or ends the process does no harm.

use std::ffi::{c_int, c_void};

use super::OK;

unsafe extern "C" {
    fn tx_in_copy(
        run: unsafe extern "C" fn(*mut c_void) -> c_int,
        data: *mut c_void,
        seconds: c_int,
        answer: *mut c_int,
    ) -> c_int;
}

/// Runs `f` in a copy of this process, and says whether it came to its end there: it did not overflow the stack, ask for more
/// memory than there is, or take more than so many seconds of the processor. True where a process cannot be copied.
pub(crate) fn ends_in_a_copy(seconds: u16, f: impl FnOnce()) -> bool {
    in_a_copy(seconds, || {
        f();
        false
    })
    .0
}

/// What `f` returns in a copy of this process. False if it does not come to its end there, or if there cannot be a copy.
pub(crate) fn answer_of_a_copy(seconds: u16, f: impl FnOnce() -> bool) -> bool {
    in_a_copy(seconds, f).1
}

fn in_a_copy<F: FnOnce() -> bool>(seconds: u16, f: F) -> (bool, bool) {
    unsafe extern "C" fn call<F: FnOnce() -> bool>(data: *mut c_void) -> c_int {
        // SAFETY: `data` is the place of the function below, which lives longer than this call.
        let f = unsafe { &mut *data.cast::<Option<F>>() };
        let Some(f) = f.take() else { return 0 };
        // A panic must not unwind into C++.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_or(false).into()
    }
    let mut f = Some(f);
    let mut answer = 0;
    // SAFETY: `call` takes the place of a function of this type, and is called while it lives, in this process or in a copy.
    let status = unsafe { tx_in_copy(call::<F>, (&raw mut f).cast(), c_int::from(seconds), &raw mut answer) };
    (status == OK, answer != 0)
}
