//! Typed sets against the model and against the first of them.

use super::{InputSet, InputSets, InputsError, LeafDescription, set::describe};
use crate::cursor::Cursor;
use pytree_core::{BoundArgument, Key, KeyEntry, KeyPath, LeafKind, Signature};

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

type Side<'a> = (&'a InputSet, &'a [BoundArgument]);

fn compare(
    signature: &Signature,
    index: usize,
    (first, expected): (&InputSet, &Vec<BoundArgument>),
    (set, found): (&InputSet, &Vec<BoundArgument>),
) -> Result<(), InputsError> {
    let sides: (Side<'_>, Side<'_>) = ((first, expected), (set, found));
    for (i, argument) in found.iter().enumerate() {
        // An argument that the first set leaves to its default has nothing to be compared with.
        let same = |b: &&BoundArgument| b.parameter == argument.parameter && b.rest == argument.rest;
        let Some(j) = expected.iter().position(|b| same(&b)) else { continue };
        let (Some(a), Some(b)) = (place(sides.0, j), place(sides.1, i)) else { continue };
        let name = signature.parameters().get(argument.parameter).map(|p| p.name.clone()).unwrap_or_default();
        let path = KeyPath(std::iter::once(KeyEntry::Mapping(Key::Str(name))).chain(argument.rest.clone()).collect());
        Comparison { set: index, first, other: set, path }.subtree(a, b)?;
    }
    Ok(())
}

/// Where bound argument `index` stands in a set: arguments are bound in the order of the call.
fn place<'a>((set, _): Side<'a>, index: usize) -> Option<Cursor<'a>> {
    Cursor::root(set.spec().root()).children().flat_map(Cursor::children).nth(index)
}

struct Comparison<'a> {
    set: usize,
    first: &'a InputSet,
    other: &'a InputSet,
    path: KeyPath,
}

impl Comparison<'_> {
    fn subtree(&mut self, a: Cursor<'_>, b: Cursor<'_>) -> Result<(), InputsError> {
        let leaf = |set: &'_ InputSet, at: Cursor<'_>| match at.node.is_leaf() {
            true => set.leaves().get(at.first_leaf).cloned(),
            false => None,
        };
        let none = Some(LeafDescription::Plain(LeafKind::None));
        match (leaf(self.first, a), leaf(self.other, b)) {
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
            (None, None) if a.node.context() == b.node.context() && a.node.arity() == b.node.arity() => {
                for (i, (x, y)) in a.children().zip(b.children()).enumerate() {
                    self.path.0.push(a.node.entry(i));
                    self.subtree(x, y)?;
                    self.path.0.pop();
                }
                Ok(())
            }
            (x, y) => {
                let text =
                    |leaf: Option<LeafDescription>, at: Cursor<'_>| leaf.map_or(describe(&at.node), |l| l.to_string());
                let (mut expected, mut found) = (text(x, a), text(y, b));
                if let (true, Some(x), Some(y)) = (expected == found, a.node.context(), b.node.context()) {
                    expected += &format!(" with {x}");
                    found += &format!(" with {y}");
                }
                Err(InputsError::Structure { set: self.set, path: self.path.clone(), expected, found })
            }
        }
    }
}
