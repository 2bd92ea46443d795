//! A model that is being watched.

use super::{InputObserver, ObserverError};
use crate::tensor::MakeTensor;
use pytree_core::{Family, ForwardError, Module, PyTree};
use std::cell::RefCell;

/// A model whose calls an [`InputObserver`] records; made by [`InputObserver::observe`].
///
/// It is a [`Module`] itself, so whatever drives a model, such as a generation loop, can drive it. What cannot be
/// recorded does not stop the model: it is reported when something is inferred.
pub struct Observed<'o, M: Module<Family: MakeTensor>> {
    model: &'o M,
    observer: RefCell<&'o mut InputObserver<M::Family>>,
}

impl<'o, M: Module<Family: MakeTensor>> Observed<'o, M> {
    pub(super) fn new(observer: &'o mut InputObserver<M::Family>, model: &'o M) -> Self {
        Observed { model, observer: RefCell::new(observer) }
    }

    /// The model.
    pub fn model(&self) -> &M {
        self.model
    }

    /// Records the arguments and runs the model.
    ///
    /// # Errors
    /// When an argument is missing or given twice.
    pub fn call(&self, args: &M::Args) -> Result<M::Output, ForwardError> {
        // A model that calls itself while it is recorded is not recorded inside.
        if let Ok(mut observer) = self.observer.try_borrow_mut() {
            record(&mut observer, args);
        }
        self.model.call(args)
    }
}

fn record<F: MakeTensor, X: PyTree<F>>(observer: &mut InputObserver<F>, args: &X) {
    let recorded: Result<bool, ObserverError> = observer.record(args);
    if let Err(e) = recorded {
        observer.failed.get_or_insert(e);
    }
}

impl<M: Module<Family: MakeTensor>> Module for Observed<'_, M>
where
    M::Family: Family,
{
    type Family = M::Family;
    type Args = M::Args;
    type Output = M::Output;

    fn name() -> &'static str {
        M::name()
    }

    fn signature() -> &'static pytree_core::Signature {
        M::signature()
    }

    fn call(&self, args: &M::Args) -> Result<M::Output, ForwardError> {
        Observed::call(self, args)
    }
}
