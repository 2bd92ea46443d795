// Attributes that a description cannot have; its use in `with` adds no errors.
use pytree_core::{Meta, PyTree};

mod other {
    pub struct Span(pub i64, pub i64);
}

#[derive(PyTree)]
#[pytree(remote = "other::Span", as = "dataclass", family = Meta)]
struct SpanDef(#[pytree(static)] i64, i64);

#[derive(PyTree)]
#[pytree(remote = "other:Span")]
struct Unread(i64, i64);

#[derive(PyTree)]
#[pytree(family = Meta)]
struct Inputs {
    #[pytree(with = SpanDef)]
    span: other::Span,
}

fn main() {}
