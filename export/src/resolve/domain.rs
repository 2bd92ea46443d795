//! The sizes at which a model may run: what the spec declares, and what is known about the symbols so far.

use crate::ExportError;
use crate::setup::Setup;
use crate::solve::{SizeVariable, Space};
use crate::variable::{LeafSizes, Variable};
use shapes::SymbolicInputs;
use std::collections::HashMap;
use symbolic::{Affine, Bound, Expr, ExprKind, Function, Rel, RelOp, ShapeEnv, Symbol, SymbolKind, ValueRange};

/// The largest size that is tried if nothing bounds it. A product of three of them is still a number of elements.
const LARGEST: i64 = 1 << 20;

/// The sizes of the inputs in terms of the free sizes. A point is one value for each free size.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    /// The free sizes, and what else must hold at a point.
    pub(crate) space: Space,
    /// Hidden roots of derived dims, in terms of the variables.
    roots: Vec<(Symbol, usize, Affine)>,
    /// Every symbol that is not free, in terms of the free ones.
    replaced: Vec<(Symbol, Expr)>,
    /// The numbers of every input leaf, in terms of free sizes and roots.
    leaves: Vec<Option<Vec<Expr>>>,
}

/// What a run is given: the numbers of its inputs, and those that come out of tensors.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Given {
    pub(crate) sizes: LeafSizes,
    pub(crate) data: Vec<i64>,
}

impl Domain {
    /// The sizes that the spec and the relations known so far allow.
    pub(crate) fn of(setup: &Setup, inputs: &SymbolicInputs, created: &[Vec<Expr>]) -> Result<Self, ExportError> {
        let env = inputs.imposed()?;
        let mut leaves = Vec::with_capacity(created.len());
        for (leaf, exprs) in created.iter().enumerate() {
            let numbers = exprs.iter().map(|expr| env.replace(expr)).collect::<Result<Vec<_>, _>>()?;
            leaves.push(setup.has_numbers(leaf).then_some(numbers));
        }
        let mut free: Vec<Symbol> = Vec::new();
        for symbol in leaves.iter().flatten().flatten().flat_map(Expr::free_symbols) {
            if !free.contains(&symbol) {
                free.push(symbol);
            }
        }
        let space = Space { variables: Vec::new(), guards: Vec::new(), parts: Vec::new() };
        let mut domain = Domain { space, roots: Vec::new(), replaced: Vec::new(), leaves };
        let sizes = created.iter().flatten().filter_map(Expr::as_symbol);
        for symbol in free {
            let hidden = env.info(&symbol).is_some_and(|info| info.kind == SymbolKind::Phantom);
            let derived = sizes.clone().filter(|_| hidden).find_map(|size| {
                let (root, affine) = Affine::of(&env.replace(&Expr::symbol(size)).ok()?)?;
                (root == symbol && affine.mul > 0).then(|| (size.clone(), affine))
            });
            match derived {
                Some((size, affine)) => {
                    domain.roots.push((symbol.clone(), domain.space.variables.len(), affine));
                    let example = env.info(&size).and_then(|info| info.hint).unwrap_or_default();
                    let range = size_range(&env, &size);
                    domain.space.variables.push(variable(size, example, range, affine.mul));
                }
                None => {
                    let example = env.info(&symbol).and_then(|info| info.hint).unwrap_or_default();
                    domain.space.variables.push(variable(symbol.clone(), example, size_range(&env, &symbol), 1));
                }
            }
        }
        let ends = |value: &Expr, range: ValueRange| {
            let end = |op, end: Bound| {
                Some(Rel::new(op, value.clone(), Expr::int(end.finite().and_then(|end| i64::try_from(end).ok())?)))
            };
            [end(RelOp::Ge, range.lower), end(RelOp::Le, range.upper)].into_iter().flatten()
        };
        for (root, ..) in &domain.roots {
            domain.space.guards.extend(ends(&Expr::symbol(root), env.range(root)));
        }
        for (symbol, info) in env.symbols() {
            if matches!(info.kind, SymbolKind::Layout)
                || domain.space.variables.iter().any(|known| known.symbol == *symbol)
            {
                continue;
            }
            let own = Expr::symbol(symbol);
            let value = env.replace(&own)?;
            if value != own {
                domain.space.guards.extend(ends(&value, info.range));
                domain.replaced.push((symbol.clone(), value));
            }
        }
        domain.space.guards.extend(env.guards().iter().map(|guard| guard.rel.clone()));
        domain.find_steps();
        domain.space.guards.retain(|rel| !rel.free_symbols().is_empty());
        Ok(domain)
    }

    /// Sizes that occur in a divisibility move in steps that keep it.
    fn find_steps(&mut self) {
        let (replaced, Space { variables, guards, .. }) = (&self.replaced, &mut self.space);
        for rel in guards.iter().filter(|rel| rel.op == RelOp::Eq) {
            let mut moduli: Vec<(i64, Expr)> = Vec::new();
            for side in [&rel.lhs, &rel.rhs] {
                side.visit(&mut |part| {
                    if let ExprKind::Apply(Function::Mod | Function::PythonMod | Function::FloorDiv, args) = part.kind()
                        && let [of, by] = args.as_slice()
                        && let Some(by) = by.as_int().filter(|by| *by > 1)
                    {
                        moduli.push((by, of.clone()));
                    }
                });
            }
            for (by, of) in moduli {
                let mut symbols = of.free_symbols();
                for (symbol, value) in replaced.iter() {
                    if symbols.contains(symbol) {
                        symbols.extend(value.free_symbols());
                    }
                }
                for variable in variables.iter_mut().filter(|variable| symbols.contains(&variable.symbol)) {
                    let step = least_common_multiple(variable.step, by);
                    if step <= 1 << 14 {
                        variable.step = step;
                    }
                }
            }
        }
    }

    /// The point of the example.
    pub(crate) fn example(&self) -> Vec<i64> {
        self.space.variables.iter().map(|variable| variable.example).collect()
    }

    /// The value of every symbol at a point.
    pub(crate) fn values(&self, point: &[i64]) -> HashMap<Symbol, i64> {
        let mut values: HashMap<Symbol, i64> =
            self.space.variables.iter().map(|variable| variable.symbol.clone()).zip(point.iter().copied()).collect();
        for (root, at, affine) in &self.roots {
            if let Some(root_value) = point.get(*at).and_then(|size| affine.root(*size)) {
                values.insert(root.clone(), root_value);
            }
        }
        for (symbol, expr) in &self.replaced {
            if let Ok(value) = expr.eval(&|symbol| values.get(symbol).copied()) {
                values.insert(symbol.clone(), value);
            }
        }
        values
    }

    /// The free sizes that can be read from the inputs at these sizes, with their values.
    pub(crate) fn read(&self, sizes: &LeafSizes) -> Vec<(Symbol, i64)> {
        let mut read = Vec::new();
        for (leaf, exprs) in self.leaves.iter().enumerate() {
            let (Some(exprs), Some(numbers)) = (exprs, sizes.leaf(leaf)) else { continue };
            for (expr, number) in exprs.iter().zip(numbers) {
                // A derived size gives its root.
                let value = match expr.as_symbol() {
                    Some(symbol) => Some((symbol.clone(), *number)),
                    None => Affine::of(expr).and_then(|(root, affine)| Some((root, affine.root(*number)?))),
                };
                read.extend(value.filter(|(symbol, _)| !read.iter().any(|(known, _)| known == symbol)));
            }
        }
        read
    }

    /// The input dimensions whose size depends on a variable.
    pub(crate) fn dims_of(&self, variable: usize, setup: &Setup) -> Vec<Variable> {
        let Some(symbol) = self.space.variables.get(variable).map(|variable| &variable.symbol) else {
            return Vec::new();
        };
        let root = self.roots.iter().find(|(_, of, _)| *of == variable).map(|(root, ..)| root);
        let depends = |size: &Expr| size.has_symbol(|s| s == symbol || Some(s) == root);
        let mut dims = Vec::new();
        for (leaf, sizes) in self.leaves.iter().enumerate().filter(|(leaf, _)| setup.tensor_leaves.contains(leaf)) {
            let with = sizes.iter().flatten().enumerate().filter(|(_, size)| depends(size));
            dims.extend(with.map(|(dim, _)| Variable::InputDim { leaf, dim }));
        }
        dims
    }

    /// Whether a point satisfies ranges, steps and guards.
    pub(crate) fn allows(&self, point: &[i64]) -> bool {
        let inside = |(variable, value): (&SizeVariable, &i64)| {
            (variable.low..=variable.high).contains(value)
                && value.checked_sub(variable.example).is_some_and(|gap| gap % variable.step == 0)
        };
        if !self.space.variables.iter().zip(point).all(inside) {
            return false;
        }
        let values = self.values(point);
        self.space.guards.iter().all(|guard| guard.eval(&|symbol| values.get(symbol).copied()).unwrap_or(true))
    }

    /// The sizes of the inputs at a point. `None` if one would be negative, or the point is not allowed.
    pub(crate) fn sizes(&self, point: &[i64], like: &LeafSizes) -> Option<LeafSizes> {
        if !self.allows(point) {
            return None;
        }
        let values = self.values(point);
        let mut sizes = like.clone();
        for (leaf, exprs) in self.leaves.iter().enumerate() {
            let Some(exprs) = exprs else { continue };
            let numbers = exprs.iter().map(|expr| expr.eval(&|symbol| values.get(symbol).copied()).ok());
            sizes.set_leaf(leaf, numbers.collect::<Option<Vec<i64>>>()?);
        }
        Some(sizes)
    }
}

/// The values of a size that runs may have. Sizes 0 and 1 are specialised, so no run has them.
fn size_range(env: &ShapeEnv, symbol: &Symbol) -> ValueRange {
    let range = env.range(symbol);
    match env.info(symbol).map(|info| info.kind) {
        Some(SymbolKind::Int | SymbolKind::Unbacked) => range,
        _ => range.intersect(&ValueRange::new(Some(2), None)),
    }
}

fn variable(symbol: Symbol, example: i64, range: ValueRange, step: i64) -> SizeVariable {
    let end = |bound: Bound, open: i64| bound.finite().and_then(|end| i64::try_from(end).ok()).unwrap_or(open);
    let low = end(range.lower, -LARGEST).max(-LARGEST).min(example);
    let high = end(range.upper, LARGEST).min(LARGEST.max(example.saturating_mul(2))).max(example);
    SizeVariable { symbol, example, low, high, step }
}

fn least_common_multiple(a: i64, b: i64) -> i64 {
    let gcd = symbolic::arith::gcd(a.into(), b.into()).max(1);
    i64::try_from(i128::from(a) / gcd * i128::from(b)).unwrap_or(i64::MAX)
}
