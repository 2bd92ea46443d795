//! The procedure: run, solve, probe, until nothing new is learned.

use crate::declared::Declared;
use super::predict::{Free, agrees, free_symbols, guards_hold, integers_agree, symbol_values};
use super::sizes::{Movable, bounds, tiled, unlike_sizes};
use crate::ExportError;
use crate::setup::Setup;
use crate::dispatch::deep_copy;
use crate::record::{How, Parting, Sample, capture, map_inputs, parting, quietly};
use crate::resolve::{Resolved, resolve};
use program::Tried;
use pytree_core::{Leaf, Module, Tch, into_leaves};
use shapes::{Dim, DimSpec, HintKind, PlaceholderShape, ShapeSpec, Solved};
use symbolic::{Symbol};
use std::collections::HashMap;

/// Probes at most this often before giving up: each either confirms what was solved or adds what it showed.
const ROUNDS: usize = 8;

/// How many probes in a row have to agree with what was solved.
const CONFIRMATIONS: usize = 2;

/// The runs of an export.
pub(crate) struct Search<'m, M: Module<Family = Tch>> {
    pub(super) model: &'m M,
    pub(super) sets: &'m [M::Args],
    pub(super) declared: &'m Declared,
    pub(super) setup: Setup,
    /// The runs that took the first one's path: the given sets, then probes.
    pub(super) samples: Vec<Sample>,
    /// How often sizes were picked; each time gives others.
    pub(super) round: usize,
    /// The symbols that are left in what was solved last.
    free: Vec<Free>,
}

/// The values of every input leaf: sizes of a tensor, value of an int.
pub(super) type Values = Vec<Option<Vec<i64>>>;

impl<'m, M: Module<Family = Tch>> Search<'m, M> {
    pub(crate) fn new(model: &'m M, sets: &'m [M::Args], declared: &'m Declared, setup: Setup) -> Self {
        Search { model, sets, declared, setup, samples: Vec::new(), round: 0, free: Vec::new() }
    }

    /// What the export was asked for.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The first run: valid by definition. It fixes the graph.
    pub(crate) fn example(&self) -> &Sample {
        &self.samples[0]
    }

    /// Runs the procedure.
    pub(crate) fn run(&mut self) -> Result<Resolved, ExportError> {
        self.run_sets()?;
        loop {
            if self.merged_probes()? {
                self.separate()?;
                if let Some(resolved) = self.settle()? {
                    return Ok(resolved);
                }
            }
            // A dimension was made static: everything is solved again without it.
            self.samples.truncate(self.sets.len().max(1));
        }
    }

    /// Captures every given set. All are valid, so all must take the same path; that the first does not depend on values is
    /// seen to before another is taken for a branch.
    fn run_sets(&mut self) -> Result<(), ExportError> {
        for args in self.sets {
            // The first run fixes the graph; only its calls become nodes with a place in the source.
            let first = self.samples.is_empty();
            let how = if first && self.setup.locations { How::Located } else { How::Plain };
            let sample = capture(self.model, args, self.declared, &how)?;
            self.accept(sample)?;
            if first {
                self.vary_values()?;
            }
        }
        Ok(())
    }

    /// Adds a run that succeeded, unless it took another path.
    fn accept(&mut self, sample: Sample) -> Result<(), ExportError> {
        self.same_path(&sample)?;
        self.samples.push(sample);
        Ok(())
    }

    /// Whether a run took the path of the first one.
    pub(super) fn same_path(&self, sample: &Sample) -> Result<(), ExportError> {
        let parting = self.samples.first().and_then(|first| parting(first, sample, false));
        parting.map_or(Ok(()), |parting| Err(self.branch(parting, sample)))
    }

    fn branch(&self, parting: Parting, sample: &Sample) -> ExportError {
        let (first_sizes, second_sizes) = (self.shown(&self.samples[0].values), self.shown(&sample.values));
        if let Parting::Graph { first, second, at } = parting {
            return ExportError::Branch { at, first, second, first_sizes, second_sizes };
        }
        let (place, first, second) = parting.place();
        ExportError::Varies { place, first, second, first_sizes, second_sizes }
    }

    /// Makes dimensions static that are AUTO, all of them or none; whether it did.
    pub(super) fn freeze(&mut self, dims: &[(usize, usize)]) -> bool {
        let auto = |(leaf, dim): &(usize, usize)| is_auto(&self.setup.leaves[*leaf].spec, *dim);
        let all = !dims.is_empty() && dims.iter().all(auto);
        for (leaf, dim) in dims.iter().filter(|_| all) {
            make_static(&mut self.setup.leaves[*leaf].spec, *dim);
        }
        all
    }

    /// Sizes that are constants of the example: probes avoid them.
    pub(super) fn taken(&self) -> Vec<i64> {
        self.samples[0].values.iter().flatten().flatten().copied().collect()
    }

    /// Captures the model on inputs with these sizes, tiled from the example.
    fn probe(&self, values: &Values) -> Result<Sample, ExportError> {
        capture(self.model, &self.inputs_of(values)?, self.declared, &How::Plain).map_err(|error| match error {
            ExportError::Capture { error, .. } => ExportError::Capture { sizes: self.shown(values), error },
            other => other,
        })
    }

    /// As [`probe`](Search::probe), and it has to take the path of the first run.
    pub(super) fn trial(&self, values: &Values) -> Result<Sample, ExportError> {
        let sample = self.probe(values)?;
        self.same_path(&sample)?;
        Ok(sample)
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
            let sample = match self.trial(&values) {
                Ok(sample) => sample,
                Err(error) => {
                    self.isolate(&resolved, &values, error)?;
                    return Ok(None);
                }
            };
            let agrees = agrees(&resolved, &sample)?;
            self.samples.push(sample);
            confirmed = if agrees { confirmed + 1 } else { 0 };
            if confirmed == CONFIRMATIONS {
                return Ok(if self.ends(&resolved)? { Some(resolved) } else { None });
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
    /// try, each at its highest alone. An open end has no size of its own. `false` when an AUTO dimension has become static.
    fn ends(&mut self, resolved: &Resolved) -> Result<bool, ExportError> {
        let low = |free: &Free| bounds(&free.movable.range).0;
        let high = |free: &Free| {
            let declared = free.movable.range.upper.finite().is_some();
            if declared { bounds(&free.movable.range).1 } else { free.movable.example }
        };
        let mut ends = vec![("lowest", self.picked(low)), ("highest", self.picked(high))];
        let too_large = |end: &HashMap<Symbol, i64>| self.values_at(resolved, end).is_some_and(|v| self.too_large(&v));
        if too_large(&ends[1].1) {
            ends.pop();
            let alone =
                |free: &Free| self.picked(|other| if other.symbol == free.symbol { high(other) } else { low(other) });
            ends.extend(self.free.iter().map(|free| ("highest", alone(free))));
        }
        for (which, end) in ends {
            let Some(values) = self.values_at(resolved, &end) else { continue };
            let known = self.samples.iter().any(|s| s.values == values);
            let allowed = guards_hold(&resolved.solved, &symbol_values(resolved, &values));
            if !known && allowed && !self.too_large(&values) && !self.end(resolved, which, &values)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn picked(&self, pick: impl Fn(&Free) -> i64) -> HashMap<Symbol, i64> {
        self.free.iter().map(|free| (free.symbol.clone(), pick(free))).collect()
    }

    /// Probes one end; `false` when an AUTO dimension has become static.
    fn end(&mut self, resolved: &Resolved, which: &str, values: &Values) -> Result<bool, ExportError> {
        let sample = match self.trial(values) {
            Ok(sample) => sample,
            Err(error) => {
                let shown = match error {
                    ExportError::Capture { error, .. } => ExportError::Probe {
                        dims: format!("sizes at the {which} end of their ranges"),
                        sizes: self.shown(values),
                        message: error.to_string(),
                    },
                    other => other,
                };
                return self.isolate(resolved, values, shown).map(|()| false);
            }
        };
        if !agrees(resolved, &sample)? {
            return Err(ExportError::Unsolved {
                what: format!("the graph at the {which} end of the ranges ({})", self.shown(values)),
                seen: "the run does not agree with what was solved".to_owned(),
            });
        }
        self.samples.push(sample);
        Ok(true)
    }

    /// The smallest and the largest value of each free symbol in the runs.
    pub(crate) fn tried(&self, resolved: &Resolved) -> Vec<Tried> {
        let of = |free: &Free| {
            let values = self.samples.iter().map(|s| symbol_values(resolved, &s.values));
            let seen: Vec<i64> = values.filter_map(|all| all.get(&free.symbol).copied()).collect();
            Some(Tried { symbol: free.symbol.clone(), low: *seen.iter().min()?, high: *seen.iter().max()? })
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
            .any(|s| elements(s) > super::sizes::ELEMENT_CAP)
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

    /// Finds the dimension that cannot move alone, after a probe that everything known allowed has failed. AUTO dimensions
    /// become static; for any other the error says what the model said.
    fn isolate(&mut self, resolved: &Resolved, failed: &Values, error: ExportError) -> Result<(), ExportError> {
        let sizes = symbol_values(resolved, failed);
        let mut changed = false;
        for free in self.free.clone() {
            let own = |other: &Free| sizes.get(&other.symbol).filter(|_| other.symbol == free.symbol).copied();
            let alone = self.picked(|other| own(other).unwrap_or(other.movable.example));
            let Some(values) = self.values_at(resolved, &alone) else { continue };
            let Err(error) = self.trial(&values) else { continue };
            let dims = self.dims_of(resolved, &free.symbol);
            if self.freeze(&dims) {
                changed = true;
                continue;
            }
            let ExportError::Capture { error, .. } = error else { return Err(error) };
            let names: Vec<String> =
                dims.iter().map(|(leaf, dim)| format!("{}.size()[{dim}]", self.setup.leaves[*leaf].source)).collect();
            let (dims, message) = (format!("{} alone", names.join(" = ")), error.to_string());
            return Err(ExportError::Probe { dims, sizes: self.shown(&values), message });
        }
        if !changed {
            // None fails alone: all that may become static do.
            for free in self.free.clone() {
                changed |= self.freeze(&self.dims_of(resolved, &free.symbol));
            }
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
