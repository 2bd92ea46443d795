//! A `dynamic_shapes` tree laid over the inputs it is for.

use crate::spec::{DynamicShapes, ShapeSpec};
use indexmap::IndexMap;
use pytree_core::{BindError, BoundArgument, Context, Key, KeyEntry, KeyPath, Kind, Signature, SpecNode, TreeSpec};

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
         but here they are {found}. Alternatively, you could also ignore arg names entirely and specify \
         `dynamic_shapes` as a list/tuple matching `inputs`."
    )]
    Names {
        /// The arguments of the call.
        expected: String,
        /// The keys given.
        found: String,
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
}

impl DynamicShapes {
    /// What these shapes say of every leaf of a call, in flattening order. `in_spec` is the structure of `(args, kwargs)`.
    ///
    /// Three forms are taken: the pair `(args, kwargs)` that guessing gives, bound to the parameters as the call is; a dict
    /// by argument name; and a tuple or list with one entry per argument in the order of the signature. An empty one makes
    /// everything static.
    ///
    /// # Errors
    /// [`MatchError`] where the structure differs.
    pub fn match_inputs(&self, in_spec: &TreeSpec, signature: &Signature) -> Result<Vec<ShapeSpec>, MatchError> {
        let bound = signature.bind(in_spec)?;
        let mut leaves = vec![ShapeSpec::None; in_spec.num_leaves()];
        let calls: Vec<SpecNode<'_>> = in_spec.root().children().collect();
        let [args, kwargs] = calls.as_slice() else { return Ok(leaves) };
        let nodes: Vec<SpecNode<'_>> = args.children().chain(kwargs.children()).collect();
        if self.is_empty() {
            return Ok(leaves);
        }
        if let Some(pairs) =
            self.as_pair().and_then(|(positional, named)| same_call(positional, named, &bound, signature))
        {
            for ((shapes, node), argument) in pairs.into_iter().zip(&nodes).zip(&bound) {
                lay(shapes, *node, &path_of(argument, signature), &mut leaves[argument.leaves.clone()])?;
            }
            return Ok(leaves);
        }
        let order = by_parameter(&bound);
        match self {
            DynamicShapes::Dict(entries) => {
                let names: Vec<Key> = order.iter().map(|(p, _)| parameter_name(*p, signature)).collect();
                if entries.len() != names.len() || names.iter().any(|name| !entries.contains_key(name)) {
                    return Err(MatchError::Names { expected: keys(&names), found: keys(entries.keys()) });
                }
                for ((_, arguments), name) in order.iter().zip(&names) {
                    lay_parameter(&entries[name], arguments, &nodes, &bound, signature, &mut leaves)?;
                }
            }
            DynamicShapes::Tuple(items) | DynamicShapes::List(items) => {
                if items.len() != order.len() {
                    let (expected, found) = (order.len(), items.len());
                    return Err(MatchError::Arity { path: KeyPath::default(), expected, found });
                }
                for (shapes, (_, arguments)) in items.iter().zip(&order) {
                    lay_parameter(shapes, arguments, &nodes, &bound, signature, &mut leaves)?;
                }
            }
            DynamicShapes::Leaf(_) => {
                let expected = "the arguments of a call".to_owned();
                return Err(MatchError::Container { path: KeyPath::default(), expected, found: "not" });
            }
        }
        Ok(leaves)
    }

    fn is_empty(&self) -> bool {
        match self {
            DynamicShapes::Leaf(spec) => *spec == ShapeSpec::None,
            DynamicShapes::Tuple(items) | DynamicShapes::List(items) => items.is_empty(),
            DynamicShapes::Dict(items) => items.is_empty(),
        }
    }
}

/// The arguments of each bound parameter, in the order of the signature.
fn by_parameter(bound: &[BoundArgument]) -> Vec<(usize, Vec<usize>)> {
    let mut order: Vec<(usize, Vec<usize>)> = Vec::new();
    for (i, argument) in bound.iter().enumerate() {
        match order.iter_mut().find(|(p, _)| *p == argument.parameter) {
            Some((_, arguments)) => arguments.push(i),
            None => order.push((argument.parameter, vec![i])),
        }
    }
    order.sort_by_key(|(parameter, _)| *parameter);
    order
}

/// One parameter: a plain one has one argument; `*args` is a tuple of them, `**kwargs` a dict.
fn lay_parameter(
    shapes: &DynamicShapes,
    arguments: &[usize],
    nodes: &[SpecNode<'_>],
    bound: &[BoundArgument],
    signature: &Signature,
    leaves: &mut [ShapeSpec],
) -> Result<(), MatchError> {
    for (position, i) in arguments.iter().enumerate() {
        let argument = &bound[*i];
        let path = path_of(argument, signature);
        let own = match (&argument.rest, shapes) {
            (None, own) => Some(own),
            (Some(KeyEntry::Mapping(key)), DynamicShapes::Dict(items)) => items.get(key),
            (Some(_), DynamicShapes::Tuple(items) | DynamicShapes::List(items)) => items.get(position),
            (Some(_), _) => None,
        };
        let Some(own) = own else {
            let expected = "one of several arguments".to_owned();
            return Err(MatchError::Container { path, expected, found: "not" });
        };
        lay(own, nodes[*i], &path, &mut leaves[argument.leaves.clone()])?;
    }
    Ok(())
}

fn parameter_name(parameter: usize, signature: &Signature) -> Key {
    Key::Str(signature.parameters()[parameter].name.clone())
}

fn path_of(argument: &BoundArgument, signature: &Signature) -> KeyPath {
    let name = KeyEntry::Mapping(parameter_name(argument.parameter, signature));
    std::iter::once(name).chain(argument.rest.clone()).collect()
}

fn kwarg_keys(kwargs: &SpecNode<'_>) -> Vec<Key> {
    match kwargs.context() {
        Some(Context::Dict(keys)) => keys.clone(),
        _ => Vec::new(),
    }
}

/// The shapes of each argument of a call, when the pair `(positional, named)` is a call with the same arguments: what is
/// given by position there may be named here.
fn same_call<'s>(
    positional: &'s [DynamicShapes],
    named: &'s IndexMap<Key, DynamicShapes>,
    bound: &[BoundArgument],
    signature: &Signature,
) -> Option<Vec<&'s DynamicShapes>> {
    let names: Vec<&str> = named.keys().map(Key::as_str).collect::<Option<_>>()?;
    let own = signature.bind_names(positional.len(), &names).ok().filter(|own| own.len() == bound.len())?;
    let shapes: Vec<_> = own.into_iter().zip(positional.iter().chain(named.values())).collect();
    let of = |argument: &BoundArgument| {
        let found =
            shapes.iter().find(|((parameter, rest), _)| (*parameter, rest) == (argument.parameter, &argument.rest));
        found.map(|(_, shapes)| *shapes)
    };
    bound.iter().map(of).collect()
}

fn keys<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    format!("[{}]", keys.into_iter().map(Key::to_string).collect::<Vec<_>>().join(", "))
}

/// Lays shapes over one node. `leaves` are the node's leaves.
fn lay(shapes: &DynamicShapes, node: SpecNode<'_>, path: &KeyPath, leaves: &mut [ShapeSpec]) -> Result<(), MatchError> {
    let container = |found| MatchError::Container { path: path.clone(), expected: python_type(node), found };
    let Some(kind) = node.kind() else {
        return match (shapes, leaves) {
            (DynamicShapes::Leaf(spec), [leaf]) => {
                *leaf = spec.clone();
                Ok(())
            }
            _ => Err(container("a container")),
        };
    };
    let children: Vec<SpecNode<'_>> = node.children().collect();
    let items: Vec<&DynamicShapes> = match (kind, shapes) {
        (Kind::Tuple, DynamicShapes::Tuple(items)) => items.iter().collect(),
        (Kind::Tuple, DynamicShapes::List(_)) => return Err(container("a <class 'list'>")),
        (Kind::List, DynamicShapes::Tuple(_)) => return Err(container("a <class 'tuple'>")),
        // A registered class is matched against the list of its children.
        (Kind::List | Kind::Mapping | Kind::Dataclass | Kind::Custom, DynamicShapes::List(items)) => {
            items.iter().collect()
        }
        (Kind::Dict, DynamicShapes::Dict(items)) => {
            let names = kwarg_keys(&node);
            if items.len() != names.len() || names.iter().any(|name| !items.contains_key(name)) {
                let (expected, found) = (keys(&names), keys(items.keys()));
                return Err(MatchError::Keys { path: path.clone(), expected, found });
            }
            names.iter().map(|name| &items[name]).collect()
        }
        (_, DynamicShapes::Tuple(_)) => return Err(container("a <class 'tuple'>")),
        (_, DynamicShapes::List(_)) => return Err(container("a <class 'list'>")),
        (_, DynamicShapes::Dict(_)) => return Err(container("a <class 'dict'>")),
        (_, DynamicShapes::Leaf(_)) => return Err(container("not")),
    };
    if items.len() != children.len() {
        let (expected, found) = (children.len(), items.len());
        return Err(MatchError::Arity { path: path.clone(), expected, found });
    }
    let mut rest = leaves;
    for (position, (shapes, child)) in items.into_iter().zip(children).enumerate() {
        let (own, after) = rest.split_at_mut(child.num_leaves());
        lay(shapes, child, &path.join(node.entry(position)), own)?;
        rest = after;
    }
    Ok(())
}

/// What a node is, as torch's messages say it.
fn python_type(node: SpecNode<'_>) -> String {
    match node.context() {
        None => "a leaf".to_owned(),
        Some(context) => format!("a <class '{}'>", context.type_name().trim_start_matches("builtins.")),
    }
}
