//! libtorch's dispatcher: ops by name, their schemas, boxed calls, and tensors as memory.
//!
//! Exporting and running programs does not need this module. It is for code that calls ops which `tch` does not wrap, or
//! whose names are known only at run time (interpreters, tests of ops), and for code that reads the memory of tensors.
//!
//! | in PyTorch | here |
//! |---|---|
//! | `torch.ops.aten.add.Tensor(...)` | [`call()`] |
//! | `torch.ops.aten.add.Tensor._schema` | [`Schema::of`] |
//! | `tensor.untyped_storage()` | [`storage_bytes`], [`storage_id`] |
//! | `a is b` | [`same_tensor`] |
//! | `torch.as_strided` | [`on_storage`] |

mod bits;
mod call;
mod error;
pub(crate) mod ffi;
mod schema;
mod tensor;
pub(crate) mod wire;

pub(crate) use bits::Bits;
pub use call::call;
pub use error::DispatchError;
pub(crate) use error::first_line;
pub use schema::{Schema, SchemaArgument, SchemaReturn};
pub use tensor::{
    StorageId, deep_copy, on_storage, same_tensor, storage_bytes, storage_from_bytes, storage_id, tensor_type,
};
pub(crate) use tensor::{kept_storage, same_content, storage_len, storage_tensor, tensor_id};
