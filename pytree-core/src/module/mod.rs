//! A model: something with a forward whose arguments and result are trees.

mod call;
mod signature;
mod slots;

pub use call::Call;
pub use signature::{BindError, BoundArgument, InputPath, Parameter, ParameterKind, Signature};
pub use slots::{Holder, Holders, Slot, SlotKind, Slots, VarArgs, VarKwargs};

use crate::{Family, OwnedTree};

/// A model with a typed forward (`torch.nn.Module`, as far as an export needs it). `#[module]` writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no module",
    label = "this has no forward that can be called with a tree of arguments",
    note = "add `#[module]` to the `impl {Self} {{ fn forward(&self, ..) -> .. }}` block"
)]
pub trait Module {
    /// The tensors it works on.
    type Family: Family;
    /// One set of arguments: a tree of `(args, kwargs)`.
    type Args: OwnedTree<Self::Family>;
    /// What forward returns.
    type Output: OwnedTree<Self::Family>;

    /// The name of the model's type.
    fn name() -> &'static str;

    /// The parameters of forward, without `self`.
    fn signature() -> &'static Signature;

    /// Runs forward.
    ///
    /// # Errors
    /// When an argument is missing or given twice.
    fn call(&self, args: &Self::Args) -> Result<Self::Output, BindError>;
}
