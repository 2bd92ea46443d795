//! Prefix matching: the part of a tree at each leaf of a spec.

use crate::key::At;
use crate::spec::python_class;
use crate::{Context, Key, KeyPath, LeafClass, SpecNode, Subtree, TreeError, TreeSpec};
use std::collections::HashMap;
use std::fmt;

/// A tree does not have the expected structure. The words after the path are torch's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureError {
    /// The container is of another type.
    #[error("at {}: Node type mismatch; expected {expected}, but got {found}.", At(path))]
    NodeType {
        /// The path of the node.
        path: KeyPath,
        /// The type of the spec's node.
        expected: String,
        /// The type of the tree's node.
        found: String,
    },
    /// The type is not the registered class that is expected.
    #[error("at {}: Type mismatch; expected {expected}, but got {found}.", At(path))]
    CustomType {
        /// The path of the node.
        path: KeyPath,
        /// The type of the spec's node.
        expected: String,
        /// The type of the tree's node.
        found: String,
    },
    /// The number of children differs.
    #[error("at {}: Node arity mismatch; expected {expected}, but got {found}.", At(path))]
    Arity {
        /// The path of the node.
        path: KeyPath,
        /// How many the spec has.
        expected: usize,
        /// How many the tree has.
        found: usize,
    },
    /// The keys of a dict differ.
    #[error("at {}: Node keys mismatch{}{}.", At(path), KeySet("missing", missing), KeySet("extra", extra))]
    Keys {
        /// The path of the node.
        path: KeyPath,
        /// The keys that only the spec has.
        missing: Vec<Key>,
        /// The keys that only the tree has.
        extra: Vec<Key>,
    },
    /// The namedtuple is another.
    #[error(
        "at {}: Node context mismatch for node type <function namedtuple>; expected {expected}, but got {found}.",
        At(path)
    )]
    NamedTuple {
        /// The path of the node.
        path: KeyPath,
        /// The class of the spec's node.
        expected: String,
        /// The class of the tree's node.
        found: String,
    },
    /// The context of a registered class differs.
    #[error("at {}: Node context mismatch for custom node type {class}.", At(path))]
    Context {
        /// The path of the node.
        path: KeyPath,
        /// The class.
        class: String,
    },
    /// There is a container instead of a leaf.
    #[error("at {}: expected a leaf, but got {found}", At(path))]
    NoLeaf {
        /// The path of the node.
        path: KeyPath,
        /// The type of the container.
        found: String,
    },
    /// The context of a node differs, where the two have to be equal: its keys, names or static values.
    #[error("at {}: Node context mismatch; expected {expected}, but got {found}.", At(path))]
    Other {
        /// The path of the node.
        path: KeyPath,
        /// The expected context.
        expected: String,
        /// The context of the tree.
        found: String,
    },
    /// A tree could not be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// Writes keys as Python shows a set.
struct KeySet<'a>(&'static str, &'a [Key]);

impl fmt::Display for KeySet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.1.iter().enumerate() {
            match i {
                0 => write!(f, "; {} key(s): {{{key}", self.0)?,
                _ => write!(f, ", {key}")?,
            }
        }
        f.write_str(if self.1.is_empty() { "" } else { "}" })
    }
}

impl TreeSpec {
    /// The part of `tree` at each leaf of this spec, in the order of the spec's leaves (`TreeSpec.flatten_up_to`).
    ///
    /// As in torch, `dict`, `OrderedDict` and `defaultdict` match each other with their keys in any order, the `maxlen`
    /// of a deque and the factory of a defaultdict are ignored, and a registered class must be the same with the same
    /// context.
    ///
    /// ```
    /// use pytree_core::{Meta, TreeSpec, flatten};
    /// let pair = TreeSpec::tuple([TreeSpec::leaf(), TreeSpec::leaf()]);
    /// let tree = (1_i64, vec![2_i64, 3]);
    /// let flat = flatten::<Meta, _>(&tree)?;
    /// let parts = pair.flatten_up_to(flat.root())?;
    /// assert_eq!(parts[1].spec().pprint(), "[*, *]");
    ///
    /// let error = TreeSpec::list([]).flatten_up_to(flat.root()).unwrap_err();
    /// assert_eq!(error.to_string(), "at the root: Node type mismatch; expected <class 'list'>, but got <class 'tuple'>.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StructureError`], which names the first place where the two differ.
    pub fn flatten_up_to<'f, L: LeafClass>(&self, tree: Subtree<'f, L>) -> Result<Vec<Subtree<'f, L>>, StructureError> {
        let mut parts = Vec::with_capacity(self.num_leaves());
        let mut open = vec![(self.root(), tree)];
        while let Some((spec, at)) = open.pop() {
            let Some(context) = spec.context() else {
                parts.push(at);
                continue;
            };
            let mut pairs = Matcher { spec, context, at }.children()?;
            pairs.reverse();
            open.extend(pairs);
        }
        Ok(parts)
    }
}

/// One node of a spec, to be matched with the part of a tree in its place.
struct Matcher<'s, 'f, L> {
    spec: SpecNode<'s>,
    context: &'s Context,
    at: Subtree<'f, L>,
}

type Pairs<'s, 'f, L> = Vec<(SpecNode<'s>, Subtree<'f, L>)>;

impl<'s, 'f, L: LeafClass> Matcher<'s, 'f, L> {
    /// The pairs of matching children, in the spec's order.
    fn children(self) -> Result<Pairs<'s, 'f, L>, StructureError> {
        let (kind, found) = (self.context.kind(), self.at.node().context());
        let dicts = kind.is_standard_dict() && found.is_some_and(|c| c.kind().is_standard_dict());
        let custom = kind.is_class() || matches!(kind, crate::Kind::Size) || is_immutable(kind);
        let same_type =
            found.is_some_and(|c| c.kind() == kind && (!custom || c.type_name() == self.context.type_name()));
        if !dicts && !same_type {
            let (expected, found) = (python_class(Some(self.context)), self.found());
            let path = self.path();
            return Err(match custom {
                true => StructureError::CustomType { path, expected, found },
                false => StructureError::NodeType { path, expected, found },
            });
        }
        let (expected, arity) = (self.spec.arity(), self.at.node().arity());
        if expected != arity {
            return Err(StructureError::Arity { path: self.path(), expected, found: arity });
        }
        if dicts {
            return self.by_key();
        }
        let same_context = found == Some(self.context) || matches!(kind, crate::Kind::Deque);
        if custom && !same_context {
            return Err(StructureError::Context { path: self.path(), class: python_class(Some(self.context)) });
        }
        if !same_context {
            let expected = self.context.to_string();
            let found = found.map(ToString::to_string).unwrap_or_default();
            return Err(StructureError::NamedTuple { path: self.path(), expected, found });
        }
        Ok(self.spec.children().zip(self.at.children()).collect())
    }

    fn by_key(self) -> Result<Pairs<'s, 'f, L>, StructureError> {
        let expected = self.context.keys().unwrap_or_default();
        let found = self.at.node().context().and_then(Context::keys).unwrap_or_default();
        let mut children: HashMap<&Key, Subtree<'f, L>> = found.iter().zip(self.at.children()).collect();
        let pairs: Option<Vec<_>> =
            self.spec.children().zip(expected).map(|(spec, key)| Some((spec, children.remove(key)?))).collect();
        match pairs {
            Some(pairs) if children.is_empty() => Ok(pairs),
            _ => {
                let but = |keys: &[Key], not: &[Key]| keys.iter().filter(|k| !not.contains(k)).cloned().collect();
                Err(StructureError::Keys {
                    path: self.path(),
                    missing: but(expected, found),
                    extra: but(found, expected),
                })
            }
        }
    }

    /// The path in the spec. The tree may have its keys in another order.
    fn path(&self) -> KeyPath {
        self.spec.path()
    }

    fn found(&self) -> String {
        match self.at.leaf() {
            Some(leaf) => leaf.class(),
            None => python_class(self.at.node().context()),
        }
    }
}

/// Torch registers these like classes, so they match like classes.
fn is_immutable(kind: crate::Kind) -> bool {
    matches!(kind, crate::Kind::ImmutableList | crate::Kind::ImmutableDict)
}
