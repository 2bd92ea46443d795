//! The code that the macros write, as text: what a change of them changes is seen in review, and growth is stopped.
//!
//! To accept a new text: `BLESS=1 cargo test -p tests --test expansion`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// The macros' own sources: a proc-macro crate exports nothing else, and here they run outside the compiler.
#[path = "../../pytree-derive/src/attr.rs"]
mod attr;
#[path = "../../pytree-derive/src/ctxt.rs"]
mod ctxt;
#[path = "../../pytree-derive/src/derive/mod.rs"]
mod derive;
#[path = "../../pytree-derive/src/header.rs"]
mod header;
#[path = "../../pytree-derive/src/module/mod.rs"]
mod module;
#[path = "../../pytree-derive/src/name.rs"]
mod name;
#[path = "../../pytree-derive/src/option.rs"]
mod option;
#[path = "../../pytree-derive/src/params.rs"]
mod params;
#[path = "../../pytree-derive/src/root.rs"]
mod root;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use root::Root;

/// Compares the expansion with the file of this name, in rustfmt-like layout.
fn same(name: &str, tokens: &TokenStream) {
    let text = prettyplease::unparse(&syn::parse2(tokens.clone()).unwrap());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansion").join(name).with_extension("rs");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, recorded, "{} is not what the macro writes now", path.display());
}

/// Every identifier, and every token counted one by one.
fn flat(tokens: &TokenStream, found: &mut Vec<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                found.extend(["(".to_owned(), ")".to_owned()]);
                flat(&group.stream(), found);
            }
            other => found.push(other.to_string()),
        }
    }
}

fn tokens(tokens: &TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    flat(tokens, &mut found);
    found
}

fn eight_fields() -> TokenStream {
    quote! {
        #[pytree(name = "my_project.ModelInputs")]
        struct ModelInputs {
            input_ids: Tensor,
            attention_mask: Option<Tensor>,
            position_ids: Option<Tensor>,
            past_key_values: Vec<(Tensor, Tensor)>,
            labels: Option<Tensor>,
            use_cache: bool,
            temperature: f64,
            name: String,
        }
    }
}

#[test]
fn a_dataclass() {
    same("dataclass", &derive::derive(eight_fields(), Root::core()));
}

#[test]
fn a_mapping_of_one_family() {
    let input = quote! {
        #[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping", family = Meta)]
        struct DynamicCache {
            key_cache: Vec<TensorMeta>,
            value_cache: Vec<TensorMeta>,
        }
    };
    same("mapping", &derive::derive(input, Root::facade()));
}

#[test]
fn every_role_with_generics() {
    let input = quote! {
        struct Attention<T, C: Clone = (), P = u8, const N: usize = 2>
        where
            C: Send,
        {
            query: Vec<Attention<T, C, P, N>>,
            r#type: Option<T>,
            #[pytree(static, rename = "config")]
            settings: C,
            #[pytree(static)]
            heads: usize,
            #[pytree(skip)]
            marker: PhantomData<P>,
        }
    };
    same("generic", &derive::derive(input, Root::core()));
}

#[test]
fn what_borrows() {
    same(
        "borrow_only",
        &derive::derive(
            quote!(
                struct View<'a, T: 'a> {
                    x: &'a T,
                }
            ),
            Root::core(),
        ),
    );
}

#[test]
fn a_module() {
    let block = quote! {
        impl Model {
            fn forward(&self, cache: &DynamicCache, z: &Tensor, scale: f64) -> Tensor {
                z.shallow_clone()
            }
        }
    };
    same("module", &module::module(quote!(), block, Root::facade()));
}

#[test]
fn every_kind_of_parameter() {
    let block = quote! {
        impl Model {
            fn forward(
                &self,
                cache: DynamicCache,
                #[returned] state: &mut State,
                mask: Option<&Tensor>,
                #[default(1.0)] scale: f64,
                #[args] rest: &[Tensor],
                #[default(vec![2])] sizes: &[i64],
                #[kwargs] extra: &IndexMap<String, Tensor>,
            ) -> Tensor {
                z.shallow_clone()
            }
        }
    };
    same("module_parameters", &module::module(quote!(), block, Root::core()));
}

#[test]
fn a_function() {
    let input =
        quote!(family = Meta, name = "Add", move |x: &TensorMeta, #[default(1)] n: i64| -> TensorMeta { x + n });
    let written = module::function(input, Root::core());
    same("function", &quote!(fn example() { let add = #written; }));
}

#[test]
fn variants_and_other_roles() {
    let input = quote! {
        #[pytree(name = "my.Mask")]
        enum Mask<T> {
            Causal,
            Dense(T),
            #[pytree(rename = "sliding")]
            Window { mask: Option<T>, #[pytree(static)] size: usize },
        }
    };
    same("enum", &derive::derive(input, Root::core()));
    let input = quote! {
        struct Roles<T> {
            #[pytree(leaf)]
            mode: Mode,
            #[pytree(with = boxes)]
            boxes: Boxes,
            #[pytree(flatten)]
            common: Common<T>,
            #[pytree(skip, default = Cache::new)]
            cache: Cache,
        }
    };
    same("roles", &derive::derive(input, Root::core()));
    let input = quote! {
        #[pytree(remote = "other_crate::Boxes<T>", name = "other.Boxes")]
        struct BoxesDef<T> {
            corners: Vec<T>,
            count: i64,
        }
    };
    same("remote", &derive::derive(input, Root::core()));
}

#[test]
fn mistakes_come_with_impls_that_keep_uses_quiet() {
    let input = quote! {
        #[pytree(family = Meta)]
        struct Inputs<'a, T: Clone> {
            #[pytree(leaf)]
            x: &'a T,
            #[pytree(static, skip)]
            y: i64,
        }
    };
    same("mistakes", &derive::derive(input, Root::core()));
    let block = quote!(impl Model { fn forward(&mut self, x: Tensor) {} });
    same("module_mistakes", &module::module(quote!(), block, Root::core()));
}

#[test]
fn no_path_but_the_root_is_written() {
    let root = || Root::parse(&syn::parse_quote!("crate::deps::tree")).unwrap();
    let input = quote! {
        struct Inputs<T> {
            x: T,
            #[pytree(static)]
            y: i64,
            #[pytree(skip)]
            z: i64,
        }
    };
    let block = quote!(impl Model { fn forward(&self, x: &[i64], y: &str) -> i64 { 0 } });
    let wrong = quote!(
        enum Inputs {}
    );
    for written in [
        derive::derive(input, root()),
        derive::derive(wrong, root()),
        module::module(quote!(), block.clone(), root()),
        module::module(quote!(unknown), block, root()),
    ] {
        let tokens = tokens(&written);
        for name in ["pytree_core", "torch_export", "std", "alloc", "serde", "serde_json"] {
            assert!(!tokens.iter().any(|t| t == name), "`{name}` is written in {written}");
        }
        // Names of the prelude stand behind `__p ::`.
        for (i, token) in tokens.iter().enumerate() {
            if ["Ok", "Err", "Some", "None", "Result", "Default", "Vec", "String"].contains(&token.as_str()) {
                assert_eq!(tokens[i - 3..i], ["__p", ":", ":"], "a bare `{token}` in {written}");
            }
        }
    }
}

/// Compile time goes with the tokens, which no machine's mood changes. Lower the numbers when you can.
#[test]
fn the_expansion_stays_within_its_budget() {
    let eight = tokens(&derive::derive(eight_fields(), Root::core())).len();
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expansion/dataclass.rs")).unwrap();
    let block = quote!(impl Model { fn forward(&self, a: &A, b: &B, c: &C, d: &D) -> E { E } });
    let module = tokens(&module::module(quote!(), block, Root::core())).len();
    println!("8 fields: {eight} tokens, {} lines; a module of 4 parameters: {module} tokens", text.lines().count());
    assert!(eight <= 1200, "{eight} tokens for a struct of 8 fields");
    assert!(module <= 1700, "{module} tokens for a module of 4 parameters");
}
