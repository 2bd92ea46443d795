use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::python::Python;
use crate::scratch::Scratch;

/// The wheels that contain libtorch, for one platform.
pub(crate) struct Wheels {
    packages: &'static [&'static str],
    /// pip's options for the platform, so that any Python 3 can download them. libtorch does not depend on Python.
    platform: &'static [&'static str],
}

/// The only wheel here with GPU parts. `libtorch_cpu.so` needs two small libraries of CUDA to load, and nothing else of it.
const LINUX_X86_64: Wheels = Wheels {
    packages: &["torch==2.13.0", "nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"],
    platform: &[
        "--implementation=cp",
        "--python-version=3.12",
        "--platform=manylinux_2_28_x86_64",
        "--platform=manylinux_2_25_x86_64",
        "--platform=manylinux2014_x86_64",
    ],
};

/// The other platforms. These have not been tried.
const OTHERS: Wheels = Wheels { packages: &["torch==2.13.0"], platform: &[] };

/// The libraries of CUDA that the CPU part needs, in the wheels' folder `nvidia/cu13/lib`.
const CUDA_FOR_CPU: [&str; 2] = ["libcudart.so.13", "libcupti.so.13"];

/// How the names of libraries begin that only a GPU or Python needs.
const NOT_FOR_CPU: [&str; 6] =
    ["libtorch_cuda", "libc10_cuda", "libtorch_nvshmem", "libcaffe2_nvrtc", "libtorch_python", "libshm"];

impl Wheels {
    /// The wheels for the platform that this program runs on.
    pub(crate) fn for_this_platform() -> Result<&'static Self, Error> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Ok(&LINUX_X86_64),
            ("linux" | "macos", "aarch64") => Ok(&OTHERS),
            (os, arch) => Err(Error::UnsupportedPlatform { os, arch }),
        }
    }

    /// Unpacks them with pip into a folder in `scratch`, and returns that folder.
    pub(crate) fn unpack(&self, python: &Python, scratch: &Scratch) -> Result<PathBuf, Error> {
        let site = scratch.folder("site")?;
        // pip unpacks into its temporary folder first. Inside the scratch folder, that is on the same disk and is removed with it.
        let temporary = scratch.folder("tmp")?;
        python
            .pip_install()
            .args(["--no-deps", "--no-compile", "--only-binary=:all:"])
            .args(self.platform)
            .args(["--target".as_ref(), site.as_os_str()])
            .args(self.packages)
            .env("TMPDIR", &temporary)
            .run()?;
        Ok(site)
    }
}

/// Makes the folder `libtorch` from the unpacked wheels in `site`: the CPU part of `include`, `lib` and `share`.
pub(crate) fn extract_cpu(site: &Path, libtorch: &Path) -> Result<(), Error> {
    let torch = site.join("torch");
    fs::create_dir_all(libtorch).map_err(Error::file(libtorch, "make"))?;
    for part in ["include", "lib", "share"] {
        take(&torch.join(part), &libtorch.join(part))?;
    }
    let lib = libtorch.join("lib");
    let mut had_cuda = false;
    for entry in fs::read_dir(&lib).map_err(Error::file(&lib, "list"))? {
        let path = entry.map_err(Error::file(&lib, "list"))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if NOT_FOR_CPU.iter().any(|start| name.starts_with(start)) {
            had_cuda |= name.starts_with("libtorch_cuda");
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(Error::file(&path, "remove"))?;
        }
    }
    if had_cuda {
        // libtorch_cpu.so also searches its own folder, so one folder holds everything.
        for name in CUDA_FOR_CPU {
            take(&site.join("nvidia/cu13/lib").join(name), &lib.join(name))?;
        }
        forget_cuda(&lib.join("libtorch.so"))?;
    }
    // torch-sys reads the version from this file, which the wheel does not have.
    write(&libtorch.join("build-version"), &format!("{}\n", libtorch_link::VERSION))
}

/// Makes the wheel's libtorch.so, which is empty but needs libtorch_cuda.so, need the CPU part in its place.
///
/// It has to be a library: the code of AOTInductor packages needs one of this name at run time.
fn forget_cuda(library: &Path) -> Result<(), Error> {
    const CUDA: &[u8] = b"\0libtorch_cuda.so\0";
    // The name is needed twice then, which does no harm. Nothing moves, since the length stays.
    const CPU: &[u8] = b"\0libtorch_cpu.so\0\0";
    let mut bytes = fs::read(library).map_err(Error::file(library, "read"))?;
    let places: Vec<usize> =
        (bytes.windows(CUDA.len()).enumerate()).filter_map(|(place, name)| (name == CUDA).then_some(place)).collect();
    let [place] = places[..] else {
        return Err(Error::Wheel { file: library.to_owned() });
    };
    bytes[place..place + CPU.len()].copy_from_slice(CPU);
    fs::write(library, bytes).map_err(Error::file(library, "write"))
}

/// Whether this libtorch was set up by an earlier version, which wrote a text for linkers in place of libtorch.so.
pub(crate) fn is_outdated(libtorch: &Path) -> bool {
    fs::read(libtorch.join("lib/libtorch.so")).is_ok_and(|bytes| bytes.starts_with(b"INPUT"))
}

/// Moves `from` to `to`. Both are in the scratch folder, so this only renames.
fn take(from: &Path, to: &Path) -> Result<(), Error> {
    if !from.exists() {
        return Err(Error::Wheel { file: from.to_owned() });
    }
    fs::rename(from, to).map_err(Error::file(from, "move"))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::file(path, "write"))
}
