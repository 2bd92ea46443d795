//! The leaves of trees as files that Python reads.

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use tch::Tensor;
use torch_export::prelude::*;
use torch_export::pytree::{Leaf, LeafRef, OwnedTree};

/// Describes leaves, and writes their tensors to `folder`, each as a raw little-endian file that is called `stem` and the
/// index of the leaf.
///
/// # Errors
/// When a file cannot be written, or a tensor has no plain data.
pub fn write_leaves<'a>(
    folder: &Path,
    stem: &str,
    leaves: impl IntoIterator<Item = LeafRef<'a, Tch>>,
) -> Result<Vec<Value>> {
    let leaf = |(i, leaf)| {
        Ok(match leaf {
            LeafRef::Tensor(tensor) => write_tensor(folder, &format!("{stem}{i}.bin"), tensor)?,
            LeafRef::Int(v) => json!({ "value": v }),
            LeafRef::Float(v) => json!({ "value": v }),
            LeafRef::Bool(v) => json!({ "value": v }),
            LeafRef::Str(v) => json!({ "value": v }),
            LeafRef::None => json!({ "value": null }),
        })
    };
    leaves.into_iter().enumerate().map(leaf).collect()
}

fn write_tensor(folder: &Path, file: &str, tensor: &Tensor) -> Result<Value> {
    let dtype = torch_export::dispatch::tensor_type(tensor)?.dtype;
    let data = tensor.f_detach()?.f_contiguous()?;
    let mut bytes = vec![0_u8; data.numel() * data.f_kind()?.elt_size_in_bytes()];
    data.f_copy_data_u8(&mut bytes, data.numel())?;
    fs::write(folder.join(file), &bytes)?;
    Ok(json!({ "tensor": file, "dtype": dtype.to_string(), "sizes": data.size() }))
}

/// The same tree with the same tensors: a call owns its arguments and cannot be cloned, but it can be flattened and rebuilt.
///
/// # Errors
/// When the tree cannot be flattened or rebuilt.
pub fn copy<T: OwnedTree<Tch>>(tree: &T) -> Result<T> {
    let flat = flatten(tree)?;
    let copied = |leaf: LeafRef<'_, Tch>| -> Leaf<Tch> { leaf.map(Tensor::shallow_clone) };
    let leaves: Vec<Leaf<Tch>> = flat.leaves.into_iter().map(copied).collect();
    Ok(unflatten(leaves, &flat.spec)?)
}
