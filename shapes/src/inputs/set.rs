//! One set of inputs, described: its structure and what its leaves are, without their data.

use super::InputsError;
use crate::classes::{is_dict_subclass, is_tuple_subclass};
use crate::show::string_type::{Described, Numbers};
use pytree_core::{
    Context, DescribeTensor, Flat, Key, LeafKind, LeafRef, PyTree, SpecNode, Subtree, TensorMeta, TreeSpec, flatten,
};
use std::fmt;

/// What a leaf of an input set is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafDescription {
    /// A tensor.
    Tensor(TensorMeta),
    /// A numpy array, in inputs that were recorded in Python. Rust has none.
    Array(TensorMeta),
    /// An `int`, `float`, `bool`, `str` or `None`.
    Plain(LeafKind),
    /// An object of a class that Python's pytree does not know, by the name of the class.
    Opaque(String),
}

impl LeafDescription {
    /// The description of a leaf.
    pub fn of<F: DescribeTensor>(leaf: LeafRef<'_, F>) -> LeafDescription {
        match leaf {
            LeafRef::Tensor(tensor) => LeafDescription::Tensor(F::describe(tensor)),
            other => LeafDescription::Plain(other.kind()),
        }
    }
}

/// For messages: `a tensor f32[2, 3]`, `an int`.
impl fmt::Display for LeafDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeafDescription::Tensor(meta) => write!(f, "a tensor {meta}"),
            LeafDescription::Array(meta) => write!(f, "an array {meta}"),
            LeafDescription::Plain(kind) => kind.fmt(f),
            LeafDescription::Opaque(class) => write!(f, "an object of class `{class}`"),
        }
    }
}

/// One set of inputs as guessing sees it: the structure of `(args, kwargs)` and a description of every leaf.
///
/// ```
/// use pytree_core::{DType, TensorMeta};
/// use shapes::InputSet;
/// let x = TensorMeta::new(DType::Float32, [5, 6]);
/// let set = InputSet::of(&(x.clone(), x))?; // two positional arguments
/// assert_eq!(set.spec().to_string(), "TreeSpec(tuple, None, [TreeSpec(tuple, None, [*,\n    *]),\n  TreeSpec(dict, [], [])])");
/// # Ok::<(), shapes::InputsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSet {
    spec: TreeSpec,
    leaves: Vec<LeafDescription>,
}

impl InputSet {
    /// The set that a tree stands for, by onnx-diagnostic's rule: a tuple of a tuple and a dict is `(args, kwargs)`,
    /// any other tuple holds positional arguments, a dict named ones.
    ///
    /// # Errors
    /// [`InputsError::Form`] when the tree is none of these, [`InputsError::Name`] when a named argument has no `str` name.
    pub fn of<F: DescribeTensor, X: PyTree<F> + ?Sized>(tree: &X) -> Result<InputSet, InputsError> {
        let Flat { leaves, spec } = flatten(tree)?;
        InputSet::new(&spec, leaves.into_iter().map(LeafDescription::of))
    }

    /// The set of this structure and these leaves; the structure is read as [`InputSet::of`] reads it.
    ///
    /// # Errors
    /// As [`InputSet::of`], and [`InputsError::LeafCount`] when leaves and structure do not match.
    pub fn new(spec: &TreeSpec, leaves: impl IntoIterator<Item = LeafDescription>) -> Result<InputSet, InputsError> {
        let leaves: Vec<_> = leaves.into_iter().collect();
        if leaves.len() != spec.num_leaves() {
            return Err(InputsError::LeafCount { expected: spec.num_leaves(), found: leaves.len() });
        }
        Ok(InputSet { spec: args_kwargs(spec)?, leaves })
    }

    /// A call without arguments.
    pub(crate) fn empty() -> InputSet {
        InputSet {
            spec: TreeSpec::tuple([TreeSpec::tuple([]), TreeSpec::node(Context::Dict(Vec::new()), [])]),
            leaves: Vec::new(),
        }
    }

    /// The structure: a tuple of a tuple and a dict.
    pub fn spec(&self) -> &TreeSpec {
        &self.spec
    }

    /// The leaves, in order.
    pub fn leaves(&self) -> &[LeafDescription] {
        &self.leaves
    }

    /// The names of the named arguments, in the order in which they are given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys().iter().filter_map(Key::as_str)
    }

    fn keys(&self) -> &[Key] {
        match self.part(1).and_then(|kwargs| kwargs.context()) {
            Some(Context::Dict(keys)) => keys,
            _ => &[],
        }
    }

    fn part(&self, index: usize) -> Option<SpecNode<'_>> {
        self.spec.root().children().nth(index)
    }

    /// Structure and leaves side by side.
    pub(crate) fn tree(&self) -> Option<Subtree<'_, LeafDescription>> {
        Subtree::of(&self.spec, &self.leaves)
    }
}

/// The positional and the named arguments of a tree `(args, kwargs)`.
pub(crate) fn arguments<'s, L>(
    call: Option<Subtree<'s, L>>,
) -> (impl Iterator<Item = Subtree<'s, L>>, impl Iterator<Item = Subtree<'s, L>>) {
    let mut parts = call.into_iter().flat_map(Subtree::children);
    let (args, kwargs) = (parts.next(), parts.next());
    (args.into_iter().flat_map(Subtree::children), kwargs.into_iter().flat_map(Subtree::children))
}

/// The number of every leaf, to stand in its place.
pub(crate) fn leaf_numbers(spec: &TreeSpec) -> Vec<usize> {
    (0..spec.num_leaves()).collect()
}

/// A node or leaf in a few words.
pub(crate) fn describe(node: &SpecNode<'_>) -> String {
    match node.context() {
        None => "a leaf".to_owned(),
        Some(context) if node.arity() == 1 => format!("a `{}` of 1 item", context.type_name()),
        Some(context) => format!("a `{}` of {} items", context.type_name(), node.arity()),
    }
}

/// The structure `(args, kwargs)` that a set stands for. The leaves and their order stay the same.
pub(crate) fn args_kwargs(spec: &TreeSpec) -> Result<TreeSpec, InputsError> {
    let form = || InputsError::Form { set: 0, found: describe(&spec.root()) };
    let split = split(spec).ok_or_else(form)?;
    let unnamed = |keys: &[Key]| keys.iter().find(|key| key.as_str().is_none()).map(Key::to_string);
    let kwargs = split.root().children().nth(1);
    match kwargs.and_then(|kwargs| kwargs.context()) {
        Some(Context::Dict(keys)) => match unnamed(keys) {
            Some(key) => Err(InputsError::Name { set: 0, key }),
            None => Ok(split),
        },
        _ => Ok(split),
    }
}

fn split(spec: &TreeSpec) -> Option<TreeSpec> {
    let root = spec.root();
    let Some(tuple) = as_tuple(&root) else { return Some(TreeSpec::tuple([TreeSpec::tuple([]), as_dict(&root)?])) };
    let parts: Vec<_> = root.children().collect();
    if let [args, kwargs] = parts.as_slice()
        && let (Some(args), Some(kwargs)) = (as_tuple(args), as_dict(kwargs))
    {
        return Some(TreeSpec::tuple([args, kwargs]));
    }
    Some(TreeSpec::tuple([tuple, TreeSpec::node(Context::Dict(Vec::new()), [])]))
}

/// A tuple or an instance of a subclass, as a tuple.
fn as_tuple(node: &SpecNode<'_>) -> Option<TreeSpec> {
    let context = node.context()?;
    let tuple = *context == Context::Tuple || is_tuple_subclass(context);
    tuple.then(|| TreeSpec::tuple(node.children().map(|child| child.to_spec())))
}

/// A dict or an instance of a subclass, as a dict.
fn as_dict(node: &SpecNode<'_>) -> Option<TreeSpec> {
    let keys = match node.context()? {
        Context::Dict(keys) => keys.clone(),
        context @ Context::Mapping { fields, .. } if is_dict_subclass(context) => {
            fields.iter().map(|field| Key::from(field.to_owned())).collect()
        }
        context if is_dict_subclass(context) => context.keys()?.to_vec(),
        _ => return None,
    };
    Some(TreeSpec::node(Context::Dict(keys), node.children().map(|child| child.to_spec())))
}

impl From<&InputSet> for Described {
    fn from(set: &InputSet) -> Described {
        let leaf = |leaf: &LeafDescription| match leaf {
            LeafDescription::Tensor(meta) => Described::Tensor(Numbers::of(meta.clone())),
            LeafDescription::Array(meta) => Described::Array(Numbers::of(meta.clone())),
            LeafDescription::Opaque(class) => Described::Unsupported(class.clone()),
            LeafDescription::Plain(kind) => Described::Unseen(*kind),
        };
        set.tree().map_or(Described::None, |tree| Described::tree(tree, &leaf))
    }
}
