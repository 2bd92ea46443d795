// `#[module]` on something other than an inherent impl block.
use pytree_core::module;

#[module]
struct Model;

trait Forward {
    fn forward(&self);
}

#[module]
impl Forward for Model {
    fn forward(&self) {}
}

fn main() {}
