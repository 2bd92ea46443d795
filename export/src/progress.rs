//! How far an export is: for the caller's callback, and as spans of `tracing`.

use std::cell::RefCell;
use std::fmt::{Display, Formatter};

/// The part of an export that is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The forward runs on the first set of inputs, and its ops are recorded.
    Record,
    /// The integers of the graph are identified from runs without data.
    Resolve,
    /// The graph is built.
    Build,
    /// The program is compared with the model.
    Verify,
}

/// How far an export is: what [`Export::on_progress`](crate::Export::on_progress) is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The part that is going on.
    pub stage: Stage,
    /// How many runs were made so far. Most export a few hundred, whatever the number of layers.
    pub runs: usize,
    /// How many ops of the graph are resolved. If a run shows something new, the export begins again with the first.
    pub done: usize,
    /// How many ops were recorded.
    pub total: usize,
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::Record => "record",
            Stage::Resolve => "resolve",
            Stage::Build => "build",
            Stage::Verify => "verify",
        })
    }
}

/// `resolve 120/412, 37 runs`
impl Display for Progress {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.stage)?;
        if self.stage == Stage::Resolve {
            write!(f, " {}/{}", self.done, self.total)?;
        }
        write!(f, ", {} runs", self.runs)
    }
}

/// The caller's callback.
pub(crate) type OnProgress<'m> = Box<dyn FnMut(&Progress) + 'm>;

/// What is known of an export, and the caller's callback.
pub(crate) struct Told<'m>(RefCell<(Progress, Option<OnProgress<'m>>)>);

/// Behind a trait, so that the lifetime of a callback is not that of what is told.
trait Tell {
    fn tell(&self, change: &dyn Fn(&mut Progress));
}

/// Who is told how far an export is.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'w>(&'w dyn Tell);

impl<'m> Told<'m> {
    pub(crate) fn new(callback: Option<OnProgress<'m>>) -> Self {
        let progress = Progress { stage: Stage::Record, runs: 0, done: 0, total: 0 };
        Told(RefCell::new((progress, callback)))
    }

    pub(crate) fn watch(&self) -> Watch<'_> {
        Watch(self)
    }
}

impl Tell for Told<'_> {
    fn tell(&self, change: &dyn Fn(&mut Progress)) {
        let Ok(mut state) = self.0.try_borrow_mut() else { return };
        let (progress, callback) = &mut *state;
        change(progress);
        if let Some(callback) = callback {
            callback(progress);
        }
    }
}

impl Watch<'_> {
    /// Runs a part of the export.
    pub(crate) fn stage<R>(self, stage: Stage, f: impl FnOnce() -> R) -> R {
        let span = match stage {
            Stage::Record => tracing::debug_span!("record"),
            Stage::Resolve => tracing::debug_span!("resolve"),
            Stage::Build => tracing::debug_span!("build"),
            Stage::Verify => tracing::debug_span!("verify"),
        };
        self.0.tell(&|progress| progress.stage = stage);
        // Not `in_scope`, which would be a frame between the forward and this crate.
        let _entered = span.enter();
        f()
    }

    /// Runs the forward once; `sizes` shows the sizes of its inputs.
    pub(crate) fn run<R>(self, sizes: impl FnOnce() -> String, f: impl FnOnce() -> R) -> R {
        let span = tracing::trace_span!("run", sizes = tracing::field::Empty);
        if !span.is_disabled() {
            span.record("sizes", sizes());
        }
        self.0.tell(&|progress| progress.runs += 1);
        // Not `in_scope`, which would be a frame between the forward and this crate.
        let _entered = span.enter();
        f()
    }

    /// Says how many ops are resolved.
    pub(crate) fn resolved(self, done: usize, total: usize) {
        self.0.tell(&|progress| (progress.done, progress.total) = (done, total));
    }
}
