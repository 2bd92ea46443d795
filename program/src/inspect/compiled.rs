//! AOTInductor models in figures.

use crate::{Archive, LoadError};
use indexmap::IndexMap;
use serde::Serialize;

/// An AOTInductor model of an archive: machine code that `torch._inductor.aoti_compile_and_package` made. See
/// [`Archive::compiled_model`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CompiledModel {
    /// The name of the model; Python's default is `model`.
    pub name: String,
    /// What the compiler wrote about it, and the entries of `aot_inductor.metadata` (`get_metadata()` in Python).
    pub metadata: IndexMap<String, String>,
    /// The files of the model.
    pub files: Vec<CompiledFile>,
    /// The bytes of all files, unpacked.
    pub bytes: usize,
}

/// A file of an AOTInductor model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CompiledFile {
    /// The name of the file.
    pub name: String,
    /// What it is, by its name: `machine code`.
    pub kind: &'static str,
    /// Its size in bytes, unpacked.
    pub bytes: usize,
}

impl CompiledModel {
    /// The type of device that it was compiled for: `cpu`, `cuda`.
    pub fn device(&self) -> Option<&str> {
        self.known("AOTI_DEVICE_KEY")
    }

    /// The operating system that it was compiled for: `linux`.
    pub fn platform(&self) -> Option<&str> {
        self.known("AOTI_PLATFORM")
    }

    /// The processor that it was compiled for: `x86_64`.
    pub fn machine(&self) -> Option<&str> {
        self.known("AOTI_MACHINE")
    }

    /// The instructions that the processor must have: `AVX512`.
    pub fn instructions(&self) -> Option<&str> {
        self.known("AOTI_CPU_ISA")
    }

    /// The compute capability that the device must have: `90`.
    pub fn compute_capability(&self) -> Option<&str> {
        self.known("AOTI_COMPUTE_CAPABILITY")
    }

    fn known(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl Archive {
    /// What is known about an AOTInductor model without running its code; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`LoadError`] when a file with metadata is damaged, or is not a table of texts.
    pub fn compiled_model(&self, name: &str) -> Result<Option<CompiledModel>, LoadError> {
        self.located(self.compiled(name))
    }

    fn compiled(&self, name: &str) -> Result<Option<CompiledModel>, LoadError> {
        let folder = format!("data/aotinductor/{name}/");
        let mut model = CompiledModel { name: name.to_owned(), ..CompiledModel::default() };
        for (member, bytes) in self.members() {
            let Some(file) = member.strip_prefix(&folder) else { continue };
            model.bytes = model.bytes.saturating_add(bytes);
            model.files.push(CompiledFile { name: file.to_owned(), kind: kind(file), bytes });
        }
        for file in model.files.iter().filter(|file| file.name.ends_with(METADATA)) {
            let member = format!("{folder}{}", file.name);
            let Some(content) = self.member(&member)? else { continue };
            let table: IndexMap<String, String> =
                serde_json::from_slice(content.as_bytes()).map_err(|source| LoadError::Json { member, source })?;
            // The same entries stand beside the wrapper and beside the kernels.
            for (key, value) in table {
                model.metadata.entry(key).or_insert(value);
            }
        }
        Ok((!model.files.is_empty()).then_some(model))
    }
}

const METADATA: &str = "_metadata.json";

fn kind(file: &str) -> &'static str {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        _ if file.ends_with(METADATA) => "metadata",
        _ if file == "weights_config.json" => "where its weights are",
        "so" | "dylib" | "dll" | "pyd" => "machine code",
        "o" | "obj" => "machine code that is not linked",
        "cubin" | "fatbin" | "hsaco" | "ptx" | "spv" => "kernel of the device",
        "cpp" | "cc" | "h" | "cu" => "source",
        "bin" | "blob" => "weights",
        "json" => "table",
        _ => "other",
    }
}
