//! Reads JSON of unknown shape. Everything that is missing or of another type is an error that shows it.

use serde_json::Value;

/// Why a case was not run or did not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The result differs from the recorded one, or the case is malformed.
    Failed(String),
    /// The case needs something that this project does not have yet.
    NotYet(String),
}

impl From<String> for Miss {
    fn from(message: String) -> Self {
        Miss::Failed(message)
    }
}

/// The result of reading or running a case.
pub type Outcome<T = ()> = Result<T, Miss>;

/// A failure with a message.
pub fn fail<T>(message: impl Into<String>) -> Outcome<T> {
    Err(Miss::Failed(message.into()))
}

/// The case needs something that this project does not have yet.
pub fn not_yet<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Miss::NotYet(what.into()))
}

/// An error of the code under test, where the case expects a result.
pub fn unexpected(error: impl std::fmt::Display) -> Miss {
    Miss::Failed(format!("error: {error}"))
}

/// The start of a value, for messages.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((cut, _)) => format!("{}..", &text[..cut]),
        None => text,
    }
}

/// Member `name` of an object.
///
/// # Errors
/// When the object has no such member, or the value is not an object.
pub fn member<'j>(value: &'j Value, name: &str) -> Outcome<&'j Value> {
    value.get(name).ok_or_else(|| Miss::Failed(format!("no `{name}` in {}", brief(value))))
}

/// An array.
///
/// # Errors
/// When it is something else.
pub fn array(value: &Value) -> Outcome<&[Value]> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| Miss::Failed(format!("not an array: {}", brief(value))))
}

/// A text.
///
/// # Errors
/// When it is something else.
pub fn text(value: &Value) -> Outcome<&str> {
    value.as_str().ok_or_else(|| Miss::Failed(format!("not a text: {}", brief(value))))
}

/// A bool.
///
/// # Errors
/// When it is something else.
pub fn flag(value: &Value) -> Outcome<bool> {
    value.as_bool().ok_or_else(|| Miss::Failed(format!("not a bool: {}", brief(value))))
}

/// An integer.
///
/// # Errors
/// When it is something else.
pub fn int(value: &Value) -> Outcome<i64> {
    value.as_i64().ok_or_else(|| Miss::Failed(format!("not an integer: {}", brief(value))))
}

/// A float; `"nan"`, `"inf"` and `"-inf"` are texts.
///
/// # Errors
/// When it is something else.
pub fn float(value: &Value) -> Outcome<f64> {
    match value.as_str() {
        Some("nan") => Ok(f64::NAN),
        Some("inf") => Ok(f64::INFINITY),
        Some("-inf") => Ok(f64::NEG_INFINITY),
        _ => value.as_f64().ok_or_else(|| Miss::Failed(format!("not a number: {}", brief(value)))),
    }
}

/// An integer that counts or indexes.
///
/// # Errors
/// When it is something else, or negative.
pub fn index(value: &Value) -> Outcome<usize> {
    usize::try_from(int(value)?).map_err(|_| Miss::Failed(format!("not an index: {}", brief(value))))
}

/// An array of texts.
///
/// # Errors
/// When it is something else.
pub fn texts(value: &Value) -> Outcome<Vec<String>> {
    array(value)?.iter().map(|item| text(item).map(str::to_owned)).collect()
}

/// An array of integers.
///
/// # Errors
/// When it is something else.
pub fn ints(value: &Value) -> Outcome<Vec<i64>> {
    array(value)?.iter().map(int).collect()
}

/// An array of two.
///
/// # Errors
/// When it is something else.
pub fn two(value: &Value) -> Outcome<(&Value, &Value)> {
    match array(value)? {
        [a, b] => Ok((a, b)),
        _ => fail(format!("not a pair: {}", brief(value))),
    }
}

/// An array of pairs.
///
/// # Errors
/// When it is something else.
pub fn pairs(value: &Value) -> Outcome<Vec<(&Value, &Value)>> {
    array(value)?.iter().map(two).collect()
}
