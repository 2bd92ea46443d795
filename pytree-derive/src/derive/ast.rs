//! What the user wrote: the type, its fields, and the attributes of both, each read but not yet weighed.

use crate::attr::{self, Keys, Once, Place, set};
use crate::ctxt::Ctxt;
use crate::name::plain;
use crate::root::Root;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Ident, LitStr, Member, Path, Token, Type, WherePredicate};

/// A type under `#[derive(PyTree)]`.
pub(crate) struct Input<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) root: Root,
    pub(crate) name: Option<Once<LitStr>>,
    pub(crate) kind: Option<Once<LitStr>>,
    pub(crate) family: Option<Once<Path>>,
    pub(crate) bound: Option<Once<Vec<WherePredicate>>>,
    pub(crate) remote: Option<Once<Path>>,
    pub(crate) borrow_only: Option<Once<()>>,
    pub(crate) is_enum: bool,
    /// The variants of an enum, or the one of a struct.
    pub(crate) variants: Vec<InputVariant<'a>>,
}

/// The fields of a struct or of one variant.
pub(crate) struct InputVariant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) rename: Option<Once<LitStr>>,
    pub(crate) style: Style,
    pub(crate) fields: Vec<InputField<'a>>,
}

/// How fields are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `{ x: T }`
    Named,
    /// `(T)`
    Tuple,
    /// Nothing.
    Unit,
}

/// A field.
pub(crate) struct InputField<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
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

impl<'a> Input<'a> {
    /// Reads the type; mistakes in its attributes go to `cx`.
    pub(crate) fn read(cx: &Ctxt, input: &'a DeriveInput, root: Root) -> Self {
        let mut this = Input {
            ident: &input.ident,
            generics: &input.generics,
            attributes: &input.attrs,
            root,
            name: None,
            kind: None,
            family: None,
            bound: None,
            remote: None,
            borrow_only: None,
            is_enum: matches!(input.data, Data::Enum(_)),
            variants: Vec::new(),
        };
        let mut root = None;
        attr::items(cx, &input.attrs, &TYPE, |key, input| {
            Some(match key.to_string().as_str() {
                "name" => attr::text(key, input, "transformers.cache_utils.DynamicCache")
                    .map(|text| set(cx, &mut this.name, key, text)),
                "as" => attr::text(key, input, "mapping").map(|text| set(cx, &mut this.kind, key, text)),
                "family" => attr::path(key, input, "Meta").map(|path| set(cx, &mut this.family, key, path)),
                "crate" => attr::text(key, input, "torch_export")
                    .and_then(|text| Root::parse(&text))
                    .map(|path| set(cx, &mut root, key, path)),
                "bound" => attr::text(key, input, "T: OwnedTree<_>")
                    .and_then(|text| predicates(&text))
                    .map(|bound| set(cx, &mut this.bound, key, bound)),
                "remote" => attr::text(key, input, "other_crate::Type")
                    .and_then(|text| {
                        let usage = "`remote` takes the path of a type: `remote = \"other_crate::Type<T>\"`";
                        text.parse().map_err(|_| syn::Error::new_spanned(text, usage))
                    })
                    .map(|path| set(cx, &mut this.remote, key, path)),
                "borrow_only" => attr::flag(key, input).map(|()| set(cx, &mut this.borrow_only, key, ())),
                _ => return None,
            })
        });
        if let Some(root) = root {
            this.root = root.value;
        }
        this.variants = variants(cx, input);
        this
    }
}

/// `T: Clone, U: OwnedTree<_>`
fn predicates(text: &LitStr) -> syn::Result<Vec<WherePredicate>> {
    let predicates = text.parse_with(Punctuated::<WherePredicate, Token![,]>::parse_terminated).map_err(|_| {
        let usage = "`bound` takes what a where clause takes, with `_` for the family: `bound = \"T: OwnedTree<_>\"`";
        syn::Error::new_spanned(text, usage)
    })?;
    Ok(predicates.into_iter().collect())
}

fn variants<'a>(cx: &Ctxt, input: &'a DeriveInput) -> Vec<InputVariant<'a>> {
    match &input.data {
        Data::Struct(data) => vec![InputVariant::read(cx, &input.ident, None, &data.fields)],
        Data::Enum(data) => {
            let read = |v: &'a syn::Variant| {
                let mut rename = None;
                attr::items(cx, &v.attrs, &VARIANT, |key, input| {
                    Some(match key.to_string().as_str() {
                        "rename" => attr::text(key, input, "circle").map(|text| set(cx, &mut rename, key, text)),
                        _ => return None,
                    })
                });
                InputVariant::read(cx, &v.ident, rename, &v.fields)
            };
            if data.variants.is_empty() {
                cx.error(&input.ident, "an enum without variants has no values, so it is no tree");
            }
            data.variants.iter().map(read).collect()
        }
        Data::Union(data) => {
            cx.error(
                data.union_token,
                "`#[derive(PyTree)]` is for structs and enums: which field of a union is in use is not known",
            );
            Vec::new()
        }
    }
}

impl<'a> InputVariant<'a> {
    fn read(cx: &Ctxt, ident: &'a Ident, rename: Option<Once<LitStr>>, fields: &'a Fields) -> Self {
        let style = match fields {
            Fields::Named(_) => Style::Named,
            Fields::Unnamed(_) => Style::Tuple,
            Fields::Unit => Style::Unit,
        };
        let fields = fields.members().zip(fields).map(|(member, field)| InputField::read(cx, member, field)).collect();
        InputVariant { ident, rename, style, fields }
    }
}

impl<'a> InputField<'a> {
    fn read(cx: &Ctxt, member: Member, field: &'a syn::Field) -> Self {
        let mut this = InputField {
            member,
            ty: &field.ty,
            fixed: None,
            skip: None,
            default: None,
            leaf: None,
            with: None,
            flatten: None,
            rename: None,
        };
        attr::items(cx, &field.attrs, &FIELD, |key, input| {
            Some(match key.to_string().as_str() {
                "static" => attr::flag(key, input).map(|()| set(cx, &mut this.fixed, key, ())),
                "skip" => attr::flag(key, input).map(|()| set(cx, &mut this.skip, key, ())),
                "default" => attr::path(key, input, "Counter::new").map(|path| set(cx, &mut this.default, key, path)),
                "leaf" => attr::flag(key, input).map(|()| set(cx, &mut this.leaf, key, ())),
                "with" => attr::path(key, input, "my_module").map(|path| set(cx, &mut this.with, key, path)),
                "flatten" => attr::flag(key, input).map(|()| set(cx, &mut this.flatten, key, ())),
                "rename" => attr::text(key, input, "input_ids").map(|text| set(cx, &mut this.rename, key, text)),
                _ => return None,
            })
        });
        this
    }

    /// The name in Rust: `x`, or the number of a field without name.
    pub(crate) fn rust_name(&self) -> String {
        match &self.member {
            Member::Named(ident) => plain(ident),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    /// Where to point when the field as such is meant.
    pub(crate) fn place(&self) -> TokenStream {
        match &self.member {
            Member::Named(ident) => ident.to_token_stream(),
            Member::Unnamed(_) => self.ty.to_token_stream(),
        }
    }
}
