//! Floats in a graph: nodes that compute them from integers.

use super::integers::{Integers, NodeNames};
use crate::ExportError;
use crate::solve::FloatExpr;
use program::{Argument, Frame, Graph, NamedArgument, Node, NodeKind, NodeValue, PythonFunction, Sym, Target};
use symbolic::{Expr, Function};

/// A computed number: its value as an expression, and how an argument refers to it.
enum Computed {
    Int(Expr, Sym<i64>),
    Float(Expr, Sym<f64>),
}

impl Computed {
    fn argument(&self) -> Argument {
        match self {
            Computed::Int(_, sym) => Argument::Int(*sym),
            Computed::Float(_, sym) => Argument::Float(*sym),
        }
    }

    fn expr(&self) -> &Expr {
        match self {
            Computed::Int(expr, _) | Computed::Float(expr, _) => expr,
        }
    }
}

/// Where the nodes of a number go.
pub(super) struct Place<'a> {
    pub(super) graph: &'a mut Graph,
    pub(super) names: &'a mut NodeNames,
    pub(super) integers: &'a mut Integers,
    pub(super) frame: &'a Option<Frame>,
}

impl Place<'_> {
    /// The float as an argument: a number, or the node that computes it.
    pub(super) fn float(&mut self, float: &FloatExpr) -> Result<Sym<f64>, ExportError> {
        if !float.in_torch() {
            return Err(no_node());
        }
        match self.computed(float)? {
            Computed::Int(_, Sym::Value(v)) => Ok(Sym::Value(v as f64)),
            int @ Computed::Int(..) => match self.converted(int)? {
                Computed::Float(_, sym) => Ok(sym),
                Computed::Int(_, Sym::Value(v)) => Ok(Sym::Value(v as f64)),
                Computed::Int(_, Sym::Node(id)) => Ok(Sym::Node(id)),
            },
            Computed::Float(_, sym) => Ok(sym),
        }
    }

    fn computed(&mut self, float: &FloatExpr) -> Result<Computed, ExportError> {
        Ok(match float {
            FloatExpr::Const(c) => Computed::Float(Expr::real(*c), Sym::Value(*c)),
            FloatExpr::Read(symbol) => {
                let value = Expr::symbol(symbol);
                let Some(node) = self.integers.floats.get(&value) else { return Err(no_node()) };
                Computed::Float(value, Sym::Node(*node))
            }
            FloatExpr::Int(expr) => {
                Computed::Int(expr.clone(), self.integers.argument(self.graph, self.names, expr, self.frame)?)
            }
            FloatExpr::Add(a, b) => self.binary(PythonFunction::Add, a, b)?,
            FloatExpr::Sub(a, b) => self.binary(PythonFunction::Sub, a, b)?,
            FloatExpr::Mul(a, b) => self.binary(PythonFunction::Mul, a, b)?,
            FloatExpr::TrueDiv(a, b) => {
                let (a, b) = (self.computed(a)?, self.computed(b)?);
                if let (Computed::Int(..), Computed::Int(..)) = (&a, &b) {
                    let value = Expr::apply(Function::IntTrueDiv, vec![a.expr().clone(), b.expr().clone()])?;
                    return Ok(self.call(PythonFunction::TrueDiv, &[a, b], value));
                }
                let (a, b) = (self.converted(a)?, self.converted(b)?);
                let value = Expr::apply(Function::FloatTrueDiv, vec![a.expr().clone(), b.expr().clone()])?;
                self.call(PythonFunction::TrueDiv, &[a, b], value)
            }
            FloatExpr::Pow(a, b) => self.binary(PythonFunction::Pow, a, b)?,
            FloatExpr::Sqrt(a) => {
                let a = self.computed(a)?;
                let value = Expr::apply(Function::Sqrt, vec![self.real(&a)?])?;
                self.call(PythonFunction::Sqrt, &[a], value)
            }
            FloatExpr::Ln(_) => return Err(no_node()),
        })
    }

    fn binary(&mut self, function: PythonFunction, a: &FloatExpr, b: &FloatExpr) -> Result<Computed, ExportError> {
        let (a, b) = (self.computed(a)?, self.computed(b)?);
        let (a, b) = (self.converted(a)?, self.converted(b)?);
        let (x, y) = (a.expr(), b.expr());
        let value = match function {
            PythonFunction::Add => x.try_add(y)?,
            PythonFunction::Sub => x.try_sub(y)?,
            PythonFunction::Mul => x.try_mul(y)?,
            _ => Expr::apply(Function::FloatPow, vec![x.clone(), y.clone()])?,
        };
        Ok(self.call(function, &[a, b], value))
    }

    /// The expression of a number as a real.
    fn real(&self, of: &Computed) -> Result<Expr, ExportError> {
        Ok(match of {
            Computed::Int(expr, _) => Expr::apply(Function::ToFloat, vec![expr.clone()])?,
            Computed::Float(expr, _) => expr.clone(),
        })
    }

    /// An int as a float: PyTorch converts it with `sym_float`.
    fn converted(&mut self, of: Computed) -> Result<Computed, ExportError> {
        match of {
            Computed::Int(_, Sym::Value(v)) => Ok(Computed::Float(Expr::real(v as f64), Sym::Value(v as f64))),
            Computed::Int(..) => {
                let value = self.real(&of)?;
                Ok(self.call(PythonFunction::Float, &[of], value))
            }
            float @ Computed::Float(..) => Ok(float),
        }
    }

    /// The node that computes a value; one that is there already is used again.
    fn call(&mut self, function: PythonFunction, operands: &[Computed], value: Expr) -> Computed {
        if let Some(known) = self.integers.floats.get(&value) {
            return Computed::Float(value, Sym::Node(*known));
        }
        let named = function.argument_names().iter().zip(operands);
        let arguments = named.map(|(name, operand)| NamedArgument::positional(name, operand.argument())).collect();
        let kind = NodeKind::Call { target: Target::Python(function), arguments };
        let name = self.names.node(function.base_name());
        let node = Node::new(name, kind, NodeValue::Float(value.clone())).at(self.frame.clone());
        let id = self.graph.push(node);
        self.integers.floats.insert(value.clone(), id);
        Computed::Float(value, Sym::Node(id))
    }
}

/// The error of a float that a PyTorch program cannot hold.
fn no_node() -> ExportError {
    let what = "a logarithm or an infinity made from sizes, for which PyTorch's programs have no node,".to_owned();
    ExportError::Unsolved { what, seen: String::new() }
}
