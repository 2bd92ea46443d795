//! Numbers that come out of tensors, and what must hold for them in every call.

use super::Builder;
use super::integers::Integers;
use super::spelling::aten;
use crate::ExportError;
use crate::resolve::Resolved;
use program::{Argument, Frame, NamedArgument, Node, NodeId, NodeKind, NodeValue, PythonFunction, Sym, Target};
use symbolic::{Bound, Expr, Rel, RelOp, Symbol, SymbolKind};

/// The assertions of a program.
pub(super) struct Asserts {
    /// Those of several numbers, and of more than a range, that no node asserts yet.
    open: Vec<Rel>,
    /// The numbers that a node reads.
    known: Vec<Symbol>,
    /// How many of them have their range asserted.
    ranges: usize,
    /// The nodes that compare, and those that assert. They have no names yet: PyTorch adds them last.
    nodes: Vec<(NodeId, NodeId, Rel)>,
}

impl Asserts {
    pub(super) fn new(resolved: &Resolved) -> Self {
        let env = &resolved.solved.env;
        let unbacked = |expr: &Expr| {
            expr.as_symbol().and_then(|symbol| env.info(symbol)).is_some_and(|info| info.kind == SymbolKind::Unbacked)
        };
        // PyTorch asks about the number that comes out of the tensor: `u0 <= s77`.
        let oriented = |rel: &Rel| if unbacked(&rel.rhs) && !unbacked(&rel.lhs) { rel.mirrored() } else { rel.clone() };
        let open = env.asserts().iter().map(|guard| oriented(&guard.rel)).filter(|rel| !is_range(rel));
        Asserts { open: open.collect(), known: Vec::new(), ranges: 0, nodes: Vec::new() }
    }
}

impl Builder<'_> {
    /// The symbols of inputs that assertions need.
    pub(super) fn asserted_symbols(&self) -> Vec<Symbol> {
        let env = &self.resolved.solved.env;
        let backed = |symbol: &Symbol| env.info(symbol).is_some_and(|info| info.kind != SymbolKind::Unbacked);
        let mut symbols: Vec<Symbol> = Vec::new();
        for symbol in self.asserts.open.iter().flat_map(|rel| rel.free_symbols()).filter(backed) {
            if !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        symbols
    }

    /// Adds the node that reads a number.
    pub(super) fn read(&mut self, symbol: &Symbol, mut node: Node, integers: &mut Integers) {
        let expr = Expr::symbol(symbol);
        node.value = if symbol.is_real() { NodeValue::Float(expr) } else { NodeValue::Int(expr) };
        let node = self.graph.push(node);
        integers.know(symbol, node);
        self.asserts.known.push(symbol.clone());
    }

    /// Adds the nodes that read the sizes which a call has chosen, and what must hold for them.
    pub(super) fn sizes_of_data(
        &mut self,
        at: usize,
        integers: &mut Integers,
        frame: &Option<Frame>,
    ) -> Result<(), ExportError> {
        for datum in self.resolved.data.iter().filter(|datum| datum.call == at) {
            let Some((result, dim)) = datum.size else { continue };
            let id = self.example.trace.output(at, result).map(|output| output.id);
            let Some(tensor) = id.and_then(|id| self.nodes.get(&id).copied()) else { continue };
            integers.read_size(&mut self.graph, &mut self.names, (tensor, dim), &datum.symbol, frame)?;
            self.asserts.known.push(datum.symbol.clone());
        }
        self.assert_known(integers, frame)
    }

    /// Adds the assertions whose numbers are all known now: of the range of each new number, then of several numbers.
    pub(super) fn assert_known(&mut self, integers: &mut Integers, frame: &Option<Frame>) -> Result<(), ExportError> {
        let env = &self.resolved.solved.env;
        let mut now: Vec<Rel> = Vec::new();
        for symbol in &self.asserts.known[self.asserts.ranges..] {
            let range = env.range(symbol);
            let end = |op, bound: Bound| {
                let end = bound.finite().and_then(|end| i64::try_from(end).ok())?;
                Some(Rel::new(op, Expr::symbol(symbol), Expr::int(end)))
            };
            now.extend(end(RelOp::Ge, range.lower));
            // Sizes that are not bounded have this range in PyTorch.
            now.extend(end(RelOp::Le, range.upper).filter(|rel| rel.rhs.as_int().is_some_and(|n| n < i64::MAX - 1)));
        }
        self.asserts.ranges = self.asserts.known.len();
        let known = &self.asserts.known;
        let is_open = |symbol: &Symbol| {
            env.info(symbol).is_some_and(|info| info.kind == SymbolKind::Unbacked) && !known.contains(symbol)
        };
        let (later, ready) = self.asserts.open.drain(..).partition(|rel: &Rel| rel.free_symbols().iter().any(is_open));
        self.asserts.open = later;
        now.extend(ready);
        for rel in now {
            self.assert_rel(rel, integers, frame)?;
        }
        Ok(())
    }

    fn assert_rel(&mut self, rel: Rel, integers: &mut Integers, frame: &Option<Frame>) -> Result<(), ExportError> {
        let function = match rel.op {
            RelOp::Eq => PythonFunction::Eq,
            RelOp::Ne => PythonFunction::Ne,
            RelOp::Lt => PythonFunction::Lt,
            RelOp::Le => PythonFunction::Le,
            RelOp::Gt => PythonFunction::Gt,
            RelOp::Ge => PythonFunction::Ge,
        };
        let mut side = |expr: &Expr| integers.argument(&mut self.graph, &mut self.names, expr, frame);
        let operands = [side(&rel.lhs)?, side(&rel.rhs)?];
        let named = function.argument_names().iter().zip(operands);
        let arguments = named.map(|(name, sym)| NamedArgument::positional(name, Argument::Int(sym))).collect();
        let kind = NodeKind::Call { target: Target::Python(function), arguments };
        let compared =
            self.graph.push(Node::new(String::new(), kind, NodeValue::Bool(rel.clone().into())).at(frame.clone()));
        let kind = NodeKind::Call { target: aten("_assert_scalar", "default")?.into(), arguments: Vec::new() };
        let asserted = self.graph.push(Node::new(String::new(), kind, NodeValue::Nothing).at(frame.clone()));
        self.asserts.nodes.push((compared, asserted, rel));
        Ok(())
    }

    /// Names the assertions after all other nodes, as PyTorch does, and writes their messages, which hold these names.
    pub(super) fn name_asserts(&mut self) {
        for (compared, asserted, rel) in std::mem::take(&mut self.asserts.nodes) {
            let base = match &self.graph.node(compared).kind {
                NodeKind::Call { target: Target::Python(function), .. } => function.base_name(),
                _ => continue,
            };
            let name = self.names.namer.node(base);
            let message = format!("Runtime assertion failed for expression {rel} on node '{name}'");
            self.graph.nodes[compared.0].name = name;
            let name = self.names.namer.node("_assert_scalar_default");
            let node = &mut self.graph.nodes[asserted.0];
            node.name = name;
            if let NodeKind::Call { arguments, .. } = &mut node.kind {
                *arguments = vec![
                    NamedArgument::positional("self", Argument::Bool(Sym::Node(compared))),
                    NamedArgument::positional("assert_msg", Argument::Str(message)),
                ];
            }
        }
    }
}

/// Whether a relation only bounds one number, which the range of its symbol says as well.
fn is_range(rel: &Rel) -> bool {
    let bound = |symbol: &Expr, number: &Expr| symbol.as_symbol().is_some() && number.as_int().is_some();
    rel.op != RelOp::Ne && (bound(&rel.lhs, &rel.rhs) || bound(&rel.rhs, &rel.lhs))
}
