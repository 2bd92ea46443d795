//! Python's `pprint.pprint`: how nested tuples, lists and dicts wrap at a width.

use std::cmp::Ordering;

use pytree_core::Key;

/// What is printed: containers, and leaves whose `repr` is already known.
pub(crate) enum Printed<'a> {
    Leaf(String),
    Tuple(Vec<Printed<'a>>),
    List(Vec<Printed<'a>>),
    Dict(Vec<(DictKey<'a>, Printed<'a>)>),
}

/// A dict key; numbers of dimensions are keys as well.
pub(crate) enum DictKey<'a> {
    Name(&'a Key),
    Index(i64),
}

impl DictKey<'_> {
    fn repr(&self) -> String {
        match self {
            DictKey::Name(key) => key.to_string(),
            DictKey::Index(i) => i.to_string(),
        }
    }

    /// `pprint` sorts by `<`; keys that do not compare, by the name of their class.
    fn order(&self, other: &DictKey<'_>) -> Ordering {
        let class = |k: &DictKey<'_>| match k {
            DictKey::Name(Key::Str(_)) => "<class 'str'>",
            DictKey::Name(Key::None) => "<class 'NoneType'>",
            _ => "<class 'int'>",
        };
        match (self, other) {
            (DictKey::Name(Key::Str(a)), DictKey::Name(Key::Str(b))) => a.chars().cmp(b.chars()),
            (a, b) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => class(a).cmp(class(b)),
            },
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            DictKey::Index(i) | DictKey::Name(Key::Int(i)) => Some(*i as f64),
            DictKey::Name(Key::Bool(b)) => Some(f64::from(u8::from(*b))),
            DictKey::Name(Key::Float(x)) => Some(*x),
            DictKey::Name(_) => None,
        }
    }
}

/// `pprint.pformat(value, width=width)`.
pub(crate) fn pformat(value: &Printed<'_>, width: usize) -> String {
    let mut out = String::new();
    Printer { width }.format(value, 0, 0, &mut out);
    out
}

/// `repr(value)`: one line, dicts in their own order.
pub(crate) fn repr(value: &Printed<'_>) -> String {
    one_line(value, false)
}

fn one_line(value: &Printed<'_>, sorted: bool) -> String {
    let join = |items: &[Printed<'_>]| items.iter().map(|i| one_line(i, sorted)).collect::<Vec<_>>().join(", ");
    match value {
        Printed::Leaf(text) => text.clone(),
        Printed::Tuple(items) if items.len() == 1 => format!("({},)", join(items)),
        Printed::Tuple(items) => format!("({})", join(items)),
        Printed::List(items) => format!("[{}]", join(items)),
        Printed::Dict(items) => {
            let items = if sorted { in_order(items) } else { items.iter().collect() };
            let texts: Vec<String> =
                items.iter().map(|(k, v)| format!("{}: {}", k.repr(), one_line(v, sorted))).collect();
            format!("{{{}}}", texts.join(", "))
        }
    }
}

fn in_order<'a, 'b>(items: &'a [(DictKey<'b>, Printed<'b>)]) -> Vec<&'a (DictKey<'b>, Printed<'b>)> {
    let mut sorted: Vec<_> = items.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.order(b));
    sorted
}

struct Printer {
    width: usize,
}

impl Printer {
    /// `indent` columns are taken on the left, `allowance` are kept for what closes on the right.
    fn format(&self, value: &Printed<'_>, indent: usize, allowance: usize, out: &mut String) {
        let line = one_line(value, true);
        if line.chars().count() + indent + allowance <= self.width {
            out.push_str(&line);
            return;
        }
        match value {
            Printed::Leaf(text) => out.push_str(text),
            Printed::Tuple(items) => {
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.items("(", end, items, indent, allowance, out);
            }
            Printed::List(items) => self.items("[", "]", items, indent, allowance, out),
            Printed::Dict(items) => {
                out.push('{');
                let items = in_order(items);
                for (i, (key, item)) in items.iter().enumerate() {
                    self.separate(i, indent + 1, out);
                    let key = key.repr();
                    out.push_str(&key);
                    out.push_str(": ");
                    let right = if i + 1 == items.len() { allowance + 1 } else { 1 };
                    self.format(item, indent + 1 + key.chars().count() + 2, right, out);
                }
                out.push('}');
            }
        }
    }

    fn items(&self, open: &str, end: &str, items: &[Printed<'_>], indent: usize, allowance: usize, out: &mut String) {
        out.push_str(open);
        for (i, item) in items.iter().enumerate() {
            self.separate(i, indent + 1, out);
            let right = if i + 1 == items.len() { allowance + end.len() } else { 1 };
            self.format(item, indent + 1, right, out);
        }
        out.push_str(end);
    }

    fn separate(&self, index: usize, indent: usize, out: &mut String) {
        if index > 0 {
            out.push_str(",\n");
            out.push_str(&" ".repeat(indent));
        }
    }
}
