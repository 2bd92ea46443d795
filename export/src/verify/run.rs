//! One run of the model and one of the program, and their comparison.

use super::CheckCase;
use super::compare::{Agreement, Mismatch, compare, outline_of};
use crate::ExportError;
use crate::model::{Forward, Leaves};
use crate::model_state::SavedState;
use crate::model_tensors::ModelTensors;
use crate::outcome::{Outcome, own_inputs};
use crate::record::{UNINITIALIZED, quietly};
use crate::run::{CallError, ProgramModule, RunProgram};
use program::{ExportedProgram, NodeKind, Target, Vacuous};
use pytree_core::{Leaf, Tch};
use tch::Tensor;

/// A model and its program.
pub(super) struct Sides<'a> {
    model: &'a dyn Forward,
    declared: &'a ModelTensors,
    module: ProgramModule,
    /// Whether an op of the program gives memory that nothing was written to.
    uninitialized: bool,
    tolerance: f64,
}

/// A comparison that found no difference.
pub(super) struct Compared {
    /// The largest difference.
    pub(super) difference: f64,
    /// Whether results differ from run to run.
    pub(super) random: bool,
    /// Whether values were compared, and not only kinds and sizes.
    pub(super) values: bool,
    /// Per output: why its agreement proves nothing.
    pub(super) vacuous: Vec<Option<Vacuous>>,
    /// Whether an input or a buffer was written to.
    pub(super) written: bool,
}

impl Compared {
    /// Two runs without data that made the same calls and returned so many values.
    pub(super) fn by_calls(outputs: usize) -> Self {
        let vacuous = vec![None; outputs];
        Compared { difference: 0.0, random: false, values: true, vacuous, written: false }
    }
}

/// A value that differs, and how.
struct Found {
    what: String,
    mismatch: Mismatch,
}

impl<'a> Sides<'a> {
    pub(super) fn new(
        model: &'a dyn Forward,
        declared: &'a ModelTensors,
        program: &'a ExportedProgram,
        shown: &str,
        tolerance: f64,
    ) -> Result<Self, ExportError> {
        let module = program.module().map_err(|source| failed(shown, source))?;
        let uninitialized = program.graph.nodes.iter().any(|node| match &node.kind {
            NodeKind::Call { target: Target::Op(op), .. } => UNINITIALIZED.contains(&op.name()),
            _ => false,
        });
        Ok(Sides { model, declared, module, uninitialized, tolerance })
    }

    /// The program.
    pub(super) fn module(&self) -> &ProgramModule {
        &self.module
    }

    /// Runs both on copies of the inputs and compares what they return and write. If what the model did with these inputs is
    /// known, only the program runs. `None` for inputs at which the model may fail and does, or that the program may refuse and
    /// does.
    pub(super) fn compare(&self, case: &CheckCase, known: Option<&Outcome>) -> Result<Option<Compared>, ExportError> {
        let run = match known {
            Some(_) => None,
            None => match self.model_run(&case.inputs) {
                Ok(run) => Some(run),
                Err(_) if case.may_fail => return Ok(None),
                Err(error) => return Err(error),
            },
        };
        let Some(expected) = known.or(run.as_ref()) else { return Ok(None) };
        match self.program_run(&case.inputs) {
            Ok(got) => self.judge(case, &got, expected).map(Some),
            Err(error) if case.may_refuse && refuses(&error) => Ok(None),
            Err(source) => Err(failed(&case.shown, source)),
        }
    }

    /// Fails where the program refuses the inputs.
    pub(super) fn accepts(&self, case: &CheckCase) -> Result<(), ExportError> {
        let leaves: Vec<_> = case.inputs.leaves.iter().map(Leaf::as_ref).collect();
        self.module.accepts(&leaves).map_err(|source| failed(&case.shown, source))
    }

    fn judge(&self, case: &CheckCase, got: &Outcome, expected: &Outcome) -> Result<Compared, ExportError> {
        let inputs = &case.inputs;
        let found = match self.agree(inputs, got, expected) {
            Ok(compared) => return Ok(compared),
            Err(found) => found,
        };
        // A program that draws random numbers draws the same ones as the model after the same seed.
        if let Ok(compared) = self.seeded(case)? {
            return Ok(Compared { random: true, ..compared });
        }
        let by_kind = || -> Result<Compared, ExportError> {
            self.alike(got, expected).map_err(|found| self.differs(case, found))?;
            Ok(Compared { difference: 0.0, random: true, values: false, vacuous: Vec::new(), written: false })
        };
        let run = || self.program_run(inputs).map_err(|source| failed(&case.shown, source));
        if self.agree(inputs, &run()?, &run()?).is_err() {
            // It draws them in its own way, so only kinds and sizes can be compared.
            return by_kind();
        }
        if let Err(again) = self.agree(inputs, &self.model_run(inputs)?, &self.model_run(inputs)?) {
            if self.uninitialized {
                // What both return is whatever the memory held.
                return by_kind();
            }
            let Found { what, mismatch: Mismatch(second) } = again;
            return Err(ExportError::Impure { place: what, first: "one value".to_owned(), second, line: None });
        }
        Err(self.differs(case, found))
    }

    fn differs(&self, case: &CheckCase, Found { what, mismatch }: Found) -> ExportError {
        ExportError::Differs { sizes: case.shown.clone(), what, difference: mismatch.0 }
    }

    /// Compares runs with the same random numbers. Afterwards the generator goes on from a number that it had drawn itself.
    fn seeded(&self, case: &CheckCase) -> Result<Result<Compared, Found>, ExportError> {
        let inputs = &case.inputs;
        let draw = || {
            let drawn = Tensor::f_randint(i64::from(i32::MAX), [2], (tch::Kind::Int64, tch::Device::Cpu))?;
            Ok((drawn.f_int64_value(&[0])?, drawn.f_int64_value(&[1])?))
        };
        let (seed, next) = draw().map_err(ExportError::Inputs)?;
        tch::manual_seed(seed);
        let expected = self.model_run(inputs);
        tch::manual_seed(seed);
        let got = self.program_run(inputs);
        tch::manual_seed(next);
        let (expected, got) = (expected?, got.map_err(|source| failed(&case.shown, source))?);
        Ok(self.agree(inputs, &got, &expected))
    }

    /// Runs the model. Afterwards its buffers have their old content again.
    fn model_run(&self, inputs: &Leaves) -> Result<Outcome, ExportError> {
        let (own, given) = own_inputs(inputs)?;
        let call = self.model.bind(own)?;
        let saved = self.declared.buffers()?;
        // In the mode of the caller: without gradients a backward pass of the forward would end the process.
        let output = quietly(call);
        let outcome = output.map(|output| Outcome::of(&output?, given, self.declared));
        saved.restore()?;
        outcome?
    }

    /// Runs the program. Afterwards its buffers have their old content again.
    fn program_run(&self, inputs: &Leaves) -> Result<Outcome, CallError> {
        let failed = |source| CallError::Op { node: "the copy of an input".to_owned(), source };
        let other = |error| match error {
            ExportError::Dispatch(source) => failed(source),
            error => failed(crate::dispatch::DispatchError::Tensor { message: error.to_string() }),
        };
        let (own, given) = own_inputs(inputs).map_err(other)?;
        let carried = self.declared.named_buffers().filter_map(|(name, _)| self.module.tensor(name));
        let carried: Vec<Tensor> = carried.collect();
        let saved = SavedState::of(carried.iter()).map_err(failed)?;
        let outputs = tch::no_grad(|| self.module.run(own.leaves));
        let outcome = outputs.and_then(|out| {
            Outcome::with_buffers((&out, self.module.out_spec()), given, carried.iter()).map_err(other)
        });
        saved.restore().map_err(failed)?;
        outcome
    }

    /// Compares the values of two runs.
    fn agree(&self, before: &Leaves, got: &Outcome, expected: &Outcome) -> Result<Compared, Found> {
        let mut compared =
            Compared { difference: 0.0, random: false, values: true, vacuous: Vec::new(), written: false };
        let pairs = self.pairs(got, expected)?;
        for Pair { what, got, expected } in pairs {
            let Agreement { difference, vacuous } = compare(got, expected, self.tolerance)
                .map_err(|mismatch| Found { what: what.to_string(), mismatch })?;
            compared.difference = compared.difference.max(difference);
            if matches!(what, What::Output(_)) {
                compared.vacuous.push(vacuous);
            }
        }
        let changed = |(before, after): (&Leaf<Tch>, &Leaf<Tch>)| compare(after, before, 0.0).is_err();
        compared.written = !expected.buffers.is_empty() || before.leaves.iter().zip(&expected.inputs).any(changed);
        Ok(compared)
    }

    /// Compares the kinds and sizes of two runs.
    fn alike(&self, got: &Outcome, expected: &Outcome) -> Result<(), Found> {
        for Pair { what, got, expected } in self.pairs(got, expected)? {
            let outlines = outline_of(got).and_then(|got| Ok((got, outline_of(expected)?)));
            let differs = match outlines {
                Ok((got, expected)) if got == expected => continue,
                Ok((got, expected)) => Mismatch(format!("{got} instead of {expected}")),
                Err(mismatch) => mismatch,
            };
            return Err(Found { what: what.to_string(), mismatch: differs });
        }
        Ok(())
    }

    /// The values of two runs in pairs.
    fn pairs<'v>(&self, got: &'v Outcome, expected: &'v Outcome) -> Result<Vec<Pair<'v>>, Found> {
        let names: Vec<&str> = self.declared.named_buffers().map(|(name, _)| name).collect();
        let buffer = |i: usize| What::Buffer(names.get(i).copied().unwrap_or_default().to_owned());
        if got.spec != expected.spec {
            let mismatch = Mismatch(format!("{} instead of {}", got.spec, expected.spec));
            return Err(Found { what: What::Structure.to_string(), mismatch });
        }
        let mut pairs = paired(&got.outputs, &expected.outputs, What::Output)?;
        pairs.extend(paired(&got.inputs, &expected.inputs, What::Input)?);
        pairs.extend(paired(&got.buffers, &expected.buffers, buffer)?);
        Ok(pairs)
    }
}

/// A value of the program and that of the model.
struct Pair<'v> {
    what: What,
    got: &'v Leaf<Tch>,
    expected: &'v Leaf<Tch>,
}

fn paired<'v>(
    got: &'v [Leaf<Tch>],
    expected: &'v [Leaf<Tch>],
    what: impl Fn(usize) -> What,
) -> Result<Vec<Pair<'v>>, Found> {
    if got.len() != expected.len() {
        let mismatch = Mismatch(format!("{} values instead of {}", got.len(), expected.len()));
        return Err(Found { what: what(got.len().min(expected.len())).to_string(), mismatch });
    }
    let pairs = got.iter().zip(expected).enumerate();
    Ok(pairs.map(|(i, (got, expected))| Pair { what: what(i), got, expected }).collect())
}

/// A value that is compared.
enum What {
    Structure,
    Output(usize),
    Input(usize),
    Buffer(String),
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            What::Structure => f.write_str("the structure of the output"),
            What::Output(i) => write!(f, "output {i}"),
            What::Input(i) => write!(f, "input {i} after the call"),
            What::Buffer(name) => write!(f, "buffer `{name}` after the call"),
        }
    }
}

/// Whether the program refuses the inputs, and does not fail on them.
fn refuses(error: &CallError) -> bool {
    matches!(error, CallError::Inputs(_) | CallError::Assertion { .. })
}

pub(super) fn failed(shown: &str, source: CallError) -> ExportError {
    ExportError::Verify { sizes: shown.to_owned(), source: Box::new(source) }
}
