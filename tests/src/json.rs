//! JSON of unknown shape, read with a message for everything that is not there.

use serde_json::Value;

/// Why a case was not run or did not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The result is another one, or the case is malformed.
    Failed(String),
    /// The case needs something that does not exist here yet.
    NotYet(String),
}

impl From<String> for Miss {
    fn from(message: String) -> Self {
        Miss::Failed(message)
    }
}

/// What reading or running a case gives.
pub type Outcome<T = ()> = Result<T, Miss>;

/// A failure with a message.
pub fn fail<T>(message: impl Into<String>) -> Outcome<T> {
    Err(Miss::Failed(message.into()))
}

/// Something that is to come.
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
/// When there is none.
pub fn member<'j>(value: &'j Value, name: &str) -> Outcome<&'j Value> {
    value.get(name).ok_or_else(|| Miss::Failed(format!("no `{name}` in {}", brief(value))))
}

/// An array.
///
/// # Errors
/// When it is something else.
pub fn array(value: &Value) -> Outcome<&[Value]> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| Miss::Failed(format!("no array: {}", brief(value))))
}

/// A text.
///
/// # Errors
/// When it is something else.
pub fn text(value: &Value) -> Outcome<&str> {
    value.as_str().ok_or_else(|| Miss::Failed(format!("no text: {}", brief(value))))
}

/// A bool.
///
/// # Errors
/// When it is something else.
pub fn flag(value: &Value) -> Outcome<bool> {
    value.as_bool().ok_or_else(|| Miss::Failed(format!("no bool: {}", brief(value))))
}

/// An integer.
///
/// # Errors
/// When it is something else.
pub fn int(value: &Value) -> Outcome<i64> {
    value.as_i64().ok_or_else(|| Miss::Failed(format!("no integer: {}", brief(value))))
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
        _ => value.as_f64().ok_or_else(|| Miss::Failed(format!("no number: {}", brief(value)))),
    }
}

/// Integers.
///
/// # Errors
/// When one is something else.
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
        _ => fail(format!("no pair: {}", brief(value))),
    }
}

/// An array of pairs.
///
/// # Errors
/// When it is something else.
pub fn pairs(value: &Value) -> Outcome<Vec<(&Value, &Value)>> {
    array(value)?.iter().map(two).collect()
}
