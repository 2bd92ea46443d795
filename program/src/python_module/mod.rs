//! The Python registrations that a file with custom nodes needs before it can be loaded.

mod class;
mod text;

use crate::ExportedProgram;
use class::Class;

impl ExportedProgram {
    /// The text of a Python module that makes the file of this program loadable. For every custom node and every namedtuple
    /// of the inputs and outputs it contains a class that is registered under the serialized name. It is empty if there are
    /// none.
    ///
    /// Python does not open a file with a node type that is not registered (`Deserializing .. in pytree is not
    /// registered.`). Import the module first, or register other classes under the same names
    /// (`torch.utils._pytree.register_pytree_node`).
    ///
    /// A value of such a class is made of its children by name (`Cache(key_cache=[..], value_cache=[..])`), with static
    /// fields like other ones. What else the context of a value holds (the windows of a cache) is `_rest`; without it a value
    /// has that of the program's first value of the class.
    pub fn python_module(&self) -> String {
        let classes = Class::all([&self.in_spec, &self.out_spec]);
        if classes.is_empty() {
            return String::new();
        }
        let mut out = String::from(text::HEADER);
        let mut used: Vec<String> = Vec::new();
        for class in &classes {
            let base = identifier(&class.name);
            // The second class of a name (in another module) gets a number.
            let numbered = (2..).map(|k| format!("{base}_{k}"));
            let mut free = std::iter::once(base.clone()).chain(numbered).filter(|id| !used.contains(id));
            let id = free.next().unwrap_or_default();
            text::write(&mut out, class, &id);
            used.push(id);
        }
        out
    }
}

/// A Python identifier for the class: the last part of its serialized name.
fn identifier(name: &str) -> String {
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    let mut text: String = last.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        text.insert(0, '_');
    }
    text
}
