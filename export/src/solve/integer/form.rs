//! Expressions as the search needs them: small trees that are evaluated often.

use std::fmt;
use std::rc::Rc;

use symbolic::{Bound, Expr, ExprError, ExprKind, Function, Symbol};

/// An integer expression over variables that are counted from 0. Divisions round down.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Form {
    Int(i64),
    Variable(usize),
    /// An expression that is known to be a part of the whole. It counts as one piece and is not taken apart.
    Part(Rc<Form>),
    Binary(Op, Rc<Form>, Rc<Form>),
}

/// An operation of two integers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Min,
    Max,
}

impl Op {
    /// The value; `None` where it leaves 64 bits or the divisor is not positive.
    #[inline]
    pub(crate) fn apply(self, x: i64, y: i64) -> Option<i64> {
        match self {
            Op::Add => x.checked_add(y),
            Op::Sub => x.checked_sub(y),
            Op::Mul => x.checked_mul(y),
            Op::Div if y > 0 => Some(x.div_euclid(y)),
            Op::Mod if y > 0 => Some(x.rem_euclid(y)),
            Op::Div | Op::Mod => None,
            Op::Min => Some(x.min(y)),
            Op::Max => Some(x.max(y)),
        }
    }
}

impl Form {
    pub(crate) fn new(op: Op, left: Form, right: Form) -> Form {
        match (op, &left, &right) {
            (_, Form::Int(x), Form::Int(y)) => match op.apply(*x, *y) {
                Some(value) => Form::Int(value),
                None => Form::Binary(op, Rc::new(left), Rc::new(right)),
            },
            (Op::Add | Op::Sub, _, Form::Int(0)) | (Op::Mul | Op::Div, _, Form::Int(1)) => left,
            (Op::Add, Form::Int(0), _) | (Op::Mul, Form::Int(1), _) => right,
            (Op::Add, _, Form::Int(n)) if *n < 0 && *n > i64::MIN => {
                Form::Binary(Op::Sub, Rc::new(left), Rc::new(Form::Int(-n)))
            }
            _ => Form::Binary(op, Rc::new(left), Rc::new(right)),
        }
    }

    /// `self + number`, as one constant with the number that the expression already adds.
    pub(crate) fn plus(self, number: i64) -> Form {
        if let Form::Binary(op @ (Op::Add | Op::Sub), left, right) = &self
            && let Form::Int(own) = **right
            && let Some(sum) = if *op == Op::Add { own.checked_add(number) } else { number.checked_sub(own) }
        {
            return Form::new(Op::Add, (**left).clone(), Form::Int(sum));
        }
        if let Form::Binary(Op::Sub, left, right) = &self
            && let Form::Int(own) = **left
            && let Some(sum) = own.checked_add(number)
        {
            return Form::new(Op::Sub, Form::Int(sum), (**right).clone());
        }
        Form::new(Op::Add, self, Form::Int(number))
    }

    /// The value at a point; `None` where some step has none.
    pub(crate) fn at(&self, point: &[i64]) -> Option<i64> {
        match self {
            Form::Int(n) => Some(*n),
            Form::Variable(i) => point.get(*i).copied(),
            Form::Part(form) => form.at(point),
            Form::Binary(op, x, y) => op.apply(x.at(point)?, y.at(point)?),
        }
    }

    /// The number of operations and leaves. Numbers that people rarely write count double.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Form::Int(n) => 1 + usize::from(!(0..=1024).contains(n)),
            Form::Variable(_) | Form::Part(_) => 1,
            Form::Binary(_, x, y) => 1 + x.weight() + y.weight(),
        }
    }

    /// Expressions that differ from this one in one place: a constant moved by one of `by`, or a side of a minimum or
    /// maximum dropped.
    pub(crate) fn mutants(&self, by: &[i64]) -> Vec<Form> {
        let mut out = Vec::new();
        match self {
            Form::Variable(_) | Form::Part(_) => {}
            Form::Int(n) => out.extend(by.iter().filter_map(|d| n.checked_add(*d)).map(Form::Int)),
            Form::Binary(op, x, y) => {
                match op {
                    Op::Min | Op::Max => {
                        out.extend([(**x).clone(), (**y).clone()]);
                        for d in by {
                            out.push(Form::new(*op, (**x).clone().plus(*d), (**y).clone()));
                        }
                    }
                    Op::Div | Op::Mod => {
                        for d in by {
                            out.push(Form::new(*op, (**x).clone().plus(*d), (**y).clone()));
                        }
                    }
                    _ => {}
                }
                out.extend(x.mutants(by).into_iter().map(|m| Form::new(*op, m, (**y).clone())));
                out.extend(y.mutants(by).into_iter().map(|m| Form::new(*op, (**x).clone(), m)));
            }
        }
        out
    }

    /// Expressions that differ from this one in one number, by one of `by`.
    pub(super) fn with_moved_numbers(&self, by: &[i64]) -> Vec<Form> {
        match self {
            Form::Variable(_) | Form::Part(_) => Vec::new(),
            Form::Int(n) => by.iter().filter_map(|d| n.checked_add(*d)).map(Form::Int).collect(),
            Form::Binary(op, x, y) => {
                let left = x.with_moved_numbers(by).into_iter().map(|x| Form::Binary(*op, x.into(), Rc::clone(y)));
                let right = y.with_moved_numbers(by).into_iter().map(|y| Form::Binary(*op, Rc::clone(x), y.into()));
                left.chain(right).collect()
            }
        }
    }

    /// All numbers in the expression.
    pub(crate) fn numbers(&self, out: &mut Vec<i64>) {
        match self {
            Form::Int(n) => out.push(*n),
            Form::Variable(_) => {}
            Form::Part(form) => form.numbers(out),
            Form::Binary(_, x, y) => {
                x.numbers(out);
                y.numbers(out);
            }
        }
    }

    /// The variables in the expression.
    pub(crate) fn variables(&self, out: &mut Vec<usize>) {
        match self {
            Form::Int(_) => {}
            Form::Variable(i) if out.contains(i) => {}
            Form::Variable(i) => out.push(*i),
            Form::Part(form) => form.variables(out),
            Form::Binary(_, x, y) => {
                x.variables(out);
                y.variables(out);
            }
        }
    }

    /// The expression with other variables; `None` if one of them has no new name.
    pub(super) fn renamed(&self, name: &impl Fn(usize) -> Option<usize>) -> Option<Form> {
        Some(match self {
            Form::Int(n) => Form::Int(*n),
            Form::Variable(i) => Form::Variable(name(*i)?),
            Form::Part(form) => Form::Part(Rc::new(form.renamed(name)?)),
            Form::Binary(op, x, y) => Form::Binary(*op, Rc::new(x.renamed(name)?), Rc::new(y.renamed(name)?)),
        })
    }

    /// The form of an expression over these symbols; `None` if it holds anything else, such as another symbol or a real.
    pub(crate) fn read(expr: &Expr, symbols: &[Symbol]) -> Option<Form> {
        let read = |e: &Expr| Form::read(e, symbols);
        let fold = |op: Op, args: &[Expr]| {
            let mut args = args.iter().map(read);
            let first = args.next()??;
            args.try_fold(first, |all, arg| Some(Form::new(op, all, arg?)))
        };
        match expr.kind() {
            ExprKind::Int(n) => Some(Form::Int(*n)),
            ExprKind::Symbol(symbol) => symbols.iter().position(|s| s == symbol).map(Form::Variable),
            ExprKind::Add(args) => fold(Op::Add, args),
            ExprKind::Mul(args) => fold(Op::Mul, args),
            ExprKind::Pow(base, exponent) => {
                let (base, n) = (read(base)?, exponent.as_int().filter(|n| (1..=8).contains(n))?);
                (1..n).try_fold(base.clone(), |all, _| Some(Form::new(Op::Mul, all, base.clone())))
            }
            ExprKind::Apply(function, args) => match function {
                Function::FloorDiv => fold(Op::Div, args),
                Function::Mod | Function::PythonMod => fold(Op::Mod, args),
                Function::Min => fold(Op::Min, args),
                Function::Max => fold(Op::Max, args),
                _ => None,
            },
            _ => None,
        }
    }

    /// The expression in PyTorch's canonical form.
    ///
    /// # Errors
    /// As the operations of [`Expr`].
    pub(crate) fn write(&self, symbols: &[Symbol]) -> Result<Expr, ExprError> {
        match self {
            Form::Int(n) => Ok(Expr::int(*n)),
            Form::Variable(i) => match symbols.get(*i) {
                Some(symbol) => Ok(Expr::symbol(symbol)),
                None => Err(ExprError::Unbound { symbol: format!("variable {i}") }),
            },
            Form::Part(form) => form.write(symbols),
            Form::Binary(op, x, y) => {
                let (x, y) = (x.write(symbols)?, y.write(symbols)?);
                match op {
                    Op::Add => x.try_add(&y),
                    Op::Sub => x.try_sub(&y),
                    Op::Mul => x.try_mul(&y),
                    Op::Div => x.floor_div(&y),
                    // As PyTorch: a remainder of what may be negative is Python's.
                    Op::Mod if x.assumed_range().lower >= Bound::Finite(0) => x.modulo(&y),
                    Op::Mod => Expr::apply(Function::PythonMod, vec![x, y]),
                    Op::Min => Expr::min_of([x, y]),
                    Op::Max => Expr::max_of([x, y]),
                }
            }
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::Int(n) => write!(f, "{n}"),
            Form::Variable(i) => write!(f, "v{i}"),
            Form::Part(form) => write!(f, "[{form}]"),
            Form::Binary(op, x, y) => match op {
                Op::Add => write!(f, "({x} + {y})"),
                Op::Sub => write!(f, "({x} - {y})"),
                Op::Mul => write!(f, "{x}*{y}"),
                Op::Div => write!(f, "({x}//{y})"),
                Op::Mod => write!(f, "({x}%{y})"),
                Op::Min => write!(f, "min({x}, {y})"),
                Op::Max => write!(f, "max({x}, {y})"),
            },
        }
    }
}
