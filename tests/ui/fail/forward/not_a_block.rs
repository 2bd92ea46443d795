// `#[module]` on something other than an impl block.
use pytree_core::module;

#[module]
struct Model;

fn main() {}
