//! Integers in a graph: nodes that read sizes of inputs, and arithmetic on them.

use super::spelling::aten;
use crate::ExportError;
use indexmap::IndexMap;
use program::names::{Namer, NodeNumbers};
use program::{Argument, Frame, Graph, NamedArgument, Node, NodeId, NodeKind, NodeValue, PythonFunction, Sym, Target};
use symbolic::{Affine, Expr, ExprKind, Function, Symbol};

/// Where a symbol can be read from.
#[derive(Clone, Debug)]
pub(crate) enum SymbolSource {
    /// A dimension of an input; `number` is its index among all dynamic dimensions.
    Dim { placeholder: NodeId, dim: usize, number: usize },
    /// An int input.
    Int(NodeId),
    /// A dimension whose size is affine in the symbol: a derived dim.
    Derived { placeholder: NodeId, dim: usize, number: usize, affine: Affine },
}

impl SymbolSource {
    /// The index of its dimension among all dynamic dimensions.
    fn number(&self) -> Option<usize> {
        match self {
            SymbolSource::Dim { number, .. } | SymbolSource::Derived { number, .. } => Some(*number),
            SymbolSource::Int(_) => None,
        }
    }

    /// The symbol that can be read from a dimension of this size, if the size is affine in it.
    pub(crate) fn derived(size: &Expr, placeholder: NodeId, dim: usize, number: usize) -> Option<(Symbol, Self)> {
        let (symbol, affine) = Affine::of(size).filter(|(_, affine)| affine.mul > 0)?;
        Some((symbol, SymbolSource::Derived { placeholder, dim, number, affine }))
    }
}

/// The sizes of inputs that a program reads.
pub(crate) struct Reads<'a> {
    /// Where each symbol can be read from.
    pub(crate) sources: &'a IndexMap<Symbol, SymbolSource>,
    /// How many dynamic dimensions the inputs have.
    pub(crate) dynamic: usize,
    /// The symbols that numbers of the graph are computed from, in order of first use.
    pub(crate) used: &'a [Symbol],
    /// The symbols that only assertions need.
    pub(crate) asserted: &'a [Symbol],
}

/// Names and numbers nodes as PyTorch's tracer does.
pub(crate) struct NodeNames {
    pub(crate) namer: Namer,
    numbers: NodeNumbers,
}

impl NodeNames {
    pub(crate) fn new(namer: Namer) -> Self {
        NodeNames { namer, numbers: NodeNumbers::new() }
    }

    /// The name of the next node with this base name.
    pub(crate) fn node(&mut self, base: &str) -> String {
        let candidate = self.numbers.next(base);
        self.namer.node(&candidate)
    }
}

/// The nodes that compute integers, one for each expression.
pub(crate) struct Integers {
    nodes: IndexMap<Expr, NodeId>,
    /// The nodes that compute floats, by their value.
    pub(super) floats: IndexMap<Expr, NodeId>,
    /// Symbols that are not the size of any dimension: the size from which they are computed, and its affine form.
    derived: IndexMap<Symbol, (Expr, Affine)>,
    /// The number of the next node that reads a size: PyTorch's pass counts all dynamic dimensions of the inputs, after the
    /// sizes that the program itself reads.
    next_size: usize,
}

impl Integers {
    /// Adds a `sym_size` node for every symbol of `used`, in the order of the dimensions they are read from.
    ///
    /// PyTorch numbers them after the sizes that the program itself reads; it counts one of these for every symbol used.
    pub(crate) fn read_sizes(
        graph: &mut Graph,
        names: &mut NodeNames,
        symbols: &Reads<'_>,
    ) -> Result<Self, ExportError> {
        let Reads { sources, dynamic, used, asserted } = symbols;
        let mut integers = Integers {
            nodes: IndexMap::new(),
            floats: IndexMap::new(),
            derived: IndexMap::new(),
            next_size: used.len() + dynamic,
        };
        let all = used.iter().chain(asserted.iter().filter(|symbol| !used.contains(symbol)));
        let mut reads: Vec<(&Symbol, &SymbolSource)> = all.filter_map(|s| sources.get_key_value(s)).collect();
        reads.sort_by_key(|(_, source)| source.number().unwrap_or(0));
        for (symbol, source) in reads {
            let expr = Expr::symbol(symbol);
            let (placeholder, dim, number, size) = match source {
                SymbolSource::Int(placeholder) => {
                    integers.nodes.insert(expr, *placeholder);
                    continue;
                }
                SymbolSource::Dim { placeholder, dim, number } => (*placeholder, *dim, *number, expr),
                SymbolSource::Derived { placeholder, dim, number, affine } => {
                    let size = affine.expr(&expr)?;
                    integers.derived.insert(symbol.clone(), (size.clone(), *affine));
                    (*placeholder, *dim, *number, size)
                }
            };
            let arguments = vec![
                NamedArgument::positional("self", Argument::Tensor(placeholder)),
                NamedArgument::positional("dim", Argument::Int(Sym::Value(dim as i64))),
            ];
            let name = names.namer.node(&numbered(used.len() + number));
            let kind = NodeKind::Call { target: aten("sym_size", "int")?.into(), arguments };
            let id = graph.push(Node::new(name, kind, NodeValue::Int(size.clone())));
            integers.nodes.insert(size, id);
        }
        Ok(integers)
    }

    /// The node that a symbol is read with.
    pub(super) fn know(&mut self, symbol: &Symbol, node: NodeId) {
        let known = if symbol.is_real() { &mut self.floats } else { &mut self.nodes };
        known.insert(Expr::symbol(symbol), node);
    }

    /// Adds the node that reads a size of a result.
    pub(super) fn read_size(
        &mut self,
        graph: &mut Graph,
        names: &mut NodeNames,
        (tensor, dim): (NodeId, usize),
        symbol: &Symbol,
        frame: &Option<Frame>,
    ) -> Result<(), ExportError> {
        let arguments = vec![
            NamedArgument::positional("self", Argument::Tensor(tensor)),
            NamedArgument::positional("dim", Argument::Int(Sym::Value(dim as i64))),
        ];
        let name = names.namer.node(&numbered(self.next_size));
        self.next_size += 1;
        let kind = NodeKind::Call { target: aten("sym_size", "int")?.into(), arguments };
        let id = graph.push(Node::new(name, kind, NodeValue::Int(Expr::symbol(symbol))).at(frame.clone()));
        self.know(symbol, id);
        Ok(())
    }

    /// The integer as an argument: a number, or the node that computes it. The node is added if there is none yet.
    pub(crate) fn argument(
        &mut self,
        graph: &mut Graph,
        names: &mut NodeNames,
        expr: &Expr,
        frame: &Option<Frame>,
    ) -> Result<Sym<i64>, ExportError> {
        if let Some(value) = expr.as_int() {
            return Ok(Sym::Value(value));
        }
        if let Some(node) = self.nodes.get(expr) {
            return Ok(Sym::Node(*node));
        }
        if let Some((size, affine)) = expr.as_symbol().and_then(|symbol| self.derived.get(symbol)).cloned() {
            return self.undo(graph, names, &size, affine, frame);
        }
        let (op, parts) = match expr.kind() {
            ExprKind::Add(terms) => (PythonFunction::Add, terms.clone()),
            ExprKind::Mul(factors) => (PythonFunction::Mul, factors.clone()),
            ExprKind::Pow(base, exponent) => (PythonFunction::Pow, vec![base.clone(), exponent.clone()]),
            ExprKind::Apply(Function::FloorDiv, args) => (PythonFunction::FloorDiv, args.clone()),
            ExprKind::Apply(Function::Mod | Function::PythonMod, args) => (PythonFunction::Mod, args.clone()),
            ExprKind::Apply(Function::Max, args) => (PythonFunction::Max, args.clone()),
            ExprKind::Apply(Function::Min, args) => (PythonFunction::Min, args.clone()),
            _ => return Err(ExportError::Unsolved { what: format!("the integer {expr}"), seen: String::new() }),
        };
        // The number in a sum or product comes last, as people write it: `x*2 + 1`.
        let (numbers, mut ordered): (Vec<Expr>, Vec<Expr>) = match op {
            PythonFunction::Add | PythonFunction::Mul => parts.into_iter().partition(|p| p.as_int().is_some()),
            _ => (Vec::new(), parts),
        };
        ordered.extend(numbers);
        let mut parts = ordered.into_iter();
        let Some(first) = parts.next() else { return Ok(Sym::Value(0)) };
        let mut value = first.clone();
        let mut result = self.argument(graph, names, &first, frame)?;
        for part in parts {
            let (op, shown, next) = match (op, negative(&part)?) {
                (PythonFunction::Add, Some(positive)) => (PythonFunction::Sub, positive, value.try_add(&part)?),
                (PythonFunction::Add, None) => (op, part.clone(), value.try_add(&part)?),
                (PythonFunction::Mul, _) => (op, part.clone(), value.try_mul(&part)?),
                (PythonFunction::Max, _) => (op, part.clone(), Expr::max_of([value.clone(), part.clone()])?),
                (PythonFunction::Min, _) => (op, part.clone(), Expr::min_of([value.clone(), part.clone()])?),
                // These have two operands.
                _ => (op, part.clone(), expr.clone()),
            };
            value = next;
            if let Some(known) = self.nodes.get(&value) {
                result = Sym::Node(*known);
                continue;
            }
            let right = self.argument(graph, names, &shown, frame)?;
            result = self.compute(graph, names, op, [result, right], &value, frame);
        }
        Ok(result)
    }

    /// Adds the nodes that compute the root of an affine size: `(size - add) // mul`.
    fn undo(
        &mut self,
        graph: &mut Graph,
        names: &mut NodeNames,
        size: &Expr,
        affine: Affine,
        frame: &Option<Frame>,
    ) -> Result<Sym<i64>, ExportError> {
        let mut result = self.argument(graph, names, size, frame)?;
        let mut value = size.clone();
        for (op, number) in [(PythonFunction::Sub, affine.add), (PythonFunction::FloorDiv, affine.mul)] {
            if number == i64::from(op == PythonFunction::FloorDiv) {
                continue;
            }
            let right = Expr::int(number);
            value = if op == PythonFunction::Sub { value.try_sub(&right)? } else { value.floor_div(&right)? };
            result = self.compute(graph, names, op, [result, Sym::Value(number)], &value, frame);
        }
        Ok(result)
    }

    /// Adds the node that computes `value`.
    fn compute(
        &mut self,
        graph: &mut Graph,
        names: &mut NodeNames,
        function: PythonFunction,
        operands: [Sym<i64>; 2],
        value: &Expr,
        frame: &Option<Frame>,
    ) -> Sym<i64> {
        let named = function.argument_names().iter().zip(operands);
        let arguments = named.map(|(name, sym)| NamedArgument::positional(name, Argument::Int(sym))).collect();
        let kind = NodeKind::Call { target: Target::Python(function), arguments };
        let name = names.node(function.base_name());
        let id = graph.push(Node::new(name, kind, NodeValue::Int(value.clone())).at(frame.clone()));
        self.nodes.insert(value.clone(), id);
        Sym::Node(id)
    }
}

fn numbered(number: usize) -> String {
    match number {
        0 => "sym_size_int".to_owned(),
        number => format!("sym_size_int_{number}"),
    }
}

/// The negated expression, if it is a negative number or a negative multiple.
fn negative(expr: &Expr) -> Result<Option<Expr>, ExportError> {
    let minus = match expr.kind() {
        ExprKind::Int(v) => *v < 0,
        ExprKind::Mul(factors) => factors.first().and_then(Expr::as_int).is_some_and(|v| v < 0),
        _ => false,
    };
    Ok(if minus { Some(expr.try_neg()?) } else { None })
}
