// A description does not make the type a tree by itself: `with` must name it.
use pytree_core::{Meta, PyTree};

mod other {
    pub struct Span(pub i64, pub i64);
}

#[derive(PyTree)]
#[pytree(remote = "other::Span", as = "tuple", family = Meta)]
struct SpanDef(i64, i64);

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    span: other::Span,
}

fn main() {}
