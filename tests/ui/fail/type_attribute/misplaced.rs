// A word of a field on the type, or of the type on a field or variant, is told where it belongs.
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
