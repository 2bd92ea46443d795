//! The full name of an operator overload.

use std::ffi::CString;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of one overload of an op, as `aten.add.Tensor` (`torch._ops.OpOverload`).
///
/// The dispatcher knows the overload that Python calls `default` by an empty name; both are read and `default` is
/// shown.
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
    /// Three identifiers with a dot between: `aten.add.Tensor`. Shared, since every recorded call has one.
    text: Arc<str>,
}

/// A text that names no op.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no op: write namespace, name and overload, such as `aten.add.Tensor`")]
pub struct OpNameError {
    /// The text.
    pub text: String,
}

impl OpName {
    /// The name made of its three parts; an overload of `""` or `"default"` is the default one.
    ///
    /// # Errors
    /// A part that is no identifier.
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

    /// The library: `aten`.
    pub fn namespace(&self) -> &str {
        self.part(0)
    }

    /// The op: `add`; an op that works in place ends in `_`.
    pub fn name(&self) -> &str {
        self.part(1)
    }

    /// The overload as Python shows it: `Tensor`, `default`.
    pub fn overload(&self) -> &str {
        self.part(2)
    }

    fn part(&self, index: usize) -> &str {
        // `new` makes exactly three parts.
        self.text.split('.').nth(index).unwrap_or_default()
    }

    /// How a printed program and a `.pt2` file name it: `torch.ops.aten.add.Tensor`.
    pub fn target(&self) -> String {
        format!("torch.ops.{self}")
    }

    /// The two names that the C++ dispatcher looks for: `aten::add` and `Tensor`.
    pub fn dispatcher_names(&self) -> (CString, CString) {
        // Identifiers hold no zero byte, so neither conversion fails.
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
