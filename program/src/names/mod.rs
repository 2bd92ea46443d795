//! The names of placeholders and nodes, as `torch.export` chooses them.

use std::collections::{HashMap, HashSet};

/// Gives every node of a graph a unique name, as `torch.export` does.
///
/// Names must be requested in PyTorch's order: user inputs, then lifted parameters, buffers and constants, then the other
/// nodes.
///
/// ```
/// use program::names::Namer;
/// let mut namer = Namer::new();
/// assert_eq!(namer.placeholder("x"), "x");
/// assert_eq!(namer.placeholder("add_1"), "add_1");
/// assert_eq!(namer.node("add"), "add");
/// assert_eq!(namer.node("add_1"), "add_2");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Namer {
    used: HashSet<String>,
    last: HashMap<String, u64>,
}

impl Namer {
    /// A namer without used names.
    pub fn new() -> Namer {
        Namer::default()
    }

    /// A free name for a placeholder: `name`, or `name` with a number if it is taken.
    pub fn placeholder(&mut self, name: &str) -> String {
        self.claim(name, name)
    }

    /// A free name for any other node. A number at the end of `name` is replaced by a higher one if the name is taken.
    pub fn node(&mut self, name: &str) -> String {
        let key = numbered(name).map_or(name, |(prefix, _)| prefix);
        self.claim(name, key)
    }

    fn claim(&mut self, name: &str, key: &str) -> String {
        let name = if self.used.contains(name) {
            format!("{key}_{}", self.last.get(key).copied().unwrap_or(0).saturating_add(1))
        } else {
            name.to_owned()
        };
        if let Some((prefix, number)) = numbered(&name) {
            let last = self.last.entry(prefix.to_owned()).or_insert(0);
            *last = number.max(*last);
        }
        self.used.insert(name.clone());
        name
    }
}

/// The number in the last `_<digits>`, and the text before it. Text after the digits is ignored, as in PyTorch, whose
/// search is not anchored.
fn numbered(name: &str) -> Option<(&str, u64)> {
    name.rmatch_indices('_').find_map(|(at, _)| {
        let digits = name[at + 1..].chars().take_while(char::is_ascii_digit).count();
        let number = &name[at + 1..at + 1 + digits];
        (digits > 0).then(|| (&name[..at], number.parse().unwrap_or(u64::MAX)))
    })
}

/// One mapping key as part of a placeholder name: every character outside `[a-zA-Z0-9]` becomes `_`.
///
/// [`placeholder_base`] joins the parts of a path.
pub fn mapping_key_part(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// The base name of a user input from the parts of its path: `["x", "key_cache", "0"]` gives `x_key_cache_0`.
pub fn placeholder_base<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> String {
    let parts: Vec<String> = parts.into_iter().map(|p| p.as_ref().to_lowercase()).collect();
    parts.join("_")
}

/// What a lifted placeholder stands for. It determines the prefix of the name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lifted {
    /// `p_`.
    Parameter,
    /// `b_`, persistent or not.
    Buffer,
    /// `c_`.
    Constant,
    /// `obj_`.
    CustomObject,
}

impl Lifted {
    /// The base name of the placeholder for a target such as `lin.weight`: `p_lin_weight`.
    pub fn placeholder_base(self, target: &str) -> String {
        let prefix = match self {
            Lifted::Parameter => "p_",
            Lifted::Buffer => "b_",
            Lifted::Constant => "c_",
            Lifted::CustomObject => "obj_",
        };
        let target = target.strip_prefix("L__self___").or_else(|| target.strip_prefix("self_")).unwrap_or(target);
        format!("{prefix}{}", mapping_key_part(target).to_lowercase())
    }
}

/// Python keywords and builtins that are names of ops. Their first node already has a number: `max_1`.
const RESERVED: [&str; 14] =
    ["abs", "all", "and", "any", "complex", "max", "min", "not", "or", "pow", "range", "round", "set", "slice"];

/// Numbers the nodes of each op as PyTorch's tracer does, before [`Namer::node`]: `add`, `add_1`; `sum_1`, `sum_2`; `add_`,
/// `add__1`.
#[derive(Clone, Debug, Default)]
pub struct NodeNumbers {
    next: HashMap<String, u64>,
}

impl NodeNumbers {
    /// All ops start with their first number.
    pub fn new() -> NodeNumbers {
        NodeNumbers::default()
    }

    /// The candidate name of the next node of an op. `base` is the name of the op: `add` for `aten.add.Tensor`.
    pub fn next(&mut self, base: &str) -> String {
        let base = op_base(base);
        let reserved = RESERVED.contains(&base.as_str()) || base == "sum";
        let next = self.next.entry(base.clone()).or_insert(u64::from(reserved));
        let name = if *next == 0 { base } else { format!("{base}_{next}") };
        *next += 1;
        name
    }
}

/// The name of an op as a node name: without dunders, in lower case, and with `_` between a lower-case and an upper-case
/// letter.
fn op_base(base: &str) -> String {
    let base = base.strip_prefix("__").and_then(|b| b.strip_suffix("__")).unwrap_or(base);
    let mut out = String::with_capacity(base.len());
    let mut previous = '_';
    for c in base.chars() {
        if previous.is_ascii_lowercase() && c.is_ascii_uppercase() {
            out.push('_');
        }
        previous = c;
        out.push(if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '_' });
    }
    out
}
