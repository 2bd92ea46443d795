//! From runs to symbols: integers are identified from fake runs, sizes and equalities follow from the shape rules of the
//! ops, and every change of path becomes a guard.

mod advance;
mod agree;
mod attempt;
mod check;
mod data;
mod domain;
mod finish;
mod identify;
mod layout;
mod least;
mod lessons;
mod numbers;
mod points;
mod rules;
mod samples;
mod simple;

pub(crate) use domain::{Domain, Given};
pub(crate) use numbers::Numbers;

use crate::ExportError;
use crate::probe::Runs;
use crate::record::ValueId;
use crate::solve::FloatExpr;
use attempt::Attempt;
use lessons::Lessons;
use program::Value;
use pytree_core::TensorType;
use shapes::Solved;
use std::collections::HashMap;
use symbolic::{Expr, Symbol};

/// Everything that varies with the input sizes, as expressions.
pub(crate) struct Resolved {
    pub(crate) solved: Solved,
    /// The symbol or number that each input dimension had at first, by leaf and dimension.
    pub(crate) created: Vec<Vec<Expr>>,
    /// One per call of the example.
    pub(crate) calls: Vec<ResolvedCall>,
    /// The tensors among the inputs, by leaf.
    pub(crate) inputs: Vec<Option<TensorType<Expr>>>,
    /// The constants whose content follows sizes, by their index among the lifted tensors.
    pub(crate) constants: HashMap<usize, ResolvedConstant>,
    /// The numbers among the outputs.
    pub(crate) outputs: Vec<Option<ResolvedNumber>>,
    /// The numbers that come out of tensors, in order.
    pub(crate) data: Vec<ResolvedDatum>,
    /// The sizes that are free, for runs that check the program.
    pub(crate) domain: Domain,
}

/// A number that comes out of a tensor.
pub(crate) struct ResolvedDatum {
    /// What stands for it.
    pub(crate) symbol: Symbol,
    /// The call that it comes from.
    pub(crate) call: usize,
    /// The result of the call, and its dimension, whose size it is; `None` for a number that the call reads.
    pub(crate) size: Option<(usize, usize)>,
}

/// A call whose integers and sizes are expressions.
pub(crate) struct ResolvedCall {
    /// Its arguments, in the order of the schema.
    pub(crate) arguments: Vec<Value<ValueId, Expr>>,
    /// The floats among its arguments that follow sizes, by argument and place.
    pub(crate) floats: HashMap<(usize, usize), FloatExpr>,
    /// The tensors that it returns, in order.
    pub(crate) results: Vec<TensorType<Expr>>,
}

/// A constant with one element that follows sizes.
pub(crate) struct ResolvedConstant {
    pub(crate) content: ResolvedNumber,
    /// The call that uses it first; `None` if the forward only returns it.
    pub(crate) call: Option<usize>,
}

/// A number that follows sizes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ResolvedNumber {
    Int(Expr),
    Float(FloatExpr),
}

impl ResolvedNumber {
    /// Calls `see` with every integer that it is computed from.
    pub(crate) fn visit_ints(&self, see: &mut impl FnMut(&Expr)) {
        match self {
            ResolvedNumber::Int(expr) => see(expr),
            ResolvedNumber::Float(float) => float.visit_ints(see),
        }
    }

    fn try_map_ints<E>(&self, map: &mut impl FnMut(&Expr) -> Result<Expr, E>) -> Result<Self, E> {
        Ok(match self {
            ResolvedNumber::Int(expr) => ResolvedNumber::Int(map(expr)?),
            ResolvedNumber::Float(float) => ResolvedNumber::Float(float.try_map_ints(map)?),
        })
    }

    /// The integer, if it is one.
    pub(crate) fn as_int(&self) -> Option<&Expr> {
        match self {
            ResolvedNumber::Int(expr) => Some(expr),
            ResolvedNumber::Float(_) => None,
        }
    }
}

/// How often the graph is resolved again after a run has shown something new.
const ATTEMPTS: usize = 64;

/// Resolves the graph of the example until all runs agree with it.
pub(crate) fn resolve(runs: &mut Runs<'_>) -> Result<Resolved, ExportError> {
    runs.refuse_printing()?;
    runs.check_example()?;
    let bits = Attempt::new(runs, &Lessons::default())?.bits_that_end();
    runs.limit_sizes(bits);
    let mut lessons = Lessons { bits, ..Lessons::default() };
    for _ in 0..ATTEMPTS {
        let attempt = Attempt::new(runs, &lessons)?;
        match attempt.run()? {
            attempt::Outcome::Done(resolved) => return Ok(*resolved),
            attempt::Outcome::Learned(lesson) => lessons.learn(runs, lesson)?,
        }
    }
    Err(ExportError::Unsolved {
        what: "the graph".to_owned(),
        seen: format!("after {ATTEMPTS} attempts, runs still show something new"),
    })
}
