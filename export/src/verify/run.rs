//! One run of the model and one of the program, and their comparison.

use super::compare::{Agreement, Mismatch, compare, outline_of};
use crate::ExportError;
use crate::dispatch::deep_copy;
use crate::model::{Forward, Leaves};
use crate::model_state::SavedState;
use crate::model_tensors::ModelTensors;
use crate::record::{Role, quietly};
use crate::run::{CallError, ProgramModule, RunProgram};
use program::{ExportedProgram, NodeKind, Target, Vacuous};
use pytree_core::{Leaf, Tch};
use tch::Tensor;

/// Ops that give memory that nothing was written to.
const UNINITIALIZED: [&str; 7] =
    ["empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided", "resize_"];

/// A model and its program.
pub(super) struct Sides<'a> {
    model: &'a dyn Forward,
    declared: &'a ModelTensors,
    module: ProgramModule,
    /// Whether an op of the program gives memory that nothing was written to.
    uninitialized: bool,
    shown: &'a str,
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

/// What a run leaves behind: its outputs, and the inputs and buffers afterwards.
struct After {
    outputs: Vec<Leaf<Tch>>,
    inputs: Vec<Leaf<Tch>>,
    buffers: Vec<Leaf<Tch>>,
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
        shown: &'a str,
        tolerance: f64,
    ) -> Result<Self, ExportError> {
        let module = program.module().map_err(|source| failed(shown, source))?;
        let uninitialized = program.graph.nodes.iter().any(|node| match &node.kind {
            NodeKind::Call { target: Target::Op(op), .. } => UNINITIALIZED.contains(&op.name()),
            _ => false,
        });
        Ok(Sides { model, declared, module, uninitialized, shown, tolerance })
    }

    /// Runs both on copies of these inputs and compares what they return and write.
    pub(super) fn compare(&self, inputs: &Leaves) -> Result<Compared, ExportError> {
        let expected = self.model_run(inputs)?;
        let got = self.program_run(inputs).map_err(|source| failed(self.shown, source))?;
        self.judge(inputs, &got, &expected)
    }

    /// The same for inputs that the model or the program may reject.
    pub(super) fn compare_if_possible(&self, inputs: &Leaves) -> Result<Option<Compared>, ExportError> {
        let Ok(expected) = self.model_run(inputs) else { return Ok(None) };
        match self.program_run(inputs) {
            Ok(got) => self.judge(inputs, &got, &expected).map(Some),
            Err(error) if refuses(&error) => Ok(None),
            Err(source) => Err(failed(self.shown, source)),
        }
    }

    fn judge(&self, inputs: &Leaves, got: &After, expected: &After) -> Result<Compared, ExportError> {
        let found = match self.agree(inputs, got, expected) {
            Ok(compared) => return Ok(compared),
            Err(found) => found,
        };
        // A program that draws random numbers draws the same ones as the model after the same seed.
        if let Ok(compared) = self.seeded(inputs)? {
            return Ok(Compared { random: true, ..compared });
        }
        let by_kind = || -> Result<Compared, ExportError> {
            self.alike(got, expected).map_err(|found| self.differs(found))?;
            Ok(Compared { difference: 0.0, random: true, values: false, vacuous: Vec::new(), written: false })
        };
        let run = || self.program_run(inputs).map_err(|source| failed(self.shown, source));
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
        Err(self.differs(found))
    }

    fn differs(&self, Found { what, mismatch }: Found) -> ExportError {
        ExportError::Differs { sizes: self.shown.to_owned(), what, difference: mismatch.0 }
    }

    /// Compares runs with the same random numbers. Afterwards the generator goes on from a number that it had drawn itself.
    fn seeded(&self, inputs: &Leaves) -> Result<Result<Compared, Found>, ExportError> {
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
        let (expected, got) = (expected?, got.map_err(|source| failed(self.shown, source))?);
        Ok(self.agree(inputs, &got, &expected))
    }

    /// Runs the model. Afterwards its buffers have their old content again.
    fn model_run(&self, inputs: &Leaves) -> Result<After, ExportError> {
        let (own, given) = copies(inputs)?;
        let call = self.model.bind(own)?;
        let saved = self.declared.buffers()?;
        // In the mode of the caller: without gradients a backward pass of the forward would end the process.
        let output = quietly(call);
        let buffers = self.buffers().map(|(_, tensor)| Ok(Leaf::Tensor(deep_copy(tensor)?)));
        let buffers = buffers.collect::<Result<_, ExportError>>();
        saved.restore()?;
        let Leaves { leaves: outputs, .. } = output??;
        Ok(After { outputs: owned(outputs)?, inputs: given, buffers: buffers? })
    }

    /// Runs the program. Afterwards its buffers have their old content again.
    fn program_run(&self, inputs: &Leaves) -> Result<After, CallError> {
        let failed = |source| CallError::Op { node: "the copy of an input".to_owned(), source };
        let other = |error| match error {
            ExportError::Dispatch(source) => failed(source),
            error => failed(crate::dispatch::DispatchError::Tensor { message: error.to_string() }),
        };
        let (own, given) = copies(inputs).map_err(other)?;
        let carried: Vec<Tensor> = self.buffers().filter_map(|(name, _)| self.module.tensor(name)).collect();
        let saved = SavedState::of(carried.iter()).map_err(failed)?;
        let outputs = tch::no_grad(|| self.module.run(own.leaves));
        let buffer = |tensor: &Tensor| Ok(Leaf::Tensor(deep_copy(tensor).map_err(failed)?));
        let buffers = carried.iter().map(buffer).collect::<Result<Vec<Leaf<Tch>>, CallError>>();
        let outputs = outputs.and_then(|outputs| owned(outputs).map_err(other));
        saved.restore().map_err(failed)?;
        Ok(After { outputs: outputs?, inputs: given, buffers: buffers? })
    }

    /// The declared buffers by name.
    fn buffers(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.declared.entries().iter().filter_map(|(role, tensor)| match role {
            Role::Buffer(name) => Some((name.as_str(), tensor)),
            _ => None,
        })
    }

    /// Compares the values of two runs.
    fn agree(&self, before: &Leaves, got: &After, expected: &After) -> Result<Compared, Found> {
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
    fn alike(&self, got: &After, expected: &After) -> Result<(), Found> {
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
    fn pairs<'v>(&self, got: &'v After, expected: &'v After) -> Result<Vec<Pair<'v>>, Found> {
        let names: Vec<&str> = self.buffers().map(|(name, _)| name).collect();
        let buffer = |i: usize| What::Buffer(names.get(i).copied().unwrap_or_default().to_owned());
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
    Output(usize),
    Input(usize),
    Buffer(String),
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
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

fn failed(shown: &str, source: CallError) -> ExportError {
    ExportError::Verify { sizes: shown.to_owned(), source: Box::new(source) }
}

/// Copies of the inputs, and handles to them, which show what is written to the copies.
fn copies(inputs: &Leaves) -> Result<(Leaves, Vec<Leaf<Tch>>), ExportError> {
    let own = inputs.map(|_, tensor| Ok(deep_copy(tensor)?), |_, v| v)?;
    let handles = own.leaves.iter().map(|leaf| leaf.as_ref().map(Tensor::shallow_clone)).collect();
    Ok((own, handles))
}

/// Outputs that no later write changes: one may be a buffer or an input.
fn owned(outputs: Vec<Leaf<Tch>>) -> Result<Vec<Leaf<Tch>>, ExportError> {
    let copy = |leaf: Leaf<Tch>| match leaf {
        Leaf::Tensor(tensor) => Ok(Leaf::Tensor(deep_copy(&tensor)?)),
        plain => Ok(plain),
    };
    outputs.into_iter().map(copy).collect()
}
