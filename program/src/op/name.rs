//! The full name of an operator overload.

use std::ffi::CString;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of one overload of an op, as `aten.add.Tensor` (`torch._ops.OpOverload`).
///
/// Python's overload `default` has an empty name in the C++ dispatcher. Both are accepted, and `default` is shown.
///
/// ```
/// use program::OpName;
///
/// let op: OpName = "torch.ops.aten.add.Tensor".parse()?;
/// assert_eq!(op.to_string(), "aten.add.Tensor");
/// assert_eq!("aten::relu".parse::<OpName>()?.target(), "torch.ops.aten.relu.default");
/// # Ok::<(), program::OpNameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpName {
    /// Three identifiers separated by dots: `aten.add.Tensor`. Shared, since every recorded call has a copy.
    text: Arc<str>,
}

/// A text is not the name of an op.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of an op: write namespace, name and overload, such as `aten.add.Tensor`")]
pub struct OpNameError {
    /// The text.
    pub text: String,
}

impl OpName {
    /// The name with these three parts. `""` and `"default"` both are the default overload.
    ///
    /// # Errors
    /// [`OpNameError`] when a part is empty or has other characters than ASCII letters, digits and `_`.
    pub fn new(namespace: &str, name: &str, overload: &str) -> Result<Self, OpNameError> {
        let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let overload = if overload.is_empty() { "default" } else { overload };
        let text = format!("{namespace}.{name}.{overload}");
        if word(namespace) && word(name) && word(overload) {
            Ok(Self { text: text.into() })
        } else {
            Err(OpNameError { text })
        }
    }

    /// The namespace: `aten`.
    pub fn namespace(&self) -> &str {
        self.part(0)
    }

    /// The op: `add`. The name of an in-place op ends in `_`.
    pub fn name(&self) -> &str {
        self.part(1)
    }

    /// The overload as in Python: `Tensor`, `default`.
    pub fn overload(&self) -> &str {
        self.part(2)
    }

    fn part(&self, index: usize) -> &str {
        // `new` makes exactly three parts.
        self.text.split('.').nth(index).unwrap_or_default()
    }

    /// The name in a printed program and a `.pt2` file: `torch.ops.aten.add.Tensor`.
    pub fn target(&self) -> String {
        format!("torch.ops.{self}")
    }

    /// The two names that the C++ dispatcher uses: `aten::add` and `Tensor`.
    pub fn dispatcher_names(&self) -> (CString, CString) {
        // Identifiers do not contain a zero byte, so neither conversion fails.
        let text = |s: String| CString::new(s).unwrap_or_default();
        let overload = if self.overload() == "default" { "" } else { self.overload() };
        (text(format!("{}::{}", self.namespace(), self.name())), text(overload.to_owned()))
    }
}

impl fmt::Display for OpName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for OpName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OpName {
    type Err = OpNameError;

    /// Reads `aten.add.Tensor`, `torch.ops.aten.add.Tensor` and the dispatcher's `aten::add.Tensor`.
    fn from_str(text: &str) -> Result<Self, OpNameError> {
        let bad = || OpNameError { text: text.to_owned() };
        let plain = text.strip_prefix("torch.ops.").unwrap_or(text);
        let (namespace, rest) = plain.split_once("::").or_else(|| plain.split_once('.')).ok_or_else(bad)?;
        let (name, overload) = rest.split_once('.').unwrap_or((rest, ""));
        Self::new(namespace, name, overload).map_err(|_| bad())
    }
}
