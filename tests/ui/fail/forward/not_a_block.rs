// `#[module]` somewhere else.
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
