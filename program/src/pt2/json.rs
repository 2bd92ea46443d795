//! Reads a JSON member of a file part by part.

use super::budget::Budget;
use super::error::ContentError;
use super::unread::Raw;
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

/// What every part of a program is read with.
pub(super) struct Json {
    /// The memory that the program may take.
    pub(super) budget: Budget,
    /// For a program of a newer schema, the first field that this library does not know.
    unknown: Option<RefCell<Option<String>>>,
}

impl Json {
    /// Reads parts within this budget.
    pub(super) fn new(budget: Budget) -> Self {
        Json { budget, unknown: None }
    }

    /// Notes fields that are not in the schema.
    pub(super) fn note_unknown_fields(&mut self) {
        self.unknown = Some(RefCell::new(None));
    }

    /// The first field that is not in the schema, if they are noted.
    pub(super) fn unknown_field(&self) -> Option<String> {
        self.unknown.as_ref().and_then(|unknown| unknown.borrow().clone())
    }

    /// Reads a text. `place` is the path of its fields.
    pub(super) fn text<'j, T: Deserialize<'j>>(&self, text: &'j str, place: &str) -> Result<T, serde_json::Error> {
        let Some(unknown) = &self.unknown else { return serde_json::from_str(text) };
        let mut json = serde_json::Deserializer::from_str(text);
        let read = serde_ignored::deserialize(&mut json, |path| {
            unknown.borrow_mut().get_or_insert_with(|| format!("{place}{path}"));
        })?;
        json.end()?;
        Ok(read)
    }

    /// Reads a part.
    pub(super) fn part<'j, T: Deserialize<'j>>(&self, part: Raw<'j>, place: &str) -> Result<T, ContentError> {
        self.text(part.get(), place).map_err(|e| form(&e))
    }

    /// Calls `see` with every entry of a list, in order.
    pub(super) fn each<'j, T: Deserialize<'j>, E: From<ContentError>>(
        &self,
        list: Raw<'j>,
        place: &str,
        mut see: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failed = None;
        let entries = Listed {
            see: |entry| {
                let seen = self.entry(entry, place).map_err(E::from).and_then(&mut see);
                seen.map_err(|e| failed = Some(e)).is_ok()
            },
            seed: self.seed(),
        };
        let read = serde_json::Deserializer::from_str(list.get()).deserialize_seq(entries);
        failed.map_or_else(|| read.map_err(|e| form(&e).into()), Err)
    }

    /// Calls `see` with every key and value of a table, in order.
    pub(super) fn entries<'j, T: Deserialize<'j>, E: From<ContentError>>(
        &self,
        table: Raw<'j>,
        place: &str,
        mut see: impl FnMut(Cow<'j, str>, T) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failed = None;
        let entries = Tabled {
            see: |key, entry| {
                let seen = self.entry(entry, place).map_err(E::from).and_then(|entry| see(key, entry));
                seen.map_err(|e| failed = Some(e)).is_ok()
            },
            seed: self.seed(),
        };
        let read = serde_json::Deserializer::from_str(table.get()).deserialize_map(entries);
        failed.map_or_else(|| read.map_err(|e| form(&e).into()), Err)
    }

    fn seed<T>(&self) -> EntrySeed<T> {
        EntrySeed { unread: self.unknown.is_some(), kind: PhantomData }
    }

    fn entry<'j, T: Deserialize<'j>>(&self, entry: Entry<'j, T>, place: &str) -> Result<T, ContentError> {
        match entry {
            Entry::Read(entry) => Ok(entry),
            Entry::Unread(part) => self.part(part, place),
        }
    }

    /// The entries of a list, each made from what the file has.
    pub(super) fn list<'j, T: Deserialize<'j>, U, E: From<ContentError>>(
        &self,
        list: Raw<'j>,
        place: &str,
        mut make: impl FnMut(T) -> Result<U, E>,
    ) -> Result<Vec<U>, E> {
        let mut made = self.budget.list(count(list))?;
        self.each(list, place, |entry| {
            made.push(make(entry)?);
            Ok::<_, E>(())
        })?;
        Ok(made)
    }

    /// A table of plain values.
    pub(super) fn table<'j, T: Deserialize<'j>>(&self, table: Raw<'j>) -> Result<IndexMap<String, T>, ContentError> {
        let mut read = IndexMap::new();
        self.budget.take(table.get().len())?;
        self.entries(table, "", |key, value| {
            self.budget.entry::<(String, T)>()?;
            read.insert(key.into_owned(), value);
            Ok::<_, ContentError>(())
        })?;
        Ok(read)
    }

    /// The texts of a list.
    pub(super) fn texts(&self, list: Raw<'_>) -> Result<Vec<String>, ContentError> {
        self.budget.take(list.get().len())?;
        self.list(list, "", Ok)
    }
}

/// An error of the form, with the place in words instead of a column of the part.
pub(super) fn form(error: &serde_json::Error) -> ContentError {
    let problem = error.to_string();
    let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(problem, _)| problem);
    ContentError::Form { problem: problem.to_owned() }
}

/// How many entries a list or a table has.
pub(super) fn count(list: Raw<'_>) -> usize {
    let (mut depth, mut commas, mut empty) = (0_usize, 0, true);
    let mut bytes = list.get().bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                empty &= depth != 1;
                skip_string(&mut bytes);
            }
            b'[' | b'{' => {
                empty &= depth != 1;
                depth += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => commas += 1,
            byte => empty &= depth != 1 || byte.is_ascii_whitespace(),
        }
    }
    if empty { 0 } else { commas + 1 }
}

/// Whether a part is nested deeper than any that PyTorch writes. What is read in steps is checked first, since each step
/// skips what is inside of it, and remembers the brackets that are open.
pub(super) fn is_deep(part: Raw<'_>) -> bool {
    const DEEPEST: usize = 512;
    let mut depth = 0_usize;
    let mut bytes = part.get().bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// Skips the rest of a string, which is JSON and ends.
fn skip_string(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// How many values a text may have: a bound, for texts of a form that is not known.
pub(super) fn values(text: &str) -> usize {
    1 + text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':')).count()
}

/// An entry, or its text where its fields are noted.
enum Entry<'j, T> {
    Read(T),
    Unread(Raw<'j>),
}

/// Reads an entry.
struct EntrySeed<T> {
    unread: bool,
    kind: PhantomData<T>,
}

impl<T> Clone for EntrySeed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for EntrySeed<T> {}

impl<'j, T: Deserialize<'j>> DeserializeSeed<'j> for EntrySeed<T> {
    type Value = Entry<'j, T>;

    fn deserialize<D: Deserializer<'j>>(self, json: D) -> Result<Entry<'j, T>, D::Error> {
        if self.unread { Raw::deserialize(json).map(Entry::Unread) } else { T::deserialize(json).map(Entry::Read) }
    }
}

/// A key, which is a part of the file where it has no escapes.
#[derive(Deserialize)]
struct Key<'j>(#[serde(borrow)] Cow<'j, str>);

/// Goes through a list. `see` returns whether to go on.
struct Listed<T, F> {
    see: F,
    seed: EntrySeed<T>,
}

impl<'j, T: Deserialize<'j>, F: FnMut(Entry<'j, T>) -> bool> Visitor<'j> for Listed<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'j>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element_seed(self.seed)? {
            if !(self.see)(entry) {
                return Err(A::Error::custom(STOPPED));
            }
        }
        Ok(())
    }
}

/// Goes through a table. `see` returns whether to go on.
struct Tabled<T, F> {
    see: F,
    seed: EntrySeed<T>,
}

impl<'j, T: Deserialize<'j>, F: FnMut(Cow<'j, str>, Entry<'j, T>) -> bool> Visitor<'j> for Tabled<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'j>>(mut self, mut table: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = table.next_key()? {
            let entry = table.next_value_seed(self.seed)?;
            if !(self.see)(key, entry) {
                return Err(A::Error::custom(STOPPED));
            }
        }
        Ok(())
    }
}

/// The error of a reader that was stopped by another error, which is given instead.
const STOPPED: &str = "stopped";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted_without_being_read() {
        for (text, expected) in [
            ("[]", 0),
            ("[ ]", 0),
            ("{}", 0),
            ("[1]", 1),
            ("[1, [2, 3], {\"a\": [4, 5]}]", 3),
            (r#"["a,b", "c\"],", ""]"#, 3),
            (r#"{"a": 1, "b": {"c": 2, "d": 3}}"#, 2),
            ("[[],[]]", 2),
            ("[\"\"]", 1),
        ] {
            assert_eq!(count(serde_json::from_str(text).unwrap()), expected, "{text}");
        }
    }
}
