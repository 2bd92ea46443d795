//! Binds the arguments of a call to the inputs of a program, by position and by name.

use super::InputMismatch;
use pytree_core::{Context, Key, SpecNode, TreeSpec};
use smallvec::SmallVec;

/// The order in which the leaves of a call are the leaves of the program.
pub(super) type Order = SmallVec<[usize; 16]>;

/// Binds a call of another structure than that of the program's inputs.
///
/// PyTorch wants arguments to be positional or named as in the export. Here a parameter may be given either way, as in a call
/// of the model. Otherwise the structures have to be the same.
///
/// `names` are the names of the program's arguments, positional ones first, as far as they are known.
pub(super) fn bind(in_spec: &TreeSpec, names: &[String], given: &TreeSpec) -> Result<Order, InputMismatch> {
    let (Some(wanted), Some(found)) = (Call::of(in_spec), Call::of(given)) else {
        return Err(structure(in_spec, given, PAIR));
    };
    let bound = Binding { names, wanted: &wanted, found: &found }.bind();
    bound.map_err(|problem| {
        let keys = |call: &Call<'_>| call.named.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
        let (expected, found) = (keys(&wanted), keys(&found));
        if expected.iter().all(|name| found.contains(name)) && found.len() == expected.len() {
            InputMismatch::Structure { expected: in_spec.to_string(), found: given.to_string(), problem }
        } else {
            InputMismatch::Keywords { expected, found, problem }
        }
    })
}

/// What a call has to be.
const PAIR: &str = " The inputs are those that `args` of a model makes, or a pair `((x, y), kwargs)`, where `kwargs` is a struct with \
                    `#[pytree(as = \"dict\")]`.";

/// The error of PyTorch for inputs of another structure, with a cure.
pub(super) fn structure(in_spec: &TreeSpec, found: &TreeSpec, cure: &str) -> InputMismatch {
    let problem = match in_spec.same_as(found) {
        Ok(()) => "the program names other inputs than its structure has".to_owned(),
        Err(error) => format!("They differ {error}{}{cure}", fields(in_spec, found)),
    };
    InputMismatch::Structure { expected: in_spec.to_string(), found: found.to_string(), problem }
}

/// The fields by which the first nodes differ that have other fields. One that is `None` is not a child of its node.
fn fields(wanted: &TreeSpec, found: &TreeSpec) -> String {
    let names = |node: SpecNode<'_>| -> Option<Vec<String>> {
        Some(node.context()?.names()?.iter().map(str::to_owned).collect())
    };
    let mut pairs = wanted.nodes().zip(found.nodes()).filter(|(a, b)| a.context() != b.context());
    let Some((Some(wanted), Some(found))) = pairs.next().map(|(a, b)| (names(a), names(b))) else {
        return String::new();
    };
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).map(|name| format!("`{name}`")).collect()
    };
    let (left_out, added) = (only(&wanted, &found), only(&found, &wanted));
    let mut text = String::new();
    if !left_out.is_empty() {
        text +=
            &format!(" Here {} is None or left out, and was not when the program was exported.", left_out.join(", "));
    }
    if !added.is_empty() {
        text += &format!(" When the program was exported, {} was None or left out.", added.join(", "));
    }
    text
}

/// The two sides of a call.
struct Binding<'b> {
    /// The names of the program's arguments, positional ones first.
    names: &'b [String],
    wanted: &'b Call<'b>,
    found: &'b Call<'b>,
}

impl Binding<'_> {
    fn bind(&self) -> Result<Order, String> {
        let mut order = Order::new();
        let mut taken: SmallVec<[usize; 16]> = SmallVec::new();
        let positional = self.wanted.positional.len();
        for (position, part) in self.wanted.positional.iter().enumerate() {
            let name = self.names.get(position).map(String::as_str);
            self.take(name, Some(position), part, &mut order, &mut taken)?;
        }
        for (name, part) in &self.wanted.named {
            // An argument that the program takes by name may be given by position, after those that it takes so.
            let position = self.names.iter().position(|known| known == name).filter(|at| *at >= positional);
            self.take(Some(name), position, part, &mut order, &mut taken)?;
        }
        let left = |part: &Part<'_>| !taken.contains(&part.node.index());
        if let Some((name, _)) = self.found.named.iter().find(|(_, part)| left(part)) {
            return Err(format!("The program has no parameter `{name}`."));
        }
        match self.found.positional.iter().filter(|part| left(part)).count() {
            0 => Ok(order),
            count => Err(format!("There are {count} positional arguments too many.")),
        }
    }

    /// Takes one argument of the program from the call.
    fn take(
        &self,
        name: Option<&str>,
        position: Option<usize>,
        wanted: &Part<'_>,
        order: &mut Order,
        taken: &mut SmallVec<[usize; 16]>,
    ) -> Result<(), String> {
        let shown = || name.map_or_else(|| format!("arg_{}", position.unwrap_or_default()), str::to_owned);
        let by_position = position.and_then(|position| self.found.positional.get(position));
        let by_name = self.found.named.iter().find(|(key, _)| Some(*key) == name).map(|(_, part)| part);
        let part = match (by_position, by_name) {
            (Some(_), Some(_)) => return Err(format!("The parameter `{}` is given twice.", shown())),
            (None, None) => return Err(format!("The parameter `{}` is not given.", shown())),
            (Some(part), None) | (None, Some(part)) => part,
        };
        let (wanted, found) = (wanted.node.to_spec(), part.node.to_spec());
        if let Err(error) = wanted.same_as(&found) {
            let fields = fields(&wanted, &found);
            return Err(format!("The parameter `{}` has another structure: {error}{fields}", shown()));
        }
        taken.push(part.node.index());
        order.extend(part.first..part.first + part.node.num_leaves());
        Ok(())
    }
}

/// A tree of the form `(args, kwargs)`.
struct Call<'s> {
    positional: Vec<Part<'s>>,
    named: Vec<(&'s str, Part<'s>)>,
}

/// An argument, and the number of its first leaf.
#[derive(Clone, Copy)]
struct Part<'s> {
    node: SpecNode<'s>,
    first: usize,
}

impl<'s> Call<'s> {
    fn of(spec: &'s TreeSpec) -> Option<Self> {
        let root = spec.root();
        if root.context() != Some(&Context::Tuple) || root.arity() != 2 {
            return None;
        }
        let mut children = root.children();
        let (args, kwargs) = (children.next()?, children.next()?);
        let (Some(Context::Tuple), Some(Context::Dict(keys))) = (args.context(), kwargs.context()) else { return None };
        let mut first = 0;
        let mut part = |node: SpecNode<'s>| {
            let part = Part { node, first };
            first += node.num_leaves();
            part
        };
        let positional = args.children().map(&mut part).collect();
        let named = keys.iter().zip(kwargs.children()).map(|(key, node)| match key {
            Key::Str(name) => Some((&**name, part(node))),
            _ => None,
        });
        let named = named.collect::<Option<_>>()?;
        Some(Call { positional, named })
    }
}
