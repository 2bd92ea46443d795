//! A model: a type with a forward whose arguments and result are trees.

mod call;
mod error;
mod signature;
mod slots;

pub use call::Call;
pub use error::ForwardError;
pub use signature::{BindError, BoundArgument, InputPath, Parameter, ParameterKind, Signature};
pub use slots::{Holder, Holders, Slot, SlotKind, Slots, VarArgs, VarKwargs};

use crate::{Family, OwnedTree};

/// A model with a typed forward: what an export needs of a `torch.nn.Module`. `#[module]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module",
    label = "this has no forward that can be called with a tree of arguments",
    note = "add `#[module]` to the `impl {Self} {{ fn forward(&self, ..) -> .. }}` block"
)]
pub trait Module {
    /// The family of its tensors.
    type Family: Family;
    /// The arguments of a call: a tree of `(args, kwargs)`.
    type Args: OwnedTree<Self::Family>;
    /// The result of forward.
    type Output: OwnedTree<Self::Family>;

    /// The name of the model's type.
    fn name() -> &'static str;

    /// The parameters of forward, without `self`.
    fn signature() -> &'static Signature;

    /// Runs forward.
    ///
    /// # Errors
    /// When an argument is missing or given twice, or with the error that forward returned.
    fn call(&self, args: &Self::Args) -> Result<Self::Output, ForwardError>;
}
