//! The code that the macros write, compared with the files in `expected`: a review sees every change of it, and a budget
//! limits its size.
//!
//! To accept new expansions run `BLESS=1 cargo test -p pytree-derive expansion`, and review the diff.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::root::Root;
use crate::{derive, module};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use std::path::{Path, PathBuf};

/// The file with the expected expansion of this name.
fn expected(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/expansion_tests/expected").join(name).with_extension("rs")
}

/// Compares an expansion with the file of this name, in the layout of rustfmt.
fn same(name: &str, tokens: &TokenStream) {
    let text = prettyplease::unparse(&syn::parse2(tokens.clone()).unwrap());
    let path = expected(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, recorded, "the macro now writes something else than {}", path.display());
}

/// Adds every token, those in groups included.
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
fn a_borrowing_type() {
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
fn a_forward_of_a_trait_that_may_fail() {
    let block = quote! {
        impl ModuleT for Model {
            fn forward_t(&self, x: &Tensor, #[default(false)] train: bool) -> anyhow::Result<Tensor> {
                x.f_relu()
            }
        }
    };
    same("module_fallible", &module::module(quote!(forward = forward_t), block, Root::core()));
}

#[test]
fn a_function() {
    let input =
        quote!(family = Meta, name = "Add", move |x: &TensorMeta, #[default(1)] n: i64| -> TensorMeta { x + n });
    let written = module::function(input, Root::core());
    same("function", &quote!(fn example() { let add = #written; }));
}

#[test]
fn variants_and_the_other_roles() {
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
fn a_description_without_parameters() {
    let input = quote! {
        #[pytree(remote = "other_crate::Span", as = "tuple", family = Meta)]
        struct SpanDef(i64, <Self as Ends>::End, #[pytree(skip)] i64);
    };
    same("remote_plain", &derive::derive(input, Root::core()));
}

#[test]
fn a_type_with_mistakes_still_has_impls() {
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
fn every_path_starts_at_the_plumbing() {
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
    let closure = quote!(|x: &[i64], y: &str| -> i64 { 0 });
    for written in [
        derive::derive(input, root()),
        derive::derive(wrong, root()),
        module::module(quote!(), block.clone(), root()),
        module::module(quote!(unknown), block, root()),
        module::function(closure, root()),
    ] {
        let tokens = tokens(&written);
        for name in ["pytree_core", "torch_export", "std", "alloc", "serde", "serde_json"] {
            assert!(!tokens.iter().any(|t| t == name), "`{name}` is written in {written}");
        }
        for (i, token) in tokens.iter().enumerate() {
            // The library is reached through its plumbing alone.
            if token == "tree" {
                assert_eq!(tokens[i + 1..i + 4], [":", ":", "__private"], "another path to the library in {written}");
            }
            // Names of the prelude follow `__p ::`.
            if ["Ok", "Err", "Some", "None", "Result", "Default", "Vec", "String"].contains(&token.as_str()) {
                assert_eq!(tokens[i - 3..i], ["__p", ":", ":"], "a bare `{token}` in {written}");
            }
        }
    }
}

/// Whether the static field of a type with a lifetime is checked not to hold a tensor.
fn checks_static_field(field: &TokenStream) -> bool {
    let input = quote! {
        struct View<'a> {
            x: &'a Tensor,
            #[pytree(static)]
            field: #field,
        }
    };
    tokens(&derive::derive(input, Root::core())).iter().any(|t| t == "TENSORS")
}

#[test]
fn only_a_lifetime_of_the_type_stops_the_check_of_a_static_field() {
    assert!(!checks_static_field(&quote!(Text<'a>)));
    assert!(!checks_static_field(&quote!([&'a str; 2])));
    for field in [quote!(Marked<'x'>), quote!(Marked<'a'>), quote!([Tensor; b'a' as usize]), quote!(Text<'static>)] {
        assert!(checks_static_field(&field), "{field}");
    }
}

/// Compile time grows with the number of tokens, which is the same on every machine. Lower the limits when you can.
#[test]
fn the_expansion_stays_within_its_budget() {
    let eight = tokens(&derive::derive(eight_fields(), Root::core())).len();
    let text = std::fs::read_to_string(expected("dataclass")).unwrap();
    let block = quote!(impl Model { fn forward(&self, a: &A, b: &B, c: &C, d: &D) -> E { E } });
    let module = tokens(&module::module(quote!(), block, Root::core())).len();
    println!("8 fields: {eight} tokens, {} lines; a module of 4 parameters: {module} tokens", text.lines().count());
    assert!(eight <= 1200, "{eight} tokens for a struct of 8 fields");
    assert!(module <= 1700, "{module} tokens for a module of 4 parameters");
}
