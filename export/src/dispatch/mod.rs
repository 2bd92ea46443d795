//! The dispatcher of libtorch: ops by name, their schemas, boxed calls, and tensors as memory.

mod call;
mod error;
pub(crate) mod ffi;
mod schema;
mod tensor;
pub(crate) mod wire;

pub use call::call;
pub use error::DispatchError;
pub(crate) use error::first_line;
pub use schema::{Schema, SchemaArgument, SchemaReturn};
pub use tensor::{
    StorageId, deep_copy, on_storage, same_tensor, storage_bytes, storage_from_bytes, storage_id, tensor_type,
};
