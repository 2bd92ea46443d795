//! Programs that run, in the folder `examples`: two pages of Python documentation that this project follows, and the README's.
//!
//! ```text
//! cargo run -p examples --example export_with_dynamic_cache
//! cargo run -p examples --example custom_class_inputs
//! ```
