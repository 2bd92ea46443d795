use std::env;
use std::path::{Path, PathBuf};

use crate::{Error, version};

/// A complete libtorch of the right version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Libtorch {
    lib_dir: PathBuf,
    include_dirs: Vec<PathBuf>,
    version: String,
    kind: Kind,
}

/// How a platform names and links libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Elf,
    MachO,
}

impl Libtorch {
    /// Finds and checks the libtorch that `torch-sys` uses. Call it from a build script.
    ///
    /// It reads the variables that Cargo sets for the build script of a direct dependent of `torch-sys`
    /// (`DEP_TCH_LIBTORCH_LIB`, `CARGO_CFG_TARGET_OS`), and those of `torch-sys` for headers and version:
    /// `LIBTORCH_USE_PYTORCH`, `LIBTORCH_INCLUDE`, `LIBTORCH_BYPASS_VERSION_CHECK`.
    ///
    /// # Errors
    /// Any [`Error`]. Each says what was found, where, and what to do about it.
    pub fn probe() -> Result<Self, Error> {
        let os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_else(|_| env::consts::OS.to_owned());
        let kind = Kind::of(&os)?;
        let lib_dir = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from).ok_or(Error::UnknownLocation)?;
        for name in ["LIBTORCH_USE_PYTORCH", "LIBTORCH_INCLUDE", "LIBTORCH_BYPASS_VERSION_CHECK"] {
            println!("cargo::rerun-if-env-changed={name}");
        }
        // As in torch-sys: the headers may have a root of their own, unless libtorch is Python's.
        let headers = match env::var_os("LIBTORCH_INCLUDE") {
            Some(root) if env::var_os("LIBTORCH_USE_PYTORCH").is_none() => Some(PathBuf::from(root)),
            _ => None,
        };
        Self::check(&lib_dir, headers.as_deref(), kind)
    }

    /// Checks the libtorch in the folder `root`, which has `include` and `lib`, for the platform that this runs on.
    ///
    /// `LIBTORCH_BYPASS_VERSION_CHECK` turns off the check of the version, as in [`probe`](Self::probe).
    ///
    /// # Errors
    /// Any [`Error`] except [`Error::UnknownLocation`].
    pub fn at(root: impl AsRef<Path>) -> Result<Self, Error> {
        Self::check(&root.as_ref().join("lib"), None, Kind::of(env::consts::OS)?)
    }

    fn check(lib_dir: &Path, headers: Option<&Path>, kind: Kind) -> Result<Self, Error> {
        // Absolute, since the linked program runs in any folder. Like torch-sys, this does not follow links.
        let lib_dir = std::path::absolute(lib_dir).unwrap_or_else(|_| lib_dir.to_owned());
        for name in ["torch_cpu", "c10"] {
            let (shared, archive) = (kind.shared(name), format!("lib{name}.a"));
            if !lib_dir.join(&shared).is_file() && !lib_dir.join(archive).is_file() {
                return Err(Error::MissingLibrary { lib_dir, file: shared });
            }
        }
        let root = lib_dir.parent().unwrap_or(&lib_dir);
        let include = headers.unwrap_or(root).join("include");
        let include_dirs = vec![include.clone(), include.join("torch/csrc/api/include")];
        if !include_dirs.iter().any(|dir| dir.join("torch/torch.h").is_file()) {
            return Err(Error::MissingHeader { include_dir: include });
        }
        let found = version::read(root, &include)?;
        if !found.is_wanted() && env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_none() {
            return Err(Error::WrongVersion { found: found.version, file: found.file });
        }
        Ok(Self { lib_dir, include_dirs, version: found.version, kind })
    }

    /// The folder of `libtorch_cpu` and the other libraries.
    pub fn lib_dir(&self) -> &Path {
        &self.lib_dir
    }

    /// The folders for a C++ compiler's `-I`: `include` and `include/torch/csrc/api/include`.
    ///
    /// `torch-sys` does not pass them on, so they are searched for beside [`lib_dir`](Self::lib_dir) or in
    /// `$LIBTORCH_INCLUDE`. Compile with `-std=c++20`.
    pub fn include_dirs(&self) -> &[PathBuf] {
        &self.include_dirs
    }

    /// The version with its build: `"2.13.0"`, `"2.13.0+cu130"`.
    ///
    /// It differs from [`VERSION`](crate::VERSION) only if `LIBTORCH_BYPASS_VERSION_CHECK` is set.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Prints Cargo's instructions for linking all programs, tests, examples and doctests of this package. Call it from a
    /// build script.
    pub fn emit(&self) {
        for argument in self.link_args() {
            println!("cargo::rustc-link-arg={argument}");
        }
        println!("cargo::rerun-if-changed={}", self.lib_dir.join(self.kind.shared("torch_cpu")).display());
    }

    /// The linker arguments that [`emit`](Self::emit) prints.
    pub fn link_args(&self) -> Vec<String> {
        let mut arguments = vec![format!("-Wl,-rpath,{}", self.lib_dir.display())];
        // No program uses a symbol of the GPU libraries directly, so a linker that links as needed (Rust's default) drops
        // them, and the device is missing at run time. These arguments keep what libtorch.so depends on.
        let has_gpu =
            ["torch_cuda", "torch_hip"].iter().any(|name| self.lib_dir.join(self.kind.shared(name)).is_file());
        if self.kind == Kind::Elf && has_gpu {
            let search = format!("-L{}", self.lib_dir.display());
            arguments.extend([
                search,
                "-Wl,--push-state,--no-as-needed".into(),
                "-ltorch".into(),
                "-Wl,--pop-state".into(),
            ]);
        }
        arguments
    }
}

impl Kind {
    fn of(os: &str) -> Result<Self, Error> {
        match os {
            "linux" => Ok(Kind::Elf),
            "macos" => Ok(Kind::MachO),
            _ => Err(Error::UnsupportedTarget { os: os.to_owned() }),
        }
    }

    /// The file name of the shared library `name`.
    fn shared(self, name: &str) -> String {
        match self {
            Kind::Elf => format!("lib{name}.so"),
            Kind::MachO => format!("lib{name}.dylib"),
        }
    }
}
