//! The names of a model and of the type of its arguments.

use crate::module::ast::Block;
use crate::name::plain;
use crate::ty;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident};
use syn::{Path, Type, TypeParamBound};

/// The name of the model: that of its type, or of the trait of an `impl dyn Trait`. Other types can have no methods of
/// the user, so there is nowhere to put `args`.
pub(in crate::module) fn type_name(ty: &Type) -> Option<String> {
    let last = |path: &Path| path.segments.last().map(|s| plain(&s.ident));
    match ty {
        Type::Path(path) => last(&path.path),
        Type::Paren(inner) => type_name(&inner.elem),
        Type::Group(inner) => type_name(&inner.elem),
        Type::TraitObject(object) => object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => last(&bound.path),
            _ => None,
        }),
        _ => None,
    }
}

/// The name of the type of the arguments, which must not hide a type that the block names.
pub(super) fn args_name(model: &str, block: &Block, family: Option<&Path>) -> Ident {
    let mut name = format_ident!("{}Args", camel_case(model));
    let forward = block.forward.iter().flat_map(|f| {
        let parameters = f.parameters.iter().flat_map(|p| {
            let attributes = p.attributes.iter().map(ToTokens::to_token_stream);
            attributes.chain([p.ty.to_token_stream()])
        });
        parameters.chain(f.output.iter().map(ToTokens::to_token_stream))
    });
    let head = [
        block.generics.to_token_stream(),
        block.generics.where_clause.to_token_stream(),
        block.model.to_token_stream(),
    ];
    let of_trait = block.of_trait.iter().map(ToTokens::to_token_stream);
    let written: TokenStream =
        forward.chain(head).chain(of_trait).chain(family.into_iter().map(ToTokens::to_token_stream)).collect();
    while ty::contains(written.clone(), &name) {
        name = format_ident!("_{name}");
    }
    name
}

/// A name as the names of types are written.
fn camel_case(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}
