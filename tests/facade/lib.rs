//! The macros through `torch_export` alone, and through a renamed dependency: see `tests`.
