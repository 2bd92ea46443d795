//! Random items that the grammar of pytree-derive's tests makes: their expansions compile, without warnings.
// Written by `BLESS=1 cargo test -p pytree-derive grammar`; do not edit.
#![deny(warnings)]
#![allow(dead_code, unused, non_camel_case_types, non_snake_case, uncommon_codepoints, mixed_script_confusables)]
#![allow(unused_parens, clippy::all)]

mod t0 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(as = "tuple", family = ::pytree_core::Meta)]
        struct PyTree<P>( pub ((f64)), #[allow(unused)]  ::std::string::String, #[allow(unused)] #[pytree(skip)] pub(super) ::std::marker::PhantomData<P>, ) ;
    }
}

mod t1 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "mapping")]
        #[pytree(family = ::pytree_core::Meta)]
        pub struct Some ;
    }
}

mod t2 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(as = "mapping", family = ::pytree_core::Meta, crate = "pytree_core")]
        pub(super) struct str( pub(crate) ::pytree_core::IndexMap<::std::string::String, ::std::string::String>, /// A field.
         #[pytree(rename = "renamed_1")] pub(self) f64, ) ;
    }
}

mod t3 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(as = "dict")]
        pub struct Option<T = ::pytree_core::TensorMeta, U: Clone = ::pytree_core::TensorMeta, const N: usize = 2> where T: Clone + Sync { #[cfg(all())] #[pytree(leaf)] statics: f32, #[pytree()] #[pytree(skip)] pub größe: u8, #[allow(unused)]  __w1: bool,  pub(crate) r#type: T,  pub(self) self_: U,  }
    }
}

mod t4 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "dataclass", family = ::pytree_core::Meta, crate = "::pytree_core")]
        pub(super) struct core { /// A field.
         pub(self) _private: ::std::vec::Vec<::std::vec::Vec<::core::primitive::i64>>, #[pytree(skip)] pub(self) __w1: u8, #[cfg(all())]  #[pytree(rename = "renamed_2")] pub self_: bool,  kind: ::std::boxed::Box<((), ::std::string::String)>,  }
    }
}

mod t5 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(as = "dataclass")]
        #[pytree(name = "my.module.Type")]
        pub(self) struct Größe<T: ::std::fmt::Debug + Clone,> {  T: T, #[doc(hidden)]  #[pytree(rename = "renamed_1")] pub(in super) y: ((::std::boxed::Box<T>)),  #[pytree(rename = "renamed_2")] OF: (T,), /// A field.
         pub(in super) r#type: T,  }
    }
}

mod t6 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(crate = "pytree_core")]
        enum alloc<T> { Ok( #[pytree(rename = "renamed_0")] T, ), Größe, Self_(#[cfg(all())]  (::std::vec::Vec<Self>,), /// A field.
         ::pytree_core::IndexMap<::std::string::String, ::core::primitive::i64>,  #[pytree(rename = "renamed_2")] [::std::option::Option<::std::vec::Vec<Self>>; 2],  ::std::vec::Vec<::std::string::String>, ), }
    }
}

mod t7 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        pub(in super) struct Iterator<T:, U: Clone, P>(#[cfg(all())]  pub(self) (::std::vec::Vec<Self>,),  pub ((f64, T),),  pub(super) T, #[allow(unused)]  pub T, /// A field.
         pub(in super) U, #[pytree(skip)] pub(self) ::std::marker::PhantomData<P>, )  where T: Clone + Sync, U: ;
    }
}

mod t8 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(as = "dataclass")]
        pub(crate) struct std<'a, T: ?Sized + Sized, U, const N: usize>( pub(super) &'a [::std::option::Option<bool>],  T, /// A field.
         #[pytree(rename = "renamed_2")] U, )  where U: Send;
    }
}

mod t9 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(crate = "pytree_core")]
        pub(in super) enum r#async<T, const N: usize = 2,> { Err{ #[pytree(skip, default = ::std::default::Default::default)] _private: u8,  #[pytree(rename = "renamed_1")] input_ids: (::std::vec::Vec<bool>, ::std::string::String), #[allow(unused)]  #[pytree(rename = "renamed_2")] x: [::std::boxed::Box<T>; N], /// A field.
        #[pytree(skip)] r#dyn: ::std::marker::PhantomData<u8>,  self_: T,  }, }
    }
}

mod t10 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[allow(unused)]
        #[pytree(as = "mapping", name = "my.module.Type")]
        pub(self) struct Ok<T: ::std::fmt::Debug + Clone,> where T:  {  r#fn: T, #[allow(unused)]  pub OF: ::pytree_core::IndexMap<::std::string::String, (T, T)>, #[doc(hidden)]  r#type: (T, f64), #[doc(hidden)]  größe: [T; 2], #[allow(unused)]  #[pytree(rename = "renamed_4")] pub(self) input_ids: T,  }
    }
}

mod t11 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[allow(unused)]
        #[pytree(family = ::pytree_core::Meta)]
        enum Result<const N: usize = 2,> { A, #[pytree(rename = "variant 1")] B2( ::std::collections::BTreeMap<::core::primitive::i64, ::std::option::Option<::core::primitive::i64>>, #[pytree(skip, default = ::std::default::Default::default)] u8, ), }
    }
}

mod t12 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(as = "list")]
        pub(super) struct str<T: Clone, U:, P,>(#[allow(unused)]  pub(super) T,  pub U, #[pytree(skip)] ::std::marker::PhantomData<P>, ) ;
    }
}

mod t13 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "mapping")]
        #[pytree(borrow_only)]
        pub(in super) struct Iterator<T: 'static, U: ?Sized + Sized> { #[allow(unused)]  #[pytree(rename = "renamed_0")] pub(in super) kind: [((U)); 2], /// A field.
        #[pytree(static)] pub(in super) __w1: char, #[cfg(all())] #[pytree(skip, default = ::std::default::Default::default)] pub walk: u8, #[allow(unused)] #[pytree(skip, default = ::std::default::Default::default)] pub(in super) fields: u8, #[cfg(all())]  #[pytree(rename = "renamed_4")] pub(super) T: T,  #[pytree(rename = "renamed_5")] pub(crate) str: U,  }
    }
}

mod t14 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "dataclass", name = "my.module.Type", family = ::pytree_core::Meta)]
        pub(in super) enum r#async { Self_{  }, }
    }
}

mod t15 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "immutable_dict")]
        #[pytree(family = ::pytree_core::Meta)]
        pub(self) struct i64 {  }
    }
}

mod t16 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(as = "list")]
        #[pytree(crate = "pytree_core")]
        pub(super) struct Self_<T: ::std::fmt::Debug + Clone = ::pytree_core::TensorMeta, P = u8, const N: usize = 2>( pub(crate) ::std::vec::Vec<((::std::string::String))>,  ::std::vec::Vec<T>, /// A field.
         pub(crate) T,  T, #[cfg(all())] #[pytree(skip)] ::std::marker::PhantomData<P>, ) ;
    }
}

mod t17 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "mapping", name = "my.module.Type")]
        pub(self) enum i64<T: ?Sized + Sized = ::pytree_core::TensorMeta, U: = ::pytree_core::TensorMeta> { Ok{  kind: ::std::string::String,  #[pytree(rename = "renamed_1")] OF: T,  len: U,  }, }
    }
}

mod t18 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(name = "my.module.Type", family = ::pytree_core::Meta)]
        pub(super) enum Inputs<const N: usize = 2> where  { B2{ #[cfg(all())]  self_: ::std::string::String,  }, Err(#[pytree(skip,)] ::std::option::Option<fn()>, #[cfg(all())] #[pytree(leaf)] f32, #[allow(unused)]  ::std::boxed::Box<::std::collections::BTreeMap<::core::primitive::i64, bool>>, ), }
    }
}

mod t19 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "dict")]
        pub(super) struct Box<T: ::std::fmt::Debug + Clone = ::pytree_core::TensorMeta, P = u8, const N: usize = 2>(#[allow(unused)] #[pytree(skip, default = ::std::default::Default::default)] pub(crate) u8, #[cfg(all())]  #[pytree(rename = "renamed_1")] pub(crate) bool,  #[pytree(rename = "renamed_2")] T, #[pytree(skip)] pub(super) ::std::marker::PhantomData<P>, )  where ;
    }
}

mod t20 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "mapping", crate = "pytree_core")]
        enum std<T = ::pytree_core::TensorMeta, P = u8, const N: usize = 2,> where  { _C(/// A field.
         #[pytree(rename = "renamed_0")] ::std::vec::Vec<(::core::primitive::i64, bool)>,  T, #[pytree(skip)] ::std::marker::PhantomData<P>, ), }
    }
}

mod t21 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(as = "dataclass", family = ::pytree_core::Meta)]
        enum Iterator { B2, Ok(#[doc(hidden)] #[pytree(skip)] ::std::marker::PhantomData<u8>, #[pytree(skip,)] ::std::option::Option<fn()>, #[cfg(all())]  ::std::vec::Vec<::std::boxed::Box<bool>>, ), Err, }
    }
}

mod t22 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "dataclass", crate = "::pytree_core")]
        struct str<T:>( pub(crate) T, #[cfg(all())] #[pytree(leaf)] i32, #[allow(unused)] #[pytree(skip, default = ::std::default::Default::default)] pub(in super) u8, #[allow(unused)]  ::std::collections::BTreeMap<::core::primitive::i64, ()>, #[doc(hidden)]  pub(crate) T, ) ;
    }
}

mod t23 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(as = "list")]
        pub(self) struct Result<T,> where  {  pub(in super) _private: ((bool)), #[allow(unused)]  pub(crate) walk: (::std::vec::Vec<Self>,), #[cfg(all())]  pub(crate) r#type: ((::std::boxed::Box<T>)), #[doc(hidden)] #[pytree(leaf)] pub(super) self_: u8,  pub(self) rebuild: T,  }
    }
}

mod t24 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "dict")]
        #[pytree(family = ::pytree_core::Meta)]
        pub(crate) struct Self_<const N: usize = 2>(#[doc(hidden)]  #[pytree(rename = "renamed_0")] pub(in super) bool, /// A field.
         #[pytree(rename = "renamed_1")] pub(crate) ::pytree_core::IndexMap<::std::string::String, ::std::option::Option<::core::primitive::i64>>, ) ;
    }
}

mod t25 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(as = "dataclass")]
        #[pytree(family = ::pytree_core::Meta)]
        pub struct Some<const N: usize> { #[cfg(all())] #[pytree(skip)] pub(in super) _private: u8, /// A field.
         y: ::core::primitive::i64, #[pytree(skip, default = ::std::default::Default::default)] pub(in super) fields: u8,  }
    }
}

mod t26 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(crate = "::pytree_core")]
        pub(in super) struct OwnedTree<'a, T = ::pytree_core::TensorMeta, U: ?Sized + Sized = ::pytree_core::TensorMeta, const N: usize = 2>(#[doc(hidden)] #[pytree(leaf)] i32, #[allow(unused)] #[pytree(skip, default = ::std::default::Default::default)] u8, #[pytree()] #[pytree(skip)] pub ::std::option::Option<fn()>, #[pytree()] #[pytree(skip)] pub(super) ::std::marker::PhantomData<u8>,  pub(in super) &'a [((T))], #[cfg(all())]  pub(in super) T,  U, ) ;
    }
}

mod t27 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "OrderedDict", family = ::pytree_core::Meta)]
        struct InputsArgs(/// A field.
         pub(self) f64, #[cfg(all())] #[pytree(skip)] ::std::option::Option<fn()>,  pub(self) ::std::boxed::Box<::pytree_core::IndexMap<::std::string::String, ()>>, ) ;
    }
}

mod t28 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[allow(unused)]
        #[pytree(as = "dataclass", family = ::pytree_core::Meta)]
        pub(self) enum i64<P> { #[pytree(rename = "variant 0")] _C(#[cfg(all())] #[pytree(static)] #[pytree(rename = "renamed_0")] char, #[allow(unused)]  ::core::primitive::i64, #[pytree(skip)] ::std::marker::PhantomData<P>, ), r#Type(/// A field.
         ::std::option::Option<::std::vec::Vec<Self>>, ), }
    }
}

mod t29 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        pub(crate) enum Option<T: ::std::fmt::Debug + Clone = ::pytree_core::TensorMeta, U: 'static = ::pytree_core::TensorMeta> where U:  { #[pytree(rename = "variant 0")] Ok{ #[cfg(all())]  __w1: T, #[doc(hidden)]  statics: U,  }, r#Type{ #[doc(hidden)]  #[pytree(rename = "renamed_0")] __w1: [::std::vec::Vec<Self>; 2], #[doc(hidden)] #[pytree(skip, default = ::std::default::Default::default)] len: u8,  }, }
    }
}

mod t30 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        struct r#type<T:, U:, P>(#[pytree(skip, default = ::std::default::Default::default)] pub(crate) u8,  pub(crate) T,  pub(in super) U, #[pytree(skip)] pub(crate) ::std::marker::PhantomData<P>, ) ;
    }
}

mod t31 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /** A
        block */
        #[pytree(family = ::pytree_core::Meta)]
        pub(super) enum OwnedTree { A{ #[allow(unused)]  r#type: ::std::option::Option<f64>, #[doc(hidden)] #[pytree(leaf)] OF: f32, #[doc(hidden)]  fields: ::std::option::Option<bool>, #[cfg(all())] #[pytree(static)] statics: (u8, bool),  }, }
    }
}

mod t32 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(as = "tuple", family = ::pytree_core::Meta)]
        struct Inputs ;
    }
}

mod t33 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "OrderedDict")]
        pub struct Drop<T, U:>(#[cfg(all())]  pub ::std::boxed::Box<(bool,)>, #[doc(hidden)]  T,  pub(super) T, #[cfg(all())]  pub(self) U, ) ;
    }
}

mod t34 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[allow(unused)]
        #[pytree(as = "custom", crate = "pytree_core")]
        pub(self) struct Iterator<T: 'static, U:>( pub (::std::collections::BTreeMap<::core::primitive::i64, f64>, ()), /// A field.
         T,  pub(crate) U, ) ;
    }
}

mod t35 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(family = ::pytree_core::Meta)]
        enum Drop { #[pytree(rename = "variant 0")] Err(#[pytree(skip,)] ::std::marker::PhantomData<u8>, /// A field.
         #[pytree(rename = "renamed_1")] [bool; 2], ), A{ /// A field.
        #[pytree(skip, default = ::std::default::Default::default)] r#fn: u8, #[allow(unused)]  walk: (::std::string::String, f64), #[pytree(static,)] x: usize,  }, }
    }
}

mod t36 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /** A
        block */
        pub(in super) struct Meta<T: 'static>(#[pytree(skip, default = ::std::default::Default::default)] pub(self) u8, /// A field.
        #[pytree()] #[pytree(skip)] pub(crate) ::std::marker::PhantomData<u8>, #[cfg(all())]  pub(in super) T, )  where ;
    }
}

mod t37 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "dataclass")]
        pub(super) enum str<'a, T: Clone, U> { Err{ #[allow(unused)]  #[pytree(rename = "renamed_0")] r#dyn: ::std::vec::Vec<f64>, #[cfg(all())]  #[pytree(rename = "renamed_1")] y: ::std::string::String, /// A field.
        #[pytree(leaf)] rebuild: u8,  #[pytree(rename = "renamed_3")] r#match: (::std::vec::Vec<f64>,), #[allow(unused)]  __w1: &'a [::std::option::Option<::std::string::String>], #[cfg(all())]  x: T, #[doc(hidden)]  T: U,  }, _C( T, ), B2{ /// A field.
         y: (), #[pytree(static,)] #[pytree(rename = "renamed_1")] x: ::std::vec::Vec<u8>,  }, }
    }
}

mod t38 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /** A
        block */
        pub(self) struct Inputs<T: ::std::fmt::Debug + Clone>( pub T, )  where T: Clone + Sync;
    }
}

mod t39 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(family = ::pytree_core::Meta)]
        #[pytree(crate = "::pytree_core")]
        struct str<P = u8>(#[cfg(all())] #[pytree(skip)] pub(crate) ::std::marker::PhantomData<P>, )  where ;
    }
}

mod t40 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(as = "dataclass", family = ::pytree_core::Meta)]
        enum Result<P> { Größe( #[pytree(rename = "renamed_0")] f64, #[pytree(skip)] ::std::marker::PhantomData<P>, ), }
    }
}

mod t41 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "dataclass", family = ::pytree_core::Meta)]
        pub(super) enum Meta { #[pytree(rename = "variant 0")] None, Err{  x: ::std::string::String, #[cfg(all())]  r#fn: ::std::option::Option<::std::vec::Vec<Self>>,  }, }
    }
}

mod t42 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[must_use]
        #[pytree(family = ::pytree_core::Meta)]
        pub(crate) struct Self_<P,>(/// A field.
        #[pytree(skip)] pub ::std::marker::PhantomData<P>, ) ;
    }
}

mod t43 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[allow(unused)]
        #[pytree(as = "tuple", family = ::pytree_core::Meta)]
        pub(self) struct OwnedTree<P>( (((::std::string::String, bool))), /// A field.
         (),  ::core::primitive::i64, #[cfg(all())]  pub(super) [[::core::primitive::i64; 2]; 2], #[cfg(all())] #[pytree(skip)] ::std::marker::PhantomData<P>, ) ;
    }
}

mod t44 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(as = "dataclass")]
        #[pytree(family = ::pytree_core::Meta)]
        pub(in super) enum Ok where  { Self_{ /// A field.
         r#dyn: (),  }, }
    }
}

mod t45 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "custom", name = "my.module.Type")]
        pub struct usize_<T: = ::pytree_core::TensorMeta, U: ?Sized + Sized = ::pytree_core::TensorMeta, const N: usize = 2>( pub(super) U,  T, #[doc(hidden)]  U, ) ;
    }
}

mod t46 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        enum Result<T = ::pytree_core::TensorMeta, U: ?Sized + Sized = ::pytree_core::TensorMeta> where T: Clone + Sync { Ok{  kind: ::pytree_core::IndexMap<::std::string::String, ()>, #[pytree(leaf)] _private: f32, #[cfg(all())]  r#dyn: T, /// A field.
        #[pytree(skip, default = ::std::default::Default::default)] rebuild: u8,  len: T, /// A field.
         r#fn: U,  }, Self_{  }, B2{  x: ::std::boxed::Box<(U, ::std::string::String)>,  }, }
    }
}

mod t47 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[repr(C)]
        #[pytree(family = ::pytree_core::Meta)]
        #[pytree(crate = "::pytree_core")]
        enum str<P> { #[pytree(rename = "variant 0")] Self_{ #[cfg(all())]  #[pytree(rename = "renamed_0")] r#match: ::std::boxed::Box<::std::string::String>, #[pytree(skip)] statics: ::std::marker::PhantomData<P>,  }, Größe( #[pytree(rename = "renamed_0")] [::std::collections::BTreeMap<::core::primitive::i64, ()>; 2], ), }
    }
}

mod t48 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        /// Documented.
        #[pytree(as = "dict")]
        struct InputsArgs<T: Clone, U, const N: usize = 2> { #[doc(hidden)]  pub T: ::std::collections::BTreeMap<::core::primitive::i64, ::std::vec::Vec<Self>>, #[cfg(all())]  pub(super) statics: ::pytree_core::IndexMap<::std::string::String, ::std::vec::Vec<::core::primitive::i64>>, #[cfg(all())]  #[pytree(rename = "renamed_2")] pub self_: T, #[allow(unused)]  kind: U,  }
    }
}

mod t49 {
    mod m {
        #[derive(::pytree_core::PyTree)]
        #[pytree(as = "immutable_dict", family = ::pytree_core::Meta)]
        pub(in super) struct Result(#[allow(unused)]  pub(in super) ::std::collections::BTreeMap<::core::primitive::i64, ::std::vec::Vec<Self>>, #[allow(unused)]  pub(self) ::pytree_core::IndexMap<::std::string::String, f64>, )  where ;
    }
}

mod b0 {
    struct r#type;
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        #[allow(clippy::all)] impl (r#type) { fn other(&self) -> i64 { 1 } pub fn call_it(#[allow(unused)] &self) -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() } }
}

mod b1 {
    struct Größe;
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        impl Größe { /// Docs.
        #[allow(unused)] fn forward(&self, #[allow(unused)] slots: &(::pytree_core::TensorMeta, i64), #[allow(unused)] str: &(::pytree_core::TensorMeta, i64), y: i64, rest: &::pytree_core::TensorMeta, #[kwargs] mut r#type: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>, ) -> ::std::result::Result<(), ::std::string::String> { ::std::unimplemented!() } const LAST: u8 = 1; }
}

mod b2 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        /// A model.
        impl dyn Object { pub fn call_it(&self, self_: &[::pytree_core::TensorMeta], r#match: i64, mut rest: &::pytree_core::TensorMeta) -> ::std::result::Result<(), ::std::string::String> { ::std::unimplemented!() } }
}

mod b3 {
    struct Tensor;
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        /// A model.
        impl Tensor { const LENGTH: usize = 3; pub fn forward(& self, self_: (&::pytree_core::TensorMeta), _z: &[::pytree_core::TensorMeta], mut T: ::std::option::Option<i64>, #[args] rest: &[::pytree_core::TensorMeta], #[kwargs] r#match: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>) -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() } fn forward_t(&self) {} }
}

mod b4 {
    struct Größe<T,>(::std::vec::Vec<T>);
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        impl<T,> Größe<T,> { fn other(&self) -> i64 { 1 } fn forward(& self, mut args_: (&::pytree_core::TensorMeta), x: ::std::option::Option<i64>, #[kwargs] größe: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>) -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() } fn generic<Z>(_: Z) where Z: Clone {} }
}

mod b5 {
    struct Model<T,>(::std::vec::Vec<T>);
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        #[allow(clippy::all)] impl<T,> self::Model<T,> where T: Send, { fn forward(#[allow(unused)] &self, slots: bool, str: ::std::option::Option<i64>, #[args] größe: &[::pytree_core::TensorMeta]) -> ::pytree_core::TensorMeta { ::std::unimplemented!() } }
}

mod b6 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        #[allow(clippy::all)] impl dyn Object { const LENGTH: usize = 3; pub fn call_it(&self, input_ids: i64, #[returned] mut str: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, #[default(::std::vec![2, 3])] y: &[i64], #[default(1.5)] r#type: f64) -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() } }
}

mod b7 {
    struct Tensor<'a, const N: usize>(&'a [u8; N]);
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        #[allow(clippy::all)] impl<'a, const N: usize> (Tensor<'a, N>) { fn other(&self) -> i64 { 1 } pub(crate) fn forward(&'_ self, r#type: &::pytree_core::TensorMeta, #[allow(unused)] self_: &(::pytree_core::TensorMeta, i64), #[default(::std::vec![2, 3])] forward: &[i64], #[default(::std::vec![2, 3])] input_ids: &[i64], #[args] größe: &[::pytree_core::TensorMeta], #[kwargs] mut _z: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>) -> ::std::result::Result<(), ::std::string::String> { ::std::unimplemented!() } fn forward_t(&self) {} }
}

mod b8 {
    struct _M;
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        impl _M { const LENGTH: usize = 3; fn call_it(& self, #[default(1.5)] slots: f64) -> ::pytree_core::TensorMeta { ::std::unimplemented!() } }
}

mod b9 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta, crate = "pytree_core")]
        /// A model.
        impl dyn Object + Send { /// Docs.
        #[allow(unused)] pub(crate) fn forward(&'_ self, slots: &str, x: &::pytree_core::TensorMeta, T: (&::pytree_core::TensorMeta), #[returned] r#type: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, #[kwargs] mut rest: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>) -> (((i64))) { ::std::unimplemented!() } fn forward_t(&self) {} }
}

mod b10 {
    struct Tensor<T: Clone>(::std::vec::Vec<T>);
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        #[allow(clippy::all)] impl<T: Clone> self::Tensor<T> { /// Docs.
        #[allow(unused)] pub fn call_it(&self, x: &::pytree_core::TensorMeta, r#match: &str, #[allow(unused)] slots: &(::pytree_core::TensorMeta, i64), self_: ::std::option::Option<i64>, #[args] r#type: &[::pytree_core::TensorMeta]) { ::std::unimplemented!() } const LAST: u8 = 1; }
}

mod b11 {
    struct Tensor;
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        /// A model.
        impl Tensor { const LENGTH: usize = 3; fn forward(&'_ self, args_: ::pytree_core::TensorMeta, #[returned] x: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, #[args] r#type: &[::pytree_core::TensorMeta], ) -> ::pytree_core::TensorMeta { ::std::unimplemented!() } const LAST: u8 = 1; }
}

mod b12 {
    struct Option<'a, const N: usize>(&'a [u8; N]);
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        impl<'a, const N: usize> (Option<'a, N>) { /// Docs.
        #[allow(unused)] fn forward(&'_ self, slots: &[::pytree_core::TensorMeta], T: i64, forward: ::pytree_core::TensorMeta, ) -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() } const LAST: u8 = 1; }
}

mod b13 {
    struct r#type<'a, const N: usize>(&'a [u8; N]);
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        /// A model.
        impl<'a, const N: usize> self::r#type<'a, N> { fn other(&self) -> i64 { 1 } fn forward(&self) -> (::pytree_core::TensorMeta, ::std::vec::Vec<f64>) { ::std::unimplemented!() } const LAST: u8 = 1; }
}

mod b14 {
    struct r#type;
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        impl r#type { pub fn forward(& self, _z: ::pytree_core::TensorMeta, ) -> () { ::std::unimplemented!() } fn forward_t(&self) {} }
}

mod b15 {
    struct Größe<T: Clone>(::std::vec::Vec<T>);
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        #[allow(clippy::all)] impl<T: Clone> self::Größe<T> { const LENGTH: usize = 3; pub(crate) fn call_it(&self, input_ids: i64, #[kwargs] mut str: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>, ) { ::std::unimplemented!() } }
}

mod b16 {
    struct Größe<T,>(::std::vec::Vec<T>);
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        #[allow(clippy::all)] impl<T,> self::Größe<T,> where T: Send, { fn other(&self) -> i64 { 1 } pub fn forward(&self, #[allow(unused)] mut args_: &(::pytree_core::TensorMeta, i64), x: ::pytree_core::TensorMeta, #[default(1.5)] größe: f64, T: ::std::option::Option<i64>) -> i64 { ::std::unimplemented!() } }
}

mod b17 {
    struct _M;
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        #[allow(clippy::all)] impl _M { /// Docs.
        #[allow(unused)] fn forward(& self, forward: f64, größe: &[::pytree_core::TensorMeta], mut args_: &::pytree_core::TensorMeta, input_ids: ::std::option::Option<&::pytree_core::TensorMeta>, #[kwargs] rest: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>, ) -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() } fn forward_t(&self) {} }
}

mod b18 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta, crate = "pytree_core")]
        impl dyn Object + Send { const LENGTH: usize = 3; pub fn forward(&self, mut x: &str, str: bool, rest: bool) -> i64 { ::std::unimplemented!() } }
}

mod b19 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        impl dyn Object + Send { fn forward(#[allow(unused)] &self, mut x: f64, y: ::pytree_core::TensorMeta, mut rest: ::std::option::Option<i64>) -> (((i64))) { ::std::unimplemented!() } const LAST: u8 = 1; }
}

mod b20 {
    struct str<T,>(::std::vec::Vec<T>);
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        /// A model.
        impl<T,> self::str<T,> where T: Send, { /// Docs.
        #[allow(unused)] fn call_it(&self, mut rest: bool, _z: ::std::option::Option<&::pytree_core::TensorMeta>) -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() } fn generic<Z>(_: Z) where Z: Clone {} }
}

mod b21 {
    struct Option;
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        /// A model.
        impl Option { pub fn forward(#[allow(unused)] &self, #[default(::std::vec![2, 3])] args_: &[i64]) -> ::pytree_core::TensorMeta { ::std::unimplemented!() } fn forward_t(&self) {} }
}

mod b22 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta, forward = call_it)]
        impl dyn Object + Send { const LENGTH: usize = 3; pub fn call_it(&self, #[default(::std::vec![2, 3])] slots: &[i64], #[args] str: &[::pytree_core::TensorMeta], #[kwargs] mut r#type: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>) -> i64 { ::std::unimplemented!() } }
}

mod b23 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        /// A model.
        impl dyn Object { fn other(&self) -> i64 { 1 } fn forward(#[allow(unused)] &self, #[returned] mut größe: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, self_: bool) { ::std::unimplemented!() } fn forward_t(&self) {} }
}

mod b24 {
    trait Object {}
    #[::pytree_core::module(family = ::pytree_core::Meta)]
        #[allow(clippy::all)] impl dyn Object { const LENGTH: usize = 3; pub fn forward(&self, x: &::pytree_core::TensorMeta, #[returned] T: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, ) -> (::pytree_core::TensorMeta, ::std::vec::Vec<f64>) { ::std::unimplemented!() } }
}

fn f0() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", |y: bool, T: &[::pytree_core::TensorMeta], #[default(::std::vec![2, 3])] rest: &[i64], #[kwargs] args_: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>, | -> () { ::std::unimplemented!() });
}

fn f1() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", move |args_: ::pytree_core::TensorMeta, mut str: ::pytree_core::TensorMeta, | -> ::pytree_core::TensorMeta { ::std::unimplemented!() },);
}

fn f2() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "Add", move |mut x: i64, T: i64, #[allow(unused)] mut self_: &(::pytree_core::TensorMeta, i64), args_: bool| -> ::std::result::Result<(), ::std::string::String> { ::std::unimplemented!() });
}

fn f3() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, |#[args] _z: &[::pytree_core::TensorMeta]| -> (::pytree_core::TensorMeta, ::std::vec::Vec<f64>) { ::std::unimplemented!() });
}

fn f4() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, move |mut str: (&::pytree_core::TensorMeta), rest: f64, mut args_: ::pytree_core::TensorMeta, r#type: &::pytree_core::TensorMeta| -> () { ::std::unimplemented!() },);
}

fn f5() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, move |str: &[::pytree_core::TensorMeta], #[allow(unused)] self_: &(::pytree_core::TensorMeta, i64), _z: &[::pytree_core::TensorMeta], größe: &str| -> () { ::std::unimplemented!() });
}

fn f6() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", move |mut r#type: f64, #[default(::std::vec![2, 3])] r#match: &[i64], größe: ::std::option::Option<i64>, | -> () { ::std::unimplemented!() });
}

fn f7() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", move |mut rest: &str, #[returned] slots: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, mut str: i64, r#type: ::std::option::Option<&::pytree_core::TensorMeta>| -> ::pytree_core::TensorMeta { ::std::unimplemented!() },);
}

fn f8() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", move |#[args] mut _z: &[::pytree_core::TensorMeta]| -> ::std::result::Result<(), ::std::string::String> { ::std::unimplemented!() });
}

fn f9() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "Add", move |T: &[::pytree_core::TensorMeta]| -> () { ::std::unimplemented!() });
}

fn f10() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, move |r#match: (&::pytree_core::TensorMeta), #[returned] mut forward: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, | -> () { ::std::unimplemented!() });
}

fn f11() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "Add", move |#[args] slots: &[::pytree_core::TensorMeta], | -> () { ::std::unimplemented!() },);
}

fn f12() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "Add", |#[kwargs] T: &::pytree_core::IndexMap<::std::string::String, ::pytree_core::TensorMeta>, | -> (((i64))) { ::std::unimplemented!() });
}

fn f13() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", move |mut str: &str, mut T: i64, #[allow(unused)] r#type: &(::pytree_core::TensorMeta, i64), slots: ::std::option::Option<&::pytree_core::TensorMeta>, #[args] input_ids: &[::pytree_core::TensorMeta], | -> i64 { ::std::unimplemented!() },);
}

fn f14() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", || -> (((i64))) { ::std::unimplemented!() });
}

fn f15() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "Add", |r#match: &[::pytree_core::TensorMeta], #[allow(unused)] x: &(::pytree_core::TensorMeta, i64), mut str: ::std::option::Option<i64>, #[default(::std::vec![2, 3])] mut y: &[i64], | -> (((i64))) { ::std::unimplemented!() },);
}

fn f16() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, move |args_: (&::pytree_core::TensorMeta), #[default(::std::vec![2, 3])] r#type: &[i64], rest: ::std::option::Option<i64>, mut r#match: ::std::option::Option<&::pytree_core::TensorMeta>| -> () { ::std::unimplemented!() });
}

fn f17() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, move |r#match: &str, forward: i64, #[default(1.5)] mut slots: f64| -> ::pytree_core::TensorMeta { ::std::unimplemented!() });
}

fn f18() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "Add", move |_z: &[::pytree_core::TensorMeta], input_ids: ::pytree_core::TensorMeta, #[default(1.5)] mut größe: f64, #[default(::std::vec![2, 3])] T: &[i64]| -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() });
}

fn f19() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", |größe: ::std::option::Option<i64>, #[args] T: &[::pytree_core::TensorMeta], | -> () { ::std::unimplemented!() });
}

fn f20() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, |#[allow(unused)] größe: &(::pytree_core::TensorMeta, i64), y: i64| -> (::pytree_core::TensorMeta, ::std::vec::Vec<f64>) { ::std::unimplemented!() });
}

fn f21() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", move |mut slots: &str, str: &[::pytree_core::TensorMeta], input_ids: ::pytree_core::TensorMeta, #[default(1.5)] forward: f64| -> i64 { ::std::unimplemented!() });
}

fn f22() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, name = "str", move |#[returned] args_: &mut ::std::vec::Vec<::pytree_core::TensorMeta>, #[default(::std::vec![2, 3])] rest: &[i64]| -> i64 { ::std::unimplemented!() });
}

fn f23() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, |_z: bool, input_ids: &str, mut x: &[::pytree_core::TensorMeta], #[default(::std::vec![2, 3])] mut rest: &[i64], | -> ::std::result::Result<i64, ::std::fmt::Error> { ::std::unimplemented!() });
}

fn f24() {
    let _ = ::pytree_core::function!(family = ::pytree_core::Meta, move |#[allow(unused)] mut input_ids: &(::pytree_core::TensorMeta, i64), x: &::pytree_core::TensorMeta, r#type: (&::pytree_core::TensorMeta), args_: ::std::option::Option<i64>| -> () { ::std::unimplemented!() },);
}

fn main() {}
