//! The pages that this project grew from, as programs that run: see the folder `examples`.
//!
//! ```text
//! cargo run -p examples --example export_with_dynamic_cache
//! cargo run -p examples --example custom_class_inputs
//! ```
