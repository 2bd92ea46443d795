//! The runs of an export.

use super::inputs::tiled;
use crate::dispatch::deep_copy;
use crate::model::{Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::record::{Divergence, RecordMode, Sample, capture, divergence};
use crate::setup::Setup;
use crate::variable::{LeafSizes, Variable};
use crate::{ExportError, probe::sizes::ELEMENT_CAP};
use shapes::{Dim, HintKind};

/// A model, and its runs that took the path of the first one: the given sets, then probes.
pub(crate) struct Runs<'m> {
    pub(super) model: &'m dyn Forward,
    pub(super) sets: Vec<Leaves>,
    pub(super) declared: &'m ModelTensors,
    pub(super) setup: Setup,
    pub(super) samples: Vec<Sample>,
    /// How often sizes were picked; each round gives other sizes.
    pub(super) round: usize,
}

impl<'m> Runs<'m> {
    /// A model without runs. `sets` has at least one set.
    pub(crate) fn new(model: &'m dyn Forward, sets: Vec<Leaves>, declared: &'m ModelTensors, setup: Setup) -> Self {
        Runs { model, sets, declared, setup, samples: Vec::new(), round: 0 }
    }

    /// The inputs and options of the export.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The model.
    pub(crate) fn model(&self) -> &'m dyn Forward {
        self.model
    }

    /// The tensors that the model holds.
    pub(crate) fn declared(&self) -> &'m ModelTensors {
        self.declared
    }

    /// The inputs of the first set.
    pub(crate) fn first_set(&self) -> &Leaves {
        &self.sets[0]
    }

    /// The first run. It is valid by definition and determines the graph.
    pub(crate) fn example(&self) -> &Sample {
        &self.samples[0]
    }

    /// Drops all runs except those on the given sets.
    pub(super) fn forget_probes(&mut self) {
        self.samples.truncate(self.sets.len());
    }

    /// Records a run on these inputs.
    pub(super) fn capture(&self, inputs: &Leaves, mode: &RecordMode<'_>) -> Result<Sample, ExportError> {
        capture(self.model, inputs, self.declared, mode)
    }

    /// Adds a run that succeeded, unless it took another path.
    pub(super) fn accept(&mut self, sample: Sample) -> Result<(), ExportError> {
        self.same_path(&sample)?;
        self.samples.push(sample);
        Ok(())
    }

    /// Whether a run took the path of the first one.
    fn same_path(&self, sample: &Sample) -> Result<(), ExportError> {
        let found = self.samples.first().and_then(|first| divergence(first, sample, false));
        found.map_or(Ok(()), |found| Err(self.branch(found, sample)))
    }

    fn branch(&self, found: Divergence, sample: &Sample) -> ExportError {
        let (first_sizes, second_sizes) = (self.shown(&self.samples[0].sizes), self.shown(&sample.sizes));
        if let Divergence::Graph { first, second, at } = found {
            return ExportError::Branch { at, first, second, first_sizes, second_sizes };
        }
        let (place, first, second) = found.place();
        ExportError::Varies { place, first, second, first_sizes, second_sizes }
    }

    /// Records a run at these sizes, on inputs tiled from the example.
    pub(super) fn probe(&self, sizes: &LeafSizes) -> Result<Sample, ExportError> {
        self.capture(&self.inputs_of(sizes)?, &RecordMode::Plain).map_err(|error| match error {
            ExportError::Capture { source, .. } => ExportError::Capture { sizes: self.shown(sizes), source },
            other => other,
        })
    }

    /// Like [`probe`](Runs::probe); fails if the run does not take the path of the first one.
    pub(super) fn trial(&self, sizes: &LeafSizes) -> Result<Sample, ExportError> {
        let sample = self.probe(sizes)?;
        self.same_path(&sample)?;
        Ok(sample)
    }

    /// Inputs of these sizes, tiled from the example.
    pub(crate) fn inputs_of(&self, sizes: &LeafSizes) -> Result<Leaves, ExportError> {
        self.sets[0].map(
            |leaf, tensor| match sizes.leaf(leaf) {
                Some(sizes) => tiled(tensor, sizes),
                None => Ok(deep_copy(tensor)?),
            },
            |leaf, v| sizes.get(Variable::InputInt { leaf }).unwrap_or(v),
        )
    }

    /// Makes these dimensions static if all of them are AUTO; returns whether it did.
    pub(super) fn freeze(&mut self, dims: &[Variable]) -> bool {
        let auto = |variable: &Variable| match *variable {
            Variable::InputDim { leaf, dim } => {
                self.setup.leaves[leaf].spec.dim(dim).hint().is_some_and(|hint| hint.kind() == HintKind::Auto)
            }
            Variable::InputInt { .. } => false,
        };
        let all = !dims.is_empty() && dims.iter().all(auto);
        for variable in dims.iter().filter(|_| all) {
            if let Variable::InputDim { leaf, dim } = *variable {
                self.setup.leaves[leaf].spec.set_dim(dim, Dim::static_());
            }
        }
        all
    }

    /// The sizes of the example, which probes avoid.
    pub(super) fn taken(&self) -> Vec<i64> {
        self.samples[0].sizes.numbers().collect()
    }

    /// Whether an input of these sizes has more elements than a probe may have.
    pub(super) fn too_large(&self, sizes: &LeafSizes) -> bool {
        let elements = |sizes: &[i64]| sizes.iter().try_fold(1_i64, |n, s| n.checked_mul(*s)).unwrap_or(i64::MAX);
        let tensors = self.setup.tensor_leaves.iter().filter_map(|leaf| sizes.leaf(*leaf));
        tensors.map(elements).any(|elements| elements > ELEMENT_CAP)
    }

    /// The sizes of the inputs, for messages: `x [5, 6], y [1, 6]`.
    pub(crate) fn shown(&self, sizes: &LeafSizes) -> String {
        let inputs = self.setup.leaves.iter().zip(sizes.iter());
        let shown = inputs.filter_map(|(leaf, sizes)| Some(format!("{} {:?}", leaf.name, sizes?)));
        shown.collect::<Vec<_>>().join(", ")
    }
}
