//! Models that need no `#[module]` of their own: layers of `tch::nn` and TorchScript modules.
//!
//! | you have | it is a model as |
//! |---|---|
//! | a `nn::Linear`, `nn::Sequential`, `nn::Func`, anything that implements `nn::Module` | [`Layer::new`] |
//! | a network of `tch::vision`, a `nn::SequentialT`, `nn::FuncT`, a `Box<dyn nn::ModuleT>` | [`Layer::eval`], [`Layer::train`] |
//! | a `CModule` | [`Script`] |
//! | a closure | [`function!`](macro@crate::function), which names its parameters |
//! | a type of your own, whose method has another name | `#[module(forward = name)]` |
//! | `impl nn::ModuleT for Net` | `#[module(forward = forward_t)]` above it |

mod layer;
mod script;

pub use layer::Layer;
pub use script::{Script, ScriptError};
