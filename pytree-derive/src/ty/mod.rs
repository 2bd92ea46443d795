//! Questions about the types that a user writes, answered by their tokens: what they mention, borrow and nest.

mod borrow;
mod depth;
mod hint;
mod mentions;
mod option;
mod parens;

pub(crate) use borrow::{borrowed, borrowed_for_a_time, lifetimes};
pub(crate) use depth::too_deep;
pub(crate) use hint::hint;
pub(crate) use mentions::{contains, mentions, projection, without_recursion};
pub(crate) use option::{inner, refuse_double};
pub(crate) use parens::unparenthesized;
