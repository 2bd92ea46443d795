//! The default serialized name of a type.

/// The length of the result of [`dotted`].
pub const fn dotted_len(path: &str) -> usize {
    let (path, mut from, mut to) = (path.as_bytes(), 0, 0);
    while from < path.len() {
        from += if path[from] == b':' { 2 } else { 1 };
        to += 1;
    }
    to
}

/// A Rust path as Python writes it: `::` becomes `.`.
pub const fn dotted<const N: usize>(path: &str) -> [u8; N] {
    let (path, mut from, mut to, mut text) = (path.as_bytes(), 0, 0, [b'.'; N]);
    while to < N && from < path.len() {
        if path[from] == b':' {
            from += 2;
        } else {
            text[to] = path[from];
            from += 1;
        }
        to += 1;
    }
    text
}

/// The result of [`dotted`] as a string.
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // `dotted` only replaces ASCII, so this does not happen.
        Err(_) => "",
    }
}

/// The default serialized name of a type: `crate.module.Type`, for the module of the macro call.
#[doc(hidden)]
#[macro_export]
macro_rules! __python_name {
    ($name:literal) => {{
        const PATH: &$crate::__private::Str =
            $crate::__private::concat!($crate::__private::module_path!(), "::", $name);
        const BYTES: [$crate::__private::Byte; $crate::__private::dotted_len(PATH)] = $crate::__private::dotted(PATH);
        $crate::__private::text(&BYTES)
    }};
}
