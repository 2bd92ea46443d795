//! The sizes at which a model may run: what the spec declares, and what is known about the symbols so far.

use super::data::Datum;
use super::points::Numbers;
use crate::ExportError;
use crate::setup::{LARGEST_BITS, Setup};
use crate::solve::{SizeVariable, Space};
use crate::variable::{LeafSizes, Variable};
use shapes::SymbolicInputs;
use std::collections::HashMap;
use symbolic::{Affine, Bound, Expr, ExprKind, Function, Rel, RelOp, ShapeEnv, Symbol, SymbolKind, ValueRange};

/// The name of the variable that says which floats come out of tensors. No symbol of a program is named like this.
const DRAW: &str = "~draw";

/// How many points are drawn to find out which steps the guards ask for.
const STEP_DRAWS: usize = 384;

/// The sizes of the inputs in terms of the free sizes. A point is one value for each free size.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    /// The free sizes, and what else must hold at a point.
    pub(crate) space: Space,
    /// Hidden roots of derived dims, in terms of the variables.
    roots: Vec<(Symbol, usize, Affine)>,
    /// Every symbol that is not free, in terms of the free ones.
    replaced: Vec<(Symbol, Expr)>,
    /// Where the symbols of each guard have their values. `None` for a guard with others than free sizes and roots.
    places: Vec<Option<Vec<(Symbol, Place)>>>,
    /// The numbers of every input leaf, in terms of free sizes and roots.
    leaves: Vec<Option<Vec<Expr>>>,
    /// The numbers that come out of tensors.
    data: Vec<Datum>,
}

/// Where a symbol has its value.
#[derive(Clone, Copy, Debug)]
enum Place {
    Variable(usize),
    Root(usize, Affine),
}

/// What a run is given: the numbers of its inputs, and those that come out of tensors.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Given {
    pub(crate) sizes: LeafSizes,
    pub(crate) data: Vec<i64>,
}

impl Domain {
    /// The sizes that the spec and the relations known so far allow. `data` are free as well, as far as they are integers.
    pub(super) fn of(
        setup: &Setup,
        inputs: &SymbolicInputs,
        created: &[Vec<Expr>],
        data: &[Datum],
    ) -> Result<Self, ExportError> {
        let env = inputs.imposed()?;
        let mut leaves = Vec::with_capacity(created.len());
        for (leaf, exprs) in created.iter().enumerate() {
            let numbers = exprs.iter().map(|expr| env.replace(expr)).collect::<Result<Vec<_>, _>>()?;
            leaves.push(setup.has_numbers(leaf).then_some(numbers));
        }
        let mut free: Vec<Symbol> = Vec::new();
        let integers = data.iter().filter_map(|datum| Some((datum.integer()?, datum.value)));
        let read =
            integers.clone().map(|(symbol, _)| env.replace(&Expr::symbol(symbol))).collect::<Result<Vec<_>, _>>()?;
        let example = |symbol: &Symbol| {
            let hint = env.info(symbol).and_then(|info| info.hint);
            hint.or_else(|| integers.clone().find(|(read, _)| *read == symbol).map(|(_, value)| value))
                .unwrap_or_default()
        };
        for symbol in leaves.iter().flatten().flatten().chain(&read).flat_map(Expr::free_symbols) {
            if !free.contains(&symbol) {
                free.push(symbol);
            }
        }
        let space = Space { variables: Vec::new(), guards: Vec::new(), parts: Vec::new() };
        let mut domain =
            Domain { space, roots: Vec::new(), replaced: Vec::new(), places: Vec::new(), leaves, data: data.to_vec() };
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
                    let range = size_range(&env, &size);
                    let example = example(&size);
                    domain.space.variables.push(variable(size, example, range, affine.mul, setup.largest));
                }
                None => {
                    let range = size_range(&env, &symbol);
                    let example = example(&symbol);
                    domain.space.variables.push(variable(symbol, example, range, 1, setup.largest));
                }
            }
        }
        if data.iter().any(|datum| datum.float().is_some()) {
            let draws =
                SizeVariable { symbol: Symbol::integer(DRAW), example: 0, low: 0, high: 1 << LARGEST_BITS, step: 1 };
            domain.space.variables.push(draws);
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
        // In terms of the free sizes: the others are not part of the space.
        for guard in env.guards().iter().chain(env.asserts()) {
            domain.space.guards.push(env.replace_rel(&guard.rel)?);
        }
        domain.space.guards.retain(|rel| !rel.free_symbols().is_empty() && rel.lhs != rel.rhs);
        domain.places = domain.space.guards.iter().map(|guard| domain.places_of(guard)).collect();
        let own: Vec<i64> = domain.space.variables.iter().map(|variable| variable.step).collect();
        domain.find_steps();
        domain.keep_needed_steps(&own);
        Ok(domain)
    }

    /// Sizes that occur in a divisibility move in steps that may keep it.
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

    /// Steps that guards do not ask for would hide what other sizes do: `n == n//2 + (n + 1)//2` holds for every `n`. So points
    /// are drawn at which one size leaves its step, or several do, and the steps shrink to what allowed points have. `own` are
    /// the steps of derived sizes, which stay.
    fn keep_needed_steps(&mut self, own: &[i64]) {
        let variables = self.space.variables.iter().zip(own).enumerate();
        let stepped: Vec<usize> =
            variables.filter(|(_, (variable, own))| variable.step > **own).map(|(at, _)| at).collect();
        if stepped.is_empty() {
            return;
        }
        let mut numbers = Numbers::new(0x7374_6570);
        for draw in 0..STEP_DRAWS {
            let alone = stepped.get(draw % (2 * stepped.len()));
            let leaves = |at: usize, numbers: &mut Numbers| match alone {
                Some(alone) => at == *alone,
                None => numbers.between(0, 1) == 0,
            };
            let variables = self.space.variables.iter().zip(own).enumerate();
            let value = |(at, (variable, own)): (usize, (&SizeVariable, &i64))| {
                if variable.step == *own && numbers.between(0, 1) == 0 {
                    return variable.example;
                }
                let high = variable.high.min(variable.example.saturating_mul(8)).max(variable.example);
                let value = numbers.between(variable.low, high);
                let step = if leaves(at, &mut numbers) { *own } else { variable.step };
                SizeVariable { step, ..variable.clone() }.near(value)
            };
            let point: Vec<i64> = variables.map(value).collect();
            if self.follows_guards(&point) {
                for (variable, value) in self.space.variables.iter_mut().zip(point) {
                    let gap =
                        symbolic::arith::gcd(variable.step.into(), i128::from(value) - i128::from(variable.example));
                    variable.step = i64::try_from(gap).unwrap_or(1).max(1);
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
        for (symbol, bits) in self.floats(point) {
            values.insert(symbol.clone(), bits);
        }
        for (symbol, expr) in &self.replaced {
            if let Ok(value) = expr.eval(&|symbol| values.get(symbol).copied()) {
                values.insert(symbol.clone(), value);
            }
        }
        values
    }

    /// The floats that come out of tensors at a point, as bits: those of the example, or those of a draw.
    pub(super) fn floats(&self, point: &[i64]) -> impl Iterator<Item = (&Symbol, i64)> {
        let variables = self.space.variables.iter().zip(point);
        let draw = variables.filter(|(variable, _)| is_draw(&variable.symbol)).map(|(_, v)| *v).next().unwrap_or(0);
        let floats = self.data.iter().enumerate().filter_map(|(at, datum)| Some((at, datum, datum.float()?)));
        floats.map(move |(at, datum, symbol)| {
            let drawn = || datum.drawn(&mut Numbers::new((draw as u64) << 8 | (at as u64 & 0xff)));
            (symbol, if draw == 0 { datum.value } else { drawn() })
        })
    }

    /// The number that comes out of a tensor and that a symbol stands for; for the draw of the floats the first of these.
    pub(super) fn datum(&self, symbol: &Symbol) -> Option<&Datum> {
        let draws = is_draw(symbol);
        self.data.iter().find(|datum| datum.symbol.as_ref() == Some(symbol) || (draws && datum.float().is_some()))
    }

    /// The space in which numbers out of tensors are at least 2, if there are any that are 2 or more in the example.
    pub(super) fn without_broadcasts(&self) -> Option<Space> {
        let mut space = self.space.clone();
        let data = space.variables.iter_mut().filter(|variable| {
            variable.example >= 2
                && variable.low < 2
                && !is_draw(&variable.symbol)
                && self.datum(&variable.symbol).is_some()
        });
        let raised = data.map(|variable| variable.low = 2).count();
        (raised > 0).then_some(space)
    }

    /// What a run at a point is given. `None` if a size would be negative, or the point is not allowed.
    pub(crate) fn given(&self, point: &[i64], like: &LeafSizes) -> Option<Given> {
        let values = self.values(point);
        let sizes = self.sizes_of(point, &values, like)?;
        let number = |datum: &Datum| match datum.varied() {
            Some(symbol) => values.get(symbol).copied(),
            None => Some(datum.value),
        };
        Some(Given { sizes, data: self.data.iter().map(number).collect::<Option<Vec<i64>>>()? })
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

    fn places_of(&self, guard: &Rel) -> Option<Vec<(Symbol, Place)>> {
        let place = |symbol: Symbol| {
            let variable = self.space.variables.iter().position(|variable| variable.symbol == symbol);
            let root = || self.roots.iter().find(|(root, ..)| *root == symbol);
            let place = variable.map(Place::Variable);
            Some((symbol.clone(), place.or_else(|| root().map(|(_, at, affine)| Place::Root(*at, *affine)))?))
        };
        guard.free_symbols().into_iter().map(place).collect()
    }

    /// Whether a point satisfies ranges, steps and guards.
    pub(crate) fn allows(&self, point: &[i64]) -> bool {
        self.is_inside(point) && self.follows_guards(point)
    }

    /// Of the points that are drawn for a model with many sizes most are not allowed, so this computes the values of the symbols
    /// of guards only.
    fn follows_guards(&self, point: &[i64]) -> bool {
        let holds = |(guard, places): (&Rel, &Option<Vec<(Symbol, Place)>>)| {
            let Some(places) = places else { return Domain::holds(guard, &self.values(point)) };
            let value = |symbol: &Symbol| {
                let (_, place) = places.iter().find(|(known, _)| known == symbol)?;
                match place {
                    Place::Variable(at) => point.get(*at).copied(),
                    Place::Root(at, affine) => affine.root(*point.get(*at)?),
                }
            };
            guard.eval(&value).unwrap_or(true)
        };
        self.space.guards.iter().zip(&self.places).all(holds)
    }

    fn holds(guard: &Rel, values: &HashMap<Symbol, i64>) -> bool {
        guard.eval(&|symbol| values.get(symbol).copied()).unwrap_or(true)
    }

    fn is_inside(&self, point: &[i64]) -> bool {
        let inside = |(variable, value): (&SizeVariable, &i64)| {
            (variable.low..=variable.high).contains(value)
                && value.checked_sub(variable.example).is_some_and(|gap| gap % variable.step == 0)
        };
        self.space.variables.iter().zip(point).all(inside)
    }

    fn satisfies(&self, values: &HashMap<Symbol, i64>) -> bool {
        self.space.guards.iter().all(|guard| Domain::holds(guard, values))
    }

    /// The variables in guards that do not hold at a point.
    pub(super) fn violated(&self, point: &[i64]) -> Vec<usize> {
        let values = self.values(point);
        let broken = self.space.guards.iter().filter(|guard| !Domain::holds(guard, &values));
        let wrong: Vec<Symbol> = broken.flat_map(Rel::free_symbols).collect();
        let of_root = |i: usize| self.roots.iter().filter(move |(_, of, _)| *of == i).map(|(root, ..)| root);
        let is_wrong = |i: usize, symbol| wrong.contains(symbol) || of_root(i).any(|root| wrong.contains(root));
        let variables = self.space.variables.iter().enumerate();
        variables.filter(|(i, variable)| is_wrong(*i, &variable.symbol)).map(|(i, _)| i).collect()
    }

    /// The sizes of the inputs at a point. `None` if one would be negative, or the point is not allowed.
    pub(crate) fn sizes(&self, point: &[i64], like: &LeafSizes) -> Option<LeafSizes> {
        self.sizes_of(point, &self.values(point), like)
    }

    fn sizes_of(&self, point: &[i64], values: &HashMap<Symbol, i64>, like: &LeafSizes) -> Option<LeafSizes> {
        if !self.is_inside(point) || !self.satisfies(values) {
            return None;
        }
        let mut sizes = like.clone();
        for (leaf, exprs) in self.leaves.iter().enumerate() {
            let Some(exprs) = exprs else { continue };
            let numbers = exprs.iter().map(|expr| expr.eval(&|symbol| values.get(symbol).copied()).ok());
            sizes.set_leaf(leaf, numbers.collect::<Option<Vec<i64>>>()?);
        }
        Some(sizes)
    }
}

/// Whether a symbol is the variable that says which floats come out of tensors.
pub(super) fn is_draw(symbol: &Symbol) -> bool {
    symbol.name() == DRAW
}

/// The values of a size that runs may have. Sizes 0 and 1 are specialised, so no run has them.
fn size_range(env: &ShapeEnv, symbol: &Symbol) -> ValueRange {
    let range = env.range(symbol);
    match env.info(symbol).map(|info| info.kind) {
        Some(SymbolKind::Int | SymbolKind::Unbacked) => range,
        _ => range.intersect(&ValueRange::new(Some(2), None)),
    }
}

/// `largest`: the largest value of a size that has no end.
fn variable(symbol: Symbol, example: i64, range: ValueRange, step: i64, largest: i64) -> SizeVariable {
    let end = |bound: Bound, open: i64| bound.finite().and_then(|end| i64::try_from(end).ok()).unwrap_or(open);
    let low = end(range.lower, -largest).max(-largest).min(example);
    let high = end(range.upper, largest).min(largest.max(example.saturating_mul(2))).max(example);
    SizeVariable { symbol, example, low, high, step }
}

fn least_common_multiple(a: i64, b: i64) -> i64 {
    let gcd = symbolic::arith::gcd(a.into(), b.into()).max(1);
    i64::try_from(i128::from(a) / gcd * i128::from(b)).unwrap_or(i64::MAX)
}
