//! Patterns of paths: `cache.*[*]`.

use pytree_core::{Key, KeyEntry, KeyPath};
use std::fmt;
use std::str::FromStr;

/// Which leaves of the inputs are meant, by their paths from the parameter on.
///
/// | in a pattern | stands for |
/// |---|---|
/// | `cache` | the parameter of this name; first in every pattern |
/// | `.key_cache` | a field, or a key of a dict that is this text |
/// | `['any text']` | the same, for texts that are not names, with the escapes of Python's `repr` |
/// | `[0]` | an item of a list or tuple, or a key of a dict that is this int |
/// | `.*` | any one field or key that is a text |
/// | `[*]` | any one item of a list or tuple, or any one key of a dict |
/// | `**` (first), `.**` | any steps, or none |
///
/// A pattern means whole paths: `cache` alone is not what is inside `cache`, which `cache.**` is.
///
/// ```
/// use pytree_core::{Key, KeyEntry, KeyPath};
/// use shapes::PathPattern;
/// let path: KeyPath =
///     [KeyEntry::Mapping(Key::from("cache")), KeyEntry::Mapping(Key::from("key_cache")), KeyEntry::Sequence(3)]
///         .into_iter()
///         .collect();
/// for (pattern, matches) in [("cache.*[*]", true), ("**[3]", true), ("cache.**", true), ("cache.*", false)] {
///     assert_eq!(pattern.parse::<PathPattern>()?.matches(&path), matches, "{pattern}");
/// }
/// # Ok::<(), shapes::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(i64),
    AnyName,
    AnyItem,
    Rest,
}

/// The text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{pattern}` is not a path pattern: at character {at}, expected {expected}; patterns look like `x`, `cache.key_cache[0]`, \
     `cache.*[*]`, `inputs['any key']`, `cache.**`"
)]
pub struct PatternError {
    /// The text.
    pub pattern: String,
    /// Where it fails, in characters from 0.
    pub at: usize,
    /// What could stand there.
    pub expected: &'static str,
}

impl PathPattern {
    /// Whether a path from a parameter on is meant.
    pub fn matches(&self, path: &KeyPath) -> bool {
        matches(&self.steps, path.entries(), Step::is)
    }
}

/// Whether the steps stand for the path. Each `**` takes as little as it can, and only the last one is asked for more: those
/// before it need not change, so the work is at most the product of both lengths.
fn matches(steps: &[Step], path: &[KeyEntry], mut is: impl FnMut(&Step, &KeyEntry) -> bool) -> bool {
    let (mut step, mut entry) = (0, 0);
    let mut last_rest = None;
    loop {
        match (steps.get(step), path.get(entry)) {
            (None, None) => return true,
            (Some(Step::Rest), _) => {
                step += 1;
                last_rest = Some((step, entry));
            }
            (Some(wanted), Some(found)) if is(wanted, found) => {
                step += 1;
                entry += 1;
            }
            _ => {
                let Some((after, taken)) = last_rest.filter(|(_, taken)| *taken < path.len()) else { return false };
                (step, entry) = (after, taken + 1);
                last_rest = Some((step, entry));
            }
        }
    }
}

impl Step {
    fn is(&self, entry: &KeyEntry) -> bool {
        match (self, entry) {
            (Step::Rest | Step::AnyItem, KeyEntry::Mapping(_)) | (Step::Rest, _) => true,
            (Step::AnyItem, entry) => matches!(entry, KeyEntry::Sequence(_)),
            (Step::Name(name), KeyEntry::Mapping(Key::Str(key)) | KeyEntry::GetAttr(key)) => name == key,
            (Step::AnyName, KeyEntry::Mapping(Key::Str(_)) | KeyEntry::GetAttr(_)) => true,
            (Step::Index(index), KeyEntry::Sequence(i)) => i64::try_from(*i) == Ok(*index),
            (Step::Index(index), KeyEntry::Mapping(Key::Int(key))) => index == key,
            _ => false,
        }
    }
}

impl FromStr for PathPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let chars: Vec<char> = text.chars().collect();
        let mut reader = Reader { chars: &chars, at: 0 };
        let error = |at, expected| PatternError { pattern: text.to_owned(), at, expected };
        let mut steps = vec![reader.name().ok_or_else(|| error(0, "the name of a parameter, `*` or `**`"))?];
        while let Some(next) = reader.peek() {
            reader.at += 1;
            let step = match next {
                '.' => reader.name().ok_or_else(|| error(reader.at, "a name, `*` or `**`"))?,
                '[' => reader.item().ok_or_else(|| error(reader.at, "an integer, `*` or a quoted text, and `]`"))?,
                _ => return Err(error(reader.at - 1, "`.`, `[` or the end")),
            };
            steps.push(step);
        }
        Ok(PathPattern { steps })
    }
}

struct Reader<'c> {
    chars: &'c [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn run(&mut self, part: impl Fn(char) -> bool) -> String {
        let text: String = self.chars.iter().skip(self.at).take_while(|c| part(**c)).collect();
        self.at += text.chars().count();
        text
    }

    fn name(&mut self) -> Option<Step> {
        match self.run(|c| c == '*').len() {
            0 => Some(self.run(|c| c == '_' || c.is_alphanumeric())).filter(|name| !name.is_empty()).map(Step::Name),
            1 => Some(Step::AnyName),
            2 => Some(Step::Rest),
            _ => None,
        }
    }

    /// The rest of a text in quotes.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.next()? {
                c if c == quote => return Some(text),
                '\\' => text.push(self.escaped()?),
                c => text.push(c),
            }
        }
    }

    /// What a backslash and the next characters mean where Python's `repr` writes them; before others it stands for itself.
    fn escaped(&mut self) -> Option<char> {
        let (meant, digits) = match self.peek()? {
            'n' => ('\n', 0),
            'r' => ('\r', 0),
            't' => ('\t', 0),
            c @ ('\\' | '\'' | '"') => (c, 0),
            c @ 'x' => (c, 2),
            c @ 'u' => (c, 4),
            c @ 'U' => (c, 8),
            _ => return Some('\\'),
        };
        self.at += 1;
        if digits == 0 {
            return Some(meant);
        }
        let code = (0..digits).try_fold(0_u32, |code, _| Some((code << 4) | self.next()?.to_digit(16)?))?;
        char::from_u32(code)
    }

    /// What stands between brackets, with the closing one.
    fn item(&mut self) -> Option<Step> {
        let step = match self.peek()? {
            '*' => {
                self.at += 1;
                Step::AnyItem
            }
            quote @ ('\'' | '"') => {
                self.at += 1;
                Step::Name(self.quoted(quote)?)
            }
            _ => Step::Index(self.run(|c| c == '-' || c.is_ascii_digit()).parse().ok()?),
        };
        self.take(']')?;
        Some(step)
    }
}

/// The pattern again.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.steps.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            match step {
                Step::Name(name) => f.write_str(&named(name, i == 0))?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::AnyName => write!(f, "{dot}*")?,
                Step::AnyItem => f.write_str("[*]")?,
                Step::Rest => write!(f, "{dot}**")?,
            }
        }
        Ok(())
    }
}

fn named(name: &str, first: bool) -> String {
    match name.chars().all(|c| c == '_' || c.is_alphanumeric()) && !name.is_empty() {
        true if first => name.to_owned(),
        true => format!(".{name}"),
        false => format!("[{}]", pytree_core::python::Str(name)),
    }
}

/// A path as the pattern that means it alone; with `any_item` the pattern that means all its neighbours in lists too.
pub(super) fn pattern_of(path: &KeyPath, any_item: bool) -> String {
    let step = |(i, entry): (usize, &KeyEntry)| match entry {
        KeyEntry::Mapping(Key::Str(name)) | KeyEntry::GetAttr(name) => named(name, i == 0),
        KeyEntry::Sequence(_) if any_item => "[*]".to_owned(),
        other => other.to_string(),
    };
    path.entries().iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::{KeyEntry, PathPattern, Step, matches};

    /// How often a step is compared with an entry where `**.a` is there `n` times and the path has `2 * n` entries and no end
    /// that fits.
    fn comparisons(n: usize) -> usize {
        let text = "**.a.".repeat(n) + "b";
        let Ok(pattern) = text.parse::<PathPattern>() else { return usize::MAX };
        let path: Vec<KeyEntry> = (0..2 * n).map(|_| KeyEntry::GetAttr("a".into())).collect();
        let mut count = 0;
        let found = matches(&pattern.steps, &path, |step, entry| {
            count += 1;
            Step::is(step, entry)
        });
        assert!(!found);
        count
    }

    #[test]
    fn many_rests_take_no_more_than_the_product_of_the_lengths() {
        for n in [1, 10, 100, 1000] {
            assert!(comparisons(n) <= 2 * n * (2 * n + 1), "{n}: {}", comparisons(n));
        }
    }
}
