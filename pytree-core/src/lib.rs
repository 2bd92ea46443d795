//! A Rust value as a tree of tensors: PyTorch's pytree.
//!
//! A *tree* is any mix of tensors, numbers, lists, tuples, dicts and your own structs. [`flatten`] gives its *leaves* in
//! order and its *spec*, the structure without the leaves; [`unflatten`] puts them together again. The spec is data: it
//! prints as torch prints it and its JSON is read by Python's `treespec_loads`.
//!
//! ```
//! use pytree_core::{DType, TensorMeta, flatten, unflatten, Leaf, Meta};
//!
//! let x = TensorMeta::new(DType::Float32, [5, 6]);
//! let tree = (x.clone(), vec![x], Some(3_i64));
//!
//! let flat = flatten(&tree)?;
//! assert_eq!(flat.spec.num_leaves(), 3);
//! assert!(flat.spec.to_json()?.starts_with(r#"[1, {"type": "builtins.tuple", "context": "null""#));
//!
//! let leaves = flat.leaves.iter().map(|leaf| leaf.map::<Meta>(|t| t.clone()));
//! let again: (TensorMeta, Vec<TensorMeta>, Option<i64>) = unflatten(leaves, &flat.spec)?;
//! assert_eq!(again, tree);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Which tensors a tree holds is its [`Family`]: [`Meta`] for [`TensorMeta`], tensors without data, and with the feature
//! `tch` the family `Tch` of `tch::Tensor`. This crate builds without libtorch.
//!
//! | in torch | here |
//! |---|---|
//! | `tree_flatten`, `tree_unflatten` | [`flatten`], [`into_leaves`], [`unflatten`] |
//! | `tree_flatten_with_path`, `keystr` | [`flatten_with_keys`], [`Flat::with_paths`], [`KeyPath`] |
//! | `tree_leaves`, `tree_structure` | [`leaves`], [`tensors`], [`structure`] |
//! | `tree_map`, `tree_map_` | [`map`], [`map_leaves`], [`for_each_mut`] |
//! | `TreeSpec`, `treespec_dumps`, `treespec_loads` | [`TreeSpec`], [`TreeSpec::to_json`], [`TreeSpec::from_json`] |
//! | `inspect.signature`, `Signature.bind` | [`Signature`], [`Signature::bind`] |

mod as_leaf;
mod broadcast;
pub mod cache;
mod containers;
mod context;
mod dtype;
mod error;
mod family;
mod fields;
mod flatten;
mod fold;
mod impls;
mod key;
mod key_path;
mod leaf;
mod map;
mod meta;
mod module;
mod names;
mod node;
mod partition;
pub mod python;
mod share;
mod signature;
mod spec;
mod subtree;
#[cfg(feature = "tch")]
mod tch;
mod transpose;
mod tree;
mod unflatten;
mod up_to;
mod value;
mod value_serde;
mod with;
mod zip;

#[cfg(feature = "tch")]
pub use self::tch::Tch;
pub use as_leaf::{AsLeaf, Plain};
pub use broadcast::broadcast;
pub use containers::{DefaultDict, Deque, ImmutableDict, ImmutableList, OrderedDict, Size};
pub use context::{Context, Factory, NamedTuple};
pub use dtype::{DType, Device, UnknownDType, UnknownDevice};
pub use error::{TreeError, UnflattenError};
pub use family::{Family, Meta};
pub use flatten::{Flat, KeyedLeaves, flatten, flatten_with_keys, into_leaves, leaves, structure, tensors};
pub use fold::{all, all_only, any, any_only, reduce};
pub use key::{DictKey, EnumKey, Key};
pub use key_path::{KeyEntry, KeyPath};
pub use leaf::{Leaf, LeafKind, LeafMut, LeafRef};
pub use map::{for_each_mut, map, map_leaves, map_only, map_where, map_with_path};
pub use meta::{DescribeTensor, Sizes, TensorMeta};
pub use module::{Call, Holder, Holders, Module, Slot, SlotKind, Slots, VarArgs, VarKwargs};
pub use names::Names;
pub use node::{Kind, MapKeys, Node, NodeType, Present, Statics};
pub use partition::{combine, partition};
#[cfg(feature = "derive")]
pub use pytree_derive::{PyTree, function, module};
pub use share::ShareTensor;
pub use signature::{BindError, BoundArgument, InputPath, Parameter, ParameterKind, Signature};
pub use spec::{DumpError, NodeError, NodePlace, SpecBuilder, SpecNode, TreeSpec, TreeSpecError};
pub use subtree::{LeafClass, Subtree};
pub use transpose::transpose;
pub use tree::{OwnedTree, PyTree, Retype, Source, Visitor, VisitorMut, VisitorOwned};
pub use unflatten::unflatten;
pub use up_to::StructureError;
pub use value::Value;
pub use zip::{LeafPairs, map_many, map_with, zip};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
