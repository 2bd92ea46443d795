//! Compares the calls of a program with those of its model, in runs without data.
//!
//! That takes no time of the kernels, and proves more than a comparison of numbers. It says nothing where a run asks for data, or
//! where the two differ in a way that may not matter: then they have to run with data.

use crate::ExportError;
use crate::model::{BoundCall, Forward, Leaves};
use crate::model_tensors::ModelTensors;
use crate::record::{Calls, Log, Role, Sample, Side, capture_without_data, compare_calls};
use crate::run::ProgramModule;

/// Runs model and program on inputs without data, which `inputs` makes.
pub(super) fn compare(
    (model, declared): (&dyn Forward, &ModelTensors),
    module: &ProgramModule,
    inputs: impl Fn() -> Result<Leaves, ExportError>,
) -> Calls {
    let mut held = ModelTensors::default();
    for (name, tensor) in module.tensors() {
        held.add(Role::Parameter(name.to_owned()), tensor);
    }
    let log = Log { numbers: true, ..Log::default() };
    let run = |model: &dyn Forward, declared: &ModelTensors| -> Result<Sample, ExportError> {
        capture_without_data(model, inputs()?, declared, log)
    };
    let (Ok(first), Ok(second)) = (run(model, declared), run(&Called(module), &held)) else {
        return Calls::Unsaid;
    };
    compare_calls(Side { run: &first, held: declared }, Side { run: &second, held: &held })
}

/// A program as a model.
struct Called<'m>(&'m ProgramModule);

impl Forward for Called<'_> {
    fn bind(&self, inputs: Leaves) -> Result<BoundCall<'_>, ExportError> {
        let failed = |source| ExportError::Verify { sizes: String::new(), source: Box::new(source) };
        Ok(Box::new(move || {
            let leaves = self.0.run(inputs.leaves).map_err(failed)?;
            Ok(Leaves { leaves, spec: self.0.out_spec().clone() })
        }))
    }
}
