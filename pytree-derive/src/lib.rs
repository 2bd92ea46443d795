//! `#[derive(PyTree)]` and `#[module]`: what a struct and a forward are to torch.export.
//!
//! Use them through `pytree_core` (feature `derive`) or `torch_export`, which re-export them under these names; each
//! re-export writes paths of its own crate, and `crate = ".."` names another one.

mod attr;
mod ctxt;
mod derive;
#[cfg(test)]
mod expansion_tests;
mod header;
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
/// It writes `PyTree`, `OwnedTree`, and for a type that is generic over what it holds `Retype`:
///
/// - With type parameters among its children the type is a tree of every family (`Inputs<Tensor>`,
///   `Inputs<TensorMeta>`); only parameters are bounded, by the fields that use them, so recursive and private types
///   work. `Retype` is written unless the type itself bounds them.
/// - Without children, too, it is a tree of every family.
/// - Otherwise it is a tree of one family: `Tch`, or the one that `family` names.
/// - With lifetime parameters it can only be read: `PyTree` and nothing else.
///
/// | a type | is by default |
/// |---|---|
/// | `struct S { x: T }` | a dataclass, known by its fields |
/// | `struct S(T, U);` | a tuple: its fields have no names that a class could have. Named otherwise by `as`, they are `_0`, `_1`, or what `rename` says |
/// | `struct S;` | an empty tuple |
/// | `enum E { A, B(T), C { x: T } }` | a dataclass with the fields of the variant, whose name is in the context: specs of two variants differ, and a spec says which to rebuild |
///
/// # On the type
///
/// | `#[pytree(..)]` | |
/// |---|---|
/// | `name = "a.b.Type"` | the serialized name (`serialized_type_name`); by default `crate.module.Type` |
/// | `as = ".."` | the Python node: `"dataclass"`, `"mapping"` (children by name, `None` is a leaf: `DynamicCache`, `ModelOutput`), `"namedtuple"`, `"custom"` (children numbered, static fields as its dumpable context), `"constant"` (no children), or a container: `"dict"`, `"OrderedDict"`, `"tuple"`, `"list"`, `"deque"`, `"immutable_dict"`, `"immutable_list"`. An enum is a dataclass or a mapping |
/// | `family = Path` | the family of a type that has concrete tensors |
/// | `crate = "path"` | where the library is, when it is renamed or re-exported |
/// | `bound = ".."` | a where clause that replaces the bounds which the fields ask for; `_` is the family |
/// | `remote = "path::Type"` | the struct describes that type of another crate, for `with = ..` |
/// | `borrow_only` | writes `PyTree` alone: for a type that implements `Drop`, whose fields cannot be moved out |
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
/// A dict, tuple or list opens in a Python that knows nothing of the struct:
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
/// The variant of an enum is in the context:
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
/// Bounds are said where the fields cannot tell them:
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
/// One such parameter is static in the type of a field, which its own struct alone knows:
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
/// A field is a child unless it says otherwise. On a variant of an enum there is `rename`, its name in the context.
///
/// | `#[pytree(..)]` | |
/// |---|---|
/// | `static` | kept in the context, compared with the spec and written as JSON; needs `PartialEq` and serde, and is no tensor |
/// | `skip` | not carried: `Default::default()` when the value is rebuilt. A `PhantomData` says so too: no type is known by its spelling |
/// | `skip, default = path` | not carried: made by this function, which takes nothing |
/// | `leaf` | one leaf, by `AsLeaf`: the smaller numbers, shared texts, an enum of yours |
/// | `with = module` | a child that `module::walk`, `walk_mut`, `into_walk` and `rebuild` walk, with the signatures of the traits' methods; or a type with `remote` |
/// | `flatten` | the children of the field, a derived struct with names, are children of this one |
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
///     use pytree_core::{Family, Leaf, LeafMut, LeafRef, Source, UnflattenError};
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
///             Leaf::Float(s) => Duration::try_from_secs_f64(s).map_err(|e| source.bad_leaf(e.to_string())),
///             other => Err(source.bad_leaf(format!("{} is no duration", other.kind()))),
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
/// At most 128 children. Unions and packed structs are refused. `flatten` takes no struct with static fields and no
/// enum; a `remote` struct has no static fields. A parameter used through an associated type, or one that is static in
/// another generic struct, needs `bound`. A constant and a namedtuple whose Python class is not registered have no JSON
/// form in torch.
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

/// Makes a model of a type: the block `impl Model { fn forward(&self, ..) -> .. }` (`torch.nn.Module`).
///
/// The block stays as it is. Beside it the type gets `Module`, and two functions that make arguments:
///
/// - `Model::args(first)` or `Model::args((first, second))`: by position, as many as given;
/// - `Model::kwargs()`: none yet;
///
/// each followed by `.name(value)` for arguments by name. As a tree they are Python's `(args, kwargs)`, so a spec
/// made here is the `in_spec` that torch makes of the same call.
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
/// assert_eq!(Add.call(&Add::args(x)), Err(BindError::Missing("y".into())));
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
/// | `Option` of any of these | `Option` of what the call owns then; it may be left out |
/// | `T` | `T`; forward gets a copy that shares the tensors, and may return it |
/// | `#[returned] x: &mut T` | `T`; forward changes such a copy, which comes behind the result: `(Result, T)` |
/// | `#[default(1.0)] x: f64` | as without; it may be left out, and is then what the expression gives, of the owned type |
/// | `#[args] rest: &[T]` | Python's `*args`: `.rest([a, b])`, each an argument; parameters behind it are given by name only |
/// | `#[kwargs] extra: &IndexMap<String, T>` | Python's `**kwargs`: `.extra([("name", a)])`, each an argument |
///
/// at most twelve of them, each with a plain name. It returns any tree that can be rebuilt, or nothing. As in Python, a
/// parameter has a default only when all positional ones behind it have: an `Option` before one that must be given must
/// be given too. In a copy, fields with `skip` are their defaults.
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
/// `family = Path` names the family of the tensors (`Tch` by default), `crate = "path"` where the library is.
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
/// fn main() -> Result<(), pytree_core::BindError> {
///     let x = TensorMeta::new(pytree_core::DType::Float32, [5, 6]);
///     let inputs = Scale::args((vec![x], 2)).bias(None);
///     assert_eq!(Scale(3.0).call(&inputs)?, [18.0]);
///     Ok(())
/// }
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

/// A closure as a model: plain functions and closures with the names of their parameters (`torch.nn.Module` of one
/// function).
///
/// It gives a value that is a [`Module`](macro@module); its arguments are made by methods of the value. Types are written
/// out, the parameters take what those of a `#[module]` take, and the body stands in braces.
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
/// # Ok::<(), pytree_core::BindError>(())
/// ```
///
/// `family = Path`, `crate = "path"` are those of `#[module]`, `name = "Add"` is the name of the model. What is written
/// cannot use the type parameters of a function around it.
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
