//! `pt2 weights`: the stored tensors of a program, as a list or as a safetensors file.

use crate::cli::Source;
use crate::error::Error;
use crate::output::{HEADING, Output};
use program::{ExportedProgram, TensorData};
use pytree_core::DType;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Weight<'p> {
    name: &'p str,
    kind: &'static str,
    dtype: DType,
    sizes: &'p [i64],
    strides: &'p [i64],
    bytes: usize,
    /// The first tensor on the same storage.
    shares: Option<&'p str>,
}

pub(crate) fn run(source: &Source, json: bool, extract: Option<&Path>, out: &mut Output) -> Result<(), Error> {
    let program = source.load()?;
    if let Some(path) = extract {
        return write(&program, path);
    }
    let weights = list(&program);
    if json {
        return out.json(&weights);
    }
    out.styled(HEADING, &format!("{:<10} {:<9} {:<20} {:>12}  name", "kind", "dtype", "sizes", "bytes"))?;
    for weight in weights {
        let sizes = format!("{:?}", weight.sizes);
        let shares = weight.shares.map_or(String::new(), |name| format!("  (on the storage of {name})"));
        let (kind, dtype, bytes, name) = (weight.kind, weight.dtype.name(), weight.bytes, weight.name);
        out.line(&format!("{kind:<10} {dtype:<9} {sizes:<20} {bytes:>12}  {name}{shares}"))?;
    }
    Ok(())
}

fn all(program: &ExportedProgram) -> impl Iterator<Item = (&String, &TensorData)> {
    program.state_dict.iter().chain(&program.constants)
}

fn list(program: &ExportedProgram) -> Vec<Weight<'_>> {
    let mut weights: Vec<Weight<'_>> = Vec::new();
    let mut seen: Vec<(&str, &TensorData)> = Vec::new();
    for (at, (name, data)) in all(program).enumerate() {
        let kind = match (data.is_parameter, at < program.state_dict.len()) {
            (true, _) => "parameter",
            (false, true) => "buffer",
            (false, false) => "constant",
        };
        let shares = seen.iter().find(|(_, known)| known.storage.same(&data.storage)).map(|(name, _)| *name);
        if shares.is_none() {
            seen.push((name, data));
        }
        let bytes = data.storage.as_bytes().len();
        let (sizes, strides) = (data.tensor.sizes.as_slice(), data.tensor.strides.as_slice());
        weights.push(Weight { name, kind, dtype: data.tensor.dtype, sizes, strides, bytes, shares });
    }
    weights
}

/// Writes all tensors to a safetensors file, contiguous and apart.
fn write(program: &ExportedProgram, path: &Path) -> Result<(), Error> {
    let mut tensors = Vec::new();
    for (name, data) in all(program) {
        data.storage.verify().map_err(|source| Error::Damaged { name: name.clone(), source })?;
        let dtype = data.tensor.dtype;
        let known = dtype_of(dtype).ok_or_else(|| Error::DType { name: name.clone(), dtype })?;
        let sizes: Vec<usize> = data.tensor.sizes.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect();
        tensors.push((name.clone(), known, sizes, data.contiguous_bytes()));
    }
    let mut views = Vec::with_capacity(tensors.len());
    for (name, dtype, sizes, bytes) in &tensors {
        let view = TensorView::new(*dtype, sizes.clone(), bytes);
        views.push((name.as_str(), view.map_err(|source| Error::Extract { path: path.to_owned(), source })?));
    }
    safetensors::serialize_to_file(views, None, path).map_err(|source| Error::Extract { path: path.to_owned(), source })
}

/// The element type in a safetensors file.
pub(crate) fn dtype_of(dtype: DType) -> Option<Dtype> {
    Some(match dtype {
        DType::Bool => Dtype::BOOL,
        DType::UInt8 => Dtype::U8,
        DType::Int8 => Dtype::I8,
        DType::Int16 => Dtype::I16,
        DType::UInt16 => Dtype::U16,
        DType::Int32 => Dtype::I32,
        DType::UInt32 => Dtype::U32,
        DType::Int64 => Dtype::I64,
        DType::UInt64 => Dtype::U64,
        DType::Float16 => Dtype::F16,
        DType::BFloat16 => Dtype::BF16,
        DType::Float32 => Dtype::F32,
        DType::Float64 => Dtype::F64,
        DType::Float8E4M3Fn => Dtype::F8_E4M3,
        DType::Float8E5M2 => Dtype::F8_E5M2,
        DType::Float8E8M0Fnu => Dtype::F8_E8M0,
        DType::Complex64 => Dtype::C64,
        _ => return None,
    })
}
