//! The numbers that come out of tensors: PyTorch's unbacked symbols.

use super::points::Numbers;
use crate::ExportError;
use crate::probe::{End, Run, Runs};
use crate::record::{Call, DataKind, DataNumber, Place, Stop, ValueId};
use crate::resolve::Given;
use crate::solve;
use pytree_core::DType;
use std::rc::Rc;
use symbolic::{Bound, ShapeEnv, Symbol, ValueRange};

/// The largest number that a run without data is given.
const LARGEST: i64 = 1 << 20;

/// A number that comes out of a tensor in a run.
#[derive(Clone, Debug)]
pub(crate) struct Datum {
    /// The call that it comes from.
    pub(crate) call: usize,
    pub(crate) kind: DataKind,
    /// Its value in the example; a float as its bits.
    pub(crate) value: i64,
    /// What stands for it in the program; `None` if it has its value of the example in every run.
    pub(crate) symbol: Option<Symbol>,
    /// Whether it is a float of 32 bits or fewer.
    single: bool,
    /// Whether an earlier number is the same one.
    pub(super) repeated: bool,
    /// Whether nothing follows from it, so that it has its value of the example in every run.
    idle: bool,
    /// The tensor whose elements are counted, if PyTorch bounds the number by theirs.
    pub(super) counted: Option<ValueId>,
}

impl Datum {
    /// The symbol, if it stands for an integer that is varied.
    pub(super) fn integer(&self) -> Option<&Symbol> {
        self.symbol.as_ref().filter(|symbol| !symbol.is_real() && !self.idle)
    }

    /// Whether it is the same number in every run: it comes out of a tensor that the model holds.
    fn is_constant(&self) -> bool {
        self.symbol.is_none() && matches!(self.kind, DataKind::Int | DataKind::Float | DataKind::Count)
    }

    /// The symbol whose value it has in a run; `None` for the value of the example.
    pub(super) fn varied(&self) -> Option<&Symbol> {
        self.symbol.as_ref().filter(|_| !self.idle)
    }

    /// The symbol, if it stands for a float that is varied.
    pub(super) fn float(&self) -> Option<&Symbol> {
        self.symbol.as_ref().filter(|symbol| symbol.is_real() && !self.idle)
    }

    /// The bits of a float that says something: of either sign, about as large as in the example, with all the digits that
    /// its type has.
    pub(super) fn drawn(&self, numbers: &mut Numbers) -> i64 {
        let known = f64::from_bits(self.value as u64).abs();
        let scale = if known.is_normal() { known.clamp(1e-3, 1e3) } else { 1.0 };
        let part = numbers.between(1, 1 << 40) as f64 / (1_i64 << 39) as f64;
        let sign = if numbers.between(0, 1) == 0 { -1.0 } else { 1.0 };
        self.bits(sign * scale * (0.25 + part))
    }

    fn bits(&self, float: f64) -> i64 {
        let float = if self.single { f64::from(float as f32) } else { float };
        float.to_bits() as i64
    }

    /// Values on all sides of the conditions that people write. The second list are values at which a loop that counts
    /// down, or doubles, may not end: they are tried only if the first have shown nothing wrong.
    fn telling(&self) -> (Vec<i64>, Vec<i64>) {
        let value = self.value;
        let near = [value.saturating_add(1), value.saturating_sub(1)];
        match self.kind {
            DataKind::Int | DataKind::Count => {
                let any = [0, 1, 2, 3, 7, 64, 1000, LARGEST].into_iter().chain(near);
                let benign = any.filter(|v| (0..=LARGEST).contains(v)).collect();
                let harsh = if self.kind == DataKind::Int { vec![-1, -2, -1000, -LARGEST] } else { Vec::new() };
                (benign, harsh)
            }
            DataKind::Bool => (vec![1 - value.clamp(0, 1)], Vec::new()),
            DataKind::Float => {
                let float = f64::from_bits(value as u64);
                let own = if float.is_finite() { float.abs().clamp(1e-3, 1e6) } else { 1.0 };
                let benign = [own, own + 1e-3, own * 0.5, 2.0 * own + 1.0, 1.0, 0.5, 2.75, 1e3, 1e6, 1e-6];
                let harsh = [0.0, -0.0, -own, -0.5, -1.0, -1e-6, -1e6];
                (benign.map(|float| self.bits(float)).to_vec(), harsh.map(|float| self.bits(float)).to_vec())
            }
            DataKind::Other => (Vec::new(), Vec::new()),
        }
    }
}

/// Gives every number of the example that comes out of a tensor its symbol.
pub(super) fn declare(runs: &Runs<'_>, env: &mut ShapeEnv) -> Vec<Datum> {
    let mut data: Vec<Datum> = Vec::new();
    let mut sources: Vec<Option<Source>> = Vec::new();
    for (at, number) in runs.data().iter().enumerate() {
        let earlier = runs.data()[..at].iter().filter(|earlier| earlier.call == number.call).count();
        let source = runs.example().trace.calls.get(number.call).and_then(|call| Source::of(runs, call, earlier));
        let same = sources.iter().position(|known| known.is_some() && *known == source);
        let same = same.filter(|same| source.as_ref().is_some_and(|s| s.is_kept(runs, data[*same].call, number.call)));
        let same = same.map(|same| &data[same]).filter(|same| same.kind == number.kind);
        let single = source.as_ref().and_then(|source| runs.dtype_of(source.tensor)) != Some(DType::Float64);
        let counted = source.as_ref().filter(|source| source.bounded).map(|source| source.tensor);
        let (call, kind, value, repeated) = (number.call, number.kind, number.value, same.is_some());
        let mut datum = Datum { call, kind, value, symbol: None, single, repeated, idle: false, counted };
        datum.symbol = match same {
            Some(same) => same.symbol.clone(),
            None if is_asked(runs, at, &datum) => create(runs, env, number, source.as_ref()),
            None => None,
        };
        data.push(datum);
        sources.push(source);
    }
    data
}

/// Whether a run asks for a number. It does not if the number comes out of a tensor that the model holds, which is the same
/// in every run.
fn is_asked(runs: &Runs<'_>, at: usize, datum: &Datum) -> bool {
    let example = runs.example_run();
    let other = datum.telling().0.into_iter().find(|value| *value != datum.value);
    other.is_some_and(|value| {
        let mut given: Given = example.given().clone();
        given.data.get_mut(at).into_iter().for_each(|slot| *slot = value);
        if !runs.come_to_an_end(std::slice::from_ref(&given)) {
            return true;
        }
        let run = runs.fake(&given);
        !run.is_same() || (0..example.count()).any(|number| run.number(number) != example.number(number))
    })
}

fn create(runs: &Runs<'_>, env: &mut ShapeEnv, number: &DataNumber, source: Option<&Source>) -> Option<Symbol> {
    let op = runs.example().trace.calls.get(number.call).map(|call| call.op.to_string()).unwrap_or_default();
    let expr = match number.kind {
        DataKind::Int => env.create_unbacked(&op, ValueRange::ALL),
        DataKind::Count => {
            // PyTorch leaves out the largest number of elements where a tensor bounds it.
            let most = Bound::Finite(i128::from(i64::MAX) - 1);
            let upper = if source.is_some_and(|source| source.bounded) { most } else { Bound::PosInf };
            env.create_unbacked(&op, ValueRange { lower: Bound::Finite(0), upper })
        }
        DataKind::Float => env.create_unbacked_float(&op),
        DataKind::Bool | DataKind::Other => return None,
    };
    expr.as_symbol().cloned()
}

/// What a number comes out of. PyTorch remembers it: two reads of one tensor are one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source {
    what: &'static str,
    tensor: ValueId,
    /// Whether the number is at most that of the elements of the tensor.
    bounded: bool,
}

impl Source {
    /// The source of a number of a call; `earlier` is how many numbers of the call come before it.
    fn of(runs: &Runs<'_>, call: &Call, earlier: usize) -> Option<Self> {
        let is_mask =
            |id: &ValueId| runs.dtype_of(*id).is_some_and(|dtype| matches!(dtype, DType::Bool | DType::UInt8));
        let tensor = |name: &str| call.arg(name)?.tensors().next().copied();
        let (what, tensor, bounded) = match call.op.name() {
            "item" => ("item", tensor("self")?, false),
            "nonzero" => ("nonzero", tensor("self")?, true),
            // Each mask is a `nonzero`.
            "index" | "_unsafe_index" => {
                let mut masks = call.arg("indices")?.tensors().copied().filter(is_mask);
                ("nonzero", masks.nth(earlier)?, true)
            }
            "masked_select" => ("masked_select", tensor("mask")?, true),
            "_unique" | "_unique2" | "unique_consecutive" => ("unique", tensor("self")?, true),
            _ => return None,
        };
        Some(Source { what, tensor, bounded })
    }

    /// Whether the source has the same content at both calls, and PyTorch knows that it is the same number.
    fn is_kept(&self, runs: &Runs<'_>, first: usize, second: usize) -> bool {
        let trace = &runs.example().trace;
        let Some(memory) = trace.storage_of(self.tensor) else { return false };
        let between = trace.calls.get(first + 1..second).unwrap_or_default();
        let mut written = between.iter().flat_map(Call::written_tensors);
        let written = written.any(|id| trace.storage_of(id) == Some(memory));
        !written && matches!(self.what, "item" | "nonzero")
    }
}

/// Runs the example with other numbers out of its tensors: the forward must take the same path, and of a bool or float
/// nothing else may follow. A number of which nothing follows keeps its value from then on.
///
/// # Errors
/// [`ExportError::DataDependent`] for a path that depends on such a number, [`ExportError::ReadsData`] for one that nothing
/// follows from and that is not named as harmless, [`ExportError::Unsolved`] for a float that follows from one in a way that
/// is not found.
pub(super) fn check(runs: &Runs<'_>, data: &mut [Datum]) -> Result<(), ExportError> {
    let known = data.to_vec();
    for (at, datum) in known.iter().enumerate().filter(|(_, datum)| !datum.repeated && !datum.is_constant()) {
        let (benign, harsh) = datum.telling();
        // All at once if all come to their end, else one by one, so that the error names the first that does not.
        let all: Vec<Given> = benign.iter().chain(&harsh).map(|value| with_number(runs, &known, at, *value)).collect();
        let safe = runs.come_to_an_end(&all);
        let mut tried: Vec<(i64, Rc<Run>)> = vec![(datum.value, Rc::clone(runs.example_run()))];
        for value in benign {
            tried.push((value, checked(runs, &known, at, value, safe)?));
        }
        let followers = followers(runs, &tried);
        if followers.is_empty() {
            // A branch may still follow from it, at a value that was not tried or together with another number. The size
            // that a count is follows from it.
            if matches!(datum.kind, DataKind::Int | DataKind::Float | DataKind::Bool) && !runs.is_harmless(datum.call) {
                let op = runs.example().trace.calls.get(datum.call).map(|call| call.op.clone());
                return Err(ExportError::ReadsData { op, line: runs.line_of(datum.call) });
            }
            let same = |other: &&mut Datum| other.symbol == datum.symbol;
            data.iter_mut().filter(same).for_each(|datum| datum.idle = true);
            continue;
        }
        for number in followers.into_iter().filter(|_| datum.kind == DataKind::Float) {
            let float = |bits: i64| f64::from_bits(bits as u64);
            let pairs = tried.iter().filter_map(|(value, run)| Some((float(*value), float(run.number(number)?))));
            if !solve::has_form(&pairs.collect::<Vec<_>>()) {
                let seen = tried.iter().filter_map(|(_, run)| run.number(number)).map(float).collect::<Vec<_>>();
                return Err(ExportError::Unsolved { what: runs.what_is(number), seen: format!("{seen:?}") });
            }
        }
        for value in harsh {
            checked(runs, &known, at, value, safe)?;
        }
    }
    check_together(runs, data)
}

/// Runs the example with other values of all numbers at once: two of them together may pass a border that neither passes
/// alone.
fn check_together(runs: &Runs<'_>, data: &[Datum]) -> Result<(), ExportError> {
    let telling: Vec<Vec<i64>> = data
        .iter()
        .map(|datum| match datum.varied() {
            Some(_) => {
                let (benign, harsh) = datum.telling();
                benign.into_iter().chain(harsh).collect()
            }
            None => Vec::new(),
        })
        .collect();
    let Some(first) = data.iter().find(|datum| datum.varied().is_some()) else { return Ok(()) };
    let mut together = Vec::new();
    for at in 0..telling.iter().map(Vec::len).max().unwrap_or_default() {
        let mut given: Given = runs.example_run().given().clone();
        for (slot, values) in given.data.iter_mut().zip(&telling) {
            // The shorter lists end with the values that are far away.
            *slot = values.get(at).or(values.last()).copied().unwrap_or(*slot);
        }
        let same = |(i, datum): (usize, &Datum)| {
            data[..i].iter().rposition(|d| d.symbol == datum.symbol && d.symbol.is_some())
        };
        for (i, datum) in data.iter().enumerate().filter(|(_, datum)| datum.repeated) {
            let known = same((i, datum)).and_then(|known| given.data.get(known).copied());
            if let (Some(value), Some(slot)) = (known, given.data.get_mut(i)) {
                *slot = value;
            }
        }
        together.push(given);
    }
    if !runs.come_to_an_end(&together) {
        return Err(depends(runs, first, format!("with other values of all such numbers {NO_END}")));
    }
    for given in together {
        if let Some(what) = another_path(runs, &runs.fake(&given)) {
            return Err(depends(runs, first, format!("with other values of all such numbers {what}")));
        }
    }
    Ok(())
}

/// What a forward does whose run in a copy of the process did not come to its end.
const NO_END: &str = "it does not end, or it ends the process: it loops, recurses or allocates by the number";

/// What the run of the example with another number is given.
fn with_number(runs: &Runs<'_>, data: &[Datum], at: usize, value: i64) -> Given {
    let mut given: Given = runs.example_run().given().clone();
    let symbol = data.get(at).and_then(|datum| datum.symbol.as_ref());
    let same = |other: &Datum| symbol.is_some() && other.symbol.as_ref() == symbol;
    for (i, slot) in given.data.iter_mut().enumerate() {
        if i == at || data.get(i).is_some_and(same) {
            *slot = value;
        }
    }
    given
}

/// The run of the example with another number.
fn checked(runs: &Runs<'_>, data: &[Datum], at: usize, value: i64, safe: bool) -> Result<Rc<Run>, ExportError> {
    let Some(datum) = data.get(at) else { return Ok(Rc::clone(runs.example_run())) };
    let given = with_number(runs, data, at, value);
    let shown = |value: i64| match datum.kind {
        DataKind::Float => format!("{:?}", f64::from_bits(value as u64)),
        DataKind::Bool => (value != 0).to_string(),
        _ => value.to_string(),
    };
    let instead = || format!("with {} instead of {} ", shown(value), shown(datum.value));
    if !safe && !runs.come_to_an_end(std::slice::from_ref(&given)) {
        return Err(depends(runs, datum, instead() + NO_END));
    }
    let run = runs.fake(&given);
    match another_path(runs, &run).map(|what| instead() + &what).or_else(|| follows(runs, datum, &run)) {
        Some(what) => Err(depends(runs, datum, what)),
        None => Ok(run),
    }
}

/// The numbers of the graph that differ between runs. A run that an op has ended differs.
fn followers(runs: &Runs<'_>, tried: &[(i64, Rc<Run>)]) -> Vec<usize> {
    let example = runs.example_run();
    let read = |number: usize| matches!(runs.place(number), Some(Place::Read { .. } | Place::Offset { .. }));
    let differs = |number: &usize| tried.iter().any(|(_, run)| run.number(*number) != example.number(*number));
    (0..example.count()).filter(|number| !read(*number)).filter(differs).collect()
}

/// What a run does that the example does not; the subject is the forward.
fn another_path(runs: &Runs<'_>, run: &Run) -> Option<String> {
    let at = run.completed();
    let line = runs.line_of(at).map(|line| format!(" ({line})")).unwrap_or_default();
    match run.end() {
        End::Stopped(Stop::Path { op: Some(op), .. }) => Some(format!("it calls `{op}`{line}")),
        End::Stopped(Stop::Path { op: None, .. }) => Some(format!("it returns early{line}")),
        End::Stopped(Stop::Arguments { op, .. } | Stop::Results { op }) => {
            Some(format!("it calls `{op}` in another way{line}"))
        }
        End::Stopped(Stop::Panicked { message, location }) => {
            let location = location.as_ref().map(|line| format!(" ({line})")).unwrap_or_default();
            Some(format!("it panics: {message}{location}"))
        }
        End::Stopped(Stop::Constant { .. }) => Some(format!("it makes a tensor of other values{line}")),
        End::Output { place, .. } => Some(format!("{place} is another one")),
        _ => None,
    }
}

/// An integer of the graph that follows from a bool or a float, which PyTorch's programs cannot compute.
fn follows(runs: &Runs<'_>, datum: &Datum, run: &Run) -> Option<String> {
    let example = runs.example_run();
    let kept = |number: usize| match runs.place(number) {
        Some(Place::Read { .. } | Place::Offset { .. }) => true,
        Some(Place::Float { .. } | Place::Constant { float: true, .. }) => datum.kind == DataKind::Float,
        Some(_) => false,
        None => datum.kind == DataKind::Float && runs.is_float_output(number),
    };
    if !matches!(datum.kind, DataKind::Bool | DataKind::Float) {
        return None;
    }
    let changed = (0..run.count()).find(|number| run.number(*number) != example.number(*number) && !kept(*number))?;
    Some(format!("{} follows from it", runs.what_is(changed)))
}

/// The error of a path that depends on a number.
pub(super) fn depends(runs: &Runs<'_>, datum: &Datum, change: String) -> ExportError {
    let op = runs.example().trace.calls.get(datum.call).map(|call| call.op.clone());
    ExportError::DataDependent { op, change, line: runs.line_of(datum.call) }
}
