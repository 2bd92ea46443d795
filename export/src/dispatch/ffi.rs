//! The C++ shim (`cpp/shim.h`) as safe functions: the one module with `unsafe`, and its children for plans and packages.
//!
//! The rules it keeps: a tensor handle is the `C_tensor*` of a live `tch::Tensor`, which is an `at::Tensor*`; a handle
//! that the shim makes goes into exactly one `Tensor`, whose drop deletes it; buffers are freed once, by their owner.
#![allow(unsafe_code)]

#[cfg(feature = "aoti")]
mod aoti;
mod kept;
mod plan;

#[cfg(feature = "aoti")]
pub(crate) use aoti::Package;
pub(crate) use kept::KeptStorage;
pub(crate) use plan::{Autocast, Calls, Frame, FrameSize, Moved, RawNumber};
pub(crate) use plan::{
    enter_vmap, leave_vmap, with_autocast, with_grad_mode, with_inference_mode, with_modes_kept, with_plain_script,
};

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use tch::Tensor;

/// Bytes that the shim allocated (`tx_bytes`).
#[repr(C)]
struct RawBytes {
    data: *mut u8,
    len: usize,
}

/// Tensor handles that the shim made (`tx_tensors`).
#[repr(C)]
struct RawTensors {
    items: *mut *mut c_void,
    len: usize,
}

/// `tx_session`.
#[repr(C)]
struct RawSession {
    _private: [u8; 0],
}

const OK: c_int = 0;
const NO_SUCH_OP: c_int = 1;
const BAD_ARGUMENT: c_int = 2;

unsafe extern "C" {
    fn tx_bytes_free(bytes: RawBytes);
    fn tx_tensors_free(tensors: RawTensors);
    fn tx_schema(name: *const c_char, overload: *const c_char, out: *mut RawBytes) -> c_int;
    fn tx_call(
        name: *const c_char,
        overload: *const c_char,
        args: *const u8,
        args_len: usize,
        tensors: *const *mut c_void,
        tensors_len: usize,
        out: *mut RawBytes,
        out_tensors: *mut RawTensors,
    ) -> c_int;
    fn tx_session_new(frames: c_int, session: *mut *mut RawSession, error: *mut RawBytes) -> c_int;
    fn tx_session_free(session: *mut RawSession);
    fn tx_session_start(session: *mut RawSession, error: *mut RawBytes) -> c_int;
    fn tx_session_stop();
    fn tx_session_see(session: *mut RawSession, tensor: *mut c_void, out: *mut RawBytes) -> c_int;
    fn tx_session_take_log(session: *mut RawSession, out: *mut RawBytes) -> c_int;
    fn tx_session_lifted_count(session: *const RawSession) -> u64;
    fn tx_session_gradients(session: *const RawSession) -> c_int;
    fn tx_in_copy(run: unsafe extern "C" fn(*mut c_void), data: *mut c_void, seconds: c_int) -> c_int;
    fn tx_session_lifted(session: *mut RawSession, index: u64, tensor: *mut *mut c_void, error: *mut RawBytes)
    -> c_int;
    fn tx_session_tensor(
        session: *mut RawSession,
        number: u64,
        tensor: *mut *mut c_void,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_fake_tensor(
        like: *mut c_void,
        sizes: *const i64,
        strides: *const i64,
        dims: usize,
        tensor: *mut *mut c_void,
        error: *mut RawBytes,
    ) -> c_int;
    #[cfg(test)]
    fn tx_op_way(name: *const c_char, overload: *const c_char, way: *mut c_int, error: *mut RawBytes) -> c_int;
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
    fn tx_sizes(tensor: *mut c_void, sizes: *mut *const i64, dims: *mut usize, dtype: *mut c_int) -> c_int;
    fn tx_version() -> *const c_char;
    fn tx_describe(tensor: *mut c_void, out: *mut RawBytes) -> c_int;
    fn tx_identity(tensor: *mut c_void, implementation: *mut u64, storage: *mut u64, error: *mut RawBytes) -> c_int;
    fn tx_deep_copy(tensor: *mut c_void, copy: *mut *mut c_void, error: *mut RawBytes) -> c_int;
    fn tx_storage_read(tensor: *mut c_void, into: *mut u8, len: usize, error: *mut RawBytes) -> c_int;
    fn tx_storage_keep(
        tensor: *mut c_void,
        kept: *mut *mut c_void,
        bytes: *mut *const u8,
        len: *mut usize,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_storage_new(bytes: *const u8, len: usize, tensor: *mut *mut c_void, error: *mut RawBytes) -> c_int;
    fn tx_storage_view(
        base: *mut c_void,
        dtype: c_int,
        sizes: *const i64,
        strides: *const i64,
        dims: usize,
        offset: i64,
        tensor: *mut *mut c_void,
        error: *mut RawBytes,
    ) -> c_int;
}

/// What the shim reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ShimError {
    /// The dispatcher has no such op.
    NoSuchOp,
    /// The argument at `index` is not `expected`.
    BadArgument { index: usize, expected: String },
    /// libtorch threw this.
    Torch(String),
}

/// Bytes that the shim allocated, freed on drop.
pub(crate) struct Buffer(RawBytes);

impl Buffer {
    fn empty() -> Self {
        Self(RawBytes { data: ptr::null_mut(), len: 0 })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self).into_owned()
    }

    /// `Ok` for status 0, else the error that this buffer describes.
    fn check(self, status: c_int) -> Result<Self, ShimError> {
        match status {
            OK => Ok(self),
            NO_SUCH_OP => Err(ShimError::NoSuchOp),
            BAD_ARGUMENT => Err(match self.split_first_chunk::<8>() {
                Some((index, expected)) => ShimError::BadArgument {
                    index: usize::try_from(u64::from_ne_bytes(*index)).unwrap_or(usize::MAX),
                    expected: String::from_utf8_lossy(expected).into_owned(),
                },
                None => ShimError::Torch(self.text()),
            }),
            _ => Err(ShimError::Torch(self.text())),
        }
    }
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.0.data.is_null() {
            return &[];
        }
        // SAFETY: a pointer that the shim sets points to `len` bytes that it wrote and that live until `drop`.
        unsafe { std::slice::from_raw_parts(self.0.data, self.0.len) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let raw = std::mem::replace(&mut self.0, RawBytes { data: ptr::null_mut(), len: 0 });
        // SAFETY: null or allocated by the shim, and forgotten here, so freed once.
        unsafe { tx_bytes_free(raw) }
    }
}

/// The handle as the shim takes it. It is valid as long as `tensor` is borrowed.
fn handle(tensor: &Tensor) -> *mut c_void {
    tensor.as_ptr().cast_mut().cast()
}

/// Takes over a handle that the shim made.
///
/// # Safety
/// `raw` is an `at::Tensor*` made with `new`, and nothing else owns it.
unsafe fn adopt(raw: *mut c_void) -> Tensor {
    // SAFETY: by the contract above; tch's `C_tensor` is `at::Tensor`.
    unsafe { Tensor::from_ptr(raw.cast()) }
}

/// Calls a shim function that makes one tensor.
fn make_tensor(body: impl FnOnce(*mut *mut c_void, *mut RawBytes) -> c_int) -> Result<Tensor, ShimError> {
    let mut raw = ptr::null_mut();
    let mut error = Buffer::empty();
    let status = body(&mut raw, &mut error.0);
    error.check(status)?;
    // SAFETY: with status 0 the function has set `raw` to a tensor made for the caller.
    Ok(unsafe { adopt(raw) })
}

/// A tensor that several threads may share.
#[derive(Debug)]
pub(crate) struct SharedTensor(Tensor);

// SAFETY: all that can be done through a shared reference is to make another handle, which counts atomically.
unsafe impl Sync for SharedTensor {}

impl SharedTensor {
    pub(crate) fn new(tensor: Tensor) -> Self {
        Self(tensor)
    }

    /// Another handle of the tensor.
    pub(crate) fn handle(&self) -> Tensor {
        self.0.shallow_clone()
    }
}

/// The sizes of a tensor and libtorch's number of its element type; `None` for an undefined or nested tensor.
///
/// The sizes must not be kept while anything changes the tensor's metadata, such as `resize_` through another handle.
pub(crate) fn sizes(tensor: &Tensor) -> Option<(&[i64], i32)> {
    let (mut sizes, mut dims, mut dtype) = (ptr::null(), 0, 0);
    // SAFETY: a live tensor and three places to write to.
    let status = unsafe { tx_sizes(handle(tensor), &mut sizes, &mut dims, &mut dtype) };
    if status != OK {
        return None;
    }
    if sizes.is_null() || dims == 0 {
        return Some((&[], dtype));
    }
    // SAFETY: so many numbers belong to the tensor, which is borrowed as long.
    Some((unsafe { std::slice::from_raw_parts(sizes, dims) }, dtype))
}

/// The version of libtorch: `2.13.0`.
pub(crate) fn version() -> &'static str {
    // SAFETY: a constant of the shim, with a zero at its end.
    unsafe { CStr::from_ptr(tx_version()) }.to_str().unwrap_or_default()
}

/// The arguments and returns of an op, in the wire format.
pub(crate) fn schema(name: &CStr, overload: &CStr) -> Result<Buffer, ShimError> {
    let mut out = Buffer::empty();
    // SAFETY: two C strings and a place for the result, all alive during the call.
    let status = unsafe { tx_schema(name.as_ptr(), overload.as_ptr(), &mut out.0) };
    out.check(status)
}

/// The boxed call: its results in the wire format, and the tensors in them.
pub(crate) fn call(
    name: &CStr,
    overload: &CStr,
    args: &[u8],
    tensors: &[&Tensor],
) -> Result<(Buffer, Vec<Tensor>), ShimError> {
    let handles: Vec<*mut c_void> = tensors.iter().map(|t| handle(t)).collect();
    let mut out = Buffer::empty();
    let mut made = RawTensors { items: ptr::null_mut(), len: 0 };
    // SAFETY: every pointer goes with its length and outlives the call; the handles are of borrowed tensors.
    let status = unsafe {
        tx_call(
            name.as_ptr(),
            overload.as_ptr(),
            args.as_ptr(),
            args.len(),
            handles.as_ptr(),
            handles.len(),
            &mut out.0,
            &mut made,
        )
    };
    let out = out.check(status)?;
    // SAFETY: with status 0 `made` holds `len` handles made for the caller; each is adopted once, then the array freed.
    let results = unsafe {
        let results = (0..made.len).map(|i| adopt(*made.items.add(i))).collect();
        tx_tensors_free(made);
        results
    };
    Ok((out, results))
}

/// A recording session: numbers for tensors and storages, and a log.
pub(crate) struct Session {
    raw: NonNull<RawSession>,
}

// SAFETY: a session is plain C++ data with atomic reference counts in it. Only `run` ties it to a thread, for the time
// of a `&mut` borrow and inside one call.
unsafe impl Send for Session {}

impl Session {
    /// With `frames` the log holds the call stack of every op.
    pub(crate) fn new(frames: bool) -> Result<Self, ShimError> {
        let mut raw = ptr::null_mut();
        let mut error = Buffer::empty();
        // SAFETY: two places to write to.
        let status = unsafe { tx_session_new(frames.into(), &mut raw, &mut error.0) };
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
        let session = Session::new(false)?;
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

/// How an op runs without data.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By libtorch's meta kernel, by a rule of the shim, or by other ops that it calls.
    Runs,
    /// It returns the content of a tensor.
    Reads,
    /// It is refused for a reason that is known.
    Refused,
    /// It has neither a meta kernel nor a rule.
    Missing,
}

/// How an op runs without data.
#[cfg(test)]
pub(crate) fn op_way(name: &CStr, overload: &CStr) -> Result<Way, ShimError> {
    let mut way = 0;
    let mut error = Buffer::empty();
    // SAFETY: two C strings and two places to write to, all alive during the call.
    let status = unsafe { tx_op_way(name.as_ptr(), overload.as_ptr(), &mut way, &mut error.0) };
    error.check(status)?;
    Ok(match way {
        0..=2 => Way::Runs,
        3 => Way::Reads,
        4 => Way::Refused,
        _ => Way::Missing,
    })
}

/// A tensor without data. `strides`, if given, are as many as `sizes`.
pub(crate) fn fake_tensor(like: &Tensor, sizes: &[i64], strides: Option<&[i64]>) -> Result<Tensor, ShimError> {
    if strides.is_some_and(|strides| strides.len() != sizes.len()) {
        return Err(ShimError::Torch("another number of strides than of sizes".to_owned()));
    }
    let strides = strides.map_or(ptr::null(), <[i64]>::as_ptr);
    // SAFETY: a live tensor, one or two arrays of `sizes.len()` numbers, two places to write to.
    make_tensor(|out, error| unsafe { tx_fake_tensor(handle(like), sizes.as_ptr(), strides, sizes.len(), out, error) })
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

/// A tensor's description, then the size of its storage in bytes.
pub(crate) fn describe(tensor: &Tensor) -> Result<Buffer, ShimError> {
    let mut out = Buffer::empty();
    // SAFETY: a live tensor and a place for the result.
    let status = unsafe { tx_describe(handle(tensor), &mut out.0) };
    out.check(status)
}

/// Addresses of a tensor's implementation and of its storage (0: none).
pub(crate) fn identity(tensor: &Tensor) -> Result<(u64, u64), ShimError> {
    let (mut implementation, mut storage) = (0, 0);
    let mut error = Buffer::empty();
    // SAFETY: a live tensor and three places to write to.
    let status = unsafe { tx_identity(handle(tensor), &mut implementation, &mut storage, &mut error.0) };
    error.check(status)?;
    Ok((implementation, storage))
}

/// A copy with its own memory.
pub(crate) fn deep_copy(tensor: &Tensor) -> Result<Tensor, ShimError> {
    // SAFETY: a live tensor and two places to write to.
    make_tensor(|out, error| unsafe { tx_deep_copy(handle(tensor), out, error) })
}

/// The bytes of the whole storage, copied to the CPU. `len` is its size in bytes.
pub(crate) fn storage_read(tensor: &Tensor, len: usize) -> Result<Vec<u8>, ShimError> {
    let mut bytes = vec![0; len];
    let mut error = Buffer::empty();
    // SAFETY: a live tensor; `bytes` has `len` bytes, and the shim refuses another length.
    let status = unsafe { tx_storage_read(handle(tensor), bytes.as_mut_ptr(), len, &mut error.0) };
    error.check(status)?;
    Ok(bytes)
}

/// A `uint8` tensor at the start of a new storage with these bytes.
pub(crate) fn storage_new(bytes: &[u8]) -> Result<Tensor, ShimError> {
    // SAFETY: bytes with their length, copied during the call.
    make_tensor(|out, error| unsafe { tx_storage_new(bytes.as_ptr(), bytes.len(), out, error) })
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

/// A tensor on the storage of `base`; `sizes` and `strides` must be equally long.
pub(crate) fn storage_view(
    base: &Tensor,
    dtype: i64,
    sizes: &[i64],
    strides: &[i64],
    offset: i64,
) -> Result<Tensor, ShimError> {
    if sizes.len() != strides.len() {
        return Err(ShimError::Torch(format!("{} sizes but {} strides", sizes.len(), strides.len())));
    }
    // libtorch keeps it in one byte, so a larger number would be another type.
    let number = i8::try_from(dtype).ok().filter(|number| *number >= 0).map(c_int::from);
    let dtype = number.ok_or_else(|| ShimError::Torch(format!("libtorch has no element type {dtype}")))?;
    // SAFETY: two arrays of `sizes.len()` numbers; what reaches outside the storage is an error.
    make_tensor(|out, error| unsafe {
        tx_storage_view(handle(base), dtype, sizes.as_ptr(), strides.as_ptr(), sizes.len(), offset, out, error)
    })
}
