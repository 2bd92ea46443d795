//! AOTInductor packages (`cpp/aoti.h`) as a safe type.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

use tch::Tensor;

use super::{Buffer, RawBytes, RawTensors, ShimError, adopt, handle, tx_tensors_free};
use crate::dispatch::wire::Reader;

#[repr(C)]
struct RawPackage {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn tx_package_load(
        path: *const c_char,
        model: *const c_char,
        single_threaded: c_int,
        runners: usize,
        device: c_int,
        package: *mut *mut RawPackage,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_package_free(package: *mut RawPackage);
    fn tx_package_specs(package: *mut RawPackage, out: *mut RawBytes) -> c_int;
    fn tx_package_constants(package: *mut RawPackage, out: *mut RawBytes) -> c_int;
    fn tx_package_run(
        package: *mut RawPackage,
        inputs: *const *mut c_void,
        len: usize,
        outputs: *mut RawTensors,
        error: *mut RawBytes,
    ) -> c_int;
    fn tx_package_load_constants(
        package: *mut RawPackage,
        names: *const u8,
        names_len: usize,
        tensors: *const *mut c_void,
        len: usize,
        full: c_int,
        error: *mut RawBytes,
    ) -> c_int;
}

/// The loaded code of a package.
///
/// What the code does is beyond any check: whoever loads a package trusts it.
#[derive(Debug)]
pub(crate) struct Package {
    raw: NonNull<RawPackage>,
    single_threaded: bool,
}

// SAFETY: libtorch's container of models belongs to no thread.
unsafe impl Send for Package {}
// SAFETY: the container hands each call a model of its own, under its own locks. Where it does not (`single_threaded`, and
// the update of constants), the functions take `&mut self`.
unsafe impl Sync for Package {}

impl Package {
    /// Loads a model of a package. `device` is an index, -1 for the current device.
    pub(crate) fn load(
        path: &CStr,
        model: &CStr,
        single_threaded: bool,
        runners: usize,
        device: i32,
    ) -> Result<Self, ShimError> {
        let mut raw = ptr::null_mut();
        let mut error = Buffer::empty();
        // SAFETY: two C strings and two places to write to, all alive during the call.
        let status = unsafe {
            tx_package_load(
                path.as_ptr(),
                model.as_ptr(),
                single_threaded.into(),
                runners,
                device,
                &mut raw,
                &mut error.0,
            )
        };
        error.check(status)?;
        match NonNull::new(raw) {
            Some(raw) => Ok(Self { raw, single_threaded }),
            None => Err(ShimError::Torch("no package".to_owned())),
        }
    }

    /// Whether calls must take turns, by [`run_alone`](Self::run_alone).
    pub(crate) fn is_single_threaded(&self) -> bool {
        self.single_threaded
    }

    /// The structures of inputs and outputs as treespec JSON.
    pub(crate) fn specs(&self) -> Result<Vec<String>, ShimError> {
        // SAFETY: a live package, and a place for the result.
        self.texts(|raw, out| unsafe { tx_package_specs(raw, out) })
    }

    /// The names of the constants.
    pub(crate) fn constants(&self) -> Result<Vec<String>, ShimError> {
        // SAFETY: a live package, and a place for the result.
        self.texts(|raw, out| unsafe { tx_package_constants(raw, out) })
    }

    fn texts(&self, ask: impl FnOnce(*mut RawPackage, *mut RawBytes) -> c_int) -> Result<Vec<String>, ShimError> {
        let mut out = Buffer::empty();
        let status = ask(self.raw.as_ptr(), &mut out.0);
        let out = out.check(status)?;
        Reader::new(&out).list(Reader::text).map_err(|error| ShimError::Torch(error.to_string()))
    }

    /// Runs the model; `None` is an output that is None. An error if it is single-threaded.
    pub(crate) fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Option<Tensor>>, ShimError> {
        if self.single_threaded {
            return Err(ShimError::Torch("a package without locks is shared".to_owned()));
        }
        // SAFETY: the package has locks.
        unsafe { self.run_unlocked(inputs) }
    }

    /// The same while nobody else uses the package.
    pub(crate) fn run_alone(&mut self, inputs: &[&Tensor]) -> Result<Vec<Option<Tensor>>, ShimError> {
        // SAFETY: `&mut self` excludes others.
        unsafe { self.run_unlocked(inputs) }
    }

    /// # Safety
    /// Without locks of the package, nobody else may use it.
    unsafe fn run_unlocked(&self, inputs: &[&Tensor]) -> Result<Vec<Option<Tensor>>, ShimError> {
        let handles: Vec<*mut c_void> = inputs.iter().map(|t| handle(t)).collect();
        let mut made = RawTensors { items: ptr::null_mut(), len: 0 };
        let mut error = Buffer::empty();
        // SAFETY: a live package, handles of borrowed tensors with their number, two places to write to.
        let status =
            unsafe { tx_package_run(self.raw.as_ptr(), handles.as_ptr(), handles.len(), &mut made, &mut error.0) };
        error.check(status)?;
        // SAFETY: with status 0 `made` holds `len` handles made for the caller, or null; each is adopted once, then the
        // array freed.
        Ok(unsafe {
            let item = |i| {
                let raw: *mut c_void = *made.items.add(i);
                (!raw.is_null()).then(|| adopt(raw))
            };
            let results = (0..made.len).map(item).collect();
            tx_tensors_free(made);
            results
        })
    }

    /// Copies values into constants. `full`: all of them must be given.
    pub(crate) fn load_constants(&mut self, constants: &[(String, Tensor)], full: bool) -> Result<(), ShimError> {
        let mut names = Vec::new();
        for (name, _) in constants {
            names.extend((name.len() as u64).to_ne_bytes());
            names.extend(name.as_bytes());
        }
        let handles: Vec<*mut c_void> = constants.iter().map(|(_, tensor)| handle(tensor)).collect();
        let mut error = Buffer::empty();
        // SAFETY: a live package that nobody else uses, bytes and handles with their numbers, a place to write to.
        let status = unsafe {
            tx_package_load_constants(
                self.raw.as_ptr(),
                names.as_ptr(),
                names.len(),
                handles.as_ptr(),
                handles.len(),
                full.into(),
                &mut error.0,
            )
        };
        error.check(status).map(|_| ())
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        // SAFETY: made by `tx_package_load`, freed once.
        unsafe { tx_package_free(self.raw.as_ptr()) }
    }
}
