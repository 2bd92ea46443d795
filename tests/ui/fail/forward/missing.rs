// A block without forward.
use pytree_core::module;

struct Model;

#[module]
impl Model {
    fn backward(&self) {}
}

fn main() {}
