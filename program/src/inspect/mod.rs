//! What a program is made of, in figures and words: for tools that show programs to people.

mod compiled;
mod diff;
mod requirements;
mod summary;

pub use compiled::{CompiledFile, CompiledModel};
pub use diff::{Change, Diff};
pub use requirements::Requirement;
pub use summary::{OpCount, Summary, Tensors};
