//! How runs end early, and what that means.

use super::runs::{End, Run, Runs};
use crate::ExportError;
use crate::build::Locations;
use crate::record::Stop;

impl Run {
    /// Whether the sizes are too large to be tried: a number of elements or bytes is not a number of 64 bits.
    pub(crate) fn is_too_large(&self) -> bool {
        let message = match self.end() {
            End::Stopped(Stop::Failed { message, .. } | Stop::Panicked { message, .. }) | End::Inputs { message } => {
                message
            }
            _ => return false,
        };
        ["overflow", "too large", "out of memory"].iter().any(|text| message.contains(text))
    }

    /// Whether the end may depend on the sizes, so that there are guards under which the run would not have ended.
    pub(crate) fn follows_sizes(&self) -> bool {
        match self.end() {
            End::Stopped(stop) => matches!(
                stop,
                Stop::Path { .. }
                    | Stop::Arguments { .. }
                    | Stop::Results { .. }
                    | Stop::Failed { .. }
                    | Stop::Panicked { .. }
            ),
            End::Output { .. } | End::Inputs { .. } => true,
            End::Same => false,
        }
    }
}

impl Runs<'_> {
    /// The error of a run that ended early.
    pub(crate) fn end_error(&self, run: &Run) -> ExportError {
        let (first_sizes, second_sizes) = (self.shown_given(self.example_run().given()), self.shown_given(run.given()));
        let at = run.completed();
        let line = self.line_of(at);
        let named = |op: Option<&program::OpName>| op.map_or("no further op".to_owned(), ToString::to_string);
        match run.end().clone() {
            End::Stopped(Stop::Path { op, instead_of }) => ExportError::Branch {
                at,
                first: named(instead_of.as_ref()).into(),
                second: named(op.as_ref()).into(),
                first_sizes,
                second_sizes,
                line: line.map(String::into_boxed_str),
            },
            End::Stopped(Stop::Arguments { op, argument }) => {
                let call = self.example().trace.calls.get(at);
                let argument = argument.and_then(|i| Some(call?.args.get(i)?.name.clone()));
                let place = match argument {
                    Some(name) => format!("argument `{name}` of `{op}`"),
                    None => format!("an argument of `{op}`"),
                };
                ExportError::Path { place, first_sizes, second_sizes, line }
            }
            End::Stopped(Stop::Results { op }) => ExportError::Path {
                place: format!("the number or type of the results of `{op}`"),
                first_sizes,
                second_sizes,
                line,
            },
            End::Stopped(Stop::Failed { op, message }) => ExportError::Fails { op, message, sizes: second_sizes, line },
            End::Stopped(Stop::Panicked { message, location }) => {
                ExportError::Panics { message, sizes: second_sizes, line: location }
            }
            End::Stopped(Stop::Read { op }) => ExportError::ReadsData { op, line },
            End::Stopped(Stop::NoRule { op, reason }) => ExportError::NoFakeRun { op, reason, line },
            End::Stopped(Stop::Constant { op, .. }) => ExportError::ConstantVaries {
                op: op.map_or("the forward".to_owned(), |op| format!("`{op}`")),
                first_sizes,
                second_sizes,
                line,
            },
            End::Stopped(Stop::Foreign { op, .. }) => ExportError::OtherTensor { op, line },
            End::Stopped(Stop::State { op, reason }) => ExportError::NoFakeRun { op, reason, line },
            End::Output { place, first, second } => {
                ExportError::Varies { place, first, second, first_sizes, second_sizes }
            }
            End::Inputs { message } => ExportError::InputsOfSizes { sizes: second_sizes, message },
            End::Same => ExportError::Unsolved { what: "a run".to_owned(), seen: second_sizes },
        }
    }

    /// Whether a call is named as a read of which nothing follows: by its function or by its line.
    pub(crate) fn is_harmless(&self, call: usize) -> bool {
        let harmless = &self.setup().harmless;
        let Some(call) = self.example().trace.calls.get(call).filter(|_| !harmless.is_empty()) else { return false };
        let Some(frame) = Locations::default().frame(call) else {
            // Without debug information there are only names.
            return Locations::functions(call).iter().any(|function| harmless.contains(function));
        };
        let line = format!("{}:{}", frame.file, frame.line);
        let is_line = |name: &str| line.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        harmless.iter().any(|name| *name == frame.function || is_line(name))
    }

    /// Refuses a forward that prints a tensor, before it runs without data: tch holds a lock while it prints, and a read that
    /// is stopped there would leave the lock poisoned, so that nothing could be printed in this process any more.
    ///
    /// # Errors
    /// [`ExportError::ReadsData`].
    pub(crate) fn refuse_printing(&self) -> Result<(), ExportError> {
        let calls = self.data().iter().map(|number| number.call);
        let printing = |call: &usize| self.example().trace.calls.get(*call).is_some_and(Locations::is_printing);
        match calls.into_iter().find(printing) {
            Some(call) => Err(ExportError::ReadsData { op: None, line: self.line_of(call) }),
            None => Ok(()),
        }
    }

    /// The Rust line of a call of the example, if it is known.
    pub(crate) fn line_of(&self, call: usize) -> Option<String> {
        let call = self.example().trace.calls.get(call)?;
        let frame = Locations::default().frame(call)?;
        Some(format!("{}:{}", frame.file, frame.line))
    }
}
