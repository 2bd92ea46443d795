//! The serialized name of a type that was given none.

/// How many bytes [`dotted`] gives.
pub const fn dotted_len(path: &str) -> usize {
    let (path, mut from, mut to) = (path.as_bytes(), 0, 0);
    while from < path.len() {
        from += if path[from] == b':' { 2 } else { 1 };
        to += 1;
    }
    to
}

/// A path of Rust as Python writes it: `::` becomes `.`.
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

/// The text that [`dotted`] made.
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // `dotted` only replaces ASCII, so this is never met.
        Err(_) => "",
    }
}

/// The serialized name of a type by default: `crate.module.Type`, where the macro stands.
#[doc(hidden)]
#[macro_export]
macro_rules! __python_name {
    ($name:literal) => {{
        const PATH: &str = $crate::__private::concat!($crate::__private::module_path!(), "::", $name);
        const BYTES: [u8; $crate::__private::dotted_len(PATH)] = $crate::__private::dotted(PATH);
        $crate::__private::text(&BYTES)
    }};
}
