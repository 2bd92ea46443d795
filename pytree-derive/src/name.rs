//! Names as Python sees them.

use proc_macro2::Ident;
use syn::ext::IdentExt;

/// The words that cannot be Python names (`keyword.kwlist`).
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The name of a field, parameter or type without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Whether Python accepts this as the name of an attribute or a parameter.
pub(crate) fn is_python_name(name: &str) -> bool {
    let start = name.chars().next().is_some_and(|c| c == '_' || c.is_alphabetic());
    start && name.chars().all(|c| c == '_' || c.is_alphanumeric()) && !KEYWORDS.contains(&name)
}
