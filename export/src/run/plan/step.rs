//! The steps of a plan.

use super::super::number::Number;
use crate::dispatch::ffi::Autocast;
use program::{Literal, PythonFunction};

/// Where a value is during a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// A tensor.
    Register(usize),
    /// A number.
    Number(usize),
}

/// A value that is handed to a sub-graph or back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// A tensor. Without `keep` the register is empty afterwards.
    Register { register: usize, keep: bool },
    /// A number.
    Number(usize),
    /// A plain value.
    Literal(Literal),
}

/// An operand of a computation on numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operand {
    Value(Number),
    Place(usize),
}

/// Steps, with the places of their inputs and what they give.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) steps: Vec<Step>,
    /// Where each input goes; `None` for one that is not used.
    pub(super) inputs: Vec<Option<Place>>,
    pub(super) outputs: Vec<Source>,
}

/// One step. `node` is an index into the names of the plan.
#[derive(Debug)]
pub(super) enum Step {
    /// Runs the calls from `from` to `to`.
    Calls { from: usize, to: usize },
    /// Computes a number.
    Compute { node: usize, function: PythonFunction, operands: Box<[Operand]>, to: usize },
    /// Fails unless a number is not zero.
    Assert { node: usize, condition: Operand, message: Box<str> },
    /// A mark of a `vmap` region, or a tensor that passes its border.
    Vmap { node: usize, op: Vmap },
    /// Runs a sub-graph, or one of several.
    Higher { node: usize, op: Box<Higher> },
}

/// A higher-order op. `results` are the places of its results; one that is not used has none.
#[derive(Debug)]
pub(super) enum Higher {
    /// `cond`
    Cond { condition: Condition, yes: Body, no: Body, operands: Vec<Source>, results: Vec<Option<Place>> },
    /// `while_loop`: `carried` hold the values between the rounds, and are the results.
    While { condition: Body, body: Body, init: Vec<Source>, more: Vec<Source>, carried: Vec<Option<Place>> },
    /// `scan`, and `map` as a scan that carries nothing.
    Scan {
        body: Body,
        init: Vec<Source>,
        slices: Vec<Source>,
        more: Vec<Source>,
        carried: Vec<Option<Place>>,
        stacked: Vec<Option<Place>>,
    },
    /// `wrap_with_set_grad_enabled`, `wrap_with_autocast`, and regions without a mode.
    Region { region: Region, body: Body, operands: Vec<Source>, results: Vec<Option<Place>> },
}

/// What decides about a branch or a round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Condition {
    Tensor(usize),
    Number(Operand),
}

/// The mode in which a region runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    Plain,
    Gradients(bool),
    Autocast(Autocast),
}

/// What the functions of `torch._functorch.predispatch` do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Vmap {
    /// A region begins. `randomness` is libtorch's number of it.
    Enter { size: Operand, randomness: i32 },
    /// The innermost region ends.
    Leave,
    /// A dimension is hidden from the ops of the region.
    Add { tensor: Passed, dim: Operand, level: Operand },
    /// It is seen again, as dimension `dim`.
    Remove { tensor: Passed, level: Operand, size: Operand, dim: Operand },
}

/// A tensor that goes from one register to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) from: usize,
    /// Whether the first register is used again.
    pub(super) keep: bool,
    pub(super) to: usize,
}
