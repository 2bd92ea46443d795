//! The names of inputs in conditions and messages.

use super::InputPath;
use pytree_core::{KeyEntry, KeyPath, Kind, TreeSpec};
use std::collections::HashMap;

/// A leaf of the inputs of a call by its names.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As the hook of PyTorch writes it: `*args[0]`, `'z'[1]`.
    pub(super) hook: String,
    /// As guards write it, by the name of the parameter: `x`, `d['a'][0]`.
    pub(super) name: String,
    /// As guards in a file write it: `L['x']`, and `L['args'][0]` for one of several values in `*args`.
    pub(super) codes: Vec<String>,
}

impl Source {
    /// The names of a leaf at a path in `(args, kwargs)`. `arguments` are the names of the given arguments.
    pub(super) fn of(path: &KeyPath, arguments: &[String]) -> Self {
        let rest = |from: usize| path.entries().iter().skip(from).map(ToString::to_string).collect::<String>();
        match path.entries() {
            [KeyEntry::Sequence(0), KeyEntry::Sequence(position), ..] => {
                let name = arguments.get(*position).cloned().unwrap_or_else(|| format!("arg_{position}"));
                let tail = rest(2);
                let mut codes = vec![format!("L['{name}']{tail}")];
                if let Some((base, index)) = name.rsplit_once('_')
                    && index.bytes().all(|byte| byte.is_ascii_digit())
                {
                    codes.push(format!("L['{base}'][{index}]{tail}"));
                }
                Source { hook: format!("*args{}", rest(1)), name: format!("{name}{tail}"), codes }
            }
            [_, entry @ KeyEntry::Mapping(key), ..] => {
                let tail = rest(2);
                let name = match key {
                    pytree_core::Key::Str(name) => name.to_string(),
                    _ => key.to_string(),
                };
                Source {
                    hook: format!("{key}{tail}"),
                    name: format!("{name}{tail}"),
                    codes: vec![format!("L{entry}{tail}")],
                }
            }
            _ => Source { hook: rest(0), name: rest(0), codes: vec![format!("L{}", rest(0))] },
        }
    }

    /// The leaf, or a size of its tensor, for messages.
    pub(super) fn path(&self, dim: Option<usize>) -> InputPath {
        let of = |name: &str| dim.map_or_else(|| name.to_owned(), |dim| format!("{name}.shape[{dim}]"));
        InputPath::new(of(&self.name), of(&self.hook))
    }

    /// A size of a tensor, or the value of a number: `x.size()[0]`, `n`.
    pub(super) fn place(&self, dim: Option<usize>) -> String {
        dim.map_or_else(|| self.name.clone(), |dim| format!("{}.size()[{dim}]", self.name))
    }
}

/// The leaves of a call by their names in code.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    /// The leaf, and its name in messages.
    known: HashMap<String, (usize, String)>,
    /// Those in nodes of classes that Python knows and Rust does not.
    foreign: Vec<Foreign>,
}

/// A leaf in a node of a class whose keys are only known to Python. Its placeholder is named by these keys.
#[derive(Debug)]
struct Foreign {
    leaf: usize,
    name: String,
    /// `L['x']`.
    argument: String,
    /// The steps behind it, and `None` where only Python knows the key.
    steps: Vec<Option<String>>,
    placeholder: String,
}

impl Leaves {
    /// The leaves of these sources. The name of a leaf comes before another reading of it: in `f(x_1, x)` the second leaf of
    /// `x` is `L['x'][1]`, and `x_1` could be one of several `*x` only if there were no such leaf.
    pub(super) fn of<'s>(sources: impl Iterator<Item = &'s Source> + Clone) -> Self {
        let mut known = HashMap::new();
        for (leaf, source) in sources.clone().enumerate() {
            if let Some(code) = source.codes.first() {
                known.insert(code.clone(), (leaf, source.name.clone()));
            }
        }
        for (leaf, source) in sources.enumerate() {
            for code in source.codes.iter().skip(1) {
                known.entry(code.clone()).or_insert_with(|| (leaf, source.name.clone()));
            }
        }
        Leaves { known, foreign: Vec::new() }
    }

    /// Adds a leaf, if its path leads through a node of a class that Rust does not know.
    pub(super) fn add_foreign(
        &mut self,
        spec: &TreeSpec,
        leaf: usize,
        path: &KeyPath,
        source: &Source,
        placeholder: &str,
    ) {
        let mut node = Some(spec.root());
        let mut steps = Vec::new();
        for entry in path.entries() {
            let foreign = node.and_then(|node| node.kind()) == Some(Kind::Custom);
            steps.push((!foreign).then(|| entry.to_string()));
            node = node.and_then(|node| {
                let position = (0..node.arity()).find(|position| node.entry(*position) == *entry)?;
                node.children().nth(position)
            });
        }
        // The first two steps lead to the argument.
        let steps = steps.split_off(steps.len().min(2));
        if let Some(code) = source.codes.first().filter(|_| steps.contains(&None)) {
            let behind: usize = path.entries().iter().skip(2).map(|entry| entry.to_string().len()).sum();
            let argument = code[..code.len() - behind].to_owned();
            let (name, placeholder) = (source.name.clone(), placeholder.to_owned());
            self.foreign.push(Foreign { leaf, name, argument, steps, placeholder });
        }
    }

    /// The leaf of this name, and its name in messages.
    pub(super) fn get(&self, code: &str) -> Option<(usize, &str)> {
        let known = self.known.get(code).map(|(leaf, name)| (*leaf, name.as_str()));
        known.or_else(|| self.foreign.iter().find(|foreign| foreign.is(code)).map(|f| (f.leaf, f.name.as_str())))
    }
}

impl Foreign {
    /// Whether this is its name in code: it leads through the same steps as far as they are known, and the placeholder has the
    /// name that Python gives an input with these keys.
    fn is(&self, code: &str) -> bool {
        let Some(mut rest) = code.strip_prefix(&self.argument) else { return false };
        let mut name = self.argument.trim_start_matches("L['").trim_end_matches("']").to_owned();
        for step in &self.steps {
            let Some(end) = step_end(rest) else { return false };
            let (found, behind) = rest.split_at(end);
            if step.as_ref().is_some_and(|step| step != found) {
                return false;
            }
            name = name + "_" + found.trim_matches(['[', ']', '.', '\'', '"']);
            rest = behind;
        }
        let is_part = |c: char| c.is_ascii_alphanumeric();
        let name = name.chars().map(|c| if is_part(c) { c.to_ascii_lowercase() } else { '_' }).collect::<String>();
        rest.is_empty() && name == self.placeholder
    }
}

/// How long the step is with which this begins: `[0]`, `['a']` or `.a`.
fn step_end(text: &str) -> Option<usize> {
    if let Some(attribute) = text.strip_prefix('.') {
        let end = attribute.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(attribute.len());
        return (end > 0).then_some(end + 1);
    }
    let quoted = |quote: &str| text.starts_with(&format!("[{quote}")).then(|| text.find(&format!("{quote}]")));
    match quoted("'").or_else(|| quoted("\"")) {
        Some(end) => end.map(|end| end + 2),
        None => text.strip_prefix('[')?.find(']').map(|end| end + 2),
    }
}
