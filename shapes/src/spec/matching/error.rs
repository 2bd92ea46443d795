//! How a `dynamic_shapes` can differ from the inputs.

use pytree_core::{BindError, KeyPath};

/// A `dynamic_shapes` that does not have the structure of the inputs. The texts are torch's, with the key path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MatchError {
    /// The call does not fit the signature.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The top-level dict names other arguments.
    #[error(
        "When `dynamic_shapes` is specified as a dict, its top-level keys must be the arg names {expected} of `inputs`, \
         but here they are {found}. {}{}", cure(*only_a_dict), did_you_mean(meant)
    )]
    Names {
        /// The arguments of the call.
        expected: String,
        /// The keys given.
        found: String,
        /// Whether the only argument is a dict, whose keys may be meant.
        only_a_dict: bool,
        /// A wrong key, and the argument that is probably meant.
        meant: Option<Box<(String, String)>>,
    },
    /// Another number of items.
    #[error(
        "Detected mismatch between the structure of `inputs` and `dynamic_shapes`: `inputs{path}` has {expected} \
         elements, but `dynamic_shapes{path}` has {found} elements"
    )]
    Arity {
        /// Where.
        path: KeyPath,
        /// How many the inputs have.
        expected: usize,
        /// How many the shapes have.
        found: usize,
    },
    /// Another container, or a leaf where a container belongs.
    #[error(
        "Detected mismatch between the structure of `inputs` and `dynamic_shapes`: `inputs{path}` is {expected}, but \
         `dynamic_shapes{path}` is {found}"
    )]
    Container {
        /// Where.
        path: KeyPath,
        /// What the inputs are there.
        expected: String,
        /// What the shapes are there.
        found: &'static str,
    },
    /// A dict with other keys.
    #[error(
        "Detected mismatch between the structure of `inputs` and `dynamic_shapes`: `inputs{path}` has keys {expected}, \
         but `dynamic_shapes{path}` has keys {found}"
    )]
    Keys {
        /// Where.
        path: KeyPath,
        /// The keys of the inputs.
        expected: String,
        /// The keys of the shapes.
        found: String,
    },
    /// Inside a registered class, whose children are a list: another container, or none.
    #[error(
        "Node type mismatch; expected a {expected}, but got {found}. `inputs{path}` is of or in a registered class: its \
         shapes are the list of the shapes of its children"
    )]
    NodeType {
        /// Where.
        path: KeyPath,
        /// The container that belongs there.
        expected: &'static str,
        /// What the shapes are there.
        found: &'static str,
    },
    /// Inside a registered class: another number of items.
    #[error(
        "Node arity mismatch; expected {expected}, but got {found}. `inputs{path}` has {expected} children, and \
         `dynamic_shapes{path}` shapes for {found}"
    )]
    NodeArity {
        /// Where.
        path: KeyPath,
        /// How many children there are.
        expected: usize,
        /// How many the shapes have.
        found: usize,
    },
    /// Inside a registered class: a dict with other keys.
    #[error(
        "Node keys mismatch{missing}{extra}. `inputs{path}` and `dynamic_shapes{path}` need the same keys",
        missing = listed("missing", missing),
        extra = listed("extra", extra)
    )]
    NodeKeys {
        /// Where.
        path: KeyPath,
        /// Keys that the shapes lack.
        missing: Vec<String>,
        /// Keys that the inputs do not have.
        extra: Vec<String>,
    },
    /// A container where one leaf is described, which holds more than the specs of dimensions.
    #[error(
        "Unexpected dimension {at} in input tensor shape {shape} specified at `dynamic_shapes{path}` (expected None, an \
         int, a Dim, Dim.AUTO, Dim.STATIC, or Dim.DYNAMIC, but got {found} instead){}",
        enclosed(path, inner.as_deref())
    )]
    Dimension {
        /// Where.
        path: KeyPath,
        /// `#0`, or `mapped to index 'a'`.
        at: String,
        /// The spec of the leaf.
        shape: String,
        /// The spec of the dimension.
        found: String,
        /// The spec that is meant, if it is in a list or tuple that only holds it.
        inner: Option<Box<str>>,
    },
}

fn did_you_mean(meant: &Option<Box<(String, String)>>) -> String {
    let cure = |meant: &(String, String)| format!(" Did you mean '{}' where '{}' is?", meant.1, meant.0);
    meant.as_deref().map(cure).unwrap_or_default()
}

fn enclosed(path: &KeyPath, inner: Option<&str>) -> String {
    let cure = |inner| {
        format!(
            ". `dynamic_shapes{path}` is a list or tuple too many around the spec of one tensor: give {inner} itself"
        )
    };
    inner.map(cure).unwrap_or_default()
}

fn cure(only_a_dict: bool) -> &'static str {
    if only_a_dict {
        "Since here `inputs` is a list/tuple enclosing a single dict, maybe you just forgot to enclose `dynamic_shapes` \
         in a list/tuple?"
    } else {
        "Alternatively, you could also ignore arg names entirely and specify `dynamic_shapes` as a list/tuple matching \
         `inputs`."
    }
}

fn listed(what: &str, keys: &[String]) -> String {
    if keys.is_empty() { String::new() } else { format!("; {what} key(s): {{{}}}", keys.join(", ")) }
}
