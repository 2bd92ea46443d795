//! Python's `pprint.pprint`: how nested tuples, lists and dicts wrap at a width.

use std::cmp::Ordering;

use pytree_core::Key;

/// Containers that are deeper are printed as `...`. No inputs are so deep, and each level takes a part of the stack.
pub(crate) const DEEPEST: usize = 1000;

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
    let mut line = Line { sorted: false, room: usize::MAX, text: String::new() };
    line.value(value);
    line.text
}

/// The line of a value with sorted keys, if it is not longer than that.
fn short_line(value: &Printed<'_>, longest: usize) -> Option<String> {
    let mut line = Line { sorted: true, room: longest, text: String::new() };
    line.value(value)?;
    Some(line.text)
}

/// A line that is written up to its longest length, so that a long one is not written to its end for each of its parts.
struct Line {
    sorted: bool,
    /// How many characters may follow.
    room: usize,
    text: String,
}

impl Line {
    fn push(&mut self, text: &str) -> Option<()> {
        self.room = self.room.checked_sub(text.chars().count())?;
        self.text.push_str(text);
        Some(())
    }

    fn value(&mut self, value: &Printed<'_>) -> Option<()> {
        match value {
            Printed::Leaf(text) => self.push(text),
            Printed::Tuple(items) => self.items("(", if items.len() == 1 { ",)" } else { ")" }, items),
            Printed::List(items) => self.items("[", "]", items),
            Printed::Dict(items) => {
                self.push("{")?;
                let items = if self.sorted { in_order(items) } else { items.iter().collect() };
                for (i, (key, item)) in items.into_iter().enumerate() {
                    self.push(if i > 0 { ", " } else { "" })?;
                    self.push(&key.repr())?;
                    self.push(": ")?;
                    self.value(item)?;
                }
                self.push("}")
            }
        }
    }

    fn items(&mut self, open: &str, close: &str, items: &[Printed<'_>]) -> Option<()> {
        self.push(open)?;
        for (i, item) in items.iter().enumerate() {
            self.push(if i > 0 { ", " } else { "" })?;
            self.value(item)?;
        }
        self.push(close)
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
        let longest = self.width.checked_sub(indent + allowance);
        if let Some(line) = longest.and_then(|longest| short_line(value, longest)) {
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
