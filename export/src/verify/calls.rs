//! Compares the calls of a program with those of its model, in runs without data.
//!
//! That takes no time of the kernels, and proves more than a comparison of numbers. It says nothing where a run asks for data, or
//! where the two differ in a way that may not matter: then they have to run with data.

use crate::ExportError;
use crate::model::{BoundCall, Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::record::{Log, Role, SameCalls, Side, capture_without_data, same_calls};
use crate::run::ProgramModule;
use pytree_core::TreeSpec;

/// Runs model and program on inputs without data, which `inputs` makes. `None` if their calls cannot be compared.
pub(super) fn compare_calls(
    (model, declared): (&dyn Forward, &ModelTensors),
    (module, spec): (&ProgramModule, &TreeSpec),
    inputs: impl Fn() -> Result<Leaves, ExportError>,
) -> Option<SameCalls> {
    let mut held = ModelTensors::default();
    for (name, tensor) in module.tensors() {
        held.add(Role::Parameter(name.to_owned()), tensor);
    }
    let log = Log { numbers: true, ..Log::default() };
    let model = capture_without_data(model, inputs().ok()?, declared, log).ok()?;
    let program = capture_without_data(&Called { module, spec }, inputs().ok()?, &held, log).ok()?;
    same_calls(Side { run: &model, held: declared }, Side { run: &program, held: &held })
}

/// A program as a model.
struct Called<'m> {
    module: &'m ProgramModule,
    spec: &'m TreeSpec,
}

impl Forward for Called<'_> {
    fn bind(&self, inputs: Leaves) -> Result<BoundCall<'_>, ExportError> {
        let failed = |source| ExportError::Verify { sizes: String::new(), source: Box::new(source) };
        Ok(Box::new(move || {
            let leaves = self.module.run(inputs.leaves).map_err(failed)?;
            Ok(Leaves { leaves, spec: self.spec.clone() })
        }))
    }
}
