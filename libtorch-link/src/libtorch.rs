use std::env;
use std::path::{Path, PathBuf};

use crate::{Error, version};

/// A libtorch that is there, whole, and of the right version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Libtorch {
    lib_dir: PathBuf,
    include_dirs: Vec<PathBuf>,
    version: String,
    kind: Kind,
}

/// How libraries are named and linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Elf,
    MachO,
}

impl Libtorch {
    /// Finds, from a build script, the libtorch that `torch-sys` was built with, and checks it.
    ///
    /// Reads what Cargo tells the script of a package that lists `torch-sys` (`DEP_TCH_LIBTORCH_LIB`,
    /// `CARGO_CFG_TARGET_OS`), and the variables of `torch-sys` that bear on headers and version:
    /// `LIBTORCH_USE_PYTORCH`, `LIBTORCH_INCLUDE`, `LIBTORCH_BYPASS_VERSION_CHECK`.
    ///
    /// # Errors
    /// Any [`Error`]; each says what was found where, and the cure.
    pub fn probe() -> Result<Self, Error> {
        let os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_else(|_| env::consts::OS.to_owned());
        let kind = Kind::of(&os)?;
        let lib_dir = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from).ok_or(Error::UnknownLocation)?;
        for name in ["LIBTORCH_USE_PYTORCH", "LIBTORCH_INCLUDE", "LIBTORCH_BYPASS_VERSION_CHECK"] {
            println!("cargo::rerun-if-env-changed={name}");
        }
        // As torch-sys has it: a root of its own for the headers, unless Python was asked.
        let headers = match env::var_os("LIBTORCH_INCLUDE") {
            Some(root) if env::var_os("LIBTORCH_USE_PYTORCH").is_none() => Some(PathBuf::from(root)),
            _ => None,
        };
        Self::check(&lib_dir, headers.as_deref(), kind)
    }

    /// Checks the libtorch in the folder `root`, the one with `include` and `lib`, for the platform this runs on.
    ///
    /// `LIBTORCH_BYPASS_VERSION_CHECK` is heeded as in [`probe`](Self::probe).
    ///
    /// # Errors
    /// Any [`Error`] but [`Error::UnknownLocation`].
    pub fn at(root: impl AsRef<Path>) -> Result<Self, Error> {
        Self::check(&root.as_ref().join("lib"), None, Kind::of(env::consts::OS)?)
    }

    fn check(lib_dir: &Path, headers: Option<&Path>, kind: Kind) -> Result<Self, Error> {
        // The program that is linked runs from anywhere. Links are left as they are: torch-sys does not follow them.
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
        let told = version::read(root, &include)?;
        if !told.is_wanted() && env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_none() {
            return Err(Error::WrongVersion { found: told.version, file: told.file });
        }
        Ok(Self { lib_dir, include_dirs, version: told.version, kind })
    }

    /// The folder of `libtorch_cpu` and its like.
    pub fn lib_dir(&self) -> &Path {
        &self.lib_dir
    }

    /// The folders to hand a C++ compiler with `-I`: `include` and `include/torch/csrc/api/include`.
    ///
    /// `torch-sys` tells nobody where they are, so they are found beside [`lib_dir`](Self::lib_dir) or in
    /// `$LIBTORCH_INCLUDE`. Compile with `-std=c++17` or newer.
    pub fn include_dirs(&self) -> &[PathBuf] {
        &self.include_dirs
    }

    /// The version as written there, with its build: `"2.13.0"`, `"2.13.0+cu130"`.
    ///
    /// Another than [`VERSION`](crate::VERSION) only if `LIBTORCH_BYPASS_VERSION_CHECK` is set.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Tells Cargo, from a build script, how to link every program, test, example and doctest of this package.
    pub fn emit(&self) {
        for argument in self.link_args() {
            println!("cargo::rustc-link-arg={argument}");
        }
        println!("cargo::rerun-if-changed={}", self.lib_dir.join(self.kind.shared("torch_cpu")).display());
    }

    /// The arguments that [`emit`](Self::emit) gives the compiler driver that links.
    pub fn link_args(&self) -> Vec<String> {
        let mut arguments = vec![format!("-Wl,-rpath,{}", self.lib_dir.display())];
        // Nothing refers to a symbol of the GPU libraries, so a linker told to link as needed (Rust's default) drops
        // them, and with them the device: keep what libtorch.so pulls in. The CPU needs nothing of the kind.
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
