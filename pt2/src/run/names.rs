//! What inputs and outputs are called on the command line and in files.

use super::error::RunError;
use program::{ExportedProgram, InputKind, NodeValue};
use pytree_core::{Key, KeyEntry, KeyPath};

/// An input of a call, one leaf.
pub(super) struct Input {
    /// Its names: the path, `cache.key_cache.0`; the placeholder; the path as Python writes it, `cache.key_cache[0]`.
    pub(super) names: Vec<String>,
    /// Its type and sizes in the program.
    pub(super) value: NodeValue,
}

impl Input {
    /// The name in messages.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// The inputs of a call, in order.
pub(super) fn inputs(program: &ExportedProgram) -> Vec<Input> {
    let users = program.signature.inputs.iter().filter(|spec| spec.kind == InputKind::UserInput);
    users
        .zip(program.in_spec.leaf_paths())
        .map(|(spec, path)| {
            let node = program.graph.node(spec.node);
            let (parameter, rest) = parameter(&path, &program.argument_names);
            let mut names = vec![dotted(&parameter, rest), node.name.clone()];
            names.push(format!("{parameter}{}", rest.iter().map(ToString::to_string).collect::<String>()));
            names.dedup();
            Input { names, value: node.value.clone() }
        })
        .collect()
}

/// The names of the outputs of a call, in order: their paths, and `output` for a single one.
pub(super) fn outputs(program: &ExportedProgram) -> Vec<String> {
    program.out_spec.leaf_paths().map(|path| dotted("", path.entries())).collect()
}

/// The parameter of a path in `(args, kwargs)`, and the path in its value.
fn parameter<'p>(path: &'p KeyPath, arguments: &[String]) -> (String, &'p [KeyEntry]) {
    match path.entries() {
        [KeyEntry::Sequence(0), KeyEntry::Sequence(position), rest @ ..] => {
            (arguments.get(*position).cloned().unwrap_or_else(|| format!("arg_{position}")), rest)
        }
        [_, entry, rest @ ..] => (word(entry), rest),
        rest => (String::new(), rest),
    }
}

fn word(entry: &KeyEntry) -> String {
    match entry {
        KeyEntry::Sequence(index) => index.to_string(),
        KeyEntry::Mapping(Key::Str(key)) => key.to_string(),
        KeyEntry::Mapping(key) => key.to_string(),
        KeyEntry::GetAttr(name) => name.to_string(),
        other => other.to_string(),
    }
}

fn dotted(start: &str, rest: &[KeyEntry]) -> String {
    let mut words: Vec<String> = rest.iter().map(word).collect();
    if !start.is_empty() {
        words.insert(0, start.to_owned());
    }
    if words.is_empty() { "output".to_owned() } else { words.join(".") }
}

/// The input with this name.
pub(super) fn find(inputs: &[Input], name: &str) -> Result<usize, RunError> {
    // The names of a kind are different, but the path of one input may be the placeholder of another.
    let kinds = inputs.iter().map(|input| input.names.len()).max().unwrap_or(0);
    let found = (0..kinds)
        .find_map(|kind| inputs.iter().position(|input| input.names.get(kind).is_some_and(|known| known == name)));
    found.ok_or_else(|| {
        let all = inputs.iter().flat_map(|input| &input.names);
        let known = inputs.iter().map(|input| input.name().to_owned()).collect();
        RunError::Unknown { what: "input", name: name.to_owned(), nearest: nearest(name, all), known }
    })
}

/// The name that is most likely meant.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n String>) -> Option<String> {
    /// How alike two names have to be.
    const ALIKE: f64 = 0.7;
    let rated = known.map(|known| (strsim::jaro_winkler(name, known), known));
    // The first one of several that are equally alike.
    let best = rated.filter(|(likeness, _)| *likeness >= ALIKE).min_by(|(a, _), (b, _)| b.total_cmp(a));
    best.map(|(_, known)| known.clone())
}
