//! Text as Python writes it: the `repr` of strings, numbers and JSON.
//!
//! Key paths, specs, dynamic shapes and programs are printed as torch prints them. They share these rules of Python's
//! `repr`.

use std::fmt;

/// The `repr` of a `str`: in single quotes, unless the text contains `'` and no `"`.
///
/// ```
/// use pytree_core::python::Str;
/// assert_eq!(Str("a b").to_string(), "'a b'");
/// assert_eq!(Str("it's").to_string(), "\"it's\"");
/// assert_eq!(Str("\n\u{e9}\u{ad}").to_string(), r"'\né\xad'");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Str<'a>(pub &'a str);

impl fmt::Display for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let quote = if self.0.contains('\'') && !self.0.contains('"') { '"' } else { '\'' };
        f.write_char(quote)?;
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if c == quote => write!(f, "\\{c}")?,
                c if printable(c) => f.write_char(c)?,
                c if (c as u32) < 0x100 => write!(f, "\\x{:02x}", c as u32)?,
                c if (c as u32) < 0x10000 => write!(f, "\\u{:04x}", c as u32)?,
                c => write!(f, "\\U{:08x}", c as u32)?,
            }
        }
        f.write_char(quote)
    }
}

/// Python's `str.isprintable` for one character, as closely as Rust's own tables allow.
fn printable(c: char) -> bool {
    if c == ' ' {
        return true;
    }
    if c.is_whitespace() || c.is_control() || c == '\u{ad}' {
        return false;
    }
    // `escape_debug` escapes a combining mark only at the start of a text, an unprintable character everywhere.
    let text = ['a', c].iter().collect::<String>();
    !text.escape_debug().skip(1).collect::<String>().starts_with("\\u")
}

/// The `repr` of a `float`: the shortest digits that read back as the same number, with an exponent below `1e-4` and
/// from `1e16` on.
///
/// ```
/// use pytree_core::python::Float;
/// assert_eq!(Float(1.0).to_string(), "1.0");
/// assert_eq!(Float(1e-5).to_string(), "1e-05");
/// assert_eq!(Float(1e16).to_string(), "1e+16");
/// assert_eq!(Float(1.2266921997070312).to_string(), "1.2266921997070312"); // {:?} ends in 3
/// assert_eq!(Float(f64::NEG_INFINITY).to_string(), "-inf");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Float(pub f64);

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.0;
        if v.is_nan() {
            return f.write_str("nan");
        }
        if v.is_infinite() {
            return f.write_str(if v > 0.0 { "inf" } else { "-inf" });
        }
        let text = shortest(v);
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        if v != 0.0 && !(-4..16).contains(&exponent) {
            let sign = if exponent < 0 { '-' } else { '+' };
            return write!(f, "{digits}e{sign}{:02}", exponent.abs());
        }
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
        let digits = digits.replace('.', "");
        f.write_str(sign)?;
        match usize::try_from(exponent) {
            Ok(exponent) if digits.len() > exponent + 1 => {
                let (whole, fraction) = digits.split_at(exponent + 1);
                write!(f, "{whole}.{fraction}")
            }
            Ok(exponent) => write!(f, "{digits:0<width$}.0", width = exponent + 1),
            Err(_) => write!(f, "0.{digits:0>width$}", width = digits.len() + exponent.unsigned_abs() as usize - 1),
        }
    }
}

/// The shortest digits that read back as the same number, as `d.ddde-5`. If the number lies in the middle of two such,
/// Python takes the even one and `{:e}` the other: for one `f32` in five hundred.
fn shortest(v: f64) -> String {
    let text = format!("{v:e}");
    let fraction = text.split('e').next().and_then(|digits| digits.split_once('.')).map_or(0, |(_, f)| f.len());
    let even = format!("{v:.fraction$e}");
    if even.parse() == Ok(v) { even } else { text }
}

/// The `repr` of a `bool`: `True` or `False`.
pub fn bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Floats in serde formats, written as strings, since JSON has neither `nan` nor `inf`.
pub(crate) mod float_text {
    use serde::de::{Deserialize, Deserializer, Error};

    pub(crate) fn serialize<S: serde::Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&super::Float(*value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a float")))
    }
}

/// The `repr` of the Python value that `json.loads` makes of a JSON value.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a>(pub &'a serde_json::Value);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use serde_json::Value;
        match self.0 {
            Value::Null => f.write_str("None"),
            Value::Bool(b) => f.write_str(bool(*b)),
            Value::Number(n) if n.is_f64() => Float(n.as_f64().unwrap_or(f64::NAN)).fmt(f),
            Value::Number(n) => write!(f, "{n}"),
            Value::String(s) => Str(s).fmt(f),
            Value::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { ", " }, Json(item))?;
                }
                f.write_str("]")
            }
            Value::Object(items) => {
                f.write_str("{")?;
                for (i, (key, item)) in items.iter().enumerate() {
                    write!(f, "{}{}: {}", if i == 0 { "" } else { ", " }, Str(key), Json(item))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The names of Python's builtins, sorted (`dir(builtins)` of 3.11, without those that begin with an underscore).
const BUILTINS: [&str; 149] = [
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BaseExceptionGroup",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "Ellipsis",
    "EncodingWarning",
    "EnvironmentError",
    "Exception",
    "ExceptionGroup",
    "False",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "None",
    "NotADirectoryError",
    "NotImplemented",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TimeoutError",
    "True",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

/// Whether `name` is a Python builtin such as `sum` or `input`.
pub fn is_builtin(name: &str) -> bool {
    BUILTINS.binary_search(&name).is_ok()
}
