//! Solves, probes at sizes that no run has used, and solves again until the probes agree with the solution.

use super::predict::{FreeSymbol, agrees, free_symbols, guards_hold, integers_agree, sizes_of, symbol_values};
use super::runs::Runs;
use super::sizes::{DynamicDim, bounds, unlike_sizes};
use crate::ExportError;
use crate::record::divergence;
use crate::resolve::{Resolved, resolve};
use crate::variable::{LeafSizes, Variable};
use program::Tried;
use shapes::{PlaceholderShape, Solved};
use std::collections::HashMap;
use symbolic::Symbol;

/// The largest number of probes. Each either confirms the solution or is one more run to solve from.
const ROUNDS: usize = 8;

/// How many probes in a row must agree with the solution.
const CONFIRMATIONS: usize = 2;

/// How often sizes are picked before the search for unused ones ends.
const PICKS: usize = 64;

/// The solution, and its free symbols.
pub(crate) struct Settled {
    pub(crate) resolved: Resolved,
    free: Vec<FreeSymbol>,
}

/// Solves and probes. `None` if an AUTO dimension became static.
pub(super) fn run(runs: &mut Runs<'_>) -> Result<Option<Settled>, ExportError> {
    let mut settled = Settled::of(runs)?;
    let mut confirmed = 0;
    for _ in 0..ROUNDS {
        if settled.free.is_empty() {
            return Ok(Some(settled));
        }
        let Some(sizes) = settled.unseen(runs) else {
            if !settled.refuted(runs)? {
                return Ok(Some(settled));
            }
            settled = Settled::of(runs)?;
            continue;
        };
        let sample = match runs.trial(&sizes) {
            Ok(sample) => sample,
            Err(error) => {
                settled.isolate(runs, &sizes, error)?;
                return Ok(None);
            }
        };
        let agrees = agrees(&settled.resolved, &sample)?;
        runs.samples.push(sample);
        confirmed = if agrees { confirmed + 1 } else { 0 };
        if confirmed == CONFIRMATIONS {
            return Ok(if settled.ends(runs)? { Some(settled) } else { None });
        }
        settled = Settled::of(runs)?;
    }
    Err(ExportError::Unsolved {
        what: "the graph".to_owned(),
        seen: format!("after {ROUNDS} probes the runs still do not agree with the solution"),
    })
}

impl Settled {
    fn of(runs: &Runs<'_>) -> Result<Self, ExportError> {
        let resolved = resolve(&runs.setup, &runs.samples)?;
        let free = free_symbols(&resolved.solved);
        Ok(Settled { resolved, free })
    }

    /// Sizes that no run has used, with a different value for every free symbol, that satisfy all guards. `None` if the
    /// ranges leave none.
    pub(crate) fn unseen(&self, runs: &mut Runs<'_>) -> Option<LeafSizes> {
        self.sizes_where(runs, guards_hold)
    }

    /// Sizes that no run has used, with a different value for every free symbol, that `accept` accepts.
    fn sizes_where(
        &self,
        runs: &mut Runs<'_>,
        accept: impl Fn(&Solved, &HashMap<Symbol, i64>) -> bool,
    ) -> Option<LeafSizes> {
        let taken = runs.taken();
        let dims: Vec<DynamicDim> = self.free.iter().map(|free| free.dim.clone()).collect();
        for _ in 0..PICKS {
            let picked = unlike_sizes(&dims, &taken, runs.round);
            runs.round += 1;
            let symbols = self.free.iter().map(|free| free.symbol.clone());
            let Some(sizes) = self.sizes_at(runs, &symbols.zip(picked).collect()) else { continue };
            let seen = runs.samples.iter().any(|sample| sample.sizes == sizes);
            let values = || symbol_values(&self.resolved, &sizes);
            if !seen && !runs.too_large(&sizes) && accept(&self.resolved.solved, &values()) {
                return Some(sizes);
            }
        }
        None
    }

    /// The sizes of the inputs when the free symbols have these values; `None` if one would be negative or not an integer.
    fn sizes_at(&self, runs: &Runs<'_>, symbols: &HashMap<Symbol, i64>) -> Option<LeafSizes> {
        let mut all = runs.example().sizes.clone();
        for (leaf, placeholder) in self.resolved.solved.placeholders.iter().enumerate() {
            let Some(exprs) = sizes_of(&placeholder.shape) else { continue };
            let sizes =
                exprs.iter().map(|e| e.eval(&|s| symbols.get(s).copied()).ok()).collect::<Option<Vec<i64>>>()?;
            if sizes.iter().any(|s| *s < 0) {
                return None;
            }
            all.set_leaf(leaf, sizes);
        }
        Some(all)
    }

    /// Whether a run at sizes that the guards forbid contradicts the solved integers. If so, it becomes one more run to solve
    /// from. A wrong solution can protect itself: the rules then add a guard under which it is right, and no size is left
    /// to try.
    fn refuted(&self, runs: &mut Runs<'_>) -> Result<bool, ExportError> {
        let Some(sizes) = self.sizes_where(runs, |_, _| true) else { return Ok(false) };
        // The model may fail there, since the guards forbid these sizes.
        let Ok(sample) = runs.probe(&sizes) else { return Ok(false) };
        if divergence(runs.example(), &sample, false).is_some() || integers_agree(&self.resolved, &sample)? {
            return Ok(false);
        }
        runs.accept(sample)?;
        Ok(true)
    }

    /// Probes the ends of the ranges: all symbols at their lowest values, then all at their highest; if that is too large,
    /// each alone at its highest. An unbounded end is not probed. `false` if an AUTO dimension became static.
    fn ends(&self, runs: &mut Runs<'_>) -> Result<bool, ExportError> {
        let low = |free: &FreeSymbol| bounds(&free.dim.range).0;
        let high = |free: &FreeSymbol| {
            let declared = free.dim.range.upper.finite().is_some();
            if declared { bounds(&free.dim.range).1 } else { free.dim.example }
        };
        let mut ends = vec![("lowest", self.picked(low)), ("highest", self.picked(high))];
        if self.sizes_at(runs, &ends[1].1).is_some_and(|sizes| runs.too_large(&sizes)) {
            ends.pop();
            let alone = |free: &FreeSymbol| {
                self.picked(|other| if other.symbol == free.symbol { high(other) } else { low(other) })
            };
            ends.extend(self.free.iter().map(|free| ("highest", alone(free))));
        }
        for (which, end) in ends {
            let Some(sizes) = self.sizes_at(runs, &end) else { continue };
            let known = runs.samples.iter().any(|sample| sample.sizes == sizes);
            let allowed = guards_hold(&self.resolved.solved, &symbol_values(&self.resolved, &sizes));
            if !known && allowed && !runs.too_large(&sizes) && !self.end(runs, which, &sizes)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn picked(&self, pick: impl Fn(&FreeSymbol) -> i64) -> HashMap<Symbol, i64> {
        self.free.iter().map(|free| (free.symbol.clone(), pick(free))).collect()
    }

    /// Probes one end; `false` if an AUTO dimension became static.
    fn end(&self, runs: &mut Runs<'_>, which: &str, sizes: &LeafSizes) -> Result<bool, ExportError> {
        let sample = match runs.trial(sizes) {
            Ok(sample) => sample,
            Err(error) => {
                let shown = match error {
                    ExportError::Capture { source, .. } => ExportError::Probe {
                        dims: format!("sizes at the {which} end of their ranges"),
                        sizes: runs.shown(sizes),
                        source,
                    },
                    other => other,
                };
                return self.isolate(runs, sizes, shown).map(|()| false);
            }
        };
        if !agrees(&self.resolved, &sample)? {
            return Err(ExportError::Unsolved {
                what: format!("the graph at the {which} end of the ranges ({})", runs.shown(sizes)),
                seen: "the run does not agree with the solution".to_owned(),
            });
        }
        runs.samples.push(sample);
        Ok(true)
    }

    /// The smallest and the largest value of each free symbol in the runs.
    pub(crate) fn tried(&self, runs: &Runs<'_>) -> Vec<Tried> {
        let of = |free: &FreeSymbol| {
            let values = runs.samples.iter().map(|sample| symbol_values(&self.resolved, &sample.sizes));
            let seen: Vec<i64> = values.filter_map(|all| all.get(&free.symbol).copied()).collect();
            Some(Tried { symbol: free.symbol.clone(), low: *seen.iter().min()?, high: *seen.iter().max()? })
        };
        self.free.iter().filter_map(of).collect()
    }

    /// Finds the dimension that cannot move alone, after a probe failed that the solution allows. AUTO dimensions become
    /// static; for any other dimension the error of the model is returned.
    fn isolate(&self, runs: &mut Runs<'_>, failed: &LeafSizes, error: ExportError) -> Result<(), ExportError> {
        let values = symbol_values(&self.resolved, failed);
        let mut changed = false;
        for free in &self.free {
            let own = |other: &FreeSymbol| values.get(&other.symbol).filter(|_| other.symbol == free.symbol).copied();
            let alone = self.picked(|other| own(other).unwrap_or(other.dim.example));
            let Some(sizes) = self.sizes_at(runs, &alone) else { continue };
            let Err(error) = runs.trial(&sizes) else { continue };
            let dims = self.dims_of(&free.symbol);
            if runs.freeze(&dims) {
                changed = true;
                continue;
            }
            let ExportError::Capture { source, .. } = error else { return Err(error) };
            let name = |variable: &Variable| match *variable {
                Variable::InputDim { leaf, dim } => format!("{}.size()[{dim}]", runs.setup.leaves[leaf].source),
                Variable::InputInt { leaf } => runs.setup.leaves[leaf].source.clone(),
            };
            let names: Vec<String> = dims.iter().map(name).collect();
            let dims = format!("{} alone", names.join(" = "));
            return Err(ExportError::Probe { dims, sizes: runs.shown(&sizes), source });
        }
        if !changed {
            // No dimension fails alone, so all that may become static do.
            for free in &self.free {
                changed |= runs.freeze(&self.dims_of(&free.symbol));
            }
        }
        if changed { Ok(()) } else { Err(error) }
    }

    /// The input dimensions whose size depends on the symbol.
    fn dims_of(&self, symbol: &Symbol) -> Vec<Variable> {
        let mut dims = Vec::new();
        for (leaf, placeholder) in self.resolved.solved.placeholders.iter().enumerate() {
            let PlaceholderShape::Tensor(sizes) = &placeholder.shape else { continue };
            let with = sizes.iter().enumerate().filter(|(_, size)| size.free_symbols().contains(symbol));
            dims.extend(with.map(|(dim, _)| Variable::InputDim { leaf, dim }));
        }
        dims
    }
}
