//! The schemas of ATen's operators.

use crate::op::OpName;
use std::sync::OnceLock;

/// Made by `cargo xtask schemas`.
const TABLE: &str = include_str!("schemas.txt");

/// The schema of an operator overload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) arguments: Vec<SchemaArgument>,
    pub(crate) returns: Vec<SchemaType>,
}

/// An argument of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SchemaArgument {
    pub(crate) name: &'static str,
    pub(crate) ty: SchemaType,
    pub(crate) keyword_only: bool,
    pub(crate) has_default: bool,
    /// Whether the operator writes to it.
    pub(crate) is_written: bool,
}

/// The type of an argument or a result: `Tensor?[]` is an optional tensor in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SchemaType {
    /// `Tensor`, `int`, `SymInt`, `float`, `bool`, `str`, `Scalar`, ..
    pub(crate) base: &'static str,
    pub(crate) is_list: bool,
    /// Whether `None` is a value.
    pub(crate) is_optional: bool,
    /// Whether the elements of the list may be `None`.
    pub(crate) has_optional_elements: bool,
    /// The set of values with which it may share memory: `a` of `Tensor(a)`.
    pub(crate) alias: Option<&'static str>,
}

/// The lines of the table, sorted by the names of the operators.
fn lines() -> &'static [(&'static str, &'static str)] {
    static LINES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    LINES.get_or_init(|| {
        let mut lines: Vec<_> = TABLE.lines().filter_map(|line| Some((line.split_once('(')?.0, line))).collect();
        lines.sort_unstable();
        lines
    })
}

/// The schema of an operator, if libtorch has it.
pub(crate) fn schema(op: &OpName) -> Option<Schema> {
    let overload = if op.overload() == "default" { String::new() } else { format!(".{}", op.overload()) };
    let name = format!("{}::{}{overload}", op.namespace(), op.name());
    let lines = lines();
    let found = lines.binary_search_by(|(known, _)| known.cmp(&name.as_str())).ok()?;
    parse(lines.get(found)?.1)
}

fn parse(line: &'static str) -> Option<Schema> {
    let (front, returns) = line.rsplit_once(" -> ")?;
    let arguments = front.split_once('(')?.1.strip_suffix(')')?;
    let mut schema = Schema { arguments: Vec::new(), returns: Vec::new() };
    let mut keyword_only = false;
    for argument in split(arguments) {
        if argument == "*" {
            keyword_only = true;
            continue;
        }
        // The name is the last word before the default value.
        let (typed, default) = match default_at(argument) {
            Some(at) => (argument.get(..at)?, true),
            None => (argument, false),
        };
        let (ty, name) = typed.rsplit_once(' ')?;
        let is_written = ty.contains('!');
        schema.arguments.push(SchemaArgument {
            name,
            ty: parse_type(ty)?,
            keyword_only,
            has_default: default,
            is_written,
        });
    }
    let returns = returns.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(returns);
    for result in split(returns) {
        // A name of the result behind the type is ignored.
        schema.returns.push(parse_type(result)?);
    }
    Some(schema)
}

/// The place of `=` outside of brackets and quotes.
fn default_at(text: &str) -> Option<usize> {
    let mut depth = 0i32;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '=' if depth == 0 => return Some(at),
            _ => {}
        }
        None
    })
}

/// The parts between commas outside of brackets and quotes.
fn split(text: &'static str) -> Vec<&'static str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0i32, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.extend(text.get(start..at).map(str::trim));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..).map(str::trim).filter(|part| !part.is_empty()));
    parts
}

/// `Tensor(a!)`, `int[2]?`, `Tensor?[]`, `Tensor(a)[]`
fn parse_type(text: &'static str) -> Option<SchemaType> {
    let base_end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let (base, rest) = text.split_at(base_end);
    if base.is_empty() {
        return None;
    }
    let mut ty = SchemaType { base, is_list: false, is_optional: false, has_optional_elements: false, alias: None };
    let mut rest = rest;
    while let Some(c) = rest.chars().next() {
        match c {
            // An alias set, or the parameters of a type.
            '(' => {
                let end = rest.find(')')?;
                ty.alias = rest.get(1..end)?.split([' ', '!', '|']).next().filter(|alias| !alias.is_empty());
                rest = rest.get(end + 1..)?;
            }
            '[' => {
                (ty.has_optional_elements, ty.is_optional, ty.is_list) = (ty.is_optional, false, true);
                rest = rest.get(rest.find(']')? + 1..)?;
            }
            '?' => {
                ty.is_optional = true;
                rest = rest.get(1..)?;
            }
            // The name of a result.
            ' ' => break,
            _ => return None,
        }
    }
    Some(ty)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let failed: Vec<_> = lines().iter().filter(|(_, line)| parse(line).is_none()).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        assert!(lines().len() > 3000);
    }

    #[test]
    fn schemas_have_arguments_and_results() {
        let of = |op: &str| schema(&op.parse().unwrap()).unwrap();
        let add = of("aten.add.Tensor");
        let names: Vec<_> = add.arguments.iter().map(|a| (a.name, a.keyword_only, a.has_default)).collect();
        assert_eq!(names, [("self", false, false), ("other", false, false), ("alpha", true, true)]);
        let list = of("aten.index.Tensor").arguments.remove(1).ty;
        assert!(list.is_list && list.has_optional_elements && !list.is_optional);
        let sizes = of("aten.sum.dim_IntList").arguments.remove(1);
        assert!(sizes.ty.is_list && sizes.ty.is_optional && !sizes.has_default && sizes.ty.base == "int");
        assert_eq!(of("aten.max.dim").returns.len(), 2);
        let split = of("aten.split.Tensor").returns;
        assert!(split.len() == 1 && split.iter().all(|ty| ty.is_list));
        let view = of("aten.view.default");
        assert!(view.returns.iter().all(|ty| ty.alias == Some("a")) && view.arguments.iter().all(|a| !a.is_written));
        assert!(of("aten.relu_.default").arguments.iter().all(|a| a.is_written));
        assert_eq!(of("aten._assert_async.msg").returns, []);
        assert_eq!(schema(&"aten.no_such_op.default".parse().unwrap()), None);
    }
}
