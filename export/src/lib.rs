//! torch.export for Rust.

pub mod dispatch;
#[cfg(feature = "tch")]
mod export;
#[cfg(feature = "tch")]
mod ffi;
pub mod prelude;
pub mod program;
pub mod pt2;
#[cfg(feature = "tch")]
pub mod run;

#[cfg(feature = "tch")]
pub use export::{Export, ExportError, export};
pub use program::ExportedProgram;
pub use pt2::SaveError;
#[cfg(feature = "tch")]
pub use run::CallError;

// The derive and `#[module]` with this crate as their root: a user needs no other dependency than this one and `tch`.
pub use pytree_derive::{PyTreeFacade as PyTree, module_facade as module};

pub use pytree_core::*;
pub use shapes;

#[doc(hidden)]
pub use pytree_core::__private;
