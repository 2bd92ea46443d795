//! Recording sessions and fake runs of the shim as safe types.

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use tch::Tensor;

use super::{Buffer, RawBytes, ShimError, handle, make_tensor};

/// `tx_session`.
#[repr(C)]
struct RawSession {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn tx_session_new(
        frames: c_int,
        numbers: c_int,
        without_data: c_int,
        session: *mut *mut RawSession,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_session_stopped(session: *const RawSession) -> c_int;
    fn tx_session_keeps(session: *const RawSession) -> c_int;
    fn tx_asked_elsewhere() -> u64;
    fn tx_session_free(session: *mut RawSession);
    fn tx_session_start(session: *mut RawSession, error: *mut RawBytes) -> c_int;
    fn tx_session_stop();
    fn tx_session_see(session: *mut RawSession, tensor: *mut c_void, out: *mut RawBytes) -> c_int;
    fn tx_session_take_log(session: *mut RawSession, out: *mut RawBytes) -> c_int;
    fn tx_session_lifted_count(session: *const RawSession) -> u64;
    fn tx_session_gradients(session: *const RawSession) -> c_int;
    fn tx_session_lifted(session: *mut RawSession, index: u64, tensor: *mut *mut c_void, error: *mut RawBytes)
    -> c_int;
    fn tx_session_tensor(
        session: *mut RawSession,
        number: u64,
        tensor: *mut *mut c_void,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_session_fake(
        session: *mut RawSession,
        reference: *mut RawSession,
        tensors: *const *mut c_void,
        tensors_len: usize,
        data: *const i64,
        data_len: usize,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_session_loose(session: *mut RawSession, equal: *const RawSession);
    fn tx_session_loosened(session: *const RawSession, calls: *mut *const i64, len: *mut usize);
    fn tx_session_numbers(session: *const RawSession, numbers: *mut *const i64, len: *mut usize);
    fn tx_session_compact(session: *const RawSession, out: *mut RawBytes) -> c_int;
    fn tx_session_stop_reason(session: *const RawSession, out: *mut RawBytes) -> c_int;
    fn tx_session_is_value(
        session: *mut RawSession,
        tensor: *mut c_void,
        value: u64,
        is: *mut c_int,
        error: *mut RawBytes,
    ) -> c_int;
}

/// A recording session: numbers for tensors and storages, and a log.
pub(crate) struct Session {
    raw: NonNull<RawSession>,
}

// SAFETY: a session is plain C++ data with atomic reference counts in it. Only `run` ties it to a thread, for the time
// of a `&mut` borrow and inside one call.
unsafe impl Send for Session {}

/// What a session writes down besides the calls, and of which tensors.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Log {
    /// The call stack of every op.
    pub(crate) frames: bool,
    /// A number that an op takes as a tensor as the number that it is. Programs have such arguments, and tch does not.
    pub(crate) numbers: bool,
    /// Of tensors without data. The run ends where it asks for some, and the declared real tensors are afterwards as before.
    pub(crate) without_data: bool,
}

/// How often tensors without data were asked for it on threads that record nothing.
pub(crate) fn asked_elsewhere() -> u64 {
    // SAFETY: it reads a counter.
    unsafe { tx_asked_elsewhere() }
}

impl Session {
    /// Whether a run without data asked for some, or failed in another way, even if the forward went on.
    pub(crate) fn is_stopped(&self) -> bool {
        // SAFETY: a live session.
        unsafe { tx_session_stopped(self.raw.as_ptr()) != 0 }
    }

    /// Whether some result of the recording still lives.
    pub(crate) fn keeps_results(&self) -> bool {
        // SAFETY: a live session.
        unsafe { tx_session_keeps(self.raw.as_ptr()) != 0 }
    }

    pub(crate) fn new(log: Log) -> Result<Self, ShimError> {
        let Log { frames, numbers, without_data } = log;
        let mut raw = ptr::null_mut();
        let mut error = Buffer::empty();
        // SAFETY: two places to write to.
        let status =
            unsafe { tx_session_new(frames.into(), numbers.into(), without_data.into(), &mut raw, &mut error.0) };
        error.check(status)?;
        match NonNull::new(raw) {
            Some(raw) => Ok(Self { raw }),
            None => Err(ShimError::Torch("no session".to_owned())),
        }
    }

    /// Runs `f` while this thread's ops are logged. Logging ends with `f`, also when it panics.
    pub(crate) fn run<R>(&mut self, f: impl FnOnce() -> R) -> Result<R, ShimError> {
        struct Stop(PhantomData<*const ()>);
        impl Drop for Stop {
            fn drop(&mut self) {
                // SAFETY: undoes the start below, on the same thread: `Stop` cannot leave it.
                unsafe { tx_session_stop() }
            }
        }
        let mut error = Buffer::empty();
        // SAFETY: the session stays alive and unmoved until `Stop` runs, since `self` is borrowed that long.
        let status = unsafe { tx_session_start(self.raw.as_ptr(), &mut error.0) };
        error.check(status)?;
        let _stop = Stop(PhantomData);
        Ok(f())
    }

    /// The record of a tensor, as if it were an argument.
    pub(crate) fn see(&mut self, tensor: &Tensor) -> Result<Buffer, ShimError> {
        let mut out = Buffer::empty();
        // SAFETY: a live session, a live tensor, a place for the result.
        let status = unsafe { tx_session_see(self.raw.as_ptr(), handle(tensor), &mut out.0) };
        out.check(status)
    }

    /// What was logged since the last time.
    pub(crate) fn take_log(&mut self) -> Result<Buffer, ShimError> {
        let mut out = Buffer::empty();
        // SAFETY: a live session, a place for the result.
        let status = unsafe { tx_session_take_log(self.raw.as_ptr(), &mut out.0) };
        out.check(status)
    }

    /// How many tensors were lifted.
    pub(crate) fn lifted_count(&self) -> usize {
        // SAFETY: a live session.
        let count = unsafe { tx_session_lifted_count(self.raw.as_ptr()) };
        // It counts objects in memory, so it fits.
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// Whether ops ran in a backward pass.
    pub(crate) fn has_gradients(&self) -> bool {
        // SAFETY: a live session.
        unsafe { tx_session_gradients(self.raw.as_ptr()) != 0 }
    }

    /// The content of a lifted tensor at its first use.
    pub(crate) fn lifted(&mut self, index: usize) -> Result<Tensor, ShimError> {
        // SAFETY: a live session and two places to write to; an index out of range is an error.
        make_tensor(|out, error| unsafe { tx_session_lifted(self.raw.as_ptr(), index as u64, out, error) })
    }

    /// A tensor by its number, on the same memory. It is an error if the tensor does not exist any more.
    pub(crate) fn tensor(&mut self, number: u64) -> Result<Tensor, ShimError> {
        // SAFETY: a live session and two places to write to; a number out of range is an error.
        make_tensor(|out, error| unsafe { tx_session_tensor(self.raw.as_ptr(), number, out, error) })
    }
}

impl Session {
    /// The numbers of the run, in the order of its calls.
    pub(crate) fn numbers(&self) -> &[i64] {
        let (mut numbers, mut len) = (ptr::null(), 0);
        // SAFETY: a live session and two places to write to.
        unsafe { tx_session_numbers(self.raw.as_ptr(), &mut numbers, &mut len) };
        if numbers.is_null() {
            return &[];
        }
        // SAFETY: `len` numbers that the session owns. It changes them only in functions that take `&mut self`.
        unsafe { std::slice::from_raw_parts(numbers, len) }
    }

    /// What the numbers of a recording are, which of them depend on data, and its values.
    pub(crate) fn compact(&self) -> Result<Buffer, ShimError> {
        let mut out = Buffer::empty();
        // SAFETY: a live session and a place for the result.
        let status = unsafe { tx_session_compact(self.raw.as_ptr(), &mut out.0) };
        out.check(status)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: made by `tx_session_new`, freed once, and active on no thread: `run` has ended.
        unsafe { tx_session_free(self.raw.as_ptr()) }
    }
}

/// A session of a fake run. It is compared with a recording, which lives as long, as does the equal run of a loose one.
pub(crate) struct FakeSession<'r> {
    session: Session,
    // The shim keeps twins of real tensors in the reference, so it must not be used from two threads at once.
    _reference: PhantomData<(&'r Session, *const ())>,
}

impl<'r> FakeSession<'r> {
    /// `tensors` are the declared ones, in the order in which `reference` saw its own. `data` are the numbers that ops get
    /// in place of the content of tensors.
    pub(crate) fn new(reference: &'r Session, tensors: &[&Tensor], data: &[i64]) -> Result<Self, ShimError> {
        let session = Session::new(Log::default())?;
        let handles: Vec<*mut c_void> = tensors.iter().map(|t| handle(t)).collect();
        let mut error = Buffer::empty();
        // SAFETY: two live sessions, and arrays with their lengths that are copied during the call. The reference outlives
        // the new session by the lifetime `'r`.
        let status = unsafe {
            tx_session_fake(
                session.raw.as_ptr(),
                reference.raw.as_ptr(),
                handles.as_ptr(),
                handles.len(),
                data.as_ptr(),
                data.len(),
                &mut error.0,
            )
        };
        error.check(status)?;
        Ok(Self { session, _reference: PhantomData })
    }

    /// Makes it a loose run, before it has started: an op that fails since sizes differ gets those equal that are equal in
    /// `equal`, which is over.
    pub(crate) fn loosen(&mut self, equal: &'r FakeSession<'_>) {
        // SAFETY: two live sessions, of which the other outlives this one by the lifetime `'r`. It is only read.
        unsafe { tx_session_loose(self.session.raw.as_ptr(), equal.session.raw.as_ptr()) };
    }

    /// The calls of a loose run that got other sizes, in order.
    pub(crate) fn loosened(&self) -> &[i64] {
        let (mut calls, mut len) = (ptr::null(), 0);
        // SAFETY: a live session and two places to write to.
        unsafe { tx_session_loosened(self.session.raw.as_ptr(), &mut calls, &mut len) };
        if calls.is_null() {
            return &[];
        }
        // SAFETY: `len` numbers that the session owns. It changes them only in functions that take `&mut self`.
        unsafe { std::slice::from_raw_parts(calls, len) }
    }

    /// Runs `f` as the fake run.
    pub(crate) fn run<R>(&mut self, f: impl FnOnce() -> R) -> Result<R, ShimError> {
        self.session.run(f)
    }

    /// The numbers of the run.
    pub(crate) fn numbers(&self) -> &[i64] {
        self.session.numbers()
    }

    /// How far the run came, and what stopped it.
    pub(crate) fn stop_reason(&self) -> Result<Buffer, ShimError> {
        let mut out = Buffer::empty();
        // SAFETY: a live session and a place for the result.
        let status = unsafe { tx_session_stop_reason(self.session.raw.as_ptr(), &mut out.0) };
        out.check(status)
    }

    /// Whether a tensor that the run returned is this value of the reference.
    pub(crate) fn is_value(&mut self, tensor: &Tensor, value: usize) -> Result<bool, ShimError> {
        let mut is = 0;
        let mut error = Buffer::empty();
        // SAFETY: a live session whose reference is alive, a live tensor, two places to write to.
        let status = unsafe {
            tx_session_is_value(self.session.raw.as_ptr(), handle(tensor), value as u64, &mut is, &mut error.0)
        };
        error.check(status)?;
        Ok(is != 0)
    }
}
