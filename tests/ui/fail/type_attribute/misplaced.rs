// An attribute in the wrong place is reported with the place where it belongs.
use pytree_core::PyTree;

#[derive(PyTree)]
#[pytree(skip, flatten)]
struct Inputs<T> {
    #[pytree(family = Meta)]
    x: T,
}

#[derive(PyTree)]
enum Mask<T> {
    #[pytree(borrow_only, leaf)]
    Dense(T),
}

fn main() {}
