//! `#[derive(PyTree)]` and `#[module]`: what a struct and a forward are to torch.export.
//!
//! Use them through `pytree_core` (feature `derive`) or `torch_export`, which re-export them under these names; each
//! re-export writes paths of its own crate, and `crate = ".."` names another one.

mod attr;
mod ctxt;
mod derive;
mod header;
mod module;
mod name;
mod params;
mod root;

use proc_macro::TokenStream;
use root::Root;

/// Makes a struct with named fields a tree (`torch.export.register_dataclass`, `register_pytree_node`).
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
/// It writes `PyTree`, `OwnedTree`, and for a struct that is generic over what it holds `Retype`:
///
/// - With type parameters among its children the struct is a tree of every family (`Inputs<Tensor>`,
///   `Inputs<TensorMeta>`); only the parameters are bounded, so recursive and private types work. `Retype` is written
///   unless the struct itself bounds them.
/// - Without, it is a tree of one family: `Tch`, or the one that `family` names.
/// - With lifetime parameters it can only be read: `PyTree` and nothing else.
///
/// # On the type
///
/// | `#[pytree(..)]` | |
/// |---|---|
/// | `name = "a.b.Type"` | the serialized name (`serialized_type_name`); by default `crate.module.Type` |
/// | `as = ".."` | the Python node: `"dataclass"` (default), `"mapping"` (children by name, `None` is a leaf: `DynamicCache`, `ModelOutput`), `"dict"`, `"tuple"`, `"list"` |
/// | `family = Path` | the family of a struct that has concrete tensors |
/// | `crate = "path"` | where the library is, when it is renamed or re-exported |
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
/// # On a field
///
/// A field is a child unless it says otherwise.
///
/// | `#[pytree(..)]` | |
/// |---|---|
/// | `static` | kept in the context, compared with the spec and written as JSON; needs `PartialEq` and serde, and is no tensor |
/// | `skip` | not carried: `Default::default()` when the struct is rebuilt |
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
/// #[pytree(family = Meta)]
/// struct Block {
///     #[pytree(rename = "hidden_states")]
///     hidden: TensorMeta,
///     #[pytree(static)]
///     config: Config,
///     #[pytree(skip)]
///     seen: Option<std::time::Instant>,
/// }
///
/// let hidden = TensorMeta::new(pytree_core::DType::Float32, [2, 8]);
/// let block = Block { hidden, config: Config { heads: 4 }, seen: None };
/// assert_eq!(
///     structure(&block)?.to_string(),
///     "TreeSpec(Block, [['hidden_states'], [], {'config': {'heads': 4}}], [*])"
/// );
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
///
/// # Limits
///
/// Structs with named fields only; at most 128 children; no type parameter used through an associated type.
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
/// A call owns its arguments; forward borrows them:
///
/// | forward takes | the call owns |
/// |---|---|
/// | `&T` | `T`, a tree that can be rebuilt |
/// | `&[T]`, `&str` | `Vec<T>`, `String` |
/// | `i64`, `f64`, `bool` | the same |
/// | `Option` of any of these | `Option` of what the call owns then |
///
/// at most twelve of them, each with a plain name. It returns any tree that can be rebuilt, or nothing.
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
