//! Tensors by name in safetensors and npz files.

use super::error::RunError;
use super::npy;
use crate::weights::dtype_of;
use program::Value;
use pytree_core::{DType, MemoryFormat};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use std::io::{Cursor, Read};
use std::path::Path;
use tch::Tensor;
use torch_export::dispatch::{call, on_storage, storage_bytes, storage_from_bytes, tensor_type};

/// Reads all tensors of a file. Which kind of file it is, its first bytes say.
pub(super) fn read(path: &Path) -> Result<Vec<(String, Tensor)>, RunError> {
    let bytes = std::fs::read(path).map_err(|source| RunError::Read { path: path.to_owned(), source })?;
    let wrong = |problem: String| RunError::File { path: path.to_owned(), problem };
    if bytes.starts_with(b"PK") { read_npz(&bytes, &wrong) } else { read_safetensors(&bytes, &wrong) }
}

fn read_safetensors(bytes: &[u8], wrong: &dyn Fn(String) -> RunError) -> Result<Vec<(String, Tensor)>, RunError> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| wrong(format!("it is neither a safetensors nor an npz file: {error}")))?;
    let read = |(name, view): (String, TensorView<'_>)| {
        let dtype = DType::ALL.iter().find(|dtype| dtype_of(**dtype) == Some(view.dtype()));
        let dtype = *dtype.ok_or_else(|| wrong(format!("`{name}` has the element type {:?}", view.dtype())))?;
        let sizes: Option<Vec<i64>> = view.shape().iter().map(|size| i64::try_from(*size).ok()).collect();
        let sizes = sizes.ok_or_else(|| wrong(format!("the sizes of `{name}` are too large")))?;
        let tensor = tensor(view.data(), dtype, &sizes, &contiguous(&sizes));
        Ok((name.clone(), tensor.map_err(|source| RunError::dispatch(&name, source))?))
    };
    file.tensors().into_iter().map(read).collect()
}

fn read_npz(bytes: &[u8], wrong: &dyn Fn(String) -> RunError) -> Result<Vec<(String, Tensor)>, RunError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| wrong(error.to_string()))?;
    let mut tensors = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| wrong(error.to_string()))?;
        let name = member.name().map_err(|error| wrong(error.to_string()))?;
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        let mut content = Vec::new();
        member.read_to_end(&mut content).map_err(|error| wrong(format!("`{name}`: {error}")))?;
        let array = npy::Array::parse(&content).map_err(|problem| wrong(format!("`{name}`: {problem}")))?;
        let mut strides = contiguous(&array.sizes);
        if array.fortran_order {
            let backwards: Vec<i64> = array.sizes.iter().rev().copied().collect();
            strides = contiguous(&backwards);
            strides.reverse();
        }
        let tensor = tensor(array.data, array.dtype, &array.sizes, &strides);
        tensors.push((name.clone(), tensor.map_err(|source| RunError::dispatch(&name, source))?.contiguous()));
    }
    Ok(tensors)
}

fn tensor(
    bytes: &[u8],
    dtype: DType,
    sizes: &[i64],
    strides: &[i64],
) -> Result<Tensor, torch_export::dispatch::DispatchError> {
    on_storage(&storage_from_bytes(bytes)?, dtype, sizes, strides, 0)
}

fn contiguous(sizes: &[i64]) -> Vec<i64> {
    let mut strides = vec![1; sizes.len()];
    let mut stride: i64 = 1;
    for (place, size) in strides.iter_mut().zip(sizes).rev() {
        *place = stride;
        stride = stride.saturating_mul((*size).max(1));
    }
    strides
}

/// Writes tensors to a safetensors file.
pub(super) fn write(path: &Path, tensors: &[(String, Tensor)]) -> Result<(), crate::error::Error> {
    let mut parts = Vec::new();
    for (name, tensor) in tensors {
        let (dtype, sizes, bytes) = content(name, tensor)?;
        let known = dtype_of(dtype).ok_or_else(|| RunError::DType { name: name.clone(), dtype })?;
        parts.push((name, known, sizes, bytes));
    }
    let failed = |source| crate::error::Error::Extract { path: path.to_owned(), source };
    let mut views = Vec::new();
    for (name, dtype, sizes, bytes) in &parts {
        views.push((name.as_str(), TensorView::new(*dtype, sizes.clone(), bytes).map_err(failed)?));
    }
    safetensors::serialize_to_file(views, None, path).map_err(failed)
}

/// The elements of a tensor, one after the other.
fn content(name: &str, tensor: &Tensor) -> Result<(DType, Vec<usize>, Vec<u8>), RunError> {
    let mut values = Value::Tensor(tensor.detach());
    // The last one copies, so that the storage has nothing but these elements.
    let contiguous = Value::MemoryFormat(MemoryFormat::Contiguous);
    for (op, more) in [
        ("aten.resolve_conj.default", None),
        ("aten.resolve_neg.default", None),
        ("aten.clone.default", Some(contiguous)),
    ] {
        let op = op.parse().map_err(|error| RunError::Torch { place: name.to_owned(), message: format!("{error}") })?;
        let arguments: Vec<Value<Tensor>> = std::iter::once(values).chain(more).collect();
        let results = call(&op, &arguments).map_err(|source| RunError::dispatch(name, source))?;
        values = results.into_iter().next().unwrap_or(Value::None);
    }
    let Value::Tensor(tensor) = values else {
        return Err(RunError::Torch { place: name.to_owned(), message: "the copy is not a tensor".to_owned() });
    };
    let ty = tensor_type(&tensor).map_err(|source| RunError::dispatch(name, source))?;
    let bytes = storage_bytes(&tensor).map_err(|source| RunError::dispatch(name, source))?;
    let sizes = ty.sizes.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect();
    Ok((ty.dtype, sizes, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_of_contiguous_tensors() {
        assert_eq!(contiguous(&[2, 3, 4]), [12, 4, 1]);
        assert_eq!(contiguous(&[2, 0, 4]), [4, 4, 1]);
        assert!(contiguous(&[]).is_empty());
    }
}
