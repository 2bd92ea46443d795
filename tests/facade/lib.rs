//! The macros through `torch_export` alone, and through a renamed dependency. See the folder `tests`.
