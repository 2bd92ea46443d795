//! Random inputs for given sizes.

use super::error::RunError;
use super::inputs::type_text;
use super::names::{Input, nearest};
use super::values::{convert, is_whole, pair};
use indexmap::{IndexMap, IndexSet};
use program::{Argument, ExportedProgram, NodeKind, NodeValue};
use pytree_core::{DType, Leaf, Tch, TensorType};
use symbolic::{Affine, Bound, Expr, Symbol};
use tch::{Device, Kind, Tensor};

/// The sizes, and what random ints may be.
pub(super) struct Random<'p> {
    program: &'p ExportedProgram,
    symbols: IndexMap<Symbol, i64>,
}

impl<'p> Random<'p> {
    /// The sizes of inputs that are given, then those that the user names, then those of the example.
    pub(super) fn new(
        program: &'p ExportedProgram,
        inputs: &[Input],
        leaves: &[Option<Leaf<Tch>>],
        named: &[String],
    ) -> Result<Self, RunError> {
        let mut symbols: IndexMap<Symbol, i64> = IndexMap::new();
        let mut all: IndexSet<Symbol> = IndexSet::new();
        for (input, leaf) in inputs.iter().zip(leaves) {
            let places: Vec<(&Expr, Option<i64>)> = match (&input.value, leaf) {
                (NodeValue::Tensor(ty), Some(Leaf::Tensor(tensor))) => {
                    ty.sizes.iter().zip(tensor.size().into_iter().map(Some)).collect()
                }
                (NodeValue::Tensor(ty), _) => ty.sizes.iter().map(|size| (size, None)).collect(),
                (NodeValue::Int(expr), Some(Leaf::Int(value))) => vec![(expr, Some(*value))],
                (NodeValue::Int(expr), _) => vec![(expr, None)],
                _ => Vec::new(),
            };
            for (expr, value) in places {
                all.extend(expr.free_symbols());
                // `2*s` gives `s` as well. What does not fit is found by the program's checks.
                let symbol = expr.as_symbol().map(|symbol| (symbol.clone(), Affine::IDENTITY));
                if let (Some((symbol, affine)), Some(value)) = (symbol.or_else(|| Affine::of(expr)), value)
                    && let Some(root) = affine.root(value)
                {
                    symbols.entry(symbol).or_insert(root);
                }
            }
        }
        for text in named {
            let (name, size) = pair(text, "SYMBOL=SIZE (write FILE before --random)")?;
            let symbol = all.iter().find(|symbol| symbol.name() == name).ok_or_else(|| {
                let known: Vec<String> = all.iter().map(|symbol| symbol.name().to_owned()).collect();
                let nearest = nearest(name, known.iter());
                RunError::Unknown { what: "symbol", name: name.to_owned(), nearest, known }
            })?;
            let size = super::values::int(name, size)?;
            symbols.insert(symbol.clone(), size);
        }
        for symbol in all {
            let size = program.hints.get(&symbol).copied().unwrap_or_else(|| smallest(program, &symbol));
            symbols.entry(symbol).or_insert(size);
        }
        Ok(Random { program, symbols })
    }

    /// A random value for an input.
    pub(super) fn leaf(&mut self, input: &Input, notes: &mut Vec<String>) -> Result<Leaf<Tch>, RunError> {
        match &input.value {
            NodeValue::Tensor(ty) => Ok(Leaf::Tensor(self.tensor(input, ty, notes)?)),
            NodeValue::Int(expr) => Ok(Leaf::Int(self.size(input, expr)?)),
            value => Err(RunError::Random { name: input.name().to_owned(), problem: type_text(value) }),
        }
    }

    fn size(&self, input: &Input, expr: &Expr) -> Result<i64, RunError> {
        expr.eval(&|symbol| self.symbols.get(symbol).copied()).map_err(|error| RunError::Random {
            name: input.name().to_owned(),
            problem: format!("its size {expr} has no value: {error}"),
        })
    }

    fn tensor(&self, input: &Input, ty: &TensorType<Expr>, notes: &mut Vec<String>) -> Result<Tensor, RunError> {
        let name = input.name();
        let sizes: Vec<i64> = ty.sizes.iter().map(|size| self.size(input, size)).collect::<Result<_, _>>()?;
        if let Some(size) = sizes.iter().find(|size| **size < 0) {
            return Err(RunError::Random { name: name.to_owned(), problem: format!("one of its sizes is {size}") });
        }
        let made = if is_whole(ty.dtype) {
            let below = self.below(input, ty.dtype);
            if ty.dtype != DType::Bool {
                notes.push(format!("{name} has random ints from 0 to {}", below - 1));
            }
            Tensor::f_randint(below, &sizes, (Kind::Int64, Device::Cpu))
        } else {
            let kind = match ty.dtype {
                DType::Complex32 | DType::Complex64 => Kind::ComplexFloat,
                DType::Complex128 => Kind::ComplexDouble,
                DType::Float64 => Kind::Double,
                _ => Kind::Float,
            };
            Tensor::f_randn(&sizes, (kind, Device::Cpu))
        };
        let tensor = convert(name, &made.map_err(|error| RunError::torch(name, &error))?, ty.dtype, false)?;
        match ty.device.to_tch() {
            Some(Device::Cpu) | None => Ok(tensor),
            Some(device) => tensor.f_to(device).map_err(|error| RunError::torch(name, &error)),
        }
    }

    /// The bound of random ints: the rows of the embeddings that they choose, the values of a byte of an image, otherwise 2,
    /// since 0 and 1 are valid in masks and almost always as indices.
    fn below(&self, input: &Input, dtype: DType) -> i64 {
        let graph = &self.program.graph;
        let rows = graph.nodes.iter().filter_map(|node| {
            let NodeKind::Call { target, arguments } = &node.kind else { return None };
            let tensor = |name: &str| match arguments.iter().find(|argument| argument.name == name)?.value {
                Argument::Tensor(id) => Some(graph.node(id)),
                _ => None,
            };
            if !target.to_string().contains("aten.embedding") || !input.names.contains(&tensor("indices")?.name) {
                return None;
            }
            tensor("weight")?.value.tensor()?.sizes.first()?.as_int()
        });
        let default = if dtype == DType::UInt8 { 256 } else { 2 };
        rows.min().filter(|rows| *rows > 0).unwrap_or(default)
    }
}

/// The smallest size that a symbol may have, from 2 on: 0 and 1 are often special.
fn smallest(program: &ExportedProgram, symbol: &Symbol) -> i64 {
    let range = program.range_constraints.iter().find(|(expr, _)| expr.as_symbol() == Some(symbol));
    let (lower, upper) = range.map_or((Bound::NegInf, Bound::PosInf), |(_, range)| (range.lower, range.upper));
    let lower = if let Bound::Finite(lower) = lower { i64::try_from(lower).unwrap_or(2) } else { 2 };
    let upper = if let Bound::Finite(upper) = upper { i64::try_from(upper).unwrap_or(i64::MAX) } else { i64::MAX };
    lower.max(2).min(upper)
}
