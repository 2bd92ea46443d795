//! The names of inputs in conditions and messages.

use super::InputPath;
use pytree_core::{KeyEntry, KeyPath};
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

/// The leaf of each name in code, and its name in messages. The name of a leaf comes before another reading of it: in `f(x_1, x)` the second leaf of `x`
/// is `L['x'][1]`, and `x_1` could be one of several `*x` only if there were no such leaf.
pub(super) fn by_name<'s>(sources: impl Iterator<Item = &'s Source> + Clone) -> HashMap<String, (usize, String)> {
    let mut leaves = HashMap::new();
    for (leaf, source) in sources.clone().enumerate() {
        if let Some(code) = source.codes.first() {
            leaves.insert(code.clone(), (leaf, source.name.clone()));
        }
    }
    for (leaf, source) in sources.enumerate() {
        for code in source.codes.iter().skip(1) {
            leaves.entry(code.clone()).or_insert_with(|| (leaf, source.name.clone()));
        }
    }
    leaves
}
