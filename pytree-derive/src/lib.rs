//! The macros of `pytree_core`: `#[derive(PyTree)]` makes a struct or an enum a tree of tensors, `#[module]` and
//! `function!` make a model of a `forward` or a closure.
//!
//! Use them through `pytree_core` (feature `derive`) or `torch_export`, which re-export them. Each re-export writes paths
//! to its own crate, and `crate = ".."` names another one.

// A macro reads (`ast`, with every attribute read by `attr`), checks (`check`) and writes (`expand`). A mistake never
// hides another: all go to one `Ctxt`. Expansions reach the library through one module of it, `__private`.

mod attr;
mod ctxt;
mod derive;
#[cfg(test)]
mod expansion_tests;
#[cfg(test)]
mod grammar_tests;
mod header;
mod lints;
mod module;
mod name;
mod root;
mod ty;

use proc_macro::TokenStream;
use root::Root;

/// Makes a struct or enum a tree (`torch.export.register_dataclass`, `register_pytree_node`).
///
/// ```
/// use pytree_core::{DType, Meta, PyTree, TensorMeta, flatten, map};
///
/// #[derive(PyTree)]
/// #[pytree(name = "my_project.Inputs")]
/// struct Inputs<T> {
///     x: T,
///     mask: Option<T>,
///     #[pytree(static)]
///     mode: String,
/// }
///
/// let x = TensorMeta::new(DType::Float32, [5, 6]);
/// let inputs = Inputs { x, mask: None, mode: "eval".into() };
/// let flat = flatten(&inputs)?;
/// // A dataclass drops its `None`s and remembers them.
/// assert_eq!(flat.spec.to_string(), "TreeSpec(Inputs, [['x'], ['mask'], {'mode': 'eval'}], [*])");
/// let paths: Vec<String> = flat.with_paths().map(|(path, _)| path.to_string()).collect();
/// assert_eq!(paths, [".x"]);
///
/// let shapes: Inputs<TensorMeta> = map::<_, Meta, _>(&inputs, |t| t.clone())?;
/// assert_eq!(shapes.x.to_string(), "f32[5, 6]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The macro implements `PyTree` and `OwnedTree`, and `Retype` for a type that is generic over its tensors:
///
/// - A type with type parameters among its children is a tree of every family (`Inputs<Tensor>`,
///   `Inputs<TensorMeta>`). Only the parameters get bounds, inferred from the fields that use them, so recursive and
///   private types work. `Retype` is implemented unless the type itself has bounds on them.
/// - A type without children is a tree of every family too.
/// - Any other type is a tree of one family: `Tch`, or the one that `family` names.
/// - A type with lifetime parameters can be flattened but not rebuilt: only `PyTree` is implemented.
///
/// | a type | is by default |
/// |---|---|
/// | `struct S { x: T }` | a dataclass with the same fields |
/// | `struct S(T, U);` | a tuple, since its fields have no names. If `as` makes it another node, they are called `_0`, `_1`, or as `rename` says |
/// | `struct S;` | an empty tuple |
/// | `enum E { A, B(T), C { x: T } }` | a dataclass with the fields of its variant. The context holds the name of the variant, so the specs of two variants differ, and a spec determines which one is rebuilt |
///
/// # On the type
///
/// | `#[pytree(..)]` | |
/// |---|---|
/// | `name = "a.b.Type"` | the serialized name (`serialized_type_name`); by default `crate.module.Type` |
/// | `as = ".."` | the kind of Python node: `"dataclass"`, `"mapping"` (named children, and `None` is a leaf: `DynamicCache`, `ModelOutput`), `"namedtuple"`, `"custom"` (numbered children, and static fields as its dumpable context), `"constant"` (no children), or a container: `"dict"`, `"OrderedDict"`, `"tuple"`, `"list"`, `"deque"`, `"immutable_dict"`, `"immutable_list"`. An enum can only be a dataclass or a mapping |
/// | `family = Path` | the family of a type with concrete tensors |
/// | `crate = "path"` | the path of the library, if it is renamed or re-exported |
/// | `bound = ".."` | the predicates of a where clause, which replace the inferred bounds; `_` stands for the family |
/// | `remote = "path::Type"` | the struct describes this type of another crate, for use in `with = ..` |
/// | `borrow_only` | only `PyTree` is implemented: for a type that implements `Drop`, whose fields cannot be moved out |
///
/// ```
/// use pytree_core::{DType, Meta, PyTree, TensorMeta, flatten};
///
/// #[derive(PyTree)]
/// #[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping", family = Meta)]
/// struct DynamicCache {
///     key_cache: Vec<TensorMeta>,
///     value_cache: Vec<TensorMeta>,
/// }
///
/// let t = || TensorMeta::new(DType::Float32, [2, 4, 3, 7]);
/// let cache = DynamicCache { key_cache: vec![t()], value_cache: vec![t()] };
/// let paths: Vec<String> = flatten(&cache)?.with_paths().map(|(path, _)| path.to_string()).collect();
/// assert_eq!(paths, ["['key_cache'][0]", "['value_cache'][0]"]);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// Python can load a dict, a tuple or a list without a class for the struct:
///
/// ```
/// use pytree_core::{Meta, PyTree, TensorMeta, structure};
///
/// #[derive(PyTree)]
/// #[pytree(as = "dict", family = Meta)]
/// struct Batch {
///     ids: TensorMeta,
///     length: i64,
/// }
///
/// #[derive(PyTree)]
/// #[pytree(as = "tuple", borrow_only)]
/// struct Pair<'a, T> {
///     a: &'a T,
///     b: &'a [T],
/// }
/// # let t = TensorMeta::new(pytree_core::DType::Int64, [3]);
/// # assert_eq!(structure(&Pair { a: &t, b: &[] })?.to_string(), "TreeSpec(tuple, None, [*,\n  TreeSpec(list, None, [])])");
/// # assert_eq!(structure::<Meta, _>(&Batch { ids: t, length: 3 })?.to_string(), "TreeSpec(dict, ['ids', 'length'], [*,\n  *])");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// The context of an enum holds its variant:
///
/// ```
/// use pytree_core::{Meta, PyTree, TensorMeta, structure};
///
/// #[derive(PyTree)]
/// enum Mask<T> {
///     #[pytree(rename = "causal")]
///     Causal,
///     Dense(T),
///     Window { mask: Option<T>, #[pytree(static)] size: usize },
/// }
///
/// let none: Mask<TensorMeta> = Mask::Causal;
/// assert_eq!(structure::<Meta, _>(&none)?.to_string(), "TreeSpec(Mask, [[], [], {'variant': 'causal'}], [])");
/// let window: Mask<TensorMeta> = Mask::Window { mask: None, size: 4 };
/// assert_eq!(
///     structure::<Meta, _>(&window)?.to_string(),
///     "TreeSpec(Mask, [[], ['mask'], {'variant': 'Window', 'size': 4}], [])"
/// );
/// # let dense = Mask::Dense(TensorMeta::new(pytree_core::DType::Int64, [3]));
/// # assert_eq!(structure::<Meta, _>(&dense)?.to_string(), "TreeSpec(Mask, [['_0'], [], {'variant': 'Dense'}], [*])");
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// `bound` is needed where the fields do not determine the bounds, as with an associated type:
///
/// ```
/// use pytree_core::{Meta, OwnedTree, PyTree, TensorMeta, leaves};
///
/// trait Layer {
///     type State;
/// }
///
/// #[derive(PyTree)]
/// #[pytree(bound = "L: Layer, L::State: OwnedTree<_>")]
/// struct States<L: Layer> {
///     states: Vec<L::State>,
///     step: i64,
/// }
/// # struct Lstm;
/// # impl Layer for Lstm {
/// #     type State = TensorMeta;
/// # }
/// # assert_eq!(leaves::<Meta, _>(&States::<Lstm> { states: vec![], step: 1 }).len(), 1);
/// ```
///
/// It is also needed for a parameter that is static inside the type of a field:
///
/// ```
/// use pytree_core::{Meta, OwnedTree, PyTree, TensorMeta, leaves};
/// use serde::{Serialize, de::DeserializeOwned};
///
/// #[derive(PyTree)]
/// struct Layer<T, C> {
///     x: T,
///     #[pytree(static)]
///     config: C,
/// }
///
/// #[derive(PyTree)]
/// #[pytree(bound = "T: OwnedTree<_>, C: PartialEq + Serialize + DeserializeOwned")]
/// struct Layers<T, C> {
///     layers: Vec<Layer<T, C>>,
/// }
/// # let layers: Layers<TensorMeta, String> = Layers { layers: vec![] };
/// # assert_eq!(leaves::<Meta, _>(&layers).len(), 0);
/// ```
///
/// # On a field
///
/// A field is a child unless an attribute says otherwise. A variant of an enum takes `rename`, its name in the context.
///
/// | `#[pytree(..)]` | |
/// |---|---|
/// | `static` | kept in the context, compared with the spec and written as JSON; its type needs `PartialEq` and the traits of serde, and cannot hold tensors. A value that JSON cannot hold, such as NaN, is an error. A `HashMap` is written sorted by key, unless it is inside a type of your own |
/// | `skip` | not carried, and rebuilt by `Default::default()`. `PhantomData` fields must be marked `skip` too |
/// | `skip, default = path` | not carried, and rebuilt by this function, which takes no arguments |
/// | `leaf` | one leaf, by `AsLeaf`: smaller numbers, shared strings, your own enums |
/// | `with = module` | a child walked by `module::walk`, `walk_mut`, `into_walk` and `rebuild`, functions with the signatures of the traits' methods; or by a struct with `remote` |
/// | `flatten` | the children of the field, a derived struct with named children, become children of this type |
/// | `rename = "x"` | its name in Python |
///
/// ```
/// use pytree_core::{Meta, PyTree, TensorMeta, structure};
///
/// #[derive(Default, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Config {
///     heads: usize,
/// }
///
/// #[derive(PyTree)]
/// #[pytree(as = "dict")]
/// struct Masks<T> {
///     padding: Option<T>,
///     causal: Option<T>,
/// }
///
/// #[derive(PyTree)]
/// #[pytree(family = Meta)]
/// struct Block {
///     #[pytree(rename = "hidden_states")]
///     hidden: TensorMeta,
///     #[pytree(leaf)]
///     dropout: f32,
///     #[pytree(flatten)]
///     masks: Masks<TensorMeta>,
///     #[pytree(static)]
///     config: Config,
///     #[pytree(skip, default = std::time::Instant::now)]
///     started: std::time::Instant,
/// }
///
/// let hidden = TensorMeta::new(pytree_core::DType::Float32, [2, 8]);
/// let masks = Masks { padding: Some(hidden.clone()), causal: None };
/// let block = Block { hidden, dropout: 0.5, masks, config: Config { heads: 4 }, started: std::time::Instant::now() };
/// assert_eq!(
///     structure(&block)?.to_string(),
///     "TreeSpec(Block, [['hidden_states', 'dropout', 'padding'], ['causal'], {'config': {'heads': 4}}], [*,\n  *,\n  *])"
/// );
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// A type of another crate is described by a struct with its fields, or walked by functions:
///
/// ```
/// use pytree_core::{Meta, PyTree, TensorMeta, flatten};
/// use std::time::Duration;
/// # mod vision {
/// #     pub struct Boxes<T> {
/// #         pub corners: T,
/// #         pub count: i64,
/// #     }
/// # }
///
/// #[derive(PyTree)]
/// #[pytree(remote = "vision::Boxes<T>", name = "vision.Boxes")]
/// struct BoxesDef<T> {
///     corners: T,
///     count: i64,
/// }
///
/// mod seconds {
///     use pytree_core::{Family, Leaf, LeafMut, LeafRef, Mismatch, Source, UnflattenError};
///     use pytree_core::{Visitor, VisitorMut, VisitorOwned};
///     use std::{ops::ControlFlow, time::Duration};
///
///     pub fn walk<'a, F: Family, V: Visitor<'a, F>>(d: &'a Duration, v: &mut V) -> ControlFlow<V::Break> {
///         v.leaf(LeafRef::Float(d.as_secs_f64()))
///     }
///     pub fn walk_mut<F: Family, V: VisitorMut<F>>(d: &mut Duration, v: &mut V) -> ControlFlow<V::Break> {
///         let mut seconds = d.as_secs_f64();
///         let flow = v.leaf(LeafMut::Float(&mut seconds));
///         *d = Duration::try_from_secs_f64(seconds).unwrap_or(*d);
///         flow
///     }
///     pub fn into_walk<F: Family, V: VisitorOwned<F>>(d: Duration, v: &mut V) -> ControlFlow<V::Break> {
///         v.leaf(Leaf::Float(d.as_secs_f64()))
///     }
///     pub fn rebuild<F: Family, S: Source<F>>(source: &mut S) -> Result<Duration, UnflattenError> {
///         match source.leaf()? {
///             Leaf::Float(s) => Duration::try_from_secs_f64(s)
///                 .map_err(|e| source.fail(Mismatch::Value(e.to_string().into()))),
///             other => Err(source.fail(Mismatch::Value(format!("{} is not a duration", other.kind()).into()))),
///         }
///     }
/// }
///
/// #[derive(PyTree)]
/// #[pytree(family = Meta)]
/// struct Frame {
///     #[pytree(with = BoxesDef<TensorMeta>)]
///     boxes: vision::Boxes<TensorMeta>,
///     #[pytree(with = seconds)]
///     at: Duration,
/// }
/// # let corners = TensorMeta::new(pytree_core::DType::Int64, [3, 4]);
/// # let frame = Frame { boxes: vision::Boxes { corners, count: 3 }, at: Duration::from_millis(1500) };
/// # let paths: Vec<String> = flatten::<Meta, _>(&frame)?.with_paths().map(|(path, _)| path.to_string()).collect();
/// # assert_eq!(paths, [".boxes.corners", ".boxes.count", ".at"]);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// # Limits
///
/// A node has at most 128 children, and a type is nested at most 64 levels deep. Unions and packed structs are not
/// supported. `flatten` accepts neither structs with static fields nor enums, and a `remote` struct cannot have static
/// fields. A parameter used through an associated type, or one that is static in another generic struct, needs `bound`.
/// Constants, and namedtuples whose Python class is not registered, have no JSON form in torch.
#[proc_macro_derive(PyTree, attributes(pytree))]
pub fn derive_pytree(input: TokenStream) -> TokenStream {
    derive::derive(input.into(), Root::core()).into()
}

/// [`PyTree`](macro@PyTree) with paths through `::torch_export`, which re-exports it as `PyTree`.
#[doc(hidden)]
#[proc_macro_derive(PyTreeFacade, attributes(pytree))]
pub fn derive_pytree_facade(input: TokenStream) -> TokenStream {
    derive::derive(input.into(), Root::facade()).into()
}

/// Makes a type a model, by the block `impl Model { fn forward(&self, ..) -> .. }` (`torch.nn.Module`).
///
/// The block may also be that of a trait, such as `impl tch::nn::ModuleT for Model`. It stays as it is. The macro adds an impl
/// of `Module` and two functions that make the arguments of a call:
///
/// - `Model::args(first)` or `Model::args((first, second))` gives the first few by position;
/// - `Model::kwargs()` gives none by position.
///
/// Both may be followed by `.name(value)`, which gives an argument by name; one that is an `Option` is given with `Some` or
/// without. As a tree, arguments are Python's
/// `(args, kwargs)`, so their spec is the `in_spec` that torch makes for the same call.
///
/// ```
/// use pytree_core::{BindError, DType, Meta, Module, TensorMeta, module, structure};
///
/// struct Add;
///
/// #[module(family = Meta)]
/// impl Add {
///     fn forward(&self, x: &TensorMeta, y: &TensorMeta) -> TensorMeta {
///         TensorMeta::new(x.dtype, x.sizes.iter().zip(&y.sizes).map(|(a, b)| *a.max(b)))
///     }
/// }
///
/// let x = TensorMeta::new(DType::Float32, [5, 6]);
/// let y = TensorMeta::new(DType::Float32, [1, 6]);
/// let inputs = Add::args(x.clone()).y(y);
/// assert_eq!(
///     structure(&inputs)?.to_string(),
///     "TreeSpec(tuple, None, [TreeSpec(tuple, None, [*]),\n  TreeSpec(dict, ['y'], [*])])"
/// );
/// assert_eq!(Add.call(&inputs)?.to_string(), "f32[5, 6]");
/// assert_eq!(Add.call(&Add::args(x)).unwrap_err(), BindError::Missing("y".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What forward may take
///
/// A call owns its arguments, since an export calls forward many times with the same ones:
///
/// | forward takes | the call owns |
/// |---|---|
/// | `&T` | `T`, a tree that can be rebuilt |
/// | `&[T]`, `&str` | `Vec<T>`, `String` |
/// | `i64`, `f64`, `bool` | the same |
/// | `Option` of any of these | `Option` of the owned type; it may be left out |
/// | `T` | `T`; forward gets a copy that shares the tensors, and may return it |
/// | `#[returned] x: &mut T` | `T`; forward changes such a copy, which the call returns after the result: `(Result, T)` |
/// | `#[default(1.0)] x: f64` | the same as without the attribute; it may be left out, and is then the value of the expression, which has the owned type |
/// | `#[args] rest: &[T]` | Python's `*args`: `.rest([a, b])`, each item an argument; parameters after it can only be given by name |
/// | `#[kwargs] extra: &IndexMap<String, T>` | Python's `**kwargs`: `.extra([("name", a)])`, each item an argument |
///
/// Forward has at most twelve parameters, each with a plain name. It returns any tree that can be rebuilt, nothing, or a
/// `Result` of either: an error is then that of the call, with its type and source. A type alias is taken for a `Result` if it
/// has that name (`anyhow::Result<Tensor>`). A type of another crate is returned as `Remote`, by its description. As
/// in Python, a parameter has a default only if all positional ones after it have one: an `Option` before a required
/// parameter is required too. In a copy, fields with `skip` have their default values.
///
/// ```
/// use pytree_core::{DType, Meta, Module, TensorMeta, module, structure};
///
/// struct Append;
///
/// #[module(family = Meta)]
/// impl Append {
///     fn forward(
///         &self,
///         #[returned] cache: &mut Vec<TensorMeta>,
///         x: TensorMeta,
///         #[default(1)] times: i64,
///         #[args] rest: &[TensorMeta],
///     ) -> i64 {
///         cache.extend(std::iter::repeat_n(x, times as usize));
///         cache.extend(rest.iter().cloned());
///         cache.len() as i64
///     }
/// }
///
/// let x = || TensorMeta::new(DType::Float32, [5]);
/// assert_eq!(Append.call(&Append::args((vec![], x())))?, (1, vec![x()]));
/// let call = Append::args((vec![x()], x(), 2)).rest([x()]);
/// assert_eq!(Append.call(&call)?, (4, vec![x(), x(), x(), x()]));
/// assert_eq!(structure(&call)?.num_leaves(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Arguments of the attribute
///
/// `family = Path` names the family of the tensors (`Tch` by default), `forward = name` the method that is exported
/// (`forward` by default), `crate = "path"` the path of the library.
///
/// ```
/// use pytree_core::{Meta, Module, TensorMeta, module};
///
/// mod deps {
///     pub use pytree_core;
/// }
///
/// struct Scale(f64);
///
/// #[module(family = Meta, crate = "crate::deps::pytree_core")]
/// impl Scale {
///     fn forward(&self, x: &[TensorMeta], power: i64, bias: Option<&TensorMeta>) -> Vec<f64> {
///         let factor = self.0.powi(power as i32);
///         x.iter().chain(bias).map(|t| factor * t.rank() as f64).collect()
///     }
/// }
///
/// fn main() -> Result<(), pytree_core::ForwardError> {
///     let x = TensorMeta::new(pytree_core::DType::Float32, [5, 6]);
///     let inputs = Scale::args((vec![x], 2)).bias(None);
///     assert_eq!(Scale(3.0).call(&inputs)?, [18.0]);
///     Ok(())
/// }
/// ```
///
/// ```
/// use pytree_core::{DType, Meta, Module, TensorMeta, module};
///
/// trait ModuleT {
///     fn forward_t(&self, xs: &TensorMeta, train: bool) -> TensorMeta;
/// }
///
/// struct Dropout;
///
/// #[module(family = Meta, forward = forward_t)]
/// impl ModuleT for Dropout {
///     fn forward_t(&self, xs: &TensorMeta, #[default(false)] train: bool) -> TensorMeta {
///         if train { TensorMeta::new(xs.dtype, xs.sizes.clone()) } else { xs.clone() }
///     }
/// }
///
/// let x = TensorMeta::new(DType::Float32, [5, 6]);
/// assert_eq!(Dropout.call(&Dropout::args(x.clone()))?, x);
/// # Ok::<(), pytree_core::ForwardError>(())
/// ```
#[proc_macro_attribute]
pub fn module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::module(arguments.into(), item.into(), Root::core()).into()
}

/// [`macro@module`] with paths through `::torch_export`, which re-exports it as `module`.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn module_facade(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::module(arguments.into(), item.into(), Root::facade()).into()
}

/// Makes a closure a model, with the names of its parameters (a `torch.nn.Module` of one function).
///
/// The value of the macro is a [model](macro@module), and its methods `args` and `kwargs` make the arguments of a call.
/// All types must be written, the parameters are those that `#[module]` takes, and the body is in braces.
///
/// ```
/// use pytree_core::{DType, Meta, Module, TensorMeta, function};
///
/// let wider = 3;
/// let add = function!(family = Meta, name = "Add", |x: &TensorMeta, #[default(1)] times: i64| -> TensorMeta {
///     TensorMeta::new(x.dtype, x.sizes.iter().map(|s| s * times + wider))
/// });
/// let x = TensorMeta::new(DType::Float32, [2]);
/// assert_eq!(add.call(&add.args(x.clone()))?.to_string(), "f32[5]");
/// assert_eq!(add.call(&add.kwargs().x(x).times(2))?.to_string(), "f32[7]");
/// # Ok::<(), pytree_core::ForwardError>(())
/// ```
///
/// `family = Path` and `crate = "path"` are those of `#[module]`, `name = "Add"` is the name of the model. The types cannot
/// use the type parameters of a function around the macro.
#[proc_macro]
pub fn function(input: TokenStream) -> TokenStream {
    module::function(input.into(), Root::core()).into()
}

/// [`function!`] with paths through `::torch_export`, which re-exports it as `function`.
#[doc(hidden)]
#[proc_macro]
pub fn function_facade(input: TokenStream) -> TokenStream {
    module::function(input.into(), Root::facade()).into()
}
