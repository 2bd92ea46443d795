//! One model with its inputs.

use torch_export::prelude::*;

/// A model to be exported and compared.
pub(crate) struct Case<M: Module<Family = Tch>> {
    /// The model.
    pub(crate) model: M,
    /// The sets that it is exported from. The first is the example.
    pub(crate) sets: Vec<M::Args>,
    /// The dynamic shapes; `None` guesses them from the sets.
    pub(crate) shapes: Option<DynamicShapes>,
    /// Inputs of sizes that no set has, for comparing the model and the program.
    pub(crate) unseen: [M::Args; 3],
    /// A decoder's first call, from which it generates tokens.
    pub(crate) prompt: Option<M::Args>,
    /// The largest difference between two runs of other kernels, relative to the largest element.
    pub(crate) tolerance: f64,
    /// Whether AOTInductor compiles it too.
    pub(crate) compiled: bool,
    /// Whether two runs differ, as with dropout in training: only sizes are compared.
    pub(crate) random: bool,
}

impl<M: Module<Family = Tch>> Case<M> {
    /// A case with guessed dynamic shapes.
    pub(crate) fn new(model: M, sets: impl Into<Vec<M::Args>>, unseen: [M::Args; 3]) -> Self {
        Case {
            model,
            sets: sets.into(),
            shapes: None,
            unseen,
            prompt: None,
            tolerance: 1e-5,
            compiled: false,
            random: false,
        }
    }

    /// Sets the dynamic shapes.
    pub(crate) fn shapes(mut self, shapes: DynamicShapes) -> Self {
        self.shapes = Some(shapes);
        self
    }

    /// Generates twenty tokens. The first input leaf is the ids, `[batch, length]`, and the first output leaf the logits; the
    /// other outputs are the other inputs of the next call, and inputs for which there is no output stay as they are.
    pub(crate) fn generates_from(mut self, prompt: M::Args) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Sets the tolerance for other kernels.
    pub(crate) fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Compiles it by AOTInductor too, and runs the package here.
    pub(crate) fn compiled(mut self) -> Self {
        self.compiled = true;
        self
    }

    /// Compares only the sizes of results.
    pub(crate) fn random(mut self) -> Self {
        self.random = true;
        self
    }
}
