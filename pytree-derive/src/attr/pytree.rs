//! `#[pytree(..)]` on a type, a variant and a field.

use super::item::{Keys, Once, Place, flag, list, path, set, text};
use crate::ctxt::Ctxt;
use crate::root::Root;
use crate::ty;
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Path, Token, WherePredicate};

/// The attributes of a type.
#[derive(Default)]
pub(crate) struct TypeAttrs<'a> {
    pub(crate) name: Option<Once<LitStr>>,
    /// `as`
    pub(crate) kind: Option<Once<LitStr>>,
    pub(crate) family: Option<Once<Path>>,
    /// `crate`
    pub(crate) root: Option<Once<Root>>,
    pub(crate) bound: Option<Once<Vec<WherePredicate>>>,
    pub(crate) remote: Option<Once<Path>>,
    pub(crate) borrow_only: Option<Once<()>>,
    /// `#[repr(packed)]`
    pub(crate) packed: Option<&'a Attribute>,
}

/// The attributes of a variant.
#[derive(Default)]
pub(crate) struct VariantAttrs {
    pub(crate) rename: Option<Once<LitStr>>,
}

/// The attributes of a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    /// `static`
    pub(crate) fixed: Option<Once<()>>,
    pub(crate) skip: Option<Once<()>>,
    pub(crate) default: Option<Once<Path>>,
    pub(crate) leaf: Option<Once<()>>,
    pub(crate) with: Option<Once<Path>>,
    pub(crate) flatten: Option<Once<()>>,
    pub(crate) rename: Option<Once<LitStr>>,
}

const OF_TYPE: Keys = ("a type", &["name", "as", "family", "crate", "bound", "remote", "borrow_only"]);
const OF_VARIANT: Keys = ("a variant", &["rename"]);
const OF_FIELD: Keys = ("a field", &["static", "skip", "default", "leaf", "with", "flatten", "rename"]);
const TYPE: Place = Place { here: OF_TYPE, elsewhere: &[OF_FIELD] };
const VARIANT: Place = Place { here: OF_VARIANT, elsewhere: &[OF_FIELD, OF_TYPE] };
const FIELD: Place = Place { here: OF_FIELD, elsewhere: &[OF_TYPE] };

impl<'a> TypeAttrs<'a> {
    /// Reads the attributes of a type; mistakes go to `cx`.
    pub(crate) fn read(cx: &Ctxt, attributes: &'a [Attribute]) -> Self {
        let packed = Ident::new("packed", Span::call_site());
        let is_packed = |a: &&Attribute| a.path().is_ident("repr") && ty::mentions(a.meta.to_token_stream(), &packed);
        let mut this = TypeAttrs { packed: attributes.iter().find(is_packed), ..TypeAttrs::default() };
        items(cx, attributes, &TYPE, |key, input| {
            Some(match key.to_string().as_str() {
                "name" => text(key, input, "transformers.cache_utils.DynamicCache")
                    .map(|text| set(cx, &mut this.name, key, text)),
                "as" => text(key, input, "mapping").map(|text| set(cx, &mut this.kind, key, text)),
                "family" => path(key, input, "Meta").map(|path| set(cx, &mut this.family, key, path)),
                "crate" => text(key, input, "torch_export")
                    .and_then(|text| Root::parse(&text))
                    .map(|root| set(cx, &mut this.root, key, root)),
                "bound" => text(key, input, "T: OwnedTree<_>")
                    .and_then(|text| predicates(&text))
                    .map(|bound| set(cx, &mut this.bound, key, bound)),
                "remote" => text(key, input, "other_crate::Type")
                    .and_then(|text| remote(&text))
                    .map(|path| set(cx, &mut this.remote, key, path)),
                "borrow_only" => flag(key, input).map(|()| set(cx, &mut this.borrow_only, key, ())),
                _ => return None,
            })
        });
        this
    }
}

impl VariantAttrs {
    /// Reads the attributes of a variant; mistakes go to `cx`.
    pub(crate) fn read(cx: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut this = VariantAttrs::default();
        items(cx, attributes, &VARIANT, |key, input| {
            Some(match key.to_string().as_str() {
                "rename" => text(key, input, "circle").map(|text| set(cx, &mut this.rename, key, text)),
                _ => return None,
            })
        });
        this
    }
}

impl FieldAttrs {
    /// Reads the attributes of a field; mistakes go to `cx`.
    pub(crate) fn read(cx: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut this = FieldAttrs::default();
        items(cx, attributes, &FIELD, |key, input| {
            Some(match key.to_string().as_str() {
                "static" => flag(key, input).map(|()| set(cx, &mut this.fixed, key, ())),
                "skip" => flag(key, input).map(|()| set(cx, &mut this.skip, key, ())),
                "default" => path(key, input, "Counter::new").map(|path| set(cx, &mut this.default, key, path)),
                "leaf" => flag(key, input).map(|()| set(cx, &mut this.leaf, key, ())),
                "with" => path(key, input, "my_module").map(|path| set(cx, &mut this.with, key, path)),
                "flatten" => flag(key, input).map(|()| set(cx, &mut this.flatten, key, ())),
                "rename" => text(key, input, "input_ids").map(|text| set(cx, &mut this.rename, key, text)),
                _ => return None,
            })
        });
        this
    }
}

/// Reads the items of every `#[pytree(..)]`.
fn items(
    cx: &Ctxt,
    attributes: &[Attribute],
    place: &Place,
    mut item: impl FnMut(&Ident, ParseStream<'_>) -> Option<syn::Result<()>>,
) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("pytree")) {
        let parse = |input: ParseStream<'_>| list(cx, input, place, &mut item);
        cx.ok(attribute.parse_args_with(parse));
    }
}

/// `T: Clone, U: OwnedTree<_>`
fn predicates(text: &LitStr) -> syn::Result<Vec<WherePredicate>> {
    let predicates = text.parse_with(Punctuated::<WherePredicate, Token![,]>::parse_terminated).map_err(|_| {
        let usage =
            "`bound` takes the predicates of a where clause, with `_` for the family: `bound = \"T: OwnedTree<_>\"`";
        syn::Error::new_spanned(text, usage)
    })?;
    Ok(predicates.into_iter().collect())
}

/// `other_crate::Type<T>`
fn remote(text: &LitStr) -> syn::Result<Path> {
    let usage = "`remote` takes the path of a type: `remote = \"other_crate::Type<T>\"`";
    text.parse().map_err(|_| syn::Error::new_spanned(text, usage))
}
