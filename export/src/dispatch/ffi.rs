//! The C++ shim (`cpp/shim.h`) as safe functions: the one module with `unsafe`, and its children.
//!
//! Here are what the shim reports, calls by name, and tensors with their memory. `session` records and makes fake runs,
//! `plan` has prepared calls, their frames and the regions of `vmap`, `modes` sets what holds for the time of a function,
//! `process_copy` runs a function in a copy of the process, `kept` keeps the bytes of storages, `aoti` loads packages.
//!
//! The rules it keeps: a tensor handle is the `C_tensor*` of a live `tch::Tensor`, which is an `at::Tensor*`; a handle
//! that the shim makes goes into exactly one `Tensor`, whose drop deletes it; buffers are freed once, by their owner.
#![allow(unsafe_code)]

#[cfg(feature = "aoti")]
mod aoti;
mod kept;
mod modes;
mod plan;
mod process_copy;
mod session;

#[cfg(feature = "aoti")]
pub(crate) use aoti::Package;
pub(crate) use kept::KeptStorage;
pub(crate) use modes::{
    Autocast, with_autocast, with_grad_mode, with_inference_mode, with_modes_kept, with_plain_script,
};
pub(crate) use plan::{Calls, Frame, FrameSize, Moved, RawNumber, enter_vmap, leave_vmap};
pub(crate) use process_copy::{answer_of_a_copy, ends_in_a_copy};
pub(crate) use session::{FakeSession, Log, Session, asked_elsewhere};

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

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
    fn tx_sizes(tensor: *mut c_void, sizes: *mut *const i64, dims: *mut usize, dtype: *mut c_int) -> c_int;
    fn tx_version() -> *const c_char;
    fn tx_describe(tensor: *mut c_void, out: *mut RawBytes) -> c_int;
    fn tx_identity(tensor: *mut c_void, implementation: *mut u64, storage: *mut u64, error: *mut RawBytes) -> c_int;
    fn tx_same_content(a: *mut c_void, b: *mut c_void, same: *mut c_int, error: *mut RawBytes) -> c_int;
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

/// Whether two tensors have the same type, sizes, strides, bits and bytes.
pub(crate) fn same_content(a: &Tensor, b: &Tensor) -> Result<bool, ShimError> {
    let mut same = 0;
    let mut error = Buffer::empty();
    // SAFETY: two live tensors and two places to write to.
    let status = unsafe { tx_same_content(handle(a), handle(b), &mut same, &mut error.0) };
    error.check(status)?;
    Ok(same != 0)
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
