//! What the user wrote: the type, its variants and fields, each with its attributes, read but not yet checked.

use crate::attr::{FieldAttrs, TypeAttrs, VariantAttrs};
use crate::ctxt::Ctxt;
use crate::name::plain;
use crate::root::Root;
use crate::ty;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, Generics, Ident, Member, Type};

/// A type with `#[derive(PyTree)]`.
pub(crate) struct Input<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) root: Root,
    pub(crate) attrs: TypeAttrs<'a>,
    pub(crate) is_enum: bool,
    /// The variants of an enum; a struct is one variant.
    pub(crate) variants: Vec<InputVariant<'a>>,
}

/// The fields of a struct or of one variant.
pub(crate) struct InputVariant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) attrs: VariantAttrs,
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
    pub(crate) attrs: FieldAttrs,
}

impl<'a> Input<'a> {
    /// Reads a type; mistakes in its attributes go to `cx`. `root` is where the library is, unless `crate` says otherwise.
    pub(crate) fn read(cx: &Ctxt, input: &'a DeriveInput, root: Root) -> Self {
        let mut attrs = TypeAttrs::read(cx, &input.attrs);
        Input {
            ident: &input.ident,
            generics: &input.generics,
            root: attrs.root.take().map_or(root, |root| root.value),
            attrs,
            is_enum: matches!(input.data, Data::Enum(_)),
            variants: variants(cx, input),
        }
    }
}

fn variants<'a>(cx: &Ctxt, input: &'a DeriveInput) -> Vec<InputVariant<'a>> {
    match &input.data {
        Data::Struct(data) => vec![InputVariant::read(cx, &input.ident, VariantAttrs::default(), &data.fields)],
        Data::Enum(data) => {
            let read =
                |v: &'a syn::Variant| InputVariant::read(cx, &v.ident, VariantAttrs::read(cx, &v.attrs), &v.fields);
            if data.variants.is_empty() {
                cx.error(&input.ident, "an enum without variants has no values, so it cannot be a tree");
            }
            data.variants.iter().map(read).collect()
        }
        Data::Union(data) => {
            let message = "`#[derive(PyTree)]` supports structs and enums, not unions: which field of a union is in use is not known";
            cx.error(data.union_token, message);
            Vec::new()
        }
    }
}

impl<'a> InputVariant<'a> {
    fn read(cx: &Ctxt, ident: &'a Ident, attrs: VariantAttrs, fields: &'a Fields) -> Self {
        let style = match fields {
            Fields::Named(_) => Style::Named,
            Fields::Unnamed(_) => Style::Tuple,
            Fields::Unit => Style::Unit,
        };
        let read = |(member, field): (Member, &'a syn::Field)| InputField {
            member,
            ty: ty::unparenthesized(&field.ty),
            attrs: FieldAttrs::read(cx, &field.attrs),
        };
        InputVariant { ident, attrs, style, fields: fields.members().zip(fields).map(read).collect() }
    }
}

impl InputField<'_> {
    /// The name in Rust: `x`, or the number of a field without a name.
    pub(crate) fn rust_name(&self) -> String {
        match &self.member {
            Member::Named(ident) => plain(ident),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    /// Where a message about the field points.
    pub(crate) fn place(&self) -> TokenStream {
        match &self.member {
            Member::Named(ident) => ident.to_token_stream(),
            Member::Unnamed(_) => self.ty.to_token_stream(),
        }
    }
}
