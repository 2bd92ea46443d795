//! How a package is loaded.

use program::ExportedProgram;
use tch::Device;

/// How [`AotiModule::load_with`](super::AotiModule::load_with) loads a package.
#[derive(Clone, Debug)]
pub struct AotiOptions {
    pub(super) model: Option<String>,
    pub(super) device: Option<Device>,
    pub(super) runners: usize,
    pub(super) single_threaded: bool,
    pub(super) skip_plain_values: bool,
    pub(super) program: Option<ExportedProgram>,
}

impl Default for AotiOptions {
    fn default() -> Self {
        AotiOptions {
            model: None,
            device: None,
            runners: 1,
            single_threaded: false,
            skip_plain_values: false,
            program: None,
        }
    }
}

impl AotiOptions {
    /// As [`AotiModule::load`](super::AotiModule::load) loads it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the model in a package with several (`model_name`).
    #[must_use]
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// The device that runs the model (`device_index`). Its type must be the one for which the model was compiled; the
    /// default is the current device of that type.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.device = Some(device);
        self
    }

    /// How many calls run at the same time (`num_runners`, 1 by default). Others wait.
    #[must_use]
    pub fn runners(mut self, runners: usize) -> Self {
        self.runners = runners.max(1);
        self
    }

    /// Runs the model without its locks (`run_single_threaded`), for CUDA graphs. Calls of several threads take turns.
    #[must_use]
    pub fn single_threaded(mut self) -> Self {
        self.single_threaded = true;
        self
    }

    /// The program from which the model was compiled. Inputs are then checked as completely as those of the program itself,
    /// and errors name its parameters. It is not needed if the archive has a program of the same name as the model.
    #[must_use]
    pub fn program(mut self, program: &ExportedProgram) -> Self {
        self.program = Some(super::super::module::without_bytes(program));
        self
    }

    /// Passes over numbers, strings and bools among the inputs, as Python does: the model computes with the values of the
    /// export, whatever is given.
    #[must_use]
    pub fn skip_plain_values(mut self) -> Self {
        self.skip_plain_values = true;
        self
    }
}
