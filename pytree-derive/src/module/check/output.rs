//! What a forward returns.

use crate::ctxt::Ctxt;
use crate::ty;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericArgument, PathArguments, Type};

/// The result of a forward.
pub(crate) enum Output<'a> {
    /// Forward returns nothing.
    Nothing,
    /// A tree.
    Tree(&'a Type),
    /// A `Result` of a tree.
    Fallible(&'a Type),
    /// A `Result` of nothing.
    FallibleNothing,
}

impl<'a> Output<'a> {
    /// The output of a forward with this return type; mistakes go to `cx`.
    pub(super) fn check(cx: &Ctxt, output: Option<&'a Type>) -> Self {
        let Some(ty) = output.map(ty::unparenthesized) else { return Output::Nothing };
        let arguments = result_of(ty);
        let tree = arguments.as_ref().map_or(Some(ty), |arguments| arguments.first().copied());
        if let Some(Type::ImplTrait(_)) = tree {
            cx.error(tree, "forward must name the type that it returns, since a program returns the same type");
        } else if let Some(place) = tree.and_then(|tree| ty::borrowed(tree.to_token_stream())) {
            let message = "forward must return an owned type (use `shallow_clone` for a tensor that the model keeps)";
            cx.error(place, message);
        }
        for error in arguments.iter().flatten().skip(1) {
            if let Some(place) = ty::borrowed_for_a_time(error.to_token_stream()) {
                cx.error(place, "the error of forward must be an owned type or `'static`: a call returns it");
            }
        }
        match (&arguments, tree) {
            (None, _) => Output::Tree(ty),
            (Some(_), Some(Type::Tuple(unit))) if unit.elems.is_empty() => Output::FallibleNothing,
            (Some(_), _) => Output::Fallible(ty),
        }
    }

    /// Whether forward may return an error.
    pub(crate) fn may_fail(&self) -> bool {
        matches!(self, Output::Fallible(_) | Output::FallibleNothing)
    }

    /// The type of the tree, unless there is none.
    pub(crate) fn tree(&self) -> Option<TokenStream> {
        match self {
            Output::Nothing | Output::FallibleNothing => None,
            Output::Tree(ty) => Some(ty.to_token_stream()),
            Output::Fallible(ty) => Some(quote!(<#ty as __p::Fallible>::Output)),
        }
    }
}

/// The arguments of a type that is named `Result`: `Result<T, E>`, `anyhow::Result<T>`. The name is all that a macro sees.
fn result_of(ty: &Type) -> Option<Vec<&Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Some(Vec::new()) };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some(types.collect())
}
