//! Modes of libtorch that are set for the time of a function. Each function here sets back what it has set, also when its
//! function panics.

use std::ffi::{c_int, c_void};
use std::ptr;

use super::{Buffer, OK, RawBytes, ShimError};

/// What autocast is set to (`tx_autocast`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct RawAutocast {
    enabled: c_int,
    dtype: c_int,
    cache: c_int,
}

/// `tx_modes`.
#[repr(C)]
#[derive(Default)]
struct RawModes {
    gradients: c_int,
    autocast: c_int,
    autocast_cpu: c_int,
    nesting: c_int,
}

unsafe extern "C" {
    fn tx_modes_get(modes: *mut RawModes);
    fn tx_modes_set(modes: *const RawModes);
    fn tx_grad_mode(enabled: c_int) -> c_int;
    fn tx_script_optimize(enabled: c_int) -> c_int;
    fn tx_inference_enter(guard: *mut *mut c_void, error: *mut RawBytes) -> c_int;
    fn tx_inference_leave(guard: *mut c_void);
    fn tx_autocast_enter(
        device: c_int,
        set: *const RawAutocast,
        before: *mut RawAutocast,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_autocast_leave(device: c_int, before: *const RawAutocast);
}

/// Runs `f`, and then sets the modes of this thread as they were before: the closures of tch leave theirs after a panic.
pub(crate) fn with_modes_kept<R>(f: impl FnOnce() -> R) -> R {
    struct Before(RawModes);
    impl Drop for Before {
        fn drop(&mut self) {
            // SAFETY: sets modes of this thread to what they were.
            unsafe { tx_modes_set(&raw const self.0) };
        }
    }
    let mut before = Before(RawModes::default());
    // SAFETY: a place to write to.
    unsafe { tx_modes_get(&raw mut before.0) };
    f()
}

/// Runs `f` with gradients on or off (`torch.set_grad_enabled`).
pub(crate) fn with_grad_mode<R>(enabled: bool, f: impl FnOnce() -> R) -> R {
    with_flag(tx_grad_mode, enabled, f)
}

/// Runs `f` while TorchScript runs the graphs of modules as they are. Otherwise it replaces ops after the first runs, and no
/// two recordings are alike.
pub(crate) fn with_plain_script<R>(f: impl FnOnce() -> R) -> R {
    with_flag(tx_script_optimize, false, f)
}

/// Runs `f` with a flag of this thread, which is then what it was before. `set` sets it and returns that.
fn with_flag<R>(set: unsafe extern "C" fn(c_int) -> c_int, enabled: bool, f: impl FnOnce() -> R) -> R {
    struct Before(unsafe extern "C" fn(c_int) -> c_int, c_int);
    impl Drop for Before {
        fn drop(&mut self) {
            // SAFETY: sets a flag of this thread.
            unsafe { self.0(self.1) };
        }
    }
    // SAFETY: sets a flag of this thread.
    let _before = Before(set, unsafe { set(enabled.into()) });
    f()
}

/// Runs `f` in libtorch's inference mode. libtorch fails to enter it only without memory; then `f` runs outside of it.
pub(crate) fn with_inference_mode<R>(f: impl FnOnce() -> R) -> R {
    struct Guard(*mut c_void);
    impl Drop for Guard {
        fn drop(&mut self) {
            // SAFETY: made below, on the same thread, and left once.
            unsafe { tx_inference_leave(self.0) }
        }
    }
    let mut raw = ptr::null_mut();
    let mut error = Buffer::empty();
    // SAFETY: two places to write to.
    let status = unsafe { tx_inference_enter(&mut raw, &mut error.0) };
    let _guard = (status == OK).then(|| Guard(raw));
    f()
}

/// An autocast region (`torch.autocast`): numbers of libtorch for the device type and the element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Autocast {
    pub(crate) device: i32,
    pub(crate) dtype: i32,
    pub(crate) enabled: bool,
    pub(crate) cache: bool,
}

/// Runs `f` under autocast.
pub(crate) fn with_autocast<R>(region: Autocast, f: impl FnOnce() -> R) -> Result<R, ShimError> {
    struct Before(c_int, RawAutocast);
    impl Drop for Before {
        fn drop(&mut self) {
            // SAFETY: undoes what is set below, on the same thread.
            unsafe { tx_autocast_leave(self.0, &self.1) }
        }
    }
    let set = RawAutocast { enabled: region.enabled.into(), dtype: region.dtype, cache: region.cache.into() };
    let mut before = RawAutocast::default();
    let mut error = Buffer::empty();
    // SAFETY: two structs that live during the call, and a place for the error.
    let status = unsafe { tx_autocast_enter(region.device, &set, &mut before, &mut error.0) };
    error.check(status)?;
    let _before = Before(region.device, before);
    Ok(f())
}
