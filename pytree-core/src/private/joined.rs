//! The fields of a struct with `#[pytree(flatten)]`: its own and those of other types, joined at compile time.

use crate::{Family, NodeType};

/// The type of [`PyTree::FIELDS`](crate::PyTree::FIELDS).
pub type FieldNames = Option<&'static [&'static str]>;

/// One field of a node, or all fields of another type.
pub enum Part {
    /// A field of this name.
    One(&'static str),
    /// The fields of a type, if they can be flattened.
    All(FieldNames),
}

/// A struct with flattened fields, whose list of fields is joined at compile time.
pub trait Joined<F: Family> {
    /// The node, without its fields.
    const NODE: NodeType;
    /// Whether a mistake in the list is a compile error here. For a type without parameters it is one elsewhere.
    const STRICT: bool;
    /// Its own fields, and the types whose fields are flattened into it.
    const PARTS: &'static [Part];
    /// All fields in an array of the largest size, and their number.
    const JOINED: &'static ([&'static str; NodeType::MAX_FIELDS], usize) = &join(Self::PARTS, Self::STRICT);
    /// The node.
    const TYPE: &'static NodeType = &NodeType { fields: Self::JOINED.0.split_at(Self::JOINED.1).0, ..Self::NODE };
}

/// The fields of all parts and their number. It is a compile error if they do not fit together.
const fn join(parts: &[Part], strict: bool) -> ([&'static str; NodeType::MAX_FIELDS], usize) {
    let (mut names, mut count, mut i) = ([""; NodeType::MAX_FIELDS], 0, 0);
    while i < parts.len() {
        let one;
        let more: &[&'static str] = match &parts[i] {
            Part::One(name) => {
                one = [*name];
                &one
            }
            Part::All(names) => {
                assert!(
                    names.is_some() || !strict,
                    "`#[pytree(flatten)]` is for a field whose type is a struct with `#[derive(PyTree)]`, with named children and no static fields"
                );
                known(*names)
            }
        };
        let mut j = 0;
        while j < more.len() {
            assert!(count < NodeType::MAX_FIELDS, "a node has at most 128 fields: flatten fewer");
            let twice = among(&names, more[j]) > 0;
            assert!(!twice || !strict, "a flattened field has the name of another field: rename one of them");
            names[count] = more[j];
            count += 1;
            j += 1;
        }
        i += 1;
    }
    (names, count)
}

/// Whether each of `names` occurs once among all parts.
pub const fn distinct(parts: &[Part], names: FieldNames) -> bool {
    let (names, mut i) = (known(names), 0);
    while i < names.len() {
        let (mut found, mut j) = (0, 0);
        while j < parts.len() {
            found += match &parts[j] {
                Part::One(name) => same(name, names[i]) as usize,
                Part::All(all) => among(known(*all), names[i]),
            };
            j += 1;
        }
        if found > 1 {
            return false;
        }
        i += 1;
    }
    true
}

const fn known(names: FieldNames) -> &'static [&'static str] {
    match names {
        Some(names) => names,
        None => &[],
    }
}

/// How often `name` occurs in `names`.
const fn among(names: &[&str], name: &str) -> usize {
    let (mut found, mut i) = (0, 0);
    while i < names.len() {
        found += same(names[i], name) as usize;
        i += 1;
    }
    found
}

/// `a == b`
const fn same(a: &str, b: &str) -> bool {
    let (a, b, mut i) = (a.as_bytes(), b.as_bytes(), 0);
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}
