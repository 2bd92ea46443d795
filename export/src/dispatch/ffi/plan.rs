//! Plans and frames of the shim (`cpp/plan.h`) as safe types.

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};

use tch::Tensor;

use super::{Buffer, RawBytes, ShimError, handle, make_tensor};

#[repr(C)]
struct RawPlan {
    _private: [u8; 0],
}

#[repr(C)]
struct RawFrame {
    _private: [u8; 0],
}

/// A number of a frame (`tx_number`): its kind, and its bits.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawNumber {
    pub(crate) kind: i64,
    pub(crate) bits: i64,
}

unsafe extern "C" {
    fn tx_plan_new(
        bytes: *const u8,
        len: usize,
        plan: *mut *mut RawPlan,
        failed: *mut u64,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_plan_free(plan: *mut RawPlan);
    fn tx_plan_run(
        plan: *const RawPlan,
        frame: *mut RawFrame,
        from: usize,
        to: usize,
        inference: c_int,
        failed: *mut u64,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_frame_new(plan: *const RawPlan, frame: *mut *mut RawFrame, error: *mut RawBytes) -> c_int;
    fn tx_frame_free(frame: *mut RawFrame);
    fn tx_frame_numbers(frame: *mut RawFrame) -> *mut RawNumber;
    fn tx_frame_set(frame: *mut RawFrame, place: u64, tensor: *mut c_void);
    fn tx_frame_move(frame: *mut RawFrame, from: u64, to: u64, keep: c_int);
    fn tx_frame_get(
        frame: *mut RawFrame,
        place: u64,
        keep: c_int,
        tensor: *mut *mut c_void,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_frame_take(
        frame: *mut RawFrame,
        place: u64,
        keep: c_int,
        tensor: *mut *mut c_void,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_frame_clear(frame: *mut RawFrame, from: u64);
    fn tx_vmap_enter(size: i64, randomness: c_int, error: *mut RawBytes) -> c_int;
    fn tx_vmap_leave(error: *mut RawBytes) -> c_int;
    fn tx_vmap_add(
        frame: *mut RawFrame,
        from: u64,
        keep: c_int,
        to: u64,
        dim: i64,
        level: i64,
        inference: c_int,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_vmap_remove(
        frame: *mut RawFrame,
        from: u64,
        keep: c_int,
        to: u64,
        level: i64,
        size: i64,
        dim: i64,
        inference: c_int,
        error: *mut RawBytes,
    ) -> c_int;
}

/// How large the frames of a plan are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameSize {
    pub(crate) registers: usize,
    pub(crate) numbers: usize,
}

/// Prepared calls. They do not change, so threads may share them.
#[derive(Debug)]
pub(crate) struct Calls {
    raw: NonNull<RawPlan>,
    size: FrameSize,
    count: usize,
}

// SAFETY: the shim does not write to a plan after it was made, and the constants in it are reference-counted atomically.
unsafe impl Send for Calls {}
// SAFETY: as above.
unsafe impl Sync for Calls {}

impl Calls {
    /// Makes `count` calls of bytes that begin with `size`. The error has the index of the call.
    pub(crate) fn new(bytes: &[u8], size: FrameSize, count: usize) -> Result<Self, (usize, ShimError)> {
        let (mut raw, mut failed) = (ptr::null_mut(), 0);
        let mut error = Buffer::empty();
        // SAFETY: bytes with their length, and three places to write to.
        let status = unsafe { tx_plan_new(bytes.as_ptr(), bytes.len(), &mut raw, &mut failed, &mut error.0) };
        let place = usize::try_from(failed).unwrap_or(usize::MAX);
        error.check(status).map_err(|error| (place, error))?;
        match NonNull::new(raw) {
            Some(raw) => Ok(Self { raw, size, count }),
            None => Err((place, ShimError::Torch("no plan".to_owned()))),
        }
    }

    /// Runs the calls from `from` to `to` in a frame of this plan, in inference mode if wanted. The error has the index of
    /// the call.
    pub(crate) fn run(
        &self,
        frame: &mut Frame,
        from: usize,
        to: usize,
        inference: bool,
    ) -> Result<(), (usize, ShimError)> {
        if frame.size != self.size || to > self.count {
            return Err((from, ShimError::Torch("a frame of another plan".to_owned())));
        }
        let mut failed = 0;
        let mut error = Buffer::empty();
        // SAFETY: a live plan, a live frame that nobody else has, of the size for which the shim checked all registers, and
        // calls that exist.
        let status = unsafe {
            tx_plan_run(self.raw.as_ptr(), frame.raw.as_ptr(), from, to, inference.into(), &mut failed, &mut error.0)
        };
        match error.check(status) {
            Ok(_) => Ok(()),
            Err(error) => Err((usize::try_from(failed).unwrap_or(usize::MAX), error)),
        }
    }

    /// A frame with empty registers.
    pub(crate) fn frame(&self) -> Result<Frame, ShimError> {
        let mut raw = ptr::null_mut();
        let mut error = Buffer::empty();
        // SAFETY: a live plan and two places to write to.
        let status = unsafe { tx_frame_new(self.raw.as_ptr(), &mut raw, &mut error.0) };
        error.check(status)?;
        match NonNull::new(raw) {
            Some(raw) => Ok(Frame { raw, size: self.size }),
            None => Err(ShimError::Torch("no frame".to_owned())),
        }
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        // SAFETY: made by the shim, and freed once.
        unsafe { tx_plan_free(self.raw.as_ptr()) }
    }
}

/// The registers of one call of a plan.
#[derive(Debug)]
pub(crate) struct Frame {
    raw: NonNull<RawFrame>,
    size: FrameSize,
}

// SAFETY: a frame holds tensors, which libtorch counts atomically, and numbers. Nothing in it belongs to a thread.
unsafe impl Send for Frame {}

impl Frame {
    /// A register as the shim takes it.
    ///
    /// # Panics
    /// If the frame does not have it: the plan was compiled wrongly.
    fn place(&self, register: usize) -> u64 {
        assert!(register < self.size.registers, "a register outside of the frame");
        register as u64
    }

    /// The numbers.
    pub(crate) fn numbers(&mut self) -> &mut [RawNumber] {
        // SAFETY: a live frame.
        let numbers = unsafe { tx_frame_numbers(self.raw.as_ptr()) };
        if numbers.is_null() {
            return &mut [];
        }
        // SAFETY: so many numbers belong to the frame, which stays borrowed as long as the slice.
        unsafe { std::slice::from_raw_parts_mut(numbers, self.size.numbers) }
    }

    /// Puts another handle of a tensor into a register.
    pub(crate) fn set(&mut self, register: usize, tensor: &Tensor) {
        let place = self.place(register);
        // SAFETY: a live frame, a register of it, and a live tensor.
        unsafe { tx_frame_set(self.raw.as_ptr(), place, handle(tensor)) }
    }

    /// Copies or moves the handle in a register to another one.
    pub(crate) fn transfer(&mut self, from: usize, to: usize, keep: bool) {
        let (from, to) = (self.place(from), self.place(to));
        // SAFETY: a live frame and two registers of it.
        unsafe { tx_frame_move(self.raw.as_ptr(), from, to, keep.into()) }
    }

    /// The tensor of a register as it is; it stays there if `keep`.
    pub(crate) fn get(&mut self, register: usize, keep: bool) -> Result<Tensor, ShimError> {
        let place = self.place(register);
        // SAFETY: a live frame, a register of it, and two places to write to.
        make_tensor(|out, error| unsafe { tx_frame_get(self.raw.as_ptr(), place, keep.into(), out, error) })
    }

    /// The tensor of a register as an ordinary tensor, also if it was made in inference mode.
    pub(crate) fn take(&mut self, register: usize, keep: bool) -> Result<Tensor, ShimError> {
        let place = self.place(register);
        // SAFETY: a live frame, a register of it, and two places to write to.
        make_tensor(|out, error| unsafe { tx_frame_take(self.raw.as_ptr(), place, keep.into(), out, error) })
    }

    /// Hides a dimension of a tensor from the ops of a `vmap` region.
    pub(crate) fn add_batch(&mut self, moved: Moved, dim: i64, level: i64) -> Result<(), ShimError> {
        let Moved { from, to, keep, inference } = moved;
        let (from, to) = (self.place(from), self.place(to));
        let (keep, inference) = (keep.into(), inference.into());
        let mut error = Buffer::empty();
        // SAFETY: a live frame, two registers of it, and a place for the error.
        let status = unsafe { tx_vmap_add(self.raw.as_ptr(), from, keep, to, dim, level, inference, &mut error.0) };
        error.check(status).map(drop)
    }

    /// Shows the hidden dimension of a tensor again, as dimension `dim`.
    pub(crate) fn remove_batch(&mut self, moved: Moved, level: i64, size: i64, dim: i64) -> Result<(), ShimError> {
        let Moved { from, to, keep, inference } = moved;
        let (from, to) = (self.place(from), self.place(to));
        let (keep, inference) = (keep.into(), inference.into());
        let mut error = Buffer::empty();
        // SAFETY: a live frame, two registers of it, and a place for the error.
        let status =
            unsafe { tx_vmap_remove(self.raw.as_ptr(), from, keep, to, level, size, dim, inference, &mut error.0) };
        error.check(status).map(drop)
    }

    /// Empties the registers from this one on.
    pub(crate) fn clear(&mut self, from: usize) {
        // SAFETY: a live frame.
        unsafe { tx_frame_clear(self.raw.as_ptr(), from as u64) }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: made by the shim, and freed once.
        unsafe { tx_frame_free(self.raw.as_ptr()) }
    }
}

/// A tensor that goes from one register to another, in inference mode if wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) keep: bool,
    pub(crate) inference: bool,
}

/// Begins a region of `torch.vmap` on this thread. `randomness` is the number of a `RandomnessType`.
pub(crate) fn enter_vmap(size: i64, randomness: i32) -> Result<(), ShimError> {
    let mut error = Buffer::empty();
    // SAFETY: plain values and a place for the error.
    let status = unsafe { tx_vmap_enter(size, randomness, &mut error.0) };
    error.check(status).map(drop)
}

/// Ends the innermost region of `torch.vmap` of this thread.
pub(crate) fn leave_vmap() -> Result<(), ShimError> {
    let mut error = Buffer::empty();
    // SAFETY: a place for the error.
    let status = unsafe { tx_vmap_leave(&mut error.0) };
    error.check(status).map(drop)
}
