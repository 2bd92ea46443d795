//! The procedure: run, solve, probe, until nothing new is learned.

use super::declared::Declared;
use super::predict::{Free, agrees, free_symbols, guards_hold, integers_agree, symbol_values};
use super::probe::{Movable, bounds, near_values, other_values, tiled, unlike_sizes};
use super::resolve::{Resolved, resolve};
use super::sample::{Parting, Sample, capture, map_inputs, parting, same_content};
use super::{ExportError, Setup};
use crate::dispatch::{RecordError, deep_copy, quietly};
use pytree_core::{Leaf, Module, Tch, into_leaves};
use shapes::{Dim, DimSpec, HintKind, PlaceholderShape, ShapeSpec, Solved, Symbol, ValueRange};
use std::collections::HashMap;

/// Probes at most this often before giving up: each either confirms what was solved or adds what it showed.
const ROUNDS: usize = 8;

/// How many probes in a row have to agree with what was solved.
const CONFIRMATIONS: usize = 2;

/// The runs of an export.
pub(crate) struct Search<'m, M: Module<Family = Tch>> {
    model: &'m M,
    sets: &'m [M::Args],
    declared: &'m Declared,
    setup: Setup,
    samples: Vec<Sample>,
    /// Sizes that some run used, so that a check can use others.
    round: usize,
    free: Vec<Free>,
}

/// Dimensions of the inputs that have been equal so far: leaf and dimension of each.
struct Class {
    /// The size in every given set.
    seen: Vec<i64>,
    movable: Movable,
    dims: Vec<(usize, usize)>,
}

/// The values of every input leaf: sizes of a tensor, value of an int.
type Values = Vec<Option<Vec<i64>>>;

impl<'m, M: Module<Family = Tch>> Search<'m, M> {
    pub(crate) fn new(model: &'m M, sets: &'m [M::Args], declared: &'m Declared, setup: Setup) -> Self {
        Search { model, sets, declared, setup, samples: Vec::new(), round: 0, free: Vec::new() }
    }

    /// The first run: valid by definition. It fixes the graph.
    pub(crate) fn example(&self) -> &Sample {
        &self.samples[0]
    }

    /// Runs the procedure.
    pub(crate) fn run(&mut self) -> Result<Resolved, ExportError> {
        self.run_sets()?;
        self.vary_values()?;
        loop {
            self.merged_probes()?;
            match self.settle()? {
                Some(resolved) => return Ok(resolved),
                // A dimension was made static: everything is solved again without it.
                None => self.samples.truncate(self.sets.len().max(1)),
            }
        }
    }

    /// Captures every given set. All are valid, so all must take the same path.
    fn run_sets(&mut self) -> Result<(), ExportError> {
        for args in self.sets {
            // The first run fixes the graph; only its calls become nodes with a place in the source.
            let located = self.setup.locations && self.samples.is_empty();
            let sample = capture(self.model, args, self.declared, located)?;
            self.accept(sample)?;
        }
        Ok(())
    }

    /// Adds a run that succeeded, unless it took another path.
    fn accept(&mut self, sample: Sample) -> Result<(), ExportError> {
        if let Some(parting) = self.samples.first().and_then(|first| parting(first, &sample, false)) {
            return Err(self.branch(parting, &sample));
        }
        self.samples.push(sample);
        Ok(())
    }

    fn branch(&self, parting: Parting, sample: &Sample) -> ExportError {
        let (at, first, second) = match parting {
            Parting::Graph { first, second, at } => (at, first, second),
            Parting::Argument { op, argument, first, second } | Parting::Integer { op, argument, first, second } => {
                (0, format!("{op} with {argument} = {first}"), format!("{op} with {argument} = {second}"))
            }
            Parting::Constant { op, index } => {
                (0, format!("{op} with constant {index}"), format!("{op} with another constant {index}"))
            }
            Parting::Output { first, second } => (0, format!("output {first}"), format!("output {second}")),
        };
        let (first_sizes, second_sizes) = (self.shown(&self.samples[0].values), self.shown(&sample.values));
        ExportError::Branch { at, first, second, first_sizes, second_sizes }
    }

    /// Runs the example again with other values: a constant that differs has left the graph and come back.
    fn vary_values(&mut self) -> Result<(), ExportError> {
        let example = &self.sets[0];
        let mut unmoved = Vec::new();
        let other = map_inputs(
            example,
            |leaf, tensor| {
                let other = other_values(tensor)?;
                if same_content(tensor, &other) {
                    unmoved.push(leaf);
                }
                Ok(other)
            },
            |_, v| v,
        )?;
        match capture(self.model, &other, self.declared, false) {
            Ok(varied) => self.independent(&varied)?,
            Err(ExportError::Capture { sizes, error }) => match *error {
                RecordError::Panicked { message, op, .. } => {
                    let place = op.map_or("the forward".to_owned(), |op| format!("`{op}`"));
                    let place = format!("whether {place} succeeds");
                    return Err(ExportError::DataDependence { place, first: "it does".to_owned(), second: message });
                }
                error => return Err(ExportError::Capture { sizes, error: Box::new(error) }),
            },
            Err(other) => return Err(other),
        }
        if unmoved.is_empty() {
            return Ok(());
        }
        let near = map_inputs(
            example,
            |leaf, tensor| if unmoved.contains(&leaf) { near_values(tensor) } else { Ok(deep_copy(tensor)?) },
            |_, v| v,
        )?;
        // Such values need not be valid: a run that fails says nothing.
        capture(self.model, &near, self.declared, false).map_or(Ok(()), |varied| self.independent(&varied))
    }

    /// Whether a run at the example's sizes with other values is the example's run.
    fn independent(&self, varied: &Sample) -> Result<(), ExportError> {
        let place = |parting: &Parting| match parting {
            Parting::Graph { first, second, at } => (format!("call {at}"), first.clone(), second.clone()),
            Parting::Argument { op, argument, first, second } | Parting::Integer { op, argument, first, second } => {
                (format!("argument `{argument}` of `{op}`"), first.clone(), second.clone())
            }
            Parting::Constant { op, index } => {
                (format!("constant {index} that `{op}` uses"), "one content".to_owned(), "another content".to_owned())
            }
            Parting::Output { first, second } => ("an output".to_owned(), first.clone(), second.clone()),
        };
        let Some(found) = parting(&self.samples[0], varied, true) else { return Ok(()) };
        // The same values again tell a forward that depends on data from one that is not the same twice.
        let again = capture(self.model, &self.sets[0], self.declared, false)?;
        if let Some(found) = parting(&self.samples[0], &again, true) {
            let (place, first, second) = place(&found);
            return Err(ExportError::Impure { place, first, second });
        }
        let (place, first, second) = place(&found);
        Err(ExportError::DataDependence { place, first, second })
    }

    /// Three probes in which dimensions that are equal in every given set stay equal: whatever the model needs of real
    /// inputs holds then, but for relations and ranges. A failure teaches nothing here; the rules will explain it.
    fn merged_probes(&mut self) -> Result<(), ExportError> {
        let classes = self.classes()?;
        if classes.is_empty() {
            return Ok(());
        }
        for _ in 0..3 {
            let movables: Vec<Movable> = classes.iter().map(|class| class.movable.clone()).collect();
            let sizes = unlike_sizes(&movables, &self.taken(), self.round);
            self.round += 1;
            let mut values = self.samples[0].values.clone();
            for (class, size) in classes.iter().zip(sizes) {
                for (leaf, dim) in &class.dims {
                    if let Some(slot) = values[*leaf].as_mut().and_then(|v| v.get_mut(*dim)) {
                        *slot = size;
                    }
                }
            }
            if let Ok(sample) = self.probe(&values) {
                self.accept(sample)?;
            }
        }
        Ok(())
    }

    /// The dynamic dimensions, those together that are equal in every given set.
    fn classes(&self) -> Result<Vec<Class>, ExportError> {
        let given = &self.samples[..self.sets.len()];
        let mut classes: Vec<Class> = Vec::new();
        for (leaf, dim, range) in dynamic_dims(&self.setup)? {
            let seen: Vec<i64> = given.iter().filter_map(|s| s.values[leaf].as_ref()?.get(dim).copied()).collect();
            match classes.iter_mut().find(|class| class.seen == seen) {
                Some(class) => {
                    class.movable.range = class.movable.range.intersect(&range);
                    class.dims.push((leaf, dim));
                }
                None => {
                    let example = seen.first().copied().unwrap_or_default();
                    classes.push(Class { seen, movable: Movable { example, range }, dims: vec![(leaf, dim)] });
                }
            }
        }
        Ok(classes)
    }

    /// Sizes that are constants of the example: probes avoid them.
    fn taken(&self) -> Vec<i64> {
        self.samples[0].values.iter().flatten().flatten().copied().collect()
    }

    /// Captures the model on inputs with these sizes, tiled from the example.
    fn probe(&self, values: &Values) -> Result<Sample, ExportError> {
        capture(self.model, &self.inputs_of(values)?, self.declared, false).map_err(|error| match error {
            ExportError::Capture { error, .. } => ExportError::Capture { sizes: self.shown(values), error },
            other => other,
        })
    }

    /// Inputs with these sizes, tiled from the example.
    pub(crate) fn inputs_of(&self, values: &Values) -> Result<M::Args, ExportError> {
        map_inputs(
            &self.sets[0],
            |leaf, tensor| match values.get(leaf).and_then(Option::as_ref) {
                Some(sizes) => tiled(tensor, sizes),
                None => Ok(deep_copy(tensor)?),
            },
            |leaf, v| values.get(leaf).and_then(Option::as_ref).and_then(|v| v.first().copied()).unwrap_or(v),
        )
    }

    /// Solves, probes with every remaining symbol different, and solves again until the probes agree. `None` when an AUTO
    /// dimension has become static.
    fn settle(&mut self) -> Result<Option<Resolved>, ExportError> {
        let mut resolved = resolve(&self.setup, &self.samples)?;
        let mut confirmed = 0;
        for _ in 0..ROUNDS {
            self.free = free_symbols(&resolved.solved);
            if self.free.is_empty() {
                return Ok(Some(resolved));
            }
            let Some(values) = self.unseen(&resolved) else {
                match self.refutation(&resolved)? {
                    None => return Ok(Some(resolved)),
                    Some(sample) => self.accept(sample)?,
                }
                resolved = resolve(&self.setup, &self.samples)?;
                continue;
            };
            let sample = match self.probe(&values) {
                Ok(sample) => sample,
                Err(error) => {
                    self.isolate(&resolved, error)?;
                    return Ok(None);
                }
            };
            let agrees = agrees(&resolved, &sample)?;
            self.accept(sample)?;
            confirmed = if agrees { confirmed + 1 } else { 0 };
            if confirmed == CONFIRMATIONS {
                self.ends(&resolved)?;
                return Ok(Some(resolved));
            }
            resolved = resolve(&self.setup, &self.samples)?;
        }
        Err(ExportError::Unsolved {
            what: "the graph".to_owned(),
            seen: format!("after {ROUNDS} probes the runs still do not agree with what was solved from them"),
        })
    }

    /// A run that shows other integers than were solved, at sizes that the guards forbid. An integer that is solved wrongly
    /// guards itself: the rules then demand that it be right, which leaves no size to try.
    fn refutation(&mut self, resolved: &Resolved) -> Result<Option<Sample>, ExportError> {
        let Some(values) = self.sizes_where(resolved, |_, _| true) else { return Ok(None) };
        // What fails there is what the guards forbid.
        let Ok(sample) = self.probe(&values) else { return Ok(None) };
        if parting(&self.samples[0], &sample, false).is_some() {
            return Ok(None);
        }
        Ok(if integers_agree(resolved, &sample)? { None } else { Some(sample) })
    }

    /// Probes the ends of the ranges: all symbols at their lowest together, and at their highest; where that is too large to
    /// try, each at its highest alone. An open end has no size of its own.
    fn ends(&mut self, resolved: &Resolved) -> Result<(), ExportError> {
        let low = |free: &Free| bounds(&free.movable.range).0;
        let high = |free: &Free| {
            let declared = free.movable.range.upper.finite().is_some();
            if declared { bounds(&free.movable.range).1 } else { free.movable.example }
        };
        self.end(resolved, "lowest", low)?;
        if !self.end(resolved, "highest", high)? {
            for free in self.free.clone() {
                let alone = |other: &Free| {
                    if other.symbol == free.symbol { high(other) } else { bounds(&other.movable.range).0 }
                };
                self.end(resolved, "highest", alone)?;
            }
        }
        Ok(())
    }

    /// Probes the sizes that `pick` gives; whether they were small enough to try.
    fn end(&mut self, resolved: &Resolved, which: &str, pick: impl Fn(&Free) -> i64) -> Result<bool, ExportError> {
        let assignment = self.free.iter().map(|free| (free.symbol.clone(), pick(free))).collect();
        let Some(values) = self.values_at(resolved, &assignment) else { return Ok(true) };
        if self.too_large(&values) {
            return Ok(false);
        }
        let known = self.samples.iter().any(|s| s.values == values);
        if known || !guards_hold(&resolved.solved, &symbol_values(resolved, &values)) {
            return Ok(true);
        }
        let sample = self.probe(&values).map_err(|error| ExportError::Probe {
            dims: format!("sizes at the {which} end of their ranges"),
            sizes: self.shown(&values),
            message: message_of(&error),
        })?;
        if !agrees(resolved, &sample)? {
            return Err(ExportError::Unsolved {
                what: format!("the graph at the {which} end of the ranges ({})", self.shown(&values)),
                seen: "the run does not agree with what was solved".to_owned(),
            });
        }
        self.accept(sample)?;
        Ok(true)
    }

    /// The smallest and the largest value of each free symbol in the runs.
    pub(crate) fn tried(&self, resolved: &Resolved) -> Vec<(String, i64, i64)> {
        let of = |free: &Free| {
            let values = self.samples.iter().map(|s| symbol_values(resolved, &s.values));
            let seen: Vec<i64> = values.filter_map(|all| all.get(&free.symbol).copied()).collect();
            Some((free.symbol.name().to_owned(), *seen.iter().min()?, *seen.iter().max()?))
        };
        self.free.iter().filter_map(of).collect()
    }

    /// Sizes no run has used, with every free symbol different, that satisfy all guards. `None` when the ranges leave none.
    pub(crate) fn unseen(&mut self, resolved: &Resolved) -> Option<Values> {
        self.sizes_where(resolved, guards_hold)
    }

    /// Sizes no run has used, with every free symbol different, that `accept` accepts.
    fn sizes_where(
        &mut self,
        resolved: &Resolved,
        accept: impl Fn(&Solved, &HashMap<Symbol, i64>) -> bool,
    ) -> Option<Values> {
        let taken = self.taken();
        for _ in 0..64 {
            let movables: Vec<Movable> = self.free.iter().map(|free| free.movable.clone()).collect();
            let sizes = unlike_sizes(&movables, &taken, self.round);
            self.round += 1;
            let symbols = self.free.iter().map(|free| free.symbol.clone());
            let Some(values) = self.values_at(resolved, &symbols.zip(sizes).collect()) else { continue };
            let seen = self.samples.iter().any(|s| s.values == values);
            if !seen && !self.too_large(&values) && accept(&resolved.solved, &symbol_values(resolved, &values)) {
                return Some(values);
            }
        }
        None
    }

    fn too_large(&self, values: &Values) -> bool {
        let elements = |sizes: &Vec<i64>| sizes.iter().try_fold(1_i64, |n, s| n.checked_mul(*s)).unwrap_or(i64::MAX);
        self.setup
            .tensor_leaves
            .iter()
            .filter_map(|leaf| values[*leaf].as_ref())
            .any(|s| elements(s) > super::probe::ELEMENT_CAP)
    }

    /// The inputs' sizes when the free symbols have these values; `None` when one would be negative or no integer.
    fn values_at(&self, resolved: &Resolved, symbols: &HashMap<Symbol, i64>) -> Option<Values> {
        let mut values = self.samples[0].values.clone();
        for (slot, placeholder) in values.iter_mut().zip(&resolved.solved.placeholders) {
            let exprs = match &placeholder.shape {
                PlaceholderShape::Tensor(sizes) => sizes.as_slice(),
                PlaceholderShape::Int(expr) => std::slice::from_ref(expr),
                _ => continue,
            };
            let sizes =
                exprs.iter().map(|e| e.eval(&|s| symbols.get(s).copied()).ok()).collect::<Option<Vec<i64>>>()?;
            if sizes.iter().any(|s| *s < 0) {
                return None;
            }
            *slot = Some(sizes);
        }
        Some(values)
    }

    /// Finds the dimension that cannot move alone, after a probe that everything known allowed has failed. An AUTO dimension
    /// becomes static; for any other the error says what the model said.
    fn isolate(&mut self, resolved: &Resolved, error: ExportError) -> Result<(), ExportError> {
        let mut changed = false;
        for free in self.free.clone() {
            let movable = std::slice::from_ref(&free.movable);
            let size = unlike_sizes(movable, &self.taken(), 1).first().copied().unwrap_or(free.movable.example);
            let assignment = self.free.iter().map(|other| {
                (other.symbol.clone(), if other.symbol == free.symbol { size } else { other.movable.example })
            });
            let Some(values) = self.values_at(resolved, &assignment.collect()) else { continue };
            let Err(error) = self.probe(&values) else { continue };
            let dims = self.dims_of(resolved, &free.symbol);
            if dims.iter().all(|(leaf, dim)| is_auto(&self.setup.leaves[*leaf].spec, *dim)) {
                for (leaf, dim) in dims {
                    make_static(&mut self.setup.leaves[leaf].spec, dim);
                    changed = true;
                }
                continue;
            }
            let names: Vec<String> =
                dims.iter().map(|(leaf, dim)| format!("{}.size()[{dim}]", self.setup.leaves[*leaf].source)).collect();
            let (dims, message) = (format!("{} alone", names.join(" = ")), message_of(&error));
            return Err(ExportError::Probe { dims, sizes: self.shown(&values), message });
        }
        if changed { Ok(()) } else { Err(error) }
    }

    /// The input dimensions whose size depends on the symbol.
    fn dims_of(&self, resolved: &Resolved, symbol: &Symbol) -> Vec<(usize, usize)> {
        let mut dims = Vec::new();
        for (leaf, placeholder) in resolved.solved.placeholders.iter().enumerate() {
            let PlaceholderShape::Tensor(sizes) = &placeholder.shape else { continue };
            let with = sizes.iter().enumerate().filter(|(_, size)| size.free_symbols().contains(symbol));
            dims.extend(with.map(|(dim, _)| (leaf, dim)));
        }
        dims
    }

    /// The sizes of the inputs, for messages: `x [5, 6], y [1, 6]`.
    pub(crate) fn shown(&self, values: &Values) -> String {
        let shown = self
            .setup
            .leaves
            .iter()
            .zip(values)
            .filter_map(|(leaf, v)| Some(format!("{} {:?}", leaf.name, v.as_ref()?)));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// What the model gives for these inputs, on copies of its own; buffers are as before when it returns.
    pub(crate) fn outputs_of(&self, args: &M::Args) -> Result<Vec<Leaf<Tch>>, ExportError> {
        let args = map_inputs(args, |_, tensor| Ok(deep_copy(tensor)?), |_, v| v)?;
        let saved = self.declared.buffers()?;
        let output = tch::no_grad(|| quietly(|| self.model.call(&args)));
        for (buffer, before) in saved {
            tch::no_grad(|| buffer.shallow_clone().copy_(&before));
        }
        Ok(into_leaves(output??)?.0)
    }
}

/// The dimensions that the spec makes dynamic, with the range it gives them.
fn dynamic_dims(setup: &Setup) -> Result<Vec<(usize, usize, ValueRange)>, ExportError> {
    let inputs = shapes::SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
    let mut dims = Vec::new();
    for leaf in 0..setup.leaves.len() {
        for (dim, expr) in inputs.sizes(leaf)?.iter().enumerate() {
            if let Some(symbol) = expr.as_symbol() {
                dims.push((leaf, dim, inputs.env().range(symbol)));
            }
        }
    }
    Ok(dims)
}

/// What the model said, without the sizes, which the caller adds.
fn message_of(error: &ExportError) -> String {
    match error {
        ExportError::Capture { error, .. } => error.to_string(),
        other => other.to_string(),
    }
}

fn is_auto(spec: &ShapeSpec, dim: usize) -> bool {
    matches!(spec.dim(dim), DimSpec::Hint(hint) if hint.kind() == HintKind::Auto)
}

fn make_static(spec: &mut ShapeSpec, dim: usize) {
    let fixed = DimSpec::from(Dim::static_());
    match spec {
        ShapeSpec::Dict(dims) => {
            dims.insert(dim as i64, fixed);
        }
        ShapeSpec::Tuple(dims) | ShapeSpec::List(dims) => {
            if let Some(slot) = dims.get_mut(dim) {
                *slot = fixed;
            }
        }
        _ => {}
    }
}
