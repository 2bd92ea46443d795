//! Typed sets against the model and against the first of them.

use super::{InputSet, InputSets, InputsError, LeafDescription, set::arguments, set::describe};
use pytree_core::{BoundArgument, Key, KeyEntry, KeyPath, LeafKind, Signature, Subtree};

/// Binds every set and compares it with the first, argument by argument.
pub(super) fn check(inputs: &InputSets) -> Result<(), InputsError> {
    let Some(signature) = inputs.signature() else { return Ok(()) };
    let model = || inputs.model().unwrap_or_default().to_owned();
    let mut first: Option<(&InputSet, Vec<BoundArgument>)> = None;
    for (index, set) in inputs.sets().iter().enumerate() {
        let bound =
            signature.bind(set.spec()).map_err(|error| InputsError::Bind { set: index, model: model(), error })?;
        match &first {
            None => first = Some((set, bound)),
            Some((first, expected)) => compare(signature, index, (first, expected), (set, &bound))?,
        }
    }
    Ok(())
}

fn compare(
    signature: &Signature,
    index: usize,
    (first, expected): (&InputSet, &Vec<BoundArgument>),
    (set, found): (&InputSet, &Vec<BoundArgument>),
) -> Result<(), InputsError> {
    for (i, argument) in found.iter().enumerate() {
        // An argument that the first set leaves to its default has nothing to be compared with.
        let same = |b: &&BoundArgument| b.parameter == argument.parameter && b.rest == argument.rest;
        let Some(j) = expected.iter().position(|b| same(&b)) else { continue };
        let (Some(a), Some(b)) = (argument_of(first, j), argument_of(set, i)) else { continue };
        let name = signature.parameters().get(argument.parameter).map(|p| p.name.clone()).unwrap_or_default();
        let path = KeyPath(std::iter::once(KeyEntry::Mapping(Key::Str(name))).chain(argument.rest.clone()).collect());
        Comparison { set: index, path }.subtree(a, b)?;
    }
    Ok(())
}

/// Bound argument `index` of a set: arguments are bound in the order of the call.
fn argument_of(set: &InputSet, index: usize) -> Option<Side<'_>> {
    let (args, kwargs) = arguments(set.tree());
    args.chain(kwargs).nth(index)
}

type Side<'a> = Subtree<'a, LeafDescription>;

struct Comparison {
    set: usize,
    path: KeyPath,
}

impl Comparison {
    fn subtree(&mut self, a: Side<'_>, b: Side<'_>) -> Result<(), InputsError> {
        let none = Some(&LeafDescription::Plain(LeafKind::None));
        match (a.leaf(), b.leaf()) {
            (a, b) if a == none || b == none => Ok(()),
            (Some(LeafDescription::Tensor(expected)), Some(LeafDescription::Tensor(found))) => {
                let (set, path) = (self.set, self.path.clone());
                if expected.rank() != found.rank() {
                    Err(InputsError::Rank { set, path, expected: expected.rank(), found: found.rank() })
                } else if expected.dtype != found.dtype {
                    Err(InputsError::DType { set, path, expected: expected.dtype, found: found.dtype })
                } else {
                    Ok(())
                }
            }
            (Some(x), Some(y)) if x == y => Ok(()),
            (None, None) if a.node().context() == b.node().context() && a.node().arity() == b.node().arity() => {
                for (i, (x, y)) in a.children().zip(b.children()).enumerate() {
                    self.path.0.push(a.node().entry(i));
                    self.subtree(x, y)?;
                    self.path.0.pop();
                }
                Ok(())
            }
            _ => {
                let text = |at: Side<'_>| at.leaf().map_or_else(|| describe(&at.node()), ToString::to_string);
                let (mut expected, mut found) = (text(a), text(b));
                if let (true, Some(x), Some(y)) = (expected == found, a.node().context(), b.node().context()) {
                    expected += &format!(" with {x}");
                    found += &format!(" with {y}");
                }
                Err(InputsError::Structure { set: self.set, path: self.path.clone(), expected, found })
            }
        }
    }
}
