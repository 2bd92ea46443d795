//! The weights and constants of a program: tables that say where the bytes of every tensor are.

use super::error::{ContentError, Failure, LoadError, cut};
use super::json::Json;
use super::schema::SymInt;
use super::unread::{self, Raw};
use super::values::{device, dtype, layout};
use crate::data::{Pickled, Storage, TensorData};
use indexmap::IndexMap;
use pytree_core::{Layout, TensorType};
use std::collections::HashMap;

/// The tensors of a table, and its objects that are not tensors.
#[derive(Default)]
pub(super) struct Payloads {
    pub(super) tensors: IndexMap<String, TensorData>,
    pub(super) pickled: IndexMap<String, Pickled>,
}

impl Payloads {
    /// Reads a table. `member` gives the bytes of a member in `data/weights` or `data/constants`.
    pub(super) fn read(
        json: &Json,
        table: Raw<'_>,
        kind: &str,
        mut member: impl FnMut(&str) -> Result<Storage, LoadError>,
    ) -> Result<Self, LoadError> {
        let mut payloads = Payloads::default();
        // The storages, so that tensors on one file share one.
        let mut storages: HashMap<String, Storage> = HashMap::new();
        let read = json.entries(table, "config.", |name, payload: unread::Payload<'_>| {
            let place = || format!("the entry `{name}` of the {kind}");
            let path = &*payload.path_name;
            let read = || {
                // A tensor and an object of one name could not both be written again.
                if payloads.tensors.contains_key(&*name) || payloads.pickled.contains_key(&*name) {
                    return Err(ContentError::DuplicateName { name: cut(&name) });
                }
                if path.contains('/') {
                    return Err(ContentError::UndefinedName { name: path.to_owned() });
                }
                json.budget.take(2 * name.len() + path.len())?;
                json.budget.entry::<(String, TensorData)>()?;
                json.budget.entry::<(String, Storage)>()
            };
            read().map_err(|e| e.at(place()))?;
            let storage = match storages.get(path) {
                Some(storage) => storage.clone(),
                None => {
                    let storage = member(path)?;
                    storages.insert(path.to_owned(), storage.clone());
                    storage
                }
            };
            match payload.tensor_meta {
                Some(meta) if !payload.use_pickle => {
                    let tensor = constant_type(json, &meta).map_err(|e| e.at(place()))?;
                    let data = TensorData::new(tensor, payload.is_param, storage);
                    check_bounds(&data, path).map_err(|e| e.at(place()))?;
                    payloads.tensors.insert(name.into_owned(), data);
                }
                _ => {
                    let prefix = path.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
                    let (prefix, is_parameter) = (prefix.to_owned(), payload.is_param);
                    payloads.pickled.insert(name.into_owned(), Pickled { prefix, is_parameter, bytes: storage });
                }
            }
            Ok::<_, Failure>(())
        });
        read.map_err(|e| e.at(|| format!("the table of the {kind}")))?;
        payloads.tensors.shrink_to_fit();
        Ok(payloads)
    }
}

/// The type of a stored tensor, whose sizes are numbers.
fn constant_type(json: &Json, meta: &unread::TensorMeta<'_>) -> Result<TensorType, ContentError> {
    let number = |size: SymInt| match size {
        SymInt::AsInt(number) => Ok(number),
        SymInt::AsExpr(_) => Err(ContentError::unsupported("a stored tensor with a symbolic size")),
    };
    Ok(TensorType {
        dtype: dtype(meta.dtype)?,
        sizes: json.list(meta.sizes, "config.tensor_meta.sizes.", number)?,
        strides: json.list(meta.strides, "config.tensor_meta.strides.", number)?,
        storage_offset: match &meta.storage_offset {
            SymInt::AsInt(offset) => *offset,
            SymInt::AsExpr(_) => return Err(ContentError::unsupported("a stored tensor at a symbolic place")),
        },
        device: device(&meta.device)?,
        layout: layout(meta.layout)?,
        requires_grad: meta.requires_grad,
    })
}

/// Checks that the elements of a tensor are inside of its storage.
pub(crate) fn check_bounds(data: &TensorData, payload: &str) -> Result<(), ContentError> {
    let tensor = &data.tensor;
    if tensor.layout != Layout::Strided {
        return Err(ContentError::unsupported(format!("a stored tensor of the layout {}", tensor.layout)));
    }
    if tensor.sizes.len() != tensor.strides.len() {
        let (expected, found) = (tensor.sizes.len().to_string(), tensor.strides.len().to_string());
        return Err(ContentError::Mismatch { what: "the number of strides", expected, found });
    }
    let numbers = tensor.sizes.iter().chain(&tensor.strides).chain(std::iter::once(&tensor.storage_offset));
    if let Some(number) = numbers.copied().find(|number| *number < 0) {
        return Err(ContentError::Number { number, what: "a size, a stride or an offset" });
    }
    let available = data.storage.as_bytes().len();
    if tensor.sizes.contains(&0) {
        return Ok(());
    }
    // Products of two numbers of 63 bits and their sums fit; torch allows no more than 64 dimensions or so.
    let last =
        tensor.sizes.iter().zip(&tensor.strides).map(|(size, stride)| (i128::from(*size) - 1) * i128::from(*stride));
    let last = last.fold(i128::from(tensor.storage_offset), i128::saturating_add);
    let needed = last.saturating_add(1).saturating_mul(tensor.dtype.size() as i128);
    if needed > available as i128 {
        return Err(ContentError::Bounds { payload: payload.to_owned(), needed, available });
    }
    if !available.is_multiple_of(tensor.dtype.size().max(1)) {
        let what = "a multiple of the element size in bytes";
        return Err(ContentError::Number { number: i64::try_from(available).unwrap_or(i64::MAX), what });
    }
    Ok(())
}
