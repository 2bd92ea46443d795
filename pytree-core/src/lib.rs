//! A Rust value as a tree of tensors: PyTorch's pytree.
//!
//! A *tree* is any mix of tensors, numbers, lists, tuples, dicts and your own structs. [`flatten`] returns its *leaves*
//! in order and its *spec*, the structure without the leaves. [`unflatten`] rebuilds the tree from both. The spec is
//! data: it prints as in torch, and Python's `treespec_loads` reads its JSON.
//!
//! ```
//! use pytree_core::{DType, Leaf, Meta, TensorMeta, TreeSpec, flatten, map, unflatten};
//!
//! let x = TensorMeta::new(DType::Float32, [5, 6]);
//! let tree = (x.clone(), vec![x], Some(3_i64));
//!
//! let flat = flatten(&tree)?;
//! let paths: Vec<String> = flat.with_paths().map(|(path, _)| path.to_string()).collect();
//! assert_eq!(paths, ["[0]", "[1][0]", "[2]"]);
//! assert_eq!(flat.spec.pprint(), "(*, [*], *)");
//! assert_eq!(TreeSpec::from_json(&flat.spec.to_json()?)?, flat.spec);
//!
//! let leaves = flat.leaves.iter().map(|leaf| leaf.map::<Meta>(|t| t.clone()));
//! let again: (TensorMeta, Vec<TensorMeta>, Option<i64>) = unflatten(leaves, &flat.spec)?;
//! assert_eq!(again, tree);
//!
//! // The same structure with every tensor replaced by a value of any type.
//! let halves = map::<_, Meta, _>(&tree, |t| TensorMeta::new(DType::Float16, t.sizes.iter().copied()))?;
//! assert_eq!(halves.0.to_string(), "f16[5, 6]");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The [`Family`] of a tree determines its type of tensors: [`Meta`] stands for [`TensorMeta`], which has no data, and
//! `Tch`, with the feature `tch`, for `tch::Tensor`. Without that feature this crate does not need libtorch. With the
//! feature `derive`, `#[derive(PyTree)]` makes a struct or an enum a tree, and `#[module]` does so for the arguments of
//! a model's `forward`.
//!
//! | Python | Rust |
//! |---|---|
//! | `list`, `tuple`, `dict` | `Vec`, arrays, boxed slices; tuples of up to twelve items; `IndexMap`, and `BTreeMap`, which is sorted by key. `HashMap` is not supported: it has no stable order |
//! | `OrderedDict`, `defaultdict`, `deque` | [`OrderedDict`], [`DefaultDict`], `VecDeque` or [`Deque`] |
//! | `torch.Size`, fx's `immutable_list` and `immutable_dict` | [`Size`], [`ImmutableList`], [`ImmutableDict`] |
//! | dataclasses, namedtuples, registered classes, constants | `#[derive(PyTree)]` |
//! | caches of `transformers` | [`cache`] |
//! | any of these, known only at run time | [`Value`], with a [`Context`] |
//! | `int`, `float`, `bool`, `str`, `None` | `i64`, `f64`, `bool`, `String`, `Option`: `None` is a leaf, as in torch |
//! | a reference to an object | `Box`; references, `Rc` and `Arc`, which can only be read |
//!
//! | in torch | in jax, optree, equinox | here |
//! |---|---|---|
//! | `tree_flatten`, `tree_unflatten` | `tree.flatten`, `tree.unflatten` | [`flatten`], [`into_leaves`], [`into_tensors`], [`unflatten`] |
//! | `tree_flatten_with_path`, `tree_leaves_with_path`, `keystr` | `tree.flatten_with_path`, `keystr` | [`flatten_with_keys`], [`leaves_with_keys`], [`Flat::with_paths`], [`KeyPath`] |
//! | `tree_leaves`, `tree_iter`, `tree_structure` | `tree.leaves`, `tree.structure` | [`leaves`], [`tensors`], [`structure`] |
//! | `tree_map` | `tree.map` | [`map`], [`map_leaves`], [`map_with`], [`map_many`] |
//! | `tree_map_with_path`, `tree_map_only` | `tree.map_with_path` | [`map_with_path`], [`map_only`], [`map_where`] |
//! | `tree_map_`, `tree_map_only_` | optree: `tree_map_` | [`for_each_mut`] |
//! | `tree_all`, `tree_any`, `tree_all_only`, `tree_any_only` | `tree.all` | [`all`], [`any`], [`all_only`], [`any_only`] |
//! | | `tree.reduce` | [`reduce`] |
//! | `is_leaf=`, `tree_is_leaf` | `is_leaf=`, `treedef_is_leaf` | [`Subtree::flatten_where`], [`TreeSpec::is_leaf`] |
//! | `arg_tree_leaves` | | [`leaves`] of `Model::args(..)` |
//! | `TreeSpec.flatten_up_to` | `PyTreeDef.flatten_up_to` | [`TreeSpec::flatten_up_to`] |
//! | `_broadcast_to_and_flatten` | `tree.broadcast`, `treespec_is_prefix` | [`broadcast`], [`TreeSpec::broadcast_to`], [`TreeSpec::is_prefix`] |
//! | | `tree.transpose`, `PyTreeDef.compose` | [`transpose`], [`TreeSpec::compose`] |
//! | | equinox: `partition`, `combine` | [`partition`], [`combine`], [`zip`] |
//! | `key_get` | equinox: `tree_at` | [`Flat::get`], [`Value::get`], [`Value::get_mut`], [`TreeSpec::at`] |
//! | `treespec_leaf`, `LeafSpec`, `treespec_tuple`, `treespec_dict` | `treedef_tuple` | [`TreeSpec::leaf`], [`TreeSpec::tuple`], [`TreeSpec::dict`] |
//! | `TreeSpec.children`, `child`, `num_leaves`, `num_nodes`, `num_children` | `PyTreeDef.children` | the same, and [`TreeSpec::nodes`] |
//! | `treespec_dumps`, `treespec_loads` | | [`TreeSpec::to_json`], [`TreeSpec::from_json`] |
//! | `treespec_pprint`, `repr` | `repr` | [`TreeSpec::pprint`], `Display` |
//! | `register_pytree_node`, `register_dataclass`, `register_constant` | the same, `tree.static` | `#[derive(PyTree)]`, or [`PyTree`] and [`OwnedTree`] by hand |
//! | `inspect.signature`, `Signature.bind` | | [`Signature`], [`Signature::bind`] |
//!
//! # Limits
//!
//! - Leaves are those that `torch.export` accepts: tensors, `int` of 64 bits, `float`, `bool`, `str` and `None`.
//! - Keys of dicts are `str`, `int` of 64 bits, `bool`, `float`, `None` and members of enums. Tuples and `bytes` are
//!   not supported.
//! - A tree can be [1000 nodes](TreeSpec::MAX_DEPTH) deep, which is about Python's recursion limit, and a tree in
//!   treespec JSON 62.
//! - JSON in a context cannot hold NaN or infinity, so static fields cannot either. Keys of dicts can be either.
//! - A class is identified by its serialized name alone: two classes with the same name are equal. Where torch calls
//!   the class itself, for example to print it, the data is used instead.

pub mod cache;
mod containers;
mod error;
mod family;
mod impls;
mod key;
mod leaf;
mod module;
mod ops;
pub mod python;
mod spec;
mod tensor;
mod value;
mod walk;

pub use containers::{DefaultDict, Deque, ImmutableDict, ImmutableList, OrderedDict, Size};
pub use error::{TreeError, UnflattenError};
pub use family::{Family, Meta, NoTensors};
pub use impls::{Describes, Remote};
/// The map that a `dict` and `**kwargs` are. It is re-exported so that users need no dependency on the same version.
#[doc(no_inline)]
pub use indexmap::IndexMap;
pub use key::{DictKey, EnumKey, Key, KeyEntry, KeyPath, Names};
pub use leaf::{AsLeaf, Leaf, LeafClass, LeafError, LeafKey, LeafKind, LeafMut, LeafRef, Plain, leaves_with_keys};
pub use module::{
    BindError, BoundArgument, Call, ForwardError, Holder, Holders, InputPath, Module, Parameter, ParameterKind,
    Signature, Slot, SlotKind, Slots, VarArgs, VarKwargs,
};
pub use ops::{
    Frame, LeafPairs, ShareTensor, StructureError, all, all_only, any, any_only, broadcast, combine, for_each_mut,
    into_tensors, map, map_leaves, map_many, map_only, map_where, map_with, map_with_path, partition, reduce,
    transpose, zip,
};
#[cfg(feature = "derive")]
pub use pytree_derive::{PyTree, function, module};
pub use spec::{
    Context, DumpError, Factory, Kind, MapKeys, NamedTuple, Node, NodeError, NodePlace, NodeType, Present, SpecBuilder,
    SpecNode, Statics, Subtree, TreeSpec, TreeSpecError,
};
#[cfg(feature = "tch")]
pub use tensor::Tch;
pub use tensor::{
    DType, DescribeTensor, Device, DeviceType, Layout, MemoryFormat, Sizes, TensorMeta, TensorType, UnknownDType,
    UnknownDevice,
};
pub use value::Value;
pub use walk::{
    Flat, KeyedLeaves, Mismatch, OwnedTree, PyTree, Retype, Source, Visitor, VisitorMut, VisitorOwned, flatten,
    flatten_with_keys, into_leaves, leaves, leaves_as, structure, tensors, unflatten,
};

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
