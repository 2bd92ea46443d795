//! Programs of guards on sizes, compared with the program and guards that torch gives, or with its message and suggested
//! fixes.

use super::{naming, shape_expr};
use crate::json::{Miss, Outcome, array, fail, index, int, member, not_yet, text, two};
use indexmap::IndexMap;
use serde_json::Value;
use shapes::{ConstraintError, InputLeaf, Solved, SymbolicInputs, Tolerance};
use symbolic::{EnvError, Expr, ExprError, Naming, Rel, RelOp};

/// Whether our answer to a case is the recorded one.
///
/// # Errors
/// How the answers differ, or what is wrong with the case.
pub fn run(case: &Value) -> Outcome {
    let expected = member(case, "expected")?;
    match solve(case) {
        Ok(solved) => {
            let Some(want) = expected.get("ok") else { return fail(format!("no error, want {expected}")) };
            naming::agree(&solved, want)?;
            let got = Value::from(solved.guards_code());
            if got == *member(want, "guards_code")? {
                return Ok(());
            }
            fail(format!("want {}\n   got  {got}", want["guards_code"]))
        }
        Err(Stop::Refused(error)) => {
            let Some(want) = expected.get("error") else { return fail(format!("error: {error}")) };
            let (want, got) = (text(member(want, "message")?)?, error.pytorch());
            if in_any_order(&got) == in_any_order(want) { Ok(()) } else { fail(format!("want {want}\n   got  {got}")) }
        }
        Err(Stop::Missed(miss)) => Err(miss),
    }
}

/// Why a case gives no program.
#[derive(Debug)]
pub enum Stop {
    /// An error, to be compared with the recorded one.
    Refused(ConstraintError),
    /// The case cannot be run.
    Missed(Miss),
}

impl From<ConstraintError> for Stop {
    fn from(error: ConstraintError) -> Stop {
        Stop::Refused(error)
    }
}

impl From<EnvError> for Stop {
    fn from(error: EnvError) -> Stop {
        Stop::Refused(error.into())
    }
}

impl From<ExprError> for Stop {
    fn from(error: ExprError) -> Stop {
        Stop::Refused(error.into())
    }
}

impl From<Miss> for Stop {
    fn from(miss: Miss) -> Stop {
        Stop::Missed(miss)
    }
}

fn solve(case: &Value) -> Result<Solved, Stop> {
    solve_with(case, |_| ())
}

/// Runs a case with its specs changed.
///
/// # Errors
/// What the program demands and the spec does not allow, or what is wrong with the case.
pub fn solve_with(case: &Value, change: impl FnOnce(&mut [InputLeaf])) -> Result<Solved, Stop> {
    let (mut leaves, order) = naming::inputs(case, false)?;
    change(&mut leaves);
    let mut program = Program(SymbolicInputs::declare(leaves, &order, Naming::Hashed)?);
    for step in array(member(case, "program")?)? {
        program.step(step)?;
    }
    Ok(program.0.finish(Tolerance::Strict)?)
}

/// Applies a program to the sizes of its inputs.
struct Program(SymbolicInputs);

impl Program {
    fn step(&mut self, step: &Value) -> Result<(), Stop> {
        let part = |name: &str| step.get(name).filter(|v| !v.is_null());
        if let Some(relation) = part("branch").or(part("check")) {
            return self.guard(text(relation)?);
        }
        if let Some(at) = part("int") {
            let size = self.operand(at)?;
            self.0.env_mut().specialize(&size, ORIGIN)?;
        } else if let Some(parts) = part("cat") {
            let total = Expr::sum(self.operands(parts)?)?;
            let other = self.operand(member(step, "eq")?)?;
            self.ask(RelOp::Eq, total, other)?;
        } else if let Some(parts) = part("outer") {
            let total = Expr::product(self.operands(parts)?)?;
            let other = self.operand(member(step, "eq")?)?;
            self.ask(RelOp::Eq, total, other)?;
        } else if let Some(of) = part("slice") {
            let (of, start) = (self.operand(of)?, Expr::int(int(member(step, "start")?)?));
            self.ask(RelOp::Ge, of.clone(), start.clone())?;
            let rest = of.try_sub(&start)?;
            self.ask(RelOp::Ge, rest.clone(), Expr::int(2))?;
            let (rest, other) = (self.0.env().replace(&rest)?, self.operand(member(step, "eq")?)?);
            self.ask(RelOp::Eq, rest, other)?;
        } else if let Some(of) = part("reshape") {
            let (of, by) = (self.operand(of)?, Expr::int(int(member(step, "by")?)?));
            let quotient = of.floor_div(&by)?;
            self.ask(RelOp::Eq, of.modulo(&by)?, Expr::int(0))?;
            self.ask(RelOp::Ge, quotient.try_mul(&by)?, Expr::int(2))?;
            self.ask(RelOp::Eq, quotient, Expr::int(1))?;
        } else if let Some(pair) = part("eq") {
            self.equal(pair, false)?;
        } else if let Some(pair) = part("add") {
            self.equal(pair, true)?;
        } else {
            let names: Vec<&String> = step.as_object().into_iter().flat_map(|s| s.keys()).collect();
            not_yet(format!("the operator of {names:?}"))?;
        }
        Ok(())
    }

    /// A branch or a check: a relation over `d0_1` (row 0, dimension 1) and `n2` (the int in row 2).
    fn guard(&mut self, relation: &str) -> Result<(), Stop> {
        let rel = shape_expr::relation(relation)?;
        let (mut with, mut symbolic) = (IndexMap::new(), false);
        for symbol in rel.free_symbols() {
            let digits = symbol.name().get(1..).unwrap_or_default();
            let (row, dim) = digits.split_once('_').unwrap_or((digits, "0"));
            let number = |n: &str| n.parse().map_err(|_| Miss::Failed(format!("no size is called {}", symbol.name())));
            let (row, dim) = (number(row)?, number(dim)?);
            let size = self.size(row, dim)?;
            symbolic = symbolic || (rel.lhs.free_symbols().contains(&symbol) && !self.is_plain(row, Some(dim)));
            with.insert(symbol, size);
        }
        let rel = rel.substitute(&with)?;
        if symbolic && !(rel.lhs.is_number() && rel.rhs.is_number()) {
            // A size stays on its side, even if it is a number by now.
            self.0.env_mut().evaluate(&rel, ORIGIN)?;
            return Ok(());
        }
        self.ask(rel.op, rel.lhs, rel.rhs)
    }

    fn size(&self, row: usize, dim: usize) -> Result<Expr, Stop> {
        let sizes = self.0.sizes(row)?;
        Ok(sizes.get(dim).cloned().ok_or_else(|| Miss::Failed(format!("row {row} has no dim {dim}")))?)
    }

    /// A size by row and dimension, `[0, 1]`, an int input `[2, null]`, or a number.
    fn operand(&self, at: &Value) -> Result<Expr, Stop> {
        match operand(at)? {
            Operand::Number(n) => Ok(Expr::int(n)),
            Operand::Size(row, dim) => self.size(row, dim.unwrap_or(0)),
        }
    }

    fn operands(&self, parts: &Value) -> Result<Vec<Expr>, Stop> {
        array(parts)?.iter().map(|part| self.operand(part)).collect()
    }

    /// True if the operand is a plain int from the start: a literal or a static size.
    fn plain(&self, at: &Value) -> Outcome<bool> {
        Ok(match operand(at)? {
            Operand::Number(_) => true,
            Operand::Size(row, dim) => self.is_plain(row, dim),
        })
    }

    fn is_plain(&self, row: usize, dim: Option<usize>) -> bool {
        let (Some(leaf), Some(dim)) = (self.0.leaves().get(row), dim) else { return false };
        leaf.spec.dim(dim).is_static()
            || leaf.value.as_tensor().is_some_and(|t| matches!(t.sizes.get(dim), Some(0 | 1)))
    }

    /// Python's reflected `==` puts the symbolic side first if the left one is a plain int. In an addition, a size that a
    /// guard has specialised counts as a plain int as well.
    fn equal(&mut self, pair: &Value, add: bool) -> Result<(), Stop> {
        let (left, right) = two(pair)?;
        let (mut a, mut b) = (self.operand(left)?, self.operand(right)?);
        if self.plain(left)? || (add && a.is_number()) {
            std::mem::swap(&mut a, &mut b);
        }
        if !(a.is_number() && b.is_number()) {
            self.0.env_mut().evaluate(&Rel::eq(a, b), ORIGIN)?;
        }
        Ok(())
    }

    fn ask(&mut self, op: RelOp, a: Expr, b: Expr) -> Result<(), Stop> {
        if a.is_number() && b.is_number() {
            return Ok(());
        }
        let rel = if a.is_number() { Rel::new(op, a, b).mirrored() } else { Rel::new(op, a, b) };
        self.0.env_mut().evaluate(&rel, ORIGIN)?;
        Ok(())
    }
}

/// The origin of the guards.
const ORIGIN: &str = "program";

enum Operand {
    Number(i64),
    Size(usize, Option<usize>),
}

fn operand(at: &Value) -> Outcome<Operand> {
    if !at.is_array() {
        return Ok(Operand::Number(int(at)?));
    }
    let (row, dim) = two(at)?;
    Ok(Operand::Size(index(row)?, if dim.is_null() { None } else { Some(index(dim)?) }))
}

/// Torch takes bullets that differ only in the range text from a set, so each run of them is sorted.
fn in_any_order(message: &str) -> Vec<Vec<&str>> {
    let blank = |l: &str| match (l.find("in the specified range"), l.find(" satisfy")) {
        (Some(a), Some(b)) if a < b => format!("{}{}", &l[..a], &l[b..]),
        _ => l.to_owned(),
    };
    let mut runs: Vec<Vec<&str>> = Vec::new();
    for line in message.lines() {
        match runs.last_mut() {
            Some(run) if run.first().is_some_and(|first| blank(first) == blank(line)) => run.push(line),
            _ => runs.push(vec![line]),
        }
    }
    runs.iter_mut().for_each(|run| run.sort_unstable());
    runs
}
