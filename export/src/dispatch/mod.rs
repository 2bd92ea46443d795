//! The dispatcher of libtorch: ops by name, schemas, boxed calls, and recording what a forward does.
//!
//! [`OpName`], [`Value`] and the kinds need no libtorch; the rest is behind the feature `tch`.

mod info;
mod kinds;
mod op_name;
mod value;

pub use info::TensorInfo;
pub use kinds::{
    DType, Device, Layout, MemoryFormat, device_from_libtorch, device_to_libtorch, dtype_from_libtorch,
    dtype_to_libtorch,
};
pub use op_name::{OpName, OpNameError};
pub use value::Value;

#[cfg(feature = "tch")]
mod call;
#[cfg(feature = "tch")]
mod error;
#[cfg(feature = "tch")]
mod known;
#[cfg(feature = "tch")]
mod log;
#[cfg(feature = "tch")]
mod names;
#[cfg(feature = "tch")]
mod quiet;
#[cfg(feature = "tch")]
mod record;
#[cfg(feature = "tch")]
mod schema;
#[cfg(feature = "tch")]
mod tensor;
#[cfg(feature = "tch")]
mod trace;
#[cfg(feature = "tch")]
mod wire;

#[cfg(feature = "tch")]
pub(crate) use self::record::{Forgery, quietly, record_forged};
#[cfg(feature = "tch")]
pub use self::{
    call::call,
    error::{DispatchError, Place, RecordError, UnknownReason},
    known::{Known, Role},
    record::{record, record_located},
    schema::{Schema, SchemaArgument, SchemaReturn},
    tensor::{StorageId, deep_copy, info, on_storage, same_tensor, storage_bytes, storage_from_bytes, storage_id},
    trace::{Argument, Call, Declared, Failure, Lifted, Output, StorageNumber, Trace, ValueId},
};
