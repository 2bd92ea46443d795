// A parameter that is static in another struct is not a tree, which only `bound` can express.
use pytree_core::PyTree;

#[derive(PyTree)]
struct Layer<T, C> {
    x: T,
    #[pytree(static)]
    config: C,
}

#[derive(PyTree)]
struct Two<T, C> {
    layer: Layer<T, C>,
    x: T,
}

fn main() {}
