//! The runs from which short expressions are read: the example, and runs at generic points.
//!
//! A run at sizes that all differ ends at the first op that needs two of them to be equal. So there would be new runs after
//! every equality that the rules find, and a deep model has thousands. Loose runs go on instead. What they have made equal
//! is proven call by call: the rule of the op must have made it equal as well. Where it has not, and where a loose run ends,
//! runs at points of the space that is known so far take over.

use super::attempt::{Halt, is_of_data};
use super::data::Datum;
use super::domain::Domain;
use super::lessons::{LEAST_BITS, Lesson, Lessons};
use super::points::Numbers;
use crate::probe::{Run, Runs};
use shapes::SymbolicInputs;
use std::collections::HashMap;
use std::rc::Rc;
use symbolic::{Expr, Symbol};

/// How many generic points identify the simple integers.
pub(super) const POINTS: usize = 3;

/// How much was known when a space was made: the numbers of guards, replacements and asserts.
pub(super) type Version = (usize, usize, usize);

/// Loose runs have sizes of at most so many bits: products of the sizes of many inputs are still numbers of elements.
const BITS: u32 = 18;

/// The values of all symbols at a point.
pub(super) type Values = HashMap<Symbol, i64>;

/// The example and the generic points, with their runs.
#[derive(Debug)]
pub(super) struct Samples {
    /// The space of the points.
    pub(super) domain: Domain,
    /// The points, without the example.
    pub(super) points: Vec<Vec<i64>>,
    /// The values of all symbols at the example and at each point.
    pub(super) places: Vec<Values>,
    /// The run of the example and that of each point.
    pub(super) runs: Vec<Rc<Run>>,
    /// What the space was made from.
    pub(super) version: Version,
}

impl Samples {
    /// The runs at these points; a point outside of the space is left out.
    pub(super) fn at(domain: &Domain, runs: &Runs<'_>, points: Vec<Vec<i64>>, version: Version) -> Self {
        let run = |point: &Vec<i64>| Some(runs.fake(&domain.given(point, &runs.example().sizes)?));
        let (points, fakes): (Vec<_>, Vec<_>) =
            points.into_iter().filter_map(|point| run(&point).map(|run| (point, run))).unzip();
        Samples::of(domain, runs, points, fakes, version)
    }

    fn of(domain: &Domain, runs: &Runs<'_>, points: Vec<Vec<i64>>, fakes: Vec<Rc<Run>>, version: Version) -> Self {
        let places = std::iter::once(&domain.example()).chain(&points).map(|point| domain.values(point)).collect();
        let fakes = std::iter::once(Rc::clone(runs.example_run())).chain(fakes).collect();
        Samples { domain: domain.clone(), points, places, runs: fakes, version }
    }

    /// The values of a number, as far as the runs came.
    pub(super) fn seen(&self, number: usize) -> Vec<i64> {
        self.runs.iter().filter_map(|run| run.number(number)).collect()
    }

    /// The expressions of the sizes that are free.
    pub(super) fn sizes(&self) -> impl Iterator<Item = Expr> {
        let symbols = self.domain.space.variables.iter().map(|variable| &variable.symbol);
        symbols.filter(|symbol| !super::domain::is_draw(symbol)).map(Expr::symbol)
    }
}

/// Loose runs at points at which all sizes differ.
#[derive(Debug)]
pub(super) struct Loose {
    pub(super) samples: Samples,
    /// The run in which sizes are equal that are equal in all given sets, and the values of all symbols there.
    pub(super) equal: (Values, Rc<Run>),
}

impl Loose {
    /// The loose runs of a replay; `None` if the sizes cannot differ enough to be told apart.
    pub(super) fn new(
        runs: &Runs<'_>,
        lessons: &Lessons,
        inputs: &SymbolicInputs,
        created: &[Vec<Expr>],
        data: &[Datum],
    ) -> Result<Option<Self>, Halt> {
        // The guards of later calls hold in these runs, so that they come past them. One on numbers out of tensors does not:
        // each of them stands for itself until the call that needs it.
        let mut guarded = inputs.clone();
        for (guard, origin) in lessons.in_order() {
            if !is_of_data(guard, guarded.env()) {
                let guard = guarded.env().replace_rel(guard)?;
                guarded.env_mut().evaluate(&guard, origin)?;
            }
        }
        let domain = Domain::of(runs.setup(), &guarded, created, data)?;
        let bits = lessons.bits.min(BITS);
        let points = domain.generic(POINTS, bits);
        if points.len() < POINTS || !domain.tells_apart(bits) {
            return Ok(None);
        }
        let sizes = &runs.example().sizes;
        let Some(equal) = domain.tied(runs, lessons.bits) else { return Ok(None) };
        let given: Option<Vec<_>> = points.iter().map(|point| domain.given(point, sizes)).collect();
        let (Some(given), Some(equal_given)) = (given, domain.given(&equal, sizes)) else { return Ok(None) };
        let (equal_run, loose) = runs.loose(&equal_given, &given);
        if equal_run.is_too_large() && lessons.bits > LEAST_BITS {
            return Err(Halt::Learned(Lesson::TooLarge { bits: lessons.bits - 2 }));
        }
        if loose.len() < POINTS {
            return Ok(None);
        }
        let samples = Samples::of(&domain, runs, points, loose, (0, 0, 0));
        Ok(Some(Loose { samples, equal: (domain.values(&equal), equal_run) }))
    }

    /// Whether all runs came to the arguments of a call; behind the last call: whether they came to their end.
    pub(super) fn reach(&self, runs: &Runs<'_>, call: usize) -> bool {
        let end = call >= runs.example().trace.calls.len();
        self.samples.runs.iter().all(|run| runs.numbers().has_arguments(run.count(), call) && (!end || run.is_same()))
    }

    /// Whether all runs completed a call.
    pub(super) fn reach_results(&self, runs: &Runs<'_>, call: usize) -> bool {
        self.samples.runs.iter().all(|run| runs.numbers().has_results(run.count(), call))
    }

    /// Whether a call was given other sizes than the forward gave it.
    pub(super) fn is_loosened(&self, call: usize) -> bool {
        self.samples.runs.iter().any(|run| run.is_loosened(call))
    }
}

impl Domain {
    /// Whether numbers at generic points tell one size from another, and from a sum or product of two, by their values.
    fn tells_apart(&self, bits: u32) -> bool {
        let values = |variable: &crate::solve::SizeVariable| {
            let high = variable.high.min(1 << bits).max(variable.example);
            (high - variable.low.max(high / 4).min(high)) / variable.step.max(1)
        };
        let variables = self.space.variables.iter().filter(|variable| !super::domain::is_draw(&variable.symbol));
        let (mut least, mut count) = (i64::MAX, 0_i64);
        for variable in variables {
            (least, count) = (least.min(values(variable)), count + 1);
        }
        let least = i128::from(least.max(0));
        count > 0 && least.pow(2) * least >= i128::from(count).pow(2) * 10_000
    }

    /// A generic point at which sizes are equal that are equal in all given sets. All are large, so that this run, which is the
    /// first one, finds out whether such sizes are too large.
    fn tied(&self, runs: &Runs<'_>, bits: u32) -> Option<Vec<i64>> {
        let mut seen: HashMap<Symbol, Vec<i64>> = HashMap::new();
        for set in runs.sets() {
            let sizes = crate::variable::LeafSizes::of(&set.leaves);
            for (symbol, value) in self.read(&sizes) {
                seen.entry(symbol).or_default().push(value);
            }
        }
        let sets = runs.sets().len();
        let mut numbers = Numbers::new(0x0074_6965);
        for _ in 0..super::points::DRAWS {
            let mut drawn: HashMap<&[i64], i64> = HashMap::new();
            let point = self.drawn(|variable| {
                let high = variable.high.min(1 << bits).max(variable.example);
                let low = variable.low.max(high / 2).min(high);
                let mut fresh = || numbers.between(low, high);
                match seen.get(&variable.symbol).filter(|seen| seen.len() == sets) {
                    Some(seen) => *drawn.entry(seen.as_slice()).or_insert_with(fresh),
                    None => fresh(),
                }
            });
            if self.allows(&point) {
                return Some(point);
            }
        }
        None
    }
}
