//! Integers in a graph: sizes read from inputs, and arithmetic on them.

use super::ExportError;
use super::spelling::aten;
use crate::dispatch::Value;
use crate::program::{Graph, Int, IntOp, NamedArgument, Node, NodeId, NodeKind, NodeValue};
use indexmap::IndexMap;
use shapes::{Expr, ExprKind, Function, Namer, OpNumbers, Symbol};

/// Where a symbol can be read.
#[derive(Clone, Debug)]
pub(crate) enum SymbolSource {
    /// A dimension of an input, counted among all dynamic dimensions.
    Dim { placeholder: NodeId, dim: usize, number: usize },
    /// An int input.
    Int(NodeId),
    /// A dimension whose size is `mul` times the symbol plus `add`: a dim derived from the symbol's.
    Derived { placeholder: NodeId, dim: usize, number: usize, mul: i64, add: i64 },
}

impl SymbolSource {
    /// The symbol that can be read from a dimension of this size, when the size is `mul*symbol + add`.
    pub(crate) fn derived(
        size: &Expr,
        placeholder: NodeId,
        dim: usize,
        number: usize,
    ) -> Result<Option<(Symbol, Self)>, ExportError> {
        let symbols = size.free_symbols();
        let mut symbols = symbols.iter();
        let (Some(symbol), None) = (symbols.next(), symbols.next()) else { return Ok(None) };
        let at = |value: i64| size.eval(&|_| Some(value)).ok();
        let (Some(zero), Some(one)) = (at(0), at(1)) else { return Ok(None) };
        let Some(mul) = one.checked_sub(zero).filter(|mul| *mul > 0) else { return Ok(None) };
        let affine = Expr::symbol(symbol).try_mul(&Expr::int(mul))?.try_add(&Expr::int(zero))?;
        let source = SymbolSource::Derived { placeholder, dim, number, mul, add: zero };
        Ok((affine == *size).then(|| (symbol.clone(), source)))
    }
}

/// Names and numbers nodes as the tracer does.
pub(crate) struct Names {
    pub(crate) namer: Namer,
    numbers: OpNumbers,
}

impl Names {
    pub(crate) fn new(namer: Namer) -> Self {
        Names { namer, numbers: OpNumbers::new() }
    }

    /// The name of the next node of this base name.
    pub(crate) fn node(&mut self, base: &str) -> String {
        let candidate = self.numbers.next(base);
        self.namer.node(&candidate)
    }
}

/// The nodes that compute integers, each expression once.
pub(crate) struct Integers {
    nodes: IndexMap<Expr, NodeId>,
    /// Symbols that stand in no size by themselves: the size they are computed from, its factor and its constant.
    derived: IndexMap<Symbol, (Expr, i64, i64)>,
}

impl Integers {
    /// Adds a `sym_size` node for every symbol of `used`, in the order of the dimensions they are read from.
    ///
    /// torch numbers them after the sizes the program itself reads, of which it finds as many as there are symbols used.
    pub(crate) fn read_sizes(
        graph: &mut Graph,
        names: &mut Names,
        sources: &IndexMap<Symbol, SymbolSource>,
        used: &[Symbol],
    ) -> Result<Self, ExportError> {
        let mut integers = Integers { nodes: IndexMap::new(), derived: IndexMap::new() };
        let mut reads: Vec<(&Symbol, &SymbolSource)> = used.iter().filter_map(|s| sources.get_key_value(s)).collect();
        reads.sort_by_key(|(_, source)| match source {
            SymbolSource::Dim { number, .. } | SymbolSource::Derived { number, .. } => *number,
            SymbolSource::Int(_) => 0,
        });
        for (symbol, source) in reads {
            let expr = Expr::symbol(symbol);
            let (placeholder, dim, number, size) = match source {
                SymbolSource::Int(placeholder) => {
                    integers.nodes.insert(expr, *placeholder);
                    continue;
                }
                SymbolSource::Dim { placeholder, dim, number } => (*placeholder, *dim, *number, expr),
                SymbolSource::Derived { placeholder, dim, number, mul, add } => {
                    let size = expr.try_mul(&Expr::int(*mul))?.try_add(&Expr::int(*add))?;
                    integers.derived.insert(symbol.clone(), (size.clone(), *mul, *add));
                    (*placeholder, *dim, *number, size)
                }
            };
            let argument = |name: &str, value| NamedArgument { name: name.to_owned(), keyword: false, value };
            let dim = Value::Int(Int::Number(dim as i64));
            let arguments = vec![argument("self", Value::Tensor(placeholder)), argument("dim", dim)];
            let name = match used.len() + number {
                0 => "sym_size_int".to_owned(),
                number => format!("sym_size_int_{number}"),
            };
            let id = graph.push(Node {
                name: names.namer.node(&name),
                kind: NodeKind::Call { op: aten("sym_size", "int")?, arguments },
                value: NodeValue::Int(size.clone()),
                stack_trace: None,
            });
            integers.nodes.insert(size, id);
        }
        Ok(integers)
    }

    /// The integer as an argument: a number, or the node that computes it, made when it is not there yet.
    pub(crate) fn argument(
        &mut self,
        graph: &mut Graph,
        names: &mut Names,
        expr: &Expr,
        trace: &Option<String>,
    ) -> Result<Int, ExportError> {
        if let Some(value) = expr.as_int() {
            return Ok(Int::Number(value));
        }
        if let Some(node) = self.nodes.get(expr) {
            return Ok(Int::Node(*node));
        }
        if let Some((size, mul, add)) = expr.as_symbol().and_then(|symbol| self.derived.get(symbol)).cloned() {
            return self.undo(graph, names, (&size, mul, add), trace);
        }
        let (op, parts) = match expr.kind() {
            ExprKind::Add(terms) => (IntOp::Add, terms.clone()),
            ExprKind::Mul(factors) => (IntOp::Mul, factors.clone()),
            ExprKind::Pow(base, exponent) => (IntOp::Pow, vec![base.clone(), exponent.clone()]),
            ExprKind::Apply(Function::FloorDiv, args) => (IntOp::FloorDiv, args.clone()),
            ExprKind::Apply(Function::Mod | Function::PythonMod, args) => (IntOp::Mod, args.clone()),
            ExprKind::Apply(Function::Max, args) => (IntOp::Max, args.clone()),
            ExprKind::Apply(Function::Min, args) => (IntOp::Min, args.clone()),
            _ => return Err(ExportError::Unsolved { what: format!("the integer {expr}"), seen: String::new() }),
        };
        // The number of a sum or product comes last, as people write it: `x*2 + 1`.
        let (numbers, mut ordered): (Vec<Expr>, Vec<Expr>) = match op {
            IntOp::Add | IntOp::Mul => parts.into_iter().partition(|p| p.as_int().is_some()),
            _ => (Vec::new(), parts),
        };
        ordered.extend(numbers);
        let mut parts = ordered.into_iter();
        let Some(first) = parts.next() else { return Ok(Int::Number(0)) };
        let mut value = first.clone();
        let mut result = self.argument(graph, names, &first, trace)?;
        for part in parts {
            let (op, shown, next) = match (op, negative(&part)?) {
                (IntOp::Add, Some(positive)) => (IntOp::Sub, positive, value.try_add(&part)?),
                (IntOp::Add, None) => (op, part.clone(), value.try_add(&part)?),
                (IntOp::Mul, _) => (op, part.clone(), value.try_mul(&part)?),
                (IntOp::Max, _) => (op, part.clone(), Expr::max_of([value.clone(), part.clone()])?),
                (IntOp::Min, _) => (op, part.clone(), Expr::min_of([value.clone(), part.clone()])?),
                (IntOp::FloorDiv, _) => (op, part.clone(), value.floor_div(&part)?),
                (IntOp::Mod, _) => (op, part.clone(), value.modulo(&part)?),
                _ => (op, part.clone(), value.try_pow(&part)?),
            };
            value = next;
            if let Some(known) = self.nodes.get(&value) {
                result = Int::Node(*known);
                continue;
            }
            let right = self.argument(graph, names, &shown, trace)?;
            let id = graph.push(Node {
                name: names.node(op.base_name()),
                kind: NodeKind::Integer { op, arguments: vec![result, right] },
                value: NodeValue::Int(value.clone()),
                stack_trace: trace.clone(),
            });
            self.nodes.insert(value.clone(), id);
            result = Int::Node(id);
        }
        Ok(result)
    }

    /// The symbol that a size is `mul` times of, plus `add`: `(size - add) // mul`.
    fn undo(
        &mut self,
        graph: &mut Graph,
        names: &mut Names,
        (size, mul, add): (&Expr, i64, i64),
        trace: &Option<String>,
    ) -> Result<Int, ExportError> {
        let mut result = self.argument(graph, names, size, trace)?;
        let mut value = size.clone();
        for (op, number) in [(IntOp::Sub, add), (IntOp::FloorDiv, mul)] {
            if number == i64::from(op == IntOp::FloorDiv) {
                continue;
            }
            let right = Expr::int(number);
            value = if op == IntOp::Sub { value.try_sub(&right)? } else { value.floor_div(&right)? };
            let id = graph.push(Node {
                name: names.node(op.base_name()),
                kind: NodeKind::Integer { op, arguments: vec![result, Int::Number(number)] },
                value: NodeValue::Int(value.clone()),
                stack_trace: trace.clone(),
            });
            self.nodes.insert(value.clone(), id);
            result = Int::Node(id);
        }
        Ok(result)
    }
}

/// The expression without its sign, when it is a negative number or a negative multiple.
fn negative(expr: &Expr) -> Result<Option<Expr>, ExportError> {
    let minus = match expr.kind() {
        ExprKind::Int(v) => *v < 0,
        ExprKind::Mul(factors) => factors.first().and_then(Expr::as_int).is_some_and(|v| v < 0),
        _ => false,
    };
    Ok(if minus { Some(expr.try_neg()?) } else { None })
}
