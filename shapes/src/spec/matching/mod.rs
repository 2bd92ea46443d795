//! A `dynamic_shapes` tree matched against the inputs it is for.

mod error;
mod match_tree;

pub use error::MatchError;

use crate::spec::near::nearest;
use crate::spec::{DynamicShapes, ShapeSpec};
use indexmap::IndexMap;
use match_tree::{keys, match_tree};
use pytree_core::{BoundArgument, Key, KeyEntry, KeyPath, Kind, Signature, SpecNode, TreeSpec};

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
                match_tree(shapes, *node, path_of(argument, signature), &mut leaves[argument.leaves.clone()])?;
            }
            return Ok(leaves);
        }
        let order = by_parameter(&bound);
        match self {
            DynamicShapes::Dict(entries) => {
                let names: Vec<Key> = order.iter().map(|(p, _)| parameter_name(*p, signature)).collect();
                if entries.len() != names.len() || names.iter().any(|name| !entries.contains_key(name)) {
                    let only_a_dict = match order.as_slice() {
                        [(_, arguments)] => is_lone_dict(arguments, &nodes) && !entries.contains_key(&names[0]),
                        _ => false,
                    };
                    let meant = meant(&names, entries).map(Box::new);
                    let (expected, found) = (keys(&names), keys(entries.keys()));
                    return Err(MatchError::Names { expected, found, only_a_dict, meant });
                }
                for ((_, arguments), name) in order.iter().zip(&names) {
                    match_parameter(&entries[name], arguments, &nodes, &bound, signature, &mut leaves)?;
                }
            }
            DynamicShapes::Tuple(items) | DynamicShapes::List(items) => {
                if items.len() != order.len() {
                    let (expected, found) = (order.len(), items.len());
                    return Err(MatchError::Arity { path: KeyPath::default(), expected, found });
                }
                for (shapes, (_, arguments)) in items.iter().zip(&order) {
                    match_parameter(shapes, arguments, &nodes, &bound, signature, &mut leaves)?;
                }
            }
            DynamicShapes::Leaf(_) => {
                let expected = "the arguments of a call".to_owned();
                let found = "not a tuple, list or dict of them";
                return Err(MatchError::Container { path: KeyPath::default(), expected, found });
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

/// The first key that is not an argument, and the argument that is not among the keys and has nearly that name.
fn meant(names: &[Key], entries: &IndexMap<Key, DynamicShapes>) -> Option<(String, String)> {
    let missing: Vec<&str> = names.iter().filter(|name| !entries.contains_key(*name)).filter_map(Key::as_str).collect();
    let wrong = entries.keys().filter(|key| !names.contains(key)).filter_map(Key::as_str);
    let mut pairs = wrong.filter_map(|wrong| Some((wrong, nearest(wrong, missing.iter().copied())?)));
    pairs.next().map(|(wrong, near)| (wrong.to_owned(), near.to_owned()))
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
fn match_parameter(
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
            return Err(MatchError::Container { path, expected, found: "not there" });
        };
        match_tree(own, nodes[*i], path, &mut leaves[argument.leaves.clone()])?;
    }
    Ok(())
}

/// Whether a parameter has one argument, which is a dict.
fn is_lone_dict(arguments: &[usize], nodes: &[SpecNode<'_>]) -> bool {
    matches!(arguments, [only] if nodes.get(*only).and_then(|n| n.kind()).is_some_and(Kind::is_standard_dict))
}

fn parameter_name(parameter: usize, signature: &Signature) -> Key {
    Key::Str(signature.parameters()[parameter].name.clone())
}

fn path_of(argument: &BoundArgument, signature: &Signature) -> KeyPath {
    let name = KeyEntry::Mapping(parameter_name(argument.parameter, signature));
    std::iter::once(name).chain(argument.rest.clone()).collect()
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
