//! Running a program of a zoo on its recorded cases.

use super::ZooProgram;
use pytree_core::{DType, Leaf, Tch, TreeSpec, Value, into_leaves, unflatten};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tch::{Kind, Tensor};
use torch_export::CallError;
use torch_export::dispatch::{self, DispatchError};
use torch_export::prelude::*;

/// Inputs, and what is expected of them.
struct Case {
    name: String,
    json: Json,
    tensors: HashMap<String, Tensor>,
}

impl ZooProgram {
    /// Runs all cases and all bad inputs.
    ///
    /// # Errors
    /// The first case that fails, and why.
    pub fn run(&self) -> Result<(), String> {
        let program = ExportedProgram::load(self.folder.join("model.pt2")).map_err(|e| e.to_string())?;
        for case in cases(&self.folder, "case_")? {
            case.run(&program).map_err(|why| format!("{}: {why}", case.name))?;
        }
        for case in cases(&self.folder, "bad_")? {
            case.refused(&program).map_err(|why| format!("{}: {why}", case.name))?;
        }
        Ok(())
    }

    /// The error with which loading or running is refused.
    ///
    /// # Errors
    /// When the program can be made into a module.
    pub fn run_refused(&self) -> Result<String, String> {
        let program = match ExportedProgram::load(self.folder.join("model.pt2")) {
            Ok(program) => program,
            Err(error) => return Ok(error.to_string()),
        };
        match program.module() {
            Ok(_) => Err("it can be run".to_owned()),
            Err(error) => Ok(error.to_string()),
        }
    }
}

/// The recorded cases of a folder, in order.
fn cases(folder: &Path, prefix: &str) -> Result<Vec<Case>, String> {
    let at = |path: &Path, e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let listed = std::fs::read_dir(folder).map_err(|e| at(folder, &e))?;
    let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(prefix) && name.ends_with(".json")
    });
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read(&path).map_err(|e| at(&path, &e))?;
        let json = serde_json::from_slice(&text).map_err(|e| at(&path, &e))?;
        let file = path.with_extension("safetensors");
        let tensors = if file.is_file() { Tensor::read_safetensors(&file).map_err(|e| at(&file, &e))? } else { vec![] };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Case { name, json, tensors: tensors.into_iter().collect() })
    };
    paths.into_iter().map(read).collect()
}

impl Case {
    fn spec(&self, key: &str) -> Result<TreeSpec, String> {
        TreeSpec::from_json(self.json[key].as_str().unwrap_or_default()).map_err(|e| format!("{key}: {e}"))
    }

    fn inputs(&self) -> Result<Value<Tch>, String> {
        let leaves = self.json["inputs"].as_array().into_iter().flatten().map(|leaf| self.leaf(leaf));
        let leaves = leaves.collect::<Result<Vec<_>, _>>()?;
        unflatten(leaves, &self.spec("in_spec")?).map_err(|e| e.to_string())
    }

    fn run(&self, program: &ExportedProgram) -> Result<(), String> {
        let inputs = self.inputs()?;
        let module = program.module().map_err(|e| e.to_string())?;
        tch::manual_seed(self.json["seed"].as_i64().unwrap_or_default());
        let output: Value<Tch> = module.call(&inputs).map_err(|e| e.to_string())?;
        let (outputs, spec) = into_leaves(output).map_err(|e| e.to_string())?;
        let expected = self.spec("out_spec")?;
        expected.same_as(&spec).map_err(|e| format!("the output has another structure: {e}"))?;
        let leaves = self.json["outputs"].as_array().cloned().unwrap_or_default();
        if leaves.len() != outputs.len() {
            return Err(format!("{} outputs, and {} are expected", outputs.len(), leaves.len()));
        }
        for (i, (leaf, output)) in leaves.iter().zip(&outputs).enumerate() {
            self.same(output, leaf).map_err(|why| format!("output {i}: {why}"))?;
        }
        let (inputs, _) = into_leaves(inputs).map_err(|e| e.to_string())?;
        for leaf in self.json["mutated_inputs"].as_array().into_iter().flatten() {
            let index = leaf["index"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX);
            let input = inputs.get(index).ok_or("no such input")?;
            self.same(input, leaf).map_err(|why| format!("input {index} after the call: {why}"))?;
        }
        for leaf in self.json["state_after"].as_array().into_iter().flatten() {
            let name = leaf["fqn"].as_str().unwrap_or_default();
            let tensor = module.tensor(name).ok_or_else(|| format!("no tensor {name}"))?;
            self.same(&Leaf::Tensor(tensor), leaf).map_err(|why| format!("{name} after the call: {why}"))?;
        }
        Ok(())
    }

    fn refused(&self, program: &ExportedProgram) -> Result<(), String> {
        let module = program.module().map_err(|e| e.to_string())?;
        let expected = self.json["error"]["message"].as_str().unwrap_or_default();
        match module.call::<_, Value<Tch>>(&self.inputs()?) {
            Ok(_) => Err(format!("it runs, and must fail with {expected:?}")),
            Err(error) => {
                let text = match &error {
                    CallError::Inputs(mismatch) => mismatch.pytorch(),
                    other => other.to_string(),
                };
                match text.contains(expected) {
                    true => Ok(()),
                    false => Err(format!("the error is {text}, and must contain {expected:?}")),
                }
            }
        }
    }

    /// A recorded leaf.
    fn leaf(&self, json: &Json) -> Result<Leaf<Tch>, String> {
        let value = &json["value"];
        Ok(match json["kind"].as_str().unwrap_or_default() {
            "tensor" => Leaf::Tensor(self.tensor(json)?),
            "int" => Leaf::Int(value.as_i64().ok_or("an int is expected")?),
            "float" => Leaf::Float(float(value)?),
            "bool" => Leaf::Bool(value.as_bool().ok_or("a bool is expected")?),
            "str" => Leaf::Str(value.as_str().ok_or("a str is expected")?.to_owned()),
            "none" => Leaf::None,
            kind => return Err(format!("a leaf of kind {kind:?}")),
        })
    }

    fn tensor(&self, json: &Json) -> Result<Tensor, String> {
        let key = json["key"].as_str().unwrap_or_default();
        let stored = self.tensors.get(key).ok_or_else(|| format!("no tensor {key}"))?;
        let name = json["dtype"].as_str().unwrap_or_default();
        let dtype: DType = name.parse().map_err(|_| format!("an element type {name:?}"))?;
        let ints = |key: &str| json[key].as_array().map(|ints| ints.iter().filter_map(Json::as_i64).collect());
        let sizes: Vec<i64> = ints("shape").ok_or("a tensor without a shape")?;
        // The bytes are those of the tensor, whatever type the file gives them.
        let made = || -> Result<Tensor, DispatchError> {
            let base = dispatch::storage_from_bytes(&dispatch::storage_bytes(stored)?)?;
            let tensor = dispatch::on_storage(&base, dtype, &sizes, &contiguous(&sizes), 0)?;
            let Some(strides) = ints("stride") else { return Ok(tensor) };
            let last: i64 =
                sizes.iter().zip(&strides).map(|(size, stride): (&i64, &i64)| (size - 1).max(0) * stride).sum();
            let bytes = (usize::try_from(last).unwrap_or_default() + 1) * dtype.size();
            let base = dispatch::storage_from_bytes(&vec![0; bytes])?;
            let mut strided = dispatch::on_storage(&base, dtype, &sizes, &strides, 0)?;
            strided.copy_(&tensor);
            Ok(strided)
        };
        made().map_err(|e| e.to_string())
    }

    /// Whether a value is the recorded one.
    fn same(&self, found: &Leaf<Tch>, json: &Json) -> Result<(), String> {
        let expected = self.leaf(json)?;
        match (found, &expected) {
            (Leaf::Tensor(found), Leaf::Tensor(expected)) => self.close(found, expected),
            (Leaf::Float(a), Leaf::Float(b)) if a.to_bits() == b.to_bits() || (a - b).abs() <= 1e-12 * b.abs() => {
                Ok(())
            }
            (Leaf::Int(a), Leaf::Int(b)) if a == b => Ok(()),
            (Leaf::Bool(a), Leaf::Bool(b)) if a == b => Ok(()),
            (Leaf::Str(a), Leaf::Str(b)) if a == b => Ok(()),
            (Leaf::None, Leaf::None) => Ok(()),
            _ => Err(format!("{found:?}, and {expected:?} is expected")),
        }
    }

    /// `|a - b| <= atol + rtol*|b|`, the same element type and sizes.
    fn close(&self, found: &Tensor, expected: &Tensor) -> Result<(), String> {
        let outline = |tensor: &Tensor| dispatch::tensor_type(tensor).map(|t| (t.dtype, t.sizes));
        let (found_outline, outline) =
            (outline(found).map_err(|e| e.to_string())?, outline(expected).map_err(|e| e.to_string())?);
        if found_outline != outline {
            return Err(format!("{found_outline:?}, and {outline:?} is expected"));
        }
        let dtype = outline.0;
        let least = match dtype {
            DType::BFloat16 => 2e-2,
            DType::Float16 => 2e-3,
            _ if dtype.size() == 1 && is_float(dtype) => 0.13,
            _ => 0.0,
        };
        let limit = |key: &str| self.json[key].as_f64().unwrap_or_default().max(least);
        let (rtol, atol) = (limit("rtol"), limit("atol"));
        let compare = || -> Result<bool, tch::TchError> {
            let plain = |tensor: &Tensor| tensor.f_resolve_conj()?.f_resolve_neg();
            let (found, expected) = (plain(found)?, plain(expected)?);
            if dtype.name().starts_with("complex") {
                let real = |tensor: Tensor| tensor.f_to_kind(Kind::ComplexDouble)?.f_view_as_real();
                return real(found)?.f_allclose(&real(expected)?, rtol, atol, true);
            }
            let kind = if is_float(dtype) { Kind::Double } else { Kind::Int64 };
            let (found, expected) = (found.f_to_kind(kind)?, expected.f_to_kind(kind)?);
            if kind == Kind::Int64 { found.f_equal(&expected) } else { found.f_allclose(&expected, rtol, atol, true) }
        };
        match tch::no_grad(compare) {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("the values of a tensor of {outline:?} differ")),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn is_float(dtype: DType) -> bool {
    dtype.name().contains("float")
}

/// The strides of a contiguous tensor.
fn contiguous(sizes: &[i64]) -> Vec<i64> {
    let mut strides: Vec<i64> = Vec::new();
    let mut next = 1;
    for size in sizes.iter().rev() {
        strides.insert(0, next);
        next *= size.max(&1);
    }
    strides
}

fn float(value: &Json) -> Result<f64, String> {
    match (value.as_f64(), value.as_str()) {
        (Some(value), _) => Ok(value),
        (_, Some("NaN")) => Ok(f64::NAN),
        (_, Some("Infinity")) => Ok(f64::INFINITY),
        (_, Some("-Infinity")) => Ok(f64::NEG_INFINITY),
        _ => Err(format!("a float is expected, not {value}")),
    }
}
