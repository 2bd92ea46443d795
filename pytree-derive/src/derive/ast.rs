//! What the user wrote: the type, its fields, and the attributes of both, each read but not yet weighed.

use crate::attr::{self, Once, set};
use crate::ctxt::Ctxt;
use crate::root::Root;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Generics, Ident, LitStr, Path, Type};

/// A type under `#[derive(PyTree)]`.
pub(crate) struct Input<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) root: Root,
    pub(crate) name: Option<Once<LitStr>>,
    pub(crate) kind: Option<Once<LitStr>>,
    pub(crate) family: Option<Once<Path>>,
    pub(crate) borrow_only: Option<Once<()>>,
    pub(crate) fields: Vec<InputField<'a>>,
}

/// A field with a name.
pub(crate) struct InputField<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) fixed: Option<Once<()>>,
    pub(crate) skip: Option<Once<()>>,
    pub(crate) rename: Option<Once<LitStr>>,
}

const TYPE_ITEMS: &[&str] = &["name", "as", "family", "crate", "borrow_only"];
const FIELD_ITEMS: &[&str] = &["static", "skip", "rename"];

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
            borrow_only: None,
            fields: Vec::new(),
        };
        let mut root = None;
        attr::items(cx, &input.attrs, "a type", TYPE_ITEMS, |key, input| {
            Some(match key.to_string().as_str() {
                "name" => attr::text(key, input, "transformers.cache_utils.DynamicCache")
                    .map(|text| set(cx, &mut this.name, key, text)),
                "as" => attr::text(key, input, "mapping").map(|text| set(cx, &mut this.kind, key, text)),
                "family" => attr::path(key, input, "Meta").map(|path| set(cx, &mut this.family, key, path)),
                "crate" => attr::text(key, input, "torch_export")
                    .and_then(|text| Root::parse(&text))
                    .map(|path| set(cx, &mut root, key, path)),
                "borrow_only" => attr::flag(key, input).map(|()| set(cx, &mut this.borrow_only, key, ())),
                _ => return None,
            })
        });
        if let Some(root) = root {
            this.root = root.value;
        }
        this.fields = fields(cx, input);
        this
    }
}

/// The fields of a struct with named fields; another shape is a mistake.
fn fields<'a>(cx: &Ctxt, input: &'a DeriveInput) -> Vec<InputField<'a>> {
    const SUPPORTED: &str = "`#[derive(PyTree)]` is for structs with named fields";
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => named.named.iter().filter_map(|f| InputField::read(cx, f)).collect(),
            Fields::Unnamed(fields) => {
                cx.error(fields, format_args!("{SUPPORTED}: name these, since a dataclass or mapping has names"));
                Vec::new()
            }
            Fields::Unit => {
                cx.error(
                    &input.ident,
                    format_args!("{SUPPORTED}: write `struct {} {{}}` for an empty one", input.ident),
                );
                Vec::new()
            }
        },
        Data::Enum(data) => {
            cx.error(data.enum_token, format_args!("{SUPPORTED}: a treespec has no place for the variant of an enum"));
            Vec::new()
        }
        Data::Union(data) => {
            cx.error(data.union_token, format_args!("{SUPPORTED}: which field of a union is in use is not known"));
            Vec::new()
        }
    }
}

impl<'a> InputField<'a> {
    fn read(cx: &Ctxt, field: &'a Field) -> Option<Self> {
        let mut this =
            InputField { ident: field.ident.as_ref()?, ty: &field.ty, fixed: None, skip: None, rename: None };
        attr::items(cx, &field.attrs, "a field", FIELD_ITEMS, |key, input| {
            Some(match key.to_string().as_str() {
                "static" => attr::flag(key, input).map(|()| set(cx, &mut this.fixed, key, ())),
                "skip" => attr::flag(key, input).map(|()| set(cx, &mut this.skip, key, ())),
                "rename" => attr::text(key, input, "input_ids").map(|text| set(cx, &mut this.rename, key, text)),
                _ => return None,
            })
        });
        Some(this)
    }
}
