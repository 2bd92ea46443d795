//! A model watched while it runs: which inputs it gets, and what that says about their shapes.

mod align;
mod call;
mod error;
mod infer;
mod watch;

use crate::inputs::argument::Input;
pub use call::Constant;
pub use error::ObserverError;
pub use watch::Observed;

use crate::tensor::MakeTensor;
use call::Call;
use indexmap::IndexMap;
use pytree_core::{Module, ParameterKind, PyTree, Signature, Value};

/// Collects the inputs of calls, and infers dynamic shapes and arguments for an export from them
/// (`onnx_diagnostic.investigate.InputObserver`, `torch.onnx.InputObserver`).
///
/// ```
/// use pytree_core::{DType, Meta, TensorMeta};
/// use pytree_derive::module;
/// use shapes::{Batch, InputObserver};
///
/// struct Model;
///
/// #[module(family = Meta)]
/// impl Model {
///     fn forward(&self, x: &TensorMeta, mask: Option<&TensorMeta>) -> TensorMeta {
///         mask.unwrap_or(x).clone()
///     }
/// }
///
/// let t = |sizes: [i64; 2]| TensorMeta::new(DType::Float32, sizes);
/// let mut observer = InputObserver::of::<Model>();
/// let model = observer.observe(&Model);
/// model.call(&Model::args(t([5, 6])).mask(None))?;
/// model.call(&Model::args(t([7, 6])).mask(Some(t([3, 6]))))?;
/// model.call(&Model::args(t([8, 6])).mask(Some(t([4, 6]))))?;
/// drop(model);
///
/// let shapes = observer.infer_dynamic_shapes(&Batch::none())?;
/// assert_eq!(shapes.repr(), "{'x': {0: DimHint(DYNAMIC)}, 'mask': {0: DimHint(DYNAMIC)}}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct InputObserver<F: MakeTensor> {
    names: Vec<String>,
    /// The position of `*args`.
    var_positional: Option<usize>,
    /// The name of `**kwargs`.
    var_keyword: Option<String>,
    /// Values of parameters that have some other default than None.
    defaults: IndexMap<String, Constant>,
    /// Parameters whose constants are kept though they have no default.
    required: Vec<String>,
    missing: Vec<(Input, Value<F>)>,
    calls: Vec<Call<F>>,
    limit: usize,
    python: bool,
    failed: Option<ObserverError>,
}

impl<F: MakeTensor> InputObserver<F> {
    /// An observer of calls with this signature, as Python's: of positional arguments tensors only are kept, of named
    /// ones also the numbers and texts that differ from the default they have. It stores three calls.
    pub fn new(signature: &Signature) -> Self {
        let parameters = signature.parameters();
        let of_kind = |kind| parameters.iter().position(|p| p.kind == kind);
        InputObserver {
            names: parameters.iter().map(|p| p.name.to_string()).collect(),
            var_positional: of_kind(ParameterKind::VarPositional),
            var_keyword: of_kind(ParameterKind::VarKeyword).map(|i| parameters[i].name.to_string()),
            defaults: IndexMap::new(),
            required: Vec::new(),
            missing: Vec::new(),
            calls: Vec::new(),
            limit: 3,
            python: true,
            failed: None,
        }
    }

    /// An observer of this model. Unlike Python's it keeps every number and text, since a Rust parameter has no default
    /// to fall back to: one that is the same in all calls is a constant, an `int` that is not is dynamic.
    pub fn of<M: Module<Family = F>>() -> Self {
        let mut observer = InputObserver::new(M::signature());
        observer.required = observer.names.clone();
        observer.python = false;
        observer
    }

    /// The default of a parameter: a call that gives it by name gives nothing.
    #[must_use]
    pub fn default_value(mut self, name: impl Into<String>, value: Constant) -> Self {
        self.defaults.insert(name.into(), value);
        self
    }

    /// What stands for a named argument that a call does not give, so that no call lacks it. By position, what stands for
    /// that argument in every call.
    #[must_use]
    pub fn value_if_missing(mut self, input: impl Into<Input>, value: Value<F>) -> Self {
        self.missing.push((input.into(), value));
        self
    }

    /// Stores `count` more calls from now on; further ones pass unseen.
    pub fn store(&mut self, count: usize) -> &mut Self {
        self.limit = self.calls.len().saturating_add(count);
        self
    }

    /// Watches a model: what is called through the result is recorded here.
    pub fn observe<'o, M: Module<Family = F>>(&'o mut self, model: &'o M) -> Observed<'o, M> {
        Observed::new(self, model)
    }

    /// Records the inputs of one call, copied; the inputs are read as [`InputSet::of`](crate::InputSet::of) reads them.
    /// Whether they were stored.
    ///
    /// # Errors
    /// [`ObserverError`] when they are not a set of inputs, or do not fit what [`value_if_missing`](Self::value_if_missing)
    /// says.
    pub fn record<X: PyTree<F> + ?Sized>(&mut self, inputs: &X) -> Result<bool, ObserverError> {
        if self.calls.len() >= self.limit {
            return Ok(false);
        }
        let call = self.fill(self.split_constants(Call::of(inputs)?))?;
        self.calls.push(call);
        Ok(true)
    }

    /// How many calls are stored (`num_obs`).
    pub fn num_obs(&self) -> usize {
        self.calls.len()
    }

    /// Forgets arguments, by position or name, in everything that was stored (`remove_inputs`).
    ///
    /// # Errors
    /// [`ObserverError::Variadic`] for `*args` and `**kwargs`, and for any argument when there is `*args`.
    pub fn remove_inputs(&mut self, inputs: &[Input]) -> Result<(), ObserverError> {
        let name_of = |input: &Input| match input {
            Input::Position(i) => self.names.get(*i).cloned(),
            Input::Name(name) => Some(name.clone()),
        };
        let names: Vec<String> = inputs.iter().filter_map(name_of).collect();
        if let Some(name) = self.var_positional.and_then(|i| self.names.get(i)) {
            return Err(ObserverError::Variadic { name: name.clone() });
        }
        if let Some(name) = self.var_keyword.as_ref().filter(|name| names.contains(name)) {
            return Err(ObserverError::Variadic { name: name.clone() });
        }
        for call in &mut self.calls {
            let mut position = 0;
            call.args.retain(|_| {
                position += 1;
                !inputs.contains(&Input::Position(position - 1))
            });
            call.kwargs.retain(|name, _| !inputs.contains(&Input::Name(name.clone())));
            call.constants.retain(|name, _| !inputs.contains(&Input::Name(name.clone())));
        }
        self.missing.retain(|(input, _)| !inputs.contains(input));
        self.defaults.retain(|name, _| !names.contains(name));
        self.names.retain(|name| !names.contains(name));
        Ok(())
    }

    /// What went wrong while a call was recorded, which could not be reported then.
    fn check(&self) -> Result<(), ObserverError> {
        self.failed.clone().map_or(Ok(()), Err)
    }
}

/// The arguments whose first dimension is dynamic whatever the calls say (`set_batch_dimension_for`).
///
/// ```
/// use shapes::Batch;
/// let batch = Batch::of(["x"]).and(1);
/// assert_ne!(batch, Batch::all());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    all: bool,
    inputs: Vec<Input>,
}

impl Batch {
    /// None.
    pub fn none() -> Batch {
        Batch::default()
    }

    /// All arguments.
    pub fn all() -> Batch {
        Batch { all: true, inputs: Vec::new() }
    }

    /// These arguments, by name or position.
    pub fn of<I: Into<Input>>(inputs: impl IntoIterator<Item = I>) -> Batch {
        Batch { all: false, inputs: inputs.into_iter().map(Into::into).collect() }
    }

    /// This argument too.
    #[must_use]
    pub fn and(mut self, input: impl Into<Input>) -> Batch {
        self.inputs.push(input.into());
        self
    }

    fn has(&self, input: &Input, names: &[String]) -> bool {
        let name = match input {
            Input::Position(i) => names.get(*i).cloned().map(Input::Name),
            Input::Name(_) => None,
        };
        self.all || self.inputs.contains(input) || name.is_some_and(|name| self.inputs.contains(&name))
    }
}
