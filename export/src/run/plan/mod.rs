//! A program compiled for calls: ops are looked up, arguments laid out and last uses known before the first call.
//!
//! The tensors and numbers of a call are in a *frame*. Its registers are few, since a register is free again after the last
//! use of its value. Runs of ops are executed by the shim in one go (`cpp/plan.h`); between them numbers are computed here,
//! and sub-graphs are run as often as their higher-order op says.

mod arguments;
mod compile;
mod execute;
mod fit;
mod operators;
mod registers;
mod step;
mod vmap;
mod writes;

pub(super) use compile::compile;
pub(super) use execute::{Execution, Mode};

use crate::dispatch::ffi::{Calls, Frame};
use program::{Literal, OpName};
use step::{Body, Place};

/// A compiled program.
#[derive(Debug)]
pub(super) struct Plan {
    calls: Calls,
    /// The node and the op of each call.
    called: Vec<Called>,
    /// The names of the nodes that are not calls of ops.
    nodes: Vec<Box<str>>,
    body: Body,
    /// The names of the parameters, buffers and constants in the first registers of a frame.
    pub(super) state: Vec<String>,
    /// Where the leaves of the inputs go; `None` for one that is not used.
    inputs: Vec<Option<Place>>,
    /// What the program returns.
    outputs: Vec<Returned>,
    /// The tensors of the state that a call may write to.
    pub(super) written: Vec<usize>,
}

/// The node of a call.
#[derive(Debug)]
struct Called {
    node: Box<str>,
    op: OpName,
}

/// One of the values that a program returns.
#[derive(Clone, Debug, PartialEq)]
enum Returned {
    Tensor {
        register: usize,
        /// Whether the register is used again.
        keep: bool,
    },
    Number(usize),
    Literal(Literal),
}

impl Plan {
    /// A frame for calls, without the state.
    pub(super) fn frame(&self) -> Result<Frame, crate::dispatch::DispatchError> {
        self.calls.frame().map_err(crate::dispatch::DispatchError::tensor)
    }
}
