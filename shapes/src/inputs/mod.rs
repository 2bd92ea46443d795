//! Several valid sets of inputs of one model: what its dynamic shapes are guessed from.

pub(crate) mod argument;
mod check;
pub(crate) mod couple;
mod error;
pub(crate) mod guess;
pub(crate) mod kwargs;
pub(crate) mod observer;
mod set;
mod validate;

pub use error::InputsError;
pub use set::{InputSet, LeafDescription};
pub(crate) use set::{args_kwargs, arguments, leaf_numbers};
pub(crate) use validate::pairs;
pub use validate::{InvalidDimension, ValidateError};

use pytree_core::{Context, DescribeTensor, Module, PyTree, Signature, flatten};

/// Sets of inputs of a model, typed (`onnx_diagnostic.export.ModelInputs`).
///
/// Give two sets or more whose sizes differ wherever they may differ; what differs is dynamic.
///
/// ```
/// use pytree_core::{DType, Meta, TensorMeta};
/// use pytree_derive::module;
/// use shapes::ModelInputs;
///
/// struct Model;
///
/// #[module(family = Meta)]
/// impl Model {
///     fn forward(&self, x: &TensorMeta, y: &TensorMeta) -> TensorMeta {
///         if x.rank() > y.rank() { x.clone() } else { y.clone() }
///     }
/// }
///
/// let f32 = |sizes: [i64; 2]| TensorMeta::new(DType::Float32, sizes);
/// let inputs = ModelInputs::new(
///     &Model,
///     [Model::args(f32([5, 6])).y(f32([1, 6])), Model::args(f32([7, 8])).y(f32([1, 8]))],
/// )?;
/// let shapes = inputs.guess_dynamic_shapes()?;
/// assert_eq!(shapes.repr(), "(({0: DimHint(DYNAMIC), 1: DimHint(DYNAMIC)},), {'y': {1: DimHint(DYNAMIC)}})");
///
/// let moved = inputs.move_to_kwargs(0, &shapes)?;
/// assert_eq!(
///     moved.shapes.repr(),
///     "((), {'x': {0: DimHint(DYNAMIC), 1: DimHint(DYNAMIC)}, 'y': {1: DimHint(DYNAMIC)}})"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ModelInputs<'m, M: Module> {
    model: &'m M,
    sets: Vec<M::Args>,
    described: InputSets,
}

impl<'m, M: Module<Family: DescribeTensor>> ModelInputs<'m, M> {
    /// Takes the sets and checks them: every one binds to the model's forward, and has the structure, the ranks and
    /// the element types of the first. `None` may stand for any optional value.
    ///
    /// # Errors
    /// [`InputsError`]: which set is wrong, and where.
    pub fn new(model: &'m M, sets: impl IntoIterator<Item = M::Args>) -> Result<Self, InputsError> {
        let sets: Vec<M::Args> = sets.into_iter().collect();
        let described = InputSets::of::<M::Family, _>(&sets)?.with_model(M::name(), M::signature().clone());
        if sets.is_empty() {
            return Err(InputsError::NoSets);
        }
        check::check(&described)?;
        Ok(ModelInputs { model, sets, described })
    }

    /// The model.
    pub fn model(&self) -> &'m M {
        self.model
    }

    /// The sets, as they were given.
    pub fn sets(&self) -> &[M::Args] {
        &self.sets
    }

    /// The parameters of the model's forward.
    pub fn signature(&self) -> &'static Signature {
        M::signature()
    }

    /// Structure and leaf descriptions of the sets.
    pub fn described(&self) -> &InputSets {
        &self.described
    }
}

/// Sets of inputs as guessing sees them, of any structure and with or without a model: what [`ModelInputs`] keeps of
/// its sets, and what inputs recorded elsewhere are read into.
///
/// ```
/// use pytree_core::{DType, Meta, TensorMeta, Value};
/// use shapes::{Auto, InputSets};
/// let x = |sizes: [i64; 2]| Value::<Meta>::tensor(TensorMeta::new(DType::Float32, sizes));
/// let inputs = InputSets::of([&Value::dict([("x", x([5, 6]))]), &Value::dict([("x", x([7, 6]))])])?;
/// assert_eq!(inputs.guess_dynamic_shapes()?.to_string(), "((), {'x': {0: DimHint(DYNAMIC)}})");
/// assert_eq!(inputs.guess_with(Auto::Names("d".to_owned()))?.to_string(), "((), {'x': {0: 'd_0I0'}})");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InputSets {
    sets: Vec<InputSet>,
    model: Option<String>,
    signature: Option<Signature>,
}

impl InputSets {
    /// Sets without a model (`ModelInputs(None, inputs)`).
    pub fn new(sets: impl IntoIterator<Item = InputSet>) -> Self {
        InputSets { sets: sets.into_iter().collect(), model: None, signature: None }
    }

    /// Sets given as trees, each read as [`InputSet::of`] reads it.
    ///
    /// # Errors
    /// As [`InputSet::of`], with the number of the set.
    pub fn of<'t, F: DescribeTensor, X: PyTree<F> + 't>(
        sets: impl IntoIterator<Item = &'t X>,
    ) -> Result<Self, InputsError> {
        let read = |(i, tree): (usize, &'t X)| InputSet::of(tree).map_err(|e| e.of_set(i));
        Ok(InputSets::new(sets.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?))
    }

    /// Sets given as one tree, which is a list of them, as Python's `ModelInputs` takes them.
    ///
    /// # Errors
    /// [`InputsError::NotAList`] when the tree is not a list, otherwise as [`InputSet::of`].
    pub fn of_list<F: DescribeTensor, X: PyTree<F> + ?Sized>(list: &X) -> Result<Self, InputsError> {
        let flat = flatten(list)?;
        let root = flat.spec.root();
        if root.context() != Some(&Context::List) {
            return Err(InputsError::NotAList { found: set::describe(&root) });
        }
        let mut leaves = flat.leaves.into_iter().map(LeafDescription::of);
        let read = |(i, child): (usize, pytree_core::SpecNode<'_>)| {
            let spec = child.to_spec();
            InputSet::new(&spec, leaves.by_ref().take(spec.num_leaves())).map_err(|e| e.of_set(i))
        };
        Ok(InputSets::new(root.children().enumerate().map(read).collect::<Result<Vec<_>, _>>()?))
    }

    /// The same sets as inputs of a model of this name and signature. Nothing is bound or checked here.
    #[must_use]
    pub fn with_model(mut self, name: impl Into<String>, signature: Signature) -> Self {
        self.model = Some(name.into());
        self.signature = Some(signature);
        self
    }

    /// The sets.
    pub fn sets(&self) -> &[InputSet] {
        &self.sets
    }

    /// The name of the model.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The parameters of the model's forward.
    pub fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }
}
