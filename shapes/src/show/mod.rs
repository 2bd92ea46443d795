//! Inputs and values for people: as text in one line, as a drawing, and what differs between two of them.

pub(crate) mod diff;
pub(crate) mod draw;
pub(crate) mod string_type;
